//! The provider as people and agencies meet it: stories, each told on both databases.
//!
//! A name is a sentence; the acceptance rows that it shows stand above it. Everything goes over HTTP to the real router:
//! forms are read from the rendered pages, and an ID token counts once the `openidconnect` crate has verified it.
#![expect(
    clippy::assigning_clones,
    clippy::format_push_string,
    clippy::maybe_infinite_iter,
    clippy::needless_for_each,
    clippy::needless_pass_by_value,
    clippy::too_many_lines,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what is not as the story says fails it"
)]

mod attack;
mod audit;
mod consent;
mod protocol;
mod sign_in;
mod sign_out;
mod single_sign_on;
mod support;
