//! Passwords: one hash an account, since when it has been that password, and whether it is switched off.

use uuid::Uuid;

use super::Store;
use super::audit_events::{AuditRow, insert_audit};
use super::database::{Decision, Durable, fetch};
use crate::base::id::AccountId;
use crate::base::internal::Internal;
use crate::base::time::Timestamp;

pub(super) const PASSWORD_INSERT: &str =
    "INSERT INTO passwords (account_id, hash, changed_at, disabled_at) VALUES ($1, $2, $3, NULL)";

/// A stronger hash of the same password; not over a password that was changed in between.
pub(super) const PASSWORD_UPGRADE: &str =
    "UPDATE passwords SET hash = $2 WHERE account_id = $1 AND hash = $3 RETURNING account_id";

/// A new password; not over one that was changed after the proof this change rests on.
pub(super) const PASSWORD_CHANGE: &str =
    "UPDATE passwords SET hash = $2, changed_at = $3, disabled_at = NULL
    WHERE account_id = $1 AND hash = $4 RETURNING account_id";

/// An operator let the account in again.
pub(super) const PASSWORD_ENABLE: &str =
    "UPDATE passwords SET disabled_at = NULL WHERE account_id = $1";

const DISABLE: &str = "UPDATE passwords SET disabled_at = $2 WHERE account_id = $1 AND disabled_at IS NULL RETURNING account_id";

impl Store {
    /// Switches a password off after too many consecutive failures. `false` if it was off already. Two statements.
    pub async fn disable_password(
        &self,
        account: AccountId,
        now: Timestamp,
        audit: AuditRow,
    ) -> Result<Durable<bool>, Internal> {
        self.database
            .transaction(move |mut connection| {
                Box::pin(async move {
                    let changed: Option<(Uuid,)> = fetch!(
                        connection,
                        sqlx::query_as(DISABLE).bind(account.uuid()).bind(now.seconds())
                    )?;
                    if changed.is_none() {
                        return Ok(Decision::RollBack(false));
                    }
                    insert_audit(&mut connection, &audit).await?;
                    Ok(Decision::Commit(true))
                })
            })
            .await
    }
}
