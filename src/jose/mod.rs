//! JSON Web Signatures: what Fuxin signs (ID tokens) and what it verifies (client assertions, `id_token_hint`).
//!
//! The only user of `josekit`, and of that only the signatures: parsing, selecting a key and judging claims happen
//! here, before any cryptography. A closed world (RFC 8725): algorithms are enums without `none` or HMAC; a header
//! selects among configured keys and never brings one; encrypted tokens (five parts) are refused unread. Does not own
//! when keys are made or retired (`key`), nor single use of an assertion (`store`). RFC 7515, 7517, 7518, 7519, 7638.

pub mod algorithm;
pub mod client_assertion;
pub mod id_token;
pub mod jws;
pub mod key_set;
pub mod signing_key;
mod strict_json;

#[cfg(test)]
mod forge;
