//! A client's own address: it shows, replaces and deletes its registration, and nobody else's (RFC 7592).

use fuxin::client::initial_access;
use fuxin::job::deliver_logout::Round;
use fuxin::oauth::client_metadata::{AccessTokenFormat, ClientMetadata};
use serde_json::{Value, json};

use crate::support::registrant::{OPEN, Own, PNG, Policy, Registrant};
use crate::support::{Answer, Site, TestApp, log, on_each_database_with, register_again};

/// A-TOK-20: a full round trip keeps everything.
#[test]
fn what_is_shown_can_be_put_back_and_means_the_same() {
    on_each_database_with(OPEN, async |app| {
        let registrant = Registrant::with(app, Policy::wide()).await;
        let own = registrant.registered(json!({
            "redirect_uris": ["https://rp.example/cb"], "client_name": "稅務", "client_name#en": "Tax",
            "contacts": ["desk@rp.example"], "policy_uri": "https://rp.example/privacy",
            "initiate_login_uri": "https://rp.example/in", "default_max_age": 3600,
        }));
        let own = own.await;
        let store = &app.context().store;
        let registered = async || {
            let client = store.find_client(own.id.parse().unwrap()).await.unwrap().unwrap();
            client.settings().clone()
        };
        let before = registered().await;
        let shown = own.get().await;
        assert_eq!((shown.status, shown.header("cache-control")), (200, "no-store"));
        assert_eq!(shown.text("initiate_login_uri"), "https://rp.example/in");
        assert_eq!(shown.text("registration_access_token"), own.token);
        assert_eq!(shown.body["client_secret"], Value::Null, "it is told once");
        let mut first = own.told.clone();
        for name in ["client_secret", "client_secret_expires_at"] {
            first.as_object_mut().unwrap().remove(name);
        }
        assert_eq!(shown.body, first);
        assert_eq!(own.put(&shown.body).await.status, 200);
        assert_eq!(registered().await, before);
    });
}

/// RFC 7592 §2.2, §5: each replacement gives a new token, and the old one is worth nothing.
#[test]
fn a_replacement_replaces_all_and_rotates_the_token() {
    on_each_database_with(OPEN, async |app| {
        let registrant = Registrant::with(app, Policy::wide()).await;
        let own = registrant.registered(json!({
            "redirect_uris": ["https://rp.example/cb"], "client_name": "before",
            "tos_uri": "https://rp.example/terms",
        }));
        let own = own.await;
        let after = own.replaced(json!({ "client_name": "after", "tos_uri": null })).await;
        assert_ne!(after.token, own.token);
        assert_eq!(after.told["client_name"], "after");
        assert_eq!(after.told["tos_uri"], Value::Null);
        assert_eq!(own.get().await.status, 401);
        assert_eq!(own.put(&own.changed(json!({}))).await.status, 401);
        assert_eq!(own.delete().await.status, 401);
        assert_eq!(after.get().await.text("client_name"), "after");
        let form = [("grant_type", "client_credentials")];
        assert_eq!(
            after.site().token(&form).await.error(),
            "unauthorized_client",
            "its secret holds"
        );
        assert!(app.audited().await.contains(&"client_replaced_itself".to_owned()));
    });
}

/// RFC 7592 §2.2
#[test]
fn a_replacement_that_is_refused_changes_nothing() {
    on_each_database_with(OPEN, async |app| {
        let registrant = Registrant::with(app, Policy::narrow().clients(2)).await;
        let (own, other) = (registrant.plain().await, registrant.plain().await);
        for (changes, error) in [
            (json!({ "client_id": other.id }), "invalid_client_metadata"),
            (json!({ "client_id": null }), "invalid_client_metadata"),
            (json!({ "client_secret": "mine" }), "invalid_client_metadata"),
            (json!({ "response_types": ["code id_token"] }), "invalid_client_metadata"),
            (json!({ "scope": "openid email" }), "invalid_client_metadata"),
            (json!({ "redirect_uris": ["http://rp.example/cb"] }), "invalid_redirect_uri"),
        ] {
            let refused = own.put(&own.changed(changes.clone())).await;
            assert_eq!((refused.status, refused.error()), (400, error), "{changes}");
        }
        assert_eq!(own.get().await.status, 200, "the token was not rotated");
        assert_eq!(own.put(&own.changed(json!({}))).await.status, 200);
    });
}

