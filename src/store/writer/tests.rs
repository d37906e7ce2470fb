//! The writer through what its callers cannot bring about: a panic, a full file, its own end.

use std::path::PathBuf;

use super::*;
use crate::base::encoding::hexadecimal;
use crate::base::random;
use crate::store::database::fetch_one;

/// A database in a folder that goes away with the test, with one table of numbers.
struct File(PathBuf);

impl File {
    async fn writer() -> (Self, Writer) {
        let name = format!("fuxin-writer-{}", hexadecimal(&random::bytes::<8>()));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        let options =
            SqliteConnectOptions::new().filename(folder.join("fuxin.db")).create_if_missing(true);
        let writer = Writer::start(options).await.unwrap();
        run(&writer, "CREATE TABLE numbers (number INTEGER, ballast BLOB)").await.unwrap();
        (Self(folder), writer)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const INSERT: &str = "INSERT INTO numbers VALUES (1, zeroblob(2000))";

async fn run(writer: &Writer, text: &'static str) -> Result<(), Internal> {
    writer
        .run_statement(Box::new(move |connection| {
            Box::pin(async move {
                let Connection::Sqlite(connection) = connection else { unreachable!() };
                execute(connection, text).await
            })
        }))
        .await
}

async fn count(writer: &Writer) -> i64 {
    let counted = writer.run_statement(Box::new(|mut connection| {
        Box::pin(async move {
            fetch_one!(connection, sqlx::query_scalar("SELECT COUNT(*) FROM numbers"))
        })
    }));
    counted.await.unwrap()
}

#[tokio::test]
async fn a_panic_in_a_write_ends_its_group_and_not_the_writer() {
    let (_file, writer) = File::writer().await;
    // On one thread all are in the queue before the writer looks at it: one group.
    let panics = writer.run_statement::<()>(Box::new(|_| panic!("a defect in a write")));
    let (before, panicked, after) =
        tokio::join!(run(&writer, INSERT), panics, run(&writer, INSERT));
    for lost in [before, panicked, after] {
        assert!(lost.unwrap_err().is_unavailable());
    }
    assert_eq!(count(&writer).await, 0);
    let alone =
        writer.run_transaction::<()>(Box::new(|_| Box::pin(async { panic!("another defect") })));
    assert!(alone.await.unwrap_err().is_unavailable());
    run(&writer, INSERT).await.unwrap();
    assert_eq!(count(&writer).await, 1);
    assert!(!writer.has_stopped());
}

/// The bound is the connection's own, so the next one is free of it: a disk on which somebody made room.
#[tokio::test]
async fn a_full_file_is_told_and_keeps_what_was_acknowledged() {
    let (_file, writer) = File::writer().await;
    run(&writer, "PRAGMA max_page_count = 16").await.unwrap();
    let mut kept = 0;
    let error = loop {
        match run(&writer, INSERT).await {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
    };
    assert!(error.is_unavailable() && error.to_string().contains("full"), "{error}");
    assert!(kept > 0);
    assert_eq!(count(&writer).await, kept);
    run(&writer, INSERT).await.unwrap();
    assert_eq!(count(&writer).await, kept + 1);
}

#[tokio::test]
async fn a_writer_that_has_stopped_says_so() {
    let (_file, writer) = File::writer().await;
    writer.close().await;
    assert!(writer.has_stopped());
    let late = run(&writer, INSERT).await.unwrap_err();
    assert!(late.is_unavailable() && late.to_string().contains("stopped"), "{late}");
}
