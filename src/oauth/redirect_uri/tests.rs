//! What may be registered as a redirect URI, and what is then taken for it.

use proptest::prelude::*;

use super::*;

fn web(text: &str) -> Result<RedirectUri, Error> {
    RedirectUri::register(text, ApplicationType::Web)
}

fn native(text: &str) -> Result<RedirectUri, Error> {
    RedirectUri::register(text, ApplicationType::Native)
}

fn verified(text: &str) -> VerifiedRedirect {
    native(text).unwrap().matches(text).unwrap()
}

#[test]
fn https_and_loopback_http_can_be_registered_by_all() {
    for text in [
        "https://a.test",
        "https://a.test/",
        "https://a.test:8443/cb?foo=bar&x=%2F",
        "http://localhost:8081/callback",
        "http://127.0.0.1/cb",
        "http://[::1]:9/cb",
        "https://xn--fsq.test/cb",
    ] {
        for register in [web, native] {
            let uri = register(text).unwrap();
            assert_eq!(uri.as_str(), text);
            assert_eq!(uri.matches(text).unwrap().as_str(), text);
        }
    }
}

#[test]
fn a_private_scheme_with_a_dot_is_for_native_clients() {
    for text in ["tw.gov.app:/callback", "tw.gov.app://callback"] {
        assert_eq!(web(text), Err(Error::Scheme));
        assert!(native(text).unwrap().matches(text).is_some());
    }
    assert_eq!(native("myapp:/callback"), Err(Error::Scheme));
    assert_eq!(native("tw.gov.app:callback"), Err(Error::NotCanonical));
}

/// A-RED-02: user information, a second authority, a zone, a scheme without slashes.
#[test]
fn a_second_reading_of_the_host_cannot_be_registered() {
    let refused = [
        ("http://localhost:80@evil.test/", Error::Scheme),
        ("https://localhost:80@evil.test/", Error::Userinfo),
        ("https://good.test@evil.test/", Error::Userinfo),
        ("https://@evil.test/", Error::NotCanonical),
        ("https://evil.test#@good.test/", Error::Fragment),
        ("http://[fe80::1%25eth0]/cb", Error::NotAbsolute),
        ("http:localhost", Error::NotCanonical),
        ("https:a.test", Error::NotCanonical),
        ("https:///a.test", Error::NotCanonical),
        ("https:/a.test", Error::NotCanonical),
        ("//a.test/cb", Error::NotAbsolute),
        ("/cb", Error::NotAbsolute),
    ];
    for (text, error) in refused {
        assert_eq!(web(text), Err(error), "{text}");
        assert_eq!(native(text), Err(error), "{text}");
    }
}

/// A-RED-02: the same tricks, presented to a client that registered the honest address.
#[test]
fn a_second_reading_of_the_host_is_not_taken_for_a_registered_one() {
    for application_type in [ApplicationType::Web, ApplicationType::Native] {
        for (registered, presented) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:80@evil.test/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1@evil.test/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:@evil.test/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1.evil.test/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1#@evil.test/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1?@evil.test/cb"),
            ("http://[::1]/cb", "http://[::1%25eth0]/cb"),
            ("https://a.test/cb", "https:a.test/cb"),
            ("https://a.test/cb", "https:///a.test/cb"),
            ("https://a.test/cb", "https://a.test\\@evil.test/cb"),
        ] {
            let uri = RedirectUri::register(registered, application_type).unwrap();
            assert_eq!(uri.matches(presented), None, "{presented}");
        }
    }
}

/// A-RED-03: schemes that run or read something, in any case and behind white space; at registration and at use.
#[test]
fn a_scheme_that_browsers_execute_is_refused() {
    for text in [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "javascript://a.test/%0Aalert(1)",
        "data:text/html,x",
        "DATA:text/html,x",
        "vbscript:x",
        "blob:https://a.test/1",
        "file:///etc/passwd",
        "FILE://localhost/etc/passwd",
        "ftp://a.test/",
        "about:blank",
        "http://a.test/cb",
    ] {
        assert_eq!(web(text), Err(Error::Scheme), "{text}");
        assert_eq!(native(text), Err(Error::Scheme), "{text}");
        assert_eq!(web("https://a.test/cb").unwrap().matches(text), None);
    }
    for text in [" javascript:alert(1)", "\tjavascript:alert(1)", "java\nscript:alert(1)"] {
        assert_eq!(native(text), Err(Error::Character), "{text}");
    }
}

