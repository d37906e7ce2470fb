//! The store's contract: what every doc comment of `src/store` promises, each promise once, run on both databases.
//!
//! SQLite lies in a folder of its own; PostgreSQL is the server at `FUXIN_TEST_POSTGRES`, on which each test makes and
//! drops a schema or a database. A server that is not there is a failure. Most files are named like the table they hold
//! to its word; `single_use`, `group_commit`, `disk` and `outage` go across tables. Only `support` names `sqlx`.

#![expect(
    clippy::needless_pass_by_value,
    clippy::unused_async,
    clippy::unused_self,
    reason = "worlds read as sentences, whatever each word needs"
)]

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod audit_events;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod consents;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod grants;
#[cfg(test)]
mod group_commit;
#[cfg(test)]
mod logout_deliveries;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod purge;
#[cfg(test)]
mod refresh_tokens;
#[cfg(test)]
mod registered_clients;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod signing_keys;
#[cfg(test)]
mod single_use;
#[cfg(test)]
mod support;
#[cfg(test)]
mod throttles;
