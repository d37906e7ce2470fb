//! Stories of the protocol, endpoint by endpoint.
//!
//! What a client may rely on, and the exact error it gets where it may not.

mod addresses;
mod answers;
mod assertion_audience;
mod authorize;
mod claims;
mod client_keys_behind_a_uri;
mod client_secret_jwt;
mod clients;
mod id_token;
mod id_token_forms;
mod introspect_and_revoke;
mod jwt_access_tokens;
mod keys;
mod limits;
mod metadata;
mod mutual_tls;
mod outage;
mod outbound;
mod refresh;
mod registration;
mod registration_fetches;
mod registration_management;
mod request_objects;
mod request_uri;
mod requested_claims;
mod response_types;
mod signed_userinfo;
mod token;
mod unsigned_objects;
mod userinfo;
