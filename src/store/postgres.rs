//! PostgreSQL's pool: every use of a connection has an end, whatever has become of the server.
//!
//! A server that refuses is told at once. One that hangs (a stopped machine, a lost network) says nothing, and its
//! socket stays open for a quarter of an hour or for ever; so a connection is lent for [`PATIENCE`] and, if it was not
//! answered by then, closed. It never goes back to the pool in the middle of a statement.

use std::ops::{Deref, DerefMut};
use std::str::FromStr;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, PgConnection, PgPool, Postgres};
use tokio::time::timeout;

use super::database::ACQUIRE;
use crate::base::internal::Internal;
use crate::base::secret::Secret;

/// How long a statement, or the statements of a transaction together, may take. A second more than the server gives a
/// statement by itself: what it refuses, it tells.
const PATIENCE: Duration = Duration::from_secs(6);

/// What a session asks of the server. A node that hangs in the middle of a transaction must not hold its locks for as
/// long as its socket stays open.
const OPTIONS: [(&str, &str); 4] = [
    ("synchronous_commit", "on"),
    ("statement_timeout", "5s"),
    ("lock_timeout", "3s"),
    ("idle_in_transaction_session_timeout", "5s"),
];

/// The pool of this node; it connects when it is asked first.
pub(super) fn pool(
    url: &str,
    password: Option<&Secret<String>>,
    connections: u32,
) -> Result<PgPool, Internal> {
    let mut options = PgConnectOptions::from_str(url)
        .map_err(|error| Internal::fault("the address of the database").because(error))?
        .application_name("fuxin")
        .options(OPTIONS);
    if let Some(password) = password {
        options = options.password(password.expose());
    }
    Ok(PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
        // A ping before each use costs a quarter of the throughput; a dead connection shows at its first statement,
        // which is answered 503.
        .test_before_acquire(false)
        .connect_lazy_with(options))
}

/// A connection of its own for the migrations, without the bounds on a statement and on its wait for a lock: a migration
/// may fill an index, and waits for its turn while another node migrates.
pub(super) async fn to_migrate(pool: &PgPool) -> sqlx::Result<PgConnection> {
    let options = pool.connect_options().as_ref().clone();
    let options = options.options([("statement_timeout", "0"), ("lock_timeout", "0")]);
    timeout(ACQUIRE, options.connect()).await.map_err(|_| sqlx::Error::PoolTimedOut)?
}

/// Runs `work` on a connection of the pool, within [`PATIENCE`].
pub(super) async fn lend<T>(
    pool: &PgPool,
    work: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>,
) -> sqlx::Result<T> {
    let mut lent = Lent(pool.acquire().await?);
    if let Ok(result) = timeout(PATIENCE, work(&mut lent)).await {
        return result;
    }
    lent.close();
    Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))
}

/// A connection in use. However the use ends, also by a request that goes away, it is given back.
///
/// That is done by `return_to_pool`, which sqlx exports without documenting it: its own drop runs the same in a task that
/// has no end. The documented `close_on_drop` says goodbye to the server and keeps the connection's place in the pool
/// until that was heard, five seconds where the server hangs. The outage tests of the store's contract hold both.
struct Lent(PoolConnection<Postgres>);

impl Lent {
    /// Closes the socket, without a word to whom it leads to.
    fn close(mut self) {
        drop(self.0.return_to_pool());
    }
}

impl Drop for Lent {
    /// sqlx takes a connection back after an answer to its ping, which also brings a statement that was broken off to
    /// its end, and waits for that answer for ever. Here the ping has an end, too; without it the socket is closed.
    fn drop(&mut self) {
        tokio::spawn(timeout(PATIENCE, self.0.return_to_pool()));
    }
}

impl Deref for Lent {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.0
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.0
    }
}
