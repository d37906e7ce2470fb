//! Accounts: name, state, and the sealed profile.

use uuid::Uuid;

use super::Store;
use super::audit_events::AuditRow;
use super::database::{Decision, Durable, execute, fetch, read};
use super::logout_deliveries::tell_clients_of_account;
use super::passwords::{PASSWORD_ENABLE, PASSWORD_INSERT};
use super::row::row;
use super::throttles::forget;
use crate::base::id::AccountId;
use crate::base::internal::Internal;
use crate::base::secret::Digest;
use crate::base::time::Timestamp;
use crate::model::account::{Account, AccountKind, AccountName, AccountState, FoldedName, Profile};
use crate::model::password::PasswordHash;

/// An account to be opened.
#[derive(Debug)]
pub struct NewAccount {
    /// The account.
    pub account: Account,
    /// The person's data.
    pub profile: Profile,
    /// Its password, and since when it has been that.
    pub password: Option<(PasswordHash, Timestamp)>,
    /// When it is opened.
    pub now: Timestamp,
}

/// What a sign-in by password reads of an account.
#[derive(Debug)]
pub struct SignInRecord {
    /// The account.
    pub account: Account,
    /// Its hash.
    pub hash: PasswordHash,
    /// Since when it has been that password (EXP-1).
    pub changed_at: Timestamp,
    /// Whether 100 consecutive failures switched it off.
    pub disabled: bool,
}

row! {
    /// The columns of an account in any join; `ACCOUNT` is their text.
    pub(super) struct AccountColumns {
        account_id: Uuid,
        account_name: String,
        account_subject: String,
        account_kind: String,
        account_disabled_at: Option<i64>,
        account_locked_at: Option<i64>,
        account_deleted_at: Option<i64>,
    }
}

macro_rules! account_columns {
    () => {
        "accounts.id AS account_id, accounts.name AS account_name, accounts.subject AS account_subject, \
         accounts.kind AS account_kind, accounts.disabled_at AS account_disabled_at, \
         accounts.locked_at AS account_locked_at, accounts.deleted_at AS account_deleted_at"
    };
}
pub(super) use account_columns;

impl TryFrom<AccountColumns> for Account {
    type Error = Internal;

    fn try_from(row: AccountColumns) -> Result<Self, Internal> {
        let at = Timestamp::from_seconds;
        // Deletion is final, so it speaks first; an operator's lock last.
        let state = match (row.account_deleted_at, row.account_disabled_at, row.account_locked_at) {
            (Some(deleted), _, _) => AccountState::Deleted { at: at(deleted) },
            (None, Some(disabled), _) => AccountState::DisabledForNationalId { at: at(disabled) },
            (None, None, Some(locked)) => AccountState::Locked { at: at(locked) },
            (None, None, None) => AccountState::Active,
        };
        Ok(Self {
            id: AccountId::from_uuid(row.account_id),
            name: AccountName::parse(&row.account_name)
                .ok_or_else(|| Internal::fault("accounts.name"))?,
            subject: row.account_subject,
            kind: match row.account_kind.as_str() {
                "member" => AccountKind::Member,
                "official" => AccountKind::Official,
                _ => return Err(Internal::fault("accounts.kind")),
            },
            state,
        })
    }
}

const INSERT: &str = "INSERT INTO accounts
    (id, name, name_folded, subject, kind, profile, disabled_at, disabled_for, locked_at, deleted_at, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) ON CONFLICT DO NOTHING RETURNING id";

const FIND_FOR_SIGN_IN: &str = concat!(
    "SELECT ", account_columns!(), ", passwords.hash AS hash, passwords.changed_at AS changed_at,
    passwords.disabled_at IS NOT NULL AS disabled
    FROM accounts JOIN passwords ON passwords.account_id = accounts.id WHERE accounts.name_folded = $1"
);

const FIND: &str =
    concat!("SELECT ", account_columns!(), " FROM accounts WHERE accounts.name_folded = $1");

const FIND_PROFILE: &str = "SELECT profile FROM accounts WHERE id = $1";

const LOCK: &str = "UPDATE accounts SET locked_at = $2, updated_at = $2
    WHERE id = $1 AND locked_at IS NULL AND deleted_at IS NULL RETURNING id";

const DISABLE: &str =
    "UPDATE accounts SET disabled_at = $2, disabled_for = 'national_id', updated_at = $2
    WHERE id = $1 AND disabled_at IS NULL AND deleted_at IS NULL RETURNING id";

const UNLOCK: &str = "UPDATE accounts
    SET locked_at = NULL, disabled_at = NULL, disabled_for = NULL, updated_at = $2
    WHERE id = $1 AND deleted_at IS NULL RETURNING id";

row! {
    struct SignInRow {
        hash: String,
        changed_at: i64,
        disabled: bool,
    }
    flatten {
        account: AccountColumns,
    }
}

impl Store {
    /// Opens an account. `false` if its name is taken. Two or three statements.
    pub async fn insert_account(
        &self,
        new: NewAccount,
        audit: AuditRow,
    ) -> Result<Durable<bool>, Internal> {
        let NewAccount { account, profile, password, now } = new;
        let profile = self.sealed_profile(account.id, &profile)?;
        let state = StateColumns::from(account.state);
        self.audited([audit], move |connection| {
            Box::pin(async move {
                let inserted: Option<(Uuid,)> = fetch!(
                    *connection,
                    sqlx::query_as(INSERT)
                        .bind(account.id.uuid())
                        .bind(account.name.as_str())
                        .bind(account.name.folded().as_str())
                        .bind(&account.subject)
                        .bind(account.kind.as_str())
                        .bind(&profile)
                        .bind(state.disabled_at)
                        .bind(state.disabled_at.map(|_| "national_id"))
                        .bind(state.locked_at)
                        .bind(state.deleted_at)
                        .bind(now.seconds())
                )?;
                if inserted.is_some()
                    && let Some((hash, changed_at)) = password
                {
                    execute!(
                        *connection,
                        sqlx::query(PASSWORD_INSERT)
                            .bind(account.id.uuid())
                            .bind(hash.as_str())
                            .bind(changed_at.seconds())
                    )?;
                }
                Ok(Decision::by(inserted))
            })
        })
        .await
    }

