//! What Fuxin is built from: each package comes from the public crate registry under a licence that `.config/deny.toml`
//! allows, and none is one that the file bans.
//!
//! `cargo deny` reads the same file and knows the advisories besides; this test needs nothing but cargo, so the three
//! rules that decide what may be shipped hold on every machine and on every run.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

type Outcome = Result<(), Box<dyn Error>>;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Policy {
    licenses: Licenses,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn policy() -> Result<Policy, Box<dyn Error>> {
    Ok(toml::from_str(&std::fs::read_to_string(root().join(".config/deny.toml"))?)?)
}

/// All packages of the build, our own left out. Fuxin runs on Linux: what other systems would need is not even fetched.
fn packages() -> Result<Vec<Package>, Box<dyn Error>> {
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--offline"])
        .args(["--filter-platform", &platform])
        .current_dir(root())
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout)?;
    let foreign: Vec<Package> =
        metadata.packages.into_iter().filter(|package| package.source.is_some()).collect();
    if foreign.is_empty() { Err("cargo metadata names no package".into()) } else { Ok(foreign) }
}

/// Whether an SPDX expression can be met with the allowed licences. A slash is the old way to write `OR`.
fn is_met(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any_of(&mut rest, allowed) && rest.is_empty()
}

fn any_of(rest: &mut &[&str], allowed: &[String]) -> bool {
    let mut met = all_of(rest, allowed);
    while let ["OR", after @ ..] = *rest {
        *rest = after;
        met |= all_of(rest, allowed);
    }
    met
}

fn all_of(rest: &mut &[&str], allowed: &[String]) -> bool {
    let mut met = one(rest, allowed);
    while let ["AND", after @ ..] = *rest {
        *rest = after;
        met &= one(rest, allowed);
    }
    met
}

fn one(rest: &mut &[&str], allowed: &[String]) -> bool {
    match *rest {
        ["(", after @ ..] => {
            *rest = after;
            let met = any_of(rest, allowed);
            let [")", after @ ..] = *rest else { return false };
            *rest = after;
            met
        }
        [name, "WITH", exception, after @ ..] => {
            *rest = after;
            allowed.contains(&format!("{name} WITH {exception}"))
        }
        [name, after @ ..] => {
            *rest = after;
            allowed.iter().any(|licence| licence == name)
        }
        [] => false,
    }
}

fn no_faults(faults: &[String]) {
    assert!(faults.is_empty(), "\n\n{}\n", faults.join("\n"));
}

#[test]
fn each_package_has_an_allowed_licence() -> Outcome {
    let allowed = policy()?.licenses.allow;
    let faults: Vec<String> = packages()?
        .iter()
        .filter(|package| !is_met(package.license.as_deref().unwrap_or_default(), &allowed))
        .map(|package| format!("{} {}: {:?}", package.name, package.version, package.license))
        .collect();
    no_faults(&faults);
    Ok(())
}

#[test]
fn each_package_comes_from_the_public_registry() -> Outcome {
    let from_registry =
        |source: &str| source.starts_with("registry+") && source.ends_with("/crates.io-index");
    let faults: Vec<String> = packages()?
        .iter()
        .filter(|package| !package.source.as_deref().is_some_and(from_registry))
        .map(|package| format!("{} {}: {:?}", package.name, package.version, package.source))
        .collect();
    no_faults(&faults);
    Ok(())
}

#[test]
fn no_package_is_a_banned_one() -> Outcome {
    let banned = policy()?.bans.deny;
    let faults: Vec<String> = packages()?
        .iter()
        .filter(|package| banned.iter().any(|ban| ban.name == package.name))
        .map(|package| {
            format!("{} {} is banned by .config/deny.toml", package.name, package.version)
        })
        .collect();
    no_faults(&faults);
    Ok(())
}

#[test]
fn an_expression_is_met_only_by_licences_that_are_allowed() {
    let allowed = ["MIT".to_owned(), "Apache-2.0 WITH LLVM-exception".to_owned()];
    for met in [
        "MIT",
        "GPL-3.0 OR MIT",
        "MIT/Apache-2.0",
        "(GPL-3.0 OR MIT) AND MIT",
        "Apache-2.0 WITH LLVM-exception OR GPL-3.0",
    ] {
        assert!(is_met(met, &allowed), "{met}");
    }
    for unmet in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "Apache-2.0",
        "(MIT",
        "MIT MIT",
        "GPL-3.0 OR (MIT AND ISC)",
    ] {
        assert!(!is_met(unmet, &allowed), "{unmet}");
    }
}
