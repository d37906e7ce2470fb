//! `load race`: many redeem one code at the same moment, on several servers; many present one refresh token.
//!
//! One redemption wins and the others are told `invalid_grant`. Of the refresh tokens that a race leaves behind exactly
//! one works (RFC 9700 §4.14; a repeat before the successor's first use mints another successor and voids the last).
//! Whatever else is answered, a server error above all, ends the run.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::Outcome;
use crate::deployment::Deployment;
use crate::http::{Answer, Connection, Origin, Request};
use crate::ledger::Ledger;
use crate::relying_party::{self, RelyingParty, Verdict};

/// What to do.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder that `load fill` made.
    #[arg(long)]
    data: PathBuf,
    /// The servers, `http://host:port`; without them, the issuer's address.
    #[arg(long, value_delimiter = ',')]
    servers: Vec<String>,
    /// How often.
    #[arg(long, default_value_t = 100)]
    rounds: usize,
    /// How many at the same moment.
    #[arg(long, default_value_t = 64)]
    parallel: usize,
}

/// Runs the rounds.
pub async fn race(arguments: Arguments) -> Outcome {
    let deployment = Deployment::open(&arguments.data)?;
    let ledger = Ledger::read(&arguments.data)?;
    let mut origins = Vec::new();
    for server in &arguments.servers {
        origins.push(Origin::parse(server).ok_or("--servers are http://host:port")?);
    }
    if origins.is_empty() {
        origins.push(deployment.origin()?);
    }
    let issuer = deployment.issuer().to_owned();
    let first = origins.first().cloned().ok_or("no servers")?;
    let mut party = RelyingParty::new(Connection::new(first), issuer);
    for round in 1..=arguments.rounds {
        let outcome = race_once(&mut party, &ledger, &origins, arguments.parallel).await;
        ledger.save()?;
        outcome.map_err(|fault| format!("round {round}: {fault}"))?;
    }
    println!(
        "{} rounds of {} at {} servers: each code had one winner, each refresh race one live token",
        arguments.rounds,
        arguments.parallel,
        origins.len()
    );
    Ok(())
}

async fn race_once(
    party: &mut RelyingParty,
    ledger: &Ledger,
    origins: &[Origin],
    parallel: usize,
) -> Outcome {
    let client = ledger.any_client()?;
    let code = party.authorize_silently(client, ledger.any_session()?).await?;
    let request = relying_party::redeem_request(client, &code);
    let mut winners = 0_usize;
    for answer in at_once(origins, parallel, &request).await? {
        match party.redemption(client, &answer, &code)? {
            Verdict::Given(_) => winners = winners.saturating_add(1),
            Verdict::Refused(error) if error == "invalid_grant" => {}
            Verdict::Refused(error) => return Err(format!("a loser is told {error}").into()),
        }
    }
    if winners != 1 {
        return Err(format!("{winners} redemptions of one code succeeded").into());
    }
    race_of_refreshes(party, ledger, origins, parallel).await
}

async fn race_of_refreshes(
    party: &mut RelyingParty,
    ledger: &Ledger,
    origins: &[Origin],
    parallel: usize,
) -> Outcome {
    let mut lent = ledger.lend()?;
    let client = ledger.client(lent.client)?;
    let request = relying_party::refresh_request(client, &lent.refresh_token);
    let mut successors = Vec::new();
    for answer in at_once(origins, parallel, &request).await? {
        match party.tokens(client, &answer, &lent.refresh_token, None)? {
            Verdict::Given(tokens) => successors.push(tokens.refresh_token),
            Verdict::Refused(error) => return Err(format!("a racer is told {error}").into()),
        }
    }
    let mut alive = Vec::new();
    for successor in &successors {
        match party.refresh(client, successor).await? {
            Verdict::Given(tokens) => alive.push(tokens.refresh_token),
            Verdict::Refused(error) if error == "invalid_grant" => {}
            Verdict::Refused(error) => return Err(format!("a void token: {error}").into()),
        }
    }
    let [newest] = alive.as_slice() else {
        return Err(format!("{} of {} successors live", alive.len(), successors.len()).into());
    };
    // The void ones that were presented did no harm.
    lent.refresh_token = party.refresh(client, newest).await?.given()?.refresh_token;
    ledger.take_back(lent);
    Ok(())
}

/// Sends one request from many open connections, spread over the servers, as nearly at once as can be.
async fn at_once(
    origins: &[Origin],
    parallel: usize,
    request: &Request<'static>,
) -> Outcome<Vec<Answer>> {
    let start = Arc::new(Barrier::new(parallel));
    let mut racers = JoinSet::new();
    for origin in origins.iter().cycle().take(parallel) {
        let mut connection = Connection::new(origin.clone());
        let (start, request) = (start.clone(), request.clone());
        racers.spawn(async move {
            let opened = connection.open().await;
            start.wait().await;
            opened?;
            connection.send(&request).await
        });
    }
    Ok(racers.join_all().await.into_iter().collect::<Result<_, _>>()?)
}
