//! Access tokens: sealed references, no row each; or JWTs, for clients that are set so.
//!
//! A token holds an id of its own, what it hangs on (a grant, or a client for `client_credentials`), its scopes and its
//! times: under a MAC, unreadable to anyone else, or under our signature, readable to resource servers. It is good to us
//! while that holds *and* what it hangs on is alive now (`token::alive`); so revocation is immediate. RFC 6750, RFC 9068,
//! RFC 9700 §2.2.

use std::fmt;

use uuid::Uuid;

use crate::base::encoding::{base64url, from_base64url};
use crate::base::id::{ClientId, GrantId};
use crate::base::internal::Internal;
use crate::base::limits;
use crate::base::master_key::MacKey;
use crate::base::random;
use crate::base::time::{Lifetime, Timestamp};
use crate::context::Context;
use crate::jose::access_token as jwt;
use crate::model::account::Account;
use crate::model::authentication::Assurance;
use crate::model::client::Client;
use crate::oauth::client_metadata::{AccessTokenFormat, SigningAlgorithm};
use crate::oauth::scope::ScopeSet;
use crate::token::subject;

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

/// An access token of ours: its MAC or signature holds. Whether it is good is the store's to say.
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

    /// The text that the client is given, in the form that it is set for; `person` is whom a grant is about.
    pub fn written(
        &self,
        ctx: &Context,
        client: &Client,
        person: Option<(&Account, &Assurance)>,
    ) -> Result<String, Internal> {
        match client.settings().access_token_format {
            AccessTokenFormat::Opaque => Ok(self.seal(&ctx.secrets.access_token)),
            AccessTokenFormat::Jwt => self.sign(ctx, client, person),
        }
    }

    /// Reads a presented token; `None` unless it is one of ours and has not expired.
    pub fn read(ctx: &Context, text: &str) -> Option<Self> {
        if text.starts_with(PREFIX) {
            return Self::open(&ctx.secrets.access_token, text, ctx.now);
        }
        let (keys, issuer) = (ctx.keys.keys(), ctx.issuer.as_str());
        let published = keys.published().map(|key| &key.key);
        let presented = jwt::VerifiedAccessToken::verify(text, published, issuer).ok()?;
        Self::presented(&presented).filter(|token| token.expires_at > ctx.now)
    }

    /// The opaque form.
    pub fn seal(&self, key: &MacKey) -> String {
        let mut bytes = self.reference();
        bytes.extend(self.issued_at.seconds().to_be_bytes());
        bytes.extend(self.expires_at.seconds().to_be_bytes());
        bytes.extend(self.scope.to_string().as_bytes());
        let mac = key.short_code(&[PREFIX.as_bytes(), &bytes]);
        bytes.extend(mac);
        format!("{PREFIX}{}", base64url(&bytes))
    }

    /// Reads the opaque form.
    fn open(key: &MacKey, text: &str, now: Timestamp) -> Option<Self> {
        if text.len() > limits::JWT {
            return None;
        }
        let bytes = from_base64url(text.strip_prefix(PREFIX)?)?;
        let (body, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC)?)?;
        if !key.short_code_is(&[PREFIX.as_bytes(), body], mac) {
            return None;
        }
        let (id, holder, rest) = split_reference(body)?;
        let (issued_at, rest) = rest.split_first_chunk::<8>()?;
        let (expires_at, scope) = rest.split_first_chunk::<8>()?;
        let token = Self {
            id,
            holder,
            scope: std::str::from_utf8(scope).ok()?.parse().ok()?,
            issued_at: Timestamp::from_seconds(i64::from_be_bytes(*issued_at)),
            expires_at: Timestamp::from_seconds(i64::from_be_bytes(*expires_at)),
        };
        (token.expires_at > now).then_some(token)
    }

    /// The form that a resource server reads by itself (RFC 9068 §2.2).
    fn sign(
        &self,
        ctx: &Context,
        client: &Client,
        person: Option<(&Account, &Assurance)>,
    ) -> Result<String, Internal> {
        let client_id = client.id.to_string();
        let about = person.map(|(account, _)| subject::of(ctx, client, account));
        let token = jwt::AccessToken {
            iss: ctx.issuer.as_str(),
            sub: about.as_deref().unwrap_or(&client_id),
            // Nobody can ask for another resource server: this one stands for all (§3).
            aud: ctx.issuer.as_str(),
            client_id: &client_id,
            iat: self.issued_at,
            exp: self.expires_at,
            jti: &base64url(&self.reference()),
            scope: &self.scope.to_string(),
            auth_time: person.map(|(_, assurance)| assurance.at),
            acr: person.map(|(_, assurance)| assurance.acr),
        };
        token.sign(&ctx.keys.keys().active(SigningAlgorithm::Es256)?.key)
    }

    fn presented(token: &jwt::VerifiedAccessToken) -> Option<Self> {
        let reference = from_base64url(&token.id)?;
        let (id, holder, rest) = split_reference(&reference)?;
        if !rest.is_empty() {
            return None;
        }
        let scope = token.scope.parse().ok()?;
        let (issued_at, expires_at) = (token.issued_at, token.expires_at);
        Some(Self { id, holder, scope, issued_at, expires_at })
    }

    /// Its id and what it hangs on: the claim `jti` of a JWT, so that it leads to the grant, too.
    fn reference(&self) -> Vec<u8> {
        let (kind, holder) = match self.holder {
            Holder::Grant(id) => (OF_GRANT, id.uuid()),
            Holder::Client(id) => (OF_CLIENT, id.uuid()),
        };
        [&[kind], self.id.as_bytes().as_slice(), holder.as_bytes()].concat()
    }
}

fn split_reference(bytes: &[u8]) -> Option<(Uuid, Holder, &[u8])> {
    let (kind, rest) = bytes.split_first()?;
    let (id, rest) = rest.split_first_chunk::<16>()?;
    let (holder, rest) = rest.split_first_chunk::<16>()?;
    let holder = Uuid::from_bytes(*holder);
    let holder = match *kind {
        OF_GRANT => Holder::Grant(GrantId::from_uuid(holder)),
        OF_CLIENT => Holder::Client(ClientId::from_uuid(holder)),
        _ => return None,
    };
    Some((Uuid::from_bytes(*id), holder, rest))
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

    #[test]
    fn the_id_of_a_jwt_leads_to_what_the_token_hangs_on_and_nothing_else_does() {
        let now = Timestamp::from_seconds(1_700_000_000);
        for holder in [Holder::Grant(GrantId::new(now)), Holder::Client(ClientId::new(now))] {
            let token = AccessToken::new(holder, ScopeSet::default(), now, Lifetime::minutes(5));
            let presented = |reference: &[u8]| {
                AccessToken::presented(&jwt::VerifiedAccessToken {
                    id: base64url(reference),
                    scope: token.scope.to_string(),
                    issued_at: token.issued_at,
                    expires_at: token.expires_at,
                })
            };
            let reference = token.reference();
            assert!(presented(&reference).unwrap() == token);
            let longer = [reference.as_slice(), &[0]].concat();
            let other_kind = [&[3], &reference[1..]].concat();
            for wrong in [&longer, &other_kind, &reference[1..]] {
                assert!(presented(wrong).is_none());
            }
        }
    }
}
