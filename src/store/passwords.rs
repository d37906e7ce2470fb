//! Passwords: one hash an account, since when it has been that password, and whether it is switched off.

use super::Store;
use super::audit_events::{AuditRow, audited_one};
use super::database::Durable;
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
        audited_one!(self, audit, sqlx::query_as(DISABLE).bind(account.uuid()).bind(now.seconds()))
    }
}
