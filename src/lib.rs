//! Fuxin (符信): the single-sign-on provider that a government runs for its citizens and its agencies.
//!
//! One line of `mod` per room; `docs/architecture.md` is the map and `tests/architecture.rs` keeps it.
//! A module names itself and modules of a lower layer only, never an equal or a higher one.

pub mod audit;
pub mod authentication;
pub mod authorization;
pub mod base;
pub mod cli;
pub mod config;
pub mod context;
pub mod credential;
pub mod hasher;
pub mod jose;
pub mod key;
pub mod model;
pub mod national;
pub mod oauth;
pub mod store;
pub mod throttle;
pub mod token;
