//! How often a name was tried: one row a submitted name (as a keyed digest, known or not) with two budgets, and one a
//! source. An attempt is reserved before its password is judged, so parallel attempts cannot outrun the count.

use super::Store;
use super::audit_events::AuditRow;
use super::database::{Connection, Decision, Durable, execute, fetch_one, read, write_one};
use super::row::row;
use crate::base::internal::Internal;
use crate::base::secret::Digest;
use crate::base::time::{Lifetime, Timestamp};

/// Which budget an attempt draws on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// A device that has signed in to this account before.
    KnownDevice,
    /// All others together.
    Other,
}

/// One budget's counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Failures (and attempts under way) in a row.
    pub failures: i64,
    /// Locked until then; 1970 if not.
    pub locked_until: Timestamp,
}

/// What is known of a name and a source before an attempt.
#[derive(Clone, Copy, Debug, Default)]
pub struct NameThrottle {
    /// The budget of devices that have signed in.
    pub known: Counters,
    /// The budget of all others.
    pub other: Counters,
    /// Failures in a row over both.
    pub consecutive: i64,
    /// Failures of the source in its running window.
    pub source_failures: i64,
}

/// An attempt that has been counted and is not judged yet.
#[derive(Clone, Copy, Debug)]
pub struct Reservation {
    /// The name's digest.
    pub name: Digest,
    /// The budget it drew on.
    pub budget: Budget,
    /// The count with this attempt in it.
    pub counters: Counters,
    /// The count over both budgets with this attempt in it.
    pub consecutive: i64,
}

const READ: &str = "SELECT COALESCE(t.known_failures, 0) AS known_failures,
    COALESCE(t.known_locked_until, 0) AS known_locked_until, COALESCE(t.other_failures, 0) AS other_failures,
    COALESCE(t.other_locked_until, 0) AS other_locked_until, COALESCE(t.consecutive, 0) AS consecutive,
    COALESCE((SELECT failures FROM source_throttles WHERE source_digest = $2 AND window_ends_at > $3), 0)
    AS source_failures FROM (SELECT 1 AS here) AS one LEFT JOIN name_throttles AS t ON t.name_digest = $1";

/// `$1` name, `$2` now, `$3` lock after, `$4` locked until, `$5` hard limit, `$6` challenge after, `$7` challenge passed.
/// A lock that has passed counts anew from one. The names of the two budgets' columns are the only difference.
macro_rules! reserve {
    ($first:literal, $failures:literal, $locked:literal) => {
        concat!(
            "INSERT INTO name_throttles (name_digest, known_failures, known_locked_until, other_failures,
             other_locked_until, consecutive, updated_at) VALUES ($1, ", $first, ", 1, $2)
             ON CONFLICT (name_digest) DO UPDATE SET ",
            $failures, " = CASE WHEN name_throttles.", $locked, " > 0 THEN 1 ELSE name_throttles.", $failures, " + 1 END, ",
            $locked, " = CASE WHEN name_throttles.", $locked, " = 0 AND name_throttles.", $failures, " + 1 >= $3
             THEN $4 ELSE 0 END, consecutive = name_throttles.consecutive + 1, updated_at = $2
             WHERE name_throttles.", $locked, " <= $2 AND name_throttles.consecutive < $5
             AND (name_throttles.", $locked, " > 0 OR name_throttles.", $failures, " < $6 OR $7)
             RETURNING ", $failures, " AS failures, ", $locked, " AS locked_until, consecutive"
        )
    };
}
const RESERVE_KNOWN: &str = reserve!("1, 0, 0, 0", "known_failures", "known_locked_until");
const RESERVE_OTHER: &str = reserve!("0, 0, 1, 0", "other_failures", "other_locked_until");

const SETTLE_KNOWN: &str =
    "UPDATE name_throttles SET known_failures = 0, known_locked_until = 0, consecutive = 0,
    updated_at = $2 WHERE name_digest = $1";
const SETTLE_OTHER: &str =
    "UPDATE name_throttles SET other_failures = 0, other_locked_until = 0, consecutive = 0,
    updated_at = $2 WHERE name_digest = $1";

/// An attempt that was not judged wrong is given back, and the lock with it: the count is below it again. A success on the
/// other budget may have set the count over both to zero in between.
macro_rules! release {
    ($failures:literal, $locked:literal) => {
        concat!(
            "UPDATE name_throttles SET ",
            $failures,
            " = ",
            $failures,
            " - 1, ",
            $locked,
            " = 0,
             consecutive = CASE WHEN consecutive > 0 THEN consecutive - 1 ELSE 0 END
             WHERE name_digest = $1 AND ",
            $failures,
            " > 0 RETURNING consecutive"
        )
    };
}
const RELEASE_KNOWN: &str = release!("known_failures", "known_locked_until");
const RELEASE_OTHER: &str = release!("other_failures", "other_locked_until");

