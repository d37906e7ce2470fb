//! The command line: one file a command. Answers go to standard output, logs and errors to standard error.
//!
//! Owns arguments and the order of starting and stopping. What a command does is in the module of its noun.

mod account;
pub mod check_config;
mod client;
mod demo;
mod doctor;
mod key;
mod log;
mod migrate;
mod registration_token;
mod routes;
mod serve;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::app::App;
use crate::base::time::SystemClock;
use crate::config::{self, Config};

/// Fuxin (符信): a single-sign-on provider.
#[derive(Debug, Parser)]
#[command(name = "fuxin", version, about, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve, with a configuration file.
    Serve(ConfigArgument),
    /// Show the main job with no set-up: a provider, two agency sites, and people who can sign in.
    Demo(demo::Arguments),
    /// Bring the database's schema up to this program.
    Migrate(ConfigArgument),
    /// Read the configuration and print everything that is wrong with it.
    CheckConfig(ConfigArgument),
    /// Look at a deployment and print what is wrong with it, each fault with its mend.
    Doctor(doctor::Arguments),
    /// Register, list and show clients (agency sites).
    #[command(subcommand)]
    Client(client::Command),
    /// Make, list and revoke tokens with which clients register themselves.
    #[command(subcommand)]
    RegistrationToken(registration_token::Command),
    /// Open, lock and unlock accounts.
    #[command(subcommand)]
    Account(account::Command),
    /// List and rotate signing keys.
    #[command(subcommand)]
    Key(key::Command),
    /// Print every route, one JSON object a line.
    #[command(hide = true)]
    Routes,
}

/// Where the configuration is.
#[derive(Clone, Debug, clap::Args)]
pub struct ConfigArgument {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// What a command ends with: nothing to say, or one line on standard error.
type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    if let Command::CheckConfig(argument) = &command {
        return check_config::run(argument.config.as_deref());
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return ended(Err(error.into())),
    };
    let outcome = runtime.block_on(async {
        match command {
            Command::Serve(argument) => serve::run(&argument).await,
            Command::Demo(arguments) => demo::run(&arguments).await,
            Command::Doctor(arguments) => doctor::run(&arguments).await,
            Command::Migrate(argument) => migrate::run(&argument).await,
            Command::Client(command) => client::run(command).await,
            Command::RegistrationToken(command) => registration_token::run(command).await,
            Command::Account(command) => account::run(command).await,
            Command::Key(command) => key::run(command).await,
            Command::Routes | Command::CheckConfig(_) => routes::run(),
        }
    });
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    ended(outcome)
}

#[expect(clippy::print_stderr, reason = "the command line's own error")]
fn ended(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// One line of an answer. A reader that has gone away, such as `head`, needs no more of it.
fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// The configuration, or every problem with it.
fn configuration(argument: &ConfigArgument) -> Result<Config, Box<dyn std::error::Error>> {
    Config::load(argument.config.as_deref(), config::environment()).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        lines.join("\nerror: ").into()
    })
}

/// The application for one command.
async fn application(argument: &ConfigArgument) -> Result<App, Box<dyn std::error::Error>> {
    let config = configuration(argument)?;
    Ok(App::build(&config, Arc::new(SystemClock), None).await?)
}
