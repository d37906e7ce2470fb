//! Our keys, to sign and to decrypt with: private parts sealed, one row a key, its life told by four times.
//!
//! Published (a successor, not yet used), activated (signs), retired (verifies only), expired (no token of its can
//! live; it is no longer published). A key that decrypts is activated as long as it is there.

use uuid::Uuid;

use super::Store;
use super::audit_events::AuditRow;
use super::database::{Connection, Decision, Durable, execute, fetch, read};
use super::row::row;
use super::versions::{VERSION_RAISE, VERSION_RAISE_FROM};
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
        /// The `alg` of what it signs (ES256, RS256, PS256, EdDSA) or decrypts (RSA-OAEP-256, ECDH-ES).
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

/// Only the key that was judged due, and only while it signs: of two rotations for the same reason, one wins.
const RETIRE: &str = "UPDATE signing_keys SET retired_at = $2, expires_at = $3
    WHERE id = $1 AND activated_at IS NOT NULL AND retired_at IS NULL RETURNING id";

/// Only while it still waits.
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

    /// Adds keys, unless the keys changed since their version was `seen`; every node reads them within a second.
    /// `false` if another node came first. A statement a key, and two.
    pub async fn insert_signing_keys(
        &self,
        keys: Vec<SigningKeyRecord>,
        seen: i64,
        audit: AuditRow,
    ) -> Result<Durable<bool>, Internal> {
        self.audited([audit], move |connection| {
            Box::pin(async move {
                let raised: Option<(i64,)> = fetch!(
                    *connection,
                    sqlx::query_as(VERSION_RAISE_FROM).bind("signing_keys").bind(seen)
                )?;
                if raised.is_some() {
                    for key in &keys {
                        insert(connection, key).await?;
                    }
                }
                Ok(Decision::by(raised))
            })
        })
        .await
    }

    /// Retires the first key until `expires`, activates the second, which waits, and publishes `next`. `false` if the
    /// first no longer signs or the second no longer waits: another rotation came first. Five statements.
    pub async fn rotate_signing_key(
        &self,
        (active, waiting): (SigningKeyId, SigningKeyId),
        next: SigningKeyRecord,
        now: Timestamp,
        expires: Timestamp,
        audit: AuditRow,
    ) -> Result<Durable<bool>, Internal> {
        self.audited([audit], move |connection| {
            Box::pin(async move {
                let retired: Option<(Uuid,)> = fetch!(
                    *connection,
                    sqlx::query_as(RETIRE)
                        .bind(active.uuid())
                        .bind(now.seconds())
                        .bind(expires.seconds())
                )?;
                let activated: Option<(Uuid,)> = fetch!(
                    *connection,
                    sqlx::query_as(ACTIVATE).bind(waiting.uuid()).bind(now.seconds())
                )?;
                if retired.is_none() || activated.is_none() {
                    return Ok(Decision::RollBack(false));
                }
                insert(connection, &next).await?;
                execute!(*connection, sqlx::query(VERSION_RAISE).bind("signing_keys"))?;
                Ok(Decision::Commit(true))
            })
        })
        .await
    }
}

async fn insert(connection: &mut Connection<'_>, key: &SigningKeyRecord) -> sqlx::Result<()> {
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
