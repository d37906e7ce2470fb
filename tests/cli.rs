//! The program as an operator types it: the built binary, a folder of its own for each test, the embedded database.
//!
//! What a command decides is tested with its module; here it is arguments, answers, exit codes, and what is left on
//! the disk.

#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a stop is timed by the clock on the wall; an answer without the member fails the test"
)]

#[path = "cli/demo.rs"]
mod demo;
#[path = "cli/deployment.rs"]
mod deployment;
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/stop.rs"]
mod stop;

use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use deployment::{Deployment, fuxin};
use serde_json::Value;

type Outcome = Result<(), Box<dyn Error>>;

#[test]
fn a_demonstration_describes_itself_and_stays_the_same() -> Outcome {
    let place = Deployment::folder()?;
    let folder = place.path("demo");
    let describe = |port: &str| -> Result<Value, Box<dyn Error>> {
        let answer =
            fuxin(&["demo", "--describe", "--data", &folder, "--port", port]).succeeds()?;
        Ok(serde_json::from_str(&answer)?)
    };
    let first = describe("21080")?;
    assert_eq!(first["issuer"], "http://localhost:21080");
    assert_eq!(first["outbox_url"], "http://localhost:21083");
    let sites = first["relying_parties"].as_array().ok_or("no sites")?;
    let urls: Vec<_> = sites.iter().map(|site| &site["url"]).collect();
    assert_eq!(urls, ["http://localhost:21081", "http://localhost:21082"]);
    for site in sites {
        assert!(site["name"].is_string() && site["client_id"].is_string(), "{site}");
        assert!(site["client_secret"].as_str().is_some_and(|secret| secret.len() > 40), "{site}");
        let uri = format!("{}/callback", site["url"].as_str().unwrap_or_default());
        assert_eq!(site["redirect_uris"], serde_json::json!([uri]));
    }
    assert!(first["service_clients"][0]["scope"].is_string());
    let people = first["people"].as_array().ok_or("no people")?;
    assert!(people.len() >= 8, "{people:?}");
    assert!(people[0]["case"].as_str().is_some_and(|case| case.contains("ordinary member")));
    for person in people {
        for member in ["name", "account", "password", "case"] {
            assert!(person[member].is_string(), "{person}");
        }
    }

    assert_eq!(describe("21080")?, first, "a second time says the same");
    let moved = describe("21090")?;
    assert_eq!(moved["issuer"], "http://localhost:21090");
    assert_eq!(moved["people"], first["people"]);
    assert_eq!(moved["service_clients"], first["service_clients"]);
    for (before, after) in sites.iter().zip(moved["relying_parties"].as_array().ok_or("none")?) {
        assert_eq!(before["client_id"], after["client_id"]);
        assert_eq!(before["client_secret"], after["client_secret"]);
        assert_ne!(before["redirect_uris"], after["redirect_uris"]);
    }
    Ok(())
}

#[test]
fn a_demonstrations_folder_is_its_owners_only() -> Outcome {
    let place = Deployment::folder()?;
    let folder = place.path("demo");
    // Made by hand beforehand, as anybody would: nothing inside relies on its mode.
    fs::create_dir(&folder)?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
    fuxin(&["demo", "--describe", "--data", &folder]).succeeds()?;
    let mut seen = 0;
    for entry in fs::read_dir(&folder)? {
        let entry = entry?;
        let mode = entry.metadata()?.permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
        seen += 1;
    }
    assert!(seen >= 5, "{seen} files");
    Ok(())
}

#[test]
fn serve_refuses_the_secrets_of_a_demonstration() -> Outcome {
    let place = Deployment::folder()?;
    let folder = place.path("demo");
    fuxin(&["demo", "--describe", "--data", &folder]).succeeds()?;
    let text = Deployment::text("http://localhost:21100", 21100)
        .replace("\"master.key\"", &format!("{:?}", format!("{folder}/master.key")));
    let stolen = Deployment::with(&text)?;
    let said = stolen.run(&["serve"]).fails()?;
    assert!(said.contains("belongs to a demonstration"), "{said}");
    Ok(())
}

#[test]
fn reset_removes_a_demonstration_and_nothing_else() -> Outcome {
    let place = Deployment::folder()?;
    let foreign = place.path("letters");
    fs::create_dir(&foreign)?;
    fs::write(format!("{foreign}/letter.txt"), "Dear citizen")?;
    for arguments in [&["--reset"][..], &[]] {
        let arguments = [&["demo", "--describe", "--data", &foreign], arguments].concat();
        let said = fuxin(&arguments).fails()?;
        assert!(said.contains("is not a demonstration's folder"), "{said}");
        assert_eq!(fs::read_to_string(format!("{foreign}/letter.txt"))?, "Dear citizen");
    }
    let own = place.path("demo");
    let first = fuxin(&["demo", "--describe", "--data", &own]).succeeds()?;
    let second = fuxin(&["demo", "--describe", "--data", &own, "--reset"]).succeeds()?;
    assert_ne!(first, second, "all secrets are new");
    Ok(())
}

