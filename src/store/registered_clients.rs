//! Clients that registered themselves: registered by a token's count, replaced and deleted by their own token's digest.
//!
//! Every change here is guarded by what its bearer presented, so of two that come at once one wins. A deleted client's row
//! stays without its secrets; nothing finds it any more.

use uuid::Uuid;

use super::Store;
use super::audit_events::AuditRow;
use super::client_logos::{put_logo, remove_logo};
use super::clients::{ClientColumns, ClientRecord, ClientValues};
use super::database::{Connection, Decision, Durable, execute, fetch, read, write_one};
use super::row::row;
use super::versions::VERSION_RAISE;
use crate::base::id::{ClientId, InitialAccessId};
use crate::base::internal::Internal;
use crate::base::secret::Digest;
use crate::base::time::Timestamp;
use crate::model::client::{Client, Logo};
use crate::oauth::registration_policy::RegistrationPolicy;

/// A client that registered itself, and what its further registration goes by.
#[derive(Clone, Debug)]
pub struct RegisteredClient {
    /// The client, and since when.
    pub record: ClientRecord,
    /// The digest of its registration access token.
    pub digest: Digest,
    /// How far the token reaches with which it registered.
    pub policy: RegistrationPolicy,
    /// Whether that token was revoked.
    pub token_revoked: bool,
}

/// What is registered of a client, by whom it may be changed, and when.
#[derive(Clone, Debug)]
pub struct RegistrationChange {
    /// The client.
    pub client: Client,
    /// What becomes of its picture.
    pub logo: LogoChange,
    /// The digest of the registration access token that holds from now on.
    pub digest: Digest,
    /// When it is registered.
    pub now: Timestamp,
}

/// What becomes of a client's picture.
#[derive(Clone, Debug)]
pub enum LogoChange {
    /// It stays as it is, or none.
    Keep,
    /// This one is shown from now on.
    Put(Logo),
    /// None is.
    Remove,
}

impl LogoChange {
    async fn run(&self, connection: &mut Connection<'_>, client: ClientId) -> sqlx::Result<()> {
        match self {
            Self::Keep => Ok(()),
            Self::Put(logo) => put_logo(connection, client, logo).await,
            Self::Remove => remove_logo(connection, client).await,
        }
    }
}

row! {
    struct Row {
        registration_digest: Vec<u8>,
        policy: String,
        token_revoked: bool,
    }
    flatten {
        client: ClientColumns,
    }
}

/// Spends one registration of a token, if it has one.
const TAKE: &str = "UPDATE initial_access_tokens SET clients_left = clients_left - 1
    WHERE id = $1 AND clients_left > 0 AND expires_at > $2 AND revoked_at IS NULL RETURNING id";

const INSERT: &str =
    "INSERT INTO clients (id, metadata, secret_digest, secret_sealed, created_at, updated_at,
    registered_with, registration_digest) VALUES ($1, $2, $3, $4, $5, $5, $6, $7)";

const FIND: &str = "SELECT clients.id AS id, metadata, secret_digest, secret_sealed,
    clients.created_at AS created_at, disabled_at, registration_digest, policy,
    revoked_at IS NOT NULL AS token_revoked
    FROM clients JOIN initial_access_tokens ON initial_access_tokens.id = clients.registered_with
    WHERE clients.id = $1 AND disabled_at IS NULL AND deleted_at IS NULL";

const REPLACE: &str = "UPDATE clients SET metadata = $2, secret_digest = $3, secret_sealed = $4, updated_at = $5,
    registration_digest = $6
    WHERE id = $1 AND registration_digest = $7 AND disabled_at IS NULL AND deleted_at IS NULL
    AND EXISTS (SELECT 1 FROM initial_access_tokens WHERE initial_access_tokens.id = clients.registered_with
    AND initial_access_tokens.revoked_at IS NULL) RETURNING id";

const DELETE: &str = "UPDATE clients SET deleted_at = $2, updated_at = $2, secret_digest = NULL, secret_sealed = NULL,
    registration_digest = NULL
    WHERE id = $1 AND registration_digest = $3 AND disabled_at IS NULL AND deleted_at IS NULL RETURNING id";

const DELETE_UNUSED: &str = "UPDATE clients SET deleted_at = $2, updated_at = $2, secret_digest = NULL, secret_sealed = NULL,
    registration_digest = NULL
    WHERE id = $1 AND registered_with IS NOT NULL AND first_used_at IS NULL AND disabled_at IS NULL AND deleted_at IS NULL
    RETURNING id";

/// Such a client has no grant without a consent, and grants are found by account.
const REVOKE_GRANTS: &str =
    "UPDATE grants SET revoked_at = $2 WHERE client_id = $1 AND revoked_at IS NULL
    AND account_id IN (SELECT consents.account_id FROM consents WHERE consents.client_id = $1)";

const FORGET_CONSENTS: &str = "DELETE FROM consents WHERE client_id = $1";

const UNUSED: &str = "SELECT id FROM clients WHERE created_at < $1 AND registered_with IS NOT NULL
    AND first_used_at IS NULL AND disabled_at IS NULL AND deleted_at IS NULL ORDER BY created_at LIMIT $2";

const USE: &str =
    "UPDATE clients SET first_used_at = $2 WHERE id = $1 AND first_used_at IS NULL RETURNING id";

