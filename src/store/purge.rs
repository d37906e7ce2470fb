//! Removing what has no meaning any more, in small steps that hold no lock for long.

use super::Store;
use super::database::{Decision, execute, fetch_all};
use crate::base::internal::Internal;
use crate::base::time::{Lifetime, Timestamp};

/// How many grants one step removes at most: it shares the writer with everyone.
const STEP: i64 = 500;
/// A grant or session is kept that long after its end, for the service desk.
const KEPT: Lifetime = Lifetime::days(1);
/// A name that nobody failed at for so long starts afresh, unless its count is on the way to the hard limit.
const NAME_KEPT: Lifetime = Lifetime::days(180);

/// A message is kept for a month: as long as somebody who was told something comes back with a question. After that it
/// is personal data without a use.
const MESSAGE_KEPT: Lifetime = Lifetime::days(30);

const GRANTS: &str = "DELETE FROM grants WHERE id IN (SELECT id FROM grants WHERE expires_at < $1 LIMIT $2) RETURNING id";

/// A session goes after its grants: an offline grant may outlive it by far.
const SESSIONS: &str = "DELETE FROM sessions WHERE id IN (SELECT sessions.id FROM sessions
    WHERE sessions.expires_at < $1 AND NOT EXISTS (SELECT 1 FROM grants WHERE grants.session_id = sessions.id) LIMIT $2)
    RETURNING id";

const BY_EXPIRY: [&str; 5] = [
    "DELETE FROM pending_authentications WHERE expires_at < $1",
    "DELETE FROM revoked_access_tokens WHERE expires_at < $1",
    "DELETE FROM client_assertions WHERE expires_at < $1",
    "DELETE FROM spent_challenges WHERE expires_at < $1",
    "DELETE FROM source_throttles WHERE window_ends_at < $1",
];

const NAMES: &str = "DELETE FROM name_throttles WHERE updated_at < $1 AND consecutive < 20";

const MESSAGES: &str = "DELETE FROM messages WHERE created_at < $1";

/// What one step removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purged {
    /// Grants.
    pub grants: usize,
    /// Sessions.
    pub sessions: usize,
}

impl Purged {
    /// Whether there may be more to remove.
    pub fn is_full_step(self) -> bool {
        let step = usize::try_from(STEP).unwrap_or(usize::MAX);
        self.grants == step || self.sessions == step
    }
}

impl Store {
    /// Removes one step of what has ended. Nine statements.
    pub async fn purge(&self, now: Timestamp) -> Result<Purged, Internal> {
        self.database
            .transaction(move |mut connection| {
                Box::pin(async move {
                    let ended = now.minus(KEPT).seconds();
                    let grants: Vec<(uuid::Uuid,)> =
                        fetch_all!(connection, sqlx::query_as(GRANTS).bind(ended).bind(STEP))?;
                    let sessions: Vec<(uuid::Uuid,)> =
                        fetch_all!(connection, sqlx::query_as(SESSIONS).bind(ended).bind(STEP))?;
                    for text in BY_EXPIRY {
                        execute!(connection, sqlx::query(text).bind(now.seconds()))?;
                    }
                    execute!(connection, sqlx::query(NAMES).bind(now.minus(NAME_KEPT).seconds()))?;
                    let told = now.minus(MESSAGE_KEPT).seconds();
                    execute!(connection, sqlx::query(MESSAGES).bind(told))?;
                    Ok(Decision::Commit(Purged { grants: grants.len(), sessions: sessions.len() }))
                })
            })
            .await
            .map(super::Durable::committed)
    }
}
