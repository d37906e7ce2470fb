//! The schema: two folders of migrations with the same names, embedded in the binary, append-only.
//!
//! A migration runs beside the previous release, so an older server tolerates a newer schema; a newer server refuses an
//! older one until `fuxin migrate` has run.

use sqlx::migrate::{Migrate, Migrator};

use super::Store;
use super::database::{Database, internal};
use crate::base::internal::Internal;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

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
                tolerant(&SQLITE).run_direct(None, &mut connection, false).await
            }
            Database::Postgres(pool) => tolerant(&POSTGRES).run(pool).await,
        };
        result.map_err(|error| Internal::unavailable("the migrations").because(error))
    }

    /// Compares the database's schema with this program's. One or two statements.
    pub async fn schema(&self) -> Result<Schema, Internal> {
        let (applied, known) = match &self.database {
            Database::Sqlite { writer, .. } => {
                let mut connection = writer.connect().await.map_err(internal)?;
                connection.ensure_migrations_table(TABLE).await.map_err(migration)?;
                (connection.list_applied_migrations(TABLE).await.map_err(migration)?, &SQLITE)
            }
            Database::Postgres(pool) => {
                let mut connection = pool.acquire().await.map_err(internal)?;
                connection.ensure_migrations_table(TABLE).await.map_err(migration)?;
                (connection.list_applied_migrations(TABLE).await.map_err(migration)?, &POSTGRES)
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

fn tolerant(migrator: &Migrator) -> Migrator {
    let mut migrator = Migrator { migrations: migrator.migrations.clone(), ..Migrator::DEFAULT };
    migrator.set_ignore_missing(true);
    migrator
}

fn migration(error: sqlx::migrate::MigrateError) -> Internal {
    Internal::unavailable("the table of migrations").because(error)
}