impl Store {
    /// Registers a client with a token, which has one registration less then. `false` if it has none, or is over. Five
    /// statements.
    pub async fn register_client(
        &self,
        token: InitialAccessId,
        new: RegistrationChange,
        audit: AuditRow,
    ) -> Result<Durable<bool>, Internal> {
        let values = ClientValues::of(&new.client)?;
        self.audited([audit], move |connection| {
            Box::pin(async move {
                let (id, now) = (new.client.id, new.now.seconds());
                let taken: Option<(Uuid,)> =
                    fetch!(*connection, sqlx::query_as(TAKE).bind(token.uuid()).bind(now))?;
                if taken.is_none() {
                    return Ok(Decision::RollBack(false));
                }
                execute!(
                    *connection,
                    sqlx::query(INSERT)
                        .bind(id.uuid())
                        .bind(&values.metadata)
                        .bind(&values.digest)
                        .bind(&values.sealed)
                        .bind(now)
                        .bind(token.uuid())
                        .bind(new.digest.to_vec())
                )?;
                new.logo.run(connection, id).await?;
                execute!(*connection, sqlx::query(VERSION_RAISE).bind("clients"))?;
                Ok(Decision::Commit(true))
            })
        })
        .await
    }

    /// A client that registered itself and is neither switched off nor deleted. One statement.
    pub async fn find_registered_client(
        &self,
        id: ClientId,
    ) -> Result<Option<RegisteredClient>, Internal> {
        let row: Option<Row> =
            read!(self, |c| sqlx::query_as(FIND).bind(id.uuid()).fetch_optional(c))?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(RegisteredClient {
            record: row.client.try_into()?,
            digest: Digest::from_slice(&row.registration_digest)
                .ok_or_else(|| Internal::fault("clients.registration_digest"))?,
            policy: serde_json::from_str(&row.policy)
                .map_err(|error| Internal::fault("initial_access_tokens.policy").because(error))?,
            token_revoked: row.token_revoked,
        }))
    }

    /// Replaces what is registered of a client, by whoever presented the token of this digest; another one holds then.
    /// `false` if the token is not the client's, or not any more, or the one that the client came with was revoked. At most
    /// four statements.
    pub async fn replace_registered_client(
        &self,
        presented: Digest,
        new: RegistrationChange,
        audit: AuditRow,
    ) -> Result<Durable<bool>, Internal> {
        let values = ClientValues::of(&new.client)?;
        self.audited([audit], move |connection| {
            Box::pin(async move {
                let id = new.client.id;
                let replaced: Option<(Uuid,)> = fetch!(
                    *connection,
                    sqlx::query_as(REPLACE)
                        .bind(id.uuid())
                        .bind(&values.metadata)
                        .bind(&values.digest)
                        .bind(&values.sealed)
                        .bind(new.now.seconds())
                        .bind(new.digest.to_vec())
                        .bind(presented.to_vec())
                )?;
                if replaced.is_none() {
                    return Ok(Decision::RollBack(false));
                }
                new.logo.run(connection, id).await?;
                execute!(*connection, sqlx::query(VERSION_RAISE).bind("clients"))?;
                Ok(Decision::Commit(true))
            })
        })
        .await
    }

    /// Deletes a client and revokes what it holds, by whoever presented the token of this digest. `false` if that is not
    /// the client's. Six statements.
    pub async fn delete_registered_client(
        &self,
        id: ClientId,
        presented: Digest,
        now: Timestamp,
        audit: AuditRow,
    ) -> Result<Durable<bool>, Internal> {
        self.audited([audit], move |connection| {
            Box::pin(async move {
                let deleted: Option<(Uuid,)> = fetch!(
                    *connection,
                    sqlx::query_as(DELETE)
                        .bind(id.uuid())
                        .bind(now.seconds())
                        .bind(presented.to_vec())
                )?;
                end(connection, deleted.is_some(), id, now).await
            })
        })
        .await
    }

    /// Deletes a client that registered itself and was never used. `false` if it was used, or is deleted. Six statements.
    pub async fn delete_unused_client(
        &self,
        id: ClientId,
        now: Timestamp,
        audit: AuditRow,
    ) -> Result<Durable<bool>, Internal> {
        self.audited([audit], move |connection| {
            Box::pin(async move {
                let deleted: Option<(Uuid,)> = fetch!(
                    *connection,
                    sqlx::query_as(DELETE_UNUSED).bind(id.uuid()).bind(now.seconds())
                )?;
                end(connection, deleted.is_some(), id, now).await
            })
        })
        .await
    }

    /// Some of the clients that registered themselves before `before` and were never used. One statement.
    pub async fn unused_clients(
        &self,
        before: Timestamp,
        count: u32,
    ) -> Result<Vec<ClientId>, Internal> {
        let rows: Vec<(Uuid,)> = read!(self, |c| sqlx::query_as(UNUSED)
            .bind(before.seconds())
            .bind(i64::from(count))
            .fetch_all(c))?;
        Ok(rows.into_iter().map(|(id,)| ClientId::from_uuid(id)).collect())
    }

    /// Notes that a client is in use. `false` if that was known. One statement.
    pub async fn note_first_use(
        &self,
        id: ClientId,
        now: Timestamp,
    ) -> Result<Durable<bool>, Internal> {
        let noted: Durable<Option<(Uuid,)>> =
            write_one!(self, sqlx::query_as(USE).bind(id.uuid()).bind(now.seconds()))?;
        Ok(noted.map(|row| row.is_some()))
    }
}

/// What goes with a client.
async fn end(
    connection: &mut Connection<'_>,
    deleted: bool,
    id: ClientId,
    now: Timestamp,
) -> sqlx::Result<Decision<bool>> {
    if !deleted {
        return Ok(Decision::RollBack(false));
    }
    execute!(*connection, sqlx::query(REVOKE_GRANTS).bind(id.uuid()).bind(now.seconds()))?;
    execute!(*connection, sqlx::query(FORGET_CONSENTS).bind(id.uuid()))?;
    remove_logo(connection, id).await?;
    execute!(*connection, sqlx::query(VERSION_RAISE).bind("clients"))?;
    Ok(Decision::Commit(true))
}
