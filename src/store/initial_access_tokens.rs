//! Tokens that let somebody register clients. Whether one may register a further one is `registered_clients`' to say.

use uuid::Uuid;

use super::Store;
use super::audit_events::{AuditRow, audited_one};
use super::database::{Decision, Durable, execute, read};
use super::row::row;
use crate::base::id::InitialAccessId;
use crate::base::internal::Internal;
use crate::base::secret::Digest;
use crate::base::time::Timestamp;
use crate::model::registration::InitialAccessRecord;

row! {
    struct Row {
        id: Uuid,
        name: String,
        policy: String,
        clients_left: i64,
        created_at: i64,
        expires_at: i64,
        revoked_at: Option<i64>,
    }
}

impl TryFrom<Row> for InitialAccessRecord {
    type Error = Internal;

    fn try_from(row: Row) -> Result<Self, Internal> {
        Ok(Self {
            id: InitialAccessId::from_uuid(row.id),
            name: row.name,
            policy: serde_json::from_str(&row.policy)
                .map_err(|error| Internal::fault("initial_access_tokens.policy").because(error))?,
            clients_left: u32::try_from(row.clients_left)
                .map_err(|error| Internal::fault("clients_left").because(error))?,
            created_at: Timestamp::from_seconds(row.created_at),
            expires_at: Timestamp::from_seconds(row.expires_at),
            revoked_at: row.revoked_at.map(Timestamp::from_seconds),
        })
    }
}

const INSERT: &str =
    "INSERT INTO initial_access_tokens (id, digest, name, policy, clients_left, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

const FIND: &str = "SELECT id, name, policy, clients_left, created_at, expires_at, revoked_at
    FROM initial_access_tokens WHERE digest = $1";

const LIST: &str = "SELECT id, name, policy, clients_left, created_at, expires_at, revoked_at
    FROM initial_access_tokens WHERE id > $1 ORDER BY id LIMIT $2";

const REVOKE: &str = "UPDATE initial_access_tokens SET revoked_at = $2
    WHERE id = $1 AND revoked_at IS NULL RETURNING id";

impl Store {
    /// Keeps a token that was made. Two statements.
    pub async fn put_initial_access_token(
        &self,
        record: &InitialAccessRecord,
        digest: Digest,
        audit: AuditRow,
    ) -> Result<Durable<()>, Internal> {
        let policy = serde_json::to_string(&record.policy)
            .map_err(|error| Internal::fault("a registration policy").because(error))?;
        let record = record.clone();
        self.audited([audit], move |connection| {
            Box::pin(async move {
                execute!(
                    *connection,
                    sqlx::query(INSERT)
                        .bind(record.id.uuid())
                        .bind(digest.to_vec())
                        .bind(&record.name)
                        .bind(&policy)
                        .bind(i64::from(record.clients_left))
                        .bind(record.created_at.seconds())
                        .bind(record.expires_at.seconds())
                )?;
                Ok(Decision::Commit(()))
            })
        })
        .await
    }

    /// The token of this digest, good or not. One statement.
    pub async fn find_initial_access_token(
        &self,
        digest: Digest,
    ) -> Result<Option<InitialAccessRecord>, Internal> {
        let row: Option<Row> =
            read!(self, |c| sqlx::query_as(FIND).bind(digest.to_vec()).fetch_optional(c))?;
        row.map(InitialAccessRecord::try_from).transpose()
    }

    /// Tokens in the order in which they were made, after `after`. One statement.
    pub async fn list_initial_access_tokens(
        &self,
        after: Option<InitialAccessId>,
        count: u32,
    ) -> Result<Vec<InitialAccessRecord>, Internal> {
        let after = after.map_or(Uuid::nil(), InitialAccessId::uuid);
        let rows: Vec<Row> =
            read!(self, |c| sqlx::query_as(LIST).bind(after).bind(i64::from(count)).fetch_all(c))?;
        rows.into_iter().map(InitialAccessRecord::try_from).collect()
    }

    /// Revokes a token; its clients stay. `false` if there is none, or none that is not revoked. Two statements.
    pub async fn revoke_initial_access_token(
        &self,
        id: InitialAccessId,
        now: Timestamp,
        audit: AuditRow,
    ) -> Result<Durable<bool>, Internal> {
        audited_one!(self, audit, sqlx::query_as(REVOKE).bind(id.uuid()).bind(now.seconds()))
    }
}
