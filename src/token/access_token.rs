//! Access tokens: opaque sealed references, no row each.
//!
//! A token holds an id of its own, what it hangs on (a grant, or a client for `client_credentials`), its scopes and its
//! times, under a MAC. It is good while the MAC holds *and* what it hangs on is alive now; so revocation is immediate.
//! RFC 6750, RFC 9700 §2.2.

use std::fmt;

use uuid::Uuid;

use crate::base::encoding::{base64url, from_base64url};
use crate::base::id::{ClientId, GrantId};
use crate::base::limits;
use crate::base::master_key::MacKey;
use crate::base::random;
use crate::base::time::{Lifetime, Timestamp};
use crate::oauth::scope::ScopeSet;

const PREFIX: &str = "fxa_";
const MAC: usize = 16;
const OF_GRANT: u8 = 1;
const OF_CLIENT: u8 = 2;

/// What an access token hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A person's grant to a client.
    Grant(GrantId),
    /// A client by itself.
    Client(ClientId),
}

/// An access token of ours whose MAC holds. Whether it is good is the store's to say.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// Its own id, by which it can be revoked.
    pub id: Uuid,
    /// What it hangs on.
    pub holder: Holder,
    /// What it is good for.
    pub scope: ScopeSet,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl AccessToken {
    /// A fresh token.
    pub fn new(holder: Holder, scope: ScopeSet, now: Timestamp, lifetime: Lifetime) -> Self {
        Self {
            id: Uuid::from_bytes(random::bytes()),
            holder,
            scope,
            issued_at: now,
            expires_at: now.plus(lifetime),
        }
    }

    /// The text that the client is given.
    pub fn seal(&self, key: &MacKey) -> String {
        let (kind, holder) = match self.holder {
            Holder::Grant(id) => (OF_GRANT, id.uuid()),
            Holder::Client(id) => (OF_CLIENT, id.uuid()),
        };
        let mut bytes = vec![kind];
        bytes.extend(self.id.as_bytes());
        bytes.extend(holder.as_bytes());
        bytes.extend(self.issued_at.seconds().to_be_bytes());
        bytes.extend(self.expires_at.seconds().to_be_bytes());
        bytes.extend(self.scope.to_string().as_bytes());
        let mac = key.short_code(&[PREFIX.as_bytes(), &bytes]);
        bytes.extend(mac);
        format!("{PREFIX}{}", base64url(&bytes))
    }

    /// Reads a presented token; `None` unless it is one of ours and has not expired.
    pub fn open(key: &MacKey, text: &str, now: Timestamp) -> Option<Self> {
        if text.len() > limits::JWT {
            return None;
        }
        let bytes = from_base64url(text.strip_prefix(PREFIX)?)?;
        let (body, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC)?)?;
        if !key.short_code_is(&[PREFIX.as_bytes(), body], mac) {
            return None;
        }
        let (kind, rest) = body.split_first()?;
        let (id, rest) = rest.split_first_chunk::<16>()?;
        let (holder, rest) = rest.split_first_chunk::<16>()?;
        let (issued_at, rest) = rest.split_first_chunk::<8>()?;
        let (expires_at, scope) = rest.split_first_chunk::<8>()?;
        let holder = Uuid::from_bytes(*holder);
        let token = Self {
            id: Uuid::from_bytes(*id),
            holder: match *kind {
                OF_GRANT => Holder::Grant(GrantId::from_uuid(holder)),
                OF_CLIENT => Holder::Client(ClientId::from_uuid(holder)),
                _ => return None,
            },
            scope: std::str::from_utf8(scope).ok()?.parse().ok()?,
            issued_at: Timestamp::from_seconds(i64::from_be_bytes(*issued_at)),
            expires_at: Timestamp::from_seconds(i64::from_be_bytes(*expires_at)),
        };
        (token.expires_at > now).then_some(token)
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessToken({:?})", self.holder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::master_key::MasterKey;

    #[test]
    fn a_token_is_good_until_it_expires_and_only_as_it_was_made() {
        let key = MasterKey::random().mac("x");
        let now = Timestamp::from_seconds(1_700_000_000);
        let holder = Holder::Grant(GrantId::new(now));
        let token =
            AccessToken::new(holder, "openid profile".parse().unwrap(), now, Lifetime::minutes(5));
        let text = token.seal(&key);
        assert!(AccessToken::open(&key, &text, now).unwrap() == token);
        assert!(AccessToken::open(&key, &text, now.plus(Lifetime::seconds(299))).is_some());
        assert!(AccessToken::open(&key, &text, now.plus(Lifetime::seconds(300))).is_none());
        let mut bytes = from_base64url(text.strip_prefix(PREFIX).unwrap()).unwrap();
        bytes[0] = OF_CLIENT;
        assert!(AccessToken::open(&key, &format!("{PREFIX}{}", base64url(&bytes)), now).is_none());
        assert!(AccessToken::open(&MasterKey::random().mac("x"), &text, now).is_none());
        assert!(AccessToken::open(&key, "fxa_", now).is_none());
    }
}
