//! Encrypting for one client: ID token, userinfo, logout token.
//!
//! RFC 7516, OpenID Connect Core §5.3.2, §10.2: sign, then encrypt, so the content is a JWT; only userinfo may be
//! encrypted without being signed, and then its content is the claims. The key is chosen from the client's own set; if it
//! has none that fits, that is an error and nothing goes out. Does not own whether a client's tokens are encrypted, nor
//! what is in them.

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::encrypt::Encrypter;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Public};
use openssl::rsa::{Padding, Rsa};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::base::encoding::base64url;
use crate::base::internal::Internal;
use crate::base::limits;
use crate::jose::content::{self, ContentKey};
use crate::jose::key_set;
use crate::oauth::client_metadata::{ContentEncryption, EncryptionAlgorithm};

/// Bytes of a coordinate on P-256.
const COORDINATE: i32 = 32;

/// Why nothing can be encrypted for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The client's keys are not a JWK set.
    #[error("the JWK set is not an object with an array \"keys\"")]
    NotASet,
    /// More than `limits::CLIENT_KEYS`.
    #[error("the JWK set has too many keys")]
    TooManyKeys,
    /// No key of the set is for this algorithm and strong enough.
    #[error("the JWK set has no key for {0}")]
    NoKey(EncryptionAlgorithm),
}

/// A client's key, and how it wants its tokens encrypted.
#[derive(Clone, Debug)]
pub struct Recipient {
    key_id: Option<String>,
    key: PKey<Public>,
    algorithm: EncryptionAlgorithm,
    content: ContentEncryption,
}

impl Recipient {
    /// Chooses the first key of a client's set that is for encryption with `algorithm`; one that says so goes before one
    /// that does not say what it is for. Keys that cannot be used are passed over: the set may have others.
    pub fn choose(
        set: &Value,
        algorithm: EncryptionAlgorithm,
        content: ContentEncryption,
    ) -> Result<Self, Error> {
        let keys = set.get("keys").and_then(Value::as_array).ok_or(Error::NotASet)?;
        if keys.len() > limits::CLIENT_KEYS {
            return Err(Error::TooManyKeys);
        }
        let jwks = || keys.iter().filter_map(Value::as_object);
        let said = jwks().filter(|jwk| jwk.contains_key("use"));
        let unsaid = jwks().filter(|jwk| !jwk.contains_key("use"));
        let usable = |jwk: &Map<String, Value>| {
            let key = if is_for(jwk, algorithm) { public_key(jwk, algorithm) } else { None };
            let key_id = jwk.get("kid").and_then(Value::as_str).map(str::to_owned);
            key.map(|key| Self { key_id, key, algorithm, content })
        };
        said.chain(unsaid).find_map(usable).ok_or(Error::NoKey(algorithm))
    }

    /// Encrypts a signed token. The header says that the content is one (`cty`), and which key opens it.
    pub fn encrypt(&self, jwt: &str) -> Result<String, Internal> {
        self.encrypt_content(Some("JWT"), jwt.as_bytes())
    }

    /// Encrypts claims that nobody signs (RFC 7519 §7.1).
    pub fn encrypt_claims(&self, claims: &impl Serialize) -> Result<String, Internal> {
        let claims = serde_json::to_vec(claims)
            .map_err(|error| Internal::fault("claims are not JSON").because(error))?;
        self.encrypt_content(None, &claims)
    }

    fn encrypt_content(
        &self,
        content_type: Option<&str>,
        plaintext: &[u8],
    ) -> Result<String, Internal> {
        let failed = |error| Internal::fault("a token was not encrypted").because(error);
        let mut header = Map::new();
        header.insert("alg".to_owned(), self.algorithm.as_str().into());
        header.insert("enc".to_owned(), self.content.as_str().into());
        if let Some(content_type) = content_type {
            header.insert("cty".to_owned(), content_type.into());
        }
        if let Some(key_id) = &self.key_id {
            header.insert("kid".to_owned(), key_id.as_str().into());
        }
        let (key, encrypted_key) = match self.algorithm {
            EncryptionAlgorithm::RsaOaep256 => {
                let key = content::fresh_key();
                let encrypted = wrapped(&self.key, &key).map_err(failed)?;
                (key, encrypted)
            }
            EncryptionAlgorithm::EcdhEs => {
                let (key, ephemeral) = agreed(&self.key, self.content).map_err(failed)?;
                header.insert("epk".to_owned(), ephemeral);
                (key, Vec::new())
            }
        };
        let header = base64url(Value::Object(header).to_string().as_bytes());
        let encrypted = content::encrypt(self.content, &key, header.as_bytes(), plaintext)?;
        Ok([
            header,
            base64url(&encrypted_key),
            base64url(&encrypted.iv),
            base64url(&encrypted.ciphertext),
            base64url(&encrypted.tag),
        ]
        .join("."))
    }
}

