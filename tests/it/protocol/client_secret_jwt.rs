//! `client_secret_jwt`: assertions under the client's secret, behind two locks; and the one algorithm that a client
//! registered (OpenID Connect Core §9, Registration §2).

use fuxin::base::time::Clock;
use fuxin::oauth::client_metadata::{
    ClientAssertionAlgorithm, ClientMetadata, TokenEndpointAuthMethod,
};
use fuxin::oauth::weak_feature::{WeakFeature, WeakFeatures};
use serde_json::{Value, json};

use crate::support::assertion::{AssertionKey, sign_with_secret, signing_input};
use crate::support::{Json, RelyingParty, TestApp, on_each_database_with};

const OPEN: &str = "[policy]\nweak_features = [\"client_secret_jwt\"]";
const FORM: (&str, &str) = ("grant_type", "client_credentials");

fn by_secret(own: &mut ClientMetadata) {
    own.token_endpoint_auth_method = TokenEndpointAuthMethod::ClientSecretJwt;
    own.weak_features = [WeakFeature::ClientSecretJwt].into_iter().collect();
}

async fn service(app: &TestApp) -> RelyingParty {
    app.client("service").service("statistics:read").with(by_secret).register().await
}

fn claims(app: &TestApp, client: &RelyingParty) -> Value {
    AssertionKey::claims(&client.client_id, &app.issuer, app.clock.now().seconds())
}

async fn present(app: &TestApp, path: &str, assertion: &str) -> Json {
    let form = [
        FORM,
        ("token", "x"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
    ];
    app.post(path, &form).await
}

#[test]
fn a_person_signs_in_at_a_client_that_signs_with_its_secret() {
    on_each_database_with(OPEN, async |app| {
        let alice = app.account("alice.and.a.secret").open().await;
        let client = app.client("secret").with(by_secret).register().await;
        let tokens = client.sign_in(&mut app.browser(), &alice).await;
        client.refreshed(tokens.refresh_token()).await;
        assert_eq!(client.introspect(&tokens.access_token).await.body["active"], true);
        assert_eq!(client.revoke(&tokens.access_token).await.status, 200);
    });
}

/// RFC 7518 §3.2: what is a key has as much chance in it as one.
#[test]
fn the_secret_has_sixty_four_random_bytes() {
    on_each_database_with(OPEN, async |app| {
        let secret = service(app).await.secret.unwrap();
        let other = service(app).await.secret.unwrap();
        let random = secret.strip_prefix("fxcs_").unwrap();
        assert_eq!(fuxin::base::encoding::from_base64url(random).unwrap().len(), 64);
        assert_ne!(secret, other);
    });
}

/// A-TOK-11
#[test]
fn an_assertion_under_a_secret_is_good_once_and_at_one_endpoint() {
    on_each_database_with(OPEN, async |app| {
        let service = service(app).await;
        let secret = service.secret.clone().unwrap();
        for first in ["/token", "/introspect", "/revoke"] {
            let assertion = sign_with_secret(&secret, &claims(app, &service));
            assert_eq!(present(app, first, &assertion).await.status, 200, "{first}");
            for again in ["/token", "/introspect", "/revoke"] {
                let refused = present(app, again, &assertion).await;
                assert_eq!((refused.status, refused.error()), (401, "invalid_client"), "{again}");
            }
        }
    });
}

/// A-JOS-01, A-JOS-02, A-TOK-12
#[test]
fn nothing_but_its_secret_and_its_claims_lets_a_client_in() {
    on_each_database_with(OPEN, async |app| {
        let service = service(app).await;
        let secret = service.secret.clone().unwrap();
        let good = || claims(app, &service);
        let other_secret = sign_with_secret(&secret.to_uppercase(), &good());
        let by_key = AssertionKey::random().sign(&good());
        let unsigned = signing_input(&json!({ "alg": "none" }), &good());
        let mut refused = vec![other_secret, by_key, format!("{unsigned}.")];
        for (member, value) in [
            ("aud", json!("https://elsewhere.example.gov.tw")),
            ("aud", json!(app.url("/token"))),
            ("aud", json!([app.issuer])),
            ("exp", json!(app.clock.now().seconds() - 60)),
            ("iss", json!("somebody")),
            ("jti", Value::Null),
        ] {
            let mut changed = good();
            changed[member] = value;
            refused.push(sign_with_secret(&secret, &changed));
        }
        for assertion in refused {
            let answer = present(app, "/token", &assertion).await;
            assert_eq!((answer.status, answer.error()), (401, "invalid_client"), "{assertion}");
        }
        let answer = present(app, "/token", &sign_with_secret(&secret, &good())).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    });
}

#[test]
fn the_secret_itself_is_not_accepted_instead() {
    on_each_database_with(OPEN, async |app| {
        let service = service(app).await;
        for method in
            [TokenEndpointAuthMethod::ClientSecretBasic, TokenEndpointAuthMethod::ClientSecretPost]
        {
            let mut shown = service.clone();
            shown.metadata.token_endpoint_auth_method = method;
            assert_eq!(shown.token(&[FORM]).await.error(), "invalid_client", "{method}");
        }
        assert_eq!(service.token(&[FORM]).await.status, 200);
    });
}

/// A-TOK-26: the deployment's lock is read again at each request. The client's own is held by its registration.
#[test]
fn a_deployment_that_closes_the_lock_lets_such_clients_in_no_more() {
    on_each_database_with(OPEN, async |app| {
        let service = service(app).await;
        assert_eq!(service.token(&[FORM]).await.status, 200);
        let closed = app
            .restarted_with(|config| config.policy.weak_features = WeakFeatures::default())
            .await;
        let refused = service.at(&closed).token(&[FORM]).await;
        assert_eq!((refused.status, refused.error()), (401, "invalid_client"));
        let methods = "token_endpoint_auth_methods_supported";
        let told = closed.get("/.well-known/openid-configuration").await.body;
        assert!(!told[methods].to_string().contains("client_secret_jwt"), "{told}");
        let open = app.restarted().await;
        assert_eq!(service.at(&open).token(&[FORM]).await.status, 200);
        let told = open.get("/.well-known/openid-configuration").await.body;
        assert!(told[methods].to_string().contains("client_secret_jwt"), "{told}");
    });
}

#[test]
fn the_registered_algorithm_is_the_only_one() {
    on_each_database_with(OPEN, async |app| {
        let by_key =
            app.client("service").service("statistics:read").private_key_jwt().register().await;
        for (registered, status) in [
            (None, 200),
            (Some(ClientAssertionAlgorithm::Es256), 200),
            (Some(ClientAssertionAlgorithm::Ps256), 401),
            (Some(ClientAssertionAlgorithm::EdDsa), 401),
        ] {
            by_key.change(|own| own.token_endpoint_auth_signing_alg = registered).await;
            assert_eq!(by_key.token(&[FORM]).await.status, status, "{registered:?}");
        }
        let by_secret = service(app).await;
        let hs256 = Some(ClientAssertionAlgorithm::Hs256);
        by_secret.change(|own| own.token_endpoint_auth_signing_alg = hs256).await;
        assert_eq!(by_secret.token(&[FORM]).await.status, 200);
    });
}
