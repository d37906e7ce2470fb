//! Fuxin (符信): the single-sign-on provider that a government runs for its citizens and its agencies.
//!
//! One line of `mod` per room; `docs/architecture.md` is the map and `tests/architecture.rs` keeps it.
//! A module names itself and modules of a lower layer only, never an equal or a higher one.

pub mod account; // 13: opening and locking accounts
pub mod app; // 15: the application, built once
pub mod audit; // 6: what someone may have to answer for
pub mod authentication; // 10: proofs into sessions
pub mod authorization; // 13: from a client's question to its answer
pub mod base; // 0: time, randomness, ids, secrets, limits, paths
pub mod cli;
pub mod client; // 13: registering clients
pub mod config; // 3: the configuration and the policy
pub mod context; // 8: what every flow is given
pub mod credential; // 9: evidence into proofs
pub mod demo; // 18: what `fuxin demo` adds
pub mod endpoint; // 17: for machines
pub mod hasher; // 7: password hashes, in a bounded pool
pub mod http; // 16: what requests and answers have in common
pub mod i18n; // 2: languages, texts, dates
pub mod job; // 17: what runs by itself
pub mod jose; // 2: signing keys, ID tokens, client assertions
pub mod key; // 7: the life of signing keys
pub mod logout; // 12: clients hear that a session has ended
pub mod message; // 7: what people are told by mail and SMS
pub mod model; // 4: the nouns
pub mod national; // 1: Taiwan's vocabulary, pure
pub mod oauth; // 1: the protocol's vocabulary, pure
pub mod outbound; // 4: the only opener of outbound HTTP
pub mod page; // 17: for people
pub mod pki; // 2: certificates, judged
pub mod routes; // 19: the one table
pub mod server; // 20: bind, serve, stop
pub mod store; // 5: the database
pub mod throttle; // 7: how often may one try
pub mod token; // 11: tokens, and the gate before them // 21: one file a command
