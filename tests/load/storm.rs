//! `load storm`: what hundreds of password logins at once do to the token endpoint.
//!
//! Hashes are computed in a bounded pool, so a storm should make logins wait, not tokens. Logins that are refused because
//! the pool's queue is full (503) are counted, not a fault; whatever the token endpoint refuses is one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::ledger::Ledger;
use crate::measure::{self, Server, percentile};
use crate::run::{Target, print_settings};
use crate::workload::Workload;
use crate::{Outcome, below};

/// How long the token endpoint is measured without a storm.
const CALM: Duration = Duration::from_secs(5);

/// What to do.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    target: Target,
    /// People who sign in at once.
    #[arg(long, default_value_t = 300)]
    logins: usize,
}

/// Measures the calm, then the storm.
pub async fn storm(arguments: Arguments) -> Outcome {
    let (deployment, ledger, server) = arguments.target.open()?;
    print_settings(&deployment, &ledger).await?;
    let connections = arguments.target.connections;
    println!("client_credentials over {connections} connections");
    let workload = Workload::ClientCredentials;
    let calm = measure::drive(&server, &ledger, workload, connections, CALM).await?;
    print_latencies("calm", &calm.latencies);

    let over = Arc::new(AtomicBool::new(false));
    let tokens =
        tokio::spawn(token_latencies(server.clone(), ledger.clone(), connections, over.clone()));
    let began = Instant::now();
    let logins = logins_at_once(&server, &ledger, arguments.logins).await?;
    let time = began.elapsed();
    over.store(true, Ordering::Relaxed);
    print_latencies("storm", &tokens.await?.map_err(|fault| format!("in the storm: {fault}"))?);
    println!(
        "{} logins at once: {} signed in, {} were asked to try again; all answered within {time:.1?}",
        arguments.logins,
        logins.signed_in.len(),
        logins.refused
    );
    print_latencies("login", &logins.signed_in);
    Ok(())
}

fn print_latencies(name: &str, sorted: &[Duration]) {
    println!(
        "{name:<6} {:>7} operations, p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms",
        sorted.len(),
        percentile(sorted, 50),
        percentile(sorted, 95),
        percentile(sorted, 99)
    );
}

async fn token_latencies(
    server: Server,
    ledger: Arc<Ledger>,
    connections: usize,
    over: Arc<AtomicBool>,
) -> Result<Vec<Duration>, String> {
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let (mut party, ledger, over) = (measure::party(&server), ledger.clone(), over.clone());
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let start = Instant::now();
                let done = Workload::ClientCredentials.operate(&mut party, &ledger).await;
                done.map_err(|fault| fault.to_string())?;
                latencies.push(start.elapsed());
            }
            Ok::<_, String>(latencies)
        });
    }
    let mut all: Vec<Duration> = Vec::new();
    while let Some(done) = tasks.join_next().await {
        all.extend(done.map_err(|fault| fault.to_string())??);
    }
    all.sort_unstable();
    Ok(all)
}

struct Logins {
    signed_in: Vec<Duration>,
    refused: usize,
}

/// Each by another person, so that no count of failures stands in the way of any.
async fn logins_at_once(server: &Server, ledger: &Arc<Ledger>, count: usize) -> Outcome<Logins> {
    let mut tasks = JoinSet::new();
    let (accounts, ..) = ledger.size();
    let first = below(accounts);
    for number in 0..count {
        let (mut party, ledger) = (measure::party(server), ledger.clone());
        tasks.spawn(async move {
            let index = first.saturating_add(number).checked_rem(accounts).unwrap_or_default();
            let (client, account) = match (ledger.any_client(), ledger.account(index)) {
                (Ok(client), Ok(account)) => (client, account),
                (Err(fault), _) | (_, Err(fault)) => return Err(fault.to_string()),
            };
            let start = Instant::now();
            match party.sign_in(client, account).await {
                Ok(_) => Ok(Some(start.elapsed())),
                Err(fault) if fault.to_string().starts_with("answered 503") => Ok(None),
                Err(fault) => Err(fault.to_string()),
            }
        });
    }
    let mut logins = Logins { signed_in: Vec::new(), refused: 0 };
    while let Some(done) = tasks.join_next().await {
        match done?? {
            Some(time) => logins.signed_in.push(time),
            None => logins.refused = logins.refused.saturating_add(1),
        }
    }
    logins.signed_in.sort_unstable();
    Ok(logins)
}
