//! The one random source: the operating system seeds a cryptographic generator, and nobody else opens one.
//!
//! Randomness is not a parameter as time is: no rule of Fuxin depends on a particular value, and a predictable token
//! must not be possible even in a test build (`docs/adr/0003-randomness-is-not-injected.md`).

use rand::Rng;

/// Fresh, unpredictable bytes.
#[expect(clippy::disallowed_methods, reason = "the one place that opens the random source")]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}
