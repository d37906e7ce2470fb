//! How clients prove that they are the client.

use fuxin::base::time::Clock;
use serde_json::json;

use crate::support::assertion::AssertionKey;
use crate::support::{Json, RelyingParty, TestApp, on_each_database};

#[test]
fn each_way_of_authentication_signs_in() {
    on_each_database(async |app| {
        let alice = app.account("alice.everywhere").open().await;
        let clients = [
            app.client("basic").register().await,
            app.client("form").secret_in_form().register().await,
            app.client("public").public().register().await,
            app.client("assertion").private_key_jwt().register().await,
        ];
        let mut browser = app.browser();
        for client in clients {
            let tokens = client.sign_in(&mut browser, &alice).await;
            client.refreshed(tokens.refresh_token()).await;
        }
    });
}

#[test]
fn a_wrong_secret_is_refused_and_no_other_way_is_accepted() {
    on_each_database(async |app| {
        let service = app.client("service").service("statistics:read").register().await;
        let form = [("grant_type", "client_credentials")];
        assert_eq!(service.token(&form).await.status, 200);
        let mut wrong = service.clone();
        wrong.secret = Some("fxcs_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned());
        let refused = wrong.token(&form).await;
        assert_eq!((refused.status, refused.error()), (401, "invalid_client"));
        assert!(refused.headers["www-authenticate"].to_str().unwrap().starts_with("Basic"));
        let secret = service.secret.clone().unwrap();
        let in_form =
            [form[0], ("client_id", &service.client_id), ("client_secret", secret.as_str())];
        let refused = app.post("/token", &in_form).await;
        assert_eq!(refused.error(), "invalid_client");
        let nobody = [form[0], ("client_id", service.client_id.as_str())];
        assert_eq!(app.post("/token", &nobody).await.error(), "invalid_client");
    });
}

async fn assert_with(app: &TestApp, client: &RelyingParty, assertion: &str) -> Json {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
    ];
    let answer = app.post("/token", &form).await;
    assert_eq!(client.metadata.client_name, "service 服務網");
    answer
}

#[test]
fn an_assertion_is_good_once_for_this_provider_and_for_a_moment() {
    on_each_database(async |app| {
        let service =
            app.client("service").service("statistics:read").private_key_jwt().register().await;
        let key = service.key.clone().unwrap();
        let now = app.clock.now().seconds();
        let claims = || AssertionKey::claims(&service.client_id, &app.issuer, now);
        let good = key.sign(&claims());
        assert_eq!(assert_with(app, &service, &good).await.status, 200);
        assert_eq!(assert_with(app, &service, &good).await.error(), "invalid_client");
        for (member, value) in [
            ("aud", json!("https://elsewhere.example.gov.tw")),
            ("aud", json!(app.url("/token"))),
            ("exp", json!(now - 60)),
            ("iss", json!("somebody")),
            ("sub", json!("somebody")),
        ] {
            let mut changed = claims();
            changed[member] = value;
            let refused = assert_with(app, &service, &key.sign(&changed)).await;
            assert_eq!(refused.error(), "invalid_client", "{member}");
        }
        let other = AssertionKey::random().sign(&claims());
        assert_eq!(assert_with(app, &service, &other).await.error(), "invalid_client");
        assert_eq!(assert_with(app, &service, &key.sign(&claims())).await.status, 200);
    });
}
