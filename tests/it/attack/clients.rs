//! What a client may say of itself and ask for: nobody registers over the network, no setting is lost, and no claim of
//! the provider's own is overwritten.

use crate::support::{on_each_database, redirect_uri};

/// A-TOK-20: nobody registers a client over the network, and what an operator registered is read back and put again with
/// every setting that secures it.
#[test]
fn a_registration_keeps_every_setting_and_is_the_operators() {
    on_each_database(async |app| {
        let metadata = app.get("/.well-known/openid-configuration").await.body;
        assert!(metadata.get("registration_endpoint").is_none());
        assert_eq!(app.post("/register", &[("client_name", "evil")]).await.status, 404);
        let rp = app.client("rp").private_key_jwt().public_subjects().sector("one.sector");
        let rp = rp.scope("openid profile").with(|own| own.require_pkce = true).register().await;
        let store = app.context().store.clone();
        let read = async || store.find_client(rp.id).await.unwrap().unwrap().settings().clone();
        let first = read().await;
        assert_eq!((&first.jwks, first.require_pkce), (&rp.metadata.jwks, true));
        assert_eq!(
            (&first.scope, first.subject_type),
            (&rp.metadata.scope, rp.metadata.subject_type)
        );
        crate::support::register_again(app, rp.id, first.clone(), None).await;
        assert_eq!(read().await, first);
        rp.change(|own| own.redirect_uris.push(redirect_uri("https://rp.example.gov.tw/b"))).await;
        assert_ne!(read().await, first, "a change is one");
    });
}

/// A-TOK-23: a request for single claims gives no claim of our own another value; a claim of the person's is given.
#[test]
fn a_reserved_claim_cannot_be_asked_into_a_token() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        let plain = rp.sign_in(&mut browser, &alice).await;
        for name in ["iss", "aud", "exp", "azp", "acr", "amr", "nonce", "email_verified"] {
            let claims = format!(
                r#"{{"id_token": {{"{name}": {{"value": "forged"}}, "nickname": null}}, "userinfo": {{"{name}": {{"value": "forged"}}}}}}"#
            );
            let request = rp.request().with("claims", &claims);
            // Issuer, audience, expiry and nonce are verified with it.
            let tokens = rp.sign_in_with(&mut browser, &alice, request).await;
            assert!(!tokens.claims.to_string().contains("forged"), "{name}");
            assert_eq!(tokens.claims["nickname"], "小惠小惠");
            assert_eq!(tokens.subject(), plain.subject(), "{name}");
            let told = tokens.claims.get("acr").is_none_or(|acr| acr == "urn:fuxin:assurance:1");
            assert!(told && (name != "acr" || tokens.claims["acr"].is_string()), "{name}");
            let userinfo = rp.userinfo(&tokens.access_token).await.body;
            assert!(!userinfo.to_string().contains("forged"), "{name}: {userinfo}");
        }
        // A level that must be reached, and another person: neither is answered with what was asked for.
        let essential = r#"{"id_token": {"acr": {"essential": true, "value": "forged"}}}"#;
        let request = rp.request().with("claims", essential);
        let page = browser.open(&request.address()).await;
        assert_eq!(rp.error(&request, &page), "unmet_authentication_requirements");
        let somebody = r#"{"id_token": {"sub": {"value": "forged"}}}"#;
        let request = rp.request().with("claims", somebody);
        let page = browser.open(&request.address()).await;
        assert_eq!(page.path(), "/sign-in");
        let page = browser.sign_in(&page, &alice).await;
        assert_eq!(rp.error(&request, &page), "login_required");
        let silent = request.prompt("none");
        let page = browser.open(&silent.address()).await;
        assert_eq!(rp.error(&silent, &page), "login_required");
        let request = rp.request().with("claims", r#"{"userinfo": {"sub": {"value": "forged"}}}"#);
        let tokens = rp.sign_in_with(&mut browser, &alice, request).await;
        let userinfo = rp.userinfo(&tokens.access_token).await.body;
        assert_eq!((tokens.subject(), &userinfo["sub"]), (plain.subject(), &plain.claims["sub"]));
    });
}
