//! The token endpoint's answers: OAuth 2.0 §5.1 and §5.2.

use fuxin::base::time::Lifetime;
use fuxin::oauth::grant_type::GrantType;

use crate::support::{Browser, Person, RelyingParty, Request, TestApp, on_each_database};

/// A code that is not redeemed yet.
async fn code(client: &RelyingParty, browser: &mut Browser, person: &Person) -> (Request, String) {
    let request = client.request();
    let mut page = browser.open(&request.address()).await;
    if page.away.is_none() {
        page = browser.sign_in(&page, person).await;
    }
    let code = client.code(&request, page.away());
    (request, code)
}

async fn people_and_sites(app: &TestApp) -> (Person, RelyingParty, RelyingParty) {
    let alice = app.account("alice.with.a.code").open().await;
    let ecpa = app.client("ecpa").skip_consent().register().await;
    (alice, ecpa, app.client("gcis").register().await)
}

#[test]
fn an_answer_has_these_members_and_is_not_kept() {
    on_each_database(async |app| {
        let (alice, ecpa, _) = people_and_sites(app).await;
        let (request, code) = code(&ecpa, &mut app.browser(), &alice).await;
        let answer = ecpa.redeem(&request, &code).await;
        let members: Vec<&str> =
            answer.body.as_object().unwrap().keys().map(String::as_str).collect();
        let mut expected =
            ["access_token", "expires_in", "id_token", "refresh_token", "scope", "token_type"];
        expected.sort_unstable();
        let mut members = members;
        members.sort_unstable();
        assert_eq!(members, expected);
        assert_eq!(answer.body["token_type"], "Bearer");
        assert_eq!(answer.body["expires_in"], 3600);
        assert_eq!(answer.body["scope"], "openid");
        assert_eq!(answer.headers["cache-control"], "no-store");
        ecpa.believe(&answer, Some(&request.nonce)).await;
    });
}

#[test]
fn a_code_is_good_for_its_client_its_verifier_its_address_and_a_minute() {
    on_each_database(async |app| {
        let (alice, ecpa, gcis) = people_and_sites(app).await;
        let mut browser = app.browser();
        let (request, text) = code(&ecpa, &mut browser, &alice).await;
        let with = |name: &'static str, value: &'static str| {
            let (ecpa, request, text) = (ecpa.clone(), request.clone(), text.clone());
            async move {
                let mut form = vec![
                    ("grant_type", "authorization_code"),
                    ("code", text.as_str()),
                    ("redirect_uri", ecpa.redirect_uri()),
                    ("code_verifier", request.verifier.as_str()),
                ];
                form.retain(|(own, _)| *own != name);
                if !value.is_empty() {
                    form.push((name, value));
                }
                ecpa.token(&form).await
            }
        };
        let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        for (name, value, error) in [
            ("code_verifier", other, "invalid_grant"),
            ("redirect_uri", "https://ecpa.example.gov.tw/other", "invalid_grant"),
            ("code", other, "invalid_grant"),
            ("code", "", "invalid_request"),
            ("grant_type", "", "invalid_request"),
            ("grant_type", "password", "unsupported_grant_type"),
            ("grant_type", "client_credentials", "unauthorized_client"),
        ] {
            let refused = with(name, value).await;
            assert_eq!((refused.status, refused.error()), (400, error), "{name}={value}");
        }
        let of_another = gcis
            .token(&[
                ("grant_type", "authorization_code"),
                ("code", &text),
                ("redirect_uri", ecpa.redirect_uri()),
                ("code_verifier", &request.verifier),
            ])
            .await;
        assert_eq!(of_another.error(), "invalid_grant");
        let (fresh, young) = code(&ecpa, &mut browser, &alice).await;
        app.wait(Lifetime::seconds(59));
        assert_eq!(ecpa.redeem(&fresh, &young).await.status, 200);
        let (stale, old) = code(&ecpa, &mut browser, &alice).await;
        app.wait(Lifetime::seconds(60));
        assert_eq!(ecpa.redeem(&stale, &old).await.error(), "invalid_grant");
    });
}

#[test]
fn a_replayed_code_revokes_what_it_gave() {
    on_each_database(async |app| {
        let (alice, ecpa, _) = people_and_sites(app).await;
        let (request, code) = code(&ecpa, &mut app.browser(), &alice).await;
        let answer = ecpa.redeem(&request, &code).await;
        let tokens = ecpa.believe(&answer, Some(&request.nonce)).await;
        assert_eq!(ecpa.userinfo(&tokens.access_token).await.status, 200);
        assert_eq!(ecpa.redeem(&request, &code).await.error(), "invalid_grant");
        assert_eq!(ecpa.userinfo(&tokens.access_token).await.status, 401);
        assert_eq!(ecpa.refresh(tokens.refresh_token()).await.error(), "invalid_grant");
    });
}

#[test]
fn a_service_is_given_a_token_of_its_own_and_nothing_else() {
    on_each_database(async |app| {
        let service = app.client("service").service("statistics:read").register().await;
        assert!(service.metadata.grant_types == [GrantType::ClientCredentials]);
        let answer = service.token(&[("grant_type", "client_credentials")]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body["scope"], "statistics:read");
        assert!(answer.body.get("refresh_token").is_none());
        assert!(answer.body.get("id_token").is_none());
        let token = answer.body["access_token"].as_str().unwrap();
        app.plant("an access token", token);
        let introspected = service.introspect(token).await.body;
        assert_eq!(introspected["active"], true);
        assert_eq!(introspected["sub"], service.client_id);
        assert_eq!(service.userinfo(token).await.status, 403);
        let wider = service
            .token(&[("grant_type", "client_credentials"), ("scope", "statistics:write")])
            .await;
        assert_eq!(wider.error(), "invalid_scope");
    });
}
