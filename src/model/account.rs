//! A person's account: its name, its permanent subject, its state and the person's data.
//!
//! The subject is a random value of its own, given to clients only where a client is set to public subjects; it is
//! never reused. The data cover every standard claim of OpenID Connect Core §5.1 and the agency claims.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::encoding::base64url;
use crate::base::id::AccountId;
use crate::base::time::Timestamp;
use crate::base::{limits, random};
use crate::national::person_name::PersonName;

/// An account as the gate sees it: without the person's data, which are sealed and read only where they are given.
#[derive(Clone, Debug)]
pub struct Account {
    /// The row.
    pub id: AccountId,
    /// The name that its owner signs in with.
    pub name: AccountName,
    /// What clients with public subjects know it by, and what pairwise subjects are computed from.
    pub subject: String,
    /// Citizen or official.
    pub kind: AccountKind,
    /// Whether it may sign in.
    pub state: AccountState,
}

/// A fresh random subject: 128 bits.
pub fn random_subject() -> String {
    base64url(&random::bytes::<16>())
}

/// Who an account belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// A citizen's own account (自然人帳號).
    Member,
    /// A civil servant's account (公務帳號), with an agency.
    Official,
}

impl AccountKind {
    /// The value of the `account_kind` claim and of the column.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Official => "official",
        }
    }
}

/// Whether an account may sign in. A throttle's pause is not a state: it is nowhere but in the throttle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    /// It may.
    Active,
    /// An operator locked it.
    Locked {
        /// Since when.
        at: Timestamp,
    },
    /// Its national id is invalid or not the holder's (LOG-5).
    DisabledForNationalId {
        /// Since when.
        at: Timestamp,
    },
    /// Its owner deleted it (LOG-11).
    Deleted {
        /// Since when.
        at: Timestamp,
    },
}

impl AccountState {
    /// Whether tokens may be issued and used for the account.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Active)
    }
}

/// A name to sign in with: 3 to 64 of `a–z 0–9 . _ - @`, as the owner wrote it in upper or lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountName(String);

impl AccountName {
    /// Reads the name of a new account.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte);
        ((3..=64).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self(text.to_owned()))
    }

    /// The name as it was chosen.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is found by.
    pub fn folded(&self) -> FoldedName {
        FoldedName(self.0.to_ascii_lowercase())
    }
}

/// A submitted name, folded: what look-up and the throttle are keyed by, whether or not such an account exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoldedName(String);

impl FoldedName {
    /// Folds what a person typed: no white space around it, full-width forms narrow, lower case. `None` if it is empty
    /// or longer than [`limits::ACCOUNT_NAME`] bytes.
    pub fn of(submitted: &str) -> Option<Self> {
        let folded: String =
            submitted.trim().chars().map(narrowed).flat_map(char::to_lowercase).collect();
        (!folded.is_empty() && folded.len() <= limits::ACCOUNT_NAME).then_some(Self(folded))
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Full-width ASCII (U+FF01 to U+FF5E) to its ordinary form; an input method left on should not fail a sign-in.
fn narrowed(c: char) -> char {
    match u32::from(c) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// A person's data: every standard claim (OpenID Connect Core §5.1) and the agency's. Sealed at rest as one value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "each field is the standard claim of the same name")]
pub struct Profile {
    pub name: Option<PersonName>,
    pub given_name: Option<PersonName>,
    pub family_name: Option<PersonName>,
    pub middle_name: Option<PersonName>,
    pub nickname: Option<PersonName>,
    pub preferred_username: Option<String>,
    pub profile: Option<String>,
    pub picture: Option<String>,
    pub website: Option<String>,
    pub gender: Option<String>,
    pub birthdate: Option<String>,
    pub zoneinfo: Option<String>,
    pub locale: Option<String>,
    pub updated_at: Option<Timestamp>,
    pub email: Option<String>,
    pub email_verified: bool,
    pub phone_number: Option<String>,
    pub phone_number_verified: bool,
    pub address: Option<Address>,
    pub agency_oid: Option<String>,
    pub agency_name: Option<String>,
}

/// The address claim (OpenID Connect Core §5.1.1).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "each field is the member of the same name")]
pub struct Address {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_typed_with_an_input_method_on_is_found() {
        let name = AccountName::parse("Wu.ShengXiang").unwrap();
        assert_eq!(FoldedName::of(" ｗｕ．ＳＨＥＮＧＸＩＡＮＧ　").unwrap(), name.folded());
        assert!(FoldedName::of("  ").is_none());
        assert!(FoldedName::of(&"a".repeat(limits::ACCOUNT_NAME)).is_some());
        assert!(FoldedName::of(&"a".repeat(limits::ACCOUNT_NAME + 1)).is_none());
    }

    #[test]
    fn a_new_name_is_plain() {
        assert!(AccountName::parse("amy").is_some());
        for bad in ["am", "a b c", "名字名字", "a\0bc", &"a".repeat(65)] {
            assert!(AccountName::parse(bad).is_none());
        }
    }
}
