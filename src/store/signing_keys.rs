//! Signing keys: private parts sealed, one row a key, its life told by four times.
//!
//! Published (a successor, not yet used), activated (signs), retired (verifies only), expired (no token of its can
//! live; it is no longer published).

use uuid::Uuid;

use super::Store;
use super::audit_events::{AuditRow, insert_audit};
use super::database::{Decision, Durable, execute, fetch, read};
use super::row::row;
use super::versions::VERSION_RAISE;
use crate::base::id::SigningKeyId;
use crate::base::internal::Internal;
use crate::base::time::Timestamp;

row! {
    /// A key's row.
    #[derive(Clone, Debug)]
    pub struct SigningKeyRecord {
        /// The row's id.
        pub id: Uuid,
        /// The `kid` that tokens name.
        pub kid: String,
        /// `ES256` or `RS256`.
        pub algorithm: String,
        /// The sealed private JWK.
        pub private_key: Vec<u8>,
        /// Since when it is in the published set.
        pub published_at: i64,
        /// Since when it signs.
        pub activated_at: Option<i64>,
        /// Since when it only verifies.
        pub retired_at: Option<i64>,
        /// When it leaves the published set.
        pub expires_at: Option<i64>,
    }
}

const LIST: &str =
    "SELECT id, kid, algorithm, private_key, published_at, activated_at, retired_at, expires_at
    FROM signing_keys WHERE expires_at IS NULL OR expires_at > $1 ORDER BY published_at, id";

const INSERT: &str = "INSERT INTO signing_keys
    (id, kid, algorithm, private_key, published_at, activated_at, retired_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

const RETIRE: &str = "UPDATE signing_keys SET retired_at = $2, expires_at = $3
    WHERE algorithm = $1 AND activated_at IS NOT NULL AND retired_at IS NULL";

/// Only while it still waits: of two rotations at once, one wins.
const ACTIVATE: &str =
    "UPDATE signing_keys SET activated_at = $2 WHERE id = $1 AND activated_at IS NULL RETURNING id";

impl Store {
    /// Every key that is published now. One statement.
    pub async fn list_signing_keys(
        &self,
        now: Timestamp,
    ) -> Result<Vec<SigningKeyRecord>, Internal> {
        read!(self, |c| sqlx::query_as(LIST).bind(now.seconds()).fetch_all(c))
    }

    /// Adds keys; every node reads them within a second. A statement a key, and two.
    pub async fn insert_signing_keys(
        &self,
        keys: Vec<SigningKeyRecord>,
        audit: AuditRow,
    ) -> Result<Durable<()>, Internal> {
        self.database
            .transaction(move |mut connection| {
                Box::pin(async move {
                    for key in &keys {
                        insert(&mut connection, key).await?;
                    }
                    execute!(connection, sqlx::query(VERSION_RAISE).bind("signing_keys"))?;
                    insert_audit(&mut connection, &audit).await?;
                    Ok(Decision::Commit(()))
                })
            })
            .await
    }

    /// Activates the waiting key, retires the active one until `expires`, publishes `next`. `false` if another rotation
    /// came first. Five statements.
    pub async fn rotate_signing_key(
        &self,
        waiting: SigningKeyId,
        next: SigningKeyRecord,
        now: Timestamp,
        expires: Timestamp,
        audit: AuditRow,
    ) -> Result<Durable<bool>, Internal> {
        self.database
            .transaction(move |mut connection| {
                Box::pin(async move {
                    execute!(
                        connection,
                        sqlx::query(RETIRE)
                            .bind(&next.algorithm)
                            .bind(now.seconds())
                            .bind(expires.seconds())
                    )?;
                    let activated: Option<(Uuid,)> = fetch!(
                        connection,
                        sqlx::query_as(ACTIVATE).bind(waiting.uuid()).bind(now.seconds())
                    )?;
                    if activated.is_none() {
                        return Ok(Decision::RollBack(false));
                    }
                    insert(&mut connection, &next).await?;
                    execute!(connection, sqlx::query(VERSION_RAISE).bind("signing_keys"))?;
                    insert_audit(&mut connection, &audit).await?;
                    Ok(Decision::Commit(true))
                })
            })
            .await
    }
}

async fn insert(
    connection: &mut super::database::Connection<'_>,
    key: &SigningKeyRecord,
) -> sqlx::Result<()> {
    execute!(
        *connection,
        sqlx::query(INSERT)
            .bind(key.id)
            .bind(&key.kid)
            .bind(&key.algorithm)
            .bind(&key.private_key)
            .bind(key.published_at)
            .bind(key.activated_at)
            .bind(key.retired_at)
            .bind(key.expires_at)
    )
}
