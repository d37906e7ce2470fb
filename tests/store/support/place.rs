//! Where a test's database lies: a folder, or a schema made on the PostgreSQL server for this test alone (a database of
//! its own costs seconds, and only a few need one); and raw access to it, past the store.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use fuxin::base::encoding::hexadecimal;
use fuxin::base::random;
use fuxin::base::secret::Secret;
use fuxin::store::Location;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, Sqlite, SqlitePool};

/// A database that goes away with its test.
pub struct Place {
    pub location: Location,
    pub raw: Raw,
    _holder: Holder,
}

enum Holder {
    Folder(PathBuf),
    Server {
        options: Box<PgConnectOptions>,
        removal: String,
    },
    /// Somebody else removes it.
    Foreign,
}

/// Access past the store.
#[derive(Clone)]
pub enum Raw {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// A name that no other run uses.
fn unique() -> String {
    format!("fuxin_store_{}_{}", std::process::id(), hexadecimal(&random::bytes::<6>()))
}

/// A fresh folder.
pub fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join(unique());
    std::fs::create_dir(&folder).unwrap();
    folder
}

#[expect(clippy::disallowed_methods, reason = "which server to test on is told by the environment")]
fn server() -> PgConnectOptions {
    let url = std::env::var("FUXIN_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "FUXIN_TEST_POSTGRES is not set. The contract holds on PostgreSQL, too: name a server on which databases may \
             be made, such as postgres://user:password@127.0.0.1:5432/postgres, or run tests/run, which starts one."
        )
    });
    PgConnectOptions::from_str(&url).unwrap()
}

fn address(options: &PgConnectOptions, database: &str) -> String {
    let (user, host, port) = (options.get_username(), options.get_host(), options.get_port());
    format!("postgres://{user}@{host}:{port}/{database}")
}

/// The password in the server's address, which the store takes apart from it.
#[expect(clippy::disallowed_methods, reason = "which server to test on is told by the environment")]
fn password() -> Option<Secret<String>> {
    let url = url::Url::parse(&std::env::var("FUXIN_TEST_POSTGRES").ok()?).ok()?;
    url.password().map(|text| Secret::new(text.to_owned()))
}

