//! The databases that every story runs on. Each app has one of its own, which goes with it however the story ends. All
//! are given the same signing keys, made once: making RSA keys for each would take longer than all stories together.

use std::fmt;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::{fs, thread};

use fuxin::app::open_store;
use fuxin::audit::{Event, Record};
use fuxin::base::encoding::hexadecimal;
use fuxin::base::random;
use fuxin::base::time::Clock;
use fuxin::key;
use fuxin::store::{SigningKeyRecord, Store};
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

/// A folder of a test; it goes when this is dropped.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// An empty one.
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("fuxin-{}", random_name()));
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A database of one app; a server's goes when this is dropped, a file with its folder.
pub struct Database {
    kind: Kind,
    /// The file, or the name on the server.
    name: String,
}

static KEYS: OnceCell<Vec<SigningKeyRecord>> = OnceCell::const_new();

impl Database {
    /// An empty one, in this folder if it is a file.
    pub async fn empty(kind: Kind, folder: &Path) -> Self {
        match kind {
            Kind::Sqlite => {
                Self { kind, name: folder.join("fuxin.db").to_str().unwrap().to_owned() }
            }
            Kind::Postgres => {
                let name = random_name();
                on_server(&format!("CREATE DATABASE {name}")).await;
                Self { kind, name }
            }
        }
    }

    /// One that is ready for an app with the secrets of this folder.
    pub async fn new(kind: Kind, folder: &Path) -> Self {
        let keys = KEYS.get_or_init(make_keys).await.clone();
        let database = Self::empty(kind, folder).await;
        let store = migrated(&database, folder).await;
        let seen = store.versions().await.unwrap().signing_keys;
        let audit = Record::new(Event::SigningKeysMade, TestClock::new().now()).row();
        assert!(store.insert_signing_keys(keys, seen, audit).await.unwrap().committed());
        store.close().await;
        database
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
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.kind == Kind::Postgres {
            let statement = format!("DROP DATABASE {} WITH (FORCE)", self.name);
            // On a thread of its own: the one of the story is a runtime's, and must not wait for itself.
            let removed = thread::spawn(move || {
                let runtime =
                    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(on_server(&statement));
            })
            .join();
            assert!(removed.is_ok() || thread::panicking(), "{} was not removed", self.name);
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

async fn make_keys() -> Vec<SigningKeyRecord> {
    let folder = super::app::make_folder();
    let database = Database::empty(Kind::Sqlite, &folder).await;
    let store = migrated(&database, &folder).await;
    let config = super::app::config(&folder, "http://127.0.0.1:1", 1, &database, "");
    let (seal, now) = (config.secrets.master_key.seal(key::SEAL), TestClock::new().now());
    key::ensure(&store, &seal, now).await.unwrap();
    let keys = store.list_signing_keys(now).await.unwrap();
    let events = store.latest_audit_events(10).await.unwrap();
    let events: Vec<&str> = events.iter().map(|event| event.event.as_str()).collect();
    assert_eq!(events, ["signing_keys_made"]);
    store.close().await;
    keys
}

async fn migrated(database: &Database, folder: &Path) -> Store {
    let config = super::app::config(folder, "http://127.0.0.1:1", 1, database, "");
    let store = open_store(&config).await.unwrap();
    store.migrate().await.unwrap();
    store
}
