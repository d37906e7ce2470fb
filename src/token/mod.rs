//! Tokens: who may have them, what they say, how they are made, used, told about and taken back.
//!
//! Owns client authentication, the issuing gate and every grant type. Endpoints translate HTTP into these functions and
//! back; `authorization` uses the gate and the code. Does not own the sign-in (`authentication`) or the keys (`key`).

pub mod access_token;
pub mod alive;
pub mod authorization_code;
pub mod claims;
pub mod client_authentication;
pub mod client_credentials;
pub mod client_secret;
pub mod encryption;
pub mod gate;
pub mod grant_token;
pub mod id_token;
pub mod introspection;
pub mod issue;
pub mod refresh_token;
pub mod revocation;
pub mod sid;
pub mod subject;
pub mod userinfo;
