//! The `claims` parameter: bounded by what the client is registered for, and meant for one person where it says so.

use crate::support::on_each_database;

/// OpenID Connect Core §5.5: nobody is asked, so the client's scopes are the only bound.
#[test]
fn a_claim_beyond_the_clients_scopes_is_not_given() {
    on_each_database(async |app| {
        let alice = app.account("alice").open().await;
        let asked = r#"{"userinfo":{"email":null},"id_token":{"email":null}}"#;
        for (scope, given) in [("openid", false), ("openid email", true)] {
            let client = app.client("ecpa").skip_consent().scope(scope).register().await;
            let request = client.request().scope("openid").with("claims", asked);
            let mut browser = app.browser();
            let page = browser.open(&request.address()).await;
            let page = browser.sign_in(&page, &alice).await;
            let tokens = client.finish(&request, &page).await;
            assert_eq!(tokens.claims.get("email").is_some(), given, "{scope}");
            let userinfo = client.userinfo(&tokens.access_token).await;
            assert_eq!(userinfo.body.get("email").is_some(), given, "{scope}");
        }
    });
}

/// OpenID Connect Core §3.1.2.2: no token for anyone but the person who is meant.
#[test]
fn a_request_for_one_person_is_not_answered_for_another() {
    on_each_database(async |app| {
        let (alice, bob) = (app.account("alice").open().await, app.account("robert").open().await);
        let ecpa = app.client("ecpa").skip_consent().register().await;
        let mut browser = app.browser();
        let hers =
            ecpa.sign_in(&mut browser, &alice).await.claims["sub"].as_str().unwrap().to_owned();
        let meant = format!(r#"{{"id_token":{{"sub":{{"value":"{hers}"}}}}}}"#);
        let silent = ecpa.request().prompt("none").with("claims", &meant);
        let page = browser.open(&silent.address()).await;
        assert_eq!(ecpa.finish(&silent, &page).await.claims["sub"], hers.as_str());

        let mut browser = app.browser();
        ecpa.sign_in(&mut browser, &bob).await;
        let silent = ecpa.request().prompt("none").with("claims", &meant);
        let page = browser.open(&silent.address()).await;
        assert_eq!(ecpa.error(&silent, &page), "login_required");
    });
}
