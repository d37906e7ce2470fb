//! The time of a test: it stands still until the test moves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use fuxin::base::time::{Clock, Lifetime, Timestamp};

/// When every story begins.
pub const START: Timestamp = Timestamp::from_seconds(1_790_000_000);

/// A clock that a test moves.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(START.seconds())))
    }

    pub fn advance(&self, by: Lifetime) {
        self.0.fetch_add(by.as_seconds(), Ordering::SeqCst);
    }
}

/// Lets so many seconds pass for what waits by the machine's clock, such as the time between two fetches.
pub async fn rest(seconds: u32) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds.into())).await;
    tokio::time::resume();
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.load(Ordering::SeqCst))
    }
}
