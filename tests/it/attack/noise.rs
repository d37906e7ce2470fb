//! Noise: requests that are too large, broken, doubled or empty are refused, and are never a failure of ours.

use axum::body::Body;
use axum::http::{HeaderValue, Request};

use crate::support::on_each_database;

const PATHS: [&str; 17] = [
    "/",
    "/authorize",
    "/continue",
    "/sign-in",
    "/change-password",
    "/consent",
    "/cancel",
    "/end-session",
    "/sign-out",
    "/help",
    "/token",
    "/userinfo",
    "/introspect",
    "/revoke",
    "/jwks",
    "/static/x",
    "/nowhere",
];
const NAMES: [&str; 25] = [
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "claims",
    "acr_values",
    "prompt",
    "max_age",
    "ui_locales",
    "id_token_hint",
    "interaction",
    "code",
    "code_verifier",
    "refresh_token",
    "token",
    "grant_type",
    "username",
    "challenge",
    "csrf",
];

/// A-TOK-07, A-RED-07, A-DOS-01: whatever is sent, nothing answers 5xx.
#[test]
fn noise_is_refused_and_never_a_failure() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let (id, uri) = (&rp.client_id, rp.redirect_uri());
        let huge = "x".repeat(1_000_000);
        let values = [
            "",
            "%ff",
            "%",
            "%00",
            "%c0%af",
            "a&NAME=b",
            "%F0%9F%98%80",
            "-1",
            "{}",
            "e30.e30.e30",
            "99999999999999999999",
        ];
        let status = async |request: Request<Body>| app.hand(request).await.status;
        let form = |path: &str, body: String| {
            let request = Request::post(path);
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            request.body(Body::from(body)).unwrap()
        };
        for path in PATHS {
            for name in NAMES {
                for value in values {
                    let value = value.replace("NAME", name);
                    for query in [
                        format!("{name}={value}"),
                        format!("client_id={id}&redirect_uri={uri}&{name}={value}"),
                    ] {
                        let address = format!("{path}?{query}");
                        let get = Request::get(&address).body(Body::empty()).unwrap();
                        assert!(status(get).await < 500, "GET {address}");
                        let post = form(path, query.clone());
                        assert!(status(post).await < 500, "POST {path} {query}");
                    }
                }
            }
            for body in [huge.clone(), format!("state={huge}"), "x&".repeat(100_000)] {
                assert!(status(form(path, body)).await < 500, "{path}");
            }
            for header in [
                "authorization",
                "cookie",
                "x-forwarded-for",
                "accept-language",
                "origin",
                "content-type",
            ] {
                for value in
                    [huge.as_bytes(), b"\xff\xfe", b"", b"Bearer", b"Basic !!", b"Basic Og=="]
                {
                    let value = HeaderValue::from_bytes(value).unwrap();
                    let request = Request::post(path).header(header, value);
                    let request = request.body(Body::from("a=b")).unwrap();
                    assert!(status(request).await < 500, "{path} {header}");
                }
            }
        }
        for path in ["/authorize", "/token"] {
            for name in ["scope", "claims", "acr_values", "ui_locales", "redirect_uri"] {
                let refused = status(form(path, format!("client_id={id}&{name}={huge}"))).await;
                assert!((400..500).contains(&refused), "POST {path} {name}: {refused}");
            }
        }
        let good = app.browser().get(&rp.request().address()).await;
        assert_eq!(good.status, 303, "the same provider still answers");
        assert_eq!(app.get("/health/ready").await.status, 200);
    });
}

/// A-RED-07: a parameter that came twice is an error of its own, told to nobody whom it might have named.
#[test]
fn a_parameter_that_came_twice_is_refused() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let good = rp.request();
        let mut browser = app.browser();
        for name in ["client_id", "redirect_uri"] {
            let page = browser.get(&format!("{}&{name}=https://evil.test/", good.address())).await;
            assert_eq!((page.status, page.location()), (400, ""), "{name}");
        }
        for name in
            ["scope", "response_type", "state", "nonce", "prompt=login&prompt", "unknown=1&unknown"]
        {
            let page = browser.get(&format!("{}&{name}=x", good.address())).await;
            assert_eq!(page.told("error").as_deref(), Some("invalid_request"), "{name}");
        }
        assert!(browser.get(&good.address()).await.location().starts_with("/sign-in"));
    });
}
