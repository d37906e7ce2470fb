//! From a proof to a session. The cookie's secret is new after every sign-in; another account's session in the same
//! browser ends.

use crate::audit::{Event, Record};
use crate::base::id::{GrantId, PendingId, SessionId};
use crate::base::internal::Internal;
use crate::base::limits;
use crate::context::Context;
use crate::credential::password::change::{AcceptedChange, PENDING, PendingToken};
use crate::credential::password::verify::PasswordProof;
use crate::i18n::Locale;
use crate::message::outbox;
use crate::model::account::Account;
use crate::model::authentication::{Authentication, Method};
use crate::model::message::{Message, Notice};
use crate::model::password::PasswordHash;
use crate::model::session::{Session, SessionToken};
use crate::store::{Budget, NewPending, NewSignIn, Reservation, SessionChange};

/// Wrong passwords in a row after which the owner is told of the right one: as many as make the human check due by
/// default. Fewer are slips of the owner's own hand.
const TOLD_AFTER: i64 = 3;

/// Where a proof led.
#[derive(Debug)]
pub enum Outcome {
    /// Signed in: the secret of the session's cookie.
    SignedIn(SessionToken),
    /// The password has expired: the secret of the pending change.
    MustChangePassword(PendingToken),
}

/// Signs someone in by password. `running` is the browser's session, if it has one, and `page` the language of the page.
/// Three to seven statements.
pub async fn with_password(
    ctx: &Context,
    proof: PasswordProof,
    running: Option<&Session>,
    page: Locale,
) -> Result<Outcome, Internal> {
    let reservation = proof.reservation();
    let outcome = begin_with(ctx, proof, running, page).await;
    if outcome.is_err() {
        // It was no wrong password: the attempt does not count. If this fails too, it counts, which is safe.
        let _ = ctx.store.release_attempt(reservation).await;
    }
    outcome
}

async fn begin_with(
    ctx: &Context,
    proof: PasswordProof,
    running: Option<&Session>,
    page: Locale,
) -> Result<Outcome, Internal> {
    let message = after_failures(ctx, &proof, page).await?;
    if proof.is_expired() {
        return must_change(ctx, &proof, message).await.map(Outcome::MustChangePassword);
    }
    let (account, interaction) = (proof.account().clone(), proof.interaction());
    let reservation = proof.reservation();
    let known_device = reservation.budget == Budget::KnownDevice;
    let changes = Changes {
        reservation: Some(reservation),
        upgraded: proof.into_upgrade(),
        changed: None,
        events: vec![Event::SignedIn { known_device }],
        message,
    };
    let secret = begin(ctx, &account, interaction, running, changes).await?;
    secret.map(Outcome::SignedIn).ok_or_else(|| Internal::fault("a sign-in was not written"))
}

/// Signs someone in who changed an expired password, and tells the owner. `None` if the step was used up in between.
/// Eight to ten statements.
pub async fn with_changed_password(
    ctx: &Context,
    change: AcceptedChange,
    running: Option<&Session>,
    page: Locale,
) -> Result<Option<SessionToken>, Internal> {
    let AcceptedChange { pending, account, old, new } = change;
    if !account.state.is_active() {
        return Ok(None);
    }
    let notice = Notice::PasswordChanged;
    let changes = Changes {
        reservation: None,
        upgraded: None,
        changed: Some((pending.id, old, new)),
        events: vec![Event::PasswordChanged, Event::SignedIn { known_device: false }],
        message: outbox::addressed(&ctx.store, &account, notice, page, ctx.now).await?,
    };
    begin(ctx, &account, pending.interaction, running, changes).await
}

struct Changes {
    reservation: Option<Reservation>,
    upgraded: Option<(PasswordHash, PasswordHash)>,
    changed: Option<(PendingId, PasswordHash, PasswordHash)>,
    events: Vec<Event>,
    message: Option<Message>,
}

/// What the owner is told of a right password: nothing, unless it came after wrong ones, on its own budget or over both.
/// Nobody is told of failures alone. No statement, or one.
async fn after_failures(
    ctx: &Context,
    proof: &PasswordProof,
    page: Locale,
) -> Result<Option<Message>, Internal> {
    let reservation = proof.reservation();
    // Both counts have this attempt in them.
    let failures = reservation.consecutive.max(reservation.counters.failures).saturating_sub(1);
    if failures < TOLD_AFTER {
        return Ok(None);
    }
    let failures = u32::try_from(failures).unwrap_or(u32::MAX);
    let notice = Notice::RightAfterFailures { failures };
    outbox::addressed(&ctx.store, proof.account(), notice, page, ctx.now).await
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
        message: changes.message,
    };
    // A session that was signed out in another tab just now cannot be rotated; this sign-in begins a new one.
    let afresh =
        NewSignIn { session: SessionChange::Begin(SessionId::new(ctx.now)), ..new.clone() };
    let rotates = matches!(session, SessionChange::Rotate(_));
    let ends_others = new.ends.is_some() || new.changed.is_some();
    let begun = ctx.store.sign_in(new).await?.committed()
        || rotates && ctx.store.sign_in(afresh).await?.committed();
    if begun && ends_others {
        ctx.session_ended.notify_one();
    }
    Ok(begun.then_some(secret))
}

async fn must_change(
    ctx: &Context,
    proof: &PasswordProof,
    message: Option<Message>,
) -> Result<PendingToken, Internal> {
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
        message,
    };
    ctx.store.insert_pending(new).await?.committed();
    Ok(secret)
}
