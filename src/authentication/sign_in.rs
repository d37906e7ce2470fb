//! From a proof to a session. The cookie's secret is new after every sign-in; another account's session in the same
//! browser ends.

use crate::audit::{Event, Record};
use crate::base::id::{GrantId, PendingId, SessionId};
use crate::base::internal::Internal;
use crate::base::limits;
use crate::context::Context;
use crate::credential::password::change::{AcceptedChange, PENDING, PendingToken};
use crate::credential::password::verify::PasswordProof;
use crate::model::account::Account;
use crate::model::authentication::{Authentication, Method};
use crate::model::password::PasswordHash;
use crate::model::session::{Session, SessionToken};
use crate::store::{Budget, NewPending, NewSignIn, Reservation, SessionChange};

/// Where a proof led.
#[derive(Debug)]
pub enum Outcome {
    /// Signed in: the secret of the session's cookie.
    SignedIn(SessionToken),
    /// The password has expired: the secret of the pending change.
    MustChangePassword(PendingToken),
}

/// Signs someone in by password. `running` is the browser's session, if it has one. Three to six statements.
pub async fn with_password(
    ctx: &Context,
    proof: PasswordProof,
    running: Option<&Session>,
) -> Result<Outcome, Internal> {
    if proof.is_expired() {
        return must_change(ctx, &proof).await.map(Outcome::MustChangePassword);
    }
    let (account, interaction) = (proof.account().clone(), proof.interaction());
    let reservation = proof.reservation();
    let known_device = reservation.budget == Budget::KnownDevice;
    let changes = Changes {
        reservation: Some(reservation),
        upgraded: proof.into_upgrade(),
        changed: None,
        events: vec![Event::SignedIn { known_device }],
    };
    let secret = begin(ctx, &account, interaction, running, changes).await?;
    secret.map(Outcome::SignedIn).ok_or_else(|| Internal::fault("a sign-in was not written"))
}

/// Signs someone in who changed an expired password. `None` if the step was used up in between. Six or seven statements.
pub async fn with_changed_password(
    ctx: &Context,
    change: AcceptedChange,
    running: Option<&Session>,
) -> Result<Option<SessionToken>, Internal> {
    let AcceptedChange { pending, account, old, new } = change;
    if !account.state.is_active() {
        return Ok(None);
    }
    let changes = Changes {
        reservation: None,
        upgraded: None,
        changed: Some((pending.id, old, new)),
        events: vec![Event::PasswordChanged, Event::SignedIn { known_device: false }],
    };
    begin(ctx, &account, pending.interaction, running, changes).await
}

struct Changes {
    reservation: Option<Reservation>,
    upgraded: Option<(PasswordHash, PasswordHash)>,
    changed: Option<(PendingId, PasswordHash, PasswordHash)>,
    events: Vec<Event>,
}

async fn begin(
    ctx: &Context,
    account: &Account,
    interaction: GrantId,
    running: Option<&Session>,
    changes: Changes,
) -> Result<Option<SessionToken>, Internal> {
    let same = running.filter(|session| session.account_id == account.id);
    let other = running.filter(|session| session.account_id != account.id);
    let session = same.map_or_else(
        || SessionChange::Begin(SessionId::new(ctx.now)),
        |session| SessionChange::Rotate(session.id),
    );
    let id = match session {
        SessionChange::Begin(id) | SessionChange::Rotate(id) => id,
    };
    let event =
        Authentication { method: Method::Password, at: ctx.now, interaction: Some(interaction) };
    let mut authentications =
        same.map(|session| session.authentications.clone()).unwrap_or_default();
    authentications.push(event);
    let surplus = authentications.len().saturating_sub(limits::SESSION_EVENTS);
    authentications.drain(..surplus);
    let about = |event| Record::new(event, ctx.now).account(account.id).session(id).row();
    let secret = SessionToken::random();
    let new = NewSignIn {
        account: account.id,
        session,
        secret: secret.digest(),
        authentications,
        now: ctx.now,
        expires_at: ctx.now.plus(ctx.policy.session_absolute),
        ends: other.map(|session| session.id),
        reservation: changes.reservation,
        upgraded: changes.upgraded,
        changed: changes.changed,
        audit: changes.events.into_iter().map(about).collect(),
    };
    // A session that was signed out in another tab just now cannot be rotated; this sign-in begins a new one.
    let afresh =
        NewSignIn { session: SessionChange::Begin(SessionId::new(ctx.now)), ..new.clone() };
    let rotates = matches!(session, SessionChange::Rotate(_));
    if ctx.store.sign_in(new).await?.committed() {
        return Ok(Some(secret));
    }
    let begun = rotates && ctx.store.sign_in(afresh).await?.committed();
    Ok(begun.then_some(secret))
}

async fn must_change(ctx: &Context, proof: &PasswordProof) -> Result<PendingToken, Internal> {
    let secret = PendingToken::random();
    let new = NewPending {
        id: PendingId::new(ctx.now),
        account: proof.account().id,
        interaction: proof.interaction(),
        secret: secret.digest(),
        expires_at: ctx.now.plus(PENDING),
        now: ctx.now,
        reservation: proof.reservation(),
        audit: Record::new(Event::PasswordExpired, ctx.now).account(proof.account().id).row(),
    };
    ctx.store.insert_pending(new).await?.committed();
    Ok(secret)
}
