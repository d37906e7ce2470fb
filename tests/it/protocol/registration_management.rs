//! A client's own address: it shows, replaces and deletes its registration, and nobody else's (RFC 7592).

use fuxin::client::initial_access;
use serde_json::{Value, json};

use crate::support::log;
use crate::support::on_each_database_with;
use crate::support::registrant::{OPEN, Policy, Registrant};

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

/// RFC 7592 §2.3
#[test]
fn a_deleted_client_is_gone_for_every_path() {
    on_each_database_with(OPEN, async |app| {
        let registrant = Registrant::with(app, Policy::wide()).await;
        let own = registrant.registered(json!({
            "redirect_uris": ["https://rp.example/cb"], "scope": "openid profile offline_access",
            "grant_types": ["authorization_code", "refresh_token"],
        }));
        let (own, alice) = (own.await, app.account("alice").open().await);
        let (site, mut browser) = (own.site(), app.browser());
        let tokens = site.sign_in_for(&mut browser, &alice, "openid offline_access").await;
        let waiting = site.request();
        let code = site.code_for(&mut browser, &alice, &waiting).await;
        assert_eq!(site.userinfo(&tokens.access_token).await.status, 200);
        let deleted = own.delete().await;
        assert_eq!((deleted.status, deleted.body.as_str()), (204, Some("")));
        assert_eq!(own.get().await.status, 401);
        assert_eq!(own.delete().await.status, 401);
        assert_eq!(site.userinfo(&tokens.access_token).await.status, 401);
        assert_eq!(site.redeem(&waiting, &code).await.error(), "invalid_client");
        assert_eq!(site.refresh(tokens.refresh_token()).await.error(), "invalid_client");
        let page = browser.open(&site.request().address()).await;
        assert_eq!(page.code(), "ERR-101", "{}", page.describe());
        let listed = app.context().store.list_clients(None, 10).await.unwrap();
        assert!(listed.iter().all(|record| record.client.id.to_string() != own.id));
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
