//! The audit record: only ever added to, in the transaction of what it tells of.

use fuxin::audit::{Event, Record};
use fuxin::base::id::{ClientId, SessionId, SigningKeyId};
use fuxin::model::client::Client;
use fuxin::model::consent::Consent;
use fuxin::oauth::claims_request::ClaimsRequest;
use fuxin::store::{NewSignIn, SigningKeyRecord};

use crate::support::{NOW, SESSION, World, audit, digest, later, new_account, on_both_databases};

on_both_databases! {
    a_row_is_never_changed,
    a_row_is_never_removed,
    the_newest_rows_come_first,
    a_row_tells_what_it_is_about,
    a_change_that_is_undone_leaves_no_row,
    a_row_that_cannot_be_written_undoes_its_change,
    a_row_that_cannot_be_written_undoes_what_is_made_and_allowed,
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

/// The same of what appears, begins again or is replaced by the change.
async fn a_row_that_cannot_be_written_undoes_what_is_made_and_allowed(world: &World) {
    let person = world.signed_in("amy").await;
    let (store, account) = (&world.store, &person.account);
    // A refresh token two generations old, an account that is locked, and two keys.
    let (row, first) = world.refreshable(&person).await;
    let (second, third) = (digest(), digest());
    store.rotate_refresh_token(&row, (first, 0), second, NOW).await.unwrap().committed();
    store.rotate_refresh_token(&row, (second, 1), third, NOW).await.unwrap().committed();
    let bob = world.account("bob").await;
    store.lock_account(bob.id, NOW, audit()).await.unwrap().committed();
    let keys = [new_key(Some(NOW.seconds())), new_key(None)];
    let seen = store.versions().await.unwrap().signing_keys;
    store.insert_signing_keys(keys.to_vec(), seen, audit()).await.unwrap().committed();
    let taken = audit();
    store.record(taken.clone()).await.unwrap().committed();
    let tables = ["accounts", "audit_events", "clients", "consents", "sessions", "signing_keys"];
    let before = counts(world, tables).await;

    let another = Client { id: ClientId::new(NOW), ..person.client.clone() };
    store.put_client(&another, NOW, taken.clone()).await.unwrap_err();
    let replaced = Client { secret: None, ..person.client.clone() };
    store.put_client(&replaced, NOW, taken.clone()).await.unwrap_err();
    let consent = Consent {
        scope: "openid".parse().unwrap(),
        claims: ClaimsRequest::default(),
        client: digest(),
        given_at: NOW,
    };
    let client = person.client.id;
    store.put_consent(account.id, client, &consent, taken.clone()).await.unwrap_err();
    store.insert_account(new_account("eve"), taken.clone()).await.unwrap_err();
    store.unlock_account(bob.id, digest(), NOW, taken.clone()).await.unwrap_err();
    store.revoke_if_older(row.id, client, 0, NOW, taken.clone()).await.unwrap_err();
    let sign_in = world.sign_in(account.id);
    store.sign_in(NewSignIn { audit: vec![taken.clone()], ..sign_in }).await.unwrap_err();
    let source = digest();
    let failed = vec![audit(), taken.clone()];
    store.record_failure(source, SESSION, NOW, failed).await.unwrap_err();
    let pair = (SigningKeyId::from_uuid(keys[0].id), SigningKeyId::from_uuid(keys[1].id));
    let rotated = store.rotate_signing_key(pair, new_key(None), NOW, later(60), taken.clone());
    rotated.await.unwrap_err();
    let seen = store.versions().await.unwrap().signing_keys;
    store.insert_signing_keys(vec![new_key(None)], seen, taken.clone()).await.unwrap_err();

    assert_eq!(counts(world, tables).await, before);
    let same = store.find_client(client).await.unwrap().unwrap();
    assert!(same.secret.is_some(), "the client is as it was registered");
    let locked = store.find_account(&bob.name.folded()).await.unwrap().unwrap();
    assert!(!locked.state.is_active());
    assert!(store.find_grant(row.id, NOW).await.unwrap().is_some(), "the grant lives");
    assert_eq!(world.raw().count("source_throttles").await, 0);
    let signing = store.list_signing_keys(NOW).await.unwrap();
    let active = |key: &SigningKeyRecord| key.activated_at.is_some() && key.retired_at.is_none();
    assert!(signing.iter().all(|key| active(key) == (key.id == keys[0].id)), "it still signs");
    assert!(store.revoke_if_older(row.id, client, 0, NOW, audit()).await.unwrap().committed());
}

async fn counts<const N: usize>(world: &World, tables: [&str; N]) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in tables {
        counts.push(world.raw().count(table).await);
    }
    counts
}

fn new_key(activated_at: Option<i64>) -> SigningKeyRecord {
    let id = SigningKeyId::new(NOW).uuid();
    SigningKeyRecord {
        id,
        kid: id.simple().to_string(),
        algorithm: "ES256".to_owned(),
        private_key: digest().to_vec(),
        published_at: NOW.seconds(),
        activated_at,
        retired_at: None,
        expires_at: None,
    }
}

async fn purging_leaves_the_record_alone(world: &World) {
    world.store.record(audit()).await.unwrap().committed();
    world.store.purge(later(u32::MAX)).await.unwrap();
    assert_eq!(world.raw().count("audit_events").await, 1);
}
