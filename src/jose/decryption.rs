//! Reading what a client encrypted for us: request objects under one of our own keys.
//!
//! RFC 7516 §5.2, compact serialisation. Everything that costs work or opens a hole is refused from the header alone:
//! RSA1_5, `dir`, key wrapping, PBES2 (`p2c` is work for the asking), `zip` (a bomb), `crit`. What then does not decrypt
//! has one error, and an encrypted key that does not open is replaced by a random one, so that neither the answer nor
//! its time tells why (§11.5). Whether the content is signed is not judged here.

use std::fmt;

use josekit::jwk::KeyPair;
use josekit::jwk::alg::ec::EcKeyPair;
use josekit::jwk::alg::rsa::RsaKeyPair;
use openssl::encrypt::Decrypter;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Padding;
use serde_json::{Map, Value};

use crate::base::encoding::from_base64url;
use crate::base::internal::Internal;
use crate::base::limits;
use crate::base::secret::Secret;
use crate::jose::content::{self, ContentKey, Encrypted};
use crate::jose::encryption::point;
use crate::jose::private_key::{KeyAlgorithm, PrivateKey};
use crate::jose::{jws, strict_json};
use crate::oauth::client_metadata::{ContentEncryption, EncryptionAlgorithm};

/// Header parameters that compress, ask for work, bring a key, or demand to be understood.
const REFUSED_HEADERS: [&str; 8] = ["crit", "zip", "p2c", "p2s", "jwk", "jku", "x5u", "x5c"];

/// Why an encrypted token is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Longer than `limits::JWT`.
    #[error("the token is too long")]
    TooLong,
    /// A compact JWE has five parts.
    #[error("the token does not have five parts")]
    NotFiveParts,
    /// A part is not canonical, unpadded base64url.
    #[error("a part of the token is not base64url")]
    NotBase64url,
    /// The header is not a JSON object.
    #[error("the header is not a JSON object")]
    NotAnObject,
    /// The header names a member twice.
    #[error("the header has a duplicate member")]
    DuplicateMember,
    /// The header has a parameter that would change how the token is read.
    #[error("the header has the parameter {0}, which is not accepted")]
    HeaderRefused(&'static str),
    /// A header parameter is missing or not a string.
    #[error("the header parameter {0} is missing or not a string")]
    HeaderNotText(&'static str),
    /// The key does not reach us in a way that is accepted.
    #[error("the algorithm is not accepted")]
    AlgorithmNotAllowed,
    /// The content is encrypted in a way that is not accepted.
    #[error("the content encryption is not accepted")]
    ContentEncryptionNotAllowed,
    /// `cty` says that the content is no JWT.
    #[error("the content is not a JWT")]
    ContentTypeWrong,
    /// We have no such key for this algorithm.
    #[error("no such key")]
    KeyUnknown,
    /// It does not decrypt. There is deliberately no saying why.
    #[error("the token cannot be decrypted")]
    Undecryptable,
}

impl From<strict_json::Error> for Error {
    fn from(error: strict_json::Error) -> Self {
        match error {
            strict_json::Error::NotAnObject => Self::NotAnObject,
            strict_json::Error::DuplicateMember => Self::DuplicateMember,
        }
    }
}

/// A key of ours that clients encrypt for, prepared once.
pub struct DecryptionKey {
    key_id: String,
    algorithm: EncryptionAlgorithm,
    key: PKey<Private>,
    public: Map<String, Value>,
}

impl DecryptionKey {
    /// Prepares a key for decryption.
    pub fn prepare(key: &PrivateKey) -> Result<Self, Internal> {
        let KeyAlgorithm::Encryption(algorithm) = key.algorithm() else {
            return Err(Internal::fault("a stored key for signatures was to decrypt"));
        };
        let unusable = |error| Internal::fault("a stored key cannot be used").because(error);
        let jwk = key.jwk()?;
        let der = match algorithm {
            EncryptionAlgorithm::RsaOaep256 => {
                RsaKeyPair::from_jwk(&jwk).map_err(unusable)?.to_der_private_key()
            }
            EncryptionAlgorithm::EcdhEs => {
                EcKeyPair::from_jwk(&jwk).map_err(unusable)?.to_der_private_key()
            }
        };
        let der = Secret::new(der);
        let prepared = PKey::private_key_from_der(der.expose())
            .map_err(|error| Internal::fault("a stored key cannot be used").because(error))?;
        Ok(Self {
            key_id: key.key_id().to_owned(),
            algorithm,
            key: prepared,
            public: key.public_jwk()?,
        })
    }

    /// RFC 7638 thumbprint with SHA-256.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// How the key of a token reaches this one.
    pub fn algorithm(&self) -> EncryptionAlgorithm {
        self.algorithm
    }

    /// The public JWK, for the published set.
    pub fn public_jwk(&self) -> &Map<String, Value> {
        &self.public
    }

    fn content_key(&self, header: &Header, encrypted_key: &[u8]) -> Option<ContentKey> {
        match self.algorithm {
            EncryptionAlgorithm::RsaOaep256 => {
                // Drawn in any case, so that the time does not tell which of the two it is.
                let spare = content::fresh_key();
                Some(unwrapped(&self.key, encrypted_key).ok().flatten().unwrap_or(spare))
            }
            EncryptionAlgorithm::EcdhEs if encrypted_key.is_empty() => {
                let other = point(header.ephemeral.as_ref()?)?;
                let [one, two] = &header.parties;
                content::agreed_key(&self.key, &other, header.content, [one, two]).ok()
            }
            EncryptionAlgorithm::EcdhEs => None,
        }
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecryptionKey({})", self.key_id)
    }
}

/// Whether this has the form of an encrypted token: five parts.
pub fn is_encrypted(token: &str) -> bool {
    token.bytes().filter(|byte| *byte == b'.').count() == 4
}

/// How a token says that it is encrypted.
pub fn method(jwe: &str) -> Result<(EncryptionAlgorithm, ContentEncryption), Error> {
    if jwe.len() > limits::JWT {
        return Err(Error::TooLong);
    }
    let header = Header::parse(&bytes(jwe.split('.').next().unwrap_or_default())?)?;
    Ok((header.algorithm, header.content))
}

/// The token that is inside. Of several keys for one algorithm, a header without `kid` means the first.
pub fn decrypt<'k>(
    jwe: &str,
    keys: impl IntoIterator<Item = &'k DecryptionKey>,
) -> Result<String, Error> {
    if jwe.len() > limits::JWT {
        return Err(Error::TooLong);
    }
    let parts: Vec<&str> = jwe.split('.').take(6).collect();
    let [about, encrypted_key, iv, ciphertext, tag] =
        <[&str; 5]>::try_from(parts).map_err(|_| Error::NotFiveParts)?;
    let header = Header::parse(&bytes(about)?)?;
    let key = keys
        .into_iter()
        .filter(|key| key.algorithm == header.algorithm)
        .find(|key| header.key_id.as_ref().is_none_or(|key_id| *key_id == key.key_id))
        .ok_or(Error::KeyUnknown)?;
    let encrypted_key = bytes(encrypted_key)?;
    let encrypted = Encrypted { iv: bytes(iv)?, ciphertext: bytes(ciphertext)?, tag: bytes(tag)? };
    let content_key = key.content_key(&header, &encrypted_key).ok_or(Error::Undecryptable)?;
    content::decrypt(header.content, &content_key, about.as_bytes(), &encrypted)
        .and_then(|plain| String::from_utf8(plain).ok())
        .ok_or(Error::Undecryptable)
}

