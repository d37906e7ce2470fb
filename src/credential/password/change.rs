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
use crate::store::Pending;

/// How long a proved password waits for its successor.
pub const PENDING: Lifetime = Lifetime::minutes(15);

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
    /// The step lapsed, was used, or belongs to another interaction.
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

/// Holds a new password against the rules. One statement and two hashes.
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
    let verdict = ctx.hasher.verify(password, Some(record.hash.clone())).await.map_err(busy)?;
    if verdict != Verdict::Wrong {
        return Err(Error::SameAsOld);
    }
    let hash = ctx.hasher.hash(new).await.map_err(busy)?;
    Ok(AcceptedChange { pending, account: record.account, old: record.hash, new: hash })
}

fn busy(error: Internal) -> Error {
    if error.is_unavailable() { Error::Busy } else { Error::Internal(error) }
}
