//! Verifies account name and password: throttle, hash, account. LOG-4 to LOG-6, LOG-11, EXP-1.
//!
//! Known and unknown names run the same statements and one hash of the same cost. What is wrong with an account is said
//! only to someone who gave its right password. Four statements and a hash.

use crate::audit::{Event, Record, SignInFailure};
use crate::base::id::{AccountId, GrantId};
use crate::base::internal::Internal;
use crate::base::metric;
use crate::base::time::Timestamp;
use crate::context::Context;
use crate::hasher::Verdict;
use crate::model::account::{Account, AccountState, FoldedName};
use crate::model::password::{Password, PasswordHash};
use crate::store::{Counters, Reservation, SignInRecord};
use crate::throttle::attempt::{self, Attempt, SOURCE_LIMIT, SOURCE_WINDOW, Throttle};

/// A right password of an active account, in this interaction. Only [`verify`] makes one.
#[derive(Debug)]
pub struct PasswordProof {
    account: Account,
    interaction: GrantId,
    hash: PasswordHash,
    upgraded: Option<PasswordHash>,
    expired: bool,
    reservation: Reservation,
}

impl PasswordProof {
    /// Whose password it was.
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// The interaction it was given in.
    pub const fn interaction(&self) -> GrantId {
        self.interaction
    }

    /// Whether it must be changed before a session begins (EXP-1).
    pub const fn is_expired(&self) -> bool {
        self.expired
    }

    /// The throttle's reservation, which whoever uses the proof settles.
    pub const fn reservation(&self) -> Reservation {
        self.reservation
    }

    /// The hash it was verified against, and a stronger one to replace it.
    pub fn into_upgrade(self) -> Option<(PasswordHash, PasswordHash)> {
        self.upgraded.map(|new| (self.hash, new))
    }
}

/// Why someone is not let in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The attempt was not judged.
    #[error(transparent)]
    Throttled(attempt::Error),
    /// No such account, or not its password (LOG-4).
    #[error("the name or the password is wrong")]
    Wrong {
        /// The count with this attempt in it.
        counters: Counters,
        /// Whether it was the last of all.
        disabled: bool,
    },
    /// Right, but switched off after too many failures.
    #[error("the password is switched off")]
    PasswordDisabled,
    /// Right, but an operator locked the account.
    #[error("the account is locked")]
    Locked,
    /// Right, but the national id is invalid or not the holder's (LOG-5).
    #[error("the account is disabled for its national id")]
    DisabledForNationalId,
    /// Right, but the account was deleted (LOG-11).
    #[error("the account was deleted")]
    Deleted,
    /// Too many are signing in at this moment; the attempt does not count.
    #[error("too many sign-ins at once")]
    Busy,
    /// Ours.
    #[error(transparent)]
    Internal(#[from] Internal),
}

impl From<attempt::Error> for Error {
    fn from(error: attempt::Error) -> Self {
        match error {
            attempt::Error::Internal(internal) => Self::Internal(internal),
            other => Self::Throttled(other),
        }
    }
}

/// Judges one attempt.
pub async fn verify(
    ctx: &Context,
    attempt: &Attempt,
    name: &FoldedName,
    password: Password,
) -> Result<PasswordProof, Error> {
    let throttle = Throttle {
        store: &ctx.store,
        policy: &ctx.policy,
        human_check: &ctx.secrets.human_check,
        source: &ctx.secrets.source,
    };
    let reservation = throttle.reserve(attempt, ctx.now).await?;
    let judged = judge(ctx, attempt, &reservation, name, password).await;
    if matches!(&judged, Err(Error::Busy | Error::Internal(_))) {
        // Nobody looked at the password, or what was seen could not be written down: the answer is one for right and
        // wrong, and the attempt does not count. If this fails too, it counts, which is safe.
        let _ = ctx.store.release_attempt(reservation).await;
    }
    let outcome = match &judged {
        Ok(_) => "right",
        Err(Error::Busy | Error::Internal(_)) => "not_judged",
        Err(_) => "refused",
    };
    metrics::counter!(metric::SIGN_INS, "method" => "password", "outcome" => outcome).increment(1);
    judged
}

