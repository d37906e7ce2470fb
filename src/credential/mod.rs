//! Credentials: each turns evidence into one typed proof that only its verifier can construct.
//!
//! Owns verifying and changing them. Does not own what a proof leads to (`authentication`) or how often one may try
//! (`throttle`).

pub mod password;
