//! Refresh tokens: rotation, and what becomes of each token that is not the newest (A-TOK-05).

use fuxin::base::secret::Digest;
use fuxin::base::time::Lifetime;
use fuxin::model::grant::{Grant, GrantRow};
use fuxin::store::Rotation;

use crate::support::{NOW, World, at_once, audit, digest, on_both_databases};

on_both_databases! {
    the_newest_token_is_renewed,
    a_repeat_before_the_successors_first_use_mints_another_successor,
    a_voided_successor_is_refused_and_revokes_nothing,
    a_voided_successor_of_the_previous_generation_revokes_nothing,
    a_voided_successor_of_an_older_generation_revokes,
    a_token_older_than_the_one_used_last_revokes,
    a_token_of_another_client_is_neither_renewed_nor_revokes,
    a_token_of_a_revoked_or_ended_grant_is_not_renewed,
    a_rotation_does_not_move_the_end,
    a_grant_that_was_not_redeemed_has_nothing_to_renew,
    sixty_four_parallel_refreshes_leave_one_live_successor,
    an_old_token_among_parallel_refreshes_leaves_nothing_alive,
}

/// A refresh token: its digest and generation.
type Token = (Digest, i64);

/// Presents a token; the successor, if there is one.
async fn renew(world: &World, grant: &GrantRow, token: Token) -> Option<Token> {
    let successor = digest();
    let rotated = world.store.rotate_refresh_token(grant, token, successor, NOW).await.unwrap();
    match rotated.committed() {
        Rotation::Renewed { generation } => Some((successor, generation)),
        Rotation::Unknown => None,
    }
}

async fn revoke_if_older(world: &World, grant: &GrantRow, token: Token) -> bool {
    let (id, client) = (grant.id, grant.client_id);
    let revoked = world.store.revoke_if_older(id, client, token.1, NOW, audit()).await.unwrap();
    revoked.committed()
}

async fn is_alive(world: &World, grant: &GrantRow) -> bool {
    world.store.find_grant(grant.id, NOW).await.unwrap().is_some()
}

/// A redeemed grant and its first refresh token.
async fn first(world: &World) -> (GrantRow, Token) {
    let (grant, token) = world.refreshable(&world.signed_in("amy").await).await;
    (grant, (token, 0))
}

async fn newest(world: &World, grant: &GrantRow) -> Token {
    match world.store.find_grant(grant.id, NOW).await.unwrap().unwrap().grant {
        Grant::Redeemed(grant) => (grant.refresh_digest.unwrap(), grant.refresh_generation),
        Grant::Pending(_) | Grant::Lapsed(_) => panic!("not redeemed"),
    }
}

async fn the_newest_token_is_renewed(world: &World) {
    let (grant, mut token) = first(world).await;
    for generation in 1..=5 {
        token = renew(world, &grant, token).await.unwrap();
        assert_eq!(token.1, generation);
    }
    assert!(newest(world, &grant).await.0.is(&token.0));
}

async fn a_repeat_before_the_successors_first_use_mints_another_successor(world: &World) {
    let (grant, old) = first(world).await;
    let lost = renew(world, &grant, old).await.unwrap();
    let again = renew(world, &grant, old).await.unwrap();
    assert_eq!((lost.1, again.1), (1, 1), "both follow the same token");
    assert!(renew(world, &grant, lost).await.is_none(), "the unused one is void");
    assert!(renew(world, &grant, again).await.is_some());
}

async fn a_voided_successor_is_refused_and_revokes_nothing(world: &World) {
    let (grant, old) = first(world).await;
    let voided = renew(world, &grant, old).await.unwrap();
    let live = renew(world, &grant, old).await.unwrap();
    assert!(renew(world, &grant, voided).await.is_none());
    assert!(!revoke_if_older(world, &grant, voided).await);
    assert!(renew(world, &grant, live).await.is_some());
}

async fn a_voided_successor_of_the_previous_generation_revokes_nothing(world: &World) {
    let (grant, old) = first(world).await;
    let voided = renew(world, &grant, old).await.unwrap();
    let used = renew(world, &grant, old).await.unwrap();
    let live = renew(world, &grant, used).await.unwrap();
    assert!(renew(world, &grant, voided).await.is_none());
    assert!(!revoke_if_older(world, &grant, voided).await);
    assert!(renew(world, &grant, live).await.is_some());
}

async fn a_voided_successor_of_an_older_generation_revokes(world: &World) {
    let (grant, old) = first(world).await;
    let voided = renew(world, &grant, old).await.unwrap();
    let mut live = renew(world, &grant, old).await.unwrap();
    for _ in 0..2 {
        live = renew(world, &grant, live).await.unwrap();
    }
    assert!(renew(world, &grant, voided).await.is_none());
    assert!(revoke_if_older(world, &grant, voided).await);
    assert!(renew(world, &grant, live).await.is_none());
}