const COUNT_SOURCE: &str = "INSERT INTO source_throttles (source_digest, failures, window_ends_at) VALUES ($1, 1, $3)
    ON CONFLICT (source_digest) DO UPDATE SET
    failures = CASE WHEN source_throttles.window_ends_at <= $2 THEN 1 ELSE source_throttles.failures + 1 END,
    window_ends_at = CASE WHEN source_throttles.window_ends_at <= $2 THEN $3 ELSE source_throttles.window_ends_at END
    RETURNING failures";

const FORGET: &str = "DELETE FROM name_throttles WHERE name_digest = $1";

row! {
    struct Row {
        known_failures: i64,
        known_locked_until: i64,
        other_failures: i64,
        other_locked_until: i64,
        consecutive: i64,
        source_failures: i64,
    }
}

/// The limits that an attempt is reserved under.
#[derive(Clone, Copy, Debug)]
pub struct ReservationLimits {
    /// The attempt that locks.
    pub lock_after: i64,
    /// For how long.
    pub lock: Lifetime,
    /// Failures after which a human check is due.
    pub challenge_after: i64,
    /// Consecutive failures after which nothing is tried any more.
    pub hard_limit: i64,
    /// Whether a human check was passed for this attempt.
    pub challenge_passed: bool,
}

impl Store {
    /// What is known of a name and a source. One statement.
    pub async fn name_throttle(
        &self,
        name: &Digest,
        source: &Digest,
        now: Timestamp,
    ) -> Result<NameThrottle, Internal> {
        let row: Row = read!(self, |c| sqlx::query_as(READ)
            .bind(name.to_vec())
            .bind(source.to_vec())
            .bind(now.seconds())
            .fetch_one(c))?;
        let counters =
            |failures, until| Counters { failures, locked_until: Timestamp::from_seconds(until) };
        Ok(NameThrottle {
            known: counters(row.known_failures, row.known_locked_until),
            other: counters(row.other_failures, row.other_locked_until),
            consecutive: row.consecutive,
            source_failures: row.source_failures,
        })
    }

    /// Counts an attempt before it is judged. `None` if the budget is locked, used up, or a human check is due. One
    /// statement.
    pub async fn reserve_attempt(
        &self,
        name: Digest,
        budget: Budget,
        limits: ReservationLimits,
        now: Timestamp,
    ) -> Result<Durable<Option<Reservation>>, Internal> {
        let text = match budget {
            Budget::KnownDevice => RESERVE_KNOWN,
            Budget::Other => RESERVE_OTHER,
        };
        let reserved: Durable<Option<(i64, i64, i64)>> = write_one!(
            self,
            sqlx::query_as(text)
                .bind(name.to_vec())
                .bind(now.seconds())
                .bind(limits.lock_after)
                .bind(now.plus(limits.lock).seconds())
                .bind(limits.hard_limit)
                .bind(limits.challenge_after)
                .bind(limits.challenge_passed)
        )?;
        Ok(reserved.map(|row| {
            row.map(|(failures, until, consecutive)| Reservation {
                name,
                budget,
                counters: Counters { failures, locked_until: Timestamp::from_seconds(until) },
                consecutive,
            })
        }))
    }

    /// Gives back an attempt that was not judged wrong. One statement.
    pub async fn release_attempt(&self, reservation: Reservation) -> Result<Durable<()>, Internal> {
        let text = match reservation.budget {
            Budget::KnownDevice => RELEASE_KNOWN,
            Budget::Other => RELEASE_OTHER,
        };
        let released: Durable<Option<(i64,)>> =
            write_one!(self, sqlx::query_as(text).bind(reservation.name.to_vec()))?;
        Ok(released.map(drop))
    }

    /// Records a failed attempt: the source's count and the audit rows. Two or more statements.
    pub async fn record_failure(
        &self,
        source: Digest,
        window: Lifetime,
        now: Timestamp,
        audit: Vec<AuditRow>,
    ) -> Result<Durable<i64>, Internal> {
        self.audited(audit, move |connection| {
            Box::pin(async move {
                let (failures,): (i64,) = fetch_one!(
                    *connection,
                    sqlx::query_as(COUNT_SOURCE)
                        .bind(source.to_vec())
                        .bind(now.seconds())
                        .bind(now.plus(window).seconds())
                )?;
                Ok(Decision::Commit(failures))
            })
        })
        .await
    }
}

/// A success: its budget starts afresh, and so does the count over both. One statement.
pub(super) async fn settle(
    connection: &mut Connection<'_>,
    reservation: &Reservation,
    now: Timestamp,
) -> sqlx::Result<()> {
    let text = match reservation.budget {
        Budget::KnownDevice => SETTLE_KNOWN,
        Budget::Other => SETTLE_OTHER,
    };
    execute!(*connection, sqlx::query(text).bind(reservation.name.to_vec()).bind(now.seconds()))
}

/// Forgets what is known of a name: an operator unlocked it. One statement.
pub(super) async fn forget(connection: &mut Connection<'_>, name: &Digest) -> sqlx::Result<()> {
    execute!(*connection, sqlx::query(FORGET).bind(name.to_vec()))
}
