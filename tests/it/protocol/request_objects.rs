//! Request objects by value (OpenID Connect Core §6.1, RFC 9101): which are read, what counts beside them, and where it is
//! told that one is refused. Each refusal differs by one change from a request that is answered.

use fuxin::base::encoding::base64url;
use fuxin::jose::encryption::Recipient;
use fuxin::oauth::client_metadata::{
    ContentEncryption, EncryptionAlgorithm, RequestObjectAlgorithm,
};
use fuxin::oauth::weak_feature::{WeakFeature, WeakFeatures};
use serde_json::{Value, json};

use crate::support::signed_object::{ALGORITHMS, KEYS, ObjectKeys, changed, unsigned};
use crate::support::{
    Browser, ClientBuilder, RelyingParty, Request, TestApp, on_each_database,
    on_each_database_with, redirect_uri,
};

pub(super) const UNSIGNED: &str = "[policy]\nweak_features = [\"unsigned_request_object\"]";

/// A client with keys, and its own lock open.
pub(super) fn client(app: &TestApp, name: &str) -> ClientBuilder {
    app.client(name).skip_consent().with(|own| {
        own.jwks = Some(KEYS.jwks());
        own.redirect_uris.push(redirect_uri("https://rp.example.gov.tw/other"));
        own.sector = "rp.example.gov.tw".to_owned();
        own.weak_features = WeakFeatures::from_iter([WeakFeature::UnsignedRequestObject]);
    })
}

/// Someone who is signed in, so that each request is answered at once.
pub(super) async fn signed_in(app: &TestApp) -> Browser {
    let alice = app.account("alice.of.objects").open().await;
    let mut browser = app.browser();
    browser.sign_in_at_home(&alice).await;
    browser
}

/// The error that a request is answered with at its client.
pub(super) async fn error(rp: &RelyingParty, browser: &mut Browser, request: &Request) -> String {
    let page = browser.open(&request.address()).await;
    rp.error(request, &page)
}

/// The code of the page that a request is answered with.
pub(super) async fn page_code(browser: &mut Browser, request: &Request) -> String {
    let page = browser.open(&request.address()).await;
    assert!(page.away.is_none(), "{:?}", page.away);
    assert_eq!(page.status, 400);
    page.code()
}

#[test]
fn a_signed_object_is_answered_in_each_way_of_signing() {
    on_each_database(async |app| {
        let rp = client(app, "rp").register().await;
        let alice = app.account("alice.signed").open().await;
        let mut browser = app.browser();
        for algorithm in ALGORITHMS {
            let request = rp.request();
            let object = KEYS.sign(algorithm, &rp.object(app, &request));
            let request = request.only_with("request", &object);
            rp.sign_in_with(&mut browser, &alice, request).await;
        }
    });
}

/// Registration §2: whoever has registered how it signs, signs so. A request without an object stays one.
#[test]
fn an_object_is_signed_as_it_was_registered() {
    on_each_database_with(UNSIGNED, async |app| {
        let mut browser = signed_in(app).await;
        for &registered in RequestObjectAlgorithm::ALL {
            let rp = client(app, &format!("rp-{}", registered.as_str().to_lowercase()));
            let rp = rp.with(|own| own.request_object_signing_alg = Some(registered));
            let rp = rp.register().await;
            let request = rp.request();
            let claims = rp.object(app, &request);
            for algorithm in ALGORITHMS.into_iter().chain(["none"]) {
                let object = match algorithm {
                    "none" => unsigned(&claims),
                    _ => KEYS.sign(algorithm, &claims),
                };
                let request = request.clone().with("request", &object);
                if algorithm == registered.as_str() {
                    let page = browser.open(&request.address()).await;
                    rp.code(&request, page.away());
                } else {
                    assert_eq!(error(&rp, &mut browser, &request).await, "invalid_request_object");
                }
            }
            let page = browser.open(&rp.request().address()).await;
            assert!(page.away().parameter("code").is_some(), "{registered}");
        }
    });
}

