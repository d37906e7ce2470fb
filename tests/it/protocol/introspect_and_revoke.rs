//! Introspection and revocation: whose token may be looked at, and whose may be taken back.

use fuxin::base::time::Lifetime;
use serde_json::json;

use crate::support::{on_each_database, register_again};

#[test]
fn a_client_sees_its_own_tokens_and_others_only_by_right() {
    on_each_database(async |app| {
        let alice = app.account("alice.looked.at").open().await;
        let ecpa = app.client("ecpa").register().await;
        let gcis = app.client("gcis").register().await;
        let public = app.client("public").public().register().await;
        let auditor = app.client("auditor").service("statistics:read").may_introspect();
        let auditor = auditor.register().await;
        let tokens = ecpa.sign_in_for(&mut app.browser(), &alice, "openid email").await;
        for token in [tokens.access_token.as_str(), tokens.refresh_token()] {
            let own = ecpa.introspect(token).await.body;
            assert_eq!(own["active"], true);
            assert_eq!(own["client_id"], ecpa.client_id);
            assert_eq!(own["sub"], tokens.subject());
            assert_eq!(own["scope"], "email openid");
            assert_eq!(own["iss"], app.issuer);
            // By right: the person as the token's own client knows them.
            assert_eq!(auditor.introspect(token).await.body, own);
            assert_eq!(gcis.introspect(token).await.body, json!({ "active": false }));
        }
        assert_eq!(ecpa.introspect("x").await.body, json!({ "active": false }));
        assert_eq!(public.introspect(&tokens.access_token).await.error(), "invalid_client");
    });
}

#[test]
fn an_access_token_ends_alone_and_a_refresh_token_with_all_it_gave() {
    on_each_database(async |app| {
        let alice = app.account("alice.taken.back").open().await;
        let ecpa = app.client("ecpa").register().await;
        let first = ecpa.sign_in(&mut app.browser(), &alice).await;
        let second = ecpa.refreshed(first.refresh_token()).await;
        assert_eq!(ecpa.revoke(&first.access_token).await.status, 200);
        assert_eq!(ecpa.userinfo(&first.access_token).await.status, 401);
        assert_eq!(ecpa.userinfo(&second.access_token).await.status, 200);
        assert_eq!(ecpa.revoke(second.refresh_token()).await.status, 200);
        assert_eq!(ecpa.userinfo(&second.access_token).await.status, 401);
        assert_eq!(ecpa.refresh(second.refresh_token()).await.error(), "invalid_grant");
        // What is not good is answered like what was revoked (RFC 7009 §2.2).
        assert_eq!(ecpa.revoke(second.refresh_token()).await.status, 200);
        assert_eq!(ecpa.revoke("x").await.status, 200);
    });
}

#[test]
fn another_clients_token_is_not_taken_back() {
    on_each_database(async |app| {
        let alice = app.account("alice.kept").open().await;
        let ecpa = app.client("ecpa").register().await;
        let gcis = app.client("gcis").register().await;
        let tokens = ecpa.sign_in(&mut app.browser(), &alice).await;
        for token in [tokens.access_token.as_str(), tokens.refresh_token()] {
            let refused = gcis.revoke(token).await;
            assert_eq!((refused.status, refused.error()), (400, "unauthorized_client"));
        }
        assert_eq!(ecpa.userinfo(&tokens.access_token).await.status, 200);
        ecpa.refreshed(tokens.refresh_token()).await;
    });
}

#[test]
fn the_right_to_introspect_is_audited_when_it_is_given() {
    on_each_database(async |app| {
        let newest = async || {
            let events = app.context().store.latest_audit_events(1).await.unwrap();
            let detail: serde_json::Value = serde_json::from_str(&events[0].detail).unwrap();
            (events[0].event.clone(), events[0].client_id, detail["may_introspect"].clone())
        };
        let event = "client_registered".to_owned();
        // The stories' clock stands still, and rows of one moment have no order.
        app.wait(Lifetime::seconds(1));
        let ecpa = app.client("ecpa").register().await;
        assert_eq!(newest().await, (event.clone(), Some(ecpa.id.uuid()), json!(false)));
        app.wait(Lifetime::seconds(1));
        let auditor = app.client("auditor").service("statistics:read").may_introspect();
        let auditor = auditor.register().await;
        assert_eq!(newest().await, (event.clone(), Some(auditor.id.uuid()), json!(true)));
        // As is taking it away; using it is a read and writes nothing.
        assert_eq!(auditor.introspect("x").await.body, json!({ "active": false }));
        app.wait(Lifetime::seconds(1));
        let mut metadata = auditor.metadata.clone();
        metadata.may_introspect = false;
        register_again(app, auditor.id, metadata, auditor.secret.as_deref()).await;
        assert_eq!(newest().await, (event, Some(auditor.id.uuid()), json!(false)));
    });
}
