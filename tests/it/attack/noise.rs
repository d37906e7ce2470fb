//! Noise: requests that are too large, broken, doubled or empty are refused, and are never a failure of ours.

use axum::body::Body;
use axum::http::{HeaderValue, Request};

use super::world::worlds;

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
const NAMES: [&str; 24] = [
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

/// A-TOK-07, A-RED-07: whatever is sent, nothing answers 5xx.
#[tokio::test]
async fn noise_is_refused_and_never_a_failure() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        let id = site.id.to_string();
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
        for path in PATHS {
            for name in NAMES {
                for value in values {
                    let value = value.replace("NAME", name);
                    for query in [
                        format!("{name}={value}"),
                        format!("client_id={id}&redirect_uri=https://rp.test/cb&{name}={value}"),
                    ] {
                        let address = format!("{path}?{query}");
                        let get =
                            world.send(Request::get(&address).body(Body::empty()).unwrap()).await;
                        assert!(get.status < 500, "GET {address}: {}", get.status);
                        let post = Request::post(path)
                            .header("content-type", "application/x-www-form-urlencoded")
                            .body(Body::from(query.clone()))
                            .unwrap();
                        let post = world.send(post).await;
                        assert!(post.status < 500, "POST {path} {query}: {}", post.status);
                    }
                }
            }
            for body in [huge.clone(), format!("state={huge}"), "x&".repeat(100_000)] {
                let post = Request::post(path)
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(Body::from(body))
                    .unwrap();
                let status = world.send(post).await.status;
                assert!(status < 500, "{path}: {status}");
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
                    let request =
                        Request::post(path).header(header, value).body(Body::from("a=b")).unwrap();
                    let status = world.send(request).await.status;
                    assert!(status < 500, "{path} {header}: {status}");
                }
            }
        }
        assert_eq!(world.get(&site.authorize()).await.status, 303, "the same world still answers");
        assert_eq!(world.get("/health/ready").await.status, 200);
    }
}

/// A-RED-07: a parameter that came twice is an error of its own, told to nobody whom it might have named.
#[tokio::test]
async fn a_parameter_that_came_twice_is_refused() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        let good = site.authorize();
        for name in ["client_id", "redirect_uri"] {
            let reply = world.get(&format!("{good}&{name}=https://evil.test/")).await;
            assert_eq!((reply.status, reply.location()), (400, ""), "{name}");
        }
        for name in
            ["scope", "response_type", "state", "nonce", "prompt=login&prompt", "unknown=1&unknown"]
        {
            let reply = world.get(&format!("{good}&{name}=x")).await;
            assert_eq!(reply.told("error").as_deref(), Some("invalid_request"), "{name}");
        }
        assert!(world.get(&good).await.location().starts_with("/sign-in"));
    }
}
