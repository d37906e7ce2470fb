//! The form of userinfo: plain JSON, signed, encrypted, or signed and then encrypted.
//!
//! OpenID Connect Core §5.3.2. What is signed names us and the client; what is encrypted without being signed is the same
//! JSON as without encryption, since the client is registered for no signature that it could verify. Does not own what is
//! told (`token::claims`).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::base::internal::Internal;
use crate::context::Context;
use crate::jose::userinfo;
use crate::model::client::Client;
use crate::token::encryption::{self, NoKey};

/// Userinfo as one client is told it.
#[derive(Debug)]
pub enum Userinfo {
    /// `application/json`.
    Json(BTreeMap<String, Value>),
    /// `application/jwt`.
    Jwt(String),
}

/// Why nothing is told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client wants it encrypted and has no key for that.
    #[error(transparent)]
    NoKey(#[from] NoKey),
    /// Ours.
    #[error(transparent)]
    Internal(#[from] Internal),
}

/// Puts claims into the form that the client is registered for.
pub async fn written(
    ctx: &Context,
    client: &Client,
    claims: BTreeMap<String, Value>,
) -> Result<Userinfo, Error> {
    let recipient = encryption::of_userinfo(ctx, client).await?;
    let Some(algorithm) = client.settings().userinfo_signed_response_alg else {
        return Ok(match recipient {
            None => Userinfo::Json(claims),
            Some(recipient) => Userinfo::Jwt(recipient.encrypt_claims(&claims)?),
        });
    };
    let audience = client.id.to_string();
    let told = userinfo::Userinfo {
        iss: ctx.issuer.as_str(),
        aud: &audience,
        iat: ctx.now,
        claims: &claims,
    };
    let signed = told.sign(&ctx.keys.keys().active(algorithm)?.key)?;
    Ok(Userinfo::Jwt(match recipient {
        None => signed,
        Some(recipient) => recipient.encrypt(&signed)?,
    }))
}
