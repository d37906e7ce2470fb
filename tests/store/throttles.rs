//! The throttle's counters: two budgets a name, a lock, a human check, one hard limit over both, and sources.

use fuxin::base::secret::Digest;
use fuxin::base::time::{Lifetime, Timestamp};
use fuxin::store::{Budget, Counters, NameThrottle, Reservation, ReservationLimits};

use crate::support::{NOW, World, at_once, audit, digest, later, limits, on_both_databases};

on_both_databases! {
    a_name_that_nobody_tried_has_no_count,
    attempts_are_counted_before_they_are_judged,
    the_two_budgets_are_apart,
    after_three_failures_a_human_check_is_due,
    the_fifth_failure_locks_its_budget,
    a_lock_that_has_passed_counts_anew,
    over_both_budgets_a_hundred_failures_are_the_limit,
    parallel_attempts_cannot_outrun_the_lock,
    parallel_attempts_cannot_outrun_the_human_check,
    parallel_attempts_on_both_budgets_cannot_outrun_the_hard_limit,
    an_attempt_that_was_not_judged_is_given_back,
    a_lock_is_given_back_with_the_attempt_that_caused_it,
    giving_back_never_leads_below_zero,
    a_success_starts_its_budget_afresh,
    failures_of_a_source_count_together_for_a_while,
    a_source_and_its_audit_rows_are_written_together,
}

const LOCK: Lifetime = Lifetime::minutes(15);

fn with_check() -> ReservationLimits {
    ReservationLimits { challenge_passed: true, ..limits() }
}

async fn reserve_at(
    world: &World,
    name: Digest,
    budget: Budget,
    limits: ReservationLimits,
    now: Timestamp,
) -> Option<Reservation> {
    world.store.reserve_attempt(name, budget, limits, now).await.unwrap().committed()
}

/// A failed attempt: reserved, judged wrong, and left as it is.
async fn fail(world: &World, name: Digest, budget: Budget) -> Option<Reservation> {
    reserve_at(world, name, budget, with_check(), NOW).await
}

async fn state(world: &World, name: Digest) -> NameThrottle {
    world.store.name_throttle(&name, &digest(), NOW).await.unwrap()
}

async fn a_name_that_nobody_tried_has_no_count(world: &World) {
    let state = state(world, digest()).await;
    assert_eq!((state.known, state.other), (Counters::default(), Counters::default()));
    assert_eq!((state.consecutive, state.source_failures), (0, 0));
    assert_eq!(world.raw().count("name_throttles").await, 0, "looking leaves no row");
}

async fn attempts_are_counted_before_they_are_judged(world: &World) {
    let name = digest();
    for count in 1..=3 {
        let reservation = reserve_at(world, name, Budget::Other, limits(), NOW).await.unwrap();
        assert_eq!(reservation.counters.failures, count);
        assert_eq!(reservation.consecutive, count);
        assert_eq!(reservation.counters.locked_until, Timestamp::default());
        assert_eq!(state(world, name).await.other, reservation.counters);
    }
}

async fn the_two_budgets_are_apart(world: &World) {
    let name = digest();
    for _ in 0..5 {
        assert!(fail(world, name, Budget::Other).await.is_some());
    }
    assert!(fail(world, name, Budget::Other).await.is_none(), "locked from elsewhere");
    let own = reserve_at(world, name, Budget::KnownDevice, limits(), NOW).await.unwrap();
    assert_eq!(own.counters, Counters { failures: 1, locked_until: Timestamp::default() });
    assert_eq!(own.consecutive, 6);
    assert!(fail(world, digest(), Budget::Other).await.is_some(), "another name");
}

async fn after_three_failures_a_human_check_is_due(world: &World) {
    for budget in [Budget::KnownDevice, Budget::Other] {
        let name = digest();
        for _ in 0..3 {
            assert!(reserve_at(world, name, budget, limits(), NOW).await.is_some());
        }
        assert!(reserve_at(world, name, budget, limits(), NOW).await.is_none());
        assert_eq!(state(world, name).await.consecutive, 3, "what was refused was not counted");
        assert_eq!(fail(world, name, budget).await.unwrap().counters.failures, 4);
    }
}

