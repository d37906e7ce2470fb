//! Removing what has no meaning any more, in small steps that hold no lock for long.
//!
//! A step is one statement a table, each a write of its own: on SQLite others are served between them, on PostgreSQL
//! each has the time of a statement.

use super::Store;
use super::database::fetch_all;
use crate::base::internal::Internal;
use crate::base::time::{Lifetime, Timestamp};

/// How many rows of a table one step removes at most.
const STEP: i64 = 500;
/// A grant or session is kept that long after its end, for the service desk.
const KEPT: Lifetime = Lifetime::days(1);
/// A name that nobody failed at for so long starts afresh, unless its count is on the way to the hard limit.
const NAME_KEPT: Lifetime = Lifetime::days(180);
/// A message is kept for a month: as long as somebody who was told something comes back with a question. After that it
/// is personal data without a use.
const MESSAGE_KEPT: Lifetime = Lifetime::days(30);

/// A table, and the statement that removes `$2` of its rows that had ended at `$1`.
type Removal = (&'static str, &'static str);

macro_rules! removal {
    ($table:literal by $key:literal where $ended:literal) => {
        (
            $table,
            concat!(
                "DELETE FROM ",
                $table,
                " WHERE ",
                $key,
                " IN (SELECT ",
                $key,
                " FROM ",
                $table,
                " WHERE ",
                $ended,
                " LIMIT $2) RETURNING CAST(1 AS BIGINT)"
            ),
        )
    };
}

/// Each with how long its rows are kept after what it compares with. A session goes after its grants: an offline grant
/// may outlive it by far.
const REMOVALS: [(Removal, Lifetime); 9] = [
    (removal!("grants" by "id" where "expires_at < $1"), KEPT),
    (
        removal!("sessions" by "id" where "expires_at < $1
            AND NOT EXISTS (SELECT 1 FROM grants WHERE grants.session_id = sessions.id)"),
        KEPT,
    ),
    (removal!("pending_authentications" by "id" where "expires_at < $1"), AT_ONCE),
    (removal!("revoked_access_tokens" by "id" where "expires_at < $1"), AT_ONCE),
    (removal!("client_assertions" by "digest" where "expires_at < $1"), AT_ONCE),
    (removal!("spent_challenges" by "digest" where "expires_at < $1"), AT_ONCE),
    (removal!("source_throttles" by "source_digest" where "window_ends_at < $1"), AT_ONCE),
    (
        removal!("name_throttles" by "name_digest" where "updated_at < $1 AND consecutive < 20"),
        NAME_KEPT,
    ),
    (removal!("messages" by "id" where "created_at < $1"), MESSAGE_KEPT),
];
const AT_ONCE: Lifetime = Lifetime::seconds(0);

/// The password of an account that was deleted.
const PASSWORDS: Removal = removal!("passwords" by "account_id" where "account_id IN
    (SELECT accounts.id FROM accounts WHERE accounts.deleted_at <= $1)");

/// What one step removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purged(Vec<(&'static str, usize)>);

impl Purged {
    /// How many rows of a table.
    pub fn of(&self, table: &str) -> usize {
        self.0.iter().filter(|(purged, _)| *purged == table).map(|(_, rows)| rows).sum()
    }

    /// Whether there may be more to remove.
    pub fn is_full_step(&self) -> bool {
        self.0.iter().any(|(_, rows)| i64::try_from(*rows).is_ok_and(|rows| rows >= STEP))
    }
}

impl Store {
    /// Removes one step of what has ended. Nine statements, each by itself.
    pub async fn purge(&self, now: Timestamp) -> Result<Purged, Internal> {
        let mut purged = Purged::default();
        for (removal, kept) in REMOVALS {
            purged.0.push(self.remove(removal, now.minus(kept)).await?);
        }
        Ok(purged)
    }

    /// Removes one step of the passwords of accounts that were deleted at `deleted` or before. One statement.
    pub async fn purge_passwords(&self, deleted: Timestamp) -> Result<Purged, Internal> {
        Ok(Purged(vec![self.remove(PASSWORDS, deleted).await?]))
    }

    async fn remove(
        &self,
        (table, text): Removal,
        ended: Timestamp,
    ) -> Result<(&'static str, usize), Internal> {
        let ended = ended.seconds();
        let rows = self
            .database
            .write(move |mut connection| {
                Box::pin(async move {
                    let rows: Vec<(i64,)> =
                        fetch_all!(connection, sqlx::query_as(text).bind(ended).bind(STEP))?;
                    Ok(rows.len())
                })
            })
            .await?;
        Ok((table, rows.committed()))
    }
}
