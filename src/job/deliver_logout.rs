//! Tells clients that a session has ended: at once when one ended on this node, and every few seconds whatever is due.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::app::App;
use crate::base::internal::Internal;
use crate::base::limits;
use crate::logout::back_channel;

/// What another node or a command ended is looked for so often.
const EVERY: Duration = Duration::from_secs(5);

/// Delivers, for ever.
pub async fn run(app: App) {
    let mut round = Round::default();
    let mut was_away = false;
    loop {
        match round.begin(&app).await {
            Ok(0) => was_away = false,
            Ok(_) => continue,
            Err(internal) if !was_away => {
                was_away = true;
                tracing::warn!(error = %internal, "clients cannot be told of sign-outs; tried again");
            }
            Err(_) => {}
        }
        tokio::select! {
            () = app.provider().session_ended.notified() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Deliveries under way. They end with this value.
#[derive(Debug)]
pub struct Round {
    places: Arc<Semaphore>,
    under_way: JoinSet<()>,
}

impl Default for Round {
    fn default() -> Self {
        let places = Arc::new(Semaphore::new(limits::LOGOUT_DELIVERIES));
        Self { places, under_way: JoinSet::new() }
    }
}

impl Round {
    /// Begins what is due now, each delivery by itself; how many it began. Waits for a place, never for an answer.
    pub async fn begin(&mut self, app: &App) -> Result<usize, Internal> {
        while self.under_way.try_join_next().is_some() {}
        let ctx = app.context();
        let mut begun = 0;
        for delivery in ctx.store.due_logouts(ctx.now, limits::LOGOUT_DELIVERIES_FOUND).await? {
            let Ok(place) = self.places.clone().acquire_owned().await else { break };
            if !back_channel::take(&ctx, &delivery).await? {
                continue;
            }
            begun += 1;
            let app = app.clone();
            self.under_way.spawn(async move {
                let _place = place;
                // What could not be written down is due again in a minute.
                if let Err(internal) = back_channel::deliver(&app.context(), &delivery).await {
                    tracing::warn!(error = %internal, "what became of a sign-out's delivery was not written; tried again");
                }
            });
        }
        Ok(begun)
    }

    /// Waits until everything that was begun has ended.
    pub async fn end(&mut self) {
        while self.under_way.join_next().await.is_some() {}
    }
}
