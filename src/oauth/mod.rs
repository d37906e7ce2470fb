//! The vocabulary of OAuth 2.0 and OpenID Connect, pure: text in, a type or a refusal out.
//!
//! Each file is named with the specification's word and parses one parameter, one piece of metadata or one URI, once,
//! at the edge; what comes out needs no second look. Owns no I/O, no clock, no keys and no rule about who may do what:
//! those are `authorization` and `token`. RFC 6749, 7009, 7636, 7662, 8252, 8414, 9207; OpenID Connect Core,
//! Discovery, Registration and RP-Initiated Logout 1.0.

mod words;

pub mod acr;
pub mod amr;
pub mod claim;
pub mod claims_request;
pub mod client_metadata;
pub mod client_registration;
pub mod display;
pub mod distinguished_name;
pub mod error;
pub mod grant_type;
pub mod https_uri;
pub mod issuer;
pub mod jwk;
pub mod logo_name;
pub mod max_age;
pub mod parameter;
pub mod pkce;
pub mod prompt;
pub mod provider_metadata;
pub mod redirect_uri;
pub mod registration_policy;
pub mod registration_request;
pub mod response_mode;
pub mod response_type;
pub mod scope;
pub mod ui_locales;
pub mod unsigned_allowed;
pub mod weak_feature;
