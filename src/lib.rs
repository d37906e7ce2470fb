//! Fuxin (符信): the single-sign-on provider that a government runs for its citizens and its agencies.
//!
//! One line of `mod` per room; `docs/architecture.md` is the map and `tests/architecture.rs` keeps it.
//! A module names itself and modules of a lower layer only, never an equal or a higher one.

pub mod base; //  layer 0: time, randomness, ids, secrets, limits, paths
pub mod demo; // layer 18: what `fuxin demo` adds
