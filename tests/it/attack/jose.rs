//! Signed tokens that come in: a client's assertion and an `id_token_hint`. A signature counts under the configured key
//! of the configured kind, for this purpose, once.

use std::net::TcpListener;

use fuxin::base::encoding::{base64url, from_base64url};
use fuxin::base::time::{Clock, Lifetime};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use serde_json::{Value, json};

use super::together;
use crate::support::assertion::{AssertionKey, signing_input};
use crate::support::{Browser, Json, RelyingParty, TestApp, on_each_database};

const ENDPOINTS: [&str; 3] = ["/token", "/introspect", "/revoke"];

/// The token with a code under a shared key instead of a signature.
fn hmac(key: &[u8], header: &Value, claims: &Value) -> String {
    let input = signing_input(header, claims);
    let key = PKey::hmac(key).unwrap();
    let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
    let code = signer.sign_oneshot_to_vec(input.as_bytes()).unwrap();
    format!("{input}.{}", base64url(&code))
}

async fn service(app: &TestApp) -> (RelyingParty, AssertionKey) {
    let service = app.client("service").service("statistics:read").private_key_jwt();
    let service = service.register().await;
    let key = service.key.clone().unwrap();
    (service, key)
}

fn claims(app: &TestApp, service: &RelyingParty) -> Value {
    AssertionKey::claims(&service.client_id, &app.issuer, app.clock.now().seconds())
}

fn with(mut base: Value, members: Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        base[name] = value.clone();
    }
    base
}