async fn judge(
    ctx: &Context,
    attempt: &Attempt,
    reservation: &Reservation,
    name: &FoldedName,
    password: Password,
) -> Result<PasswordProof, Error> {
    let record =
        ctx.store.find_for_sign_in(name).await?.filter(|record| is_remembered(ctx, record));
    let hash = record.as_ref().map(|record| record.hash.clone());
    let verdict = ctx.hasher.verify(password.clone(), hash).await.map_err(busy)?;
    let record = match (verdict, record) {
        (Verdict::Right | Verdict::RightButOutdated, Some(record)) => record,
        (_, record) => return Err(wrong(ctx, attempt, reservation, record).await?),
    };
    if let Some((failure, error)) = standing_in_the_way(&record) {
        let row =
            Record::new(Event::SignInFailed(failure), ctx.now).account(record.account.id).row();
        ctx.store.record(row).await?.committed();
        ctx.store.release_attempt(*reservation).await?.committed();
        return Err(error);
    }
    let upgraded = match verdict {
        Verdict::RightButOutdated => Some(ctx.hasher.hash(password).await.map_err(busy)?),
        Verdict::Right | Verdict::Wrong => None,
    };
    Ok(PasswordProof {
        expired: has_expired(ctx, record.changed_at),
        account: record.account,
        interaction: attempt.interaction,
        hash: record.hash,
        upgraded,
        reservation: *reservation,
    })
}

/// Whether a password of that age must be changed (EXP-1).
pub fn has_expired(ctx: &Context, changed_at: Timestamp) -> bool {
    changed_at.plus(ctx.policy.password_lifetime) <= ctx.now
}

/// A deleted account is remembered for a while, so that its owner is told (LOG-11); then it is unknown.
fn is_remembered(ctx: &Context, record: &SignInRecord) -> bool {
    match record.account.state {
        AccountState::Deleted { at } => at.plus(ctx.policy.deleted_account) > ctx.now,
        AccountState::Active
        | AccountState::Locked { .. }
        | AccountState::DisabledForNationalId { .. } => true,
    }
}

fn standing_in_the_way(record: &SignInRecord) -> Option<(SignInFailure, Error)> {
    match record.account.state {
        AccountState::Deleted { .. } => Some((SignInFailure::Deleted, Error::Deleted)),
        AccountState::DisabledForNationalId { .. } => {
            Some((SignInFailure::DisabledForNationalId, Error::DisabledForNationalId))
        }
        AccountState::Locked { .. } => Some((SignInFailure::Locked, Error::Locked)),
        AccountState::Active if record.disabled => {
            Some((SignInFailure::PasswordDisabled, Error::PasswordDisabled))
        }
        AccountState::Active => None,
    }
}

/// Records a failure. The same statements whether or not the account exists.
async fn wrong(
    ctx: &Context,
    attempt: &Attempt,
    reservation: &Reservation,
    record: Option<SignInRecord>,
) -> Result<Error, Internal> {
    let account = record.map(|record| record.account.id);
    let about = |event| {
        let record = Record::new(event, ctx.now);
        account.map_or(record.clone(), |id| record.account(id)).row()
    };
    let mut audit = vec![about(Event::SignInFailed(SignInFailure::WrongNameOrPassword))];
    if reservation.counters.locked_until > ctx.now {
        audit.push(about(Event::PasswordPaused));
    }
    let source = attempt.source.digest(&ctx.secrets.source);
    let failures =
        ctx.store.record_failure(source, SOURCE_WINDOW, ctx.now, audit).await?.committed();
    if failures == SOURCE_LIMIT {
        tracing::warn!(
            "one network failed at {SOURCE_LIMIT} sign-ins within {} s; its attempts need a human check now",
            SOURCE_WINDOW.as_seconds()
        );
        ctx.store.record(Record::new(Event::SprayingSuspected, ctx.now).row()).await?.committed();
    }
    let disabled = reservation.consecutive >= i64::from(ctx.policy.disable_after);
    if disabled {
        // For a name without an account this finds nothing, by the same statement, and is told of by one of its own.
        let id = account.unwrap_or_else(|| AccountId::new(ctx.now));
        let row = about(Event::PasswordDisabled);
        if !ctx.store.disable_password(id, ctx.now, row.clone()).await?.committed() {
            ctx.store.record(row).await?.committed();
        }
    }
    Ok(Error::Wrong { counters: reservation.counters, disabled })
}

fn busy(error: Internal) -> Error {
    if error.is_unavailable() { Error::Busy } else { Error::Internal(error) }
}
