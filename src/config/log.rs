//! `[log]`: the form of the program's log and what goes into it.

use tracing_subscriber::EnvFilter;

use super::problem::Fault;
use super::source::{Reported, Source};

/// The words for [`Format`].
pub(super) const FORMATS: &[&str] = &["json", "text"];

/// The program's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// For machines or for people.
    pub format: Format,
    /// Filter directives that `tracing_subscriber::EnvFilter` accepts.
    pub filter: String,
}

/// The form of a line of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object.
    Json,
    /// Text for people.
    Text,
}

impl Log {
    pub(super) fn read(source: &mut Source) -> Result<Self, Reported> {
        let format = source.parse("log.format", |word| {
            Ok(if word == "text" { Format::Text } else { Format::Json })
        });
        let filter = source.parse("log.filter", |text| match EnvFilter::builder().parse(text) {
            Ok(_) => Ok(text.to_owned()),
            Err(error) => Err(Fault::NotAFilter(error.to_string())),
        });
        Ok(Self { format: format?, filter: filter? })
    }
}