/// Whether the owner means the key for this.
fn is_for(jwk: &Map<String, Value>, algorithm: EncryptionAlgorithm) -> bool {
    let (kty, operations) = match algorithm {
        EncryptionAlgorithm::RsaOaep256 => ("RSA", ["encrypt", "wrapKey"]),
        EncryptionAlgorithm::EcdhEs => ("EC", ["deriveKey", "deriveBits"]),
    };
    let says = |name: &str, word: &str| jwk.get(name).is_none_or(|value| value == word);
    let operated = jwk.get("key_ops").is_none_or(|value| {
        let listed = value.as_array().map(Vec::as_slice).unwrap_or_default();
        listed.iter().any(|one| operations.iter().any(|operation| one == operation))
    });
    jwk.get("kty").is_some_and(|value| value == kty)
        && says("use", "enc")
        && says("alg", algorithm.as_str())
        && operated
}

/// The key, if it is as strong as one for signatures must be and shows nothing private.
fn public_key(jwk: &Map<String, Value>, algorithm: EncryptionAlgorithm) -> Option<PKey<Public>> {
    match algorithm {
        EncryptionAlgorithm::RsaOaep256 => {
            let [n, e] = key_set::strong_rsa(jwk).ok()?;
            let [n, e] = [BigNum::from_slice(&n).ok()?, BigNum::from_slice(&e).ok()?];
            PKey::from_rsa(Rsa::from_public_components(n, e).ok()?).ok()
        }
        EncryptionAlgorithm::EcdhEs => point(jwk),
    }
}

/// The point on P-256 that a JWK names; `None` also for one that is not on the curve.
pub(super) fn point(jwk: &Map<String, Value>) -> Option<PKey<Public>> {
    let [x, y] = key_set::p256(jwk).ok()?;
    let [x, y] = [BigNum::from_slice(&x).ok()?, BigNum::from_slice(&y).ok()?];
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).ok()?;
    let key = EcKey::from_public_key_affine_coordinates(&group, &x, &y).ok()?;
    key.check_key().ok()?;
    PKey::from_ec_key(key).ok()
}

fn wrapped(to: &PKey<Public>, key: &ContentKey) -> Result<Vec<u8>, ErrorStack> {
    let mut encrypter = Encrypter::new(to)?;
    encrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
    encrypter.set_rsa_oaep_md(MessageDigest::sha256())?;
    encrypter.set_rsa_mgf1_md(MessageDigest::sha256())?;
    let mut encrypted = vec![0; encrypter.encrypt_len(key.expose())?];
    let length = encrypter.encrypt(key.expose(), &mut encrypted)?;
    encrypted.truncate(length);
    Ok(encrypted)
}

/// A key agreed on with `to`, and the public half of ours, which is made for this one token.
fn agreed(
    to: &PKey<Public>,
    content: ContentEncryption,
) -> Result<(ContentKey, Value), ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    let ephemeral = EcKey::generate(&group)?;
    let (mut x, mut y) = (BigNum::new()?, BigNum::new()?);
    let mut context = BigNumContext::new()?;
    ephemeral.public_key().affine_coordinates(&group, &mut x, &mut y, &mut context)?;
    let public = json!({
        "kty": "EC", "crv": "P-256",
        "x": base64url(&x.to_vec_padded(COORDINATE)?),
        "y": base64url(&y.to_vec_padded(COORDINATE)?),
    });
    let key = content::agreed_key(&PKey::from_ec_key(ephemeral)?, to, content, [&[], &[]])?;
    Ok((key, public))
}

#[cfg(test)]
mod tests {
    use openssl::nid::Nid;

    use super::*;
    use crate::base::encoding::from_base64url;
    use crate::jose::decryption::{self, DecryptionKey};
    use crate::jose::forge::{EC, ForeignKey, RSA};
    use crate::jose::private_key::PrivateKey;

    const RSA_OAEP: EncryptionAlgorithm = EncryptionAlgorithm::RsaOaep256;
    const ECDH: EncryptionAlgorithm = EncryptionAlgorithm::EcdhEs;

    fn chosen(keys: &[Value], algorithm: EncryptionAlgorithm) -> Result<Recipient, Error> {
        Recipient::choose(&json!({ "keys": keys }), algorithm, ContentEncryption::A256Gcm)
    }

    fn key_id(keys: &[Value], algorithm: EncryptionAlgorithm) -> Option<String> {
        chosen(keys, algorithm).ok().and_then(|recipient| recipient.key_id)
    }

