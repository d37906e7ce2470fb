//! HS256 under a client's own secret: ID tokens for clients that ask for it, and `client_secret_jwt`.
//!
//! RFC 7518 §3.2, OpenID Connect Core §9 and §10.1: the key is the octets of the secret. A type of its own, so that a
//! public key can never be taken for a secret nor a secret for a public key. Behind two locks, which are not owned here.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;

use crate::base::encoding::base64url;
use crate::base::internal::Internal;
use crate::base::secret::Secret;
use crate::jose::jws::{self, Header};

/// Fewest octets of a secret that may be a key: as many as the hash has (RFC 7518 §3.2).
const SHORTEST: usize = 32;

/// The secret is too short to be a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the client's secret has fewer than 32 octets")]
pub struct TooShort;

/// A client's secret as a key.
#[derive(Clone)]
pub struct ClientSecretKey(Hmac<Sha256>);

impl ClientSecretKey {
    /// The one algorithm.
    pub const ALGORITHM: &str = "HS256";

    /// The key that this secret is.
    pub fn new(secret: &Secret<String>) -> Result<Self, TooShort> {
        let octets = secret.expose().as_bytes();
        if octets.len() < SHORTEST {
            return Err(TooShort);
        }
        Hmac::new_from_slice(octets).map(Self).map_err(|_| TooShort)
    }

    /// Signs `claims` as a token of type `typ`. The header has no `kid`: a client has one secret.
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, Internal> {
        let mut token =
            jws::signing_input(&Header { alg: Self::ALGORITHM, kid: None, typ }, claims)?;
        let code = self.0.clone().chain_update(token.as_bytes()).finalize();
        token.push('.');
        token.push_str(&base64url(&code.into_bytes()));
        Ok(token)
    }

    /// Whether `code` is this key's over `signed`, in constant time.
    pub(super) fn verifies(&self, signed: &[u8], code: &[u8]) -> bool {
        self.0.clone().chain_update(signed).verify_slice(code).is_ok()
    }
}

impl fmt::Debug for ClientSecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecretKey")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::base::encoding::from_base64url;

    /// RFC 7515 §A.1. The key of the example is not text, so it is put in as it is.
    #[test]
    fn a_code_is_that_of_the_rfcs_example() {
        let key = from_base64url(
            "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
        );
        let key = ClientSecretKey(Hmac::new_from_slice(&key.unwrap()).unwrap());
        let signed = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
            eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let code = from_base64url("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        assert!(key.verifies(signed.as_bytes(), &code));
        assert!(!key.verifies(signed.as_bytes(), &code[..31]));
        assert!(!key.verifies(signed.as_bytes(), &[]));
        assert!(!key.verifies(&signed.as_bytes()[1..], &code));
    }

    #[test]
    fn a_secret_is_a_key_from_32_octets_on() {
        let key = |octets: usize| ClientSecretKey::new(&Secret::new("x".repeat(octets))).err();
        assert_eq!(key(31), Some(TooShort));
        assert_eq!(key(32), None);
        assert_eq!(key(86), None);
    }

    #[test]
    fn the_header_names_no_key_and_nothing_secret_shows() {
        let key = ClientSecretKey::new(&Secret::new("x".repeat(32))).unwrap();
        let token = key.sign("JWT", &json!({ "exp": 1 })).unwrap();
        let header = from_base64url(token.split('.').next().unwrap()).unwrap();
        assert_eq!(header, br#"{"alg":"HS256","typ":"JWT"}"#);
        assert_eq!(format!("{key:?}"), "ClientSecretKey");
    }
}