#[test]
fn migrate_comes_first_and_can_be_repeated() -> Outcome {
    let place = Deployment::new()?;
    let said = place.run(&["client", "list"]).fails()?;
    assert!(said.contains("run `fuxin migrate`"), "{said}");
    assert!(place.run(&["migrate"]).succeeds()?.contains("up to date"));
    assert_eq!(place.run(&["migrate"]).succeeds()?, "The database is up to date.\n");
    assert_eq!(place.run(&["client", "list"]).succeeds()?, "");
    Ok(())
}

#[test]
fn a_client_is_registered_listed_and_shown() -> Outcome {
    let place = Deployment::migrated()?;
    let said = place
        .run(&[
            "client",
            "add",
            "--name",
            "測試機關",
            "--redirect-uri",
            "https://rp.example.gov.tw/cb",
        ])
        .succeeds()?;
    let word = |name: &str| {
        said.lines().find_map(|line| line.strip_prefix(name)).map(|rest| rest.trim().to_owned())
    };
    let (id, secret) =
        (word("client_id").ok_or("no id")?, word("client_secret").ok_or("no secret")?);
    assert!(place.run(&["client", "list"]).succeeds()?.contains(&format!("{id}  測試機關")));
    let shown = place.run(&["client", "show", &id]).succeeds()?;
    let settings: Value = serde_json::from_str(&shown)?;
    assert_eq!(settings["client_name"], "測試機關");
    assert_eq!(settings["redirect_uris"][0], "https://rp.example.gov.tw/cb");
    assert!(!shown.contains(&secret), "a secret is shown once");

    let refused = ["client", "add", "--name", "x", "--redirect-uri", "http://rp.example.gov.tw/cb"];
    assert!(place.run(&refused).fails()?.contains("http://rp.example.gov.tw/cb: "));
    let unknown = "01900000-0000-7000-8000-000000000000";
    assert!(place.run(&["client", "show", unknown]).fails()?.contains("no such client"));
    assert!(place.run(&["client", "show", "me"]).fails()?.contains("no client id"));
    Ok(())
}

#[test]
fn an_account_is_opened_locked_and_unlocked() -> Outcome {
    let place = Deployment::migrated()?;
    let add = ["account", "add", "lin.meihui", "--person", "林美惠"];
    let said = place.run(&add).given("correct-horse-battery\n").succeeds()?;
    assert!(said.starts_with("Opened account lin.meihui ("), "{said}");
    place.run(&add).given("correct-horse-battery\n").fails()?;
    place.run(&["account", "add", "someone", "--person", "某人"]).given("\n").fails()?;
    assert_eq!(
        place.run(&["account", "lock", "LIN.meihui"]).succeeds()?,
        "Locked account LIN.meihui.\n"
    );
    place.run(&["account", "unlock", "lin.meihui"]).succeeds()?;
    place.run(&["account", "lock", "nobody.here"]).fails()?;
    Ok(())
}

#[test]
fn a_waiting_key_signs_after_a_rotation() -> Outcome {
    let place = Deployment::migrated()?;
    let keys = |state: &str| -> Result<Vec<String>, Box<dyn Error>> {
        let listed = place.run(&["key", "list"]).succeeds()?;
        let of_state = listed.lines().filter(|line| line.ends_with(state));
        Ok(of_state.filter_map(|line| line.split("  ").nth(1)).map(str::to_owned).collect())
    };
    let (signing, waiting) = (keys("signs")?, keys("waits")?);
    assert_eq!((signing.len(), waiting.len()), (2, 2));
    place.run(&["key", "rotate", "--algorithm", "ES256"]).succeeds()?;
    let (now_signing, old) = (keys("signs")?, keys("verifies only")?);
    assert_eq!((now_signing.len(), old.len(), keys("waits")?.len()), (2, 1, 2));
    assert!(signing.contains(&old[0]), "the old key still verifies");
    assert!(now_signing.iter().any(|key| waiting.contains(key)), "its successor was published");
    assert!(place.run(&["key", "rotate", "--algorithm", "HS256"]).fails()?.contains("HS256"));
    Ok(())
}

#[test]
fn every_problem_of_a_configuration_is_told_at_once() -> Outcome {
    let place = Deployment::new()?;
    assert!(place.run(&["check-config"]).succeeds()?.contains("is good"));
    let text = Deployment::text("http://sso.example.gov.tw", 21100);
    let broken = Deployment::with(&format!("{text}\n[policy]\nlock_minuts = 1\n"))?;
    let said = broken.run(&["check-config"]).fails()?;
    let problems: Vec<&str> = said.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(problems.len(), 2, "{said}");
    assert!(problems[0].contains("server.issuer: "), "{said}");
    assert!(problems[1].contains("policy.lock_minuts: unknown key; did you mean"), "{said}");
    Ok(())
}
