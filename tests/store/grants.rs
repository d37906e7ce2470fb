//! Grants: one row from its code to the end of its tokens.

use fuxin::base::id::{AccountId, ClientId, GrantId, SessionId};
use fuxin::base::secret::Digest;
use fuxin::base::time::Timestamp;
use fuxin::model::consent::Consent;
use fuxin::model::grant::{Grant, GrantRow};
use fuxin::store::NewGrant;

use crate::support::{
    CODE, NOW, SESSION, World, at_once, audit, digest, later, on_both_databases, with_code,
};

on_both_databases! {
    a_code_waits_in_its_grant,
    the_same_interaction_again_replaces_its_code,
    the_same_interaction_again_replaces_what_was_agreed,
    a_redeemed_grant_takes_no_further_code,
    a_revoked_grant_takes_no_further_code,
    a_grant_takes_no_code_of_another_session_account_or_client,
    a_grant_of_nothing_that_exists_is_no_grant,
    a_session_that_is_over_takes_no_code,
    of_sixteen_redemptions_one_wins,
    a_redeemed_code_loses,
    a_replaced_code_loses,
    a_lapsed_code_loses,
    a_code_of_an_ended_grant_loses,
    a_code_loses_at_another_client,
    a_revoked_code_loses,
    a_grant_is_found_with_what_the_gate_looks_at,
    a_grant_that_is_revoked_or_over_is_not_found,
    a_token_finds_its_grant_and_whether_it_was_revoked,
    a_grant_is_revoked_once_and_by_its_own_client,
}

async fn redeem(world: &World, row: &GrantRow) -> bool {
    world.store.redeem(row, Some(digest()), NOW).await.unwrap().committed()
}

async fn put(world: &World, row: &GrantRow) -> bool {
    world.store.put_code(with_code(row)).await.unwrap().committed()
}

fn with_another_code(row: &GrantRow) -> GrantRow {
    GrantRow { code_digest: digest(), ..row.clone() }
}

async fn found(world: &World, id: GrantId) -> Option<Grant> {
    world.store.find_grant(id, NOW).await.unwrap().map(|standing| standing.grant)
}

async fn a_code_waits_in_its_grant(world: &World) {
    let row = world.grant(&world.signed_in("amy").await).await;
    let Some(Grant::Pending(pending)) = found(world, row.id).await else { panic!("not pending") };
    assert!(pending.0.code_digest.is(&row.code_digest));
    assert_eq!(pending.0.terms, row.terms);
    assert_eq!((pending.0.client_id, pending.0.account_id), (row.client_id, row.account_id));
    assert_eq!((pending.0.session_id, pending.0.expires_at), (row.session_id, row.expires_at));
}

async fn the_same_interaction_again_replaces_its_code(world: &World) {
    let row = world.grant(&world.signed_in("amy").await).await;
    let again = with_another_code(&row);
    assert!(put(world, &again).await);
    assert_eq!(world.raw().count("grants").await, 1);
    assert!(!redeem(world, &row).await, "the older code is void");
    assert!(redeem(world, &again).await, "the last answer's code works");
}

/// A grant that was first answered without `offline_access` and then with it ends when the second answer says so.
async fn the_same_interaction_again_replaces_what_was_agreed(world: &World) {
    let row = world.grant(&world.signed_in("amy").await).await;
    let mut again = with_another_code(&row);
    again.offline = true;
    again.terms.scope = "openid offline_access".parse().unwrap();
    again.expires_at = NOW.plus(SESSION).plus(SESSION);
    assert!(put(world, &again).await);
    let now = found(world, row.id).await.unwrap();
    assert_eq!(now.row().terms, again.terms);
    assert!(now.row().offline);
    assert_eq!(now.row().expires_at, again.expires_at);
}

async fn a_redeemed_grant_takes_no_further_code(world: &World) {
    let row = world.grant(&world.signed_in("amy").await).await;
    assert!(redeem(world, &row).await);
    let again = with_another_code(&row);
    assert!(!put(world, &again).await);
    assert!(!redeem(world, &again).await);
}

async fn a_revoked_grant_takes_no_further_code(world: &World) {
    let row = world.grant(&world.signed_in("amy").await).await;
    let revoked = world.store.revoke_grant(row.id, row.client_id, NOW, audit()).await.unwrap();
    assert!(revoked.committed());
    assert!(!put(world, &with_another_code(&row)).await);
    assert!(found(world, row.id).await.is_none());
}

