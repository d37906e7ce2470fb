//! The load driver: measures a running server from outside, and tries to make it lose or spend something twice.
//!
//! `cargo run --release --example load -- help`. It is foreign: against a server it knows issuer, clients, secrets and
//! passwords, and speaks HTTP. Only filling the database and measuring what single operations cost use the library.
//! `docs/performance.md` says how to read what it prints.
#![expect(clippy::print_stdout, reason = "it reports to whoever started it")]
#![expect(clippy::disallowed_methods, reason = "it measures time with the machine's own clock")]

mod bulk;
mod calibration;
mod deployment;
mod fill;
mod footprint;
mod http;
mod journal;
mod kill;
mod ledger;
mod measure;
mod process;
mod proxy;
mod race;
mod relying_party;
mod run;
mod sign_in;
mod sigterm;
mod storm;
mod workload;

use clap::{Parser, Subcommand};
use fuxin::base::random;

/// Any fault ends the driver, with its text.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Measures a running server from outside.
#[derive(Debug, Parser)]
#[command(name = "load")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a deployment and fill its database.
    Fill(fill::Arguments),
    /// Measure the workloads against a running server.
    Run(run::Arguments),
    /// Measure what single operations cost on this core, without any server.
    Calibrate(run::Calibrate),
    /// Hundreds of password logins at once: what becomes of the token endpoint?
    Storm(storm::Arguments),
    /// Kill -9 under load and look for what was lost or spent twice.
    Kill(kill::Arguments),
    /// SIGTERM under load and look for failed requests.
    Sigterm(sigterm::Arguments),
    /// Many redemptions of one code, many uses of one refresh token, at the same moment.
    Race(race::Arguments),
    /// Time to start, and memory at rest.
    Footprint(footprint::Arguments),
    /// Answer every request with an empty 200: what `run` measures for comparison.
    #[command(hide = true)]
    EmptyServer,
}

#[tokio::main]
async fn main() -> Outcome {
    match Arguments::parse().command {
        Command::Fill(arguments) => fill::fill(arguments).await,
        Command::Run(arguments) => run::run(arguments).await,
        Command::Calibrate(arguments) => run::calibrate(arguments).await,
        Command::Storm(arguments) => storm::storm(arguments).await,
        Command::Kill(arguments) => kill::kill(arguments).await,
        Command::Sigterm(arguments) => sigterm::sigterm(arguments).await,
        Command::Race(arguments) => race::race(arguments).await,
        Command::Footprint(arguments) => footprint::footprint(arguments).await,
        Command::EmptyServer => calibration::serve_empty().await,
    }
}

/// A random number under `count`; zero if there is none.
fn below(count: usize) -> usize {
    usize::from_ne_bytes(random::bytes()).checked_rem(count).unwrap_or_default()
}
