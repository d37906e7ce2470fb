//! `[tls]`: the listener beside the plain one, its certificate's renewal, and what is said of bad files.

use std::error::Error;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};

use crate::Outcome;
use crate::certificate::self_signed;
use crate::deployment::{Deployment, free_port};
use crate::stop::Server;
use crate::wire::ask;

/// A deployment with a listener on this port, whose certificate is good for so many days.
fn deployment(days: u32) -> Result<(Deployment, u16), Box<dyn Error>> {
    let (port, tls) = (free_port()?, free_port()?);
    let text = Deployment::text(&format!("http://localhost:{port}"), port);
    let place = Deployment::with(&format!(
        "{text}[tls]\nlisten = \"127.0.0.1:{tls}\"\nurl = \"https://localhost:{tls}\"\n\
         certificate_file = \"tls.pem\"\nkey_file = \"tls.key\"\n"
    ))?;
    put_certificate(&place, days)?;
    Ok((place, tls))
}

/// Puts a new certificate and key there; the certificate in DER.
fn put_certificate(place: &Deployment, days: u32) -> Result<Vec<u8>, Box<dyn Error>> {
    let (certificate, key) = self_signed(days)?;
    fs::write(place.path("tls.key"), key.private_key_to_pem_pkcs8()?)?;
    fs::set_permissions(place.path("tls.key"), fs::Permissions::from_mode(0o600))?;
    fs::write(place.path("tls.pem"), certificate.to_pem()?)?;
    Ok(certificate.to_der()?)
}

/// An answer in TLS, and the certificate that was shown.
fn ask_in_tls(port: u16, path: &str) -> Result<(String, Vec<u8>), Box<dyn Error>> {
    let mut connector = SslConnector::builder(SslMethod::tls_client())?;
    connector.set_verify(SslVerifyMode::NONE);
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    let mut stream = connector.build().connect("localhost", stream)?;
    let shown = stream.ssl().peer_certificate().ok_or("no certificate")?.to_der()?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok((answer, shown))
}

#[test]
fn tls_is_served_beside_plain_http_and_its_certificate_is_renewed() -> Outcome {
    let (place, tls) = deployment(90)?;
    place.run(&["migrate"]).succeeds()?;
    let server = Server::start(&place)?;
    let (answer, first) = ask_in_tls(tls, "/.well-known/openid-configuration")?;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let alias =
        format!("\"mtls_endpoint_aliases\":{{\"token_endpoint\":\"https://localhost:{tls}/");
    assert!(answer.contains(&alias), "{answer}");
    let plain = place.run(&["check-config"]).succeeds()?;
    assert!(plain.contains("is good"), "{plain}");
    let text = fs::read_to_string(place.path("fuxin.toml"))?;
    let port = text.lines().find_map(|line| line.strip_prefix("listen = \"127.0.0.1:"));
    let port = port.and_then(|rest| rest.trim_end_matches('"').parse().ok()).ok_or("no port")?;
    assert!(ask(port, "/jwks")?.starts_with("HTTP/1.1 200 "));

    let fresh = put_certificate(&place, 90)?;
    assert_ne!(first, fresh);
    let began = Instant::now();
    while ask_in_tls(tls, "/jwks")?.1 != fresh {
        assert!(began.elapsed() < Duration::from_secs(10), "{}", place.log());
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(server.stop()?.success());
    assert!(TcpStream::connect(("127.0.0.1", tls)).is_err());
    Ok(())
}

/// E-20
#[test]
fn a_certificate_that_has_ended_is_told_before_anything_starts() -> Outcome {
    let (place, _) = deployment(0)?;
    for command in ["check-config", "serve"] {
        let said = place.run(&[command]).fails()?;
        assert!(said.contains("tls.certificate_file: the first certificate in"), "{said}");
        assert!(said.contains("is not good now"), "{said}");
    }
    put_certificate(&place, 1)?;
    place.run(&["check-config"]).succeeds()?;
    Ok(())
}

#[test]
fn the_doctor_looks_at_the_certificate_and_its_key() -> Outcome {
    let (place, _) = deployment(90)?;
    let said = place.run(&["doctor"]).fails()?;
    assert!(said.lines().any(|line| line.starts_with("ok       tls certificate: ")), "{said}");
    put_certificate(&place, 20)?;
    let said = place.run(&["doctor"]).fails()?;
    assert!(said.lines().any(|line| line.starts_with("warning  tls certificate: ")), "{said}");
    fs::set_permissions(place.path("tls.key"), fs::Permissions::from_mode(0o644))?;
    let said = place.run(&["doctor"]).fails()?;
    assert!(said.contains("tls.key_file") && said.contains("chmod 600"), "{said}");
    Ok(())
}
