//! Fuxin's own keys, prepared for signing.
//!
//! RFC 7515, RFC 7518 §3, RFC 8037. Preparing a key costs eighteen ES256 signatures, so a `SigningKey` is prepared once
//! and kept. Does not own how a key is made and kept (`private_key`), nor when it becomes active or retires (`key`).

use std::fmt;

use josekit::jws::{ES256, EdDSA, JwsSigner, JwsVerifier, PS256, RS256};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::base::encoding::base64url;
use crate::base::internal::Internal;
use crate::jose::jws::{self, Claims, Error, Header, Unverified};
use crate::jose::private_key::{KeyAlgorithm, PrivateKey};
use crate::oauth::client_metadata::SigningAlgorithm;

/// A key that signs, prepared once; it also verifies what it has signed and knows its public half.
pub struct SigningKey {
    key_id: String,
    algorithm: SigningAlgorithm,
    signer: Box<dyn JwsSigner>,
    verifier: Box<dyn JwsVerifier>,
    public: Map<String, Value>,
}

impl SigningKey {
    /// Prepares a key for signing.
    pub fn prepare(key: &PrivateKey) -> Result<Self, Internal> {
        let KeyAlgorithm::Signing(algorithm) = key.algorithm() else {
            return Err(Internal::fault("a stored key for decryption was to sign"));
        };
        let unusable = |error| Internal::fault("a stored key cannot be used").because(error);
        let jwk = key.jwk()?;
        let (signer, verifier): (Box<dyn JwsSigner>, Box<dyn JwsVerifier>) = match algorithm {
            SigningAlgorithm::Es256 => (
                Box::new(ES256.signer_from_jwk(&jwk).map_err(unusable)?),
                Box::new(ES256.verifier_from_jwk(&jwk).map_err(unusable)?),
            ),
            SigningAlgorithm::Rs256 => (
                Box::new(RS256.signer_from_jwk(&jwk).map_err(unusable)?),
                Box::new(RS256.verifier_from_jwk(&jwk).map_err(unusable)?),
            ),
            SigningAlgorithm::Ps256 => (
                Box::new(PS256.signer_from_jwk(&jwk).map_err(unusable)?),
                Box::new(PS256.verifier_from_jwk(&jwk).map_err(unusable)?),
            ),
            SigningAlgorithm::EdDsa => (
                Box::new(EdDSA.signer_from_jwk(&jwk).map_err(unusable)?),
                Box::new(EdDSA.verifier_from_jwk(&jwk).map_err(unusable)?),
            ),
        };
        let (key_id, public) = (key.key_id().to_owned(), key.public_jwk()?);
        Ok(Self { key_id, algorithm, signer, verifier, public })
    }

    /// RFC 7638 thumbprint with SHA-256: `kid` in headers and in the published set.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// What the key signs with.
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// The public JWK, for the published set.
    pub fn public_jwk(&self) -> &Map<String, Value> {
        &self.public
    }

    /// Signs `claims` as a token of type `typ`. The header is `alg`, `kid` and `typ`, nothing else.
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, Internal> {
        let header = Header { alg: self.algorithm.as_str(), kid: Some(&self.key_id), typ };
        let mut token = jws::signing_input(&header, claims)?;
        let signature = self
            .signer
            .sign(token.as_bytes())
            .map_err(|error| Internal::fault("a token was not signed").because(error))?;
        token.push('.');
        token.push_str(&base64url(&signature));
        Ok(token)
    }

    /// The claims of a token of type `typ` that this key has signed, expired or not.
    pub fn verify(&self, typ: &str, jwt: &str) -> Result<Claims, Error> {
        self.accept(typ, Unverified::parse(jwt)?)
    }

    /// The same for a token that has been read already.
    pub(super) fn accept(&self, typ: &str, token: Unverified<'_>) -> Result<Claims, Error> {
        if token.typ() != Some(typ) {
            return Err(Error::TypeWrong);
        }
        if token.key_id() != Some(&self.key_id) {
            return Err(Error::KeyUnknown);
        }
        token.verified_by(self.verifier.as_ref())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.key_id)
    }
}

#[cfg(test)]
mod tests {
    use openssl::hash::MessageDigest;
    use openssl::pkey::{Id, PKey, Public};
    use openssl::rsa::Padding;
    use openssl::sign::{RsaPssSaltlen, Verifier};
    use serde_json::json;

    use super::*;
    use crate::base::encoding::from_base64url;
    use crate::base::secret::Secret;

    fn prepared(algorithm: SigningAlgorithm) -> (PrivateKey, SigningKey) {
        let private = PrivateKey::generate(algorithm).unwrap();
        let key = SigningKey::prepare(&private).unwrap();
        (private, key)
    }

    /// The public half as `openssl` reads it from the published numbers.
    fn public_key(key: &SigningKey) -> PKey<Public> {
        use openssl::{bn::BigNum, ec, nid::Nid, rsa::Rsa};
        let number = |name: &str| {
            let text = key.public_jwk().get(name).unwrap().as_str().unwrap();
            BigNum::from_slice(&from_base64url(text).unwrap()).unwrap()
        };
        match key.algorithm() {
            SigningAlgorithm::Es256 => {
                let group = ec::EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
                let (x, y) = (number("x"), number("y"));
                let ec = ec::EcKey::from_public_key_affine_coordinates(&group, &x, &y).unwrap();
                PKey::from_ec_key(ec).unwrap()
            }
            SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => {
                let rsa = Rsa::from_public_components(number("n"), number("e")).unwrap();
                PKey::from_rsa(rsa).unwrap()
            }
            SigningAlgorithm::EdDsa => {
                let x = number("x").to_vec_padded(32).unwrap();
                PKey::public_key_from_raw_bytes(&x, Id::ED25519).unwrap()
            }
        }
    }