/// A-RED-13, RFC 9101 §6.3: beside a signed object only `client_id` counts.
#[test]
fn parameters_beside_a_signed_object_are_not_looked_at() {
    on_each_database(async |app| {
        let mut browser = signed_in(app).await;
        let rp = client(app, "rp").register().await;
        let request = rp.request();
        let object = KEYS.sign("PS256", &rp.object(app, &request));
        let beside = request.only_with("request", &object).changed(&[
            ("redirect_uri", "https://thief.example/callback"),
            ("state", "another state"),
            ("nonce", "another nonce"),
            ("scope", "openid email unheard:of"),
            ("response_type", "id_token"),
            ("response_mode", "form_post"),
            ("prompt", "login"),
            ("max_age", "-1"),
            ("claims", "{"),
            ("registration", "{}"),
        ]);
        let page = browser.open(&beside.address()).await;
        let tokens = rp.finish(&beside, &page).await;
        assert_eq!(tokens.answer["scope"], "openid");
        // What is not inside is missing, whatever stands beside it.
        let without = |name: &str| {
            let object = changed(rp.object(app, &request), &json!({ name: null }));
            request.clone().with("request", &KEYS.sign("PS256", &object))
        };
        for (name, told) in [
            ("response_type", "invalid_request"),
            ("scope", "invalid_scope"),
            ("code_challenge", "invalid_request"),
        ] {
            assert_eq!(error(&rp, &mut browser, &without(name)).await, told, "{name}");
        }
        assert_eq!(page_code(&mut browser, &without("redirect_uri")).await, "ERR-103");
        let page = browser.open(&without("state").address()).await;
        assert_eq!(page.away().parameter("state"), None);
        assert!(page.away().parameter("code").is_some());
        // Who asks is always said in the address.
        let nobody = request.only_with("request", &object).without("client_id");
        assert_eq!(page_code(&mut browser, &nobody).await, "ERR-101");
    });
}

/// A-RED-07, A-RED-14: where the object says so, if it can be believed, and never where only a thief says so.
#[test]
fn a_refusal_goes_the_way_that_the_object_says() {
    on_each_database(async |app| {
        let mut browser = signed_in(app).await;
        let rp = client(app, "rp").register().await;
        let request = rp.request();
        let other = "https://rp.example.gov.tw/other";
        let sent = |changes: Value| {
            let object = changed(rp.object(app, &request), &json!({ "redirect_uri": other }));
            let object = KEYS.sign("ES256", &changed(object, &changes));
            request.clone().with("state", "outside").with("request", &object)
        };
        for (changes, told) in [
            (json!({ "prompt": "dance" }), "invalid_request"),
            (json!({ "scope": null }), "invalid_scope"),
            (json!({ "response_type": "token" }), "unsupported_response_type"),
            (json!({ "registration": "{}" }), "registration_not_supported"),
            (json!({ "prompt": "login none" }), "invalid_request"),
        ] {
            let page = browser.open(&sent(changes).address()).await;
            assert!(page.location().starts_with(&format!("{other}?error=")), "{page:?}");
            assert_eq!(rp.error(&request, &page), told);
        }
        let posted = sent(json!({ "prompt": "dance", "response_mode": "form_post" }));
        let page = browser.open(&posted.address()).await;
        let away = browser.press(&page, "continue").await;
        assert_eq!(rp.error(&request, &away), "invalid_request");
        let thief = json!({ "redirect_uri": "https://thief.example/", "prompt": "dance" });
        assert_eq!(page_code(&mut browser, &sent(thief)).await, "ERR-102");
    });
}

