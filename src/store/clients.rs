//! Clients: metadata as one JSON document, and what is kept of a secret: its keyed digest, or itself sealed.

use uuid::Uuid;

use super::Store;
use super::audit_events::AuditRow;
use super::database::{Decision, Durable, execute, read};
use super::row::row;
use super::versions::VERSION_RAISE;
use crate::base::id::ClientId;
use crate::base::internal::Internal;
use crate::base::secret::Digest;
use crate::base::time::Timestamp;
use crate::model::client::{Client, StoredSecret};

/// A client and when it was registered, for lists.
#[derive(Clone, Debug)]
pub struct ClientRecord {
    /// The client.
    pub client: Client,
    /// When it was registered.
    pub created_at: Timestamp,
    /// Since when it is switched off.
    pub disabled_at: Option<Timestamp>,
}

row! {
    /// The columns of a client in any statement.
    pub(super) struct ClientColumns {
        id: Uuid,
        metadata: String,
        secret_digest: Option<Vec<u8>>,
        secret_sealed: Option<Vec<u8>>,
        created_at: i64,
        disabled_at: Option<i64>,
    }
}

impl TryFrom<ClientColumns> for ClientRecord {
    type Error = Internal;

    fn try_from(row: ClientColumns) -> Result<Self, Internal> {
        let registration = serde_json::from_str(&row.metadata)
            .map_err(|error| Internal::fault("clients.metadata").because(error))?;
        let secret = match (row.secret_digest, row.secret_sealed) {
            (_, Some(sealed)) => Some(StoredSecret::Sealed(sealed.into())),
            (Some(bytes), None) => Some(StoredSecret::Digest(
                Digest::from_slice(&bytes)
                    .ok_or_else(|| Internal::fault("clients.secret_digest"))?,
            )),
            (None, None) => None,
        };
        Ok(Self {
            client: Client {
                id: ClientId::from_uuid(row.id),
                registration: std::sync::Arc::new(registration),
                secret,
            },
            created_at: Timestamp::from_seconds(row.created_at),
            disabled_at: row.disabled_at.map(Timestamp::from_seconds),
        })
    }
}

/// A client as its columns hold it.
pub(super) struct ClientValues {
    pub(super) metadata: String,
    pub(super) digest: Option<Vec<u8>>,
    pub(super) sealed: Option<Vec<u8>>,
}

impl ClientValues {
    pub(super) fn of(client: &Client) -> Result<Self, Internal> {
        let (digest, sealed) = match &client.secret {
            Some(StoredSecret::Digest(digest)) => (Some(digest.to_vec()), None),
            Some(StoredSecret::Sealed(sealed)) => (None, Some(sealed.to_vec())),
            None => (None, None),
        };
        let metadata = serde_json::to_string(&*client.registration)
            .map_err(|error| Internal::fault("a client's metadata").because(error))?;
        Ok(Self { metadata, digest, sealed })
    }
}

/// Registers a client, or replaces what is registered of it.
const PUT: &str = "INSERT INTO clients (id, metadata, secret_digest, secret_sealed, created_at, updated_at, disabled_at)
    VALUES ($1, $2, $3, $4, $5, $5, NULL)
    ON CONFLICT (id) DO UPDATE SET metadata = excluded.metadata, secret_digest = excluded.secret_digest,
    secret_sealed = excluded.secret_sealed, updated_at = excluded.updated_at";

const FIND: &str = "SELECT id, metadata, secret_digest, secret_sealed, created_at, disabled_at FROM clients WHERE id = $1 AND deleted_at IS NULL";

const LIST: &str =
    "SELECT id, metadata, secret_digest, secret_sealed, created_at, disabled_at FROM clients
    WHERE id > $1 AND deleted_at IS NULL ORDER BY id LIMIT $2";

impl Store {
    /// Registers a client or replaces its registration; every node reads it anew within a second. Three statements.
    pub async fn put_client(
        &self,
        client: &Client,
        now: Timestamp,
        audit: AuditRow,
    ) -> Result<Durable<()>, Internal> {
        let (id, values) = (client.id, ClientValues::of(client)?);
        self.audited([audit], move |connection| {
            Box::pin(async move {
                execute!(
                    *connection,
                    sqlx::query(PUT)
                        .bind(id.uuid())
                        .bind(&values.metadata)
                        .bind(&values.digest)
                        .bind(&values.sealed)
                        .bind(now.seconds())
                )?;
                execute!(*connection, sqlx::query(VERSION_RAISE).bind("clients"))?;
                Ok(Decision::Commit(()))
            })
        })
        .await
    }

    /// A client that is not switched off. One statement; callers go through the cache in `context`.
    pub async fn find_client(&self, id: ClientId) -> Result<Option<Client>, Internal> {
        let row: Option<ClientColumns> =
            read!(self, |c| sqlx::query_as(FIND).bind(id.uuid()).fetch_optional(c))?;
        Ok(row
            .map(ClientRecord::try_from)
            .transpose()?
            .filter(|record| record.disabled_at.is_none())
            .map(|record| record.client))
    }

    /// Clients in order of registration, after `after`. One statement.
    pub async fn list_clients(
        &self,
        after: Option<ClientId>,
        count: u32,
    ) -> Result<Vec<ClientRecord>, Internal> {
        let after = after.map_or(Uuid::nil(), ClientId::uuid);
        let rows: Vec<ClientColumns> =
            read!(self, |c| sqlx::query_as(LIST).bind(after).bind(i64::from(count)).fetch_all(c))?;
        rows.into_iter().map(ClientRecord::try_from).collect()
    }
}
