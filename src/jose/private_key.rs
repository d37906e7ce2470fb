//! Fuxin's own keys at rest: made, and exported to be sealed.
//!
//! RFC 7517 (the exported form is a private JWK), RFC 7638 (the key id is the thumbprint), RFC 8037. One form for keys
//! that sign and keys that decrypt; what a key is for stands in its `alg` and can never be another. OpenSSL draws the
//! keys from its own generator, which the operating system seeds. Does not own when a key becomes active or retires
//! (`key`), nor its sealing.

use std::fmt;

use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::EcCurve;
use josekit::jwk::alg::ed::EdCurve;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::base::encoding::base64url;
use crate::base::internal::Internal;
use crate::base::secret::Secret;
use crate::oauth::client_metadata::{EncryptionAlgorithm, SigningAlgorithm};

const RSA_BITS: u32 = 2048;

/// What one of our keys is for, and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAlgorithm {
    /// It signs.
    Signing(SigningAlgorithm),
    /// It decrypts what clients encrypt for us.
    Encryption(EncryptionAlgorithm),
}

impl KeyAlgorithm {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signing(algorithm) => algorithm.as_str(),
            Self::Encryption(algorithm) => algorithm.as_str(),
        }
    }

    /// The value that this word stands for: no word is in both sets.
    pub fn from_word(word: &str) -> Option<Self> {
        let encryption = || EncryptionAlgorithm::from_word(word).map(Self::Encryption);
        SigningAlgorithm::from_word(word).map(Self::Signing).or_else(encryption)
    }

    /// `use` of RFC 7517 §4.2.
    const fn usage(self) -> &'static str {
        match self {
            Self::Signing(_) => "sig",
            Self::Encryption(_) => "enc",
        }
    }
}

impl From<SigningAlgorithm> for KeyAlgorithm {
    fn from(algorithm: SigningAlgorithm) -> Self {
        Self::Signing(algorithm)
    }
}

impl From<EncryptionAlgorithm> for KeyAlgorithm {
    fn from(algorithm: EncryptionAlgorithm) -> Self {
        Self::Encryption(algorithm)
    }
}

/// A private key at rest: a JWK that only sealing may take out.
pub struct PrivateKey {
    key_id: String,
    algorithm: KeyAlgorithm,
    jwk: Secret<Vec<u8>>,
}

impl PrivateKey {
    /// A new key. RSA takes a tenth of a second of a core and more: not on a thread that serves requests.
    pub fn generate(algorithm: impl Into<KeyAlgorithm>) -> Result<Self, Internal> {
        let algorithm = algorithm.into();
        let pair = match algorithm {
            KeyAlgorithm::Signing(SigningAlgorithm::Es256)
            | KeyAlgorithm::Encryption(EncryptionAlgorithm::EcdhEs) => {
                Jwk::generate_ec_key(EcCurve::P256)
            }
            KeyAlgorithm::Signing(SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256)
            | KeyAlgorithm::Encryption(EncryptionAlgorithm::RsaOaep256) => {
                Jwk::generate_rsa_key(RSA_BITS)
            }
            KeyAlgorithm::Signing(SigningAlgorithm::EdDsa) => {
                Jwk::generate_ed_key(EdCurve::Ed25519)
            }
        };
        let mut jwk = pair.map_err(|error| Internal::fault("a key was not made").because(error))?;
        let key_id = thumbprint(jwk.as_ref())
            .ok_or_else(|| Internal::fault("a new key lacks its public members"))?;
        jwk.set_key_id(&key_id);
        jwk.set_algorithm(algorithm.as_str());
        jwk.set_key_use(algorithm.usage());
        let bytes = serde_json::to_vec(jwk.as_ref())
            .map_err(|error| Internal::fault("a key was not written").because(error))?;
        Ok(Self { key_id, algorithm, jwk: Secret::new(bytes) })
    }

    /// Reads what `to_bytes` gave. The key id must be the key's own thumbprint.
    pub fn from_bytes(bytes: Secret<Vec<u8>>) -> Result<Self, Internal> {
        let jwk: Map<String, Value> = serde_json::from_slice(bytes.expose())
            .map_err(|_| Internal::fault("a stored key is not a JWK"))?;
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let algorithm = text("alg")
            .and_then(KeyAlgorithm::from_word)
            .ok_or_else(|| Internal::fault("a stored key is for an unknown algorithm"))?;
        let key_id = thumbprint(&jwk)
            .filter(|thumbprint| text("kid") == Some(thumbprint))
            .ok_or_else(|| Internal::fault("a stored key is not the one its id names"))?;
        Ok(Self { key_id, algorithm, jwk: bytes })
    }

    /// The private JWK as JSON, to be sealed.
    pub fn to_bytes(&self) -> &Secret<Vec<u8>> {
        &self.jwk
    }

