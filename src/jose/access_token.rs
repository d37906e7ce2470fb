//! The access token that a resource server reads by itself, for clients that are set so.
//!
//! RFC 9068. Always ES256, whatever the client's ID tokens are signed with: it is for the resource server, and the
//! cheapest to make. Our own endpoints never trust its signature alone; `token` says what they look at besides.

use serde::Serialize;

use crate::base::internal::Internal;
use crate::base::time::Timestamp;
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
}
