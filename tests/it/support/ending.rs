//! The end of every session, as another process writes it: begun, and not committed until the story says so.

use fuxin::base::time::Timestamp;
use fuxin::config::Location;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection, SqliteConnection};

/// A transaction that is under way. On a file it holds up every other write.
pub enum Ending {
    /// On a file.
    Sqlite(SqliteConnection),
    /// On a server.
    Postgres(PgConnection),
}

impl Ending {
    /// Begins it.
    pub async fn begin(location: &Location, at: Timestamp) -> Self {
        let mut ending = match location {
            Location::Sqlite(file) => {
                let options = SqliteConnectOptions::new().filename(file);
                Self::Sqlite(options.connect().await.unwrap())
            }
            Location::Postgres { url, password } => {
                let options: PgConnectOptions = url.as_str().parse().unwrap();
                let options = match password {
                    Some(password) => options.password(password.expose()),
                    None => options,
                };
                Self::Postgres(options.connect().await.unwrap())
            }
        };
        let at = at.seconds();
        ending.run(&format!("BEGIN; UPDATE sessions SET ended_at = {at}")).await;
        ending
    }

    /// Every session has ended.
    pub async fn commit(mut self) {
        self.run("COMMIT").await;
    }

    /// None has.
    pub async fn undo(mut self) {
        self.run("ROLLBACK").await;
    }

    async fn run(&mut self, text: &str) {
        let query = sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_owned()));
        match self {
            Self::Sqlite(connection) => query.execute(connection).await.map(drop).unwrap(),
            Self::Postgres(connection) => query.execute(connection).await.map(drop).unwrap(),
        }
    }
}
