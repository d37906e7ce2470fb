//! Clients whose keys are behind their `jwks_uri`: fetched when they are needed, kept for a while, and fetched again when
//! an assertion names a key that is not among them (OpenID Connect Core §10.1.1).

use fuxin::base::limits;
use fuxin::base::time::Clock;
use fuxin::oauth::https_uri::HttpsUri;
use serde_json::{Value, json};

use crate::support::assertion::AssertionKey;
use crate::support::clock::rest;
use crate::support::{Answer, Json, RelyingParty, Site, TestApp, on_each_database_with};

/// Where the site has its keys.
const PATH: &str = "/jwks.json";

/// A set with these keys, each under its name.
fn document(keys: &[(&str, &AssertionKey)]) -> Answer {
    let named = keys.iter().map(|(name, key)| {
        let mut jwk = key.jwks()["keys"][0].clone();
        jwk["kid"] = json!(name);
        jwk
    });
    let set = json!({ "keys": named.collect::<Vec<_>>() });
    Answer::of("application/json", set.to_string())
}

async fn service(app: &TestApp, site: &Site) -> RelyingParty {
    let uri = HttpsUri::parse(&site.url(PATH)).unwrap();
    let service = app.client("service").service("statistics:read").private_key_jwt();
    let service = service.with(|own| (own.jwks, own.jwks_uri) = (None, Some(uri)));
    service.register().await
}

/// What the token endpoint says to an assertion that this key signed under this name.
async fn present(app: &TestApp, client: &RelyingParty, name: &str, key: &AssertionKey) -> Json {
    let claims = AssertionKey::claims(&client.client_id, &app.issuer, app.clock.now().seconds());
    let header: Value = json!({ "alg": "ES256", "typ": "JWT", "kid": name });
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &key.sign_as(&header, &claims)),
    ];
    app.post("/token", &form).await
}

fn told(story: impl AsyncFn(&TestApp, &Site)) {
    let site = Site::start();
    on_each_database_with(&site.settings(), async |app| {
        site.asked();
        story(app, &site).await;
    });
}

#[test]
fn keys_are_fetched_once_and_used_for_a_while() {
    told(async |app, site| {
        let key = AssertionKey::random();
        site.put(PATH, document(&[("one", &key)]));
        let service = service(app, site).await;
        assert!(site.asked().is_empty(), "nobody asked for them yet");
        for _ in 0..3 {
            assert_eq!(present(app, &service, "one", &key).await.status, 200);
        }
        assert_eq!(site.asked().len(), 1);
        let other = AssertionKey::random();
        let refused = present(app, &service, "one", &other).await;
        assert_eq!((refused.status, refused.error()), (401, "invalid_client"));
        assert_eq!(site.asked().len(), 0);
    });
}

#[test]
fn a_new_key_is_found_and_the_old_one_is_gone() {
    told(async |app, site| {
        let (old, new) = (AssertionKey::random(), AssertionKey::random());
        site.put(PATH, document(&[("one", &old)]));
        let service = service(app, site).await;
        assert_eq!(present(app, &service, "one", &old).await.status, 200);
        site.put(PATH, document(&[("two", &new)]));
        rest(limits::CLIENT_KEYS_AGAIN_SECONDS).await;
        assert_eq!(present(app, &service, "two", &new).await.status, 200);
        assert_eq!(site.asked().len(), 2);
        let refused = present(app, &service, "one", &old).await;
        assert_eq!((refused.status, refused.error()), (401, "invalid_client"));
    });
}

#[test]
fn made_up_names_do_not_make_us_fetch_all_the_time() {
    told(async |app, site| {
        let key = AssertionKey::random();
        site.put(PATH, document(&[("one", &key)]));
        let service = service(app, site).await;
        assert_eq!(present(app, &service, "one", &key).await.status, 200);
        for name in ["two", "three", "four"] {
            assert_eq!(present(app, &service, name, &key).await.error(), "invalid_client");
        }
        assert_eq!(site.asked().len(), 1);
        rest(limits::CLIENT_KEYS_AGAIN_SECONDS).await;
        for name in ["two", "three", "four"] {
            assert_eq!(present(app, &service, name, &key).await.error(), "invalid_client");
        }
        assert_eq!(site.asked().len(), 1, "once more, for all of them");
        assert_eq!(present(app, &service, "one", &key).await.status, 200);
    });
}

#[test]
fn a_site_without_keys_lets_nobody_in() {
    told(async |app, site| {
        let key = AssertionKey::random();
        let service = service(app, site).await;
        for answer in [
            Answer::of("text/plain", "").status("404 Not Found"),
            Answer::of("text/html", "<p>none</p>"),
            Answer::of("application/json", "{}"),
            Answer::of("application/json", r#"{ "keys": [] }"#),
            document(&[("one", &key)]).status("500 Internal Server Error"),
        ] {
            site.put(PATH, answer.clone());
            rest(limits::CLIENT_KEYS_AGAIN_SECONDS).await;
            let refused = present(app, &service, "one", &key).await;
            assert_eq!((refused.status, refused.error()), (401, "invalid_client"), "{answer:?}");
        }
        site.put(PATH, document(&[("one", &key)]));
        rest(limits::CLIENT_KEYS_AGAIN_SECONDS).await;
        assert_eq!(present(app, &service, "one", &key).await.status, 200);
    });
}