/// A-RED-13, A-JOS-03, A-JOS-08: what is wrong with an object is told at the address beside it, if the client has
/// registered that, else on a page.
#[test]
fn an_object_that_is_not_this_clients_for_us_and_now_is_refused() {
    on_each_database(async |app| {
        let mut browser = signed_in(app).await;
        let rp = client(app, "rp").register().await;
        let other = client(app, "gcis").register().await;
        let request = rp.request();
        let good = rp.object(app, &request);
        let now = good["iat"].as_i64().unwrap();
        let with = |changes: Value| KEYS.sign("ES256", &changed(good.clone(), &changes));
        let headed = |header: Value| KEYS.sign_as(&header, &good);
        let mut refused = vec![
            with(json!({ "exp": now - 60 })),
            with(json!({ "nbf": now + 61 })),
            with(json!({ "iat": now + 61 })),
            with(json!({ "aud": "https://other.example" })),
            with(json!({ "aud": [] })),
            with(json!({ "iss": other.client_id })),
            with(json!({ "client_id": other.client_id })),
            with(json!({ "sub": rp.client_id })),
            with(json!({ "request": unsigned(&good) })),
            with(json!({ "request_uri": "https://rp.example.gov.tw/object" })),
            with(json!({ "state": ["a", "b"] })),
            with(json!({ "state": "a\0b" })),
            headed(json!({ "alg": "ES256", "kid": "rsa" })),
            headed(json!({ "alg": "ES256", "kid": "another" })),
            headed(json!({ "alg": "ES256", "kid": "ec", "typ": "at+jwt" })),
            headed(json!({ "alg": "ES256", "kid": "ec", "jku": "https://thief.example/keys" })),
            headed(json!({ "alg": "ES256", "kid": "ec", "jwk": KEYS.jwks()["keys"][1] })),
            ObjectKeys::random().sign("ES256", &good),
            unsigned(&good),
            "e30.e30.".to_owned(),
            "x".to_owned(),
        ];
        let many: serde_json::Map<_, _> =
            (0..60).map(|n| (format!("parameter{n}"), json!("1"))).collect();
        refused.push(with(Value::Object(many)));
        for object in &refused {
            let sent = request.clone().with("request", object);
            assert_eq!(error(&rp, &mut browser, &sent).await, "invalid_request_object", "{object}");
            let alone = request.only_with("request", object);
            assert_eq!(page_code(&mut browser, &alone).await, "ERR-103");
            let to_a_thief = sent.with("redirect_uri", "https://thief.example/");
            assert_eq!(page_code(&mut browser, &to_a_thief).await, "ERR-102");
        }
        let both = request
            .clone()
            .with("request", &with(json!({})))
            .with("request_uri", "https://a.test/");
        assert_eq!(error(&rp, &mut browser, &both).await, "invalid_request");
        let mut twice = request.clone().with("request", &with(json!({})));
        twice.parameters.push(("request".to_owned(), with(json!({}))));
        assert_eq!(error(&rp, &mut browser, &twice).await, "invalid_request");
        for changes in [
            json!({}),
            json!({ "exp": now - 59 }),
            json!({ "nbf": now + 60, "iat": now + 60 }),
            json!({ "aud": ["https://other.example", app.issuer] }),
            json!({ "aud": null, "iss": null, "iat": null, "exp": null, "client_id": null }),
            json!({ "sub": "somebody", "jti": "1", "requests": "x" }),
        ] {
            let sent = request.only_with("request", &with(changes));
            let page = browser.open(&sent.address()).await;
            rp.code(&sent, page.away());
        }
    });
}

