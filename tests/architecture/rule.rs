//! The rules: each is a function from a file's text to the faults in it.

use std::collections::BTreeSet;
use std::error::Error;
use std::str::FromStr;

use proc_macro2::{TokenStream, TokenTree};

use crate::source::{File, Mention, ONLY_USERS, is_foreign, mentions, module_of};

/// The layers, lowest first. A module names itself and modules of lower layers, never of an equal one, never of a
/// higher one: so there is no cycle, a reader who starts at the bottom never needs to look up, and two features of one
/// layer meet only in what both stand on. `lib.rs` and `main.rs` are free; a module that is not here may not exist.
const LAYERS: [&[&str]; 22] = [
    /*  0 */ &["base"],
    /*  1 */ &["oauth", "national"],
    /*  2 */ &["jose", "pki", "i18n"],
    /*  3 */ &["config"],
    /*  4 */ &["model", "outbound"],
    /*  5 */ &["store"],
    /*  6 */ &["audit"],
    /*  7 */ &["throttle", "message", "key", "hasher"],
    /*  8 */ &["context"],
    /*  9 */ &["credential"],
    /* 10 */ &["authentication"],
    /* 11 */ &["token"],
    /* 12 */ &["logout"],
    /* 13 */ &["authorization", "account", "client"],
    /* 14 */ &["agency", "saml"],
    /* 15 */ &["app"],
    /* 16 */ &["http"],
    /* 17 */ &["endpoint", "page", "console", "job"],
    /* 18 */ &["demo"],
    /* 19 */ &["routes"],
    /* 20 */ &["server"],
    /* 21 */ &["cli"],
];

/// The demo sites play foreign agencies: they know only issuer, client id and secret, so of ours they name only this.
const FOREIGN_SITE: (&[&str], &str) = (&["demo", "relying_party"], "base");

/// Names that say nothing: whatever is put there belongs to some noun of the house.
const EMPTY_NAMES: [&str; 7] = ["utils", "util", "helpers", "helper", "common", "misc", "types"];

/// Beginnings of function names that hide what is returned. A function that checks returns a stronger type instead.
const EMPTY_VERBS: [&str; 6] = ["get_", "do_", "handle_", "process_", "check_", "validate_"];

/// A file longer than this holds more than one idea.
const HARD_LINES: usize = 600;

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|names| names.contains(&module))
}

/// A module names itself and lower layers only.
pub fn layer_faults(file: &File) -> Result<Vec<String>, Box<dyn Error>> {
    let module = module_of(&file.path);
    let Some(own) = module.first() else { return Ok(Vec::new()) };
    let Some(own_layer) = layer(own) else {
        return Ok(vec![format!(
            "{}:1: `{own}` has no layer: give it one in tests/architecture.rs",
            file.path
        )]);
    };
    let (site, allowed) = FOREIGN_SITE;
    let in_site = module.len() >= site.len() && module.iter().zip(site).all(|(a, b)| a == b);
    let mut faults = Vec::new();
    for Mention { line, path } in
        mentions(file)?.into_iter().filter(|found| !is_foreign(&found.path))
    {
        let Some(target) = path.first() else { continue };
        let fault = match layer(target) {
            _ if in_site && target != allowed && !path.iter().zip(site).all(|(a, b)| a == b) => {
                format!(
                    "a demo site names `{}`: of ours it may name only `{allowed}`",
                    path.join("::")
                )
            }
            _ if target == own => continue,
            None => format!("`{}` leads to no module that has a layer", path.join("::")),
            Some(layer) if layer < own_layer => continue,
            Some(layer) => {
                format!("`{own}` (layer {own_layer}) names `{}` (layer {layer})", path.join("::"))
            }
        };
        faults.push(format!("{}:{line}: {fault}", file.path));
    }
    Ok(faults)
}

