//! `fuxin demo`: what it says, what it keeps in its folder and what another start changes, as a person at a screen and a
//! browser see it. The outbox stands on the third port after the provider's, and only there.

use std::error::Error;
use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command};

use serde_json::{Value, json};

use crate::Outcome;
use crate::database::column;
use crate::deployment::{Deployment, fuxin};
use crate::leak;
use crate::wire::{ask, ask_when_ready, send_as};

/// A running `fuxin demo` on four ports from this one on. Ends with the value.
struct Demo {
    child: Child,
    port: u16,
}

impl Demo {
    /// Starts it with the folder `demo`, and waits until its provider and its outbox answer.
    fn start(place: &Deployment, port: u16) -> Result<Self, Box<dyn Error>> {
        let arguments = ["demo", "--data", &place.path("demo"), "--port", &port.to_string()];
        let demo = Self { child: place.fuxin(&arguments).start()?, port };
        ask_when_ready(port + 3, "/")?;
        ask_when_ready(port, "/health/ready")?;
        Ok(demo)
    }

    /// Tells it to stop. What it said on standard output.
    fn stop(mut self) -> Result<String, Box<dyn Error>> {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        assert!(told.success() && self.child.wait()?.success());
        let mut said = String::new();
        self.child.stdout.take().ok_or("no output")?.read_to_string(&mut said)?;
        Ok(said)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first of four ports in a row that were free a moment ago.
fn free_ports() -> Result<u16, Box<dyn Error>> {
    for _ in 0..50 {
        let first = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port().min(65_000);
        if (first..first + 4).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return Ok(first);
        }
    }
    Err("no four free ports in a row".into())
}

/// What the demonstration in the folder `demo` says of itself on this port.
fn described(place: &Deployment, port: u16) -> Result<Value, Box<dyn Error>> {
    let folder = place.path("demo");
    let arguments = ["demo", "--describe", "--data", &folder, "--port", &port.to_string()];
    Ok(serde_json::from_str(&fuxin(&arguments).succeeds()?)?)
}

/// A configuration with the secrets and the database of that demonstration, for an operator's commands.
fn operator_of(place: &Deployment) -> Result<Deployment, Box<dyn Error>> {
    let mut text = Deployment::text("http://localhost:21100", 21100);
    for name in ["master.key", "pairwise.salt"] {
        text = text
            .replace(&format!("{name:?}"), &format!("{:?}", place.path(&format!("demo/{name}"))));
    }
    Deployment::with(
        &text.replace("sqlite:fuxin.db", &format!("sqlite://{}", place.path("demo/fuxin.db"))),
    )
}

fn list<'a>(described: &'a Value, name: &str) -> Result<&'a Vec<Value>, String> {
    described[name].as_array().ok_or_else(|| format!("no {name}: {described}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn a_demonstration_describes_itself_and_stays_the_same() -> Outcome {
    let place = Deployment::folder()?;
    let first = described(&place, 21080)?;
    assert_eq!(first["issuer"], "http://localhost:21080");
    assert_eq!(first["outbox_url"], "http://localhost:21083");
    let sites = list(&first, "relying_parties")?;
    let urls: Vec<_> = sites.iter().map(|site| &site["url"]).collect();
    assert_eq!(urls, ["http://localhost:21081", "http://localhost:21082"]);
    for site in sites {
        assert!(site["name"].is_string() && site["client_id"].is_string(), "{site}");
        assert!(text(&site["client_secret"]).len() > 40, "{site}");
        assert_eq!(site["redirect_uris"], json!([format!("{}/callback", text(&site["url"]))]));
    }
    let people = list(&first, "people")?;
    assert!(people.len() >= 8, "{people:?}");
    assert!(text(&people[0]["case"]).contains("ordinary member"), "{people:?}");
    for person in people {
        for member in ["name", "account", "password", "case"] {
            assert!(person[member].is_string(), "{person}");
        }
    }
    assert_eq!(described(&place, 21080)?, first, "a second time says the same");
    Ok(())
}

#[test]
fn another_port_moves_what_is_registered_and_a_second_start_keeps_the_rest() -> Outcome {
    let place = Deployment::folder()?;
    let before = described(&place, 21080)?;
    let operator = operator_of(&place)?;
    operator.run(&["account", "lock", "li.jie"]).succeeds()?;
    operator.run(&["account", "unlock", "tsai.guohua"]).succeeds()?;
    operator.run(&["key", "rotate", "--algorithm", "ES256"]).succeeds()?;
    let keys = operator.run(&["key", "list"]).succeeds()?;

    let demo = Demo::start(&place, free_ports()?)?;
    let port = demo.port;
    let moved = described(&place, port)?;
    assert_eq!(moved["people"], before["people"]);
    assert_eq!(moved["service_clients"], before["service_clients"]);
    let metadata = ask(port, "/.well-known/openid-configuration")?;
    assert!(metadata.contains(&format!("\"issuer\":\"http://localhost:{port}\"")), "{metadata}");
    for (offset, (before, after)) in
        (1..).zip(list(&before, "relying_parties")?.iter().zip(list(&moved, "relying_parties")?))
    {
        let origin = format!("http://localhost:{}", port + offset);
        assert_eq!(before["client_id"], after["client_id"]);
        assert_eq!(before["client_secret"], after["client_secret"]);
        let shown = operator.run(&["client", "show", text(&after["client_id"])]).succeeds()?;
        let shown: Value = serde_json::from_str(&shown)?;
        assert_eq!(shown["redirect_uris"], json!([format!("{origin}/callback")]));
        assert_eq!(shown["post_logout_redirect_uris"], json!([format!("{origin}/signed-out")]));
        assert_eq!(shown["client_uri"], format!("{origin}/"));
        let answer = |site: &Value| {
            let parameters = form_urlencoded::Serializer::new(String::new())
                .append_pair("client_id", text(&site["client_id"]))
                .append_pair("redirect_uri", text(&site["redirect_uris"][0]))
                .extend_pairs([("response_type", "code"), ("scope", "openid")])
                .append_pair("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
                .append_pair("code_challenge_method", "S256")
                .finish();
            ask(port, &format!("/authorize?{parameters}"))
        };
        assert!(answer(after)?.starts_with("HTTP/1.1 303 "), "its new address");
        assert!(answer(before)?.starts_with("HTTP/1.1 400 "), "its old address");
    }
    demo.stop()?;

    let locked = "SELECT name FROM accounts WHERE locked_at IS NOT NULL";
    assert_eq!(column(&place.path("demo/fuxin.db"), locked)?, ["li.jie"]);
    assert_eq!(operator.run(&["key", "list"]).succeeds()?, keys);
    Ok(())
}

#[test]
fn a_demonstration_says_where_to_click_and_who_signs_in() -> Outcome {
    let place = Deployment::folder()?;
    let demo = Demo::start(&place, free_ports()?)?;
    let port = demo.port;
    let described = described(&place, port)?;
    let outbox = ask(port + 3, "/")?;
    assert!(outbox.starts_with("HTTP/1.1 200"), "{outbox}");
    for part in ["寄件匣", "id=\"empty\"", "huang.lizhu", "default-src 'none'", "no-store"] {
        assert!(outbox.contains(part), "{part}: {outbox}");
    }
    assert!(outbox.contains(&format!("http://localhost:{}", port + 1)), "{outbox}");
    assert!(ask(port + 3, "/?lang=en")?.contains("There are no messages yet"));
    assert!(ask(port + 3, "/outbox.css")?.contains(".letter"));
    assert!(ask(port, "/outbox")?.starts_with("HTTP/1.1 404"), "the provider has no such page");

    let said = demo.stop()?;
    for address in port..port + 4 {
        assert!(said.contains(&format!("  http://localhost:{address}  ")), "{address}: {said}");
    }
    for part in ["用符信登入", "Sign in with Fuxin", "Ctrl-C"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    for site in list(&described, "relying_parties")? {
        let line = format!("  {}  {}", text(&site["url"]), text(&site["name"]));
        assert!(said.contains(&line), "{line}: {said}");
    }
    let mut personal = Vec::new();
    for person in list(&described, "people")? {
        let [account, password, name, case] =
            ["account", "password", "name", "case"].map(|member| text(&person[member]));
        let line = format!("  {account:<14} {password:<15} {name}  {case}");
        assert!(said.lines().any(|said| said == line), "{line}: {said}");
        personal.extend([account, password, name]);
    }
    let log = place.log();
    assert!(log.contains("the demonstration is running") && log.contains("stopped"), "{log}");
    assert_eq!(leak::find(&log, &personal), Vec::<String>::new());
    Ok(())
}

#[test]
fn the_clients_of_a_demonstration_are_what_its_description_says() -> Outcome {
    let place = Deployment::folder()?;
    let demo = Demo::start(&place, free_ports()?)?;
    let described = described(&place, demo.port)?;
    let operator = operator_of(&place)?;
    let show = |client: &Value| -> Result<Value, Box<dyn Error>> {
        let shown = operator.run(&["client", "show", text(&client["client_id"])]).succeeds()?;
        Ok(serde_json::from_str(&shown)?)
    };
    for site in list(&described, "relying_parties")? {
        let shown = show(site)?;
        assert_eq!(shown["grant_types"], json!(["authorization_code", "refresh_token"]));
        assert_eq!(shown["id_token_signed_response_alg"], "ES256");
        assert_eq!(shown["may_introspect"], false);
    }
    let [service] = &list(&described, "service_clients")?[..] else { return Err("one".into()) };
    let shown = show(service)?;
    assert_eq!(shown["grant_types"], json!(["client_credentials"]));
    assert_eq!(shown["scope"], service["scope"]);
    assert_eq!(shown["id_token_signed_response_alg"], "ES256");
    assert_eq!(shown["may_introspect"], true);

    let form = "grant_type=client_credentials&scope=statistics%3Aread";
    let token = send_as(service, demo.port, "/token", form)?;
    let form = format!("token={}", text(&token["access_token"]));
    let told = send_as(service, demo.port, "/introspect", &form)?;
    assert_eq!(told["active"], true, "{told}");
    assert_eq!(told["client_id"], service["client_id"]);
    assert_eq!(told["scope"], "statistics:read");
    demo.stop()?;
    Ok(())
}

#[test]
fn a_demonstration_needs_no_argument() -> Outcome {
    let place = Deployment::folder()?;
    let said = fuxin(&["demo", "--describe"]).within(&place.path(".")).succeeds()?;
    let described: Value = serde_json::from_str(&said)?;
    assert_eq!(described["issuer"], "http://localhost:8080");
    assert!(fs::exists(place.path("data/demo/fuxin.db"))?);
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

/// Whatever a configuration takes from there.
#[test]
fn serve_refuses_what_lies_in_the_folder_of_a_demonstration() -> Outcome {
    let place = Deployment::folder()?;
    fuxin(&["demo", "--describe", "--data", &place.path("demo")]).succeeds()?;
    for (key, name) in [
        ("master.key", "master.key"),
        ("pairwise.salt", "pairwise.salt"),
        ("sqlite:fuxin.db", "fuxin.db"),
    ] {
        let file = place.path(&format!("demo/{name}"));
        let value = key.replace(name, &file).replace("sqlite:", "sqlite://");
        let text = Deployment::text("http://localhost:21100", 21100)
            .replace(&format!("{key:?}"), &format!("{value:?}"));
        let said = Deployment::with(&text)?.run(&["serve"]).fails()?;
        assert!(said.contains(&format!("{file} belongs to a demonstration")), "{said}");
    }
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