    /// What a sign-in by password needs. One statement.
    pub async fn find_for_sign_in(
        &self,
        name: &FoldedName,
    ) -> Result<Option<SignInRecord>, Internal> {
        let row: Option<SignInRow> = read!(self, |c| sqlx::query_as(FIND_FOR_SIGN_IN)
            .bind(name.as_str())
            .fetch_optional(c))?;
        row.map(|row| {
            Ok(SignInRecord {
                account: row.account.try_into()?,
                hash: PasswordHash::parse(&row.hash)
                    .map_err(|error| Internal::fault("passwords.hash").because(error))?,
                changed_at: Timestamp::from_seconds(row.changed_at),
                disabled: row.disabled,
            })
        })
        .transpose()
    }

    /// The account of that name. One statement.
    pub async fn find_account(&self, name: &FoldedName) -> Result<Option<Account>, Internal> {
        let row: Option<AccountColumns> =
            read!(self, |c| sqlx::query_as(FIND).bind(name.as_str()).fetch_optional(c))?;
        row.map(Account::try_from).transpose()
    }

    /// The person's data. One statement.
    pub async fn profile(&self, id: AccountId) -> Result<Profile, Internal> {
        let (sealed,): (Vec<u8>,) =
            read!(self, |c| sqlx::query_as(FIND_PROFILE).bind(id.uuid()).fetch_one(c))?;
        self.opened_profile(id, &sealed)
    }

    /// An operator's lock; the clients of the account's sessions will be told. `false` if there was nothing to lock. Three
    /// statements.
    pub async fn lock_account(
        &self,
        id: AccountId,
        now: Timestamp,
        audit: AuditRow,
    ) -> Result<Durable<bool>, Internal> {
        self.shut_out(LOCK, id, now, audit).await
    }

    /// Disables an account for its national id (LOG-5); the clients of its sessions will be told. `false` if there was
    /// nothing to disable. Three statements.
    pub async fn disable_account(
        &self,
        id: AccountId,
        now: Timestamp,
        audit: AuditRow,
    ) -> Result<Durable<bool>, Internal> {
        self.shut_out(DISABLE, id, now, audit).await
    }

    /// Sessions stay: they are of no use until the account is let in again. At the agencies they are over.
    async fn shut_out(
        &self,
        text: &'static str,
        id: AccountId,
        now: Timestamp,
        audit: AuditRow,
    ) -> Result<Durable<bool>, Internal> {
        self.audited([audit], move |connection| {
            Box::pin(async move {
                let changed: Option<(Uuid,)> =
                    fetch!(*connection, sqlx::query_as(text).bind(id.uuid()).bind(now.seconds()))?;
                if changed.is_some() {
                    tell_clients_of_account(connection, id, now).await?;
                }
                Ok(Decision::by(changed))
            })
        })
        .await
    }

    /// Lets an account in again: takes away what an operator put on it, switches its password on and forgets the failures
    /// at its name. `false` if the account was deleted. Four statements.
    pub async fn unlock_account(
        &self,
        id: AccountId,
        name: Digest,
        now: Timestamp,
        audit: AuditRow,
    ) -> Result<Durable<bool>, Internal> {
        self.audited([audit], move |connection| {
            Box::pin(async move {
                let unlocked: Option<(Uuid,)> = fetch!(
                    *connection,
                    sqlx::query_as(UNLOCK).bind(id.uuid()).bind(now.seconds())
                )?;
                execute!(*connection, sqlx::query(PASSWORD_ENABLE).bind(id.uuid()))?;
                forget(connection, &name).await?;
                Ok(Decision::by(unlocked))
            })
        })
        .await
    }

    fn sealed_profile(&self, id: AccountId, profile: &Profile) -> Result<Vec<u8>, Internal> {
        let plain = serde_json::to_vec(profile)
            .map_err(|error| Internal::fault("a profile").because(error))?;
        Ok(self.profile_key.seal(id.uuid().as_bytes(), &plain))
    }

    pub(super) fn opened_profile(&self, id: AccountId, sealed: &[u8]) -> Result<Profile, Internal> {
        let plain = self.profile_key.open(id.uuid().as_bytes(), sealed).ok_or_else(|| {
            Internal::fault("accounts.profile: sealed under another key, or for another account")
        })?;
        serde_json::from_slice(&plain)
            .map_err(|error| Internal::fault("accounts.profile").because(error))
    }
}

struct StateColumns {
    disabled_at: Option<i64>,
    locked_at: Option<i64>,
    deleted_at: Option<i64>,
}

impl From<AccountState> for StateColumns {
    fn from(state: AccountState) -> Self {
        let none = Self { disabled_at: None, locked_at: None, deleted_at: None };
        match state {
            AccountState::Active => none,
            AccountState::Locked { at } => Self { locked_at: Some(at.seconds()), ..none },
            AccountState::DisabledForNationalId { at } => {
                Self { disabled_at: Some(at.seconds()), ..none }
            }
            AccountState::Deleted { at } => Self { deleted_at: Some(at.seconds()), ..none },
        }
    }
}