    /// RFC 7638 thumbprint with SHA-256.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// What the key is for.
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The key as `josekit` reads it.
    pub(super) fn jwk(&self) -> Result<Jwk, Internal> {
        Jwk::from_bytes(self.jwk.expose())
            .map_err(|error| Internal::fault("a stored key cannot be used").because(error))
    }

    /// The public JWK. The public members are taken over by name, so that no other can slip through.
    pub(super) fn public_jwk(&self) -> Result<Map<String, Value>, Internal> {
        let jwk = self.jwk()?;
        let mut public = Map::new();
        for name in public_members(jwk.key_type()).unwrap_or_default() {
            let member = jwk
                .parameter(name)
                .ok_or_else(|| Internal::fault("a stored key lacks its public members"))?;
            public.insert((*name).to_owned(), member.clone());
        }
        public.insert("use".to_owned(), self.algorithm.usage().into());
        public.insert("alg".to_owned(), self.algorithm.as_str().into());
        public.insert("kid".to_owned(), self.key_id.as_str().into());
        Ok(public)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.key_id)
    }
}

/// The members that RFC 7638 §3.2 requires of a key type, in its order. They are all that is public of a key.
fn public_members(kty: &str) -> Option<&'static [&'static str]> {
    match kty {
        "EC" => Some(&["crv", "kty", "x", "y"]),
        "OKP" => Some(&["crv", "kty", "x"]),
        "RSA" => Some(&["e", "kty", "n"]),
        _ => None,
    }
}

/// RFC 7638 §3: SHA-256 of the required members, sorted, without white space.
fn thumbprint(jwk: &Map<String, Value>) -> Option<String> {
    let mut members = Vec::new();
    for name in public_members(jwk.get("kty")?.as_str()?)? {
        members.push(format!("\"{name}\":{}", Value::from(jwk.get(*name)?.as_str()?)));
    }
    Some(base64url(&Sha256::digest(format!("{{{}}}", members.join(",")))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jose::decryption::DecryptionKey;
    use crate::jose::signing_key::SigningKey;

    #[test]
    fn bytes_that_are_not_the_key_they_name_are_refused() {
        let [private, other] =
            [(); 2].map(|()| PrivateKey::generate(SigningAlgorithm::Es256).unwrap());
        let jwk: Value = serde_json::from_slice(private.to_bytes().expose()).unwrap();
        let changed = |name: &str, value: Value| {
            let mut jwk = jwk.clone();
            jwk[name] = value;
            PrivateKey::from_bytes(Secret::new(jwk.to_string().into_bytes()))
        };
        assert!(changed("use", json!("sig")).is_ok());
        assert!(changed("kid", json!(other.key_id())).is_err());
        assert!(changed("x", json!("AAAA")).is_err());
        assert!(changed("alg", json!("HS256")).is_err());
        assert!(changed("alg", json!("none")).is_err());
        assert!(changed("kty", json!("oct")).is_err());
        assert!(PrivateKey::from_bytes(Secret::new(b"{}".to_vec())).is_err());
        // A name of another family of keys, or of another use, is found out when the key is prepared.
        for alg in ["RS256", "PS256", "EdDSA", "ECDH-ES"] {
            assert!(SigningKey::prepare(&changed("alg", json!(alg)).unwrap()).is_err(), "{alg}");
        }
        for alg in ["ES256", "RSA-OAEP-256"] {
            let key = changed("alg", json!(alg)).unwrap();
            assert!(DecryptionKey::prepare(&key).is_err(), "{alg}");
        }
    }

    /// RFC 7638 §3.1
    #[test]
    fn the_key_id_is_the_thumbprint_of_the_rfcs_example() {
        let modulus = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_\
            BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_\
            FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6\
            WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let jwk =
            json!({ "n": modulus, "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29" });
        let expected = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
        assert_eq!(thumbprint(jwk.as_object().unwrap()).as_deref(), Some(expected));
    }

    /// RFC 8037 §A.3
    #[test]
    fn the_key_id_is_the_thumbprint_of_the_rfcs_ed25519_example() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
        let expected = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
        assert_eq!(thumbprint(jwk.as_object().unwrap()).as_deref(), Some(expected));
    }

    #[test]
    fn a_word_names_one_use_of_a_key_only() {
        for &algorithm in SigningAlgorithm::ALL {
            let word = algorithm.as_str();
            assert_eq!(KeyAlgorithm::from_word(word), Some(KeyAlgorithm::Signing(algorithm)));
        }
        for &algorithm in EncryptionAlgorithm::ALL {
            let word = algorithm.as_str();
            assert_eq!(KeyAlgorithm::from_word(word), Some(KeyAlgorithm::Encryption(algorithm)));
        }
        for word in ["none", "HS256", "RSA1_5", "dir", "A128KW", "PBES2-HS256+A128KW"] {
            assert_eq!(KeyAlgorithm::from_word(word), None, "{word}");
        }
    }
}
