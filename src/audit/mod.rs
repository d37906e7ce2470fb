//! The audit record: what happened that someone may have to answer for.
//!
//! Owns the one enum of events and how one becomes a row. A row is written by the store function that makes the change,
//! in the same transaction. Routine issuing, refreshing and introspection are metrics, not audit. No secret, name,
//! address or national number is ever in a row: ids and closed words only.

mod event;

pub use event::{Event, Record, SignInFailure};