async fn a_grant_takes_no_code_of_another_session_account_or_client(world: &World) {
    let (amy, bob) = (world.signed_in("amy").await, world.signed_in("bob").await);
    let row = world.grant(&amy).await;
    let (another_session, _) = world.session(amy.account.id).await;
    let foreign = [
        GrantRow { session_id: another_session, ..with_another_code(&row) },
        GrantRow { account_id: bob.account.id, ..with_another_code(&row) },
        GrantRow { client_id: bob.client.id, ..with_another_code(&row) },
    ];
    for other in foreign {
        assert!(!put(world, &other).await);
    }
    assert!(redeem(world, &row).await, "the grant is what it was");
}

/// A broken reference is an error on both databases, never an answer.
async fn a_grant_of_nothing_that_exists_is_no_grant(world: &World) {
    let row = world.signed_in("amy").await.grant();
    let orphans = [
        GrantRow { account_id: AccountId::new(NOW), ..row.clone() },
        GrantRow { client_id: ClientId::new(NOW), ..row.clone() },
    ];
    for orphan in orphans {
        let error = world.store.put_code(with_code(&orphan)).await.unwrap_err();
        assert!(!error.is_unavailable(), "trying again does not help: {error}");
    }
    assert_eq!(world.raw().count("grants").await, 0);
}

/// Neither a new code nor another one; one that was never there is over, too.
async fn a_session_that_is_over_takes_no_code(world: &World) {
    let (amy, bob) = (world.signed_in("amy").await, world.signed_in("bob").await);
    let row = world.grant(&amy).await;
    world.store.end_session(amy.session, NOW, audit()).await.unwrap().committed();
    assert!(!put(world, &with_another_code(&row)).await);
    assert!(!put(world, &amy.grant()).await);
    assert!(!put(world, &GrantRow { session_id: SessionId::new(NOW), ..bob.grant() }).await);
    assert!(put(world, &bob.grant()).await, "another session lives");

    let at = async |created_at: Timestamp| {
        let row = GrantRow { expires_at: created_at.plus(SESSION), ..bob.grant() };
        let new = NewGrant { created_at, ..with_code(&row) };
        world.store.put_code(new).await.unwrap().committed()
    };
    let end = NOW.plus(SESSION).seconds();
    assert!(at(Timestamp::from_seconds(end - 1)).await);
    assert!(!at(Timestamp::from_seconds(end)).await, "past its absolute limit");
    assert_eq!(world.raw().count("grants").await, 3);
}

async fn of_sixteen_redemptions_one_wins(world: &World) {
    let person = world.signed_in("amy").await;
    let other_node = world.another_node().await;
    for _ in 0..5 {
        let row = world.grant(&person).await;
        let won =
            at_once(16, |n| {
                let store = if n % 2 == 0 { &world.store } else { &other_node }.clone();
                let (row, refresh) = (row.clone(), digest());
                async move {
                    (refresh, store.redeem(&row, Some(refresh), NOW).await.unwrap().committed())
                }
            })
            .await;
        let winners: Vec<&Digest> =
            won.iter().filter(|(_, won)| *won).map(|(refresh, _)| refresh).collect();
        assert_eq!(winners.len(), 1);
        let Some(Grant::Redeemed(redeemed)) = found(world, row.id).await else {
            panic!("not redeemed")
        };
        assert!(redeemed.refresh_digest.unwrap().is(winners.first().unwrap()));
    }
    other_node.close().await;
}

async fn a_redeemed_code_loses(world: &World) {
    let row = world.grant(&world.signed_in("amy").await).await;
    assert!(redeem(world, &row).await);
    assert!(!redeem(world, &row).await);
    let Some(Grant::Redeemed(redeemed)) = found(world, row.id).await else {
        panic!("not redeemed")
    };
    assert_eq!((redeemed.redeemed_at, redeemed.refresh_generation), (NOW, 0));
}

async fn a_replaced_code_loses(world: &World) {
    let row = world.grant(&world.signed_in("amy").await).await;
    let again = with_another_code(&row);
    assert!(put(world, &again).await);
    assert!(!redeem(world, &row).await);
    assert!(matches!(found(world, row.id).await, Some(Grant::Pending(_))), "nothing was used up");
}

async fn a_lapsed_code_loses(world: &World) {
    let row = world.grant(&world.signed_in("amy").await).await;
    let lapsed = NOW.plus(CODE);
    assert!(!world.store.redeem(&row, None, lapsed).await.unwrap().committed());
    let standing = world.store.find_grant(row.id, lapsed).await.unwrap().unwrap();
    assert!(matches!(standing.grant, Grant::Lapsed(_)));
    assert!(world.store.redeem(&row, None, later(59)).await.unwrap().committed());
}

