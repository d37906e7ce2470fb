//! Adds up what histograms were told, where metrics are kept.
//!
//! Every value lies in memory until it is counted, which reading the metrics does as well; but nobody may be reading.

use std::time::Duration;

use crate::app::App;

const EVERY: Duration = Duration::from_secs(5);

/// Adds up, for ever.
pub async fn run(app: App) {
    let Some(metrics) = app.metrics() else { return };
    loop {
        metrics.run_upkeep();
        tokio::time::sleep(EVERY).await;
    }
}