/// A foreign crate is named only by its user.
pub fn user_faults(file: &File) -> Result<Vec<String>, Box<dyn Error>> {
    let mut faults = Vec::new();
    for Mention { line, path } in
        mentions(file)?.into_iter().filter(|found| is_foreign(&found.path))
    {
        for (krate, users) in ONLY_USERS {
            let names_it = krate.split("::").zip(&path).all(|(a, b)| a == b)
                && path.len() >= krate.split("::").count();
            if names_it && !users.iter().any(|user| file.path.starts_with(user)) {
                faults.push(format!(
                    "{}:{line}: only {} may name `{krate}`",
                    file.path,
                    users.join(", ")
                ));
            }
        }
    }
    Ok(faults)
}

/// Attributes that would lead around the layers: macros and files under a name that the paths do not show.
pub fn side_door_faults(file: &File) -> Vec<String> {
    let doors = ["#[macro_export", "#[macro_use", "#[path", "include!(", "extern crate"];
    (1..)
        .zip(file.text.lines())
        .filter(|(_, text)| !text.trim_start().starts_with("//"))
        .filter(|(_, text)| doors.iter().any(|door| text.contains(door)))
        .map(|(line, text)| {
            format!("{}:{line}: `{}` goes around the layers", file.path, text.trim())
        })
        .collect()
}

/// Nothing is called by a name that says nothing.
pub fn name_faults(file: &File) -> Result<Vec<String>, Box<dyn Error>> {
    let mut faults = Vec::new();
    for part in module_of(&file.path).iter().filter(|part| EMPTY_NAMES.contains(&part.as_str())) {
        faults.push(format!("{}:1: `{part}` says nothing about what is in it", file.path));
    }
    name_faults_in(&file.path, TokenStream::from_str(&file.text)?, &mut faults);
    Ok(faults)
}