async fn the_fifth_failure_locks_its_budget(world: &World) {
    for budget in [Budget::KnownDevice, Budget::Other] {
        let name = digest();
        for _ in 0..4 {
            let reservation = fail(world, name, budget).await.unwrap();
            assert_eq!(reservation.counters.locked_until, Timestamp::default());
        }
        let fifth = fail(world, name, budget).await.unwrap();
        assert_eq!(fifth.counters, Counters { failures: 5, locked_until: NOW.plus(LOCK) });
        assert!(fail(world, name, budget).await.is_none());
        let almost = NOW.plus(Lifetime::seconds(15 * 60 - 1));
        assert!(reserve_at(world, name, budget, with_check(), almost).await.is_none());
    }
}

async fn a_lock_that_has_passed_counts_anew(world: &World) {
    let name = digest();
    for _ in 0..5 {
        fail(world, name, Budget::Other).await.unwrap();
    }
    let after = NOW.plus(LOCK);
    for count in 1..=3 {
        let reservation = reserve_at(world, name, Budget::Other, limits(), after).await.unwrap();
        assert_eq!(reservation.counters.failures, count);
        assert_eq!(reservation.counters.locked_until, Timestamp::default());
        assert_eq!(reservation.consecutive, 5 + count, "the count over both goes on");
    }
    assert!(reserve_at(world, name, Budget::Other, limits(), after).await.is_none());
}

/// A-PWD-16
async fn over_both_budgets_a_hundred_failures_are_the_limit(world: &World) {
    let (name, mut now, mut count) = (digest(), NOW, 0);
    for _ in 0..20 {
        for budget in [Budget::KnownDevice, Budget::Other] {
            while let Some(reservation) = reserve_at(world, name, budget, with_check(), now).await {
                count += 1;
                assert_eq!(reservation.consecutive, count);
            }
        }
        now = now.plus(LOCK);
    }
    assert_eq!(count, 100);
    let never = now.plus(Lifetime::days(365));
    for budget in [Budget::KnownDevice, Budget::Other] {
        assert!(reserve_at(world, name, budget, with_check(), never).await.is_none());
    }
}

async fn parallel(world: &World, limits: ReservationLimits, both: bool) -> usize {
    let (name, other_node) = (digest(), world.another_node().await);
    let reserved = at_once(64, |n| {
        let store = if n % 2 == 0 { &world.store } else { &other_node }.clone();
        let budget = if both && n % 4 < 2 { Budget::KnownDevice } else { Budget::Other };
        async move { store.reserve_attempt(name, budget, limits, NOW).await.unwrap().committed() }
    })
    .await;
    other_node.close().await;
    let won = reserved.iter().flatten().count();
    let counted = state(world, name).await.consecutive;
    assert_eq!(usize::try_from(counted).unwrap(), won, "each that was let in was counted");
    won
}

async fn parallel_attempts_cannot_outrun_the_lock(world: &World) {
    assert_eq!(parallel(world, with_check(), false).await, 5);
    assert_eq!(parallel(world, with_check(), true).await, 10);
}

async fn parallel_attempts_cannot_outrun_the_human_check(world: &World) {
    assert_eq!(parallel(world, limits(), false).await, 3);
}

async fn parallel_attempts_on_both_budgets_cannot_outrun_the_hard_limit(world: &World) {
    let limits = ReservationLimits { lock_after: 1000, hard_limit: 17, ..with_check() };
    assert_eq!(parallel(world, limits, true).await, 17);
}

