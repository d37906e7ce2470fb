//! `load kill`: kill -9 under load, again and again. What was answered must be there afterwards, and nothing that was
//! spent may be taken again.
//!
//! The server's clients write down, outside of it, every answer they were given. After the restart the checker asks for
//! each: a renewed refresh token works, a redeemed code's tokens work, a code that was given can be redeemed, a revoked
//! grant is dead; the tokens before the newest and codes that were redeemed are refused. What was asked but not answered
//! may have happened or not, once. With `--answer-before-commit` a proxy stands between that answers revocations at once
//! and forwards them later: the same checker must find that out.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::http::{self, Connection};
use crate::journal::{Journal, Thing};
use crate::ledger::{Ledger, Lent};
use crate::measure::{self, Server};
use crate::process::Program;
use crate::relying_party::{RelyingParty, Tokens, Verdict};
use crate::{Outcome, below, proxy};

/// What to do.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    program: Program,
    /// How often it is killed.
    #[arg(long, default_value_t = 50)]
    rounds: usize,
    /// Clients that write at once.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Put a proxy between that answers revocations before they are done. The run must fail.
    #[arg(long)]
    answer_before_commit: bool,
}

/// Runs the rounds; the first thing lost or spent twice ends it.
pub async fn kill(arguments: Arguments) -> Outcome {
    let ledger = Arc::new(Ledger::read(&arguments.program.data)?);
    for round in 1..=arguments.rounds {
        let outcome = kill_once(&arguments, &ledger, round).await;
        // Also after a fault: what was lent must not be taken for new next time.
        ledger.save()?;
        outcome?;
    }
    println!("{} rounds: nothing was lost, nothing was spent twice", arguments.rounds);
    Ok(())
}

async fn kill_once(arguments: &Arguments, ledger: &Arc<Ledger>, round: usize) -> Outcome {
    let running = arguments.program.start().await?;
    let server = running.server.clone();
    let clients = if arguments.answer_before_commit {
        Server { origin: proxy::start(server.origin.clone()).await?, ..server.clone() }
    } else {
        server.clone()
    };
    let mut writers = JoinSet::new();
    for _ in 0..arguments.connections {
        let (party, ledger) = (measure::party(&clients), ledger.clone());
        writers.spawn(async move { write_until_cut_off(party, &ledger).await });
    }
    let moment = Duration::from_millis(200 + u64::try_from(below(1_300))?);
    tokio::time::sleep(moment).await;
    running.kill()?;
    let mut journal = Journal::default();
    while let Some(written) = writers.join_next().await {
        journal.append(written?.map_err(|fault| format!("before the kill: {fault}"))?);
    }
    if journal.is_empty() {
        return Err("nothing was answered before the kill: it came too early".into());
    }
    println!("round {round}: killed after {moment:?}; {journal}");
    let running = arguments.program.start().await?;
    // Without a pause between restart and check the time that a code lives is all that is left of it.
    let mut party = RelyingParty::new(
        Connection::new(running.server.origin.clone()),
        running.server.issuer.clone(),
    );
    for thing in journal.into_things() {
        confirm(&mut party, ledger, thing).await?;
    }
    Ok(())
}

/// Writes until the connection ends, and notes what was answered.
async fn write_until_cut_off(mut party: RelyingParty, ledger: &Ledger) -> Result<Journal, String> {
    let mut journal = Journal::default();
    loop {
        match write_once(&mut party, ledger, &mut journal).await {
            Ok(()) => {}
            Err(fault) if fault.is::<http::Error>() => return Ok(journal),
            Err(fault) => return Err(fault.to_string()),
        }
    }
}

async fn write_once(party: &mut RelyingParty, ledger: &Ledger, journal: &mut Journal) -> Outcome {
    match below(10) {
        0..=4 => renew(party, ledger, journal).await,
        5..=7 => redeem(party, ledger, journal).await,
        _ => revoke(party, ledger, journal).await,
    }
}

