//! Introspection (RFC 7662): what a presented token is, to a client that may know.
//!
//! A confidential client sees its own tokens; others' only with the audited right `introspect`. To anyone else, and for
//! any token that is not good now, the answer is `{"active": false}`. One read.

use serde::Serialize;

use crate::base::internal::Internal;
use crate::base::time::Timestamp;
use crate::context::Context;
use crate::model::account::Account;
use crate::model::grant::{Grant, GrantRow};
use crate::token::access_token::{AccessToken, Holder};
use crate::token::client_authentication::AuthenticatedClient;
use crate::token::grant_token::RefreshToken;
use crate::token::subject;

/// The answer (RFC 7662 §2.2).
#[derive(Debug, Default, Serialize)]
pub struct Introspection {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
}

/// What the token is, to this client. `client` must be confidential; the endpoint refuses public ones.
pub async fn introspect(
    ctx: &Context,
    client: &AuthenticatedClient,
    token: &str,
) -> Result<Introspection, Internal> {
    if let Some(token) = AccessToken::open(&ctx.secrets.access_token, token, ctx.now) {
        return match token.holder {
            Holder::Client(holder) if may_see(client, holder) => of_client(ctx, token).await,
            Holder::Client(_) => Ok(Introspection::default()),
            Holder::Grant(grant) => {
                let Some(standing) =
                    ctx.store.find_grant_of_token(grant, token.id, ctx.now).await?
                else {
                    return Ok(Introspection::default());
                };
                let alive = !standing.token_revoked
                    && standing.account.state.is_active()
                    && (standing.session_alive || standing.row.offline);
                if !alive || !may_see(client, standing.row.client_id) {
                    return Ok(Introspection::default());
                }
                let told = Introspection {
                    token_type: Some("Bearer"),
                    scope: Some(token.scope.to_string()),
                    exp: Some(token.expires_at),
                    iat: Some(token.issued_at),
                    ..Introspection::default()
                };
                of_grant(ctx, &standing.row, &standing.account, told).await
            }
        };
    }
    match RefreshToken::open(&ctx.secrets.grant_token, token) {
        Some(token) => of_refresh_token(ctx, client, &token).await,
        None => Ok(Introspection::default()),
    }
}

fn may_see(client: &AuthenticatedClient, holder: crate::base::id::ClientId) -> bool {
    client.id() == holder || client.client().settings().may_introspect
}

async fn of_client(ctx: &Context, token: AccessToken) -> Result<Introspection, Internal> {
    let Holder::Client(holder) = token.holder else { return Ok(Introspection::default()) };
    // A client that is switched off has no tokens.
    if ctx.client(holder).await?.is_none() || ctx.store.is_access_token_revoked(token.id).await? {
        return Ok(Introspection::default());
    }
    Ok(Introspection {
        active: true,
        scope: Some(token.scope.to_string()),
        client_id: Some(holder.to_string()),
        token_type: Some("Bearer"),
        exp: Some(token.expires_at),
        iat: Some(token.issued_at),
        sub: Some(holder.to_string()),
        iss: Some(ctx.issuer.as_str().to_owned()),
    })
}

async fn of_refresh_token(
    ctx: &Context,
    client: &AuthenticatedClient,
    token: &RefreshToken,
) -> Result<Introspection, Internal> {
    let Some(standing) = ctx.store.find_grant(token.grant(), ctx.now).await? else {
        return Ok(Introspection::default());
    };
    let Grant::Redeemed(redeemed) = standing.grant else { return Ok(Introspection::default()) };
    let row = redeemed.row;
    let alive = redeemed.refresh_digest.is_some_and(|newest| newest.is(&token.digest()))
        && standing.account.state.is_active()
        && (standing.session_alive || row.offline);
    if !alive || !may_see(client, row.client_id) {
        return Ok(Introspection::default());
    }
    let told = Introspection {
        scope: Some(row.terms.scope.to_string()),
        exp: Some(row.expires_at),
        ..Introspection::default()
    };
    of_grant(ctx, &row, &standing.account, told).await
}

/// Completes an answer about a grant. `sub` is the person as the token's own client knows them, whoever asks.
async fn of_grant(
    ctx: &Context,
    row: &GrantRow,
    account: &Account,
    told: Introspection,
) -> Result<Introspection, Internal> {
    let owner = ctx.client(row.client_id).await?;
    let Some(owner) = owner.filter(|owner| ctx.permits_all(owner, &row.terms.weak_features)) else {
        return Ok(Introspection::default());
    };
    Ok(Introspection {
        active: true,
        client_id: Some(row.client_id.to_string()),
        sub: Some(subject::of(ctx, &owner, account)),
        iss: Some(ctx.issuer.as_str().to_owned()),
        ..told
    })
}
