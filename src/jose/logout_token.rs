//! The logout token: tells a client that a person's session here has ended.
//!
//! Back-Channel Logout §2.4. It has a type of its own and no `nonce`, so that it can never pass for an ID token, nor an
//! ID token for it. Does not own who is told (`logout`), nor the delivery.

use serde::Serialize;

use crate::base::internal::Internal;
use crate::base::time::{Lifetime, Timestamp};
use crate::jose::signer::Signer;

/// `typ` of a logout token (§2.4).
const TYPE: &str = "logout+jwt";
/// How long it may be presented: a retry gets a new one.
const LIFETIME: Lifetime = Lifetime::minutes(2);

/// What ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended<'a> {
    /// One session of the person, of which the client knows both.
    Session {
        /// The person, as this client knows them.
        sub: &'a str,
        /// The session, as this client knows it.
        sid: &'a str,
    },
    /// Every session of the person.
    Every {
        /// The person, as this client knows them.
        sub: &'a str,
    },
}

/// A logout token for one client.
#[derive(Clone, Copy, Debug)]
pub struct LogoutToken<'a> {
    /// Issuer.
    pub iss: &'a str,
    /// The client, alone.
    pub aud: &'a str,
    /// When the token is made.
    pub iat: Timestamp,
    /// Its id: never the same again.
    pub jti: &'a str,
    /// What ended.
    pub ended: Ended<'a>,
}

impl LogoutToken<'_> {
    /// The signed token. There is no unsigned one: §2.4 forbids it.
    pub fn sign<'k>(&self, signer: impl Into<Signer<'k>>) -> Result<String, Internal> {
        let (sub, sid) = match self.ended {
            Ended::Session { sub, sid } => (sub, Some(sid)),
            Ended::Every { sub } => (sub, None),
        };
        let claims = Claims {
            iss: self.iss,
            aud: self.aud,
            iat: self.iat,
            exp: self.iat.plus(LIFETIME),
            jti: self.jti,
            sub,
            sid,
            events: Events { logout: Nothing {} },
        };
        signer.into().sign(TYPE, &claims)
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: Timestamp,
    exp: Timestamp,
    jti: &'a str,
    sub: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    events: Events,
}

#[derive(Serialize)]
struct Events {
    #[serde(rename = "http://schemas.openid.net/event/backchannel-logout")]
    logout: Nothing,
}

/// `{}`, as the specification recommends.
#[derive(Serialize)]
struct Nothing {}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::base::encoding::from_base64url;
    use crate::jose::id_token::Hint;
    use crate::jose::jws;
    use crate::jose::private_key::PrivateKey;
    use crate::jose::signing_key::SigningKey;
    use crate::oauth::client_metadata::SigningAlgorithm;

    const ISSUER: &str = "https://id.example.gov.tw";

    fn token(ended: Ended<'static>) -> LogoutToken<'static> {
        let iat = Timestamp::from_seconds(1_700_000_000);
        LogoutToken { iss: ISSUER, aud: "client-1", iat, jti: "j-1", ended }
    }

    fn part(jwt: &str, index: usize) -> Value {
        let part = from_base64url(jwt.split('.').nth(index).unwrap()).unwrap();
        serde_json::from_slice(&part).unwrap()
    }

    #[test]
    fn the_token_says_exactly_what_the_specification_lists() {
        let key = PrivateKey::generate(SigningAlgorithm::Es256).unwrap();
        let key = SigningKey::prepare(&key).unwrap();
        let mut expected = json!({
            "iss": ISSUER, "aud": "client-1", "iat": 1_700_000_000, "exp": 1_700_000_120,
            "jti": "j-1", "sub": "p-1", "sid": "s-1",
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        let jwt = token(Ended::Session { sub: "p-1", sid: "s-1" }).sign(&key).unwrap();
        assert_eq!(part(&jwt, 1), expected);
        let header = json!({ "alg": "ES256", "kid": key.key_id(), "typ": "logout+jwt" });
        assert_eq!(part(&jwt, 0), header);
        let jwt = token(Ended::Every { sub: "p-1" }).sign(&key).unwrap();
        expected.as_object_mut().unwrap().shift_remove("sid");
        assert_eq!(part(&jwt, 1), expected);
    }

    /// A-JOS-08
    #[test]
    fn a_logout_token_is_no_hint() {
        let key = PrivateKey::generate(SigningAlgorithm::Rs256).unwrap();
        let key = SigningKey::prepare(&key).unwrap();
        let jwt = token(Ended::Every { sub: "p-1" }).sign(&key).unwrap();
        let refused = Hint::verify(&jwt, [&key], ISSUER).err();
        assert_eq!(refused, Some(jws::Error::TypeWrong.into()));
        assert!(key.verify("logout+jwt", &jwt).is_ok());
    }
}
