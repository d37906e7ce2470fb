//! Userinfo as a JWT, for clients that want it signed.
//!
//! OpenID Connect Core §5.3.2. It has neither `exp` nor a nonce, so nobody takes it for an ID token: not the client, and
//! not we, as an `id_token_hint`. Does not own what it says of a person (`token::claims`).

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::base::internal::Internal;
use crate::base::time::Timestamp;
use crate::jose::signing_key::SigningKey;

/// No type of its own is registered, and libraries refuse what they do not know.
const TYPE: &str = "JWT";

/// What is signed.
#[derive(Clone, Debug, Serialize)]
pub struct Userinfo<'a> {
    /// Issuer.
    pub iss: &'a str,
    /// The client, alone.
    pub aud: &'a str,
    /// When it was said.
    pub iat: Timestamp,
    /// What the JSON would say: `sub`, and what is given of the person.
    #[serde(flatten)]
    pub claims: &'a BTreeMap<String, Value>,
}

impl Userinfo<'_> {
    /// The signed answer.
    pub fn sign(&self, key: &SigningKey) -> Result<String, Internal> {
        key.sign(TYPE, self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::base::encoding::from_base64url;
    use crate::jose::id_token::Hint;
    use crate::jose::jws;
    use crate::jose::private_key::PrivateKey;
    use crate::oauth::client_metadata::SigningAlgorithm;

    /// A-JOS-08
    #[test]
    fn what_is_signed_says_exactly_this_and_is_no_hint() {
        let key = PrivateKey::generate(SigningAlgorithm::Es256).unwrap();
        let key = SigningKey::prepare(&key).unwrap();
        let claims = BTreeMap::from([("sub".to_owned(), json!("1"))]);
        let iat = Timestamp::from_seconds(1_700_000_000);
        let issuer = "https://id.example.gov.tw";
        let jwt = Userinfo { iss: issuer, aud: "c", iat, claims: &claims }.sign(&key).unwrap();
        let payload = from_base64url(jwt.split('.').nth(1).unwrap()).unwrap();
        let payload: Value = serde_json::from_slice(&payload).unwrap();
        let expected = json!({ "iss": issuer, "aud": "c", "iat": 1_700_000_000, "sub": "1" });
        assert_eq!(payload, expected);
        let hint = Hint::verify(&jwt, [&key], issuer).err();
        assert_eq!(hint, Some(jws::Error::ExpiryMissing.into()));
    }
}
