//! A new password in the place of an expired one (EXP-1): proved once, changed, and only then a session.

use crate::base::id::GrantId;
use crate::base::internal::Internal;
use crate::base::secret::{Digest, Kind, Token};
use crate::base::time::Lifetime;
use crate::context::Context;
use crate::credential::password::verify::has_expired;
use crate::hasher::Verdict;
use crate::model::account::{Account, FoldedName};
use crate::model::password::{NewPassword, Password, PasswordHash, Refused};
use crate::store::{Budget, Pending, Reservation, ReservationLimits};

/// How long a proved password waits for its successor: as long as the interaction in which it was proved, at most.
pub const PENDING: Lifetime = Lifetime::minutes(30);

/// How many new passwords one step holds against the old one. Each costs up to two hashes and tells whether it was the old
/// one, so whoever stole the step must not ask at will, nor many times at once. An honest person needs one or two; who has
/// used them up proves the old password again.
const TRIES: i64 = 10;

/// What the bearer of a pending step holds.
#[derive(Debug)]
pub enum PendingSecret {}

impl Kind for PendingSecret {
    const PREFIX: &'static str = "fxp_";
}

/// The secret of a pending step.
pub type PendingToken = Token<PendingSecret>;

/// A new password that the rules accept, for an account whose old one was proved. Only [`accept`] makes one.
#[derive(Debug)]
pub struct AcceptedChange {
    /// The step that is used up by it.
    pub pending: Pending,
    /// Whose.
    pub account: Account,
    /// The hash it replaces.
    pub old: PasswordHash,
    /// The new hash.
    pub new: PasswordHash,
}

/// Why a password is not changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The step lapsed, was used, was tried too often, or belongs to another interaction.
    #[error("there is no pending change")]
    NotPending,
    /// The rules of new passwords.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It is the old one.
    #[error("the new password is the old one")]
    SameAsOld,
    /// Too many are signing in at this moment.
    #[error("too many sign-ins at once")]
    Busy,
    /// Ours.
    #[error(transparent)]
    Internal(#[from] Internal),
}

/// The pending step of this interaction, behind the secret that its bearer holds. One statement.
pub async fn pending(
    ctx: &Context,
    secret: &Digest,
    interaction: GrantId,
) -> Result<Pending, Error> {
    let pending = ctx.store.find_pending(secret, ctx.now).await?.ok_or(Error::NotPending)?;
    if pending.interaction == interaction { Ok(pending) } else { Err(Error::NotPending) }
}

/// Holds a new password against the rules. Two statements and two hashes.
pub async fn accept(
    ctx: &Context,
    pending: Pending,
    password: Password,
) -> Result<AcceptedChange, Error> {
    let minimum = usize::try_from(ctx.policy.password_minimum).unwrap_or(usize::MAX);
    let new = NewPassword::accept(password.clone(), &pending.account_name, minimum)?;
    let name = FoldedName::of(&pending.account_name).ok_or(Error::NotPending)?;
    let record = ctx.store.find_for_sign_in(&name).await?.ok_or(Error::NotPending)?;
    // Changed since it was proved, by its owner in another window or by an operator: who knew the old password has no
    // say over the new one.
    if !has_expired(ctx, record.changed_at) {
        return Err(Error::NotPending);
    }
    let counted = count(ctx, &pending).await?;
    match hashed(ctx, password, new, &record.hash).await {
        Ok(hash) => {
            Ok(AcceptedChange { pending, account: record.account, old: record.hash, new: hash })
        }
        Err(error) => {
            if matches!(error, Error::Busy | Error::Internal(_)) {
                // Nobody looked at it: it does not count. If this fails too, it counts, which is safe.
                let _ = ctx.store.release_attempt(counted).await;
            }
            Err(error)
        }
    }
}

/// Counts a try before it is judged, like a sign-in's, but under the step: no other name's budget is touched.
async fn count(ctx: &Context, pending: &Pending) -> Result<Reservation, Error> {
    let step = ctx.secrets.name.code(&[b"pending change", pending.id.uuid().as_bytes()]);
    let limits = ReservationLimits {
        lock_after: i64::MAX,
        lock: PENDING,
        challenge_after: i64::MAX,
        hard_limit: TRIES,
        challenge_passed: false,
    };
    let counted = ctx.store.reserve_attempt(step, Budget::Other, limits, ctx.now).await?;
    counted.committed().ok_or(Error::NotPending)
}

async fn hashed(
    ctx: &Context,
    password: Password,
    new: NewPassword,
    old: &PasswordHash,
) -> Result<PasswordHash, Error> {
    let verdict = ctx.hasher.verify(password, Some(old.clone())).await.map_err(busy)?;
    if verdict != Verdict::Wrong {
        return Err(Error::SameAsOld);
    }
    ctx.hasher.hash(new).await.map_err(busy)
}

fn busy(error: Internal) -> Error {
    if error.is_unavailable() { Error::Busy } else { Error::Internal(error) }
}
