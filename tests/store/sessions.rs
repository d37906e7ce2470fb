//! Sessions, the transaction that signs someone in, and pending steps.

use fuxin::base::id::{GrantId, PendingId, SessionId};
use fuxin::model::consent::Consent;
use fuxin::model::password::PasswordHash;
use fuxin::store::{Budget, NewPending, NewSignIn, SessionChange, SignOn};

use crate::support::{
    NOW, SESSION, World, audit, by_password, digest, later, limits, on_both_databases,
    password_hash,
};

on_both_databases! {
    a_sign_in_begins_a_session,
    a_session_is_found_with_the_consent_of_the_client_that_asks,
    a_rotation_keeps_the_id_and_replaces_the_secret,
    a_session_that_ended_is_not_rotated,
    a_session_past_its_limit_is_not_rotated,
    another_accounts_session_is_not_rotated,
    another_accounts_session_ends_with_the_sign_in,
    a_session_ends_once,
    an_ended_or_expired_session_is_not_found,
    a_sessions_use_is_noted_forwards_only,
    a_stronger_hash_replaces_the_old_one,
    a_stronger_hash_does_not_undo_a_change,
    a_pending_step_waits_for_its_bearer,
    a_pending_step_settles_its_reservation,
    an_expired_password_is_changed_by_the_sign_in,
    a_change_over_another_change_signs_nobody_in,
    a_lapsed_step_signs_nobody_in,
    a_sign_in_that_fails_leaves_nothing,
}

async fn sign_on(world: &World, secret: &fuxin::base::secret::Digest) -> Option<SignOn> {
    world.store.find_sign_on(secret, None, NOW).await.unwrap()
}

async fn sign_in(world: &World, new: &NewSignIn) -> bool {
    world.store.sign_in(new.clone()).await.unwrap().committed()
}

async fn hash_of(world: &World, account: &fuxin::model::account::Account) -> (PasswordHash, i64) {
    let record = world.store.find_for_sign_in(&account.name.folded()).await.unwrap().unwrap();
    (record.hash, record.changed_at.seconds())
}

async fn a_sign_in_begins_a_session(world: &World) {
    let amy = world.account("Amy").await;
    let (id, secret) = world.session(amy.id).await;
    let found = sign_on(world, &secret).await.unwrap();
    assert_eq!((found.session.id, found.session.account_id), (id, amy.id));
    assert!(found.session.secret.is(&secret));
    assert_eq!(found.session.authentications, by_password());
    assert_eq!((found.session.created_at, found.session.last_used_at), (NOW, NOW));
    assert_eq!(found.session.expires_at, NOW.plus(SESSION));
    assert_eq!((found.account.id, found.account.name.as_str()), (amy.id, "Amy"));
    assert_eq!((found.account.subject, found.account.kind), (amy.subject, amy.kind));
    assert_eq!(found.password_changed_at, Some(NOW));
    assert!(found.consent.is_none());
}

async fn a_session_is_found_with_the_consent_of_the_client_that_asks(world: &World) {
    let (amy, other) = (world.signed_in("amy").await, world.client().await);
    let consent = Consent {
        scope: "openid email".parse().unwrap(),
        claims: fuxin::oauth::claims_request::ClaimsRequest::default(),
        client: amy.client.identity(),
        given_at: NOW,
    };
    let put = world.store.put_consent(amy.account.id, amy.client.id, &consent, audit()).await;
    put.unwrap().committed();
    let consent_of = async |client| {
        world.store.find_sign_on(&amy.secret, client, NOW).await.unwrap().unwrap().consent
    };
    let found = consent_of(Some(amy.client.id)).await.unwrap();
    assert_eq!((found.scope, found.given_at), (consent.scope, NOW));
    assert!(found.client.is(&consent.client));
    assert!(consent_of(Some(other.id)).await.is_none());
    assert!(consent_of(None).await.is_none());
}

async fn a_rotation_keeps_the_id_and_replaces_the_secret(world: &World) {
    let amy = world.account("amy").await;
    let (id, old) = world.session(amy.id).await;
    let mut rotation = world.sign_in(amy.id);
    rotation.session = SessionChange::Rotate(id);
    rotation.now = later(30);
    rotation.expires_at = later(999_999);
    rotation.authentications.extend(by_password());
    assert!(sign_in(world, &rotation).await);
    assert!(sign_on(world, &old).await.is_none(), "the old cookie is worth nothing");
    let found = sign_on(world, &rotation.secret).await.unwrap().session;
    assert_eq!((found.id, found.created_at, found.last_used_at), (id, NOW, later(30)));
    assert_eq!(found.authentications.len(), 2);
    assert_eq!(found.expires_at, NOW.plus(SESSION), "the absolute limit does not move");
    assert_eq!(world.raw().count("sessions").await, 1);
}

