//! Removes what has ended, in steps, so that no table grows for ever and no step holds the writer for long.

use std::time::Duration;

use crate::app::App;
use crate::base::internal::Internal;
use crate::client::expiry;

const EVERY: Duration = Duration::from_mins(5);
const BETWEEN_STEPS: Duration = Duration::from_millis(200);

/// Removes steps, for ever.
pub async fn run(app: App) {
    loop {
        let pause = match step(&app).await {
            Ok(true) => BETWEEN_STEPS,
            Ok(false) => EVERY,
            Err(internal) => {
                tracing::warn!(error = %internal, "what has ended was not removed; tried again in five minutes");
                EVERY
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Removes one step; whether there may be more. What is not remembered of a deleted account goes, too (LOG-11),
/// and so does a client that registered itself and was never used.
pub async fn step(app: &App) -> Result<bool, Internal> {
    let ctx = app.context();
    let ended = ctx.store.purge(ctx.now).await?;
    let deleted = ctx.now.minus(ctx.policy.deleted_account);
    let forgotten = ctx.store.purge_passwords(deleted).await?;
    let more_unused = expiry::delete_unused(&ctx).await?;
    Ok(more_unused || ended.is_full_step() || forgotten.is_full_step())
}
