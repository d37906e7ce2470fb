//! `load sigterm`: a server that is asked to end under load answers what it accepted, and ends within ten seconds.
//!
//! A fault is: an answer that is a server's error, not right or not whole; or none at all on a connection whose first
//! request this was and that was opened before the signal. No fault is: a refused connection after the signal; and an
//! idle kept connection that is closed under the next request, which clients send again (RFC 9112 §9.3.1).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::http;
use crate::ledger::Ledger;
use crate::measure;
use crate::process::Program;
use crate::relying_party::RelyingParty;
use crate::workload::Workload;
use crate::{Outcome, below};

/// How long the end may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What to do.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    program: Program,
    /// How often.
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// Clients at once.
    #[arg(long, default_value_t = 16)]
    connections: usize,
}

/// Runs the rounds.
pub async fn sigterm(arguments: Arguments) -> Outcome {
    let ledger = Arc::new(Ledger::read(&arguments.program.data)?);
    for round in 1..=arguments.rounds {
        let outcome = stop_once(&arguments, &ledger, round).await;
        ledger.save()?;
        outcome?;
    }
    println!("{} rounds: no request failed", arguments.rounds);
    Ok(())
}

async fn stop_once(arguments: &Arguments, ledger: &Arc<Ledger>, round: usize) -> Outcome {
    let mut running = arguments.program.start().await?;
    let signalled = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for _ in 0..arguments.connections {
        let (party, ledger) = (measure::party(&running.server), ledger.clone());
        clients.spawn(ask_until_refused(party, ledger, signalled.clone()));
    }
    tokio::time::sleep(Duration::from_millis(300 + u64::try_from(below(700))?)).await;
    // Raised before the signal, so that nothing that follows it is taken for something that came before.
    signalled.store(true, Ordering::SeqCst);
    let began = Instant::now();
    running.terminate()?;
    let status = running.ended_within(PATIENCE).await?.ok_or("it did not end in time")?;
    let time = began.elapsed();
    if !status.success() {
        return Err(format!("round {round}: it ended with {status}").into());
    }
    let (mut answered, mut sent_again) = (0_usize, 0_usize);
    while let Some(done) = clients.join_next().await {
        let (count, again) = done?.map_err(|fault| format!("round {round}: {fault}"))?;
        answered = answered.saturating_add(count);
        sent_again = sent_again.saturating_add(again);
    }
    println!(
        "round {round}: {answered} requests answered, ended within {time:.2?}; \
         {sent_again} idle connections were closed under a request"
    );
    Ok(())
}

/// Asks until nobody listens any more; how many requests were answered, and how many had to be sent again.
async fn ask_until_refused(
    mut party: RelyingParty,
    ledger: Arc<Ledger>,
    signalled: Arc<AtomicBool>,
) -> Result<(usize, usize), String> {
    let mut answered = 0_usize;
    loop {
        let before = !signalled.load(Ordering::SeqCst);
        let workload = match below(3) {
            0 => Workload::ClientCredentials,
            1 => Workload::Refresh,
            _ => Workload::Userinfo,
        };
        let fault = match workload.operate(&mut party, &ledger).await {
            Ok(()) => {
                answered = answered.saturating_add(1);
                continue;
            }
            Err(fault) => fault,
        };
        let signalled = signalled.load(Ordering::SeqCst);
        let counts = (answered, party.connection.sent_again);
        return match fault.downcast_ref::<http::Error>() {
            Some(http::Error::Refused(_)) if signalled => Ok(counts),
            // A connection that was opened while the listener closed: the system, not the server, had accepted it.
            Some(http::Error::Unanswered { .. }) if signalled && !before => Ok(counts),
            _ => Err(format!("{workload:?}: {fault}")),
        };
    }
}
