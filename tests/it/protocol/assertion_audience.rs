//! Whom a client's assertion is made for: the issuer, and for a client that is set so the token endpoint, which is logged.
//!
//! RFC 7523 §3 as tightened by RFC 10070; `assertion_audience` and the weak feature `compat_audience`.

use fuxin::base::time::Clock;
use fuxin::oauth::client_metadata::{AssertionAudience, ClientMetadata};
use fuxin::oauth::weak_feature::{WeakFeature, WeakFeatures};
use serde_json::{Value, json};

use crate::support::assertion::AssertionKey;
use crate::support::{Json, RelyingParty, TestApp, log, on_each_database_with};

const OPEN: &str = "[policy]\nweak_features = [\"compat_audience\"]";
const LOGGED: &str = "a client assertion was made for the token endpoint, not for the issuer";
const ENDPOINTS: [&str; 3] = ["/token", "/introspect", "/revoke"];

async fn service(app: &TestApp, change: impl FnOnce(&mut ClientMetadata)) -> RelyingParty {
    let service = app.client("service").service("statistics:read").private_key_jwt().with(change);
    service.register().await
}

fn compat(own: &mut ClientMetadata) {
    own.assertion_audience = AssertionAudience::Compat;
    own.weak_features = [WeakFeature::CompatAudience].into_iter().collect();
}

/// What an endpoint says to an assertion for this audience.
async fn present(app: &TestApp, client: &RelyingParty, path: &str, audience: &Value) -> Json {
    let now = app.clock.now().seconds();
    let mut claims = AssertionKey::claims(&client.client_id, "", now);
    claims["aud"] = audience.clone();
    let assertion = client.key.as_ref().unwrap().sign(&claims);
    let form = [
        ("grant_type", "client_credentials"),
        ("token", "x"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &assertion),
    ];
    app.post(path, &form).await
}

/// A-TOK-12
#[test]
fn the_token_endpoint_is_an_audience_where_both_locks_are_open_and_each_use_is_logged() {
    on_each_database_with(OPEN, async |app| {
        let (issuer, endpoint) = (json!(app.issuer), json!(app.url("/token")));
        let compat = service(app, compat).await;
        let strict = service(app, |_| ()).await;
        let only_listed = service(app, |own| {
            own.weak_features = [WeakFeature::CompatAudience].into_iter().collect();
        })
        .await;
        for path in ENDPOINTS {
            let before = log::count(LOGGED);
            for client in [&strict, &only_listed] {
                let refused = present(app, client, path, &endpoint).await;
                assert_eq!((refused.status, refused.error()), (401, "invalid_client"), "{path}");
            }
            for client in [&strict, &compat] {
                assert_eq!(present(app, client, path, &issuer).await.status, 200, "{path}");
            }
            assert_eq!(log::count(LOGGED), before);
            assert_eq!(present(app, &compat, path, &endpoint).await.status, 200, "{path}");
            assert_eq!(log::count(LOGGED), before + 1);
        }
    });
}

/// A-TOK-12
#[test]
fn no_other_address_and_no_list_is_an_audience() {
    on_each_database_with(OPEN, async |app| {
        let compat = service(app, compat).await;
        let endpoint = app.url("/token");
        for path in ENDPOINTS {
            for audience in [
                json!(app.url("/introspect")),
                json!(app.url("/revoke")),
                json!(app.url("/authorize")),
                json!(format!("{endpoint}/")),
                json!(endpoint.to_uppercase()),
                json!("https://elsewhere.example.gov.tw/token"),
                json!([endpoint]),
                json!([app.issuer, endpoint]),
                json!(""),
                Value::Null,
            ] {
                let refused = present(app, &compat, path, &audience).await;
                assert_eq!(refused.error(), "invalid_client", "{path} {audience}");
            }
            assert_eq!(present(app, &compat, path, &json!(endpoint)).await.status, 200, "{path}");
        }
    });
}

/// A-TOK-26
#[test]
fn a_deployment_that_closes_the_lock_takes_the_issuer_only() {
    on_each_database_with(OPEN, async |app| {
        let compat = service(app, compat).await;
        let (issuer, endpoint) = (json!(app.issuer), json!(app.url("/token")));
        assert_eq!(present(app, &compat, "/token", &endpoint).await.status, 200);
        let closed = app
            .restarted_with(|config| config.policy.weak_features = WeakFeatures::default())
            .await;
        let refused = present(&closed, &compat, "/token", &endpoint).await;
        assert_eq!((refused.status, refused.error()), (401, "invalid_client"));
        assert_eq!(present(&closed, &compat, "/token", &issuer).await.status, 200);
    });
}
