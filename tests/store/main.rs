//! The store's contract: what every doc comment of `src/store` promises, each promise once, run on both databases.
//!
//! SQLite lies in a folder of its own; PostgreSQL is the server at `FUXIN_TEST_POSTGRES`, on which each test makes and
//! drops a schema or a database. A server that is not there is a failure. Most files are named like the table they hold
//! to its word; `single_use`, `group_commit`, `disk` and `outage` go across tables. Only `support` names `sqlx`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod accounts;
mod audit_events;
mod clients;
mod consents;
mod disk;
mod grants;
mod group_commit;
mod migrations;
mod outage;
mod purge;
mod refresh_tokens;
mod sessions;
mod signing_keys;
mod single_use;
mod support;
mod throttles;
