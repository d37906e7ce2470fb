//! The configuration: a TOML file, over it the environment (`FUXIN__SECTION__KEY`), and files for secrets.
//!
//! One file per section, each turning raw values into types that need no further checking; `describe` holds every key
//! with its form, bounds and default, and the policy profiles are data (`config/gsp.toml`). All faults are reported
//! together. Nothing else in Fuxin reads the environment or a configuration file. Does not own constant bounds
//! (`base::limits`).

mod database;
mod describe;
mod generate;
mod log;
mod outbound;
mod password_hash;
mod policy;
mod problem;
mod secrets;
mod server;
mod service_desk;
mod source;
#[cfg(test)]
mod tests;
mod tls;
mod value;

use std::fs::File;
use std::io::Read;
use std::path::Path;

pub use database::{Database, Location};
pub use generate::{configuration_md, example_toml};
pub use log::{Format, Log};
pub use outbound::{ExtraCa, Outbound, PrivateHost};
pub use password_hash::PasswordHash;
pub use policy::{Policy, Profile};
pub use problem::{Fault, Origin, Problem};
pub use secrets::Secrets;
pub use server::Server;
pub use service_desk::ServiceDesk;
pub use tls::{Identity, Tls};

use crate::base::limits;
use source::{Reported, Source};

/// What the name of every environment variable of ours begins with.
const VARIABLE_PREFIX: &str = "FUXIN__";

/// Everything that a deployment decides, proved to fit together.
#[derive(Clone, Debug)]
pub struct Config {
    /// Who the provider is and where it listens.
    pub server: Server,
    /// The listener that speaks TLS and asks for clients' certificates; none if `None`.
    pub tls: Option<Tls>,
    /// Where everything is kept.
    pub database: Database,
    /// The master key and the pairwise salt.
    pub secrets: Secrets,
    /// The rules for sign-in, sessions and tokens.
    pub policy: Policy,
    /// What one password hash costs, and how many run at once.
    pub password_hash: PasswordHash,
    /// Whom fetches trust, and which hosts may be private.
    pub outbound: Outbound,
    /// Whom people are told to call.
    pub service_desk: ServiceDesk,
    /// The program's log.
    pub log: Log,
}

impl Config {
    /// Reads the file, if there is one, and over it the given environment (see [`environment`]).
    ///
    /// A relative path in the file starts from the file's folder; one in the environment from the working directory.
    pub fn load(
        path: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, Vec<Problem>> {
        let mut source = Source::default();
        if let Some(path) = path {
            let text = read_file(path).map_err(|fault| {
                vec![Problem { key: String::new(), origin: Origin::Nobody, fault }]
            })?;
            source.add_file(path, &text);
        }
        source.add_environment(environment);
        Self::read(source)
    }

    /// Reads the text of a file that would lie at `path`, without any environment.
    pub fn from_toml(text: &str, path: &Path) -> Result<Self, Vec<Problem>> {
        let mut source = Source::default();
        source.add_file(path, text);
        Self::read(source)
    }

    fn read(mut source: Source) -> Result<Self, Vec<Problem>> {
        // A file that is no TOML gave no values: to call them all missing would bury the one thing to mend.
        if source.has_syntax_error() {
            return Err(source.into_problems());
        }
        let server = Server::read(&mut source);
        let tls = Tls::read(&mut source);
        let database = Database::read(&mut source);
        let secrets = Secrets::read(&mut source);
        let policy = Policy::read(&mut source);
        let password_hash = PasswordHash::read(&mut source);
        let outbound = Outbound::read(&mut source);
        let service_desk = ServiceDesk::read(&mut source);
        let log = Log::read(&mut source);
        let config = || {
            Ok::<_, Reported>(Self {
                server: server?,
                tls: tls?,
                database: database?,
                secrets: secrets?,
                policy: policy?,
                password_hash: password_hash?,
                outbound: outbound?,
                service_desk: service_desk?,
                log: log?,
            })
        };
        match config() {
            Ok(config) if source.is_sound() => Ok(config),
            _ => Err(source.into_problems()),
        }
    }
}

/// The environment variables that [`Config::load`] takes. A byte that is not UTF-8 becomes U+FFFD, which it refuses.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .map(|(name, value)| {
            (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
        })
        .filter(|(name, _)| name.starts_with(VARIABLE_PREFIX))
}

fn read_file(path: &Path) -> Result<String, Fault> {
    let unreadable = |because| Fault::Unreadable { path: path.to_owned(), because };
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(limits::CONFIGURATION_FILE as u64 + 1).read_to_string(&mut text))
        .map_err(unreadable)?;
    if text.len() > limits::CONFIGURATION_FILE {
        return Err(Fault::FileTooLong { path: path.to_owned(), most: limits::CONFIGURATION_FILE });
    }
    Ok(text)
}

/// The known word that `word` was probably meant to be: a key under another section, or a slip of the finger.
fn nearest(word: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let last = |path: &str| path.rsplit('.').next().map(str::to_owned);
    known
        .map(|known| {
            let distance = strsim::damerau_levenshtein(word, known);
            (if last(word) == last(known) { 0 } else { distance }, known)
        })
        .filter(|(distance, known)| *distance <= 1.max(known.len() / 4))
        .min()
        .map(|(_, known)| known)
}
