//! SQLite's one writer: concurrent writes share a transaction and a sync, and each is answered after it.
//!
//! A write that comes alone runs by itself; writes that queue up behind one run as a group of at most
//! `limits::WRITE_GROUP`. A single statement joins without a savepoint (SQLite undoes a failed statement by itself); a
//! transaction of several is held in one. Any failure but a broken constraint ends the group at once: roll back,
//! replace the connection, 503 for everyone in it. So does a panic in a write: the writer outlives it.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use futures_core::future::BoxFuture;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection as _, SqliteConnection};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::database::{BoxedWrite, Connection, Decision, internal};
use crate::base::internal::Internal;
use crate::base::{limits, metric};

/// The way to the writer's task.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
    options: SqliteConnectOptions,
}

/// What lies in the queue.
enum Message {
    Write(Box<dyn Write>),
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Opens the writer's connection and starts its task.
    pub(super) async fn start(options: SqliteConnectOptions) -> Result<Self, Internal> {
        let connection = options.connect().await.map_err(internal)?;
        let (queue, messages) = mpsc::channel(limits::WRITE_QUEUE);
        tokio::spawn(
            Desk { options: options.clone(), connection: Some(connection), messages }.serve(),
        );
        Ok(Self { queue, options })
    }

    /// A writing connection of its own, for migrations; the file's lock keeps it and the writer apart.
    pub(super) async fn connect(&self) -> sqlx::Result<SqliteConnection> {
        self.options.connect().await
    }

    pub(super) async fn run_statement<T: Send + 'static>(
        &self,
        work: BoxedWrite<T>,
    ) -> Result<T, Internal> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Box::new(Statement { work, reply }))?;
        answer.await.map_err(|_| broken_off())?
    }

    pub(super) async fn run_transaction<T: Send + 'static>(
        &self,
        work: BoxedWrite<Decision<T>>,
    ) -> Result<T, Internal> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Box::new(Transaction { work, reply }))?;
        answer.await.map_err(|_| broken_off())?
    }

    /// Finishes what is queued, then closes the connection.
    pub(super) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.queue.send(Message::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
    }

    /// Whether no write can be committed any more.
    pub(super) fn has_stopped(&self) -> bool {
        self.queue.is_closed()
    }

    fn enqueue(&self, write: Box<dyn Write>) -> Result<(), Internal> {
        self.queue.try_send(Message::Write(write)).map_err(|error| match error {
            TrySendError::Full(_) => Internal::unavailable("the queue of writes is full"),
            TrySendError::Closed(_) => stopped(),
        })
    }
}

pub(super) fn stopped() -> Internal {
    Internal::unavailable("the writer has stopped")
}

/// It panicked, or was queued behind the end.
fn broken_off() -> Internal {
    Internal::unavailable("a write was broken off")
}

/// A queued write. Running it yields what to do once the group's fate is known.
trait Write: Send {
    fn run(self: Box<Self>, connection: &mut SqliteConnection) -> BoxFuture<'_, Ran>;
    /// Whether it may run outside a transaction: a single statement is one by itself.
    fn is_one_statement(&self) -> bool;
    /// Answers a write that was never run.
    fn refuse(self: Box<Self>);
}

/// Tells the waiter; `true` if what it wrote is committed.
type Answer = Box<dyn FnOnce(bool) + Send>;

enum Ran {
    /// The waiter's answer, once the group is committed.
    Well(Answer),
    /// The database failed under this statement: the whole group is lost.
    Lost(Answer),
}

struct Statement<T> {
    work: BoxedWrite<T>,
    reply: oneshot::Sender<Result<T, Internal>>,
}

impl<T: Send + 'static> Write for Statement<T> {
    fn run(self: Box<Self>, connection: &mut SqliteConnection) -> BoxFuture<'_, Ran> {
        Box::pin(async move {
            let result = (self.work)(Connection::Sqlite(connection)).await;
            ran(result, self.reply)
        })
    }

    fn is_one_statement(&self) -> bool {
        true
    }

    fn refuse(self: Box<Self>) {
        let _ = self.reply.send(Err(lost()));
    }
}

struct Transaction<T> {
    work: BoxedWrite<Decision<T>>,
    reply: oneshot::Sender<Result<T, Internal>>,
}

impl<T: Send + 'static> Write for Transaction<T> {
    fn run(self: Box<Self>, connection: &mut SqliteConnection) -> BoxFuture<'_, Ran> {
        Box::pin(async move {
            let Self { work, reply } = *self;
            ran(held(work, connection).await, reply)
        })
    }

    fn is_one_statement(&self) -> bool {
        false
    }

    fn refuse(self: Box<Self>) {
        let _ = self.reply.send(Err(lost()));
    }
}

/// Runs several statements inside a savepoint, so that undoing them leaves the group's other writes alone.
async fn held<T>(
    work: BoxedWrite<Decision<T>>,
    connection: &mut SqliteConnection,
) -> sqlx::Result<T> {
    execute(connection, "SAVEPOINT held").await?;
    let decided = work(Connection::Sqlite(connection)).await;
    match decided {
        Ok(Decision::Commit(value)) => {
            execute(connection, "RELEASE held").await?;
            Ok(value)
        }
        Ok(Decision::RollBack(value)) => {
            execute(connection, "ROLLBACK TO held").await?;
            execute(connection, "RELEASE held").await?;
            Ok(value)
        }
        Err(error) if is_constraint(&error) => {
            execute(connection, "ROLLBACK TO held").await?;
            execute(connection, "RELEASE held").await?;
            Err(error)
        }
        Err(error) => Err(error),
    }
}

