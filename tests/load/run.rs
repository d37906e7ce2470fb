//! `load run`: calibrates, then drives each workload and prints a line for it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::Outcome;
use crate::calibration::Calibration;
use crate::deployment::Deployment;
use crate::http::Origin;
use crate::ledger::Ledger;
use crate::measure::{self, Server};
use crate::workload::Workload;

/// What to drive.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    target: Target,
    /// How long each workload is driven.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Which; all of them if none is named.
    workloads: Vec<Workload>,
}

/// What to calibrate with.
#[derive(Debug, clap::Args)]
pub struct Calibrate {
    /// The folder that `load fill` made.
    #[arg(long)]
    data: PathBuf,
    /// Connections at once.
    #[arg(long, default_value_t = 16)]
    connections: usize,
}

/// A filled deployment and the running server.
#[derive(Debug, clap::Args)]
pub struct Target {
    /// The folder that `load fill` made.
    #[arg(long)]
    data: PathBuf,
    /// The process of the server.
    #[arg(long)]
    pid: u32,
    /// Where it answers, if not at the issuer's address.
    #[arg(long)]
    server: Option<String>,
    /// Connections at once.
    #[arg(long, default_value_t = 16)]
    pub connections: usize,
}

impl Target {
    /// Reads the deployment and its ledger, and finds the server.
    pub fn open(&self) -> Outcome<(Deployment, Arc<Ledger>, Server)> {
        let deployment = Deployment::open(&self.data)?;
        let ledger = Arc::new(Ledger::read(&self.data)?);
        let origin = match &self.server {
            Some(url) => Origin::parse(url).ok_or("--server is http://host:port")?,
            None => deployment.origin()?,
        };
        let issuer = deployment.issuer().to_owned();
        let pid = self.pid;
        Ok((deployment, ledger, Server { origin, issuer, pid }))
    }
}

/// Calibrates only.
pub async fn calibrate(arguments: Calibrate) -> Outcome {
    let deployment = Deployment::open(&arguments.data)?;
    let ledger = Arc::new(Ledger::read(&arguments.data)?);
    print_settings(&deployment, &ledger).await?;
    Calibration::measure(&deployment, &ledger, arguments.connections).await?.print();
    Ok(())
}

/// Calibrates and drives.
pub async fn run(arguments: Arguments) -> Outcome {
    let (deployment, ledger, server) = arguments.target.open()?;
    print_settings(&deployment, &ledger).await?;
    let connections = arguments.target.connections;
    let calibration = Calibration::measure(&deployment, &ledger, connections).await?;
    calibration.print();
    println!();
    println!(
        "{:<22} {:>9} {:>8} {:>8} {:>8} {:>10} {:>8} {:>6}",
        "workload", "op/s", "p50 ms", "p95 ms", "p99 ms", "CPU-ms/op", "aim", "req/op"
    );
    let workloads = match arguments.workloads.as_slice() {
        [] => &Workload::ALL,
        some => some,
    };
    let time = Duration::from_secs(arguments.seconds);
    let mut outcome = Ok(());
    for workload in workloads {
        outcome = line(&server, &ledger, *workload, connections, time, &calibration).await;
        if outcome.is_err() {
            break;
        }
    }
    println!("\nmemory of the server: {:.1} MB", measure::resident_megabytes(server.pid)?);
    ledger.save()?;
    outcome
}

async fn line(
    server: &Server,
    ledger: &Arc<Ledger>,
    workload: Workload,
    connections: usize,
    time: Duration,
    calibration: &Calibration,
) -> Outcome {
    let measured = measure::drive(server, ledger, workload, connections, time).await?;
    println!(
        "{:<22} {:>9.1} {:>8.2} {:>8.2} {:>8.2} {:>10.4} {:>8.4} {:>6.1}",
        workload.name(),
        measured.rate(),
        measured.percentile(50),
        measured.percentile(95),
        measured.percentile(99),
        measured.cost(),
        calibration.aim(workload),
        measured.requests_each(),
    );
    if workload == Workload::Password {
        let rest = measured.cost() - calibration.hash;
        println!("{:<22} the hash {:.2}, the rest {rest:.2}", "", calibration.hash);
    }
    Ok(())
}

/// The database's settings, as a connection that is opened as the server opens its own reads them back.
pub async fn print_settings(deployment: &Deployment, ledger: &Ledger) -> Outcome {
    let store = deployment.store().await?;
    let settings = store.settings().await?;
    store.close().await;
    let (accounts, clients, sessions, grants) = ledger.size();
    println!("{accounts} accounts, {clients} clients, {sessions} sessions, {grants} grants");
    let settings: Vec<_> =
        settings.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
    println!("database: {}\n", settings.join(" "));
    Ok(())
}
