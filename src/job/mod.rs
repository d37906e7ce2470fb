//! What runs by itself beside the requests: noticing changes, rotating keys, telling clients of sign-outs, removing what
//! has ended, adding up what was measured.
//!
//! Owns the rhythm only; what is done is in `key`, `store`, `logout` and `context`. Every job runs on every node and is safe to
//! run twice at once.

pub mod deliver_logout;
pub mod metrics_upkeep;
pub mod purge;
pub mod rotate_keys;
pub mod watch;

use futures_core::future::BoxFuture;
use tokio::task::JoinSet;

use crate::app::App;

/// Starts every job; they end when the set is dropped.
pub fn start(app: &App) -> JoinSet<()> {
    let jobs: [BoxFuture<'static, ()>; 5] = [
        Box::pin(metrics_upkeep::run(app.clone())),
        Box::pin(watch::run(app.clone())),
        Box::pin(rotate_keys::run(app.clone())),
        Box::pin(deliver_logout::run(app.clone())),
        Box::pin(purge::run(app.clone())),
    ];
    jobs.into_iter().collect()
}
