//! Whom a client's tokens are encrypted for, where it is registered so.
//!
//! OpenID Connect Core §10.2, Registration §2. A client without a usable key is given an error, never plaintext. Does not
//! own the cryptography (`jose::encryption`) or where a client keeps its keys (`context::client_keys`).

use crate::context::Context;
use crate::jose::encryption::{Error, Recipient};
use crate::model::client::Client;
use crate::oauth::client_metadata::{ContentEncryption, EncryptionAlgorithm};

/// There is no key to encrypt for: nothing goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the client has no usable key for the encryption that it is registered for")]
pub struct NoKey;

/// Whom its ID tokens are encrypted for, and its logout tokens; nobody where they are not.
pub async fn of_id_tokens(ctx: &Context, client: &Client) -> Result<Option<Recipient>, NoKey> {
    let settings = client.settings();
    let (alg, enc) =
        (settings.id_token_encrypted_response_alg, settings.id_token_encrypted_response_enc);
    recipient(ctx, client, alg, enc).await
}

/// Whom its userinfo is encrypted for; nobody where it is not.
pub async fn of_userinfo(ctx: &Context, client: &Client) -> Result<Option<Recipient>, NoKey> {
    let settings = client.settings();
    let (alg, enc) =
        (settings.userinfo_encrypted_response_alg, settings.userinfo_encrypted_response_enc);
    recipient(ctx, client, alg, enc).await
}

async fn recipient(
    ctx: &Context,
    client: &Client,
    alg: Option<EncryptionAlgorithm>,
    enc: Option<ContentEncryption>,
) -> Result<Option<Recipient>, NoKey> {
    let Some(alg) = alg else { return Ok(None) };
    // Registration §2: what is meant where the client names none.
    let enc = enc.unwrap_or(ContentEncryption::A128CbcHs256);
    // Where the keys are behind an address, their owner may have changed them a moment ago.
    let has_none = |error: &Error| matches!(error, Error::NoKey(_));
    let choose =
        |keys: &crate::context::client_keys::ClientKeys| Recipient::choose(&keys.set, alg, enc);
    let reason = match ctx.verified_with_keys_of(client, choose, has_none).await {
        Ok(Ok(recipient)) => return Ok(Some(recipient)),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    tracing::warn!(
        client.id = %client.id, reason,
        "a client was given nothing: it has no key to encrypt its tokens for"
    );
    Err(NoKey)
}
