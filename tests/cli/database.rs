//! The databases of the deployments, past the program: one on PostgreSQL for each that wants one, and what stands in the
//! embedded one.

use std::error::Error;
use std::thread;

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use url::Url;

/// A database on the server that `FUXIN_TEST_POSTGRES` names. Goes with the value.
pub struct Database {
    server: Url,
    name: String,
}

impl Database {
    /// An empty one.
    pub fn new(name: String) -> Result<Self, Box<dyn Error>> {
        let server = std::env::var("FUXIN_TEST_POSTGRES")
            .map_err(|_| "FUXIN_TEST_POSTGRES names a PostgreSQL server (tests/run starts one)")?;
        let server = Url::parse(&server)?;
        on_server(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
        on_server(&server, &format!("CREATE DATABASE {name}"))?;
        Ok(Self { server, name })
    }

    /// What the configuration says of it: its address, and the password, which may not stand in that. A server that asks
    /// for none takes any.
    pub fn settings(&self) -> (Url, String) {
        let mut address = self.server.clone();
        let password = address.password().unwrap_or("none").to_owned();
        let _ = address.set_password(None);
        address.set_path(&self.name);
        (address, password)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let removed = on_server(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
        assert!(removed.is_ok() || thread::panicking(), "{removed:?}");
    }
}

fn on_server(server: &Url, statement: &str) -> Result<(), Box<dyn Error>> {
    block_on(async {
        let mut connection = PgConnection::connect(server.as_str()).await?;
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
        Ok(connection.close().await?)
    })
}

/// The first column of what this statement gives on the embedded database in this file.
pub fn column(file: &str, statement: &'static str) -> Result<Vec<String>, Box<dyn Error>> {
    block_on(async {
        let mut connection = SqliteConnection::connect(&format!("sqlite:{file}")).await?;
        let column = sqlx::query_scalar(statement).fetch_all(&mut connection).await?;
        connection.close().await?;
        Ok(column)
    })
}

fn block_on<T>(
    future: impl Future<Output = Result<T, Box<dyn Error>>>,
) -> Result<T, Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future)
}
