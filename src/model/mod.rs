//! The nouns: what accounts, sessions, grants and clients are, without how they are stored or changed.
//!
//! Owns the types that flows and the store share. No I/O, no SQL, no HTTP; a rule that needs more than the noun itself
//! (a throttle, a gate) lives in the flow that applies it.

pub mod account;
pub mod authentication;
pub mod client;
pub mod consent;
pub mod grant;
pub mod message;
pub mod password;
pub mod registration;
pub mod session;
