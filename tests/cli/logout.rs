//! A sign-out and the end of the process right after its answer: the client hears of it from the next process.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::X509;
use serde_json::json;

use crate::Outcome;
use crate::certificate::self_signed;
use crate::database::column;
use crate::deployment::{Deployment, PASSWORD, PERSON, free_port};
use crate::stop::{Server, count};
use crate::wire::exchange;

/// A browser as far as it is needed here: it keeps cookies, and follows what leads to the provider.
struct Browser {
    port: u16,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    /// The last answer on the way from this address.
    fn open(&mut self, address: &str) -> Result<String, Box<dyn Error>> {
        let answer = self.send(&format!("GET {address}"), "")?;
        self.follow(answer)
    }

    /// The same from a form.
    fn post(&mut self, address: &str, form: &str) -> Result<String, Box<dyn Error>> {
        let answer = self.send(&format!("POST {address}"), form)?;
        self.follow(answer)
    }

    fn send(&mut self, what: &str, form: &str) -> Result<String, Box<dyn Error>> {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let head = format!(
            "{what} HTTP/1.1\r\ncookie: {}\r\ncontent-length: {}\r\n\
             content-type: application/x-www-form-urlencoded\r\n\r\n{form}",
            cookies.join("; "),
            form.len(),
        );
        let answer = exchange(self.port, &head)?;
        for line in answer.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
            let own = line.split(';').next().and_then(|pair| pair.split_once('='));
            let (name, value) = own.ok_or("no cookie")?;
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        Ok(answer)
    }

    fn follow(&mut self, mut answer: String) -> Result<String, Box<dyn Error>> {
        while let Some(next) = location(&answer).filter(|next| next.starts_with('/')) {
            answer = self.send(&format!("GET {next}"), "")?;
        }
        Ok(answer)
    }
}

fn location(answer: &str) -> Option<String> {
    answer.lines().find_map(|line| line.strip_prefix("location: ")).map(str::to_owned)
}

/// The text between two others.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Result<&'a str, Box<dyn Error>> {
    let rest = text.split_once(before).map(|(_, rest)| rest);
    let found = rest.and_then(|rest| rest.split_once(after)).map(|(found, _)| found);
    found.ok_or_else(|| format!("no {before} in {text}").into())
}

/// A client's site: whatever is posted to it comes out here, and is taken.
fn site(port: u16, (own, key): &(X509, PKey<Private>)) -> Result<Receiver<String>, Box<dyn Error>> {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls())?;
    acceptor.set_certificate(own)?;
    acceptor.set_private_key(key)?;
    let (acceptor, listener) = (acceptor.build(), TcpListener::bind(("127.0.0.1", port))?);
    let (told, posted) = channel();
    thread::spawn(move || -> std::io::Result<()> {
        for stream in listener.incoming() {
            let Ok(mut stream) = acceptor.accept(stream?) else { continue };
            let (mut text, mut part) = (String::new(), [0; 4096]);
            while !text.split_once("\r\n\r\n").is_some_and(|(_, body)| body.contains('=')) {
                let length = stream.read(&mut part)?;
                text.push_str(&String::from_utf8_lossy(part.get(..length).unwrap_or_default()));
            }
            stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")?;
            if told.send(text).is_err() {
                break;
            }
        }
        Ok(())
    });
    Ok(posted)
}

/// A deployment that trusts the site, a person, and a client that hears of sign-outs there: the deployment, its port, and
/// the client's id.
fn deployment(site: u16, certificate: &X509) -> Result<(Deployment, u16, String), Box<dyn Error>> {
    let port = free_port()?;
    let place = Deployment::with(&format!(
        "{}[outbound]\nextra_ca_file = \"ca.pem\"\nprivate_hosts = [\"127.0.0.1:{site}\"]\n",
        Deployment::text(&format!("http://localhost:{port}"), port)
    ))?;
    fs::write(place.path("ca.pem"), certificate.to_pem()?)?;
    place.run(&["migrate"]).succeeds()?;
    let add = ["account", "add", "lin.meihui", "--person", PERSON];
    place.run(&add).given(&format!("{PASSWORD}\n")).succeeds()?;
    let metadata = json!({
        "client_name": "監理服務網", "redirect_uris": ["https://rp.example.gov.tw/cb"],
        "backchannel_logout_uri": format!("https://127.0.0.1:{site}/out"), "skip_consent": true,
    });
    fs::write(place.path("client.json"), metadata.to_string())?;
    let said =
        place.run(&["client", "add", "--metadata", &place.path("client.json")]).succeeds()?;
    let id = said.lines().find_map(|line| line.strip_prefix("client_id")).ok_or("no id")?;
    let id = id.trim().to_owned();
    Ok((place, port, id))
}

#[test]
fn a_process_that_is_killed_right_after_a_sign_out_leaves_its_logout_token_to_the_next() -> Outcome
{
    let (port_of_site, own) = (free_port()?, self_signed(1)?);
    let (place, port, client) = deployment(port_of_site, &own.0)?;
    let server = Server::start(&place)?;
    let mut browser = Browser { port, cookies: BTreeMap::new() };
    let request = format!(
        "/authorize?response_type=code&client_id={client}&scope=openid&code_challenge_method=S256&\
         code_challenge={}&redirect_uri=https%3A%2F%2Frp.example.gov.tw%2Fcb",
        "c".repeat(43)
    );
    let asked = browser.send(&format!("GET {request}"), "")?;
    let sign_in = location(&asked).ok_or(asked)?;
    let page = browser.open(&sign_in)?;
    let (_, form) = page.split_once("id=\"sign-in-form\"").ok_or("no form")?;
    let token = between(form, "name=\"csrf\" value=\"", "\"")?;
    let form = format!("csrf={token}&username=lin.meihui&password={PASSWORD}");
    let answer = browser.post(&sign_in, &form)?;
    let back = location(&answer).ok_or(answer)?;
    assert!(back.starts_with("https://rp.example.gov.tw/cb?code="), "{back}");

    let question = browser.open("/end-session")?;
    let (_, form) = question.split_once("action=\"/end-session\"").ok_or("no question")?;
    let token = between(form, "name=\"csrf\" value=\"", "\"")?;
    let answer = browser.send("POST /end-session", &format!("csrf={token}&confirmed=yes&back="))?;
    server.kill()?;
    assert!(answer.starts_with("HTTP/1.1 303 "), "{answer}");
    assert_eq!(count(&place, "SELECT COUNT(*) FROM sessions WHERE ended_at IS NOT NULL")?, 1);

    // The site was down until now. A delivery belongs for a minute to whoever took it, which passes here at once.
    let posted = site(port_of_site, &own)?;
    column(&place.path("fuxin.db"), "UPDATE logout_deliveries SET due_at = 0 RETURNING 'due'")?;
    let server = Server::start(&place)?;
    let told = posted.recv_timeout(Duration::from_secs(15))?;
    assert!(told.starts_with("POST /out HTTP/1.1\r\n"), "{told}");
    assert!(told.contains("\r\n\r\nlogout_token=ey"), "{told}");
    let done = || count(&place, "SELECT COUNT(*) FROM logout_deliveries");
    for _ in 0..100 {
        if done()? == 0 {
            break;
        }
        thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(done()?, 0, "it is told once");
    assert!(server.stop()?.success());
    Ok(())
}
