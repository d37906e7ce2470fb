//! Accounts from the operator's side: opening, locking, unlocking.
//!
//! Owns what an operator does to an account. Registration, recovery and the member centre come as features of their own;
//! they will use the same store functions.

use crate::audit::{Event, Record};
use crate::base::id::AccountId;
use crate::base::internal::Internal;
use crate::base::time::Timestamp;
use crate::context::Context;
use crate::model::account::{
    Account, AccountKind, AccountName, AccountState, FoldedName, Profile, random_subject,
};
use crate::model::password::{NewPassword, Password, Refused};
use crate::store::NewAccount;

/// An account to be opened.
#[derive(Debug)]
pub struct Opening {
    /// The name to sign in with.
    pub name: AccountName,
    /// Citizen or official.
    pub kind: AccountKind,
    /// Its state from the start.
    pub state: AccountState,
    /// The person's data.
    pub profile: Profile,
    /// Its password.
    pub password: Password,
    /// Since when it has been that password.
    pub password_since: Timestamp,
}

/// Why an operator's command does nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name is taken, in any spelling.
    #[error("an account of that name exists")]
    NameTaken,
    /// There is no account of that name, or it was deleted.
    #[error("there is no account of that name")]
    Unknown,
    /// The rules of new passwords.
    #[error(transparent)]
    Password(#[from] Refused),
    /// Ours.
    #[error(transparent)]
    Internal(#[from] Internal),
}

/// Opens an account.
pub async fn open(ctx: &Context, opening: Opening) -> Result<AccountId, Error> {
    let minimum = usize::try_from(ctx.policy.password_minimum).unwrap_or(usize::MAX);
    let accepted = NewPassword::accept(opening.password, opening.name.as_str(), minimum)?;
    let hash = ctx.hasher.hash(accepted).await?;
    let id = AccountId::new(ctx.now);
    let account = Account {
        id,
        name: opening.name,
        subject: random_subject(),
        kind: opening.kind,
        state: opening.state,
    };
    let new = NewAccount {
        account,
        profile: opening.profile,
        password: Some((hash, opening.password_since)),
        now: ctx.now,
    };
    let audit = Record::new(Event::AccountOpened, ctx.now).account(id).row();
    if ctx.store.insert_account(new, audit).await?.committed() {
        Ok(id)
    } else {
        Err(Error::NameTaken)
    }
}

/// An operator's lock: refused sign-in, and no token works from now on. One that is locked already stays so.
pub async fn lock(ctx: &Context, name: &FoldedName) -> Result<(), Error> {
    let account = standing(ctx, name).await?;
    let audit = Record::new(Event::AccountLocked, ctx.now).account(account.id).row();
    ctx.store.lock_account(account.id, ctx.now, audit).await?.committed();
    ctx.session_ended.notify_one();
    Ok(())
}

/// The same for a national id that is invalid or not the holder's: the person is told that it is this (LOG-5).
pub async fn disable_for_national_id(ctx: &Context, name: &FoldedName) -> Result<(), Error> {
    let account = standing(ctx, name).await?;
    let event = Event::AccountDisabledForNationalId;
    let audit = Record::new(event, ctx.now).account(account.id).row();
    ctx.store.disable_account(account.id, ctx.now, audit).await?.committed();
    ctx.session_ended.notify_one();
    Ok(())
}

/// Lets an account in again, whatever stopped it: an operator's lock, its national id, a pause, or a password that was
/// switched off.
pub async fn unlock(ctx: &Context, name: &FoldedName) -> Result<(), Error> {
    let account = standing(ctx, name).await?;
    let audit = Record::new(Event::AccountUnlocked, ctx.now).account(account.id).row();
    let digest = ctx.secrets.name.code(&[name.as_str().as_bytes()]);
    let unlocked = ctx.store.unlock_account(account.id, digest, ctx.now, audit).await?;
    if unlocked.committed() { Ok(()) } else { Err(Error::Unknown) }
}

/// The account of that name, unless it was deleted: that is final.
async fn standing(ctx: &Context, name: &FoldedName) -> Result<Account, Error> {
    let found = ctx.store.find_account(name).await?;
    found.filter(|found| !matches!(found.state, AccountState::Deleted { .. })).ok_or(Error::Unknown)
}
