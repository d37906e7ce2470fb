//! The audit record: only ever added to, in the transaction of what it tells of.

use fuxin::audit::{Event, Record};
use fuxin::base::id::SessionId;

use crate::support::{NOW, World, audit, later, on_both_databases};

on_both_databases! {
    a_row_is_never_changed,
    a_row_is_never_removed,
    the_newest_rows_come_first,
    a_row_tells_what_it_is_about,
    a_change_that_is_undone_leaves_no_row,
    a_row_that_cannot_be_written_undoes_its_change,
    purging_leaves_the_record_alone,
}

async fn a_row_is_never_changed(world: &World) {
    world.store.record(audit()).await.unwrap().committed();
    for text in ["UPDATE audit_events SET event = 'x'", "UPDATE audit_events SET at = at"] {
        let error = world.raw().execute(text).await.unwrap_err();
        assert!(error.to_string().contains("append-only"), "{error}");
    }
    let events = world.raw().texts("SELECT event FROM audit_events").await;
    assert_eq!(events, ["grant_revoked"]);
}

async fn a_row_is_never_removed(world: &World) {
    world.store.record(audit()).await.unwrap().committed();
    let mut removals = vec!["DELETE FROM audit_events", "DELETE FROM audit_events WHERE at > 0"];
    if !world.raw().is_sqlite() {
        removals.push("TRUNCATE audit_events");
    }
    for text in removals {
        let error = world.raw().execute(text).await.unwrap_err();
        assert!(error.to_string().contains("append-only"), "{error}");
    }
    assert_eq!(world.raw().count("audit_events").await, 1);
}

async fn the_newest_rows_come_first(world: &World) {
    for seconds in [2, 0, 1] {
        let row = Record::new(Event::SignedOut, later(seconds)).row();
        world.store.record(row).await.unwrap().committed();
    }
    let at: Vec<i64> =
        world.store.latest_audit_events(2).await.unwrap().iter().map(|event| event.at).collect();
    assert_eq!(at, [later(2).seconds(), later(1).seconds()]);
    assert_eq!(world.store.latest_audit_events(10).await.unwrap().len(), 3);
}

async fn a_row_tells_what_it_is_about(world: &World) {
    let person = world.signed_in("amy").await;
    let row = Record::new(Event::SigningKeyRotated { kid: "k1".to_owned() }, later(9))
        .account(person.account.id)
        .client(person.client.id)
        .session(person.session)
        .row();
    world.store.record(row).await.unwrap().committed();
    let events = world.store.latest_audit_events(1).await.unwrap();
    let event = events.first().unwrap();
    assert_eq!((event.at, event.event.as_str()), (later(9).seconds(), "signing_key_rotated"));
    assert_eq!(event.account_id, Some(person.account.id.uuid()));
    assert_eq!(event.client_id, Some(person.client.id.uuid()));
    assert_eq!(event.detail, r#"{"kid":"k1"}"#);
}

async fn a_change_that_is_undone_leaves_no_row(world: &World) {
    let ended = world.store.end_session(SessionId::new(NOW), NOW, audit()).await.unwrap();
    assert!(!ended.committed());
    assert_eq!(world.raw().count("audit_events").await, 0);
}

/// No change without its event: the row's id is taken, so the change does not happen either.
async fn a_row_that_cannot_be_written_undoes_its_change(world: &World) {
    let person = world.signed_in("amy").await;
    let (row, taken) = (world.grant(&person).await, audit());
    world.store.record(taken.clone()).await.unwrap().committed();
    let before = world.raw().count("audit_events").await;
    let (store, account) = (&world.store, person.account.id);
    store.revoke_grant(row.id, row.client_id, NOW, taken.clone()).await.unwrap_err();
    store.end_session(person.session, NOW, taken.clone()).await.unwrap_err();
    store.lock_account(account, NOW, taken.clone()).await.unwrap_err();
    store.disable_password(account, NOW, taken.clone()).await.unwrap_err();
    store.withdraw_consent(account, row.client_id, NOW, taken.clone()).await.unwrap_err();
    let token = row.id.uuid();
    store.revoke_access_token(token, later(60), taken.clone()).await.unwrap_err();

    let standing = store.find_grant(row.id, NOW).await.unwrap().unwrap();
    assert!(standing.session_alive && standing.account.state.is_active());
    let record = store.find_for_sign_in(&person.account.name.folded()).await.unwrap().unwrap();
    assert!(!record.disabled);
    assert!(!store.is_access_token_revoked(token).await.unwrap());
    assert_eq!(world.raw().count("audit_events").await, before);
}

async fn purging_leaves_the_record_alone(world: &World) {
    world.store.record(audit()).await.unwrap().committed();
    world.store.purge(later(u32::MAX)).await.unwrap();
    assert_eq!(world.raw().count("audit_events").await, 1);
}
