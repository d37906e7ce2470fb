//! One type per kind of identifier, each a UUIDv7: sortable by creation, never reused, not interchangeable.
//!
//! None of them is a person's public identifier: a version 7 value tells when someone registered, so subjects given to
//! clients are random or pairwise values of their own (`token::subject`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::random;
use crate::base::time::Timestamp;

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new identifier, made at `now`.
            pub fn new(now: Timestamp) -> Self {
                Self(uuid_v7(now))
            }

            /// The identifier that a row or a sealed value holds.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare value, for a column or a sealed value.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnIdentifier;

            /// Reads the canonical form only: 36 characters, lower case, hyphens.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let uuid = Uuid::try_parse(text).map_err(|_| NotAnIdentifier)?;
                if uuid.hyphenated().to_string() == text { Ok(Self(uuid)) } else { Err(NotAnIdentifier) }
            }
        }
    )+};
}

identifiers! {
    /// A person's account.
    AccountId
    /// A relying party, as the provider knows it; also its `client_id` on the wire.
    ClientId
    /// A browser's session. Rotation replaces the cookie's secret, never this.
    SessionId
    /// What one answered request gave one client. A grant's id is its interaction's id.
    GrantId
    /// A password proved while a further step is due.
    PendingId
    /// A row of the audit record.
    AuditId
    /// A message to the owner of an account.
    MessageId
    /// A token that lets its bearer register clients.
    InitialAccessId
    /// A signing key's row.
    SigningKeyId
    /// A request to the provider: what a person reads out and an operator searches for.
    RequestId
}

/// The text is not the canonical form of an identifier.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not an identifier")]
pub struct NotAnIdentifier;

fn uuid_v7(now: Timestamp) -> Uuid {
    let milliseconds = now.seconds().max(0).unsigned_abs().saturating_mul(1000);
    uuid::Builder::from_unix_timestamp_millis(milliseconds, &random::bytes::<10>()).into_uuid()
}
