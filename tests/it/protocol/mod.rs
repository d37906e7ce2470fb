//! The protocol as a client's developer meets it.

mod authorize;
mod clients;
mod id_token;
mod introspect_and_revoke;
mod keys;
mod metadata;
mod refresh;
mod token;
mod userinfo;