/// Runs one statement on the server itself.
async fn on_server(options: &PgConnectOptions, text: String) {
    let mut connection = PgConnection::connect_with(options)
        .await
        .unwrap_or_else(|error| panic!("the server at FUXIN_TEST_POSTGRES: {error}"));
    sqlx::query(AssertSqlSafe(text)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

impl Place {
    /// Connections of a node's pool.
    pub const CONNECTIONS: u32 = 8;

    /// A file in a folder of its own.
    pub async fn sqlite() -> Self {
        let folder = folder();
        let place = Self::file(folder.join("fuxin.db")).await;
        Self { _holder: Holder::Folder(folder), location: place.location, raw: place.raw }
    }

    /// A file in a folder that the test looks after.
    pub async fn file(file: PathBuf) -> Self {
        // Not opened before the store has made the file.
        let options = SqliteConnectOptions::new().filename(&file).foreign_keys(false);
        let raw = SqlitePoolOptions::new().max_connections(2).connect_lazy_with(options);
        let location = Location::Sqlite { file, readers: 4 };
        Self { location, raw: Raw::Sqlite(raw), _holder: Holder::Foreign }
    }

    /// A schema of its own on the server.
    pub async fn postgres() -> Self {
        let (options, name) = (server(), unique());
        on_server(&options, format!("CREATE SCHEMA {name}")).await;
        let database = options.get_database().unwrap_or("postgres").to_owned();
        let url = format!("{}?options[search_path]={name}", address(&options, &database));
        let raw = options.clone().options([("search_path", &name)]);
        Self::on_server(options, url, raw, format!("DROP SCHEMA {name} CASCADE"))
    }

    /// A database of its own on the server, for a test that changes the settings of a whole one.
    pub async fn postgres_database() -> Self {
        let (options, name) = (server(), unique());
        on_server(&options, format!("CREATE DATABASE {name}")).await;
        let (url, raw) = (address(&options, &name), options.clone().database(&name));
        Self::on_server(options, url, raw, format!("DROP DATABASE {name} WITH (FORCE)"))
    }

    fn on_server(
        options: PgConnectOptions,
        url: String,
        raw: PgConnectOptions,
        removal: String,
    ) -> Self {
        let raw = PgPoolOptions::new().max_connections(2).connect_lazy_with(raw);
        let location =
            Location::Postgres { url, password: password(), connections: Self::CONNECTIONS };
        let holder = Holder::Server { options: Box::new(options), removal };
        Self { location, raw: Raw::Postgres(raw), _holder: holder }
    }

    /// Another empty one on the same kind of database.
    pub async fn fresh(&self) -> Self {
        match &self.raw {
            Raw::Sqlite(_) => Self::sqlite().await,
            Raw::Postgres(_) => Self::postgres().await,
        }
    }

    /// The file, where it is one.
    pub fn path(&self) -> &Path {
        match &self.location {
            Location::Sqlite { file, .. } => file,
            Location::Postgres { .. } => panic!("a server is no file"),
        }
    }

    /// Closes what is open here; the database goes with the place.
    pub async fn remove(self) {
        self.raw.close().await;
    }
}

/// However the test ends.
impl Drop for Holder {
    fn drop(&mut self) {
        match self {
            Self::Folder(folder) => {
                let _ = std::fs::remove_dir_all(folder);
            }
            Self::Server { options, removal } => {
                // What a failed test left open may hold locks for a moment, not for ever.
                let options = options.clone().options([("lock_timeout", "10s")]);
                let removal = std::mem::take(removal);
                // On a thread of its own: the one of the test is a runtime's, and must not wait for itself.
                let removed = std::thread::spawn(move || {
                    super::block_on(async { on_server(&options, removal).await });
                })
                .join();
                assert!(removed.is_ok() || std::thread::panicking(), "the database is left");
            }
            Self::Foreign => {}
        }
    }
}

/// A connection that is in the middle of a write.
pub struct Held(PoolConnection<Sqlite>);

impl Held {
    pub async fn close(mut self) {
        sqlx::raw_sql("ROLLBACK").execute(&mut *self.0).await.unwrap();
    }
}

/// Runs the same on either pool.
macro_rules! on {
    ($raw:expr, |$pool:ident| $body:expr) => {
        match $raw {
            Raw::Sqlite($pool) => $body,
            Raw::Postgres($pool) => $body,
        }
    };
}

impl Raw {
    pub fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    pub async fn execute(&self, text: &str) -> sqlx::Result<()> {
        let text = AssertSqlSafe(text.to_owned());
        on!(self, |pool| sqlx::raw_sql(text).execute(pool).await.map(drop))
    }

    /// One whole number.
    pub async fn number(&self, text: &str) -> i64 {
        let text = AssertSqlSafe(text.to_owned());
        on!(self, |pool| sqlx::query_scalar(text).fetch_one(pool).await.unwrap())
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &str) -> i64 {
        self.number(&format!("SELECT COUNT(*) FROM {table}")).await
    }

    /// One value of bytes.
    pub async fn bytes(&self, text: &str) -> Vec<u8> {
        let text = AssertSqlSafe(text.to_owned());
        on!(self, |pool| sqlx::query_scalar(text).fetch_one(pool).await.unwrap())
    }

    /// A column of text.
    pub async fn texts(&self, text: &str) -> Vec<String> {
        let text = AssertSqlSafe(text.to_owned());
        on!(self, |pool| sqlx::query_scalar(text).fetch_all(pool).await.unwrap())
    }

    /// Another process's write on the file, until it is closed.
    pub async fn hold_for_writing(&self) -> Held {
        let Self::Sqlite(pool) = self else { panic!("a server is no file") };
        let mut connection = pool.acquire().await.unwrap();
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *connection).await.unwrap();
        Held(connection)
    }

    async fn close(&self) {
        on!(self, |pool| pool.close().await);
    }
}
