//! The schema: two folders of migrations with the same names, embedded in the binary, append-only.
//!
//! A migration runs beside the previous release, so an older server tolerates a newer schema; a newer server refuses an
//! older one until `fuxin migrate` has run.

use std::sync::LazyLock;
use std::time::Duration;

use sqlx::SqlSafeStr;
use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migration, MigrationType, Migrator};
use tokio::time::timeout;

use super::Store;
use super::database::{Database, internal};
use super::postgres::{lend, to_migrate};
use crate::base::internal::Internal;

/// Number, name, and the text for SQLite and PostgreSQL. A new migration is a new line and two new files.
const MIGRATIONS: [(i64, &str, &str, &str); 5] = [
    (
        1,
        "foundation",
        include_str!("../../migrations/sqlite/0001_foundation.sql"),
        include_str!("../../migrations/postgres/0001_foundation.sql"),
    ),
    (
        2,
        "messages",
        include_str!("../../migrations/sqlite/0002_messages.sql"),
        include_str!("../../migrations/postgres/0002_messages.sql"),
    ),
    (
        3,
        "deleted_accounts",
        include_str!("../../migrations/sqlite/0003_deleted_accounts.sql"),
        include_str!("../../migrations/postgres/0003_deleted_accounts.sql"),
    ),
    (
        4,
        "clients",
        include_str!("../../migrations/sqlite/0004_clients.sql"),
        include_str!("../../migrations/postgres/0004_clients.sql"),
    ),
    (
        5,
        "logout",
        include_str!("../../migrations/sqlite/0005_logout.sql"),
        include_str!("../../migrations/postgres/0005_logout.sql"),
    ),
];

static SQLITE: LazyLock<Migrator> = LazyLock::new(|| migrator(|(_, _, sqlite, _)| sqlite));
static POSTGRES: LazyLock<Migrator> = LazyLock::new(|| migrator(|(_, _, _, postgres)| postgres));

/// How long all migrations together may take on PostgreSQL: an index over a large table takes its time, a server that
/// hangs is given up.
const PATIENCE: Duration = Duration::from_hours(1);

/// How the database's schema stands to this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// Every migration of this program has run.
    Current,
    /// That many of them have not.
    Behind(usize),
}

impl Store {
    /// Runs the migrations that have not run yet. On PostgreSQL nodes that do so at once take turns.
    pub async fn migrate(&self) -> Result<(), Internal> {
        let result = match &self.database {
            Database::Sqlite { writer, .. } => {
                let mut connection = writer.connect().await.map_err(internal)?;
                SQLITE.run_direct(None, &mut connection, false).await
            }
            Database::Postgres(pool) => {
                let mut connection = to_migrate(pool).await.map_err(internal)?;
                timeout(PATIENCE, POSTGRES.run_direct(None, &mut connection, false))
                    .await
                    .map_err(|error| Internal::unavailable("the migrations").because(error))?
            }
        };
        result.map_err(|error| Internal::unavailable("the migrations").because(error))
    }

    /// Compares the database's schema with this program's; changes nothing. One statement.
    pub async fn schema(&self) -> Result<Schema, Internal> {
        let (applied, known) = match &self.database {
            Database::Sqlite { writer, .. } => {
                let mut connection = writer.connect().await.map_err(internal)?;
                (applied(&mut connection).await?, &*SQLITE)
            }
            Database::Postgres(pool) => {
                let applied = lend(pool, async |connection| Ok(applied(connection).await));
                (applied.await.map_err(internal)??, &*POSTGRES)
            }
        };
        let missing = known
            .iter()
            .filter(|migration| applied.iter().all(|done| done.version != migration.version));
        Ok(match missing.count() {
            0 => Schema::Current,
            behind => Schema::Behind(behind),
        })
    }
}

/// The table in which sqlx keeps what has run.
const TABLE: &str = "_sqlx_migrations";

/// What has run: nothing where there is no table of it.
async fn applied(connection: &mut impl Migrate) -> Result<Vec<AppliedMigration>, Internal> {
    match connection.list_applied_migrations(TABLE).await {
        Ok(applied) => Ok(applied),
        Err(MigrateError::Execute(error)) if is_without_table(&error) => Ok(Vec::new()),
        Err(MigrateError::Execute(error)) => Err(internal(error)),
        Err(error) => Err(Internal::fault("the table of migrations").because(error)),
    }
}

/// PostgreSQL has a code for it; SQLite has one for whatever is wrong with a text.
fn is_without_table(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| {
        error.code().is_some_and(|code| code == "42P01")
            || error.message().starts_with("no such table")
    })
}

/// An older server beside a newer schema is no error.
fn migrator(text: impl Fn((i64, &str, &'static str, &'static str)) -> &'static str) -> Migrator {
    let migrations = MIGRATIONS.into_iter().map(|line| {
        let (version, name, ..) = line;
        Migration::new(
            version,
            name.into(),
            MigrationType::Simple,
            text(line).into_sql_str(),
            false,
        )
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.set_ignore_missing(true);
    migrator
}
