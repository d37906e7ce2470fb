//! Stories of the protocol, endpoint by endpoint.
//!
//! What a client may rely on, and the exact error it gets where it may not.

mod addresses;
mod authorize;
mod claims;
mod clients;
mod id_token;
mod introspect_and_revoke;
mod keys;
mod limits;
mod metadata;
mod outage;
mod refresh;
mod registration;
mod registration_fetches;
mod registration_management;
mod response_types;
mod token;
mod userinfo;
