//! Purging: what has no meaning any more goes, and nothing else.

use fuxin::base::time::{Lifetime, Timestamp};
use fuxin::model::account::AccountState;
use fuxin::model::grant::GrantRow;
use fuxin::store::Budget;

use crate::support::{
    NOW, SESSION, World, audit, digest, later, limits, message, on_both_databases, with_code,
};

on_both_databases! {
    what_is_alive_stays,
    grants_and_sessions_go_a_day_after_their_end,
    a_session_stays_as_long_as_a_grant_that_outlives_it,
    what_counted_once_goes_when_it_would_be_refused_anyway,
    a_full_step_says_that_there_may_be_more,
    what_counted_once_goes_in_steps_too,
    a_names_failures_are_forgotten_after_half_a_year,
    a_message_goes_after_thirty_days,
    the_password_of_an_account_goes_that_is_not_remembered,
    two_nodes_may_purge_at_once,
}

const DAY: Lifetime = Lifetime::days(1);

/// Removes a step; how many grants and sessions went.
async fn purge(world: &World, now: Timestamp) -> (usize, usize) {
    let purged = world.store.purge(now).await.unwrap();
    (purged.of("grants"), purged.of("sessions"))
}

async fn what_is_alive_stays(world: &World) {
    let person = world.signed_in("amy").await;
    let row = world.grant(&person).await;
    world.store.spend_challenge(digest(), later(60)).await.unwrap().committed();
    world.store.spend_client_assertion(digest(), later(60)).await.unwrap().committed();
    assert_eq!(purge(world, later(59)).await, (0, 0));
    assert!(world.store.find_grant(row.id, NOW).await.unwrap().is_some());
    assert!(world.store.find_sign_on(&person.secret, None, NOW).await.unwrap().is_some());
    for table in ["spent_challenges", "client_assertions"] {
        assert_eq!(world.raw().count(table).await, 1);
    }
}

async fn grants_and_sessions_go_a_day_after_their_end(world: &World) {
    let person = world.signed_in("amy").await;
    world.grant(&person).await;
    let day_after = NOW.plus(SESSION).plus(DAY);
    assert_eq!(purge(world, day_after).await, (0, 0));
    let next = day_after.plus(Lifetime::seconds(1));
    assert_eq!(purge(world, next).await, (1, 1));
    for table in ["grants", "sessions"] {
        assert_eq!(world.raw().count(table).await, 0);
    }
    assert_eq!(world.raw().count("accounts").await, 1);
}

async fn a_session_stays_as_long_as_a_grant_that_outlives_it(world: &World) {
    let person = world.signed_in("amy").await;
    let offline =
        GrantRow { offline: true, expires_at: NOW.plus(Lifetime::days(90)), ..person.grant() };
    assert!(world.store.put_code(with_code(&offline)).await.unwrap().committed());
    assert_eq!(purge(world, NOW.plus(Lifetime::days(60))).await, (0, 0));
    assert_eq!(purge(world, NOW.plus(Lifetime::days(92))).await, (1, 1));
}

async fn what_counted_once_goes_when_it_would_be_refused_anyway(world: &World) {
    let (ticket, jti, token) = (digest(), digest(), fuxin::base::id::GrantId::new(NOW).uuid());
    world.store.spend_challenge(ticket, later(60)).await.unwrap().committed();
    world.store.spend_client_assertion(jti, later(60)).await.unwrap().committed();
    world.store.revoke_access_token(token, later(60), audit()).await.unwrap().committed();
    purge(world, later(60)).await;
    assert!(!world.store.spend_challenge(ticket, later(60)).await.unwrap().committed());
    assert!(!world.store.spend_client_assertion(jti, later(60)).await.unwrap().committed());
    assert!(world.store.is_access_token_revoked(token).await.unwrap());
    purge(world, later(61)).await;
    for table in ["spent_challenges", "client_assertions", "revoked_access_tokens"] {
        assert_eq!(world.raw().count(table).await, 0, "{table}");
    }
}

async fn a_full_step_says_that_there_may_be_more(world: &World) {
    let person = world.signed_in("amy").await;
    let grants: Vec<GrantRow> = (0..501).map(|_| person.grant()).collect();
    crate::support::at_once(501, |n| {
        let (store, row) = (world.store.clone(), grants.get(n).unwrap().clone());
        async move { assert!(store.put_code(with_code(&row)).await.unwrap().committed()) }
    })
    .await;
    let now = NOW.plus(Lifetime::days(9));
    let first = world.store.purge(now).await.unwrap();
    assert_eq!((first.of("grants"), first.of("sessions")), (500, 0));
    assert!(first.is_full_step());
    let second = world.store.purge(now).await.unwrap();
    assert_eq!((second.of("grants"), second.of("sessions")), (1, 1));
    assert!(!second.is_full_step());
}

