//! Account name and password: what they prove, and how an expired one is replaced.
//!
//! Owns the order of an attempt (throttle, hash, account) and what a new password must meet. Does not own the counters
//! (`throttle`), the hash (`hasher`) or the session that a proof leads to (`authentication`).

pub mod change;
pub mod verify;
