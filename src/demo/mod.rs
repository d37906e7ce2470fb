//! What `fuxin demo` adds to the provider, so that its main job can be seen without any set-up.
//!
//! Owns the folder of a demonstration, its people, its sites and the outbox page. Nothing here is part of what
//! `fuxin serve` runs, and `serve` refuses the folder.

pub mod outbox;
pub mod people;
pub mod relying_party;
pub mod state;
