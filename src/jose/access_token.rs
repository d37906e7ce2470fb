//! The access token that a resource server reads by itself, for clients that are set so.
//!
//! RFC 9068. Always ES256, whatever the client's ID tokens are signed with: it is for the resource server, and the
//! cheapest to make. Our own endpoints read it, too, and never trust its signature alone; `token` says what they look at
//! besides.

use serde::Serialize;

use crate::base::internal::Internal;
use crate::base::time::Timestamp;
use crate::jose::jws::{self, Unverified};
use crate::jose::signing_key::SigningKey;
use crate::oauth::acr::Acr;
use crate::oauth::client_metadata::SigningAlgorithm;

/// `typ` of an access token (RFC 9068 §2.1).
const TYPE: &str = "at+jwt";

/// The claims of an access token (RFC 9068 §2.2). What is `None` or empty does not appear.
#[derive(Clone, Debug, Serialize)]
pub struct AccessToken<'a> {
    /// Issuer.
    pub iss: &'a str,
    /// The person as this client knows them, or the client itself where nobody is involved.
    pub sub: &'a str,
    /// The resource server.
    pub aud: &'a str,
    /// The client that was given the token.
    pub client_id: &'a str,
    /// When it was made.
    pub iat: Timestamp,
    /// When it expires.
    pub exp: Timestamp,
    /// Its id, by which it is revoked.
    pub jti: &'a str,
    /// What it is good for.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub scope: &'a str,
    /// When the person authenticated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<Timestamp>,
    /// The level of assurance that was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<Acr>,
}

impl AccessToken<'_> {
    /// The signed token. The key must be one for ES256.
    pub fn sign(&self, key: &SigningKey) -> Result<String, Internal> {
        if key.algorithm() != SigningAlgorithm::Es256 {
            return Err(Internal::fault("an access token was to be signed with another algorithm"));
        }
        key.sign(TYPE, self)
    }
}

