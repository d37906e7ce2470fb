//! A-TOK-07: everything that counts once, presented again and by sixteen at once, through two nodes. What a statement
//! returned decides, never a driver's count of rows.

use fuxin::base::id::{GrantId, PendingId};
use fuxin::store::{Budget, NewPending, NewSignIn, Rotation, SessionChange, Store};

use crate::support::{
    NOW, World, at_once, audit, digest, later, limits, on_both_databases, password_hash,
};

on_both_databases! {
    a_code_counts_once,
    a_refresh_token_counts_until_its_successor_was_used,
    a_client_assertion_counts_once,
    a_human_check_counts_once,
    a_pending_step_counts_once,
    an_assertion_is_not_a_human_check,
}

/// How many of sixteen racers on two nodes win.
async fn winners<F>(world: &World, attempt: impl Fn(Store, usize) -> F) -> usize
where
    F: Future<Output = bool> + Send + 'static,
{
    let other_node = world.another_node().await;
    let won = at_once(16, |n| {
        let store = if n % 2 == 0 { &world.store } else { &other_node };
        attempt(store.clone(), n)
    })
    .await;
    other_node.close().await;
    won.into_iter().filter(|won| *won).count()
}

/// A-TOK-01
async fn a_code_counts_once(world: &World) {
    let row = world.grant(&world.signed_in("amy").await).await;
    let redeem = |store: Store, _| {
        let row = row.clone();
        async move { store.redeem(&row, None, NOW).await.unwrap().committed() }
    };
    assert_eq!(winners(world, redeem).await, 1);
    assert!(!redeem(world.store.clone(), 0).await);
}

async fn a_refresh_token_counts_until_its_successor_was_used(world: &World) {
    let (grant, first) = world.refreshable(&world.signed_in("amy").await).await;
    let (second, third) = (digest(), digest());
    let rotate = async |presented, successor| {
        world
            .store
            .rotate_refresh_token(&grant, presented, successor, NOW)
            .await
            .unwrap()
            .committed()
    };
    assert_eq!(rotate((first, 0), second).await, Rotation::Renewed { generation: 1 });
    assert_eq!(rotate((second, 1), third).await, Rotation::Renewed { generation: 2 });
    assert_eq!(rotate((first, 0), digest()).await, Rotation::Unknown);
    let (id, client) = (grant.id, grant.client_id);
    let revoked = winners(world, |store, _| async move {
        store.revoke_if_older(id, client, 0, NOW, audit()).await.unwrap().committed()
    });
    assert_eq!(revoked.await, 1, "and its grant is revoked once");
}

/// A-TOK-11
async fn a_client_assertion_counts_once(world: &World) {
    let jti = digest();
    let spend = |store: Store, _| async move {
        store.spend_client_assertion(jti, later(60)).await.unwrap().committed()
    };
    assert_eq!(winners(world, spend).await, 1);
    assert!(!spend(world.store.clone(), 0).await);
    let longer = world.store.spend_client_assertion(jti, later(600)).await.unwrap();
    assert!(!longer.committed(), "whatever its end");
}

async fn a_human_check_counts_once(world: &World) {
    let ticket = digest();
    let spend = |store: Store, _| async move {
        store.spend_challenge(ticket, later(60)).await.unwrap().committed()
    };
    assert_eq!(winners(world, spend).await, 1);
    assert!(!spend(world.store.clone(), 0).await);
}

async fn a_pending_step_counts_once(world: &World) {
    let (amy, name) = (world.account("amy").await, digest());
    let reserved = world.store.reserve_attempt(name, Budget::Other, limits(), NOW).await.unwrap();
    let (id, secret) = (PendingId::new(NOW), digest());
    let pending = NewPending {
        id,
        account: amy.id,
        interaction: GrantId::new(NOW),
        secret,
        expires_at: later(900),
        now: NOW,
        reservation: reserved.committed().unwrap(),
        audit: audit(),
        message: None,
    };
    world.store.insert_pending(pending).await.unwrap().committed();
    let hash = world.store.find_for_sign_in(&amy.name.folded()).await.unwrap().unwrap().hash;
    let attempt = || NewSignIn {
        changed: Some((id, hash.clone(), password_hash())),
        ..world.sign_in(amy.id)
    };
    let won = winners(world, |store, _| {
        let new = attempt();
        async move { store.sign_in(new).await.unwrap().committed() }
    });
    assert_eq!(won.await, 1);
    assert_eq!(world.raw().count("sessions").await, 1);
    assert!(world.store.find_pending(&secret, NOW).await.unwrap().is_none());

    // Even one that names the hash as it is now: the step itself is used up.
    let hash = world.store.find_for_sign_in(&amy.name.folded()).await.unwrap().unwrap().hash;
    let mut replay = attempt();
    replay.changed = Some((id, hash, password_hash()));
    assert!(matches!(replay.session, SessionChange::Begin(_)));
    assert!(!world.store.sign_in(replay).await.unwrap().committed());
    assert_eq!(world.raw().count("sessions").await, 1);
}

async fn an_assertion_is_not_a_human_check(world: &World) {
    let digest = digest();
    assert!(world.store.spend_client_assertion(digest, NOW).await.unwrap().committed());
    assert!(world.store.spend_challenge(digest, NOW).await.unwrap().committed());
}
