//! Remembered consents: one row for an account and a client, replaced by a later consent.

use super::Store;
use super::audit_events::AuditRow;
use super::database::{Decision, Durable, execute, fetch};
use super::row::row;
use crate::base::id::{AccountId, ClientId};
use crate::base::internal::Internal;
use crate::base::secret::Digest;
use crate::base::time::Timestamp;
use crate::model::consent::Consent;

row! {
    /// The columns of a consent in any left join; `consent_columns!` is their text.
    pub(super) struct ConsentColumns {
        consent_scope: Option<String>,
        consent_claims: Option<String>,
        consent_client: Option<Vec<u8>>,
        consent_given_at: Option<i64>,
    }
}

macro_rules! consent_columns {
    () => {
        "consents.scope AS consent_scope, consents.claims AS consent_claims, \
         consents.client_digest AS consent_client, consents.given_at AS consent_given_at"
    };
}
pub(super) use consent_columns;

impl ConsentColumns {
    /// The consent, if the left join found one.
    pub(super) fn decoded(self) -> Result<Option<Consent>, Internal> {
        let (Some(scope), Some(claims), Some(client), Some(given_at)) =
            (self.consent_scope, self.consent_claims, self.consent_client, self.consent_given_at)
        else {
            return Ok(None);
        };
        Ok(Some(Consent {
            scope: scope.parse().map_err(|_| Internal::fault("consents.scope"))?,
            claims: serde_json::from_str(&claims)
                .map_err(|error| Internal::fault("consents.claims").because(error))?,
            client: Digest::from_slice(&client)
                .ok_or_else(|| Internal::fault("consents.client_digest"))?,
            given_at: Timestamp::from_seconds(given_at),
        }))
    }
}

const PUT: &str = "INSERT INTO consents (account_id, client_id, scope, claims, client_digest, given_at)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (account_id, client_id) DO UPDATE SET scope = excluded.scope, claims = excluded.claims,
    client_digest = excluded.client_digest, given_at = excluded.given_at";

const WITHDRAW: &str =
    "DELETE FROM consents WHERE account_id = $1 AND client_id = $2 RETURNING given_at";

const REVOKE_GRANTS: &str = "UPDATE grants SET revoked_at = $3
    WHERE account_id = $1 AND client_id = $2 AND revoked_at IS NULL";

impl Store {
    /// Remembers a consent. Two statements.
    pub async fn put_consent(
        &self,
        account: AccountId,
        client: ClientId,
        consent: &Consent,
        audit: AuditRow,
    ) -> Result<Durable<()>, Internal> {
        let scope = consent.scope.to_string();
        let claims = serde_json::to_string(&consent.claims)
            .map_err(|error| Internal::fault("a consent").because(error))?;
        let (digest, at) = (consent.client.to_vec(), consent.given_at);
        self.audited([audit], move |connection| {
            Box::pin(async move {
                execute!(
                    *connection,
                    sqlx::query(PUT)
                        .bind(account.uuid())
                        .bind(client.uuid())
                        .bind(&scope)
                        .bind(&claims)
                        .bind(&digest)
                        .bind(at.seconds())
                )?;
                Ok(Decision::Commit(()))
            })
        })
        .await
    }

    /// Forgets a consent and revokes everything the client holds of the account. `false` if there was none. Three
    /// statements.
    pub async fn withdraw_consent(
        &self,
        account: AccountId,
        client: ClientId,
        now: Timestamp,
        audit: AuditRow,
    ) -> Result<Durable<bool>, Internal> {
        self.audited([audit], move |connection| {
            Box::pin(async move {
                let had: Option<(i64,)> = fetch!(
                    *connection,
                    sqlx::query_as(WITHDRAW).bind(account.uuid()).bind(client.uuid())
                )?;
                execute!(
                    *connection,
                    sqlx::query(REVOKE_GRANTS)
                        .bind(account.uuid())
                        .bind(client.uuid())
                        .bind(now.seconds())
                )?;
                // Grants are revoked, and told, also where there was no consent to forget.
                Ok(Decision::Commit(had.is_some()))
            })
        })
        .await
    }
}
