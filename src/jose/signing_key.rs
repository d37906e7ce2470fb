//! Fuxin's own keys: made, exported to be sealed, and prepared for signing.
//!
//! RFC 7517 (the exported form is a private JWK), RFC 7638 (the key id is the thumbprint). Preparing a key costs
//! eighteen ES256 signatures, so a `SigningKey` is prepared once and kept. OpenSSL draws the keys from its own generator,
//! which the operating system seeds. Does not own when a key becomes active or retires (`key`), nor its sealing.

use std::fmt;

use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::EcCurve;
use josekit::jws::{ES256, JwsSigner, JwsVerifier, RS256};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::base::encoding::base64url;
use crate::base::internal::Internal;
use crate::base::secret::Secret;
use crate::jose::jws::{Claims, Error, Unverified};
use crate::oauth::client_metadata::SigningAlgorithm;

const RSA_BITS: u32 = 2048;

/// A private key at rest: a JWK that only sealing may take out.
pub struct PrivateKey {
    key_id: String,
    algorithm: SigningAlgorithm,
    jwk: Secret<Vec<u8>>,
}

impl PrivateKey {
    /// A new key. RSA takes a tenth of a second of a core and more: not on a thread that serves requests.
    pub fn generate(algorithm: SigningAlgorithm) -> Result<Self, Internal> {
        let pair = match algorithm {
            SigningAlgorithm::Es256 => Jwk::generate_ec_key(EcCurve::P256),
            SigningAlgorithm::Rs256 => Jwk::generate_rsa_key(RSA_BITS),
        };
        let mut jwk =
            pair.map_err(|error| Internal::fault("a signing key was not made").because(error))?;
        let key_id = thumbprint(jwk.as_ref())
            .ok_or_else(|| Internal::fault("a new signing key lacks its public members"))?;
        jwk.set_key_id(&key_id);
        jwk.set_algorithm(algorithm.as_str());
        jwk.set_key_use("sig");
        let bytes = serde_json::to_vec(jwk.as_ref())
            .map_err(|error| Internal::fault("a signing key was not written").because(error))?;
        Ok(Self { key_id, algorithm, jwk: Secret::new(bytes) })
    }

    /// Reads what `to_bytes` gave. The key id must be the key's own thumbprint.
    pub fn from_bytes(bytes: Secret<Vec<u8>>) -> Result<Self, Internal> {
        let jwk: Map<String, Value> = serde_json::from_slice(bytes.expose())
            .map_err(|_| Internal::fault("a stored signing key is not a JWK"))?;
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let algorithm = text("alg")
            .and_then(SigningAlgorithm::from_word)
            .ok_or_else(|| Internal::fault("a stored signing key is for an unknown algorithm"))?;
        let key_id = thumbprint(&jwk)
            .filter(|thumbprint| text("kid") == Some(thumbprint))
            .ok_or_else(|| Internal::fault("a stored signing key is not the one its id names"))?;
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

    /// What the key signs with.
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.key_id)
    }
}

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
        let unusable =
            |error| Internal::fault("a stored signing key cannot be used").because(error);
        let jwk = Jwk::from_bytes(key.jwk.expose()).map_err(unusable)?;
        let (signer, verifier): (Box<dyn JwsSigner>, Box<dyn JwsVerifier>) = match key.algorithm {
            SigningAlgorithm::Es256 => (
                Box::new(ES256.signer_from_jwk(&jwk).map_err(unusable)?),
                Box::new(ES256.verifier_from_jwk(&jwk).map_err(unusable)?),
            ),
            SigningAlgorithm::Rs256 => (
                Box::new(RS256.signer_from_jwk(&jwk).map_err(unusable)?),
                Box::new(RS256.verifier_from_jwk(&jwk).map_err(unusable)?),
            ),
        };
        let public = public_jwk(jwk.as_ref(), key)
            .ok_or_else(|| Internal::fault("a stored signing key lacks its public members"))?;
        let (key_id, algorithm) = (key.key_id.clone(), key.algorithm);
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
        let unwritable = |error| Internal::fault("claims are not JSON").because(error);
        let header = Header { alg: self.algorithm.as_str(), kid: &self.key_id, typ };
        let header = serde_json::to_vec(&header).map_err(unwritable)?;
        let payload = serde_json::to_vec(claims).map_err(unwritable)?;
        let mut token = format!("{}.{}", base64url(&header), base64url(&payload));
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

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    kid: &'a str,
    typ: &'a str,
}

/// The members that RFC 7638 §3.2 requires of a key type, in its order. They are all that is public of a key.
fn public_members(kty: &str) -> Option<&'static [&'static str]> {
    match kty {
        "EC" => Some(&["crv", "kty", "x", "y"]),
        "RSA" => Some(&["e", "kty", "n"]),
        _ => None,
    }
}

/// Takes the public members over by name, so that no other can slip through.
fn public_jwk(jwk: &Map<String, Value>, key: &PrivateKey) -> Option<Map<String, Value>> {
    let mut public = Map::new();
    for name in public_members(jwk.get("kty")?.as_str()?)? {
        public.insert((*name).to_owned(), jwk.get(*name)?.clone());
    }
    public.insert("use".to_owned(), "sig".into());
    public.insert("alg".to_owned(), key.algorithm.as_str().into());
    public.insert("kid".to_owned(), key.key_id.as_str().into());
    Some(public)
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
    use openssl::hash::MessageDigest;
    use openssl::pkey::{PKey, Public};
    use openssl::sign::Verifier;
    use serde_json::json;

    use super::*;
    use crate::base::encoding::from_base64url;

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
            SigningAlgorithm::Rs256 => {
                let rsa = Rsa::from_public_components(number("n"), number("e")).unwrap();
                PKey::from_rsa(rsa).unwrap()
            }
        }
    }

    /// The signature as `openssl` wants it: DER for ECDSA.
    fn native_signature(algorithm: SigningAlgorithm, signature: &[u8]) -> Vec<u8> {
        use openssl::{bn::BigNum, ecdsa::EcdsaSig};
        if algorithm == SigningAlgorithm::Rs256 {
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
                let mut verifier = Verifier::new(MessageDigest::sha256(), &public).unwrap();
                assert!(verifier.verify_oneshot(&signature, signed.as_bytes()).unwrap());
                if algorithm == SigningAlgorithm::Rs256 && count == 10 {
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
            assert_eq!(again.algorithm(), algorithm);
            assert_eq!(again.key_id(), key.key_id());
            let again = SigningKey::prepare(&again).unwrap();
            assert_eq!(again.public_jwk(), key.public_jwk());
            let token = again.sign("JWT", &json!({ "exp": 1 })).unwrap();
            assert!(key.verify("JWT", &token).is_ok());
        }
    }

    #[test]
    fn bytes_that_are_not_the_key_they_name_are_refused() {
        let (private, _) = prepared(SigningAlgorithm::Es256);
        let (other, _) = prepared(SigningAlgorithm::Es256);
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
        // A name of another family of keys is found out when the key is prepared.
        assert!(SigningKey::prepare(&changed("alg", json!("RS256")).unwrap()).is_err());
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
}
