//! What is counted: operations, how long each took, and the processor time of the server's process.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::Outcome;
use crate::http::{Connection, Origin};
use crate::ledger::Ledger;
use crate::relying_party::RelyingParty;
use crate::workload::Workload;

/// Milliseconds of a clock tick in /proc: USER_HZ is 100 on every Linux that Fuxin runs on.
const TICK: f64 = 10.0;

/// A server under load and what is known of it.
#[derive(Clone, Debug)]
pub struct Server {
    /// Where it answers.
    pub origin: Origin,
    /// What its tokens name.
    pub issuer: String,
    /// Its process.
    pub pid: u32,
}

/// What one workload cost.
#[derive(Debug)]
pub struct Measured {
    /// How long it was driven.
    pub time: Duration,
    /// How long each operation took, shortest first.
    pub latencies: Vec<Duration>,
    /// Requests, where an operation is more than one.
    pub requests: u64,
    /// The server's processor time.
    pub cpu_milliseconds: f64,
}

impl Measured {
    /// Operations a second.
    pub fn rate(&self) -> f64 {
        count(self.latencies.len()) / self.time.as_secs_f64()
    }

    /// The server's processor time for one operation, in milliseconds.
    pub fn cost(&self) -> f64 {
        self.cpu_milliseconds / count(self.latencies.len())
    }

    /// Requests of one operation.
    pub fn requests_each(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a count of requests is far below 2^52")]
        let requests = self.requests as f64;
        requests / count(self.latencies.len())
    }

    /// The time within which this share of the operations was over, in milliseconds.
    pub fn percentile(&self, share: usize) -> f64 {
        percentile(&self.latencies, share)
    }
}

/// The time within which this many of a hundred were over, in milliseconds; `sorted` is shortest first.
pub fn percentile(sorted: &[Duration], share: usize) -> f64 {
    let index = sorted.len().saturating_mul(share) / 100;
    let index = index.min(sorted.len().saturating_sub(1));
    sorted.get(index).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}

fn count(number: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a count of operations is far below 2^52")]
    let number = number.max(1) as f64;
    number
}

/// Drives one workload over as many connections for as long, after a second to warm up. The first fault ends it.
pub async fn drive(
    server: &Server,
    ledger: &Arc<Ledger>,
    workload: Workload,
    connections: usize,
    time: Duration,
) -> Outcome<Measured> {
    let parties = (0..connections).map(|_| party(server)).collect();
    let warm = spell(parties, ledger, workload, Duration::from_secs(1)).await?;
    let before = cpu_milliseconds(server.pid)?;
    let spell = spell(warm.parties, ledger, workload, time).await?;
    let after = cpu_milliseconds(server.pid)?;
    let mut latencies = spell.latencies;
    latencies.sort_unstable();
    Ok(Measured {
        time: spell.time,
        latencies,
        requests: spell.requests,
        cpu_milliseconds: after - before,
    })
}

/// A site of its own connection.
pub fn party(server: &Server) -> RelyingParty {
    RelyingParty::new(Connection::new(server.origin.clone()), server.issuer.clone())
}

struct Spell {
    parties: Vec<RelyingParty>,
    time: Duration,
    latencies: Vec<Duration>,
    requests: u64,
}

async fn spell(
    parties: Vec<RelyingParty>,
    ledger: &Arc<Ledger>,
    workload: Workload,
    time: Duration,
) -> Outcome<Spell> {
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for mut party in parties {
        let ledger = ledger.clone();
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            party.requests = 0;
            while began.elapsed() < time {
                let start = Instant::now();
                workload.operate(&mut party, &ledger).await.map_err(|error| error.to_string())?;
                latencies.push(start.elapsed());
            }
            Ok::<_, String>((party, latencies))
        });
    }
    let mut spell = Spell { parties: Vec::new(), time, latencies: Vec::new(), requests: 0 };
    while let Some(done) = tasks.join_next().await {
        let (party, latencies) = done?.map_err(|error| format!("{workload:?}: {error}"))?;
        spell.requests = spell.requests.saturating_add(party.requests);
        spell.parties.push(party);
        spell.latencies.extend(latencies);
    }
    spell.time = began.elapsed();
    Ok(spell)
}

/// The processor time that a process has used, all its threads together, in the system and in itself.
pub fn cpu_milliseconds(pid: u32) -> Outcome<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is the name, in parentheses, and may hold anything; utime and stime are the 14th and 15th.
    let (_, fields) = text.rsplit_once(')').ok_or("/proc/…/stat")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? * TICK)
}

/// The memory that a process holds in RAM, in MB of a million bytes.
pub fn resident_megabytes(pid: u32) -> Outcome<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1.024 / 1000.0)
}
