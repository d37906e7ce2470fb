//! Codes and refresh tokens: the id of their grant, 256 random bits, and a MAC over both.
//!
//! The MAC keeps look-ups for forged tokens away from the store, and nobody can forge an "old" token to revoke someone's
//! grant. The store holds digests only. A successor is never derived from its predecessor.

use std::fmt;

use uuid::Uuid;

use crate::base::encoding::{base64url, from_base64url};
use crate::base::id::GrantId;
use crate::base::master_key::MacKey;
use crate::base::random;
use crate::base::secret::{Digest, Secret};

const CODE: &str = "fxc_";
const REFRESH: &str = "fxr_";
const MAC: usize = 16;

/// An authorization code (OAuth 2.0 §1.3.1).
pub struct Code(Sealed);

/// A refresh token (OAuth 2.0 §1.5) and how many came before it.
pub struct RefreshToken {
    sealed: Sealed,
    generation: u32,
}

struct Sealed {
    grant: GrantId,
    text: Secret<String>,
    digest: Digest,
}

impl Code {
    /// A fresh code of this grant.
    pub fn random(key: &MacKey, grant: GrantId) -> Self {
        Self(Sealed::new(CODE, key, grant, &[]))
    }

    /// Reads a presented code; `None` unless it is one of ours.
    pub fn open(key: &MacKey, text: &str) -> Option<Self> {
        let (sealed, rest) = Sealed::open(CODE, key, text)?;
        rest.is_empty().then_some(Self(sealed))
    }

    /// The grant it belongs to.
    pub fn grant(&self) -> GrantId {
        self.0.grant
    }

    /// What the store may hold of it.
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// The text that the client is given.
    pub fn expose(&self) -> &str {
        self.0.text.expose()
    }
}

impl RefreshToken {
    /// A fresh refresh token of this grant and generation.
    pub fn random(key: &MacKey, grant: GrantId, generation: u32) -> Self {
        Self { sealed: Sealed::new(REFRESH, key, grant, &generation.to_be_bytes()), generation }
    }

    /// Reads a presented refresh token; `None` unless it is one of ours.
    pub fn open(key: &MacKey, text: &str) -> Option<Self> {
        let (sealed, rest) = Sealed::open(REFRESH, key, text)?;
        let generation = u32::from_be_bytes(rest.try_into().ok()?);
        Some(Self { sealed, generation })
    }

    /// The grant it belongs to.
    pub fn grant(&self) -> GrantId {
        self.sealed.grant
    }

    /// How many came before it.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// What the store may hold of it.
    pub fn digest(&self) -> Digest {
        self.sealed.digest
    }

    /// The text that the client is given.
    pub fn expose(&self) -> &str {
        self.sealed.text.expose()
    }
}

impl Sealed {
    fn new(prefix: &str, key: &MacKey, grant: GrantId, rest: &[u8]) -> Self {
        let mut bytes = grant.uuid().as_bytes().to_vec();
        bytes.extend(random::bytes::<32>());
        bytes.extend(rest);
        let mac = key.short_code(&[prefix.as_bytes(), &bytes]);
        bytes.extend(mac);
        Self {
            grant,
            digest: Digest::of(prefix, &bytes),
            text: Secret::new(format!("{prefix}{}", base64url(&bytes))),
        }
    }

    fn open(prefix: &str, key: &MacKey, text: &str) -> Option<(Self, Vec<u8>)> {
        let bytes = from_base64url(text.strip_prefix(prefix)?)?;
        let (body, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC)?)?;
        if !key.short_code_is(&[prefix.as_bytes(), body], mac) {
            return None;
        }
        let (grant, rest) = body.split_first_chunk::<16>()?;
        let (_, rest) = rest.split_first_chunk::<32>()?;
        let sealed = Self {
            grant: GrantId::from_uuid(Uuid::from_bytes(*grant)),
            digest: Digest::of(prefix, &bytes),
            text: Secret::new(text.to_owned()),
        };
        Some((sealed, rest.to_vec()))
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({})", self.0.grant)
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshToken({}, {})", self.sealed.grant, self.generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::master_key::MasterKey;
    use crate::base::time::Timestamp;

    #[test]
    fn a_code_names_its_grant_and_is_nothing_else() {
        let key = MasterKey::random().mac("x");
        let grant = GrantId::new(Timestamp::from_seconds(1_700_000_000));
        let code = Code::random(&key, grant);
        let again = Code::open(&key, code.expose()).unwrap();
        assert_eq!(again.grant(), grant);
        assert!(again.digest().is(&code.digest()));
        assert!(RefreshToken::open(&key, code.expose()).is_none());
        assert!(RefreshToken::open(&key, &code.expose().replace(CODE, REFRESH)).is_none());
        assert!(Code::open(&MasterKey::random().mac("x"), code.expose()).is_none());
        assert!(Code::open(&key, "fxc_").is_none());
    }

    #[test]
    fn nobody_can_make_an_old_refresh_token_out_of_a_new_one() {
        let key = MasterKey::random().mac("x");
        let token = RefreshToken::random(&key, GrantId::new(Timestamp::from_seconds(0)), 7);
        assert_eq!(RefreshToken::open(&key, token.expose()).unwrap().generation(), 7);
        let mut bytes = from_base64url(token.expose().strip_prefix(REFRESH).unwrap()).unwrap();
        bytes[51] = 1;
        assert!(RefreshToken::open(&key, &format!("{REFRESH}{}", base64url(&bytes))).is_none());
    }
}