/// Renews one grant a few times, each time with what the time before gave.
async fn renew(party: &mut RelyingParty, ledger: &Ledger, journal: &mut Journal) -> Outcome {
    let mut lent = ledger.lend()?;
    let mut before = Vec::new();
    for _ in 0..=below(4) {
        let renewed = party.refresh(ledger.client(lent.client)?, &lent.refresh_token).await;
        let tokens = match renewed.and_then(Verdict::given) {
            Ok(tokens) => tokens,
            Err(fault) => {
                // Unanswered: the same token must still be good, whether it was taken or not.
                journal.add(Thing::Renewed { lent, before });
                return Err(fault);
            }
        };
        before.push(std::mem::replace(&mut lent.refresh_token, tokens.refresh_token));
    }
    journal.add(Thing::Renewed { lent, before });
    Ok(())
}

async fn redeem(party: &mut RelyingParty, ledger: &Ledger, journal: &mut Journal) -> Outcome {
    let client = below(ledger.size().1);
    let code = party.authorize_silently(ledger.client(client)?, ledger.any_session()?).await?;
    if below(4) == 0 {
        journal.add(Thing::Given { client, code });
        return Ok(());
    }
    match party.redeem(ledger.client(client)?, &code).await.and_then(Verdict::given) {
        Ok(tokens) => journal.add(Thing::Redeemed { client, code, tokens }),
        Err(fault) => {
            journal.add(Thing::RedemptionUnanswered { client, code });
            return Err(fault);
        }
    }
    Ok(())
}

async fn revoke(party: &mut RelyingParty, ledger: &Ledger, journal: &mut Journal) -> Outcome {
    let lent = ledger.lend()?;
    // Unanswered it may have happened or not: nothing to confirm.
    party.revoke(ledger.client(lent.client)?, &lent.refresh_token).await?;
    journal.add(Thing::Revoked(lent));
    Ok(())
}

async fn confirm(party: &mut RelyingParty, ledger: &Ledger, thing: Thing) -> Outcome {
    match thing {
        Thing::Renewed { lent, before } => confirm_renewed(party, ledger, lent, &before).await,
        Thing::Given { client, code } => {
            let redeemed = party.redeem(ledger.client(client)?, &code).await?;
            found(redeemed, "a code that was given").map(drop)
        }
        Thing::RedemptionUnanswered { client, code } => {
            let client = ledger.client(client)?;
            party.redeem(client, &code).await?;
            gone(party.redeem(client, &code).await?, "a code of an unanswered redemption")
        }
        Thing::Redeemed { client, code, tokens } => {
            let client = ledger.client(client)?;
            let renewed = party.refresh(client, &tokens.refresh_token).await?;
            found(renewed, "the refresh token of a redeemed code")?;
            party.introspect(client, &tokens.access_token).await?;
            gone(party.redeem(client, &code).await?, "a redeemed code")
        }
        Thing::Revoked(lent) => {
            let renewed = party.refresh(ledger.client(lent.client)?, &lent.refresh_token).await?;
            gone(renewed, "the refresh token of a revoked grant")
        }
    }
}

/// The newest token works; the one before the one before is a replay and ends the grant.
async fn confirm_renewed(
    party: &mut RelyingParty,
    ledger: &Ledger,
    mut lent: Lent,
    before: &[String],
) -> Outcome {
    let client = ledger.client(lent.client)?;
    let renewed = party.refresh(client, &lent.refresh_token).await?;
    lent.refresh_token = found(renewed, "the newest refresh token")?.refresh_token;
    match before.last() {
        Some(spent) if below(2) == 0 => {
            gone(party.refresh(client, spent).await?, "a spent refresh token")?;
            let ended = party.refresh(client, &lent.refresh_token).await?;
            gone(ended, "the newest refresh token after a replay")
        }
        _ => {
            ledger.take_back(lent);
            Ok(())
        }
    }
}

fn found(verdict: Verdict<Tokens>, what: &str) -> Outcome<Tokens> {
    match verdict {
        Verdict::Given(tokens) => Ok(tokens),
        Verdict::Refused(error) => Err(format!("LOST: {what} is refused: {error}").into()),
    }
}

fn gone(verdict: Verdict<Tokens>, what: &str) -> Outcome {
    match verdict {
        Verdict::Refused(error) if error == "invalid_grant" => Ok(()),
        Verdict::Refused(error) => Err(format!("{what} is refused with {error}").into()),
        Verdict::Given(_) => Err(format!("TAKEN AGAIN: {what}").into()),
    }
}