struct Header {
    algorithm: EncryptionAlgorithm,
    content: ContentEncryption,
    key_id: Option<String>,
    ephemeral: Option<Map<String, Value>>,
    parties: [Vec<u8>; 2],
}

impl Header {
    fn parse(text: &[u8]) -> Result<Self, Error> {
        let header = strict_json::object(text)?;
        if let Some(refused) = REFUSED_HEADERS.into_iter().find(|name| header.contains_key(*name)) {
            return Err(Error::HeaderRefused(refused));
        }
        let required = |name| member(&header, name)?.ok_or(Error::HeaderNotText(name));
        let algorithm =
            EncryptionAlgorithm::from_word(required("alg")?).ok_or(Error::AlgorithmNotAllowed)?;
        let content = ContentEncryption::from_word(required("enc")?)
            .ok_or(Error::ContentEncryptionNotAllowed)?;
        if member(&header, "cty")?.is_some_and(|cty| !jws::is_type(cty, &["jwt"])) {
            return Err(Error::ContentTypeWrong);
        }
        let party = |name| bytes(member(&header, name)?.unwrap_or_default());
        Ok(Self {
            algorithm,
            content,
            key_id: member(&header, "kid")?.map(str::to_owned),
            ephemeral: header.get("epk").and_then(Value::as_object).cloned(),
            parties: [party("apu")?, party("apv")?],
        })
    }
}

fn member<'h>(
    header: &'h Map<String, Value>,
    name: &'static str,
) -> Result<Option<&'h str>, Error> {
    match header.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Error::HeaderNotText(name)),
    }
}

fn bytes(part: &str) -> Result<Vec<u8>, Error> {
    from_base64url(part).ok_or(Error::NotBase64url)
}

/// The content key; `None` if what was encrypted is no such key.
fn unwrapped(key: &PKey<Private>, encrypted: &[u8]) -> Result<Option<ContentKey>, ErrorStack> {
    let mut decrypter = Decrypter::new(key)?;
    decrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
    decrypter.set_rsa_oaep_md(MessageDigest::sha256())?;
    decrypter.set_rsa_mgf1_md(MessageDigest::sha256())?;
    let mut plain = vec![0; decrypter.decrypt_len(encrypted)?];
    let length = decrypter.decrypt(encrypted, &mut plain)?;
    let plain = Secret::new(plain);
    Ok(plain.expose().get(..length).and_then(|key| key.try_into().ok()).map(Secret::new))
}

#[cfg(test)]
mod tests;
