//! Notices changes that another node or a command made: clients and signing keys are at most a second old.

use std::time::Duration;

use tokio::time::timeout;

use crate::app::App;
use crate::base::internal::Internal;
use crate::store::Versions;

/// Twice in the second that is promised. A look takes no longer either: a database that hangs is as good as away.
const EVERY: Duration = Duration::from_millis(500);

/// Asks for the versions, for ever.
pub async fn run(app: App) {
    let mut seen = Versions::default();
    let mut was_away = false;
    loop {
        let looked = timeout(EVERY, look(&app, &mut seen)).await;
        match looked
            .unwrap_or_else(|error| Err(Internal::unavailable("the database").because(error)))
        {
            Ok(()) => was_away = false,
            Err(internal) => {
                // What cannot be checked may be old: nothing is kept that could not be read again either.
                app.provider().forget_clients();
                if !was_away {
                    tracing::error!(error = %internal, "changes of clients and keys cannot be noticed");
                }
                was_away = true;
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn look(app: &App, seen: &mut Versions) -> Result<(), Internal> {
    let ctx = app.context();
    let versions = ctx.store.versions().await?;
    if versions.clients != seen.clients {
        ctx.forget_clients();
    }
    if versions.signing_keys != seen.signing_keys {
        ctx.keys.reload(&ctx.store, ctx.now).await?;
    }
    *seen = versions;
    Ok(())
}