async fn present(app: &TestApp, path: &str, assertion: &str) -> Json {
    let fields = [
        ("grant_type", "client_credentials"),
        ("token", "x"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
    ];
    app.post(path, &fields).await
}

fn is_nobody(answer: &Json, why: &str) {
    assert_eq!((answer.status, answer.error()), (401, "invalid_client"), "{why}");
}

/// A-JOS-01, A-JOS-02, A-JOS-03, A-JOS-05, A-JOS-08, A-JOS-09, A-JOS-10, A-JOS-12: no forged, unsigned, encrypted or
/// foreign assertion authenticates a client, and none of them makes us ask anybody. Nothing here decrypts, so whatever
/// is wrong with an encrypted one is answered alike.
#[test]
fn a_forged_assertion_authenticates_nobody() {
    on_each_database(async |app| {
        let (service, key) = service(app).await;
        let thief = AssertionKey::random();
        let sink = TcpListener::bind("127.0.0.1:0").unwrap();
        sink.set_nonblocking(true).unwrap();
        let sink_url = format!("http://{}/jwks", sink.local_addr().unwrap());
        let good = claims(app, &service);
        let (header, jwk) = (AssertionKey::header(), key.jwks()["keys"][0].clone());
        let mut forged = Vec::new();
        for none in ["none", "None", "nOnE", "NONE", " none", ""] {
            forged.push(format!("{}.", signing_input(&json!({ "alg": none }), &good)));
            forged.push(key.sign_as(&json!({ "alg": none, "kid": "1" }), &good));
        }
        forged.push(format!("{}.", signing_input(&header, &good)));
        let pem = key.public_key().public_key_to_pem().unwrap();
        let trimmed = pem.trim_ascii_end().to_vec();
        for secret in [
            jwk.to_string().into_bytes(),
            key.jwks().to_string().into_bytes(),
            pem,
            trimmed,
            key.public_key().public_key_to_der().unwrap(),
            from_base64url(jwk["x"].as_str().unwrap()).unwrap(),
        ] {
            forged.push(hmac(&secret, &json!({ "alg": "HS256", "kid": "1" }), &good));
        }
        for brought in [
            json!({ "jwk": thief.jwks()["keys"][0] }),
            json!({ "jku": sink_url }),
            json!({ "x5u": sink_url }),
            json!({ "x5c": ["AAAA"] }),
            json!({ "kid": "../../1" }),
            json!({}),
        ] {
            forged.push(thief.sign_as(&with(header.clone(), brought), &good));
        }
        for changed in [
            json!({ "jwk": jwk }),
            json!({ "crit": ["b64"] }),
            json!({ "b64": false }),
            json!({ "zip": "DEF" }),
            json!({ "typ": "at+jwt" }),
            json!({ "typ": "logout+jwt" }),
            json!({ "typ": "dpop+jwt" }),
            json!({ "typ": "oauth-authz-req+jwt" }),
            json!({ "alg": "ES384" }),
            json!({ "alg": "RS256" }),
            json!({ "alg": "es256" }),
        ] {
            forged.push(key.sign_as(&with(header.clone(), changed), &good));
        }
        for alg in ["PBES2-HS256+A128KW", "dir", "RSA1_5", "RSA-OAEP", "ECDH-ES"] {
            let head = json!({ "alg": alg, "enc": "A128GCM", "p2c": 2_147_483_647_i64, "p2s": "AAAA", "zip": "DEF" });
            let head = base64url(head.to_string().as_bytes());
            forged.push(format!("{head}.AAAA.AAAA.AAAA.AAAA"));
            forged.push(format!("{head}.AAAA.AAAA"));
        }
        // r and s of nothing, and of the order of the curve, which is nothing again.
        let order = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";
        let order = BigNum::from_hex_str(order).unwrap().to_vec();
        for signature in [[0; 64].to_vec(), [order.clone(), order].concat(), vec![0; 32]] {
            let signature = base64url(&signature);
            forged.push(format!("{}.{signature}", signing_input(&header, &good)));
        }
        for assertion in &forged {
            for path in ENDPOINTS {
                is_nobody(&present(app, path, assertion).await, assertion);
            }
        }
        let own = present(app, "/token", &key.sign(&good)).await;
        assert_eq!(own.status, 200, "none of them spent the assertion's id: {own:?}");
        let asked = sink.accept().map(|(_, peer)| peer);
        assert_eq!(asked.unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "nobody was asked");
    });
}

/// A-TOK-11, A-TOK-18: an assertion is good once: again, at the same moment, at another endpoint, at another node, after a
/// restart and after a flood of others, for as long as it would be accepted.
#[test]
fn an_assertion_is_good_once() {
    on_each_database(async |app| {
        let (service, key) = service(app).await;
        let sign = || key.sign(&claims(app, &service));
        let claims_of_first = claims(app, &service);
        let first = key.sign(&claims_of_first);
        assert_eq!(present(app, "/token", &first).await.status, 200);
        for path in ENDPOINTS {
            is_nobody(&present(app, path, &first).await, path);
        }
        let header = json!({ "alg": "ES256", "kid": "1" });
        is_nobody(&present(app, "/token", &key.sign_as(&header, &claims_of_first)).await, "anew");
        if app.is_on_a_server() {
            let other = app.another_node().await;
            is_nobody(&present(&other, "/token", &first).await, "at another node");
            assert_eq!(present(&other, "/token", &sign()).await.status, 200);
        }
        let app = &app.restarted().await;
        is_nobody(&present(app, "/token", &first).await, "after a restart");
        assert_eq!(present(app, "/token", &sign()).await.status, 200);
        // However many come after it: those that prove nothing are not remembered at all.
        let before = app.contents().await;
        let thief = AssertionKey::random();
        for _ in 0..200 {
            is_nobody(&present(app, "/token", &thief.sign(&claims(app, &service))).await, "junk");
        }
        assert_eq!(app.contents().await, before, "junk is remembered");
        for _ in 0..100 {
            assert_eq!(present(app, "/revoke", &sign()).await.status, 200);
        }
        is_nobody(&present(app, "/token", &first).await, "after a flood");
        // It is remembered for as long as it would be accepted: its minute and the clocks' difference.
        app.wait(Lifetime::seconds(119));
        app.context().store.purge(app.clock.now()).await.unwrap();
        is_nobody(&present(app, "/token", &first).await, "as long as it would be accepted");
        let second = key.sign(&claims(app, &service));
        let other = if app.is_on_a_server() { app.another_node().await } else { app.clone() };
        let racers = (0..64).map(|n| {
            let (app, second) = ([app, &other][n % 2].clone(), second.clone());
            async move { present(&app, ENDPOINTS[n % 3], &second).await }
        });
        let answers = together(racers).await;
        let refused = answers.iter().filter(|answer| answer.error() == "invalid_client").count();
        assert_eq!((refused, answers.len()), (63, 64));
    });
}

/// A-TOK-12: an assertion is for this issuer alone, now, of this client.
#[test]
fn an_assertion_is_for_us_alone() {
    on_each_database(async |app| {
        let (service, key) = service(app).await;
        let now = app.clock.now().seconds();
        let other = app.client("other").register().await;
        for changed in [
            json!({ "aud": app.url("/token") }),
            json!({ "aud": [app.issuer] }),
            json!({ "aud": [app.issuer, "https://evil.test"] }),
            json!({ "aud": format!("{}/", app.issuer) }),
            json!({ "aud": "https://evil.test" }),
            json!({ "aud": null }),
            json!({ "iss": other.id }),
            json!({ "iss": other.id, "sub": other.id }),
            json!({ "exp": now - 61 }),
            json!({ "exp": now + 3600 }),
            json!({ "exp": 9_223_372_036_854_775_807_i64 }),
            json!({ "exp": "soon" }),
            json!({ "nbf": now + 120 }),
            json!({ "iat": now + 120 }),
            json!({ "jti": "" }),
            json!({ "jti": "x".repeat(256) }),
        ] {
            let assertion = key.sign(&with(claims(app, &service), changed.clone()));
            is_nobody(&present(app, "/token", &assertion).await, &changed.to_string());
        }
        let good = key.sign(&claims(app, &service));
        assert_eq!(present(app, "/token", &good).await.status, 200);
    });
}

/// What of a published key somebody might take for a shared one: each of its common spellings.
fn published_secrets(jwk: &Value) -> Vec<Vec<u8>> {
    let number = |name: &str| {
        let bytes = from_base64url(jwk[name].as_str().unwrap()).unwrap();
        (BigNum::from_slice(&bytes).unwrap(), bytes)
    };
    let mut secrets = vec![jwk.to_string().into_bytes()];
    let key = if jwk["kty"] == "RSA" {
        let ((n, modulus), (e, _)) = (number("n"), number("e"));
        let key = Rsa::from_public_components(n, e).unwrap();
        secrets.extend([modulus, key.public_key_to_pem_pkcs1().unwrap()]);
        secrets.push(key.public_key_to_der_pkcs1().unwrap());
        PKey::from_rsa(key).unwrap()
    } else {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let ((x, bytes), (y, _)) = (number("x"), number("y"));
        secrets.push(bytes);
        PKey::from_ec_key(EcKey::from_public_key_affine_coordinates(&group, &x, &y).unwrap())
            .unwrap()
    };
    let pem = key.public_key_to_pem().unwrap();
    secrets.extend([pem.trim_ascii_end().to_vec(), pem, key.public_key_to_der().unwrap()]);
    secrets
}

/// Asserts that neither endpoint takes these for a hint.
async fn are_no_hints(browser: &mut Browser, rp: &RelyingParty, forged: &[String]) {
    for forged in forged {
        let request = rp.request().with("id_token_hint", forged);
        let refused = browser.open(&request.address()).await;
        assert_eq!(rp.error(&request, &refused), "invalid_request", "{forged}");
        let refused = browser.get(&rp.sign_out_address(Some(forged), None)).await;
        assert_eq!((refused.status, refused.location()), (400, ""), "{forged}");
    }
}

/// A-JOS-01, A-JOS-02: no key that everybody can read signs a hint, and nothing passes unsigned.
#[test]
fn a_hint_under_a_published_key_is_refused() {
    on_each_database(async |app| {
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        let keys = app.get("/jwks").await.body;
        for client in [app.client("es256"), app.client("rs256").default_algorithm()] {
            let rp = client.register().await;
            let tokens = rp.sign_in(&mut browser, &alice).await;
            let (head, body) = (head_of(&tokens.id_token), &tokens.claims);
            let own = keys["keys"].as_array().unwrap();
            let own =
                own.iter().find(|key| key["kid"] == head["kid"]).expect("its key is published");
            assert_eq!(own["alg"], head["alg"]);
            let mut secrets = published_secrets(own);
            secrets.push(keys.to_string().into_bytes());
            let mut forged: Vec<_> = secrets
                .iter()
                .map(|secret| hmac(secret, &with(head.clone(), json!({ "alg": "HS256" })), body))
                .collect();
            let unsigned = signing_input(&with(head.clone(), json!({ "alg": "none" })), body);
            forged.push(format!("{unsigned}."));
            forged.push(format!("{}.", tokens.id_token.rsplit_once('.').unwrap().0));
            are_no_hints(&mut browser, &rp, &forged).await;
            let silent =
                rp.request().changed(&[("id_token_hint", &tokens.id_token), ("prompt", "none")]);
            let page = browser.open(&silent.address()).await;
            rp.code(&silent, page.away());
        }
    });
}

fn head_of(jwt: &str) -> Value {
    serde_json::from_slice(&from_base64url(jwt.split_once('.').unwrap().0).unwrap()).unwrap()
}

/// A-JOS-03, A-JOS-08: only an ID token that we gave this client is a hint, at both endpoints; a key that it brings or
/// names is nobody's, nobody is asked for one, and what is a hint is nothing but a hint.
#[test]
fn a_forged_hint_is_refused() {
    on_each_database(async |app| {
        let rp = app.client("rp").private_key_jwt().register().await;
        let other = app.client("other").register().await;
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        let tokens = rp.sign_in(&mut browser, &alice).await;
        let hint = &tokens.id_token;
        let (_, signature) = hint.rsplit_once('.').unwrap();
        let (head, body) = (head_of(hint), tokens.claims.clone());
        let (thief, key) = (AssertionKey::random(), rp.key.clone().unwrap());
        let sink = TcpListener::bind("127.0.0.1:0").unwrap();
        sink.set_nonblocking(true).unwrap();
        let sink_url = format!("http://{}/jwks", sink.local_addr().unwrap());
        let changed = signing_input(&head, &with(body.clone(), json!({ "sub": "x" })));
        let assertion = key.sign(&claims(app, &rp));
        let mut forged = vec![
            format!("{changed}.{signature}"),
            tokens.access_token.clone(),
            // The client's own assertion, and an ID token that the client signed.
            assertion.clone(),
            key.sign_as(&head, &body),
            key.sign(&body),
        ];
        for brought in [
            json!({}),
            json!({ "jwk": thief.jwks()["keys"][0] }),
            json!({ "jku": sink_url }),
            json!({ "x5u": sink_url }),
            json!({ "x5c": ["AAAA"] }),
            json!({ "kid": sink_url, "jku": sink_url, "jwk": thief.jwks()["keys"][0] }),
            thief.jwks()["keys"][0].clone(),
        ] {
            forged.push(thief.sign_as(&with(head.clone(), brought), &body));
        }
        are_no_hints(&mut browser, &rp, &forged).await;
        let long = rp.request().with("id_token_hint", &"x".repeat(20_000));
        assert_eq!(browser.open(&long.address()).await.status, 400, "too long for a hint");
        let asked = sink.accept().map(|(_, peer)| peer);
        assert_eq!(asked.unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "nobody was asked");
        let theirs = other.request().with("id_token_hint", hint);
        let page = browser.open(&theirs.address()).await;
        assert_eq!(other.error(&theirs, &page), "invalid_request", "another client's");
        let silent = rp.request().changed(&[("id_token_hint", hint), ("prompt", "none")]);
        let page = browser.open(&silent.address()).await;
        rp.code(&silent, page.away());
        // An ID token opens nothing that an access token opens, and authenticates nobody: not even the client that it is for.
        assert_eq!(rp.userinfo(hint).await.status, 401);
        let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh_token())];
        let presented = async |assertion: &str| {
            let assertion = [
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", assertion),
            ];
            app.post("/token", &[form, assertion].concat()).await
        };
        is_nobody(&presented(hint).await, "an ID token");
        assert_eq!(presented(&assertion).await.status, 200, "the assertion itself was not spent");
        let out = browser.get(&rp.sign_out_address(Some(hint), None)).await;
        assert_eq!(out.location(), rp.post_logout_redirect_uri());
    });
}
