//! `fuxin doctor`: each fault that can be made is made, found, and told with its mend.

use std::error::Error;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::Outcome;
use crate::deployment::{Deployment, free_port};
use crate::stop::Server;

/// The findings of one check.
fn findings(report: &Value, check: &str) -> Vec<Value> {
    let all = report["checks"].as_array().cloned().unwrap_or_default();
    all.into_iter().filter(|finding| finding["check"] == check).collect()
}

/// The one fault that the doctor finds besides an issuer that does not answer, since nothing is started.
fn fault_of(place: &Deployment, check: &str) -> Result<Value, Box<dyn Error>> {
    let said = place.run(&["doctor", "--json"]).fails()?;
    let report: Value = serde_json::from_str(said.lines().next().unwrap_or_default())?;
    let mut faults = findings(&report, check);
    faults.retain(|finding| finding["state"] == "fault");
    assert_eq!(faults.len(), 1, "{check}: {report}");
    assert!(faults[0]["mend"].is_string(), "{report}");
    Ok(faults.remove(0))
}

fn set_mode(path: &str, mode: u32) -> std::io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// Answers every request with this metadata document.
fn answering(document: String) -> std::io::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let length = document.len();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close");
            let _ = stream.write_all(format!("{head}\r\n\r\n{document}").as_bytes());
        }
    });
    Ok(port)
}

#[test]
fn nothing_is_wrong_with_a_good_deployment() -> Outcome {
    let place = Deployment::migrated()?;
    let server = Server::start(&place)?;
    let said = place.run(&["doctor"]).succeeds()?;
    for check in ["configuration", "database settings", "clock", "migrations", "signing keys"] {
        assert!(
            said.lines().any(|line| line.starts_with(&format!("ok       {check}: "))),
            "{said}"
        );
    }
    assert!(said.contains("journal_mode = wal, synchronous = 2"), "{said}");
    assert!(said.contains("answers as itself"), "{said}");
    let report: Value = serde_json::from_str(&place.run(&["doctor", "--json"]).succeeds()?)?;
    assert_eq!(report["faults"], 0);
    assert!(server.stop()?.success());
    Ok(())
}

#[test]
fn a_secret_that_others_may_read_is_a_fault() -> Outcome {
    let place = Deployment::migrated()?;
    set_mode(&place.path("master.key"), 0o644)?;
    let fault = fault_of(&place, "configuration")?;
    assert!(fault["found"].as_str().is_some_and(|found| found.contains("chmod 600")), "{fault}");
    set_mode(&place.path("master.key"), 0o600)?;
    set_mode(&place.path("."), 0o777)?;
    let said = place.run(&["doctor"]).fails()?;
    assert!(said.contains("others may write in"), "{said}");
    assert!(said.contains("chmod go-w"), "{said}");
    Ok(())
}

#[test]
fn a_database_that_is_missing_or_behind_is_a_fault_and_stays_so() -> Outcome {
    let place = Deployment::new()?;
    assert_eq!(fault_of(&place, "database")?["mend"], "run `fuxin migrate`");
    assert!(!fs::exists(place.path("fuxin.db"))?, "the doctor makes nothing");
    fs::write(place.path("fuxin.db"), "")?;
    let fault = fault_of(&place, "migrations")?;
    assert_eq!(fault["mend"], "run `fuxin migrate` with the same configuration");
    fs::write(place.path("fuxin.db"), "this is no database at all".repeat(100))?;
    fault_of(&place, "database")?;
    Ok(())
}

#[test]
fn another_master_key_than_the_databases_is_a_fault() -> Outcome {
    let place = Deployment::migrated()?;
    place.run(&["key", "list"]).succeeds()?;
    fs::write(place.path("master.key"), "7b".repeat(32))?;
    let fault = fault_of(&place, "signing keys")?;
    assert!(fault["mend"].as_str().is_some_and(|mend| mend.contains("master key")), "{fault}");
    Ok(())
}

#[test]
fn an_issuer_that_is_silent_or_another_is_a_fault() -> Outcome {
    let place = Deployment::migrated()?;
    let fault = fault_of(&place, "issuer")?;
    assert!(fault["mend"].as_str().is_some_and(|mend| mend.contains("fuxin serve")), "{fault}");

    let other = answering("{\"issuer\":\"https://other.example.gov.tw\"}".to_owned())?;
    let text = Deployment::text(&format!("http://localhost:{other}"), free_port()?);
    let place = Deployment::with(&text)?;
    place.run(&["migrate"]).succeeds()?;
    let found = fault_of(&place, "issuer")?;
    assert!(found["found"].as_str().is_some_and(|text| text.contains("another issuer")), "{found}");

    let endless = answering("9".repeat(100_000))?;
    let text = Deployment::text(&format!("http://localhost:{endless}"), free_port()?);
    let found = fault_of(&Deployment::with(&text)?, "issuer")?;
    assert!(found["found"].as_str().is_some_and(|text| text.contains("more than")), "{found}");
    Ok(())
}

#[test]
fn an_https_issuer_without_a_trusted_proxy_is_a_warning() -> Outcome {
    let proxies = |trusted: &str, listen: &str| -> Result<Vec<Value>, Box<dyn Error>> {
        let text = Deployment::text("https://localhost:1", 21_100)
            .replace("127.0.0.1:21100\"", &format!("{listen}\"\ntrusted_proxies = [{trusted}]"));
        let said = Deployment::with(&text)?.run(&["doctor", "--json"]).fails()?;
        let report: Value = serde_json::from_str(said.lines().next().unwrap_or_default())?;
        let mut found = findings(&report, "proxies");
        found.retain(|finding| finding["state"] == "warning");
        Ok(found)
    };
    assert_eq!(proxies("", "127.0.0.1:21100")?.len(), 1);
    assert_eq!(proxies("\"10.0.0.7\"", "127.0.0.1:21100")?.len(), 1);
    assert_eq!(proxies("\"10.0.0.0/8\"", "10.0.0.1:21100")?.len(), 1);
    assert_eq!(proxies("\"10.0.0.7\"", "0.0.0.0:21100")?.len(), 1);
    assert_eq!(proxies("\"127.0.0.1\"", "127.0.0.1:21100")?.len(), 0);
    Ok(())
}
