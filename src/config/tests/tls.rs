//! `[tls]`: the listener's certificate, key and address, and the authorities of clients; read or refused.

use super::*;
use crate::config::Fault;

const WHOLE: &str = r#"[tls]
listen = "127.0.0.1:8443"
url = "https://mtls.sso.example.gov.tw:8443"
certificate_file = "tls.pem"
key_file = "tls.key"
"#;

fn folder() -> Folder {
    let folder = Folder::new();
    let (certificate, key) = identity(1);
    folder.write("tls.pem", &format!("{certificate}{}", super::certificate()), 0o644);
    folder.write("tls.key", &key, 0o600);
    folder
}

fn fault(result: Result<Config, Vec<Problem>>) -> (String, Fault) {
    let mut problems = result.unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    let problem = problems.remove(0);
    (problem.key, problem.fault)
}

#[test]
fn the_listener_has_a_certificate_a_key_and_an_address() {
    let folder = folder();
    assert!(folder.load_with("").unwrap().tls.is_none());
    let tls = folder.load_with(WHOLE).unwrap().tls.unwrap();
    assert_eq!(tls.url.as_str(), "https://mtls.sso.example.gov.tw:8443");
    assert!(tls.client_authorities.is_none());
    assert_eq!(tls.identity().ok().unwrap().between.len(), 1);
}

#[test]
fn a_key_that_is_missing_or_alone_is_told() {
    let folder = folder();
    for name in ["url", "certificate_file", "key_file"] {
        let lines = WHOLE.lines().filter(|line| !line.starts_with(name));
        let without = lines.collect::<Vec<_>>().join("\n");
        let (key, fault) = fault(folder.load_with(&without));
        assert_eq!(key, format!("tls.{name}"));
        assert!(matches!(fault, Fault::Missing { .. }), "{fault}");
    }
    let (key, fault) = fault(folder.load_with("[tls]\ncertificate_file = \"tls.pem\""));
    assert_eq!(key, "tls.certificate_file");
    assert!(matches!(fault, Fault::TlsWithoutListen), "{fault}");
}

#[test]
fn the_address_is_https_and_a_host_alone() {
    let folder = folder();
    for url in ["http://localhost:8443", "https://a.test/path", "a.test", "https://u@a.test"] {
        let text = WHOLE.replace("https://mtls.sso.example.gov.tw:8443", url);
        assert!(matches!(fault(folder.load_with(&text)).1, Fault::NotATlsUrl), "{url}");
    }
}

/// E-20: what could not be served is refused at the start.
#[test]
fn certificate_and_key_belong_together_and_are_good_now() {
    let folder = folder();
    let load = |name: &str, text: &str, mode| {
        let kept = fs::read_to_string(folder.path(name)).unwrap();
        folder.write(name, text, mode);
        let found = fault(folder.load_with(WHOLE));
        folder.write(name, &kept, 0o600);
        folder.load_with(WHOLE).unwrap();
        found
    };
    let (other, key) = identity(1);
    let (ended, _) = identity(0);
    let certificate = |text: &str| load("tls.pem", text, 0o644);
    assert!(
        matches!(certificate(&other), (at, Fault::KeyOfAnother { .. }) if at == "tls.key_file")
    );
    assert!(matches!(certificate(&ended).1, Fault::CertificateNotGoodNow { .. }));
    assert!(matches!(certificate("none").1, Fault::NotCertificates { .. }));
    let private = |text: &str, mode| load("tls.key", text, mode).1;
    assert!(matches!(private(&key, 0o600), Fault::KeyOfAnother { .. }));
    assert!(matches!(private(&other, 0o600), Fault::NotAPrivateKey { .. }));
    assert!(matches!(private(&key, 0o640), Fault::OpenToOthers { .. }));
    let cipher = openssl::symm::Cipher::aes_128_cbc();
    let sealed = PKey::private_key_from_pem(key.as_bytes()).unwrap();
    let sealed = sealed.private_key_to_pem_pkcs8_passphrase(cipher, b"passphrase").unwrap();
    let sealed = String::from_utf8(sealed).unwrap();
    assert!(matches!(private(&sealed, 0o600), Fault::NotAPrivateKey { .. }));
}

/// A-CRT-04: an empty list of authorities is a mistake, and trusts nobody.
#[test]
fn the_file_of_the_authorities_holds_certificates() {
    let folder = folder();
    let load = || folder.load_with(&format!("{WHOLE}client_ca_file = \"ca.pem\""));
    assert!(matches!(fault(load()).1, Fault::Unreadable { .. }));
    folder.write("ca.pem", "", 0o644);
    assert!(
        matches!(fault(load()), (at, Fault::NotCertificates { .. }) if at == "tls.client_ca_file")
    );
    folder.write("ca.pem", &certificate(), 0o644);
    assert!(load().unwrap().tls.unwrap().client_authorities.is_some());
}
