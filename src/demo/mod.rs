//! What `fuxin demo` adds to the provider, so that its main job can be seen without any set-up.
//!
//! Nothing here is part of what `fuxin serve` runs.

pub mod relying_party;
