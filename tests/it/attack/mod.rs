//! Attacks that others made on other providers, each named by its row, on both databases.
//!
//! A refusal has a twin here in which one change makes the same request succeed.

mod browser_sessions;
mod codes_and_tokens;
mod jose;
mod noise;
mod passwords;
mod redirects;
mod world;
