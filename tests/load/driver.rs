//! The load driver: measures a running server from outside, and tries to make it lose or spend something twice.
//!
//! `cargo run --release --example load -- help`. It is foreign: against a server it knows issuer, clients, secrets and
//! passwords, and speaks HTTP. Only filling the database and measuring what single operations cost use the library.
//! `docs/performance.md` says how to read what it prints.
#![expect(clippy::print_stdout, reason = "it reports to whoever started it")]
#![expect(clippy::disallowed_methods, reason = "it measures time with the machine's own clock")]

mod bulk;
mod deployment;
mod fill;
mod http;
mod ledger;

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
}

#[tokio::main]
async fn main() -> Outcome {
    match Arguments::parse().command {
        Command::Fill(arguments) => fill::fill(arguments).await,
    }
}

/// A random number under `count`; zero if there is none.
fn below(count: usize) -> usize {
    usize::from_ne_bytes(random::bytes()).checked_rem(count).unwrap_or_default()
}