/// Tries to rotate the session and expects a refusal that changes nothing.
async fn rotation_is_refused(world: &World, rotation: &NewSignIn) {
    let before = world.raw().count("audit_events").await;
    assert!(!sign_in(world, rotation).await);
    assert!(sign_on(world, &rotation.secret).await.is_none());
    assert_eq!(world.raw().count("audit_events").await, before);
}

async fn a_session_that_ended_is_not_rotated(world: &World) {
    let amy = world.account("amy").await;
    let (id, _) = world.session(amy.id).await;
    world.store.end_session(id, NOW, audit()).await.unwrap().committed();
    let rotation = NewSignIn { session: SessionChange::Rotate(id), ..world.sign_in(amy.id) };
    rotation_is_refused(world, &rotation).await;
}

async fn a_session_past_its_limit_is_not_rotated(world: &World) {
    let amy = world.account("amy").await;
    let (id, _) = world.session(amy.id).await;
    let mut rotation = world.sign_in(amy.id);
    (rotation.session, rotation.now) = (SessionChange::Rotate(id), NOW.plus(SESSION));
    rotation_is_refused(world, &rotation).await;
}

async fn another_accounts_session_is_not_rotated(world: &World) {
    let (amy, bob) = (world.account("amy").await, world.account("bob").await);
    let (id, secret) = world.session(amy.id).await;
    let rotation = NewSignIn { session: SessionChange::Rotate(id), ..world.sign_in(bob.id) };
    rotation_is_refused(world, &rotation).await;
    assert_eq!(sign_on(world, &secret).await.unwrap().account.id, amy.id);
}

async fn another_accounts_session_ends_with_the_sign_in(world: &World) {
    let (amy, bob) = (world.account("amy").await, world.account("bob").await);
    let (old, secret) = world.session(amy.id).await;
    let (_, elsewhere) = world.session(amy.id).await;
    let new = NewSignIn { ends: Some(old), ..world.sign_in(bob.id) };
    assert!(sign_in(world, &new).await);
    assert!(sign_on(world, &secret).await.is_none());
    assert_eq!(sign_on(world, &new.secret).await.unwrap().account.id, bob.id);
    assert!(sign_on(world, &elsewhere).await.is_some(), "in another browser it goes on");
}

async fn a_session_ends_once(world: &World) {
    let amy = world.account("amy").await;
    let (id, _) = world.session(amy.id).await;
    let before = world.raw().count("audit_events").await;
    let end = async |id| world.store.end_session(id, NOW, audit()).await.unwrap().committed();
    assert!(end(id).await);
    assert!(!end(id).await);
    assert!(!end(SessionId::new(NOW)).await);
    assert_eq!(world.raw().count("audit_events").await, before + 1);
}

async fn an_ended_or_expired_session_is_not_found(world: &World) {
    let amy = world.account("amy").await;
    let (id, secret) = world.session(amy.id).await;
    let find = async |now| world.store.find_sign_on(&secret, None, now).await.unwrap();
    assert!(find(NOW.plus(SESSION)).await.is_none());
    assert!(find(later(8 * 3600 - 1)).await.is_some());
    world.store.end_session(id, NOW, audit()).await.unwrap().committed();
    assert!(find(NOW).await.is_none());
    assert!(sign_on(world, &digest()).await.is_none());
}

async fn a_sessions_use_is_noted_forwards_only(world: &World) {
    let amy = world.account("amy").await;
    let (id, secret) = world.session(amy.id).await;
    for (seconds, noted) in [(120, 120), (60, 120), (180, 180)] {
        world.store.touch_session(id, later(seconds)).await.unwrap().committed();
        let session = sign_on(world, &secret).await.unwrap().session;
        assert_eq!(session.last_used_at, later(noted));
    }
}

async fn a_stronger_hash_replaces_the_old_one(world: &World) {
    let amy = world.account("amy").await;
    let ((old, changed_at), stronger) = (hash_of(world, &amy).await, password_hash());
    let mut new = world.sign_in(amy.id);
    new.upgraded = Some((old, stronger.clone()));
    assert!(sign_in(world, &new).await);
    let (now, still) = hash_of(world, &amy).await;
    assert_eq!((now.as_str(), still), (stronger.as_str(), changed_at), "it is the same password");
}

async fn a_stronger_hash_does_not_undo_a_change(world: &World) {
    let amy = world.account("amy").await;
    let (changed, _) = hash_of(world, &amy).await;
    let mut new = world.sign_in(amy.id);
    new.upgraded = Some((password_hash(), password_hash()));
    assert!(sign_in(world, &new).await, "the password was right when it was judged");
    assert_eq!(hash_of(world, &amy).await.0.as_str(), changed.as_str());
}

