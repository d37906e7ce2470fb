//! `scope`: what a client asks for, and what it was granted.
//!
//! RFC 6749 §3.3: tokens of %x21 / %x23-5B / %x5D-7E between spaces, in no order. A well-formed scope that nobody knows
//! is no error: what a client may ask is decided by intersection with its settings. OpenID Connect Core §5.4 and §11.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::base::limits;
use crate::oauth::error::{ErrorCode, OAuthError};

/// One scope value, known or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope(Cow<'static, str>);

/// Scope values without order or repetition; its text is space-separated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScopeSet(BTreeSet<Scope>);

/// Why a text is no scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An empty value, or a character that scopes do not have.
    #[error("a scope is malformed")]
    Malformed,
    /// A value longer than `limits::SCOPE`.
    #[error("a scope is too long")]
    TooLong,
    /// More values than `limits::SCOPES`.
    #[error("too many scopes")]
    TooMany,
}

impl Scope {
    /// `openid`: this is an OpenID Connect request.
    pub const OPENID: Self = Self(Cow::Borrowed("openid"));
    /// `profile`: name, birthday and the like.
    pub const PROFILE: Self = Self(Cow::Borrowed("profile"));
    /// `email`: the e-mail address.
    pub const EMAIL: Self = Self(Cow::Borrowed("email"));
    /// `address`: the postal address.
    pub const ADDRESS: Self = Self(Cow::Borrowed("address"));
    /// `phone`: the telephone number.
    pub const PHONE: Self = Self(Cow::Borrowed("phone"));
    /// `offline_access`: refresh tokens that outlive the browser's session.
    pub const OFFLINE_ACCESS: Self = Self(Cow::Borrowed("offline_access"));
    /// `agency`: the kind of account, and the agency behind an official one.
    pub const AGENCY: Self = Self(Cow::Borrowed("agency"));

    /// Every scope that means something to the provider, in the order in which people are shown them.
    pub const KNOWN: [Self; 7] = [
        Self::OPENID,
        Self::PROFILE,
        Self::EMAIL,
        Self::ADDRESS,
        Self::PHONE,
        Self::AGENCY,
        Self::OFFLINE_ACCESS,
    ];

    /// Reads one scope value.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > limits::SCOPE {
            return Err(Error::TooLong);
        }
        let well_formed = !text.is_empty()
            && text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E));
        if well_formed { Ok(Self(Cow::Owned(text.to_owned()))) } else { Err(Error::Malformed) }
    }

    /// The value on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ScopeSet {
    /// Reads space-separated scope values, unknown ones included; empty text is the empty set.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut scopes = BTreeSet::new();
        for (before, value) in text.split(' ').filter(|value| !value.is_empty()).enumerate() {
            if before == limits::SCOPES {
                return Err(Error::TooMany);
            }
            scopes.insert(Scope::parse(value)?);
        }
        Ok(Self(scopes))
    }

    /// Whether this scope is in it.
    pub fn contains(&self, scope: &Scope) -> bool {
        self.0.contains(scope)
    }

    /// Whether the other set has all of these.
    pub fn is_subset_of(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.0.intersection(&other.0).cloned().collect()
    }

    /// The scopes of either; `None` if together they are more than a set may hold.
    pub fn union(&self, other: &Self) -> Option<Self> {
        let both: BTreeSet<Scope> = self.0.union(&other.0).cloned().collect();
        (both.len() <= limits::SCOPES).then_some(Self(both))
    }

    /// This set without one scope.
    #[must_use]
    pub fn without(&self, scope: &Scope) -> Self {
        self.0.iter().filter(|own| *own != scope).cloned().collect()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The scopes, sorted by their text.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (before, scope) in self.0.iter().enumerate() {
            f.write_str(if before == 0 { "" } else { " " })?;
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl FromStr for ScopeSet {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Scope {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.0.into_owned()
    }
}

impl TryFrom<String> for ScopeSet {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<ScopeSet> for String {
    fn from(scopes: ScopeSet) -> Self {
        scopes.to_string()
    }
}

impl From<Error> for OAuthError {
    fn from(error: Error) -> Self {
        let description = match error {
            Error::Malformed => "The scope is malformed.",
            Error::TooLong => "A scope is too long.",
            Error::TooMany => "There are too many scopes.",
        };
        Self::new(ErrorCode::InvalidScope, description)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(text: &str) -> ScopeSet {
        text.parse().unwrap()
    }

    #[test]
    fn scopes_have_no_order_and_no_repetition() {
        assert_eq!(set("profile openid openid"), set(" openid  profile "));
        assert_eq!(set("profile openid").to_string(), "openid profile");
        assert!(set("").is_empty());
    }

    #[test]
    fn a_well_formed_unknown_scope_is_no_error() {
        let asked = set("openid https://a.test/read:all");
        assert!(asked.contains(&Scope::OPENID));
        assert_eq!(asked.intersection(&set("openid email")), set("openid"));
    }

    #[test]
    fn sets_narrow_and_compare() {
        let scopes = set("openid email offline_access");
        assert_eq!(scopes.without(&Scope::OFFLINE_ACCESS), set("openid email"));
        assert!(set("email").is_subset_of(&scopes));
        assert!(!scopes.is_subset_of(&set("openid email")));
        assert_eq!(scopes.iter().count(), 3);
    }

    #[test]
    fn a_malformed_scope_is_refused() {
        for text in ["a\"b", "a\\b", "a\tb", "a\nb", "中", "\u{7f}"] {
            assert_eq!(ScopeSet::parse(text), Err(Error::Malformed), "{text:?}");
        }
        assert_eq!(Scope::parse(""), Err(Error::Malformed));
        assert_eq!(Scope::parse("a b"), Err(Error::Malformed));
    }

    #[test]
    fn count_and_length_are_bounded() {
        let many = |count: usize| (0..count).map(|n| format!("s{n}")).collect::<Vec<_>>().join(" ");
        assert!(ScopeSet::parse(&many(limits::SCOPES)).is_ok());
        assert_eq!(ScopeSet::parse(&many(limits::SCOPES + 1)), Err(Error::TooMany));
        assert!(Scope::parse(&"s".repeat(limits::SCOPE)).is_ok());
        assert_eq!(Scope::parse(&"s".repeat(limits::SCOPE + 1)), Err(Error::TooLong));
    }

    #[test]
    fn each_rule_is_answered_with_invalid_scope() {
        for error in [Error::Malformed, Error::TooLong, Error::TooMany] {
            assert_eq!(OAuthError::from(error).code, ErrorCode::InvalidScope);
        }
    }

    #[test]
    fn the_known_scopes_are_well_formed() {
        for scope in Scope::KNOWN {
            assert_eq!(Scope::parse(scope.as_str()), Ok(scope));
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_so_that_it_is_read_again(text in "[ -~]{0,120}|.{0,60}") {
            if let Ok(scopes) = ScopeSet::parse(&text) {
                prop_assert_eq!(set(&scopes.to_string()), scopes.clone());
                let stored = serde_json::to_string(&scopes).unwrap();
                prop_assert_eq!(serde_json::from_str::<ScopeSet>(&stored).unwrap(), scopes);
            }
        }
    }
}
