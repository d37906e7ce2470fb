//! Everything that a database holds, as somebody reads it who has got hold of it: past the store, table by table.

use fuxin::base::encoding::hexadecimal;
use fuxin::config::Location;
use sqlx::AssertSqlSafe;

use super::raw_connection::RawConnection;

/// Every row, one a line: its table, and its values in hexadecimal.
#[derive(Debug, PartialEq, Eq)]
pub struct Contents(Vec<String>);

impl Contents {
    /// What is there now.
    pub async fn of(location: &Location) -> Self {
        let mut reader = RawConnection::open(location, false).await;
        let mut rows = Vec::new();
        for table in reader.tables().await {
            let values = reader.values(&table).await;
            let text = format!("SELECT '{table}: ' || {} FROM {table}", values.join(" || ' ' || "));
            rows.extend(reader.texts(&text).await);
        }
        reader.close().await;
        rows.sort_unstable();
        Self(rows)
    }

    /// The tables that hold these bytes, as they are or as a text.
    pub fn tables_with(&self, bytes: &[u8]) -> Vec<&str> {
        let sought = hexadecimal(bytes);
        let rows = self.0.iter().filter_map(|row| row.split_once(": "));
        rows.filter(|(_, values)| values.contains(&sought)).map(|(table, _)| table).collect()
    }
}

impl RawConnection {
    /// A column of text.
    async fn texts(&mut self, statement: &str) -> Vec<String> {
        let query = sqlx::query_scalar(AssertSqlSafe(statement.to_owned()));
        match self {
            Self::Sqlite(connection) => query.fetch_all(connection).await.unwrap(),
            Self::Postgres(connection) => {
                let query = sqlx::query_scalar(AssertSqlSafe(statement.to_owned()));
                query.fetch_all(connection).await.unwrap()
            }
        }
    }

    async fn tables(&mut self) -> Vec<String> {
        let statement = match self {
            Self::Sqlite(_) => {
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            }
            Self::Postgres(_) => {
                "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()"
            }
        };
        self.texts(statement).await
    }

    /// An expression for each column of a table: its value in hexadecimal.
    async fn values(&mut self, table: &str) -> Vec<String> {
        let statement = match self {
            Self::Sqlite(_) => format!(
                "SELECT 'coalesce(lower(hex(' || name || ')), '''')' FROM pragma_table_info('{table}')"
            ),
            Self::Postgres(_) => format!(
                "SELECT 'coalesce(' || CASE data_type
                    WHEN 'bytea' THEN 'encode(' || column_name || ', ''hex'')'
                    WHEN 'uuid' THEN 'replace(' || column_name || '::text, ''-'', '''')'
                    ELSE 'encode(convert_to(' || column_name || '::text, ''UTF8''), ''hex'')'
                END || ', '''')' FROM information_schema.columns
                WHERE table_schema = current_schema() AND table_name = '{table}'"
            ),
        };
        self.texts(&statement).await
    }
}