/// A password of that account was proved and has to be changed.
async fn pending(world: &World, account: &fuxin::model::account::Account) -> NewPending {
    let name = digest();
    let reserved = world.store.reserve_attempt(name, Budget::Other, limits(), NOW).await;
    NewPending {
        id: PendingId::new(NOW),
        account: account.id,
        interaction: GrantId::new(NOW),
        secret: digest(),
        expires_at: later(900),
        now: NOW,
        reservation: reserved.unwrap().committed().unwrap(),
        audit: audit(),
        message: None,
    }
}

/// The step is written; its id and the sign-in that it leads to.
async fn change(world: &World, account: &fuxin::model::account::Account) -> (PendingId, NewSignIn) {
    let new = pending(world, account).await;
    let id = new.id;
    world.store.insert_pending(new).await.unwrap().committed();
    let (old, _) = hash_of(world, account).await;
    let changed = Some((id, old, password_hash()));
    (id, NewSignIn { changed, now: later(60), ..world.sign_in(account.id) })
}

async fn a_pending_step_waits_for_its_bearer(world: &World) {
    let amy = world.account("amy").await;
    let new = pending(world, &amy).await;
    let (id, interaction, secret) = (new.id, new.interaction, new.secret);
    world.store.insert_pending(new).await.unwrap().committed();
    let found = world.store.find_pending(&secret, later(899)).await.unwrap().unwrap();
    assert_eq!((found.id, found.interaction), (id, interaction));
    assert_eq!(found.account_name, "amy");
    assert!(world.store.find_pending(&secret, later(900)).await.unwrap().is_none());
    assert!(world.store.find_pending(&digest(), NOW).await.unwrap().is_none());
    assert_eq!(world.raw().count("sessions").await, 0, "it is never a session");
}

async fn a_pending_step_settles_its_reservation(world: &World) {
    let amy = world.account("amy").await;
    let new = pending(world, &amy).await;
    let name = new.reservation.name;
    let count =
        async || world.store.name_throttle(&name, &digest(), NOW).await.unwrap().consecutive;
    assert_eq!(count().await, 1);
    world.store.insert_pending(new).await.unwrap().committed();
    assert_eq!(count().await, 0, "the password was right");
}

async fn an_expired_password_is_changed_by_the_sign_in(world: &World) {
    let amy = world.account("amy").await;
    let (_, new) = change(world, &amy).await;
    let hash = new.changed.as_ref().unwrap().2.clone();
    assert!(sign_in(world, &new).await);
    let (now, changed_at) = hash_of(world, &amy).await;
    assert_eq!((now.as_str(), changed_at), (hash.as_str(), later(60).seconds()));
    assert!(sign_on(world, &new.secret).await.is_some());
}

async fn a_change_over_another_change_signs_nobody_in(world: &World) {
    let amy = world.account("amy").await;
    let ((_, first), (second_id, second)) = (change(world, &amy).await, change(world, &amy).await);
    assert!(sign_in(world, &first).await);
    assert!(!sign_in(world, &second).await, "its proof rests on the password before");
    assert_eq!(hash_of(world, &amy).await.0.as_str(), first.changed.unwrap().2.as_str());
    assert!(sign_on(world, &second.secret).await.is_none());
    let (current, _) = hash_of(world, &amy).await;
    let changed = Some((second_id, current, password_hash()));
    let again = NewSignIn { changed, session: SessionChange::Begin(SessionId::new(NOW)), ..second };
    assert!(sign_in(world, &again).await, "the step was not used up");
}

async fn a_lapsed_step_signs_nobody_in(world: &World) {
    let amy = world.account("amy").await;
    let (_, mut late) = change(world, &amy).await;
    late.now = later(900);
    let (before, _) = hash_of(world, &amy).await;
    assert!(!sign_in(world, &late).await);
    assert_eq!(hash_of(world, &amy).await.0.as_str(), before.as_str());
}

/// The last of its statements breaks: none of the earlier ones remains.
async fn a_sign_in_that_fails_leaves_nothing(world: &World) {
    let amy = world.account("amy").await;
    let (old, secret) = world.session(amy.id).await;
    let (_, mut new) = change(world, &amy).await;
    let (hash, row) = (hash_of(world, &amy).await.0, audit());
    world.store.record(row.clone()).await.unwrap().committed();
    let before = world.raw().count("audit_events").await;
    (new.ends, new.audit) = (Some(old), vec![audit(), row]);
    let error = world.store.sign_in(new.clone()).await.unwrap_err();
    assert!(!error.is_unavailable(), "{error}");
    assert!(sign_on(world, &new.secret).await.is_none());
    assert!(sign_on(world, &secret).await.is_some());
    assert_eq!(hash_of(world, &amy).await.0.as_str(), hash.as_str());
    assert_eq!(world.raw().count("audit_events").await, before);
    new.audit = vec![];
    assert!(sign_in(world, &new).await, "the pending step waits on");
}
