//! Stories of the protocol, endpoint by endpoint.
//!
//! What a client may rely on, and the exact error it gets where it may not.

mod addresses;
mod assertion_audience;
mod authorize;
mod claims;
mod client_keys_behind_a_uri;
mod client_secret_jwt;
mod clients;
mod id_token;
mod introspect_and_revoke;
mod keys;
mod limits;
mod metadata;
mod mutual_tls;
mod outage;
mod outbound;
mod refresh;
mod response_types;
mod token;
mod userinfo;