/// A-TOK-20: another client's token is none.
#[test]
fn nobody_reads_or_changes_another_clients_registration() {
    on_each_database_with(OPEN, async |app| {
        let registrant = Registrant::with(app, Policy::narrow().clients(2)).await;
        let (own, other) = (registrant.plain().await, registrant.plain().await);
        let mut thief = own.clone();
        thief.id.clone_from(&other.id);
        let by_operator = app.client("rp").register().await;
        let mut stranger = own.clone();
        stranger.id = by_operator.client_id;
        let mut nobody = own.clone();
        nobody.id = "no-id".to_owned();
        for false_one in [&thief, &stranger, &nobody] {
            for answer in [
                false_one.get().await,
                false_one.put(&other.changed(json!({}))).await,
                false_one.delete().await,
            ] {
                assert_eq!((answer.status, answer.error()), (401, "invalid_token"));
            }
        }
        assert_eq!(own.get().await.status, 200);
    });
}

/// Gives a client access tokens that are JWTs from now on, as an operator may.
async fn with_jwts(app: &TestApp, own: &Own) {
    let client = app.context().store.find_client(own.id.parse().unwrap()).await.unwrap().unwrap();
    let settings = client.settings().clone();
    let settings = ClientMetadata { access_token_format: AccessTokenFormat::Jwt, ..settings };
    register_again(app, client.id, settings, own.secret.as_deref()).await;
}

/// RFC 7592 §2.3: whatever a client was given ends with it, and its people's session goes on without it.
#[test]
fn a_deleted_client_is_gone_for_every_path() {
    let (picture, out, kept) = ("/logo.png", "/own", "/kept");
    let site = Site::start();
    site.put(picture, Answer::of("image/png", PNG));
    for path in [out, kept] {
        site.put(path, Answer::of("text/plain", ""));
    }
    on_each_database_with(&format!("{OPEN}\n{}", site.settings()), async |app| {
        let registrant = Registrant::with(app, Policy::wide()).await;
        let own = registrant.registered(json!({
            "redirect_uris": ["https://rp.example/cb"], "scope": "openid profile offline_access",
            "grant_types": ["authorization_code", "refresh_token"],
            "logo_uri": site.url(picture), "backchannel_logout_uri": site.url(out),
            "frontchannel_logout_uri": "https://rp.example/out",
        }));
        let other = registrant.registered(json!({
            "redirect_uris": ["https://other.example/cb"],
            "backchannel_logout_uri": site.url(kept),
            "frontchannel_logout_uri": "https://other.example/out",
        }));
        let (own, other, alice) = (own.await, other.await, app.account("alice").open().await);
        let auditor = app.client("auditor").service("statistics:read").may_introspect();
        let auditor = auditor.register().await;
        let (rp, mut browser) = (own.site(), app.browser());
        let page = browser.open(&rp.request().address()).await;
        let logo = page.attribute("main img.logo", "src").unwrap();
        other.site().sign_in(&mut browser, &alice).await;
        let opaque = rp.sign_in_for(&mut browser, &alice, "openid offline_access").await;
        let opaque = rp.refreshed(opaque.refresh_token()).await;
        with_jwts(app, &own).await;
        let signed = rp.sign_in_for(&mut browser, &alice, "openid").await;
        assert_eq!(signed.access_token.split('.').count(), 3);
        let waiting = rp.request();
        let code = rp.code_for(&mut browser, &alice, &waiting).await;
        let access = [&opaque.access_token, &signed.access_token];
        for token in access {
            assert_eq!(rp.userinfo(token).await.status, 200);
            assert_eq!(auditor.introspect(token).await.body["active"], true);
        }
        assert_eq!(app.get(&logo).await.status, 200);

        let deleted = own.delete().await;
        assert_eq!((deleted.status, deleted.body.as_str()), (204, Some("")));
        assert_eq!(own.get().await.status, 401);
        assert_eq!(own.delete().await.status, 401);
        for token in access {
            assert_eq!(rp.userinfo(token).await.status, 401);
            assert_eq!(auditor.introspect(token).await.body, json!({ "active": false }));
        }
        assert_eq!(rp.redeem(&waiting, &code).await.error(), "invalid_client");
        assert_eq!(rp.refresh(opaque.refresh_token()).await.error(), "invalid_client");
        assert_eq!(app.get(&logo).await.status, 404);
        let page = browser.open(&rp.request().address()).await;
        assert_eq!(page.code(), "ERR-101", "{}", page.describe());
        let listed = app.context().store.list_clients(None, 10).await.unwrap();
        assert!(listed.iter().all(|record| record.client.id.to_string() != own.id));

        site.asked();
        let home = browser.open("/").await;
        let page = browser.press(&home, "sign-out").await;
        let frames = page.html.matches("<iframe").count();
        assert_eq!((page.heading().as_str(), frames), ("您已登出", 1), "{}", page.html);
        assert!(page.html.contains("https://other.example/out"));
        let mut round = Round::default();
        round.begin(&app.app).await.unwrap();
        round.end().await;
        let told: Vec<String> = site.asked().into_iter().map(|asked| asked.path).collect();
        assert_eq!(told, [kept], "and the deleted one hears of nothing");
        assert!(app.audited().await.contains(&"client_deleted_itself".to_owned()));
    });
}

