//! The audit record: rows that are only ever added, in the transaction of what they tell of.
//!
//! `Store::audited` and `audited_one!` are that transaction; no other one changes what someone has to answer for.

use uuid::Uuid;

use super::Store;
use super::database::{Connection, Decision, Durable, Running, execute, read};
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

async fn insert(connection: &mut Connection<'_>, row: &AuditRow) -> sqlx::Result<()> {
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

/// One guarded statement that returns an id, and the row that tells of it; `false` if it changed nothing:
/// `audited_one!(self, audit, sqlx::query_as(TEXT).bind(owned))`.
macro_rules! audited_one {
    ($store:expr, $audit:expr, $query:expr) => {
        $store
            .audited([$audit], move |connection| {
                Box::pin(async move {
                    let row: Option<(uuid::Uuid,)> =
                        $crate::store::database::fetch!(*connection, $query)?;
                    Ok($crate::store::database::Decision::by(row))
                })
            })
            .await
    };
}
pub(super) use audited_one;

/// A change, in a box as every write is.
type Change<T> =
    Box<dyn for<'c, 'd> FnOnce(&'d mut Connection<'c>) -> Running<'d, Decision<T>> + Send>;

impl Store {
    /// Runs a change and adds the rows that tell of it, together. A change that decides to undo itself, because its
    /// guard does not hold, is not told. One statement a row, besides the change's own.
    pub(super) fn audited<T, F>(
        &self,
        audit: impl Into<Vec<AuditRow>>,
        change: F,
    ) -> impl Future<Output = Result<Durable<T>, Internal>>
    where
        T: Send + 'static,
        F: for<'c, 'd> FnOnce(&'d mut Connection<'c>) -> Running<'d, Decision<T>> + Send + 'static,
    {
        self.run_audited(audit.into(), Box::new(change))
    }

    fn run_audited<T: Send + 'static>(
        &self,
        audit: Vec<AuditRow>,
        change: Change<T>,
    ) -> impl Future<Output = Result<Durable<T>, Internal>> {
        self.database.transaction(move |mut connection| {
            Box::pin(async move {
                let decision = change(&mut connection).await?;
                if matches!(decision, Decision::Commit(_)) {
                    for row in &audit {
                        insert(&mut connection, row).await?;
                    }
                }
                Ok(decision)
            })
        })
    }

    /// Records something that changed nothing else. One statement.
    pub async fn record(&self, row: AuditRow) -> Result<Durable<()>, Internal> {
        self.database
            .write(move |mut connection| {
                Box::pin(async move { insert(&mut connection, &row).await })
            })
            .await
    }

    /// The newest rows, newest first. One statement.
    pub async fn latest_audit_events(&self, count: u32) -> Result<Vec<AuditEvent>, Internal> {
        read!(self, |c| sqlx::query_as(LATEST).bind(i64::from(count)).fetch_all(c))
    }
}
