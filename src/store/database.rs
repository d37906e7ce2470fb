//! The two databases behind one door: SQLite (embedded; one writer that group-commits) and PostgreSQL (many nodes).
//!
//! Reads are lent a connection. Writes travel: their closure owns its values and runs on the writer (SQLite) or in a task of
//! its own (PostgreSQL), so a request that goes away never drops a commit half-way. What a write returns is wrapped in
//! [`Durable`] only after its commit; a refusal, too, waits for the commit it was read under.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_core::future::BoxFuture;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, PgConnection, PgPool, SqliteConnection};

use super::postgres::{self, lend};
use super::readers::Readers;
use super::writer::Writer;
use crate::base::internal::Internal;
use crate::base::secret::Secret;

/// How long a read or write waits for a free connection before the answer is 503.
pub(super) const ACQUIRE: Duration = Duration::from_secs(3);
/// How long SQLite waits for another process's write, such as a command line's.
const BUSY: Duration = Duration::from_secs(5);

/// Where the data lies.
#[derive(Clone, Debug)]
pub enum Location {
    /// A file beside the server: one node.
    Sqlite {
        /// The database file; `-wal` and `-shm` appear beside it.
        file: PathBuf,
        /// Connections that read, at most.
        readers: u32,
    },
    /// A PostgreSQL server: as many nodes as you like.
    Postgres {
        /// `postgres://user@host:port/database?sslmode=…`, without a password.
        url: String,
        /// The password, from a file of its own.
        password: Option<Secret<String>>,
        /// Connections of this node's pool.
        connections: u32,
    },
}

/// A connection inside a write: `on_db!` runs one statement's text on either.
#[derive(Debug)]
pub(super) enum Connection<'c> {
    /// The writer's connection.
    Sqlite(&'c mut SqliteConnection),
    /// A pooled connection.
    Postgres(&'c mut PgConnection),
}

/// A value that a write produced and that its database has committed. Handlers build answers from nothing less.
#[derive(Debug)]
#[must_use]
pub struct Durable<T>(T);

impl<T> Durable<T> {
    /// What was committed.
    pub fn committed(self) -> T {
        self.0
    }

    /// Another view of what was committed.
    pub fn map<U>(self, view: impl FnOnce(T) -> U) -> Durable<U> {
        Durable(view(self.0))
    }
}

impl Durable<bool> {
    /// What a guarded write did, if it did it.
    pub fn when(self) -> Option<Durable<()>> {
        self.0.then_some(Durable(()))
    }
}

/// What a transaction of several statements decides for itself.
pub(super) enum Decision<T> {
    /// Keep what was written.
    Commit(T),
    /// Undo it, and still answer.
    RollBack(T),
}

impl Decision<bool> {
    /// What a guarded statement decides: no row, nothing was changed.
    pub(super) fn by<R>(row: Option<R>) -> Self {
        row.map_or(Self::RollBack(false), |_| Self::Commit(true))
    }
}

/// Statements that run on a write connection.
pub(super) type Running<'c, T> = BoxFuture<'c, sqlx::Result<T>>;

/// A write on its way to its connection. Boxed, so that the code that carries it is compiled once for each type of result and
/// not once for each write.
pub(super) type BoxedWrite<T> = Box<dyn for<'c> FnOnce(Connection<'c>) -> Running<'c, T> + Send>;

/// An open database.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "one value a process, cloned by reference counts")]
pub(super) enum Database {
    /// One file, a few readers, one writer.
    Sqlite { readers: Readers, writer: Writer },
    /// One pool.
    Postgres(PgPool),
}

impl Database {
    /// Opens the database; the SQLite file is made if it is missing.
    pub(super) async fn open(location: &Location) -> Result<Self, Internal> {
        match location {
            Location::Sqlite { file, readers } => {
                create(file)
                    .map_err(|error| Internal::unavailable("the database file").because(error))?;
                let options = SqliteConnectOptions::new()
                    .filename(file)
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    .busy_timeout(BUSY);
                // The writer opens first: it makes the file and switches it to WAL.
                let writer = Writer::start(options.clone()).await?;
                let readers = Readers::new(options.pragma("query_only", "on"), *readers);
                Ok(Self::Sqlite { readers, writer })
            }
            Location::Postgres { url, password, connections } => {
                Ok(Self::Postgres(postgres::pool(url, password.as_ref(), *connections)?))
            }
        }
    }

    /// Runs one statement as a write of its own.
    pub(super) fn write<T, F>(&self, work: F) -> impl Future<Output = Result<Durable<T>, Internal>>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(Connection<'c>) -> Running<'c, T> + Send + 'static,
    {
        self.run_statement(Box::new(work))
    }

    async fn run_statement<T: Send + 'static>(
        &self,
        work: BoxedWrite<T>,
    ) -> Result<Durable<T>, Internal> {
        match self {
            Self::Sqlite { writer, .. } => writer.run_statement(work).await.map(Durable),
            Self::Postgres(pool) => {
                let pool = pool.clone();
                let write = tokio::spawn(async move {
                    lend(&pool, async |connection| work(Connection::Postgres(connection)).await)
                        .await
                });
                settled(write.await).map(Durable)
            }
        }
    }