async fn a_token_older_than_the_one_used_last_revokes(world: &World) {
    let (grant, stolen) = first(world).await;
    let second = renew(world, &grant, stolen).await.unwrap();
    let third = renew(world, &grant, second).await.unwrap();
    assert!(renew(world, &grant, stolen).await.is_none());
    let before = world.raw().count("audit_events").await;
    assert!(revoke_if_older(world, &grant, stolen).await);
    assert!(!is_alive(world, &grant).await);
    assert!(renew(world, &grant, third).await.is_none());
    assert!(renew(world, &grant, second).await.is_none());
    assert!(!revoke_if_older(world, &grant, stolen).await, "once");
    assert_eq!(world.raw().count("audit_events").await, before + 1);
}

/// A-TOK-03
async fn a_token_of_another_client_is_neither_renewed_nor_revokes(world: &World) {
    let (grant, first) = first(world).await;
    let second = renew(world, &grant, first).await.unwrap();
    let third = renew(world, &grant, second).await.unwrap();
    let thief = GrantRow { client_id: world.client().await.id, ..grant.clone() };
    for token in [first, second, third] {
        assert!(renew(world, &thief, token).await.is_none());
        assert!(!revoke_if_older(world, &thief, token).await);
    }
    assert!(renew(world, &grant, third).await.is_some());
}

async fn a_token_of_a_revoked_or_ended_grant_is_not_renewed(world: &World) {
    let (grant, token) = first(world).await;
    let end = grant.expires_at;
    let late = world.store.rotate_refresh_token(&grant, token, digest(), end).await.unwrap();
    assert_eq!(late.committed(), Rotation::Unknown);
    world.store.revoke_grant(grant.id, grant.client_id, NOW, audit()).await.unwrap().committed();
    assert!(renew(world, &grant, token).await.is_none());
}

async fn a_rotation_does_not_move_the_end(world: &World) {
    let (grant, token) = first(world).await;
    let (end, second) = (grant.expires_at, digest());
    let last = end.minus(Lifetime::seconds(1));
    let rotated = world.store.rotate_refresh_token(&grant, token, second, last).await.unwrap();
    let Rotation::Renewed { generation } = rotated.committed() else { panic!("it has not ended") };
    let second = (second, generation);
    let late = world.store.rotate_refresh_token(&grant, second, digest(), end).await;
    assert_eq!(late.unwrap().committed(), Rotation::Unknown);
}

async fn a_grant_that_was_not_redeemed_has_nothing_to_renew(world: &World) {
    let grant = world.grant(&world.signed_in("amy").await).await;
    assert!(renew(world, &grant, (digest(), 0)).await.is_none());
    assert!(renew(world, &grant, (grant.code_digest, 0)).await.is_none());
}

/// A-TOK-05
async fn sixty_four_parallel_refreshes_leave_one_live_successor(world: &World) {
    let (grant, old) = first(world).await;
    let other_node = world.another_node().await;
    let successors = at_once(64, |n| {
        let store = if n % 2 == 0 { &world.store } else { &other_node }.clone();
        let (grant, successor) = (grant.clone(), digest());
        async move {
            let rotated = store.rotate_refresh_token(&grant, old, successor, NOW).await.unwrap();
            assert_eq!(rotated.committed(), Rotation::Renewed { generation: 1 });
            successor
        }
    })
    .await;
    let live = newest(world, &grant).await;
    assert_eq!(live.1, 1);
    let mut renewed = 0;
    for successor in successors {
        let is_live = successor.is(&live.0);
        // The live one last: its use would leave the others without their chance.
        if !is_live {
            assert!(renew(world, &grant, (successor, 1)).await.is_none());
            assert!(!revoke_if_older(world, &grant, (successor, 1)).await);
        }
        renewed += usize::from(is_live);
    }
    assert_eq!(renewed, 1);
    assert!(renew(world, &grant, live).await.is_some());
    other_node.close().await;
}

/// However the racers are ordered, the stolen token's own look is the end of the grant.
async fn an_old_token_among_parallel_refreshes_leaves_nothing_alive(world: &World) {
    let (grant, stolen) = first(world).await;
    let second = renew(world, &grant, stolen).await.unwrap();
    let third = renew(world, &grant, second).await.unwrap();
    at_once(16, |n| {
        let (store, grant) = (world.store.clone(), grant.clone());
        async move {
            if n == 7 {
                let (id, client) = (grant.id, grant.client_id);
                let revoked = store.revoke_if_older(id, client, stolen.1, NOW, audit()).await;
                assert!(revoked.unwrap().committed());
            } else {
                store.rotate_refresh_token(&grant, third, digest(), NOW).await.unwrap().committed();
            }
        }
    })
    .await;
    assert!(!is_alive(world, &grant).await);
    assert!(renew(world, &grant, third).await.is_none());
}
