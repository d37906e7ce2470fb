//! `fuxin migrate`: brings the database's schema up to this program. Runs beside a serving older release.

use super::{ConfigArgument, Outcome, configuration, say};
use crate::app::open_store;
use crate::store::Schema;

/// Runs the command.
pub async fn run(argument: &ConfigArgument) -> Outcome {
    let store = open_store(&configuration(argument)?).await?;
    let before = store.schema().await?;
    store.migrate().await?;
    match before {
        Schema::Current => say("The database is up to date."),
        Schema::Behind(count) => {
            say(format_args!("Ran {count} migrations. The database is up to date."));
        }
    }
    store.close().await;
    Ok(())
}