/// What is asked inside is judged as it is outside, and `claims` may be an object there.
#[test]
fn what_an_object_asks_for_is_given() {
    on_each_database(async |app| {
        let alice = app.account("alice.asks.inside").open().await;
        let rp = app.client("rp").with(|own| own.jwks = Some(KEYS.jwks())).register().await;
        let request = rp.request().scope("openid profile");
        let claims = json!({ "id_token": { "email": { "essential": true }, "acr": null } });
        for claims in [json!(claims.to_string()), claims] {
            let changes = json!({ "claims": claims, "max_age": 600, "ui_locales": "en" });
            let object = changed(rp.object(app, &request), &changes);
            let request = request.only_with("request", &KEYS.sign("EdDSA", &object));
            let mut browser = app.browser();
            let page = browser.open(&request.address()).await;
            assert_eq!(page.attribute("html", "lang").as_deref(), Some("en"));
            let tokens = rp.sign_in_with(&mut browser, &alice, request.clone()).await;
            assert!(tokens.claims["email"].is_string() && tokens.claims["auth_time"].is_i64());
            assert_eq!(tokens.claims["acr"], "urn:fuxin:assurance:1");
        }
        // By POST as well.
        let object = KEYS.sign("ES256", &rp.object(app, &request));
        let sent = request.only_with("request", &object);
        let mut browser = app.browser();
        let url = app.url("/authorize").parse().unwrap();
        let posted = browser.request("POST", url, Some(&sent.parameters)).await;
        let page = browser.open(posted.headers["location"].to_str().unwrap()).await;
        assert_eq!(page.path(), "/sign-in");
    });
}

/// A-RED-13, A-JOS-09, A-JOS-10, A-JOS-12: to be encrypted is not to be signed; whoever has registered that it encrypts,
/// does; and nothing is decrypted that would cost work for the asking.
#[test]
fn an_encrypted_object_is_read_with_our_own_keys() {
    on_each_database(async |app| {
        let mut browser = signed_in(app).await;
        let rp = client(app, "rp").register().await;
        let own = app.get("/jwks").await.body;
        let request = rp.request();
        let good = rp.object(app, &request);
        let signed = KEYS.sign("ES256", &good);
        let (gcm, cbc) = (ContentEncryption::A256Gcm, ContentEncryption::A128CbcHs256);
        for &algorithm in EncryptionAlgorithm::ALL {
            let encrypted = |inside: &str, content| {
                Recipient::choose(&own, algorithm, content).unwrap().encrypt(inside).unwrap()
            };
            let read = async |browser: &mut Browser, object: &str| {
                let sent = request.clone().with("request", object);
                let page = browser.open(&sent.address()).await;
                page.away().parameter("error")
            };
            for content in [gcm, cbc] {
                assert_eq!(read(&mut browser, &encrypted(&signed, content)).await, None);
            }
            let refused = Some("invalid_request_object".to_owned());
            for inside in [unsigned(&good), encrypted(&signed, gcm), "x".to_owned()] {
                assert_eq!(read(&mut browser, &encrypted(&inside, gcm)).await, refused);
            }
            let good = encrypted(&signed, gcm);
            let (_, rest) = good.split_once('.').unwrap();
            for header in [
                json!({ "alg": "RSA1_5", "enc": "A256GCM" }),
                json!({ "alg": "dir", "enc": "A256GCM" }),
                json!({ "alg": "PBES2-HS256+A128KW", "enc": "A256GCM", "p2c": 1_u64 << 31, "p2s": "AA" }),
                json!({ "alg": algorithm.as_str(), "enc": "A256GCM", "zip": "DEF" }),
            ] {
                let bad = format!("{}.{rest}", base64url(header.to_string().as_bytes()));
                assert_eq!(read(&mut browser, &bad).await, refused, "{header}");
            }
            // The content encryption that is meant where none is registered.
            for (registered, content, other) in [(None, cbc, gcm), (Some(gcm), gcm, cbc)] {
                rp.change(|own| {
                    own.request_object_encryption_alg = Some(algorithm);
                    own.request_object_encryption_enc = registered;
                })
                .await;
                assert_eq!(read(&mut browser, &encrypted(&signed, content)).await, None);
                assert_eq!(read(&mut browser, &encrypted(&signed, other)).await, refused);
                assert_eq!(read(&mut browser, &signed).await, refused);
            }
            rp.change(|_| {}).await;
            assert_eq!(read(&mut browser, &signed).await, None);
        }
    });
}
