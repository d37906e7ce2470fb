//! Spent client assertions (RFC 7523 §3): each `jti` of a client counts once, on every node, until it expires.

use super::Store;
use super::database::{Durable, write_one};
use crate::base::internal::Internal;
use crate::base::secret::Digest;
use crate::base::time::Timestamp;

const SPEND: &str = "INSERT INTO client_assertions (digest, expires_at) VALUES ($1, $2)
    ON CONFLICT (digest) DO NOTHING RETURNING expires_at";

impl Store {
    /// Spends an assertion. `false` if it was spent before. One statement.
    pub async fn spend_client_assertion(
        &self,
        digest: Digest,
        expires: Timestamp,
    ) -> Result<Durable<bool>, Internal> {
        self.spend(SPEND, digest, expires).await
    }

    /// One guarded statement that the first of all racers wins.
    pub(super) async fn spend(
        &self,
        text: &'static str,
        digest: Digest,
        expires: Timestamp,
    ) -> Result<Durable<bool>, Internal> {
        let spent: Durable<Option<(i64,)>> =
            write_one!(self, sqlx::query_as(text).bind(digest.to_vec()).bind(expires.seconds()))?;
        Ok(spent.map(|row| row.is_some()))
    }
}