async fn what_counted_once_goes_in_steps_too(world: &World) {
    crate::support::at_once(501, |_| {
        let store = world.store.clone();
        async move { assert!(store.spend_challenge(digest(), NOW).await.unwrap().committed()) }
    })
    .await;
    let first = world.store.purge(later(1)).await.unwrap();
    assert_eq!(first.of("spent_challenges"), 500);
    assert!(first.is_full_step());
    assert_eq!(world.raw().count("spent_challenges").await, 1);
    let second = world.store.purge(later(1)).await.unwrap();
    assert_eq!(second.of("spent_challenges"), 1);
    assert!(!second.is_full_step());
}

async fn a_message_goes_after_thirty_days(world: &World) {
    let amy = world.account("amy").await;
    let mut new = world.sign_in(amy.id);
    new.message = Some(message(&amy, NOW));
    assert!(world.store.sign_in(new).await.unwrap().committed());
    let month = NOW.plus(Lifetime::days(30));
    purge(world, month).await;
    assert_eq!(world.raw().count("messages").await, 1);
    purge(world, month.plus(Lifetime::seconds(1))).await;
    assert_eq!(world.raw().count("messages").await, 0);
}

async fn the_password_of_an_account_goes_that_is_not_remembered(world: &World) {
    world.account("amy").await;
    let mut ben = crate::support::new_account("ben");
    ben.account.state = AccountState::Deleted { at: later(60) };
    assert!(world.store.insert_account(ben, audit()).await.unwrap().committed());
    let early = world.store.purge_passwords(later(59)).await.unwrap();
    assert_eq!((early.of("passwords"), world.raw().count("passwords").await), (0, 2));
    let due = world.store.purge_passwords(later(60)).await.unwrap();
    assert_eq!((due.of("passwords"), due.is_full_step()), (1, false));
    assert_eq!(world.raw().count("accounts").await, 2, "its name is not given to another");
    let left = "SELECT COUNT(*) FROM passwords JOIN accounts ON accounts.id = passwords.account_id
        WHERE accounts.deleted_at IS NULL";
    assert_eq!((world.raw().number(left).await, world.raw().count("passwords").await), (1, 1));
}

async fn a_names_failures_are_forgotten_after_half_a_year(world: &World) {
    let (few, many) = (digest(), digest());
    let limits =
        fuxin::store::ReservationLimits { lock_after: 1000, challenge_after: 1000, ..limits() };
    for (name, count) in [(few, 3), (many, 20)] {
        for _ in 0..count {
            let reserved = world.store.reserve_attempt(name, Budget::Other, limits, NOW).await;
            assert!(reserved.unwrap().committed().is_some());
        }
    }
    world
        .store
        .record_failure(digest(), Lifetime::minutes(10), NOW, vec![])
        .await
        .unwrap()
        .committed();
    let half_a_year = NOW.plus(Lifetime::days(180));
    purge(world, half_a_year).await;
    assert_eq!(world.raw().count("name_throttles").await, 2);
    assert_eq!(world.raw().count("source_throttles").await, 0, "its window is over");
    purge(world, half_a_year.plus(Lifetime::seconds(1))).await;
    let left = world.store.name_throttle(&many, &digest(), NOW).await.unwrap();
    assert_eq!(left.consecutive, 20, "on the way to the hard limit");
    assert_eq!(world.raw().count("name_throttles").await, 1);
}

async fn two_nodes_may_purge_at_once(world: &World) {
    let person = world.signed_in("amy").await;
    for _ in 0..50 {
        world.grant(&person).await;
    }
    let (other_node, now) = (world.another_node().await, NOW.plus(Lifetime::days(9)));
    crate::support::at_once(4, |n| {
        let store = if n % 2 == 0 { &world.store } else { &other_node }.clone();
        async move { store.purge(now).await.unwrap() }
    })
    .await;
    other_node.close().await;
    purge(world, now).await;
    assert_eq!((world.raw().count("grants").await, world.raw().count("sessions").await), (0, 0));
}
