//! Removes what has ended, in steps, so that no table grows for ever and no step holds the writer for long.

use std::time::Duration;

use crate::app::App;

const EVERY: Duration = Duration::from_mins(5);
const BETWEEN_STEPS: Duration = Duration::from_millis(200);

/// Removes steps, for ever.
pub async fn run(app: App) {
    loop {
        let ctx = app.context();
        let pause = match ctx.store.purge(ctx.now).await {
            Ok(purged) if purged.is_full_step() => BETWEEN_STEPS,
            Ok(_) => EVERY,
            Err(internal) => {
                tracing::warn!(error = %internal, "what has ended was not removed; tried again in five minutes");
                EVERY
            }
        };
        tokio::time::sleep(pause).await;
    }
}
