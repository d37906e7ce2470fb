//! Clients' secrets: how they are made, kept and compared, and the key that one can be.
//!
//! A secret that is only presented is kept as its keyed digest: fast, because it is 256 random bits. One that something is
//! signed with has 64 random bytes and is kept sealed under the master key (OpenID Connect Core §10.1, RFC 7518 §3.2).
//! Does not own who may have such a one: that stands behind two locks.

use crate::base::encoding::base64url;
use crate::base::id::ClientId;
use crate::base::internal::Internal;
use crate::base::random;
use crate::base::secret::{Digest, Kind as _, Secret};
use crate::context::Context;
use crate::jose::client_secret_key::ClientSecretKey;
use crate::model::client::{Client, ClientSecret, ClientSecretToken, StoredSecret};
use crate::oauth::client_registration::ClientRegistration;

/// Random bytes of a secret that is a key.
const KEY_BYTES: usize = 64;

/// A fresh secret, of the kind that this registration needs; `None` where it needs none.
pub fn fresh(registration: &ClientRegistration) -> Option<Secret<String>> {
    if registration.needs_secret_itself() {
        let key = base64url(&random::bytes::<KEY_BYTES>());
        return Some(Secret::new(format!("{}{key}", ClientSecret::PREFIX)));
    }
    registration.has_secret().then(|| Secret::new(ClientSecretToken::random().expose()))
}

/// What is kept of a secret.
pub fn stored(
    ctx: &Context,
    id: ClientId,
    registration: &ClientRegistration,
    secret: &Secret<String>,
) -> StoredSecret {
    if registration.needs_secret_itself() {
        let sealed =
            ctx.secrets.sealed_client_secret.seal(id.uuid().as_bytes(), secret.expose().as_bytes());
        StoredSecret::Sealed(sealed.into())
    } else {
        StoredSecret::Digest(digest(ctx, id, secret.expose()))
    }
}

/// Whether the presented text is the client's secret, in constant time.
pub fn is_of(ctx: &Context, client: &Client, presented: &Secret<String>) -> Result<bool, Internal> {
    let presented = digest(ctx, client.id, presented.expose());
    Ok(match &client.secret {
        None => false,
        Some(StoredSecret::Digest(own)) => own.is(&presented),
        Some(StoredSecret::Sealed(_)) => match opened(ctx, client)? {
            Some(own) => digest(ctx, client.id, own.expose()).is(&presented),
            None => false,
        },
    })
}

/// The secret itself, where it is kept readable.
pub fn opened(ctx: &Context, client: &Client) -> Result<Option<Secret<String>>, Internal> {
    let Some(StoredSecret::Sealed(sealed)) = &client.secret else { return Ok(None) };
    let unreadable = || Internal::fault("clients.secret_sealed");
    let plain = ctx
        .secrets
        .sealed_client_secret
        .open(client.id.uuid().as_bytes(), sealed)
        .ok_or_else(unreadable)?;
    let text = String::from_utf8(plain).map_err(|_| unreadable())?;
    Ok(Some(Secret::new(text)))
}

/// The key that the client's secret is.
pub fn key(ctx: &Context, client: &Client) -> Result<ClientSecretKey, Internal> {
    let secret = opened(ctx, client)?
        .ok_or_else(|| Internal::fault("a client whose secret is a key has none"))?;
    ClientSecretKey::new(&secret)
        .map_err(|error| Internal::fault("a client's secret is no key").because(error))
}

fn digest(ctx: &Context, id: ClientId, secret: &str) -> Digest {
    ctx.secrets.client_secret.code(&[id.uuid().as_bytes(), secret.as_bytes()])
}
