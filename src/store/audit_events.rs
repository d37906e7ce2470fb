//! The audit record: rows that are only ever added, in the transaction of what they tell of.

use uuid::Uuid;

use super::Store;
use super::database::{Connection, Durable, execute, read};
use super::row::row;
use crate::base::id::{AccountId, AuditId, ClientId, GrantId, SessionId};
use crate::base::internal::Internal;
use crate::base::time::Timestamp;

/// A row to be added. `audit::event` makes it from the one enum of events.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// The row.
    pub id: AuditId,
    /// When it happened.
    pub at: Timestamp,
    /// What happened: a name from a closed set.
    pub event: &'static str,
    /// Whose account.
    pub account_id: Option<AccountId>,
    /// Which client.
    pub client_id: Option<ClientId>,
    /// In which session.
    pub session_id: Option<SessionId>,
    /// About which grant.
    pub grant_id: Option<GrantId>,
    /// The rest, as a JSON object without secrets or personal data.
    pub detail: String,
}

row! {
    /// A row as it stands in the record.
    #[derive(Clone, Debug)]
    pub struct AuditEvent {
        /// Seconds since 1970.
        pub at: i64,
        /// What happened.
        pub event: String,
        /// Whose account.
        pub account_id: Option<Uuid>,
        /// Which client.
        pub client_id: Option<Uuid>,
        /// The rest, as JSON.
        pub detail: String,
    }
}

const INSERT: &str =
    "INSERT INTO audit_events (id, at, event, account_id, client_id, session_id, grant_id, detail)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

const LATEST: &str = "SELECT at, event, account_id, client_id, detail FROM audit_events ORDER BY at DESC, id DESC LIMIT $1";

/// Adds a row inside the transaction of what it tells of. One statement.
pub(super) async fn insert_audit(
    connection: &mut Connection<'_>,
    row: &AuditRow,
) -> sqlx::Result<()> {
    execute!(
        *connection,
        sqlx::query(INSERT)
            .bind(row.id.uuid())
            .bind(row.at.seconds())
            .bind(row.event)
            .bind(row.account_id.map(AccountId::uuid))
            .bind(row.client_id.map(ClientId::uuid))
            .bind(row.session_id.map(SessionId::uuid))
            .bind(row.grant_id.map(GrantId::uuid))
            .bind(&row.detail)
    )
}

impl Store {
    /// Records something that changed nothing else. One statement.
    pub async fn record(&self, row: AuditRow) -> Result<Durable<()>, Internal> {
        self.database
            .write(move |mut connection| {
                Box::pin(async move { insert_audit(&mut connection, &row).await })
            })
            .await
    }

    /// The newest rows, newest first. One statement.
    pub async fn latest_audit_events(&self, count: u32) -> Result<Vec<AuditEvent>, Internal> {
        read!(self, |c| sqlx::query_as(LATEST).bind(i64::from(count)).fetch_all(c))
    }
}
