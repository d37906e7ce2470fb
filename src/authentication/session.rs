//! The browser's session: found by its cookie's secret, noted as used once a minute, ended once.

use crate::audit::{Event, Record};
use crate::base::id::ClientId;
use crate::base::internal::Internal;
use crate::base::time::Lifetime;
use crate::context::Context;
use crate::credential::password::verify::has_expired;
use crate::model::session::{Session, SessionToken};
use crate::store::SignOn;

/// How often a session's use is written down at most.
const TOUCH: Lifetime = Lifetime::minutes(1);

/// The session behind a cookie, with what a client's request must know. One statement.
pub async fn find(
    ctx: &Context,
    cookie: Option<&SessionToken>,
    client: Option<ClientId>,
) -> Result<Option<SignOn>, Internal> {
    match cookie {
        Some(secret) => ctx.store.find_sign_on(&secret.digest(), client, ctx.now).await,
        None => Ok(None),
    }
}

/// Whether the session signs its person in without asking: used lately, the account is active and its password has not
/// expired.
pub fn signs_in_silently(ctx: &Context, sign_on: &SignOn) -> bool {
    sign_on.session.is_fresh(ctx.policy.session_idle, ctx.now)
        && sign_on.account.state.is_active()
        && !sign_on.password_changed_at.is_some_and(|at| has_expired(ctx, at))
}

/// Notes that the session was used. One statement, at most once a minute.
pub async fn touch(ctx: &Context, session: &Session) -> Result<(), Internal> {
    if session.last_used_at.plus(TOUCH) <= ctx.now {
        ctx.store.touch_session(session.id, ctx.now).await?.committed();
    }
    Ok(())
}

/// Ends the session, and every token that does not outlive it. Three statements.
pub async fn end(ctx: &Context, session: &Session) -> Result<(), Internal> {
    let audit = Record::new(Event::SignedOut, ctx.now)
        .account(session.account_id)
        .session(session.id)
        .row();
    ctx.store.end_session(session.id, ctx.now, audit).await?.committed();
    ctx.session_ended.notify_one();
    Ok(())
}
