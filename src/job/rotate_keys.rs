//! Scheduled rotation of signing keys: a successor is always published, and begins to sign when its time has come.

use std::time::Duration;

use crate::app::App;
use crate::base::internal::Internal;
use crate::base::time::Lifetime;
use crate::config::Policy;
use crate::key;

const EVERY: Duration = Duration::from_mins(10);

/// Looks for keys that are due, for ever.
pub async fn run(app: App) {
    loop {
        if let Err(internal) = rotate_due(&app).await {
            tracing::warn!(error = %internal, "the signing keys that are due were not rotated; tried again in ten minutes");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Rotates the keys that are due; those that another node rotated in the meantime are only read again. Retired ones whose
/// time is over leave the set.
pub async fn rotate_due(app: &App) -> Result<(), Internal> {
    let ctx = app.context();
    let keys = ctx.keys.keys();
    for due in key::due(&keys, ctx.policy.key_rotation, ctx.now) {
        ctx.keys.rotate(&ctx.store, due, kept(&ctx.policy), ctx.now).await?;
        ctx.keys.reload(&ctx.store, ctx.now).await?;
    }
    // No version changes when a retired key's time is over: nobody but the clock says so.
    if ctx.keys.keys().published().any(|key| key.is_over(ctx.now)) {
        ctx.keys.reload(&ctx.store, ctx.now).await?;
    }
    Ok(())
}

/// How long a retired key is kept: as long as an ID token of its may live, and a day for hints and caches.
pub fn kept(policy: &Policy) -> Lifetime {
    Lifetime::days(1).plus(policy.id_token)
}
