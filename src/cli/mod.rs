//! The commands of the `fuxin` program, one file each.
//!
//! A command gathers what it needs, calls the layer that knows how, prints, and names its exit code. It owns no rule.

pub mod check_config;
