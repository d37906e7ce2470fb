//! The world that stories are told in: a running provider, people, browsers and sites.
//!
//! Builders make it in words, actors do things in it; nothing here goes around the rendered pages.

pub mod account;
pub mod app;
pub mod assertion;
pub mod authority;
pub mod browser;
pub mod client;
pub mod clock;
pub mod contents;
pub mod database;
pub mod disk;
pub mod ending;
pub mod jose;
pub mod log;
pub mod mailbox;
pub mod raw_connection;
pub mod registrant;
pub mod relying_party;
pub mod signed_object;
pub mod site;
pub mod token;
pub mod wire;

pub use account::Person;
pub use app::{
    Json, TestApp, on_each_database, on_each_database_behind_tls, on_each_database_with,
};
pub use browser::{Browser, Form, Page};
pub use client::{ClientBuilder, redirect_uri, register_again};
pub use ending::Ending;
pub use relying_party::{RelyingParty, Request, Tokens};
pub use site::{Answer, Site};