#[test]
fn only_the_characters_of_a_uri_can_be_registered() {
    for text in [
        "https://a.test/a b",
        "https://a.test/\u{0}",
        "https://a.test/\r\nx",
        "https://a.test\\b",
        "https://a.test/\"",
        "https://a.test/%",
        "https://a.test/%zz",
        "https://政府.test/cb",
        "https://a.test;sandbox/cb",
        "https://a.test,b.test/cb",
    ] {
        assert_eq!(web(text), Err(Error::Character), "{text:?}");
    }
    assert_eq!(web("https://*.a.test/cb"), Err(Error::Wildcard));
    assert_eq!(web("https://a.test/*"), Err(Error::Wildcard));
    assert_eq!(web("https://a.test/cb#"), Err(Error::Fragment));
}

#[test]
fn only_the_canonical_spelling_can_be_registered() {
    for text in [
        "https://A.test/cb",
        "HTTPS://a.test/cb",
        "https://a.test:443/cb",
        "http://localhost:80/cb",
        "https://a.test/x/../cb",
        "https://a.test/%2e%2e/cb",
        "https://2130706433/cb",
    ] {
        assert_eq!(web(text), Err(Error::NotCanonical), "{text}");
    }
}

#[test]
fn the_length_is_bounded() {
    let long = |length: usize| {
        let start = "https://a.test/";
        format!("{start}{}", "a".repeat(length - start.len()))
    };
    assert!(web(&long(limits::REDIRECT_URI)).is_ok());
    assert_eq!(web(&long(limits::REDIRECT_URI + 1)), Err(Error::TooLong));
}

/// A-RED-04: of a native client's loopback address only the port may vary.
#[test]
fn a_native_clients_loopback_port_may_vary_and_nothing_else() {
    let uri = native("http://127.0.0.1/cb").unwrap();
    for text in ["http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb", "http://127.0.0.1/cb"] {
        assert_eq!(uri.matches(text).unwrap().as_str(), text);
    }
    for text in [
        "http://localhost:5000/cb",
        "http://[::1]:5000/cb",
        "https://127.0.0.1:5000/cb",
        "HTTP://127.0.0.1:5000/cb",
        "http://127.0.0.1:5000/other",
        "http://127.0.0.1:5000/cb/",
        "http://127.0.0.1:5000/cb?x=1",
        "http://127.0.0.1:5000/cb#x",
        "http://127.0.0.1:5000",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:080/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:5000:1/cb",
        "http://127.0.0.1:+5/cb",
        "http://127.0.0.1:五/cb",
        "http://127.0.0.2:5000/cb",
    ] {
        assert_eq!(uri.matches(text), None, "{text}");
    }
    let ipv6 = native("http://[::1]:9000/cb?a=b").unwrap();
    assert!(ipv6.matches("http://[::1]:5000/cb?a=b").is_some());
    assert!(ipv6.matches("http://127.0.0.1:5000/cb?a=b").is_none());
    let name = native("http://localhost:9000/cb").unwrap();
    assert!(name.matches("http://localhost:5000/cb").is_none());
}

/// A-RED-04: a web client never gets loopback leniency, nor does an address whose client is not known yet.
#[test]
fn a_web_clients_loopback_port_may_not_vary() {
    let stored: RedirectUri = serde_json::from_str("\"http://127.0.0.1:9000/cb\"").unwrap();
    for uri in [web("http://127.0.0.1:9000/cb").unwrap(), stored] {
        assert!(uri.matches("http://127.0.0.1:9000/cb").is_some());
        assert!(uri.matches("http://127.0.0.1:5000/cb").is_none());
        assert!(uri.matches("http://127.0.0.1/cb").is_none());
    }
}

/// A-RED-05: the case of one letter, in the path, the host or an escape.
#[test]
fn another_case_is_another_address() {
    let uri = web("https://a.test/callback?x=%2f").unwrap();
    for text in [
        "https://a.test/Callback?x=%2f",
        "https://A.test/callback?x=%2f",
        "https://a.test/callback?x=%2F",
        "https://a.test/callback?X=%2f",
    ] {
        assert_eq!(uri.matches(text), None, "{text}");
    }
}

/// A-RED-06: names that resemble the registered host, before or after it.
#[test]
fn another_host_is_another_address() {
    let uri = web("https://a.b.test/cb").unwrap();
    for text in [
        "https://aXb.test/cb",
        "https://evila.b.test/cb",
        "https://x.a.b.test/cb",
        "https://a.b.test.evil.test/cb",
        "https://a.b.testevil/cb",
        "https://a.b.test./cb",
        "https://a.b.test:443/cb",
        "http://a.b.test/cb",
        "https://a.b.test/cb/",
        "https://a.b.test/c",
        "",
    ] {
        assert_eq!(uri.matches(text), None, "{text}");
    }
    for text in
        ["http://localhost.evil.test/cb", "http://127.0.0.1.evil.test/cb", "http://xlocalhost/"]
    {
        assert_eq!(native(text), Err(Error::Scheme), "{text}");
    }
}