/// RFC 7592 §2.2: nobody answers any more for what a client would become.
#[test]
fn a_client_whose_initial_token_was_revoked_is_read_and_deleted_and_not_replaced() {
    on_each_database_with(OPEN, async |app| {
        let registrant = Registrant::with(app, Policy::wide()).await;
        let own = registrant.plain().await;
        let moved =
            json!({ "redirect_uris": ["https://rp.example/moved"], "client_name": "moved" });
        let own = own.replaced(moved.clone()).await;
        initial_access::revoke(&app.context(), registrant.token_id).await.unwrap();
        let lines = log::count("a registration was refused");
        let refused = own.put(&own.changed(moved)).await;
        assert_eq!((refused.status, refused.error()), (403, "access_denied"));
        assert!(refused.text("error_description").contains("was revoked"));
        assert_eq!(refused.header("cache-control"), "no-store");
        assert_eq!(log::count("a registration was refused"), lines + 1);
        let shown = own.get().await;
        assert_eq!((shown.status, shown.text("client_name")), (200, "moved"));
        assert_eq!(own.delete().await.status, 204);
    });
}

/// Core §8.1: people keep their identifiers at a client that has moved.
#[test]
fn subjects_survive_a_changed_redirect_uri() {
    on_each_database_with(OPEN, async |app| {
        let registrant = Registrant::with(app, Policy::wide()).await;
        let (own, alice) = (registrant.plain().await, app.account("alice").open().await);
        let mut browser = app.browser();
        let before = own.site().sign_in_for(&mut browser, &alice, "openid").await;
        let mut own = own;
        // Nobody takes the sector of a host along: who moves to another one brings a document that says so.
        for (uri, survives) in
            [("https://rp.example/other", true), ("https://new.example/cb", false)]
        {
            own = own.replaced(json!({ "redirect_uris": [uri] })).await;
            let after = own.site().sign_in_for(&mut browser, &alice, "openid").await;
            assert_eq!(after.subject() == before.subject(), survives, "{uri}");
        }
    });
}

/// The head of `client::dynamic_registration` says so many statements, and there are no more.
#[test]
fn registering_reading_replacing_and_deleting_cost_what_they_are_said_to() {
    on_each_database_with(OPEN, async |app| {
        let registrant = Registrant::with(app, Policy::wide()).await;
        let mut counted = 0;
        let mut cost = || {
            let frame = |text: &&String| text.contains("BEGIN") || text.contains("COMMIT");
            let all = log::statements();
            let since = all.iter().skip(counted).filter(|text| !frame(text)).count();
            counted = all.len();
            since
        };
        cost();
        let own = registrant.plain().await;
        let registered = cost();
        own.get().await;
        let shown = cost();
        let own = own.replaced(json!({ "client_name": "after" })).await;
        let replaced = cost();
        own.delete().await;
        let all = [registered, shown, replaced, cost()];
        // Those on a file are sent by a thread that is nobody's.
        assert_eq!(all, if app.is_on_a_server() { [6, 1, 5, 7] } else { [0; 4] });
    });
}
