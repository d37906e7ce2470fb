//! The program as an operator types it: the built binary, a folder of its own for each test, the embedded database; what
//! touches a server as well is told again on PostgreSQL (`serve.rs`).
//!
//! What a command decides is tested with its module; here it is arguments, answers, exit codes, and what is left on
//! the disk.

#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a stop is timed by the clock on the wall; an answer without the member fails the test"
)]

#[path = "cli/account.rs"]
mod account;
#[path = "cli/certificate.rs"]
mod certificate;
#[path = "cli/client.rs"]
mod client;
#[path = "cli/database.rs"]
mod database;
#[path = "cli/demo.rs"]
mod demo;
#[path = "cli/deployment.rs"]
mod deployment;
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/leak.rs"]
mod leak;
#[path = "cli/logout.rs"]
mod logout;
#[path = "cli/registration_token.rs"]
mod registration_token;
#[path = "cli/serve.rs"]
mod serve;
#[path = "cli/stop.rs"]
mod stop;
#[path = "cli/tls.rs"]
mod tls;
#[path = "cli/wire.rs"]
mod wire;

use std::error::Error;

use deployment::Deployment;

type Outcome = Result<(), Box<dyn Error>>;

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
fn a_waiting_key_signs_after_a_rotation() -> Outcome {
    let place = Deployment::migrated()?;
    let keys = |state: &str| -> Result<Vec<String>, Box<dyn Error>> {
        let listed = place.run(&["key", "list"]).succeeds()?;
        let of_state = listed.lines().filter(|line| line.ends_with(state));
        Ok(of_state.filter_map(|line| line.split("  ").nth(1)).map(str::to_owned).collect())
    };
    let (signing, waiting) = (keys("signs")?, keys("waits")?);
    assert_eq!((signing.len(), waiting.len()), (4, 4));
    place.run(&["key", "rotate", "--algorithm", "ES256"]).succeeds()?;
    let (now_signing, old) = (keys("signs")?, keys("verifies only")?);
    assert_eq!((now_signing.len(), old.len(), keys("waits")?.len()), (4, 1, 4));
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
