//! JSON Web Keys, as far as their text tells: which members only a key's owner may know.
//!
//! RFC 7518 §6.2.2, §6.3.2, §6.4.1. What a key is good for is `jose::key_set`'s and `jose::encryption`'s.

/// Members that a public key never has.
pub const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
