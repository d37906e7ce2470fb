//! `fuxin serve` and the commands around it: which address answers what, and the same on a PostgreSQL server.

use crate::Outcome;
use crate::deployment::{Deployment, PASSWORD, PERSON, free_port};
use crate::stop::Server;
use crate::wire::ask;

#[test]
fn metrics_are_on_their_own_address_only() -> Outcome {
    let (port, metrics) = (free_port()?, free_port()?);
    let text = Deployment::text(&format!("http://localhost:{port}"), port)
        .replace("[database]", &format!("metrics_listen = \"127.0.0.1:{metrics}\"\n[database]"));
    let place = Deployment::with(&text)?;
    place.run(&["migrate"]).succeeds()?;
    let server = Server::start(&place)?;
    assert!(ask(port, "/jwks")?.starts_with("HTTP/1.1 200 "));
    let told = ask(metrics, "/metrics")?;
    assert!(told.starts_with("HTTP/1.1 200 "), "{told}");
    let counted =
        |line: &str| line.starts_with("fuxin_requests_total{") && line.contains("\"/jwks\"");
    assert!(told.lines().any(counted), "{told}");
    let timed = "fuxin_request_seconds_bucket{route=\"/jwks\",le=\"10\"} 1";
    assert!(told.lines().any(|line| line == timed), "{told}");
    assert!(ask(port, "/nowhere")?.starts_with("HTTP/1.1 404 "));
    let told = ask(metrics, "/metrics")?;
    let unknown = "fuxin_requests_total{route=\"-\",method=\"GET\",status=\"404\"} 1";
    assert!(told.lines().any(|line| line == unknown), "{told}");
    assert!(ask(port, "/metrics")?.starts_with("HTTP/1.1 404 "));
    assert!(ask(metrics, "/jwks")?.starts_with("HTTP/1.1 404 "));
    assert!(server.stop()?.success());
    Ok(())
}

/// A-NET-02: what the guard lets through is never a secret of the configuration.
#[test]
fn each_private_host_is_named_in_the_log_at_the_start() -> Outcome {
    const LINE: &str = "fetches may go to a private address";
    let named = |hosts: &str| -> Result<usize, Box<dyn std::error::Error>> {
        let port = free_port()?;
        let text = Deployment::text(&format!("http://localhost:{port}"), port);
        let place = Deployment::with(&format!("{text}[outbound]\nprivate_hosts = [{hosts}]\n"))?;
        place.run(&["migrate"]).succeeds()?;
        assert!(Server::start(&place)?.stop()?.success());
        let log = place.log();
        let lines: Vec<_> = log.lines().filter(|line| line.contains(LINE)).collect();
        assert!(lines.iter().all(|line| line.contains("WARN") && line.contains(":8443")), "{log}");
        Ok(lines.len())
    };
    assert_eq!(named("")?, 0);
    assert_eq!(named("\"localhost:8443\", \"127.0.0.1:8443\"")?, 2);
    Ok(())
}

#[test]
fn a_deployment_on_postgresql_is_migrated_served_and_examined() -> Outcome {
    let place = Deployment::on_postgres()?;
    let said = place.run(&["doctor"]).fails()?;
    assert!(said.contains("run `fuxin migrate` with the same configuration"), "{said}");
    assert!(place.run(&["migrate"]).succeeds()?.starts_with("Ran "));
    assert_eq!(place.run(&["migrate"]).succeeds()?, "The database is up to date.\n");

    let server = Server::start(&place)?;
    let said = place.run(&["doctor"]).succeeds()?;
    for line in [
        "ok       database settings: ",
        "ok       clock: within",
        "ok       migrations: all have run",
        "ok       signing keys: ",
    ] {
        assert!(said.lines().any(|said| said.starts_with(line)), "{line}: {said}");
    }
    assert!(said.contains("synchronous_commit = on"), "{said}");
    let add = ["account", "add", "lin.meihui", "--person", PERSON];
    place.run(&add).given(&format!("{PASSWORD}\n")).succeeds()?;
    place.run(&["account", "lock", "lin.meihui", "--national-id"]).succeeds()?;
    place.run(&["key", "rotate", "--algorithm", "ES256"]).succeeds()?;
    let keys = place.run(&["key", "list"]).succeeds()?;
    for (algorithm, state) in [
        ("ES256", "verifies only"),
        ("ES256", "signs"),
        ("ES256", "waits"),
        ("RSA-OAEP-256", "decrypts"),
        ("ECDH-ES", "decrypts"),
    ] {
        let is_it =
            |line: &&str| line.starts_with(&format!("{algorithm}  ")) && line.ends_with(state);
        assert_eq!(keys.lines().filter(is_it).count(), 1, "{algorithm} {state}: {keys}");
    }
    let uri = ["--redirect-uri", "https://rp.example.gov.tw/cb"];
    place.run(&[&["client", "add", "--name", "測試機關"][..], &uri].concat()).succeeds()?;
    assert!(place.run(&["client", "list"]).succeeds()?.contains("測試機關"));
    assert!(server.stop()?.success());
    Ok(())
}
