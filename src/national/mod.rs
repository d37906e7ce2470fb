//! Taiwan's vocabulary, pure: what Fuxin must get right because of where it serves.
//!
//! Owns the parsing of national data into types that keep it exact. No I/O, no rule of a protocol. Numbers, dates and
//! agency identifiers come with the features that use them.

pub mod person_name;
