//! The queue before the hashing threads: bounded, first come first served, and blind to requests that went away.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::base::internal::Internal;
use crate::base::metric;
use crate::base::secret::Secret;
use crate::model::password::{HashParameters, Password};

/// The output of one hash.
pub(super) type Output = Secret<Vec<u8>>;

/// Everything but the password that one hash is made of.
pub(super) struct Recipe {
    pub parameters: HashParameters,
    pub salt: Vec<u8>,
    pub length: usize,
}

/// A hash that somebody waits for.
pub(super) struct Job {
    pub password: Password,
    pub recipe: Recipe,
    reply: oneshot::Sender<Result<Output, Internal>>,
    _counted: Counted,
}

impl Job {
    /// Whether nobody waits any more.
    pub fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    /// Gives the output to whoever waits.
    pub fn answer(self, output: Result<Output, Internal>) {
        // Fails when the request went away in the meantime: nothing is left to do then.
        let _ = self.reply.send(output);
    }
}

/// One in the gauge of hashes that wait or run, for as long as it lives.
struct Counted;

impl Counted {
    fn new() -> Self {
        metrics::gauge!(metric::HASHES_QUEUED).increment(1.0);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        metrics::gauge!(metric::HASHES_QUEUED).decrement(1.0);
    }
}

/// The requests' end of the queue. Dropping it ends the threads.
pub(super) struct Pool(Arc<Queue>);

impl Pool {
    pub fn new(capacity: usize) -> Self {
        Self(Arc::new(Queue {
            capacity,
            state: Mutex::new(State { jobs: VecDeque::new(), closed: false }),
            changed: Condvar::new(),
            performed: AtomicU64::new(0),
        }))
    }

    pub fn queue(&self) -> &Arc<Queue> {
        &self.0
    }

    /// Queues the hash and waits for its output; unavailable at once if the queue is full.
    pub async fn compute(&self, password: Password, recipe: Recipe) -> Result<Output, Internal> {
        let (reply, output) = oneshot::channel();
        self.0.admit(Job { password, recipe, reply, _counted: Counted::new() })?;
        output.await.map_err(|_| Internal::fault("a hashing thread ended"))?
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pool")
    }
}

/// What the requests and the threads share.
pub(super) struct Queue {
    capacity: usize,
    state: Mutex<State>,
    changed: Condvar,
    performed: AtomicU64,
}

struct State {
    jobs: VecDeque<Job>,
    closed: bool,
}

/// What a thread finds in the queue.
pub(super) enum Next {
    Job(Job),
    /// Nothing came for as long as the thread wanted to wait.
    Nothing,
    Closed,
}

impl Queue {
    fn admit(&self, job: Job) -> Result<(), Internal> {
        let mut state = self.state();
        if state.jobs.len() >= self.capacity {
            // Requests that went away do not keep the living out.
            state.jobs.retain(|job| !job.is_abandoned());
        }
        if state.jobs.len() >= self.capacity {
            return Err(Internal::unavailable("too many password hashes wait"));
        }
        state.jobs.push_back(job);
        self.changed.notify_one();
        Ok(())
    }

    /// The next job that somebody waits for. Without `patience` it waits until there is one.
    pub fn next(&self, patience: Option<Duration>) -> Next {
        let mut state = self.state();
        loop {
            if state.closed {
                return Next::Closed;
            }
            while let Some(job) = state.jobs.pop_front() {
                if !job.is_abandoned() {
                    return Next::Job(job);
                }
            }
            state = match patience {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(patience) => {
                    let (state, waited) = self
                        .changed
                        .wait_timeout(state, patience)
                        .unwrap_or_else(PoisonError::into_inner);
                    if waited.timed_out() && state.jobs.is_empty() && !state.closed {
                        return Next::Nothing;
                    }
                    state
                }
            };
        }
    }

    pub fn count_performed(&self) {
        self.performed.fetch_add(1, Ordering::Relaxed);
    }

    pub fn performed(&self) -> u64 {
        self.performed.load(Ordering::Relaxed)
    }

    fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.jobs.clear();
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs while the lock is held, so what it guards is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
