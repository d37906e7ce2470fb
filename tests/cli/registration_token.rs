//! `fuxin registration-token`: made, listed and revoked, each of it on the record.

use crate::Outcome;
use crate::database::column;
use crate::deployment::Deployment;

#[test]
fn a_token_is_made_listed_and_revoked() -> Outcome {
    let place = Deployment::migrated()?;
    let add = ["registration-token", "add", "--name", "縣政府", "--clients", "3"];
    let said = place.run(&add).succeeds()?;
    let word = |name: &str| {
        said.lines().find_map(|line| line.strip_prefix(name)).map(|rest| rest.trim().to_owned())
    };
    let id = word("id").ok_or("no id")?;
    assert!(word("initial_access_token").is_some_and(|token| token.starts_with("fxia_")));
    let list = || place.run(&["registration-token", "list"]).succeeds();
    assert!(list()?.contains(&format!("{id}  good  3 clients left  30 days left  縣政府")));
    place.run(&["registration-token", "revoke", &id]).succeeds()?;
    assert!(list()?.contains(&format!("{id}  revoked")));
    let again = place.run(&["registration-token", "revoke", &id]).fails()?;
    assert!(again.contains("no such token"), "{again}");
    let events =
        "SELECT event FROM audit_events WHERE event LIKE 'initial_access_token%' ORDER BY event";
    let audited = column(&place.path("fuxin.db"), events)?;
    assert_eq!(audited, ["initial_access_token_made", "initial_access_token_revoked"]);
    Ok(())
}

#[test]
fn a_token_that_nobody_could_use_is_not_made() -> Outcome {
    let place = Deployment::migrated()?;
    let add =
        |more: &[&str]| place.run(&[&["registration-token", "add", "--name", "x"], more].concat());
    let hybrid = ["--response-type", "code id_token"];
    assert!(add(&hybrid).fails()?.contains("hybrid_flow"));
    add(&[&hybrid[..], &["--weak-feature", "hybrid_flow"]].concat()).succeeds()?;
    assert!(add(&["--method", "mtls"]).fails()?.contains("mtls"));
    for (name, outside, edge) in [("--clients", "100001", "100000"), ("--days", "367", "366")] {
        assert!(add(&[name, outside]).succeeds().is_err(), "{name} {outside}");
        add(&[name, edge]).succeeds()?;
    }
    Ok(())
}