    #[test]
    fn what_is_encrypted_for_a_key_only_that_key_reads() {
        for &algorithm in EncryptionAlgorithm::ALL {
            for &content in ContentEncryption::ALL {
                let [own, other] = [(); 2].map(|()| {
                    DecryptionKey::prepare(&PrivateKey::generate(algorithm).unwrap()).unwrap()
                });
                let set = json!({ "keys": [own.public_jwk()] });
                let recipient = Recipient::choose(&set, algorithm, content).unwrap();
                let jwe = recipient.encrypt("a.b.c").unwrap();
                let header = from_base64url(jwe.split('.').next().unwrap()).unwrap();
                let header: Value = serde_json::from_slice(&header).unwrap();
                assert_eq!(header["alg"], algorithm.as_str());
                assert_eq!(header["enc"], content.as_str());
                assert_eq!(header["cty"], "JWT");
                assert_eq!(header["kid"], own.key_id());
                assert_eq!(decryption::decrypt(&jwe, [&own]).unwrap(), "a.b.c");
                let elsewhere = decryption::decrypt(&jwe, [&other]).err();
                assert_eq!(elsewhere, Some(decryption::Error::KeyUnknown));
                // No two are equal: not even the header, where the key is agreed on.
                assert_ne!(recipient.encrypt("a.b.c").unwrap(), jwe);
            }
        }
    }

    /// RFC 7519 §5.2: `cty` stands for a token within; claims by themselves have none.
    #[test]
    fn claims_that_nobody_signed_are_encrypted_without_a_content_type() {
        let own = DecryptionKey::prepare(&PrivateKey::generate(ECDH).unwrap()).unwrap();
        let recipient = chosen(&[Value::Object(own.public_jwk().clone())], ECDH).unwrap();
        let jwe = recipient.encrypt_claims(&json!({ "sub": "1" })).unwrap();
        let header = from_base64url(jwe.split('.').next().unwrap()).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        assert_eq!(header.get("cty"), None);
        assert_eq!(decryption::decrypt(&jwe, [&own]).unwrap(), r#"{"sub":"1"}"#);
    }

    #[test]
    fn the_key_that_says_it_is_for_encryption_goes_first() {
        let plain = EC.jwk_with(json!({ "kid": "plain" }));
        let said = EC.jwk_with(json!({ "kid": "said", "use": "enc" }));
        let signs = EC.jwk_with(json!({ "kid": "signs", "use": "sig" }));
        let keys = [signs.clone(), plain.clone(), said];
        assert_eq!(key_id(&keys, ECDH).as_deref(), Some("said"));
        assert_eq!(key_id(&[signs.clone(), plain], ECDH).as_deref(), Some("plain"));
        assert_eq!(chosen(&[signs], ECDH).err(), Some(Error::NoKey(ECDH)));
    }

    #[test]
    fn a_client_without_a_usable_key_gets_an_error() {
        let refused = |key: Value, algorithm| chosen(&[key], algorithm).err();
        assert_eq!(chosen(&[], RSA_OAEP).err(), Some(Error::NoKey(RSA_OAEP)));
        assert_eq!(refused(EC.jwk(), RSA_OAEP), Some(Error::NoKey(RSA_OAEP)));
        assert_eq!(refused(RSA.jwk(), ECDH), Some(Error::NoKey(ECDH)));
        for member in [
            json!({ "alg": "RSA1_5" }),
            json!({ "alg": "RS256" }),
            json!({ "use": "sig" }),
            json!({ "key_ops": ["verify"] }),
            json!({ "key_ops": "encrypt" }),
            json!({ "e": "AQ" }),
            json!({ "d": "AQAB" }),
            json!({ "n": 1 }),
        ] {
            let refused = refused(RSA.jwk_with(member.clone()), RSA_OAEP);
            assert_eq!(refused, Some(Error::NoKey(RSA_OAEP)), "{member}");
        }
        for member in [json!({ "alg": "RSA-OAEP-256" }), json!({ "key_ops": ["wrapKey"] })] {
            assert_eq!(refused(RSA.jwk_with(member.clone()), RSA_OAEP), None, "{member}");
        }
        assert_eq!(refused(ForeignKey::rsa(1024).jwk(), RSA_OAEP), Some(Error::NoKey(RSA_OAEP)));
        for curve in [Nid::SECP384R1, Nid::SECP256K1] {
            let key = ForeignKey::ec(curve);
            assert_eq!(refused(key.jwk(), ECDH), Some(Error::NoKey(ECDH)));
            let claimed = refused(key.jwk_with(json!({ "crv": "P-256" })), ECDH);
            assert_eq!(claimed, Some(Error::NoKey(ECDH)));
        }
        assert_eq!(refused(EC.jwk(), ECDH), None);
    }

    #[test]
    fn a_set_is_an_object_with_as_many_keys_as_the_limit() {
        for set in [json!(null), json!([]), json!({ "keys": {} })] {
            let refused = Recipient::choose(&set, ECDH, ContentEncryption::A256Gcm).err();
            assert_eq!(refused, Some(Error::NotASet));
        }
        assert!(chosen(&vec![EC.jwk(); limits::CLIENT_KEYS], ECDH).is_ok());
        let refused = chosen(&vec![EC.jwk(); limits::CLIENT_KEYS + 1], ECDH).err();
        assert_eq!(refused, Some(Error::TooManyKeys));
    }
}
