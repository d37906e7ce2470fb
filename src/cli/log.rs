//! The program's log: to standard error, as JSON for machines or text for people. No secret and no personal data.

use tracing_subscriber::EnvFilter;

use crate::config::{Format, Log};

/// Starts the log.
pub fn start(log: &Log) {
    let filter = EnvFilter::try_new(&log.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A log that cannot be written must not end what it tells of: complaining about it, to the same place, panics.
        .log_internal_errors(false)
        .with_target(false);
    // A second start in one process, as in tests, keeps the first.
    let _ = match log.format {
        Format::Json => builder.json().flatten_event(true).try_init(),
        Format::Text => builder.with_ansi(false).try_init(),
    };
}