    /// Runs several statements as one transaction, which may decide to undo itself.
    pub(super) fn transaction<T, F>(
        &self,
        work: F,
    ) -> impl Future<Output = Result<Durable<T>, Internal>>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(Connection<'c>) -> Running<'c, Decision<T>> + Send + 'static,
    {
        self.run_transaction(Box::new(work))
    }

    async fn run_transaction<T: Send + 'static>(
        &self,
        work: BoxedWrite<Decision<T>>,
    ) -> Result<Durable<T>, Internal> {
        match self {
            Self::Sqlite { writer, .. } => writer.run_transaction(work).await.map(Durable),
            Self::Postgres(pool) => {
                let pool = pool.clone();
                let write = tokio::spawn(async move {
                    lend(&pool, async |connection| {
                        let mut transaction = connection.begin().await?;
                        match work(Connection::Postgres(&mut transaction)).await? {
                            Decision::Commit(value) => transaction.commit().await.map(|()| value),
                            Decision::RollBack(value) => {
                                transaction.rollback().await.map(|()| value)
                            }
                        }
                    })
                    .await
                });
                settled(write.await).map(Durable)
            }
        }
    }

    /// Finishes the writes under way and closes every connection.
    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// Makes the file if it is missing, for its owner only; SQLite gives `-wal` and `-shm` the same mode. A file that is
/// there is not opened: closing it again would drop the locks that this process has on it.
fn create(file: &Path) -> std::io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn settled<T>(joined: Result<sqlx::Result<T>, tokio::task::JoinError>) -> Result<T, Internal> {
    joined
        .map_err(|error| Internal::unavailable("a write was broken off").because(error))?
        .map_err(internal)
}

/// What a failed statement means for the answer: 503 if the database is away, full, read-only or busy; else a fault.
pub(super) fn internal(error: sqlx::Error) -> Internal {
    let away = match &error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| is_away(&code)),
        _ => false,
    };
    let internal =
        if away { Internal::unavailable("the database") } else { Internal::fault("the database") };
    internal.because(error)
}

/// SQLite's primary result codes and PostgreSQL's classes of "not now": busy, locked, read-only, I/O, full, cannot
/// open; connection, transaction rollback, resources, operator's intervention, read-only.
fn is_away(code: &str) -> bool {
    if let Ok(sqlite) = code.parse::<u32>()
        && code.len() < 5
    {
        return matches!(sqlite & 0xff, 5 | 6 | 8 | 10 | 13 | 14);
    }
    code == "25006"
        || ["08", "40", "53", "55", "57", "58"].iter().any(|class| code.starts_with(class))
}

/// Runs one statement's text inside a write, on whichever database this is, and fetches all its rows:
/// `fetch_all!(connection, sqlx::query_as(TEXT).bind(..))`.
///
/// A write is always run to its end, even for a single row. `sqlx` would stop after the row that it was asked for and
/// reset the statement, and on SQLite it is that reset which commits a statement that stands alone: its failure (a full
/// disk) is not told to anyone.
macro_rules! fetch_all {
    ($connection:expr, $query:expr) => {
        match &mut $connection {
            $crate::store::database::Connection::Sqlite(connection) => {
                $query.fetch_all(&mut **connection).await
            }
            $crate::store::database::Connection::Postgres(connection) => {
                $query.fetch_all(&mut **connection).await
            }
        }
    };
}

/// The same for the one row that a guarded statement returns, if it changed anything.
macro_rules! fetch {
    ($connection:expr, $query:expr) => {
        $crate::store::database::fetch_all!($connection, $query).map(|rows| rows.into_iter().next())
    };
}

/// The same for a row that is always there.
macro_rules! fetch_one {
    ($connection:expr, $query:expr) => {
        $crate::store::database::fetch!($connection, $query)
            .and_then(|row| row.ok_or(sqlx::Error::RowNotFound))
    };
}

/// The same for a statement that returns nothing: `execute!(connection, sqlx::query(TEXT).bind(..))`.
macro_rules! execute {
    ($connection:expr, $query:expr) => {
        match &mut $connection {
            $crate::store::database::Connection::Sqlite(connection) => {
                $query.execute(&mut **connection).await.map(drop)
            }
            $crate::store::database::Connection::Postgres(connection) => {
                $query.execute(&mut **connection).await.map(drop)
            }
        }
    };
}

/// A read, on a connection that is lent for it: `read!(self, |c| sqlx::query_as::<_, Row>(TEXT).bind(..).fetch_optional(c))`.
macro_rules! read {
    ($store:expr, |$c:ident| $query:expr) => {
        match &$store.database {
            $crate::store::database::Database::Sqlite { readers, .. } => {
                readers.lend(async |$c| $query.await).await
            }
            $crate::store::database::Database::Postgres(pool) => {
                $crate::store::postgres::lend(pool, async |$c| $query.await).await
            }
        }
        .map_err($crate::store::database::internal)
    };
}

/// A write of one statement that returns what it changed: `write_one!(self, sqlx::query_as(TEXT).bind(owned))`.
macro_rules! write_one {
    ($store:expr, $query:expr) => {
        $store
            .database
            .write(move |mut connection| {
                Box::pin(async move { $crate::store::database::fetch!(connection, $query) })
            })
            .await
    };
}

pub(super) use {execute, fetch, fetch_all, fetch_one, read, write_one};
