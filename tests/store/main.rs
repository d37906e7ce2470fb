//! The store's contract: what every doc comment of `src/store` promises, each promise once, run on both databases.
//!
//! SQLite lies in a folder of its own; PostgreSQL is the server at `FUXIN_TEST_POSTGRES`, on which each test makes and
//! drops a database. A server that is not there is a failure. One file per table, named like it; `single_use` and
//! `durability` hold what goes across tables. Only raw access may name `sqlx` here.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod accounts;
mod audit_events;
mod clients;
mod consents;
mod disk;
// mod group_commit;
mod grants;
// mod migrations;
// mod outage;
mod purge;
mod refresh_tokens;
mod sessions;
mod signing_keys;
mod single_use;
mod support;
mod throttles;
