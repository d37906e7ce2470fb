//! `[outbound]`: the extra authority and the list of private hosts, read or refused.

use super::*;
use crate::config::Fault;

#[test]
fn without_the_section_nothing_is_trusted_or_listed() {
    let config = Folder::new().load(MINIMAL, &[]).unwrap();
    assert!(config.outbound.extra_ca.is_none() && config.outbound.private_hosts.is_empty());
}

#[test]
fn private_hosts_are_names_and_addresses_with_a_port() {
    let text = r#"[outbound]
        private_hosts = ["localhost:8443", "127.0.0.1:443", "[::1]:1", "a-b.example.gov.tw:65535"]"#;
    let config = Folder::new().load_with(text).unwrap();
    let shown: Vec<_> = config.outbound.private_hosts.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["localhost:8443", "127.0.0.1:443", "[::1]:1", "a-b.example.gov.tw:65535"]);
}

#[test]
fn an_entry_that_could_match_nothing_or_more_than_one_host_is_refused() {
    let folder = Folder::new();
    for entry in [
        "localhost",
        "localhost:",
        "localhost:0",
        "localhost:65536",
        "localhost:+1",
        "localhost:0443",
        "localhost:*",
        "*:443",
        "*.example.gov.tw:443",
        "10.0.0.0/8:443",
        "LOCALHOST:443",
        "localhost.:443",
        "127.1:443",
        "::1:443",
        "https://localhost:443",
        "localhost:443/path",
        "me@localhost:443",
        "機關.tw:443",
        ":443",
    ] {
        let text = format!("[outbound]\nprivate_hosts = [\"localhost:443\", \"{entry}\"]");
        let problems = folder.load_with(&text).expect_err(entry);
        assert!(matches!(problems[0].fault, Fault::NotAHostWithPort), "{entry}: {problems:?}");
    }
}

#[test]
fn the_file_of_an_extra_authority_holds_certificates() {
    let folder = Folder::new();
    let load = || folder.load_with("[outbound]\nextra_ca_file = \"extra-ca.pem\"");
    assert!(matches!(load().unwrap_err()[0].fault, Fault::Unreadable { .. }));
    for text in
        ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
    {
        folder.write("extra-ca.pem", text, 0o644);
        assert_eq!(
            lines(&folder, load()),
            [
                "outbound.extra_ca_file: extra-ca.pem holds no certificates in PEM form (fuxin.toml, line 7)"
            ]
        );
    }
    folder.write("extra-ca.pem", &format!("{}{}", certificate(), certificate()), 0o644);
    assert_eq!(load().unwrap().outbound.extra_ca.unwrap().certificates.len(), 2);
}
