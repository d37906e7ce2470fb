//! What runs by itself beside the requests: noticing changes, rotating keys, telling clients of sign-outs, removing what
//! has ended, adding up what was measured.
//!
//! Owns the rhythm only; what is done is in `key`, `store`, `logout` and `context`. Every job runs on every node and is safe to
//! run twice at once.

pub mod add_up;
pub mod deliver_logout;
pub mod purge;
pub mod rotate_keys;
pub mod watch;

use tokio::task::JoinSet;

use crate::app::App;

/// Starts every job; they end when the set is dropped.
pub fn start(app: &App) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    jobs.spawn(add_up::run(app.clone()));
    jobs.spawn(watch::run(app.clone()));
    jobs.spawn(rotate_keys::run(app.clone()));
    jobs.spawn(deliver_logout::run(app.clone()));
    jobs.spawn(purge::run(app.clone()));
    jobs
}
