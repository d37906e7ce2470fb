//! What operators ask of the database: does it answer, what are its settings, what time does it have.

use super::Store;
use super::database::{Database, fetch_one, read};
use super::writer;
use crate::base::internal::Internal;
use crate::base::time::Timestamp;

/// The database's own settings, as read back from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings(pub Vec<(&'static str, String)>);

const SQLITE: [(&str, &str); 4] = [
    ("version", "SELECT sqlite_version()"),
    ("journal_mode", "SELECT journal_mode FROM pragma_journal_mode"),
    ("synchronous", "SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous"),
    ("foreign_keys", "SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys"),
];

const POSTGRES: [(&str, &str); 4] = [
    ("version", "SELECT current_setting('server_version')"),
    ("synchronous_commit", "SELECT current_setting('synchronous_commit')"),
    ("fsync", "SELECT current_setting('fsync')"),
    ("default_transaction_isolation", "SELECT current_setting('default_transaction_isolation')"),
];

impl Store {
    /// Whether the database answers, and can be asked to write. One statement.
    pub async fn ping(&self) -> Result<(), Internal> {
        if let Database::Sqlite { writer, .. } = &self.database
            && writer.has_stopped()
        {
            return Err(writer::stopped());
        }
        let _: (i64,) = read!(self, |c| sqlx::query_as("SELECT CAST(1 AS BIGINT)").fetch_one(c))?;
        Ok(())
    }

    /// The settings under which writes are committed, read on a connection that writes. Four statements.
    pub async fn settings(&self) -> Result<Settings, Internal> {
        let texts = match &self.database {
            Database::Sqlite { .. } => SQLITE,
            Database::Postgres(_) => POSTGRES,
        };
        let read_back = self
            .database
            .write(move |mut connection| {
                Box::pin(async move {
                    let mut settings = Vec::new();
                    for (name, text) in texts {
                        let (value,): (String,) = fetch_one!(connection, sqlx::query_as(text))?;
                        settings.push((name, value));
                    }
                    Ok(Settings(settings))
                })
            })
            .await?;
        Ok(read_back.committed())
    }

    /// The database server's clock; `None` where the database has none of its own (SQLite). One statement.
    pub async fn clock(&self) -> Result<Option<Timestamp>, Internal> {
        match &self.database {
            Database::Sqlite { .. } => Ok(None),
            Database::Postgres(_) => {
                let (seconds,): (i64,) = read!(self, |c| sqlx::query_as(
                    "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS BIGINT)"
                )
                .fetch_one(c))?;
                Ok(Some(Timestamp::from_seconds(seconds)))
            }
        }
    }
}
