//! The dispatcher's decision: given a request and the browser's session, what comes next?
//!
//! A pure function, and the only place that knows the order of the steps. Pages end by going back to it; they never
//! route to one another. OpenID Connect Core §3.1.2.3.

use crate::authentication::assurance;
use crate::authorization::interaction::Question;
use crate::base::time::Timestamp;
use crate::model::authentication::Assurance;
use crate::oauth::acr::Acr;
use crate::oauth::claim::Claim;
use crate::oauth::claims_request::ClaimOptions;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::prompt::Prompt;
use crate::store::SignOn;

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// The person signs in, for this reason.
    SignIn(Reason),
    /// The person decides what the client is given.
    Consent,
    /// The client is answered with a code.
    Respond(Assurance),
    /// The client is answered with an error.
    Refuse(OAuthError),
}

/// Why someone signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nobody is signed in.
    NobodySignedIn,
    /// `prompt=login`.
    AskedAgain,
    /// `prompt=select_account`.
    ChooseAccount,
    /// The last sign-in is older than `max_age`.
    TooLongAgo,
    /// `id_token_hint` means somebody else.
    SomebodyElse,
}

/// What the decision rests on besides the request: facts that were looked up for it.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a> {
    /// A session that signs in silently, and its account.
    pub sign_on: &'a SignOn,
    /// Whether its account is the one that `id_token_hint` means; true without a hint.
    pub is_meant: bool,
}

/// What comes next.
pub fn next_step(
    question: &Question<'_>,
    session: Option<Session<'_>>,
    now: Timestamp,
) -> NextStep {
    let request = question.request;
    let silent = request.prompts.contains(Prompt::None);
    let (session, assurance) = match signed_in(question, session, now) {
        Ok(signed_in) => signed_in,
        Err(_) if silent => return refuse(ErrorCode::LoginRequired, "The person has to sign in."),
        Err(reason) => return NextStep::SignIn(reason),
    };
    if !session.is_meant {
        // Somebody else signed in within this interaction: the client meant the other one.
        return refuse(
            ErrorCode::LoginRequired,
            "Another person signed in than the request means.",
        );
    }
    let Some(acr) = told_level(request.claims.id_token.get(&Claim::Acr), assurance.acr) else {
        return refuse(
            ErrorCode::UnmetAuthenticationRequirements,
            "The requested level of assurance cannot be reached.",
        );
    };
    if consent_is_due(question, session.sign_on) {
        return if silent {
            refuse(ErrorCode::ConsentRequired, "The person has to consent.")
        } else {
            NextStep::Consent
        };
    }
    NextStep::Respond(Assurance { acr, ..assurance })
}

/// The session, if the person need not sign in (again); else why they must.
fn signed_in<'a>(
    question: &Question<'_>,
    session: Option<Session<'a>>,
    now: Timestamp,
) -> Result<(Session<'a>, Assurance), Reason> {
    let Question { interaction, request, .. } = *question;
    let session = session.ok_or(Reason::NobodySignedIn)?;
    let events = &session.sign_on.session.authentications;
    let assurance = assurance::of(events).ok_or(Reason::NobodySignedIn)?;
    // A sign-in within this interaction answers every demand for a fresh one.
    if assurance::is_of(events, interaction.id) {
        return Ok((session, assurance));
    }
    if request.prompts.contains(Prompt::SelectAccount) {
        return Err(Reason::ChooseAccount);
    }
    if request.prompts.contains(Prompt::Login) {
        return Err(Reason::AskedAgain);
    }
    if request.max_age.is_some_and(|max_age| assurance.at.plus(max_age) <= now) {
        return Err(Reason::TooLongAgo);
    }
    if !session.is_meant {
        return Err(Reason::SomebodyElse);
    }
    Ok((session, assurance))
}

/// The level that the client is told. Of an essential `acr` it must be one of the values that the client named: the first
/// that was reached, as a higher level reaches the lower ones; `None` if none was. Else it is the level itself:
/// `acr_values` and what is not essential are wishes (Core §5.5.1.1).
fn told_level(asked: Option<&ClaimOptions>, reached: Acr) -> Option<Acr> {
    match asked {
        Some(options) if options.essential && options.names_values() => {
            options.wanted().filter_map(Acr::from_word).find(|level| *level <= reached)
        }
        _ => Some(reached),
    }
}

/// `prompt=consent` wants an answer given in this interaction, by the person who is signed in now: one that is remembered
/// does not count, however young it is.
fn consent_is_due(question: &Question<'_>, sign_on: &SignOn) -> bool {
    let Question { interaction, request, client } = *question;
    let consent = sign_on.consent.as_ref();
    let covers =
        consent.is_some_and(|consent| consent.covers(client, &request.scope, &request.claims));
    if request.prompts.contains(Prompt::Consent) {
        return !covers || interaction.consented != Some(sign_on.account.id);
    }
    !covers && !client.settings().skip_consent
}

const fn refuse(code: ErrorCode, description: &'static str) -> NextStep {
    NextStep::Refuse(OAuthError::new(code, description))
}

#[cfg(test)]
mod tests;
