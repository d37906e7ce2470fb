//! Clients that must be told that a session has ended: one row a session and client, from the transaction that ends the
//! session until the client was told or its time is over.
//!
//! OpenID Connect Back-Channel Logout 1.0 §2.5. A row is taken by raising its count of attempts and putting off when it
//! is due next, so a node that dies with it loses nothing. Does not own how often and how long it is tried: `logout` does.

use uuid::Uuid;

use super::Store;
use super::accounts::{AccountColumns, account_columns};
use super::database::{Connection, Durable, execute, read, write_one};
use super::row::row;
use crate::base::id::{AccountId, ClientId, SessionId};
use crate::base::internal::Internal;
use crate::base::time::Timestamp;
use crate::model::account::Account;

/// A client that must be told.
#[derive(Clone, Debug)]
pub struct LogoutDelivery {
    /// The session that ended.
    pub session: SessionId,
    /// Who must be told.
    pub client: ClientId,
    /// Whose session it was, as the account is now.
    pub account: Account,
    /// How often it was tried before.
    pub attempts: u32,
    /// When the session ended.
    pub created_at: Timestamp,
}

row! {
    struct Row {
        session_id: Uuid,
        client_id: Uuid,
        attempts: i64,
        created_at: i64,
    }
    flatten {
        account: AccountColumns,
    }
}

/// Adds a row for each client that was given something in these sessions and has a `backchannel_logout_uri`. Only this
/// column of JSON is read in SQL, and each database has its own words for it.
macro_rules! tell {
    ($has_address:literal, $sessions:literal) => {
        concat!(
            "INSERT INTO logout_deliveries (session_id, client_id, account_id, attempts, due_at, created_at) \
             SELECT DISTINCT grants.session_id, grants.client_id, grants.account_id, 0, $2, $2 \
             FROM grants JOIN sessions ON sessions.id = grants.session_id \
             JOIN clients ON clients.id = grants.client_id \
             WHERE ", $sessions, " AND ", $has_address,
            " ON CONFLICT (session_id, client_id) DO NOTHING"
        )
    };
}

macro_rules! tell_on_both {
    ($sessions:literal) => {
        [
            tell!(
                "json_extract(clients.metadata, '$.backchannel_logout_uri') IS NOT NULL",
                $sessions
            ),
            tell!(
                "CAST(clients.metadata AS json) ->> 'backchannel_logout_uri' IS NOT NULL",
                $sessions
            ),
        ]
    };
}

const TELL: [&str; 2] = tell_on_both!("grants.session_id = $1");

const TELL_OF_ACCOUNT: [&str; 2] = tell_on_both!(
    "grants.account_id = $1 AND sessions.ended_at IS NULL AND sessions.expires_at > $2"
);

const FIND_DUE: &str = concat!(
    "SELECT logout_deliveries.session_id AS session_id, logout_deliveries.client_id AS client_id,
    logout_deliveries.attempts AS attempts, logout_deliveries.created_at AS created_at, ",
    account_columns!(),
    " FROM logout_deliveries JOIN accounts ON accounts.id = logout_deliveries.account_id
    WHERE logout_deliveries.due_at <= $1 ORDER BY logout_deliveries.due_at LIMIT $2"
);

/// Whoever raises the count has the row until it is due again.
const TAKE: &str = "UPDATE logout_deliveries SET attempts = attempts + 1, due_at = $4
    WHERE session_id = $1 AND client_id = $2 AND attempts = $3 RETURNING session_id";

/// Only by the one who has it still.
const PUT_OFF: &str = "UPDATE logout_deliveries SET due_at = $4
    WHERE session_id = $1 AND client_id = $2 AND attempts = $3 RETURNING session_id";

const REMOVE: &str =
    "DELETE FROM logout_deliveries WHERE session_id = $1 AND client_id = $2 RETURNING session_id";

/// Has the clients of a session told, inside the transaction that ends it. One statement.
pub(super) async fn tell_clients(
    connection: &mut Connection<'_>,
    session: SessionId,
    now: Timestamp,
) -> sqlx::Result<()> {
    tell(connection, TELL, session.uuid(), now).await
}

/// The same for every running session of an account. One statement.
pub(super) async fn tell_clients_of_account(
    connection: &mut Connection<'_>,
    account: AccountId,
    now: Timestamp,
) -> sqlx::Result<()> {
    tell(connection, TELL_OF_ACCOUNT, account.uuid(), now).await
}

async fn tell(
    connection: &mut Connection<'_>,
    [sqlite, postgres]: [&'static str; 2],
    about: Uuid,
    now: Timestamp,
) -> sqlx::Result<()> {
    let text = match connection {
        Connection::Sqlite(_) => sqlite,
        Connection::Postgres(_) => postgres,
    };
    execute!(*connection, sqlx::query(text).bind(about).bind(now.seconds()))
}

impl Store {
    /// Deliveries that are due, the longest due first. One statement.
    pub async fn due_logouts(
        &self,
        now: Timestamp,
        count: u32,
    ) -> Result<Vec<LogoutDelivery>, Internal> {
        let rows: Vec<Row> = read!(self, |c| sqlx::query_as(FIND_DUE)
            .bind(now.seconds())
            .bind(i64::from(count))
            .fetch_all(c))?;
        rows.into_iter().map(LogoutDelivery::try_from).collect()
    }

    /// Takes a delivery that was found due: nobody else has it until `until`. `false` if another one took it or was done
    /// with it. One statement.
    pub async fn take_logout(
        &self,
        delivery: &LogoutDelivery,
        until: Timestamp,
    ) -> Result<Durable<bool>, Internal> {
        self.moved(TAKE, delivery, delivery.attempts, until).await
    }

    /// Puts a delivery that was taken off until `due_at`. `false` if another one took it meanwhile. One statement.
    pub async fn put_off_logout(
        &self,
        delivery: &LogoutDelivery,
        due_at: Timestamp,
    ) -> Result<Durable<bool>, Internal> {
        self.moved(PUT_OFF, delivery, delivery.attempts.saturating_add(1), due_at).await
    }

    /// Removes a delivery: the client was told, or will not be. One statement.
    pub async fn remove_logout(&self, delivery: &LogoutDelivery) -> Result<Durable<()>, Internal> {
        let (session, client) = (delivery.session.uuid(), delivery.client.uuid());
        let removed: Durable<Option<(Uuid,)>> =
            write_one!(self, sqlx::query_as(REMOVE).bind(session).bind(client))?;
        Ok(removed.map(drop))
    }

    async fn moved(
        &self,
        text: &'static str,
        delivery: &LogoutDelivery,
        attempts: u32,
        due_at: Timestamp,
    ) -> Result<Durable<bool>, Internal> {
        let (session, client) = (delivery.session.uuid(), delivery.client.uuid());
        let moved: Durable<Option<(Uuid,)>> = write_one!(
            self,
            sqlx::query_as(text)
                .bind(session)
                .bind(client)
                .bind(i64::from(attempts))
                .bind(due_at.seconds())
        )?;
        Ok(moved.map(|row| row.is_some()))
    }
}

impl TryFrom<Row> for LogoutDelivery {
    type Error = Internal;

    fn try_from(row: Row) -> Result<Self, Internal> {
        Ok(Self {
            session: SessionId::from_uuid(row.session_id),
            client: ClientId::from_uuid(row.client_id),
            account: row.account.try_into()?,
            attempts: u32::try_from(row.attempts)
                .map_err(|error| Internal::fault("logout_deliveries.attempts").because(error))?,
            created_at: Timestamp::from_seconds(row.created_at),
        })
    }
}