async fn an_attempt_that_was_not_judged_is_given_back(world: &World) {
    for budget in [Budget::KnownDevice, Budget::Other] {
        let name = digest();
        fail(world, name, budget).await.unwrap();
        let hung = fail(world, name, budget).await.unwrap();
        fail(world, name, budget).await.unwrap();
        world.store.release_attempt(hung).await.unwrap().committed();
        assert_eq!(state(world, name).await.consecutive, 2);
        let next = reserve_at(world, name, budget, limits(), NOW).await.unwrap();
        assert_eq!((next.counters.failures, next.consecutive), (3, 3));
    }
}

async fn a_lock_is_given_back_with_the_attempt_that_caused_it(world: &World) {
    let name = digest();
    for _ in 0..4 {
        fail(world, name, Budget::Other).await.unwrap();
    }
    let locking = fail(world, name, Budget::Other).await.unwrap();
    world.store.release_attempt(locking).await.unwrap().committed();
    let again = fail(world, name, Budget::Other).await.unwrap();
    assert_eq!(again.counters, Counters { failures: 5, locked_until: NOW.plus(LOCK) });
}

/// A success on one budget while an attempt on the other is under way.
async fn giving_back_never_leads_below_zero(world: &World) {
    let (name, amy) = (digest(), world.account("amy").await);
    let hung = fail(world, name, Budget::Other).await.unwrap();
    let mut success = world.sign_in(amy.id);
    success.reservation = fail(world, name, Budget::KnownDevice).await;
    assert!(world.store.sign_in(success).await.unwrap().committed());
    for _ in 0..2 {
        world.store.release_attempt(hung).await.unwrap().committed();
        let state = state(world, name).await;
        assert_eq!((state.known.failures, state.other.failures, state.consecutive), (0, 0, 0));
    }
}

async fn a_success_starts_its_budget_afresh(world: &World) {
    let (name, amy) = (digest(), world.account("amy").await);
    for _ in 0..5 {
        fail(world, name, Budget::Other).await.unwrap();
    }
    for _ in 0..3 {
        fail(world, name, Budget::KnownDevice).await.unwrap();
    }
    let mut success = world.sign_in(amy.id);
    success.reservation = fail(world, name, Budget::KnownDevice).await;
    assert!(world.store.sign_in(success).await.unwrap().committed());
    let state = state(world, name).await;
    assert_eq!(state.known, Counters::default());
    assert_eq!(state.consecutive, 0);
    assert_eq!(state.other, Counters { failures: 5, locked_until: NOW.plus(LOCK) });
    assert!(reserve_at(world, name, Budget::KnownDevice, limits(), NOW).await.is_some());
}

async fn failures_of_a_source_count_together_for_a_while(world: &World) {
    let (source, window) = (digest(), Lifetime::minutes(10));
    let fail = async |now| {
        world.store.record_failure(source, window, now, vec![]).await.unwrap().committed()
    };
    let failures = async |now| {
        world.store.name_throttle(&digest(), &source, now).await.unwrap().source_failures
    };
    assert_eq!(fail(NOW).await, 1);
    assert_eq!(fail(later(599)).await, 2);
    assert_eq!(failures(later(599)).await, 2);
    assert_eq!(failures(later(600)).await, 0, "the window began with the first");
    assert_eq!(fail(later(600)).await, 1);
    assert_eq!(failures(later(1199)).await, 1);
    assert_eq!(world.raw().count("name_throttles").await, 0);
}

async fn a_source_and_its_audit_rows_are_written_together(world: &World) {
    let (source, window, row) = (digest(), Lifetime::minutes(10), audit());
    let rows = vec![row.clone(), audit()];
    world.store.record_failure(source, window, NOW, rows).await.unwrap().committed();
    assert_eq!(world.raw().count("audit_events").await, 2);
    // The same row again breaks a constraint: the failure is not counted either.
    world.store.record_failure(source, window, NOW, vec![audit(), row]).await.unwrap_err();
    assert_eq!(world.raw().count("audit_events").await, 2);
    assert_eq!(world.raw().number("SELECT failures FROM source_throttles").await, 1);
}
