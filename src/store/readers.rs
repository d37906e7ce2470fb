//! SQLite's readers: a few connections, each lent for one read.
//!
//! Not sqlx's pool: when a connection comes back, that spawns a task which pings the connection's thread, as much work
//! as the read itself. Here a connection is kept after a read that went well and dropped after any other, be it failed
//! or broken off by a request that went away; there is nothing to ask it. What was broken off runs to its end on its
//! thread meanwhile, so for as long as that takes there is one connection more for each.

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection as _, SqliteConnection};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::database::ACQUIRE;

/// The readers of this process.
#[derive(Clone, Debug)]
pub(super) struct Readers(Arc<Desk>);

#[derive(Debug)]
struct Desk {
    options: SqliteConnectOptions,
    limit: u32,
    permits: Semaphore,
    /// The last one in is the first one out: its pages are warm.
    idle: Mutex<Vec<SqliteConnection>>,
}

impl Readers {
    /// At most `limit` connections, each opened when it is needed first.
    pub(super) fn new(options: SqliteConnectOptions, limit: u32) -> Self {
        let permits = Semaphore::new(limit as usize);
        Self(Arc::new(Desk { options, limit, permits, idle: Mutex::default() }))
    }

    /// Runs one read on a connection.
    ///
    /// # Errors
    /// What the read says, or that none came free, or could be opened, in [`ACQUIRE`].
    pub(super) async fn lend<T>(
        &self,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> sqlx::Result<T>,
    ) -> sqlx::Result<T> {
        let Self(desk) = self;
        let (_permit, mut connection) = match desk.at_hand() {
            Some(at_hand) => at_hand,
            None => {
                timeout(ACQUIRE, desk.found()).await.map_err(|_| sqlx::Error::PoolTimedOut)??
            }
        };
        let read = work(&mut connection).await?;
        desk.kept(|idle| idle.push(connection));
        Ok(read)
    }

    /// Waits for the reads under way, closes every connection, and lends none from then on.
    pub(super) async fn close(&self) {
        let Self(desk) = self;
        let all = desk.permits.acquire_many(desk.limit).await;
        desk.permits.close();
        drop(all);
        for connection in desk.kept(std::mem::take) {
            let _ = connection.close().await;
        }
    }
}

impl Desk {
    /// A free place and a connection that is open already.
    fn at_hand(&self) -> Option<(SemaphorePermit<'_>, SqliteConnection)> {
        let permit = self.permits.try_acquire().ok()?;
        let connection = self.kept(Vec::pop)?;
        Some((permit, connection))
    }

    /// Waits for a place, and opens a connection if none is kept.
    async fn found(&self) -> sqlx::Result<(SemaphorePermit<'_>, SqliteConnection)> {
        let permit = self.permits.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let kept = self.kept(Vec::pop);
        let connection = match kept {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        Ok((permit, connection))
    }

    fn kept<T>(&self, change: impl FnOnce(&mut Vec<SqliteConnection>) -> T) -> T {
        change(&mut self.idle.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sqlx::sqlite::SqliteJournalMode;
    use tokio::time::Instant;

    use super::*;
    use crate::base::encoding::hexadecimal;
    use crate::base::random;

    /// Somebody else has the file for himself: opening it waits for longer than a request can.
    #[tokio::test]
    async fn a_file_that_cannot_be_opened_is_told_in_time() {
        let folder = format!("fuxin-readers-{}", hexadecimal(&random::bytes::<8>()));
        let folder = std::env::temp_dir().join(folder);
        std::fs::create_dir(&folder).unwrap();
        let file = SqliteConnectOptions::new().filename(folder.join("fuxin.db"));
        let mut other = file.clone().create_if_missing(true).connect().await.unwrap();
        sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();
        let options = file.journal_mode(SqliteJournalMode::Wal).busy_timeout(3 * ACQUIRE);
        let readers = Readers::new(options, 1);
        let one = async |connection: &mut SqliteConnection| {
            sqlx::query_scalar::<_, i64>("SELECT 1").fetch_one(connection).await
        };
        let start = Instant::now();
        let refused = readers.lend(one).await;
        assert!(matches!(refused, Err(sqlx::Error::PoolTimedOut)), "{refused:?}");
        assert!(start.elapsed() < ACQUIRE + Duration::from_secs(1), "{:?}", start.elapsed());
        sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
        assert_eq!(readers.lend(one).await.unwrap(), 1, "its place was given back");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
