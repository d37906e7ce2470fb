//! The databases that every story runs on. Each app has one of its own, copied from one that was migrated and given its
//! signing keys once: making RSA keys for each would take longer than all stories together.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fuxin::app::{App, open_store};
use fuxin::base::encoding::hexadecimal;
use fuxin::base::random;
use fuxin::config::Config;
use sqlx::{Connection, PgConnection};
use tokio::sync::OnceCell;
use url::Url;

use super::clock::TestClock;

/// Which database a story runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// A database of one app; gone when it is dropped with [`Database::remove`].
pub struct Database {
    kind: Kind,
    /// The file, or the name on the server.
    name: String,
}

static SQLITE: OnceCell<PathBuf> = OnceCell::const_new();
static POSTGRES: OnceCell<String> = OnceCell::const_new();

impl Database {
    /// A new one, in this folder if it is a file.
    pub async fn new(kind: Kind, folder: &Path) -> Self {
        match kind {
            Kind::Sqlite => {
                let made = SQLITE.get_or_init(make_sqlite).await;
                let file = folder.join("fuxin.db");
                fs::copy(made, &file).unwrap();
                Self { kind, name: file.to_str().unwrap().to_owned() }
            }
            Kind::Postgres => {
                let made = POSTGRES.get_or_init(make_postgres).await;
                let name = random_name();
                on_server(&format!("CREATE DATABASE {name} TEMPLATE {made}")).await;
                Self { kind, name }
            }
        }
    }

    /// What the configuration says of it: the URL, and the password that may not stand in it.
    pub fn settings(&self) -> (String, Option<String>) {
        match self.kind {
            Kind::Sqlite => (format!("sqlite://{}", self.name), None),
            Kind::Postgres => {
                let mut url = server();
                let password = url.password().map(str::to_owned);
                url.set_password(None).unwrap();
                url.set_path(&self.name);
                (url.to_string(), password)
            }
        }
    }

    /// Allows or forbids every write on the server, for connections that begin after this.
    pub async fn allow_writes(&self, allowed: bool) {
        let setting = if allowed { "off" } else { "on" };
        let name = &self.name;
        on_server(&format!("ALTER DATABASE {name} SET default_transaction_read_only = {setting}"))
            .await;
    }

    /// Removes it from the server.
    pub async fn remove(&self) {
        if self.kind == Kind::Postgres {
            on_server(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
        }
    }
}

fn random_name() -> String {
    format!("it_{}", hexadecimal(&random::bytes::<8>()))
}

/// The server that `FUXIN_TEST_POSTGRES` names. Without it the stories fail: half of them would not have been told.
#[expect(clippy::disallowed_methods, reason = "`tests/run` names the server in the environment")]
fn server() -> Url {
    let text = std::env::var("FUXIN_TEST_POSTGRES")
        .expect("FUXIN_TEST_POSTGRES names a PostgreSQL server (tests/run starts one)");
    Url::parse(&text).unwrap()
}

async fn on_server(statement: &str) {
    let mut connection = PgConnection::connect(server().as_str()).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn make_sqlite() -> PathBuf {
    let folder = super::app::make_folder();
    let database =
        Database { kind: Kind::Sqlite, name: folder.join("made.db").to_str().unwrap().to_owned() };
    fill(&database, &folder).await;
    folder.join("made.db")
}

async fn make_postgres() -> String {
    let folder = super::app::make_folder();
    let database = Database { kind: Kind::Postgres, name: random_name() };
    on_server(&format!("CREATE DATABASE {}", database.name)).await;
    fill(&database, &folder).await;
    fs::remove_dir_all(folder).unwrap();
    database.name
}

async fn fill(database: &Database, folder: &Path) {
    let config: Config = super::app::config(folder, "http://127.0.0.1:1", 1, database, "");
    let store = open_store(&config).await.unwrap();
    store.migrate().await.unwrap();
    store.close().await;
    let app = App::build(&config, Arc::new(TestClock::new()), None).await.unwrap();
    app.provider().store.close().await;
}
