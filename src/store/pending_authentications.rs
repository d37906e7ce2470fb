//! Passwords proved while a further step is due (an expired password must be changed): never a session.

use uuid::Uuid;

use super::Store;
use super::audit_events::AuditRow;
use super::database::{Decision, Durable, execute, read};
use super::messages::insert_message;
use super::row::row;
use super::throttles::{Reservation, settle};
use crate::base::id::{AccountId, GrantId, PendingId};
use crate::base::internal::Internal;
use crate::base::secret::Digest;
use crate::base::time::Timestamp;
use crate::model::message::Message;

/// A pending step to be written.
#[derive(Debug)]
pub struct NewPending {
    /// The row.
    pub id: PendingId,
    /// Whose password was proved.
    pub account: AccountId,
    /// In which interaction.
    pub interaction: GrantId,
    /// The digest of the secret that its bearer holds.
    pub secret: Digest,
    /// When it lapses.
    pub expires_at: Timestamp,
    /// When it is written.
    pub now: Timestamp,
    /// The throttle's reservation, settled as a success: the password was right.
    pub reservation: Reservation,
    /// What is told of it.
    pub audit: AuditRow,
    /// What its owner is told.
    pub message: Option<Message>,
}

/// A pending step that waits.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The row.
    pub id: PendingId,
    /// Whose password was proved.
    pub account_name: String,
    /// In which interaction.
    pub interaction: GrantId,
}

const INSERT: &str = "INSERT INTO pending_authentications
    (id, account_id, interaction_id, secret_digest, step, authentication, expires_at, consumed_at)
    VALUES ($1, $2, $3, $4, 'change_password', 'password', $5, NULL)";

const FIND: &str = "SELECT pending_authentications.id AS id, accounts.name AS account_name,
    pending_authentications.interaction_id AS interaction_id
    FROM pending_authentications JOIN accounts ON accounts.id = pending_authentications.account_id
    WHERE pending_authentications.secret_digest = $1 AND pending_authentications.consumed_at IS NULL
    AND pending_authentications.expires_at > $2";

/// Used up by the sign-in that it leads to, once.
pub(super) const PENDING_CONSUME: &str = "UPDATE pending_authentications SET consumed_at = $2
    WHERE id = $1 AND consumed_at IS NULL AND expires_at > $2 RETURNING id";

row! {
    struct Row {
        id: Uuid,
        account_name: String,
        interaction_id: Uuid,
    }
}

impl Store {
    /// Notes a proved password whose further step is due. Three or four statements.
    pub async fn insert_pending(&self, new: NewPending) -> Result<Durable<()>, Internal> {
        let message = self.sealed_message(new.message.as_ref())?;
        let NewPending {
            id,
            account,
            interaction,
            secret,
            expires_at,
            now,
            reservation,
            audit,
            ..
        } = new;
        self.audited([audit], move |connection| {
            Box::pin(async move {
                execute!(
                    *connection,
                    sqlx::query(INSERT)
                        .bind(id.uuid())
                        .bind(account.uuid())
                        .bind(interaction.uuid())
                        .bind(secret.to_vec())
                        .bind(expires_at.seconds())
                )?;
                settle(connection, &reservation, now).await?;
                insert_message(connection, message.as_ref()).await?;
                Ok(Decision::Commit(()))
            })
        })
        .await
    }

    /// The pending step behind a secret. One statement.
    pub async fn find_pending(
        &self,
        secret: &Digest,
        now: Timestamp,
    ) -> Result<Option<Pending>, Internal> {
        let row: Option<Row> = read!(self, |c| sqlx::query_as(FIND)
            .bind(secret.to_vec())
            .bind(now.seconds())
            .fetch_optional(c))?;
        Ok(row.map(|row| Pending {
            id: PendingId::from_uuid(row.id),
            account_name: row.account_name,
            interaction: GrantId::from_uuid(row.interaction_id),
        }))
    }
}
