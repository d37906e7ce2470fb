//! Access tokens revoked one by one (RFC 7009), by their own id, until they would have expired.

use uuid::Uuid;

use super::Store;
use super::audit_events::AuditRow;
use super::database::{Decision, Durable, execute, read};
use crate::base::internal::Internal;
use crate::base::time::Timestamp;

const INSERT: &str = "INSERT INTO revoked_access_tokens (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";

const FIND: &str = "SELECT expires_at FROM revoked_access_tokens WHERE id = $1";

impl Store {
    /// Revokes one access token; again is no error. Two statements.
    pub async fn revoke_access_token(
        &self,
        id: Uuid,
        expires: Timestamp,
        audit: AuditRow,
    ) -> Result<Durable<()>, Internal> {
        self.audited([audit], move |connection| {
            Box::pin(async move {
                execute!(*connection, sqlx::query(INSERT).bind(id).bind(expires.seconds()))?;
                Ok(Decision::Commit(()))
            })
        })
        .await
    }

    /// Whether a token that hangs on no grant (client_credentials) was revoked. One statement.
    pub async fn is_access_token_revoked(&self, id: Uuid) -> Result<bool, Internal> {
        let row: Option<(i64,)> = read!(self, |c| sqlx::query_as(FIND).bind(id).fetch_optional(c))?;
        Ok(row.is_some())
    }
}
