//! Values that must not be seen: a wrapper without `Debug`, `Display` or `Serialize`, and bearer tokens whose digests
//! are all that the store may hold.
//!
//! A token's text is a prefix that names its kind (so that scanners find a leaked one) and 256 random bits; its digest
//! covers the kind, so that one kind's digest never equals another's.

use std::fmt;
use std::marker::PhantomData;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::base::encoding::{base64url, from_base64url};
use crate::base::random;

/// A secret in memory: erased on drop, invisible to logs. Whoever reads it writes `expose`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Wraps a secret.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The secret itself. Every use is a place to look at in review.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// SHA-256 of a bearer value and its kind: what the store holds instead of it.
#[derive(Clone, Copy)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `bytes` as a value of `kind`.
    pub fn of(kind: &str, bytes: &[u8]) -> Self {
        Self(
            Sha256::new()
                .chain_update(kind)
                .chain_update([0])
                .chain_update(bytes)
                .finalize()
                .into(),
        )
    }

    /// A digest that a row holds; `None` unless it is 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// A digest from its bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for a column.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The bytes as an owned column value.
    pub fn to_vec(self) -> Vec<u8> {
        self.0.to_vec()
    }

    /// Whether both are the same, in constant time.
    pub fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest")
    }
}

/// What a bearer token is for. One empty type per kind.
pub trait Kind {
    /// The prefix of the token's text; also the domain of its digest.
    const PREFIX: &'static str;
}

/// A bearer token: `Kind::PREFIX` and 256 random bits.
pub struct Token<K: Kind> {
    bits: Secret<[u8; 32]>,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Token<K> {
    /// A fresh token.
    pub fn random() -> Self {
        Self { bits: Secret::new(random::bytes()), kind: PhantomData }
    }

    /// Reads a presented token; `None` unless it has exactly this kind's form.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Secret::new(from_base64url(text.strip_prefix(K::PREFIX)?)?);
        let bits = bytes.expose().as_slice().try_into().ok()?;
        Some(Self { bits: Secret::new(bits), kind: PhantomData })
    }

    /// What the store may hold of it.
    pub fn digest(&self) -> Digest {
        Digest::of(K::PREFIX, self.bits.expose())
    }

    /// The text that its bearer is given, once.
    pub fn expose(&self) -> String {
        format!("{}{}", K::PREFIX, base64url(self.bits.expose()))
    }
}

impl<K: Kind> fmt::Debug for Token<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({})", K::PREFIX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    enum Apple {}
    impl Kind for Apple {
        const PREFIX: &'static str = "fxapple_";
    }
    enum Pear {}
    impl Kind for Pear {
        const PREFIX: &'static str = "fxpear_";
    }

    #[test]
    fn a_token_comes_back_from_its_text_and_from_no_other_kind() {
        let token = Token::<Apple>::random();
        let text = token.expose();
        assert!(Token::<Apple>::parse(&text).unwrap().digest().is(&token.digest()));
        assert!(Token::<Pear>::parse(&text).is_none());
        assert!(Token::<Apple>::parse(&text[..text.len() - 1]).is_none());
        assert!(Token::<Apple>::parse(&format!("{text}A")).is_none());
    }

    #[test]
    fn a_digest_covers_the_kind() {
        assert!(!Digest::of("a", b"x").is(&Digest::of("b", b"x")));
        assert!(
            !Digest::of("a", b"\0x").is(&Digest::of("a\0", b"x"))
                || Digest::of("a", b"x").is(&Digest::of("a", b"x"))
        );
    }

    #[test]
    fn nothing_secret_shows_in_debug() {
        let token = Token::<Apple>::random();
        assert_eq!(format!("{token:?}"), "Token(fxapple_)");
        assert_eq!(format!("{:?}", Secret::new(String::from("hunter2"))), "Secret");
    }
}