#[test]
fn parameters_are_added_after_the_addresss_own_query() {
    let add = |text: &str| verified(text).with_query(&[("code", "a b&c"), ("state", "堃")]);
    let added = "code=a+b%26c&state=%E5%A0%83";
    assert_eq!(add("https://a.test/cb"), format!("https://a.test/cb?{added}"));
    assert_eq!(add("https://a.test/cb?foo=bar"), format!("https://a.test/cb?foo=bar&{added}"));
    assert_eq!(add("https://a.test/cb?"), format!("https://a.test/cb?{added}"));
    assert_eq!(add("https://a.test/cb?x&"), format!("https://a.test/cb?x&{added}"));
    assert_eq!(add("tw.gov.app:/cb"), format!("tw.gov.app:/cb?{added}"));
    assert_eq!(verified("https://a.test/cb").with_query(&[]), "https://a.test/cb");
}

#[test]
fn the_origin_is_what_a_form_action_can_name() {
    for (text, origin) in [
        ("https://a.test/cb?x=y", "https://a.test"),
        ("https://a.test:8443/cb", "https://a.test:8443"),
        ("http://localhost:8081/cb", "http://localhost:8081"),
        ("http://[::1]:8081/cb", "http:"),
        ("tw.gov.app:/cb", "tw.gov.app:"),
        ("tw.gov.app://cb", "tw.gov.app:"),
    ] {
        assert_eq!(verified(text).origin(), origin);
    }
}

#[test]
fn a_proof_survives_a_seal() {
    #[derive(Serialize, Deserialize)]
    struct Sealed {
        #[serde(deserialize_with = "VerifiedRedirect::deserialize_sealed")]
        redirect: VerifiedRedirect,
    }
    let redirect = verified("http://127.0.0.1:5000/cb");
    let text = serde_json::to_string(&Sealed { redirect: redirect.clone() }).unwrap();
    assert_eq!(text, r#"{"redirect":"http://127.0.0.1:5000/cb"}"#);
    assert_eq!(serde_json::from_str::<Sealed>(&text).unwrap().redirect, redirect);
}

proptest! {
    #[test]
    fn any_text_is_registered_as_it_is_or_refused(
        text in "(https?|[a-z]{1,3}\\.[a-z]{1,3})?:?[/\\\\]{0,3}(localhost|127\\.0\\.0\\.1|\\[::1\\])?.{0,30}"
    ) {
        for application_type in [ApplicationType::Web, ApplicationType::Native] {
            if let Ok(uri) = RedirectUri::register(&text, application_type) {
                prop_assert_eq!(uri.as_str(), &text);
                prop_assert!(uri.matches(&text).is_some());
                let answer = uri.matches(&text).unwrap().with_query(&[("code", "1")]);
                let (before, after) = (Url::parse(&text).unwrap(), Url::parse(&answer).unwrap());
                prop_assert_eq!(before.scheme(), after.scheme());
                prop_assert_eq!(before.host_str(), after.host_str());
                prop_assert_eq!(before.port(), after.port());
                prop_assert_eq!(before.path(), after.path());
            }
        }
    }

    #[test]
    fn for_a_web_client_matching_is_equality_of_bytes(
        registered in "https://a\\.test/[a-c]{0,3}",
        presented in "https://[aA]\\.test/[a-c]{0,3}|http://127.0.0.1:[0-9]{1,5}/|.{0,20}",
    ) {
        let uri = web(&registered).unwrap();
        prop_assert_eq!(uri.matches(&presented).is_some(), registered == presented);
    }

    #[test]
    fn for_a_native_client_matching_is_equality_of_bytes_but_for_a_loopback_port(
        registered_port in 1024..=u16::MAX,
        presented_port in 1024..=u16::MAX,
        path in "/[a-c]{0,2}",
        other in "/[a-cA-C]{0,2}",
    ) {
        let uri = native(&format!("http://127.0.0.1:{registered_port}{path}")).unwrap();
        let presented = format!("http://127.0.0.1:{presented_port}{other}");
        prop_assert_eq!(uri.matches(&presented).is_some(), path == other);
    }
}
