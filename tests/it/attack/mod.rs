//! What attackers send: one module for each family of attacks, each test named after what must not happen, its row in
//! the doc comment. Every refusal has a twin in which one change makes the same request succeed.

mod browser_sessions;
mod codes_and_tokens;
mod jose;
mod noise;
mod passwords;
mod redirects;
mod world;
