//! JSON Web Signatures and Encryption: what Fuxin signs (ID, access and logout tokens, userinfo), what it encrypts for a
//! client, and what it verifies or decrypts (client assertions, request objects, `id_token_hint`).
//!
//! The only user of `josekit`, and of that only the signatures and the reading of keys: parsing, selecting a key and
//! judging claims happen here, before any cryptography. A closed world (RFC 8725): algorithms are enums; a header selects
//! among configured keys and never brings one; a client's secret (HS256) and the absence of a signature are types of
//! their own. Does not own when keys are made or retired (`key`), nor single use of an assertion (`store`). RFC 7515,
//! 7516, 7517, 7518, 7519, 7638, 8037, 9068, 9101.

pub mod access_token;
pub mod algorithm;
pub mod certificate_key;
pub mod client_assertion;
pub mod client_secret_key;
mod content;
pub mod decryption;
pub mod encryption;
pub mod id_token;
pub mod jws;
pub mod key_set;
pub mod logout_token;
pub mod private_key;
pub mod request_object;
pub mod signer;
pub mod signing_key;
mod strict_json;
pub mod userinfo;

#[cfg(test)]
mod forge;