/// An access token of ours that comes back to us: what its signature covers. It may have expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedAccessToken {
    /// Its id.
    pub id: String,
    /// What it is good for; empty for nothing.
    pub scope: String,
    /// When it was made.
    pub issued_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// Why a token is no access token of ours, or none for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is not a token that one of our keys signed.
    #[error(transparent)]
    Jws(#[from] jws::Error),
    /// It is of another issuer, though signed with our key.
    #[error("the access token is of another issuer")]
    IssuerWrong,
    /// It is for another resource server.
    #[error("the access token is for somebody else")]
    AudienceWrong,
    /// A claim that every access token of ours has is missing or of another kind.
    #[error("the access token has no claim {0}")]
    ClaimMissing(&'static str),
}

impl VerifiedAccessToken {
    /// Reads a token that names us, `issuer`, as its resource server. Only keys for ES256 count.
    pub fn verify<'k>(
        jwt: &str,
        keys: impl IntoIterator<Item = &'k SigningKey>,
        issuer: &str,
    ) -> Result<Self, Error> {
        let token = Unverified::parse(jwt)?;
        let mut keys = keys.into_iter().filter(|key| key.algorithm() == SigningAlgorithm::Es256);
        let key = keys.find(|key| token.key_id() == Some(key.key_id()));
        let claims = key.ok_or(jws::Error::KeyUnknown)?.accept(TYPE, token)?;
        if claims.text("iss") != Some(issuer) {
            return Err(Error::IssuerWrong);
        }
        if claims.text("aud") != Some(issuer) {
            return Err(Error::AudienceWrong);
        }
        Ok(Self {
            id: claims.text("jti").ok_or(Error::ClaimMissing("jti"))?.to_owned(),
            scope: claims.text("scope").unwrap_or_default().to_owned(),
            issued_at: claims.time("iat").ok_or(Error::ClaimMissing("iat"))?,
            expires_at: claims.expires(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::base::encoding::from_base64url;
    use crate::jose::id_token::Hint;
    use crate::jose::jws;
    use crate::jose::private_key::PrivateKey;

    fn key(algorithm: SigningAlgorithm) -> SigningKey {
        SigningKey::prepare(&PrivateKey::generate(algorithm).unwrap()).unwrap()
    }

    fn token() -> AccessToken<'static> {
        AccessToken {
            iss: "https://id.example.gov.tw",
            sub: "client-1",
            aud: "https://api.example.gov.tw",
            client_id: "client-1",
            iat: Timestamp::from_seconds(1_700_000_000),
            exp: Timestamp::from_seconds(1_700_000_300),
            jti: "j-1",
            scope: "",
            auth_time: None,
            acr: None,
        }
    }

    fn part(jwt: &str, index: usize) -> Value {
        let part = from_base64url(jwt.split('.').nth(index).unwrap()).unwrap();
        serde_json::from_slice(&part).unwrap()
    }

    #[test]
    fn the_token_says_exactly_what_it_was_given() {
        let key = key(SigningAlgorithm::Es256);
        let mut expected = json!({
            "iss": "https://id.example.gov.tw", "sub": "client-1",
            "aud": "https://api.example.gov.tw", "client_id": "client-1",
            "iat": 1_700_000_000, "exp": 1_700_000_300, "jti": "j-1",
        });
        let jwt = token().sign(&key).unwrap();
        assert_eq!(part(&jwt, 1), expected);
        let header = json!({ "alg": "ES256", "kid": key.key_id(), "typ": "at+jwt" });
        assert_eq!(part(&jwt, 0), header);
        let auth_time = Some(Timestamp::from_seconds(1_699_999_000));
        let full = AccessToken { scope: "a b", auth_time, acr: Some(Acr::Password), ..token() };
        let more = json!({
            "scope": "a b", "auth_time": 1_699_999_000, "acr": Acr::Password.as_str(),
        });
        expected.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(part(&full.sign(&key).unwrap(), 1), expected);
    }

    #[test]
    fn only_an_es256_key_signs_it() {
        assert!(token().sign(&key(SigningAlgorithm::Es256)).is_ok());
        assert!(token().sign(&key(SigningAlgorithm::EdDsa)).is_err());
    }

    /// A-JOS-08
    #[test]
    fn an_access_token_is_no_hint() {
        let key = key(SigningAlgorithm::Es256);
        let jwt = token().sign(&key).unwrap();
        let refused = Hint::verify(&jwt, [&key], "https://id.example.gov.tw").err();
        assert_eq!(refused, Some(jws::Error::TypeWrong.into()));
        assert!(key.verify("at+jwt", &jwt).is_ok());
    }

    const ISSUER: &str = "https://id.example.gov.tw";

    fn own() -> AccessToken<'static> {
        AccessToken { aud: ISSUER, scope: "a b", ..token() }
    }

    #[test]
    fn a_token_comes_back_as_it_was_made_and_only_to_whom_it_names() {
        let [key, other] = [key(SigningAlgorithm::Es256), key(SigningAlgorithm::Es256)];
        let read = |jwt: &str| VerifiedAccessToken::verify(jwt, [&other, &key], ISSUER);
        let expected = VerifiedAccessToken {
            id: "j-1".to_owned(),
            scope: "a b".to_owned(),
            issued_at: Timestamp::from_seconds(1_700_000_000),
            expires_at: Timestamp::from_seconds(1_700_000_300),
        };
        let jwt = own().sign(&key).unwrap();
        assert_eq!(read(&jwt), Ok(expected));
        let refused = VerifiedAccessToken::verify(&jwt, [&other], ISSUER).err();
        assert_eq!(refused, Some(jws::Error::KeyUnknown.into()));
        let elsewhere = AccessToken { aud: "https://api.example.gov.tw", ..own() };
        assert_eq!(read(&elsewhere.sign(&key).unwrap()), Err(Error::AudienceWrong));
        let foreign = AccessToken { iss: "https://id.example.gov.tw/", ..own() };
        assert_eq!(read(&foreign.sign(&key).unwrap()), Err(Error::IssuerWrong));
        for name in ["jti", "iat"] {
            let mut claims = serde_json::to_value(own()).unwrap();
            claims.as_object_mut().unwrap().remove(name);
            let jwt = key.sign("at+jwt", &claims).unwrap();
            assert_eq!(read(&jwt), Err(Error::ClaimMissing(name)));
        }
    }

    /// A-JOS-08
    #[test]
    fn no_other_token_of_ours_is_an_access_token() {
        let [ec, rsa] = [SigningAlgorithm::Es256, SigningAlgorithm::Rs256].map(key);
        let read = |jwt: &str| VerifiedAccessToken::verify(jwt, [&ec, &rsa], ISSUER).err();
        assert_eq!(read(&own().sign(&ec).unwrap()), None);
        for typ in ["JWT", "logout+jwt", "AT+JWT", "application/at+jwt"] {
            let jwt = ec.sign(typ, &own()).unwrap();
            assert_eq!(read(&jwt), Some(jws::Error::TypeWrong.into()), "{typ}");
        }
        let jwt = rsa.sign("at+jwt", &own()).unwrap();
        assert_eq!(read(&jwt), Some(jws::Error::KeyUnknown.into()), "ES256 alone");
    }
}
