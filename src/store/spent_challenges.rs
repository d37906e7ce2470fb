//! Spent human checks: each proof of work and each waiting ticket counts once, until it expires.

use super::Store;
use super::database::Durable;
use crate::base::internal::Internal;
use crate::base::secret::Digest;
use crate::base::time::Timestamp;

const SPEND: &str = "INSERT INTO spent_challenges (digest, expires_at) VALUES ($1, $2)
    ON CONFLICT (digest) DO NOTHING RETURNING expires_at";

impl Store {
    /// Spends a human check. `false` if it was spent before. One statement.
    pub async fn spend_challenge(
        &self,
        digest: Digest,
        expires: Timestamp,
    ) -> Result<Durable<bool>, Internal> {
        self.spend(SPEND, digest, expires).await
    }
}
