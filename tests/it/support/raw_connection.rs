//! A connection past the store, as somebody else has one.

use fuxin::config::Location;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, SqliteConnection};

pub enum RawConnection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl RawConnection {
    /// Opens one; on a file for reading alone, unless it writes.
    pub async fn open(location: &Location, writes: bool) -> Self {
        match location {
            Location::Sqlite(file) => {
                let options = SqliteConnectOptions::new().filename(file).read_only(!writes);
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
        }
    }

    pub async fn close(self) {
        match self {
            Self::Sqlite(connection) => connection.close().await.unwrap(),
            Self::Postgres(connection) => connection.close().await.unwrap(),
        }
    }
}