async fn a_code_of_an_ended_grant_loses(world: &World) {
    let mut row = world.signed_in("amy").await.grant();
    row.expires_at = later(30);
    assert!(put(world, &row).await);
    assert!(!world.store.redeem(&row, None, later(30)).await.unwrap().committed());
    assert!(world.store.redeem(&row, None, later(29)).await.unwrap().committed());
}

/// A-TOK-03
async fn a_code_loses_at_another_client(world: &World) {
    let (amy, thief) = (world.signed_in("amy").await, world.client().await);
    let row = world.grant(&amy).await;
    assert!(!redeem(world, &GrantRow { client_id: thief.id, ..row.clone() }).await);
    assert!(redeem(world, &row).await, "the owner's code was not burnt");
}

async fn a_revoked_code_loses(world: &World) {
    let row = world.grant(&world.signed_in("amy").await).await;
    world.store.revoke_grant(row.id, row.client_id, NOW, audit()).await.unwrap().committed();
    assert!(!redeem(world, &row).await);
}

async fn a_grant_is_found_with_what_the_gate_looks_at(world: &World) {
    let person = world.signed_in("amy").await;
    let row = world.grant(&person).await;
    let find = async || world.store.find_grant(row.id, NOW).await.unwrap().unwrap();
    let fresh = find().await;
    assert!(fresh.session_alive && fresh.consent.is_none() && fresh.account.state.is_active());

    let consent = Consent {
        scope: row.terms.scope.clone(),
        claims: row.terms.claims.clone(),
        client: person.client.identity(),
        given_at: NOW,
    };
    let (account, client) = (person.account.id, person.client.id);
    world.store.put_consent(account, client, &consent, audit()).await.unwrap().committed();
    world.store.end_session(person.session, NOW, audit()).await.unwrap().committed();
    world.store.lock_account(account, NOW, audit()).await.unwrap().committed();
    let changed = find().await;
    assert!(!changed.session_alive && !changed.account.state.is_active());
    assert!(changed.consent.unwrap().covers(&person.client, &row.terms.scope, &row.terms.claims));
}

async fn a_grant_that_is_revoked_or_over_is_not_found(world: &World) {
    let person = world.signed_in("amy").await;
    let row = world.grant(&person).await;
    assert!(world.store.find_grant(row.id, row.expires_at).await.unwrap().is_none());
    assert!(world.store.find_grant(GrantId::new(NOW), NOW).await.unwrap().is_none());
    world.store.revoke_grant(row.id, row.client_id, NOW, audit()).await.unwrap().committed();
    assert!(found(world, row.id).await.is_none());
}

async fn a_token_finds_its_grant_and_whether_it_was_revoked(world: &World) {
    let person = world.signed_in("amy").await;
    let row = world.grant(&person).await;
    let (own, other) = (GrantId::new(NOW).uuid(), GrantId::new(NOW).uuid());
    world.store.revoke_access_token(own, later(60), audit()).await.unwrap().committed();
    world.store.revoke_access_token(own, later(60), audit()).await.unwrap().committed();
    let find = async |token| world.store.find_grant_of_token(row.id, token, NOW).await.unwrap();
    assert!(find(own).await.unwrap().token_revoked);
    let standing = find(other).await.unwrap();
    assert!(!standing.token_revoked && standing.session_alive);
    assert!(world.store.profile_of(&standing).unwrap().name.is_none());
    assert!(world.store.is_access_token_revoked(own).await.unwrap());
    assert!(!world.store.is_access_token_revoked(other).await.unwrap());
    world.store.revoke_grant(row.id, row.client_id, NOW, audit()).await.unwrap().committed();
    assert!(find(other).await.is_none());
}

async fn a_grant_is_revoked_once_and_by_its_own_client(world: &World) {
    let (row, thief) = (world.grant(&world.signed_in("amy").await).await, world.client().await);
    let revoke = async |client| {
        world.store.revoke_grant(row.id, client, NOW, audit()).await.unwrap().committed()
    };
    let before = world.raw().count("audit_events").await;
    assert!(!revoke(thief.id).await);
    assert!(revoke(row.client_id).await);
    assert!(!revoke(row.client_id).await);
    assert_eq!(world.raw().count("audit_events").await, before + 1, "one event for one change");
}