fn name_faults_in(path: &str, tokens: TokenStream, faults: &mut Vec<String>) {
    let mut before = String::new();
    for token in tokens {
        match &token {
            TokenTree::Group(group) => name_faults_in(path, group.stream(), faults),
            TokenTree::Ident(ident) => {
                let (name, line) = (ident.to_string(), ident.span().start().line);
                if before == "mod" && EMPTY_NAMES.contains(&name.as_str()) {
                    faults
                        .push(format!("{path}:{line}: `{name}` says nothing about what is in it"));
                }
                if before == "fn" && EMPTY_VERBS.iter().any(|verb| name.starts_with(verb)) {
                    faults.push(format!("{path}:{line}: `{name}`: name what it returns"));
                }
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
        before = token.to_string();
    }
}

/// A file says first what it is; a folder's door says it in three lines or more.
pub fn opening_faults(file: &File) -> Vec<String> {
    let opening = file.text.lines().take_while(|line| line.starts_with("//!")).count();
    let due = if file.path.ends_with("/mod.rs") { 3 } else { 1 };
    let fault = format!("{}:1: opens with {opening} lines of `//!`, {due} are due", file.path);
    if opening < due { vec![fault] } else { Vec::new() }
}

pub fn length_faults(file: &File) -> Vec<String> {
    let lines = file.text.lines().count();
    let fault = format!("{}:{lines}: {lines} lines, at most {HARD_LINES} may be", file.path);
    if lines > HARD_LINES { vec![fault] } else { Vec::new() }
}

pub fn median(mut lengths: Vec<usize>) -> usize {
    lengths.sort_unstable();
    lengths.get(lengths.len() / 2).copied().unwrap_or_default()
}

/// Both databases have the same migrations, by name.
pub fn migration_faults(sqlite: &BTreeSet<String>, postgres: &BTreeSet<String>) -> Vec<String> {
    sqlite
        .symmetric_difference(postgres)
        .map(|name| format!("migrations: {name} stands in one of sqlite/ and postgres/ only"))
        .collect()
}

/// Every line that a serving node may log is in the operator's table.
pub fn log_line_faults(file: &File, table: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut lines = Vec::new();
    log_lines_in(TokenStream::from_str(&file.text)?, &mut lines);
    // The table may leave out what is put in, and a second clause.
    let is_told = |line: &&String| {
        line.split(['{', ';'])
            .next()
            .is_some_and(|told| table.contains(&format!("`{}", told.trim())))
    };
    let missing = lines.iter().filter(|line| !is_told(line));
    Ok(missing.map(|line| format!("{}: the log's table lacks `{line}`", file.path)).collect())
}

/// The last text in each `tracing::info!(..)`, `warn!` and `error!` is the line.
fn log_lines_in(tokens: TokenStream, lines: &mut Vec<String>) {
    let mut before = String::new();
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            let texts = group.stream().into_iter().filter_map(|token| match token {
                TokenTree::Literal(literal) => Some(literal.to_string()),
                TokenTree::Group(_) | TokenTree::Ident(_) | TokenTree::Punct(_) => None,
            });
            let line = texts.filter(|text| text.starts_with('"')).last();
            if ["info!", "warn!", "error!"]
                .iter()
                .any(|level| before.ends_with(&format!("tracing::{level}")))
                && let Some(line) = line
            {
                lines.push(line.trim_matches('"').to_owned());
            }
            log_lines_in(group.stream(), lines);
            before.clear();
        } else {
            before.push_str(&token.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Outcome = Result<(), Box<dyn Error>>;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn the_table_of_layers_has_no_name_twice() {
        let all = LAYERS.concat();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }

    #[test]
    fn a_path_upwards_or_sideways_is_found_wherever_it_stands() -> Outcome {
        for text in [
            "use crate::page::Form;",
            "use crate::{base::time, page::{self, Form}};",
            "pub use super::super::page;",
            "use super::{super::page};",
            "use self::super::super::page::Form;",
            "fn f(form: crate::page::Form) {}",
            "fn f() { crate::page::show(); }",
            "fn f() { println!(\"{}\", [crate::page::TITLE]); }",
            "macro_rules! m { () => { $crate::page::show() }; }",
            "#[derive(crate::page::Page)] struct S;",
            "pub(in crate::page) fn f() {}",
            "mod tests { use super::super::super::page::Form; }",
            "fn f() { fuxin::page::show(); }",
            "use crate::console;",
            "use crate::cellar;",
            "use crate::Grant;",
            "use crate::*;",
            "use super::super::*;",
            "use crate::{self as house};",
            "use crate as house;",
        ] {
            let faults = layer_faults(&file("src/job/purge.rs", &format!("//! One.\n{text}\n")))?;
            assert!(!faults.is_empty(), "{text}");
            assert!(
                faults.iter().all(|fault| fault.starts_with("src/job/purge.rs:2: ")),
                "{faults:?}"
            );
        }
        assert_eq!(layer_faults(&file("src/cellar.rs", "//! A module without a layer."))?.len(), 1);
        assert_eq!(
            layer_faults(&file("src/page/home.html", "<p>{{ crate::job::NAME }}</p>"))?.len(),
            1
        );
        Ok(())
    }

    #[test]
    fn a_path_downwards_or_within_is_no_fault() -> Outcome {
        for text in [
            "use crate::store::{Store, grants};",
            "use super::deliver_mail::{self, Mail};",
            "use crate::job::rotate_keys;",
            "pub(crate) fn f() {}",
            "pub(super) fn f(self) { self::g(); self.page(); }",
            "mod tests { use super::*; use super::super::deliver_mail; }",
            "/// Unlike `crate::page`, which shows it.\nfn f() { let page = \"crate::page\"; }",
            "use foreign::page::Form;",
        ] {
            assert_eq!(
                layer_faults(&file("src/job/purge.rs", text))?,
                Vec::<String>::new(),
                "{text}"
            );
        }
        assert_eq!(
            layer_faults(&file("src/main.rs", "fn main() { fuxin::cli::run(); }"))?,
            Vec::<String>::new()
        );
        Ok(())
    }

    #[test]
    fn a_demo_site_that_knows_the_provider_is_found() -> Outcome {
        let site = |text| layer_faults(&file("src/demo/relying_party/session.rs", text));
        assert_eq!(site("use crate::model::Account;")?.len(), 1);
        assert_eq!(site("use super::super::people::ALICE;")?.len(), 1);
        assert_eq!(site("use crate::demo::people;")?.len(), 1);
        assert_eq!(
            site("use crate::base::time; use super::page; use crate::demo::relying_party::page;")?
                .len(),
            0
        );
        Ok(())
    }

    #[test]
    fn a_foreign_crate_in_the_wrong_place_is_found() -> Outcome {
        let in_page = |text| user_faults(&file("src/page/home.rs", text));
        assert_eq!(in_page("use sqlx::Row;")?.len(), 1);
        assert_eq!(in_page("#[derive(sqlx::FromRow)] struct S;")?.len(), 1);
        assert_eq!(in_page("fn f() { m!(josekit::jws::ES256) }")?.len(), 1);
        assert_eq!(in_page("use hyper_util::{client::legacy::Client, rt::TokioIo};")?.len(), 1);
        assert_eq!(in_page("use hyper_util::rt::TokioIo;")?.len(), 0);
        assert_eq!(
            user_faults(&file("src/store/grants.rs", "use sqlx::Row; use reqwest::Url;"))?.len(),
            1
        );
        assert_eq!(
            user_faults(&file("tests/it/support/browser.rs", "use reqwest::Client;"))?.len(),
            0
        );
        Ok(())
    }

    #[test]
    fn an_empty_name_is_found() -> Outcome {
        assert_eq!(name_faults(&file("src/base/utils.rs", "//! Things."))?.len(), 1);
        assert_eq!(name_faults(&file("tests/it/common/mod.rs", "//! Things."))?.len(), 1);
        assert_eq!(
            name_faults(&file("src/base/time.rs", "mod helpers {} fn get_time() {}"))?.len(),
            2
        );
        assert_eq!(
            name_faults(&file("src/base/time.rs", "fn get() { forget_it() } mod text {}"))?.len(),
            0
        );
        Ok(())
    }

    #[test]
    fn a_log_line_that_the_table_lacks_is_found() -> Outcome {
        let text = r#"fn a() { if b { tracing::warn!(error = %error, "broken at {N}; tried again") } }
            fn c() { tracing::info!(to = "nobody", "all is well"); tracing::debug!("a detail") }"#;
        let faults = |table: &str| log_line_faults(&file("src/a.rs", text), table);
        assert_eq!(faults("| `all is well` | info | … |\n| `broken at … ` | warn | … |")?.len(), 0);
        assert_eq!(faults("| `all is well` | info | … |")?.len(), 1);
        Ok(())
    }

    #[test]
    fn a_long_file_a_silent_file_a_side_door_and_a_lone_migration_are_found() {
        assert_eq!(length_faults(&file("src/a.rs", &"\n".repeat(HARD_LINES + 1))).len(), 1);
        assert_eq!(length_faults(&file("src/a.rs", &"\n".repeat(HARD_LINES))).len(), 0);
        assert_eq!(median(vec![500, 1, 130]), 130);
        assert_eq!(opening_faults(&file("src/store/mod.rs", "//! One.\n//! Two.\n")).len(), 1);
        assert_eq!(
            opening_faults(&file("src/store/mod.rs", "//! One.\n//!\n//! Three.\n")).len(),
            0
        );
        assert_eq!(opening_faults(&file("src/store/grants.rs", "use std::fmt;\n")).len(), 1);
        assert_eq!(
            side_door_faults(&file("src/a.rs", "#[macro_export]\nextern crate self as b;\n")).len(),
            2
        );
        let names =
            |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let (one, two) = (names(&["0001_start.sql"]), names(&["0001_start.sql", "0002_more.sql"]));
        assert_eq!(migration_faults(&one, &two).len(), 1);
        assert_eq!(migration_faults(&one, &one).len(), 0);
    }
}