fn ran<T: Send + 'static>(
    result: sqlx::Result<T>,
    reply: oneshot::Sender<Result<T, Internal>>,
) -> Ran {
    let broken = matches!(&result, Err(error) if !is_constraint(error));
    let answer: Answer = Box::new(move |committed| {
        // A waiter that went away is no reason to fail: its write is committed all the same.
        let _ = reply.send(match result {
            Ok(value) if committed => Ok(value),
            Ok(_) => Err(lost()),
            Err(error) => Err(internal(error)),
        });
    });
    if broken { Ran::Lost(answer) } else { Ran::Well(answer) }
}

fn is_constraint(error: &sqlx::Error) -> bool {
    const CONSTRAINT: u32 = 19;
    match error {
        sqlx::Error::Database(error) => error
            .code()
            .and_then(|code| code.parse::<u32>().ok())
            .is_some_and(|code| code & 0xff == CONSTRAINT),
        _ => false,
    }
}

fn lost() -> Internal {
    Internal::unavailable("the write was not committed")
}

async fn execute(connection: &mut SqliteConnection, text: &'static str) -> sqlx::Result<()> {
    sqlx::query(text).execute(connection).await.map(drop)
}

/// The writer's task.
struct Desk {
    options: SqliteConnectOptions,
    /// `None` after a failure, until it could be opened again.
    connection: Option<SqliteConnection>,
    messages: mpsc::Receiver<Message>,
}

impl Desk {
    async fn serve(mut self) {
        while let Some(message) = self.messages.recv().await {
            match message {
                Message::Write(first) => {
                    let closing = self.serve_group(first).await;
                    if let Some(done) = closing {
                        return self.close(done).await;
                    }
                }
                Message::Close(done) => return self.close(done).await,
            }
        }
    }

    /// Takes what has queued up behind `first` and runs it as one group. Hands back a request to close met on the way.
    async fn serve_group(&mut self, first: Box<dyn Write>) -> Option<oneshot::Sender<()>> {
        let mut group = vec![first];
        let mut closing = None;
        while group.len() < limits::WRITE_GROUP && closing.is_none() {
            match self.messages.try_recv() {
                Ok(Message::Write(write)) => group.push(write),
                Ok(Message::Close(done)) => closing = Some(done),
                Err(_) => break,
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a group has at most 64 writes")]
        metrics::histogram!(metric::WRITE_GROUP).record(group.len() as f64);
        let Some(mut connection) = self.open().await else {
            group.into_iter().for_each(Write::refuse);
            return closing;
        };
        if outlived(run_group(&mut connection, group)).await {
            self.connection = Some(connection);
        } else {
            // Its transaction, if any is left, ends with it.
            let _ = connection.close_hard().await;
        }
        closing
    }

    async fn open(&mut self) -> Option<SqliteConnection> {
        if let Some(connection) = self.connection.take() {
            return Some(connection);
        }
        match self.options.connect().await {
            Ok(connection) => Some(connection),
            Err(error) => {
                tracing::error!(error = %error, "the database file cannot be opened for writing");
                None
            }
        }
    }

    async fn close(self, done: oneshot::Sender<()>) {
        if let Some(connection) = self.connection {
            let _ = connection.close().await;
        }
        let _ = done.send(());
    }
}

/// What the group says, or `false` if one of its writes panicked: its waiters are answered as their senders go.
async fn outlived(group: impl Future<Output = bool>) -> bool {
    let mut group = pin!(group);
    poll_fn(|cx| {
        // Nothing of the group is looked at again: it goes, and its connection is thrown away.
        catch_unwind(AssertUnwindSafe(|| group.as_mut().poll(cx))).unwrap_or_else(|_| {
            tracing::error!(error = "a write panicked", "{LOST}");
            Poll::Ready(false)
        })
    })
    .await
}

/// Runs a group and answers its waiters. `false` if the connection must be replaced.
async fn run_group(connection: &mut SqliteConnection, mut group: Vec<Box<dyn Write>>) -> bool {
    if group.len() == 1 && group.first().is_some_and(|write| write.is_one_statement()) {
        let Some(write) = group.pop() else { return true };
        return match write.run(connection).await {
            Ran::Well(answer) => {
                answer(true);
                true
            }
            Ran::Lost(answer) => {
                answer(false);
                false
            }
        };
    }
    let mut answers: Vec<Answer> = Vec::with_capacity(group.len());
    let mut writes = group.into_iter();
    let mut whole = begin(connection).await;
    while whole && let Some(write) = writes.next() {
        match write.run(connection).await {
            Ran::Well(answer) => answers.push(answer),
            Ran::Lost(answer) => {
                answers.push(answer);
                whole = false;
            }
        }
    }
    whole = whole && commit(connection).await;
    for answer in answers {
        answer(whole);
    }
    writes.for_each(Write::refuse);
    whole
}

const LOST: &str = "a group of writes was lost; its requests are answered 503";

async fn begin(connection: &mut SqliteConnection) -> bool {
    logged(&execute(connection, "BEGIN IMMEDIATE").await)
}

async fn commit(connection: &mut SqliteConnection) -> bool {
    logged(&execute(connection, "COMMIT").await)
}

fn logged(result: &sqlx::Result<()>) -> bool {
    if let Err(error) = result {
        tracing::error!(error = %error, "{LOST}");
    }
    result.is_ok()
}

#[cfg(test)]
mod tests;
