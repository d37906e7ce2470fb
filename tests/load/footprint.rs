//! `load footprint`: how long a start takes with the schema there, and what `serve` holds in memory when it rests.

use std::sync::Arc;
use std::time::Duration;

use crate::Outcome;
use crate::ledger::Ledger;
use crate::measure::{self, resident_megabytes};
use crate::process::Program;
use crate::workload::Workload;

/// Sign-ins before the rest.
const SIGN_INS: usize = 100;
/// The rest.
const REST: Duration = Duration::from_mins(1);
/// Starts that are timed.
const STARTS: usize = 10;

/// What to do.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    program: Program,
}

/// Starts it a few times, then lets a hundred people sign in and waits.
pub async fn footprint(arguments: Arguments) -> Outcome {
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let running = arguments.program.start().await?;
        starts.push(running.start);
        running.kill()?;
    }
    starts.sort_unstable();
    println!(
        "start to ready, {STARTS} times: p50 {:.0} ms, longest {:.0} ms",
        measure::percentile(&starts, 50),
        measure::percentile(&starts, 100)
    );
    let ledger = Arc::new(Ledger::read(&arguments.program.data)?);
    let running = arguments.program.start().await?;
    println!("memory after the start: {:.1} MB", resident_megabytes(running.server.pid)?);
    let mut party = measure::party(&running.server);
    for _ in 0..SIGN_INS {
        Workload::Password.operate(&mut party, &ledger).await?;
    }
    println!("after {SIGN_INS} sign-ins: {:.1} MB", resident_megabytes(running.server.pid)?);
    tokio::time::sleep(REST).await;
    println!("a minute later: {:.1} MB", resident_megabytes(running.server.pid)?);
    Ok(())
}
