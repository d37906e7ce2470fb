//! What everything stands on: time, randomness, identifiers, secrets, limits, paths.
//!
//! Owns the primitives that no feature may build for itself: the clock, the random source, the newtypes of ids, the
//! keyed digests and seals derived from the one master key, and every constant bound. Does not own any rule of a
//! protocol, any I/O besides the operating system's random source, and no configuration.

pub mod encoding;
pub mod id;
pub mod internal;
pub mod limits;
pub mod master_key;
pub mod metric;
pub mod path;
pub mod random;
pub mod secret;
pub mod time;
