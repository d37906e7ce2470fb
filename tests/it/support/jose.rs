//! What a client's library does with the tokens it is given: reads, verifies, decrypts. Encrypted ones are opened by
//! `josekit`, whose encryption the provider does not use.

use fuxin::base::encoding::{base64url, from_base64url};
use josekit::jwe::{self, ECDH_ES, RSA_OAEP_256};
use josekit::jwk::Jwk;
use josekit::jws::{self, ES256, EdDSA, JwsVerifier, PS256, RS256};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use serde_json::{Value, json};

use super::app::TestApp;

/// The first part of a token.
pub fn header(token: &str) -> Value {
    part(token, 0)
}

/// The second part of a signed token.
pub fn claims(token: &str) -> Value {
    part(token, 1)
}

fn part(token: &str, index: usize) -> Value {
    serde_json::from_slice(&from_base64url(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

/// The names of an object's members, in order of the alphabet.
pub fn names(object: &Value) -> Vec<&str> {
    let mut names: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// A code under a shared key (RFC 7518 §3.2).
pub fn hmac(key: &[u8], signed: &str) -> String {
    let key = PKey::hmac(key).unwrap();
    let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
    base64url(&signer.sign_oneshot_to_vec(signed.as_bytes()).unwrap())
}

/// Asserts that a published key for this algorithm has signed a token whose header is this and nothing else.
pub async fn signed_by_us(app: &TestApp, token: &str, algorithm: &str, typ: &str) {
    let header = header(token);
    let keys = app.get("/jwks").await.body["keys"].as_array().unwrap().clone();
    let key = keys.iter().find(|key| key["kid"] == header["kid"]).expect("a published key");
    assert_eq!((&key["alg"], &key["use"]), (&json!(algorithm), &json!("sig")));
    assert_eq!(header, json!({ "alg": algorithm, "kid": key["kid"], "typ": typ }));
    let key = Jwk::from_bytes(key.to_string()).unwrap();
    let verifier: Box<dyn JwsVerifier> = match algorithm {
        "ES256" => Box::new(ES256.verifier_from_jwk(&key).unwrap()),
        "RS256" => Box::new(RS256.verifier_from_jwk(&key).unwrap()),
        "PS256" => Box::new(PS256.verifier_from_jwk(&key).unwrap()),
        _ => Box::new(EdDSA.verifier_from_jwk(&key).unwrap()),
    };
    jws::deserialize_compact(token, verifier.as_ref()).unwrap();
}

/// A client's own key for encryption.
pub struct EncryptionKey {
    /// The algorithm that it is for.
    pub algorithm: &'static str,
    private: PKey<Private>,
    jwk: Value,
}

impl EncryptionKey {
    /// One for each algorithm that a client may register.
    pub fn each() -> [Self; 2] {
        [Self::rsa(), Self::ec()]
    }

    fn rsa() -> Self {
        let key = Rsa::generate(2048).unwrap();
        let number = |number: &openssl::bn::BigNumRef| base64url(&number.to_vec());
        let jwk = json!({ "kty": "RSA", "n": number(key.n()), "e": number(key.e()) });
        Self { algorithm: "RSA-OAEP-256", private: PKey::from_rsa(key).unwrap(), jwk }
    }

    pub fn ec() -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = EcKey::generate(&group).unwrap();
        let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
        let mut context = BigNumContext::new().unwrap();
        key.public_key().affine_coordinates(&group, &mut x, &mut y, &mut context).unwrap();
        let [x, y] = [x, y].map(|number| base64url(&number.to_vec_padded(32).unwrap()));
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
        Self { algorithm: "ECDH-ES", private: PKey::from_ec_key(key).unwrap(), jwk }
    }

    /// The set that a client registers.
    pub fn jwks(&self) -> Value {
        let mut jwk = self.jwk.clone();
        jwk["use"] = "enc".into();
        jwk["kid"] = "enc-1".into();
        json!({ "keys": [jwk] })
    }

    /// Opens what was encrypted for this key, in this way and under exactly this header; `None` if it cannot.
    pub fn open(&self, token: &str, enc: &str, content_type: Option<&str>) -> Option<String> {
        let mut header = header(token);
        let of_agreement = header.as_object_mut().unwrap().remove("epk").is_some();
        assert_eq!(of_agreement, self.algorithm == "ECDH-ES");
        let mut expected = json!({ "alg": self.algorithm, "enc": enc, "kid": "enc-1" });
        if let Some(content_type) = content_type {
            expected["cty"] = content_type.into();
        }
        assert_eq!(header, expected);
        let pem = self.private.private_key_to_pem_pkcs8().unwrap();
        let opened = if of_agreement {
            jwe::deserialize_compact(token, &ECDH_ES.decrypter_from_pem(pem).unwrap())
        } else {
            jwe::deserialize_compact(token, &RSA_OAEP_256.decrypter_from_pem(pem).unwrap())
        };
        opened.ok().map(|(content, _)| String::from_utf8(content).unwrap())
    }
}
