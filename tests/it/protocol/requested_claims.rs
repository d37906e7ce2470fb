//! Single claims with values (OpenID Connect Core §5.5.1): the level of assurance, and whom the client means.

use serde_json::json;

use crate::support::on_each_database;

/// Registration §2, `default_acr_values`: a wish like `acr_values`, where the request has none.
#[test]
fn a_clients_default_level_is_wished_for_where_the_request_names_none() {
    on_each_database(async |app| {
        let alice = app.account("alice.of.defaults").open().await;
        let rp = app.client("rp").skip_consent().register().await;
        let mut browser = app.browser();
        let tokens = rp.sign_in(&mut browser, &alice).await;
        assert_eq!(tokens.claims.get("acr"), None);
        for level in ["urn:fuxin:assurance:1", "urn:fuxin:assurance:3", "unheard:of"] {
            rp.change(|own| own.default_acr_values = vec![level.to_owned()]).await;
            let tokens = rp.sign_in(&mut browser, &alice).await;
            assert_eq!(tokens.claims["acr"], "urn:fuxin:assurance:1", "{level}");
        }
        // What the request says goes before it.
        let level = "urn:fuxin:assurance:2";
        let essential = json!({ "id_token": { "acr": { "essential": true, "value": level } } });
        let request = rp.request().with("claims", &essential.to_string());
        let page = browser.open(&request.address()).await;
        assert_eq!(rp.error(&request, &page), "unmet_authentication_requirements");
        let voluntary = json!({ "id_token": { "acr": { "value": level } } });
        let request = rp.request().with("claims", &voluntary.to_string());
        let tokens = rp.sign_in_with(&mut browser, &alice, request).await;
        assert_eq!(tokens.claims["acr"], "urn:fuxin:assurance:1");
    });
}

/// Core §5.5.1, §3.1.2.2: a value for `sub` says whom the client means; nobody else is answered for.
#[test]
fn nobody_is_answered_for_but_whom_the_client_means() {
    on_each_database(async |app| {
        let alice = app.account("alice.is.meant").open().await;
        let bob = app.account("bob.is.not").open().await;
        let rp = app.client("rp").skip_consent().register().await;
        let mut browser = app.browser();
        let subject = rp.sign_in(&mut browser, &alice).await.subject().to_owned();
        let asked = |options: &serde_json::Value| {
            let claims = json!({ "id_token": { "sub": options } });
            rp.request().with("claims", &claims.to_string()).prompt("none")
        };
        let others = rp.sign_in(&mut app.browser(), &bob).await.subject().to_owned();
        for options in
            [json!({ "value": subject }), json!({ "values": [others, subject] }), json!(null)]
        {
            let request = asked(&options);
            let page = browser.open(&request.address()).await;
            assert_eq!(rp.finish(&request, &page).await.subject(), subject);
        }
        for options in [
            json!({ "value": others }),
            json!({ "value": others, "essential": true }),
            json!({ "values": [others, "x"] }),
            json!({ "value": 1 }),
        ] {
            let request = asked(&options);
            let page = browser.open(&request.address()).await;
            assert_eq!(rp.error(&request, &page), "login_required", "{options}");
            // Whoever may be asked is asked who they are, and nobody else is answered for.
            let request = request.without("prompt");
            let page = browser.open(&request.address()).await;
            assert_eq!(page.path(), "/sign-in");
            let page = browser.sign_in(&page, &alice).await;
            assert_eq!(rp.error(&request, &page), "login_required", "{options}");
        }
    });
}
