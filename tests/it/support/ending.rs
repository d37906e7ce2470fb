//! The end of every session, as another process writes it: begun, and not committed until the story says so.

use fuxin::base::time::Timestamp;
use fuxin::config::Location;

use super::raw_connection::RawConnection;

/// A transaction that is under way. On a file it holds up every other write.
pub struct Ending(RawConnection);

impl Ending {
    /// Begins it.
    pub async fn begin(location: &Location, at: Timestamp) -> Self {
        let mut ending = Self(RawConnection::open(location, true).await);
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
        match &mut self.0 {
            RawConnection::Sqlite(connection) => {
                query.execute(connection).await.unwrap();
            }
            RawConnection::Postgres(connection) => {
                query.execute(connection).await.unwrap();
            }
        }
    }
}
