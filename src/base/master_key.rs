//! The one master key and what is derived from it: a sub-key for each purpose (HKDF, RFC 5869), each either a MAC or
//! a seal, never both.
//!
//! A purpose is a label with a version; changing what a purpose covers means a new label. The master key itself is
//! never used for anything but derivation.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::base::random;
use crate::base::secret::{Digest, Secret};

/// The deployment's master key: 256 bits.
#[derive(Clone, Debug)]
pub struct MasterKey(Secret<[u8; 32]>);

impl MasterKey {
    /// A fresh master key.
    pub fn random() -> Self {
        Self(Secret::new(random::bytes()))
    }

    /// A key from its bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Secret::new(bytes))
    }

    /// The master key that a key file holds: 64 hexadecimal digits, white space around them ignored.
    pub fn from_hexadecimal(text: &str) -> Option<Self> {
        let digits = text.trim().as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut key = [0; 32];
        for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).ok()?;
            if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        Some(Self(Secret::new(key)))
    }

    /// The text of a key file.
    pub fn to_hexadecimal(&self) -> Secret<String> {
        Secret::new(crate::base::encoding::hexadecimal(self.0.expose()))
    }

    /// The MAC key of one purpose, such as `"client secret v1"`.
    pub fn mac(&self, purpose: &str) -> MacKey {
        // HMAC pads a short key with zeros to the block (RFC 2104 §2); doing it here leaves nothing that can fail.
        let mut block = [0; 64];
        for (to, from) in block.iter_mut().zip(self.derive(purpose)) {
            *to = from;
        }
        MacKey(Hmac::new(&block.into()))
    }

    /// The sealing key of one purpose, such as `"interaction v1"`.
    pub fn seal(&self, purpose: &str) -> SealKey {
        SealKey(XChaCha20Poly1305::new(&Key::from(self.derive(purpose))))
    }

    fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut key = [0; 32];
        // 32 bytes is one block of SHA-256: expansion of so little cannot fail.
        let expanded = Hkdf::<Sha256>::new(Some(b"fuxin"), self.0.expose())
            .expand(purpose.as_bytes(), &mut key);
        debug_assert!(expanded.is_ok());
        key
    }
}

/// HMAC-SHA-256 under one purpose's key.
#[derive(Clone)]
pub struct MacKey(Hmac<Sha256>);

impl MacKey {
    /// The code of these parts, each preceded by its length, so that parts cannot be moved across a border.
    pub fn code(&self, parts: &[&[u8]]) -> Digest {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        Digest::from_bytes(mac.finalize().into_bytes().into())
    }

    /// The first 128 bits of the code, for values whose length counts.
    pub fn short_code(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut short = [0; 16];
        for (to, from) in short.iter_mut().zip(self.code(parts).as_bytes()) {
            *to = *from;
        }
        short
    }

    /// Whether `code` is the short code of these parts, in constant time.
    pub fn short_code_is(&self, parts: &[&[u8]], code: &[u8]) -> bool {
        self.short_code(parts).as_slice().ct_eq(code).into()
    }
}

impl std::fmt::Debug for MacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MacKey")
    }
}

/// XChaCha20-Poly1305 under one purpose's key, with a random 192-bit nonce in front of the sealed bytes.
#[derive(Clone)]
pub struct SealKey(XChaCha20Poly1305);

impl SealKey {
    /// Encrypts and authenticates `plain`, and authenticates `about`: what the value belongs to (a row's id, a name of a column).
    pub fn seal(&self, about: &[u8], plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; 24] = random::bytes();
        let mut sealed = nonce.to_vec();
        // Fails only for messages of more than 256 GiB.
        sealed.extend(
            self.0
                .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: about })
                .unwrap_or_default(),
        );
        sealed
    }

    /// The plain bytes, if this key sealed them about the same thing; else `None`.
    pub fn open(&self, about: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<24>()?;
        self.0.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: about }).ok()
    }
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_only_under_its_key_and_about_its_thing() {
        let master = MasterKey::random();
        let sealed = master.seal("a v1").seal(b"row 1", "吳𣲚翔".as_bytes());
        assert_eq!(master.seal("a v1").open(b"row 1", &sealed).unwrap(), "吳𣲚翔".as_bytes());
        assert!(master.seal("a v1").open(b"row 2", &sealed).is_none());
        assert!(master.seal("b v1").open(b"row 1", &sealed).is_none());
        let mut changed = sealed.clone();
        changed[30] ^= 1;
        assert!(master.seal("a v1").open(b"row 1", &changed).is_none());
        assert!(master.seal("a v1").open(b"row 1", &sealed[..10]).is_none());
    }

    #[test]
    fn parts_of_a_code_cannot_be_moved_across_a_border() {
        let key = MasterKey::random().mac("x v1");
        assert!(!key.code(&[b"ab", b"c"]).is(&key.code(&[b"a", b"bc"])));
    }

    #[test]
    fn a_key_file_comes_back_and_a_damaged_one_does_not() {
        let master = MasterKey::random();
        let text = master.to_hexadecimal();
        let again = MasterKey::from_hexadecimal(&format!("{}\n", text.expose())).unwrap();
        assert!(again.mac("x").code(&[]).is(&master.mac("x").code(&[])));
        assert!(MasterKey::from_hexadecimal(&text.expose()[..63]).is_none());
        assert!(MasterKey::from_hexadecimal(&"+1".repeat(32)).is_none());
    }
}
