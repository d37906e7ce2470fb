//! `fuxin key list` and `fuxin key rotate`. A running server notices within a second.

use super::{ConfigArgument, Outcome, application, say};
use crate::job::rotate_keys::kept;
use crate::key::ALGORITHMS;
use crate::oauth::client_metadata::SigningAlgorithm;

/// The commands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print every published key and what it does.
    List(ConfigArgument),
    /// Let the waiting key sign, and publish its successor.
    Rotate {
        /// Only this algorithm: ES256, RS256, PS256 or EdDSA; all of them without it.
        #[arg(long, value_name = "ALGORITHM")]
        algorithm: Option<String>,
        #[command(flatten)]
        config: ConfigArgument,
    },
}

/// Runs the command.
pub async fn run(command: Command) -> Outcome {
    match command {
        Command::List(argument) => {
            let app = application(&argument).await?;
            let keys = app.provider().keys.keys();
            for key in keys.published() {
                let state = match (key.activated_at, key.retired_at) {
                    (None, _) => "waits",
                    (Some(_), None) => "signs",
                    (Some(_), Some(_)) => "verifies only",
                };
                say(format_args!(
                    "{}  {}  {state}",
                    key.key.algorithm().as_str(),
                    key.key.key_id()
                ));
            }
            for key in keys.decryption() {
                say(format_args!("{}  {}  decrypts", key.algorithm().as_str(), key.key_id()));
            }
        }
        Command::Rotate { algorithm, config } => {
            let chosen = match algorithm.as_deref() {
                None => ALGORITHMS.to_vec(),
                Some(name) => vec![SigningAlgorithm::from_word(name).ok_or_else(|| {
                    format!("--algorithm: {name} is none of ES256, RS256, PS256 and EdDSA")
                })?],
            };
            let app = application(&config).await?;
            let ctx = app.context();
            let keys = ctx.keys.keys();
            for algorithm in chosen {
                let active = keys.active(algorithm)?;
                let kid = ctx
                    .keys
                    .rotate(&ctx.store, active, kept(&ctx.policy), ctx.now)
                    .await?
                    .ok_or_else(|| {
                        format!("{}: another rotation came first", algorithm.as_str())
                    })?;
                say(format_args!("{}  {kid}  signs now", algorithm.as_str()));
            }
        }
    }
    Ok(())
}