    /// The signature as `openssl` wants it: DER for ECDSA.
    fn native_signature(algorithm: SigningAlgorithm, signature: &[u8]) -> Vec<u8> {
        use openssl::{bn::BigNum, ecdsa::EcdsaSig};
        if algorithm != SigningAlgorithm::Es256 {
            return signature.to_vec();
        }
        assert_eq!(signature.len(), 64);
        let [r, s] = [&signature[..32], &signature[32..]].map(|n| BigNum::from_slice(n).unwrap());
        EcdsaSig::from_private_components(r, s).unwrap().to_der().unwrap()
    }

    #[test]
    fn what_a_key_signs_openssl_verifies_under_the_published_numbers() {
        for &algorithm in SigningAlgorithm::ALL {
            let (_, key) = prepared(algorithm);
            let public = public_key(&key);
            // Enough tokens that an `r` or `s` with a leading zero byte comes up (one in 128 tokens).
            for count in 0..300 {
                let token = key.sign("JWT", &json!({ "exp": count })).unwrap();
                let (signed, signature) = token.rsplit_once('.').unwrap();
                let signature = native_signature(algorithm, &from_base64url(signature).unwrap());
                let mut verifier = match algorithm {
                    SigningAlgorithm::EdDsa => Verifier::new_without_digest(&public).unwrap(),
                    _ => Verifier::new(MessageDigest::sha256(), &public).unwrap(),
                };
                if algorithm == SigningAlgorithm::Ps256 {
                    verifier.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
                    verifier.set_rsa_pss_saltlen(RsaPssSaltlen::custom(32)).unwrap();
                }
                assert!(verifier.verify_oneshot(&signature, signed.as_bytes()).unwrap());
                if algorithm != SigningAlgorithm::Es256 && count == 10 {
                    break;
                }
            }
        }
    }

    #[test]
    fn the_header_is_algorithm_key_and_type_and_nothing_else() {
        let (_, key) = prepared(SigningAlgorithm::Es256);
        let token = key.sign("JWT", &json!({ "exp": 1 })).unwrap();
        let (header, _) = token.split_once('.').unwrap();
        let header = String::from_utf8(from_base64url(header).unwrap()).unwrap();
        assert_eq!(header, format!(r#"{{"alg":"ES256","kid":"{}","typ":"JWT"}}"#, key.key_id()));
    }

    #[test]
    fn a_key_comes_back_from_its_bytes() {
        for &algorithm in SigningAlgorithm::ALL {
            let (private, key) = prepared(algorithm);
            let again = PrivateKey::from_bytes(private.to_bytes().clone()).unwrap();
            assert_eq!(again.algorithm(), algorithm.into());
            assert_eq!(again.key_id(), key.key_id());
            let again = SigningKey::prepare(&again).unwrap();
            assert_eq!(again.public_jwk(), key.public_jwk());
            let token = again.sign("JWT", &json!({ "exp": 1 })).unwrap();
            assert!(key.verify("JWT", &token).is_ok());
        }
    }

    /// A-JOS-08
    #[test]
    fn a_token_of_another_type_or_key_is_not_accepted() {
        let (_, key) = prepared(SigningAlgorithm::Es256);
        let (_, other) = prepared(SigningAlgorithm::Es256);
        let token = |typ: &str| key.sign(typ, &json!({ "exp": 1 })).unwrap();
        for typ in ["JWT", "logout+jwt", "at+jwt"] {
            assert!(key.verify(typ, &token(typ)).is_ok());
            for another in ["", "jwt", "jwt+logout", "dpop+jwt"] {
                assert_eq!(key.verify(typ, &token(another)).err(), Some(Error::TypeWrong));
            }
        }
        assert_eq!(other.verify("JWT", &token("JWT")).err(), Some(Error::KeyUnknown));
    }

    #[test]
    fn nothing_private_shows_in_debug() {
        let (private, key) = prepared(SigningAlgorithm::Es256);
        assert_eq!(format!("{private:?}"), format!("PrivateKey({})", key.key_id()));
        assert_eq!(format!("{key:?}"), format!("SigningKey({})", key.key_id()));
    }

    /// RFC 8037 §A.1 and §A.4: the key, and the signature that it makes.
    #[test]
    fn an_ed25519_signature_is_that_of_the_rfcs_example() {
        let jwk = json!({
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA",
            "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        });
        let private = PrivateKey::from_bytes(Secret::new(jwk.to_string().into_bytes())).unwrap();
        let key = SigningKey::prepare(&private).unwrap();
        let signed = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        assert_eq!(base64url(&key.signer.sign(signed).unwrap()), signature);
        assert!(key.verifier.verify(signed, &from_base64url(signature).unwrap()).is_ok());
    }
}
