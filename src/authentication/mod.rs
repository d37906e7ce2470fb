//! Signing in: from a proof to a session, and what a session's events amount to.
//!
//! Owns sessions (begin, rotate, end), the assurance they give and the one path from a proof to either. Knows no
//! protocol: `authorization` asks it what a session is worth. Does not verify anything itself (`credential`).

pub mod assurance;
pub mod session;
pub mod sign_in;
