//! Revocation (RFC 7009): a client takes back a token of its own. One read and one write, or one write.
//!
//! A refresh token ends its grant and everything it gave; an access token ends alone. A token that is not good is
//! answered like one that was revoked. Another client's token is refused and nothing changes.

use crate::audit::{Event, Record};
use crate::base::internal::Internal;
use crate::context::Context;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::token::access_token::{AccessToken, Holder};
use crate::token::client_authentication::AuthenticatedClient;
use crate::token::grant_token::RefreshToken;

/// Why a token is not revoked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is another client's.
    #[error("the token is another client's")]
    NotYours,
    /// Ours. The client is told so; it is never told that a token is revoked while it is not.
    #[error(transparent)]
    Internal(#[from] Internal),
}

/// Revokes a token of this client.
pub async fn revoke(ctx: &Context, client: &AuthenticatedClient, token: &str) -> Result<(), Error> {
    if let Some(token) = AccessToken::read(ctx, token) {
        return revoke_access_token(ctx, client, &token).await;
    }
    let Some(token) = RefreshToken::open(&ctx.secrets.grant_token, token) else { return Ok(()) };
    let Some(standing) = ctx.store.find_grant(token.grant(), ctx.now).await? else { return Ok(()) };
    let row = standing.grant.row();
    if row.client_id != client.id() {
        return Err(Error::NotYours);
    }
    let audit = Record::new(Event::GrantRevoked, ctx.now)
        .account(row.account_id)
        .client(row.client_id)
        .grant(row.id)
        .row();
    ctx.store.revoke_grant(row.id, row.client_id, ctx.now, audit).await?.committed();
    Ok(())
}

async fn revoke_access_token(
    ctx: &Context,
    client: &AuthenticatedClient,
    token: &AccessToken,
) -> Result<(), Error> {
    let record = Record::new(Event::AccessTokenRevoked, ctx.now).client(client.id());
    let record = match token.holder {
        Holder::Client(holder) if holder == client.id() => record,
        Holder::Client(_) => return Err(Error::NotYours),
        Holder::Grant(grant) => match ctx.store.find_grant(grant, ctx.now).await? {
            None => return Ok(()),
            Some(standing) if standing.grant.row().client_id == client.id() => {
                record.account(standing.account.id).grant(grant)
            }
            Some(_) => return Err(Error::NotYours),
        },
    };
    ctx.store.revoke_access_token(token.id, token.expires_at, record.row()).await?.committed();
    Ok(())
}

impl Error {
    /// The same, as the client is told.
    pub fn into_oauth(self) -> Result<OAuthError, Internal> {
        match self {
            Self::Internal(internal) => Err(internal),
            Self::NotYours => Ok(OAuthError::new(
                ErrorCode::UnauthorizedClient,
                "The token was issued to another client.",
            )),
        }
    }
}
