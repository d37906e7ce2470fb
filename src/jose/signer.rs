//! Whatever signs a client's tokens: a key of ours, or the client's own secret.
//!
//! OpenID Connect Core §3.1.3.6, §3.3.2.11. The algorithm decides the hash of `at_hash` and `c_hash`, too. Does
//! not own which of the two a client gets (`token`), nor the locks before HS256.

use serde::Serialize;
use sha2::{Digest as _, Sha256, Sha512};

use crate::base::encoding::base64url;
use crate::base::internal::Internal;
use crate::jose::client_secret_key::ClientSecretKey;
use crate::jose::signing_key::SigningKey;
use crate::oauth::client_metadata::SigningAlgorithm;

/// What signs.
#[derive(Clone, Copy, Debug)]
pub enum Signer<'k> {
    /// A key of ours; whoever has the published set can verify.
    Key(&'k SigningKey),
    /// The client's secret; the client itself can verify, and could have signed.
    Secret(&'k ClientSecretKey),
}

impl Signer<'_> {
    /// Signs `claims` as a token of type `typ`.
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, Internal> {
        match self {
            Self::Key(key) => key.sign(typ, claims),
            Self::Secret(key) => key.sign(typ, claims),
        }
    }

    /// The `at_hash` of an access token or `c_hash` of a code, in a token that this signs. Ed25519
    /// hashes with SHA-512 (RFC 8032 §5.1), all others with SHA-256.
    pub fn hash_claim(&self, value: &str) -> String {
        match self {
            Self::Key(key) if key.algorithm() == SigningAlgorithm::EdDsa => {
                left_half(&Sha512::digest(value))
            }
            Self::Key(_) | Self::Secret(_) => unsigned_hash_claim(value),
        }
    }
}

/// The same in an ID token that nobody signs: with SHA-256, since its algorithm has no hash.
pub fn unsigned_hash_claim(value: &str) -> String {
    left_half(&Sha256::digest(value))
}

fn left_half(hash: &[u8]) -> String {
    let (half, _) = hash.split_at(hash.len() / 2);
    base64url(half)
}

impl<'k> From<&'k SigningKey> for Signer<'k> {
    fn from(key: &'k SigningKey) -> Self {
        Self::Key(key)
    }
}

impl<'k> From<&'k ClientSecretKey> for Signer<'k> {
    fn from(key: &'k ClientSecretKey) -> Self {
        Self::Secret(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::encoding::from_base64url;
    use crate::base::secret::Secret;
    use crate::jose::private_key::PrivateKey;

    /// OpenID Connect Core §A.4 and §A.6
    #[test]
    fn hashes_are_those_of_the_specifications_examples() {
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        let code = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk";
        let key = ClientSecretKey::new(&Secret::new("x".repeat(32))).unwrap();
        let es256 = PrivateKey::generate(SigningAlgorithm::Es256).unwrap();
        let es256 = SigningKey::prepare(&es256).unwrap();
        for signer in [Signer::from(&key), Signer::from(&es256)] {
            assert_eq!(signer.hash_claim(token), "77QmUPtjPfzWtF2AnpK9RQ");
            assert_eq!(signer.hash_claim(code), "LDktKdoQak3Pk0cnXxCltA");
        }
        assert_eq!(unsigned_hash_claim(token), "77QmUPtjPfzWtF2AnpK9RQ");
    }

    #[test]
    fn an_ed25519_token_hashes_with_the_hash_of_its_signature() {
        let key = PrivateKey::generate(SigningAlgorithm::EdDsa).unwrap();
        let key = SigningKey::prepare(&key).unwrap();
        // SHA-512 of "abc", FIPS 180-4: its first 32 bytes.
        let expected = "3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05o";
        let hash = Signer::from(&key).hash_claim("abc");
        assert_eq!(hash, expected);
        assert_eq!(from_base64url(&hash).unwrap().len(), 32);
    }
}
