//! Introspection (RFC 7662): what a presented token is, to a client that may know.
//!
//! A confidential client sees its own tokens; others' only with the audited right `introspect`. To anyone else, and for
//! any token that is not good now, the answer is `{"active": false}`. One read.

use serde::Serialize;

use crate::base::id::{ClientId, GrantId};
use crate::base::internal::Internal;
use crate::base::time::Timestamp;
use crate::context::Context;
use crate::model::account::Account;
use crate::model::client::Client;
use crate::model::grant::Grant;
use crate::token::access_token::{AccessToken, Holder};
use crate::token::client_authentication::AuthenticatedClient;
use crate::token::grant_token::RefreshToken;
use crate::token::{alive, subject};

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
    if let Some(token) = AccessToken::read(ctx, token) {
        return match token.holder {
            Holder::Client(holder) => of_client(ctx, client, holder, &token).await,
            Holder::Grant(grant) => of_grant(ctx, client, grant, &token).await,
        };
    }
    match RefreshToken::open(&ctx.secrets.grant_token, token) {
        Some(token) => of_refresh_token(ctx, client, &token).await,
        None => Ok(Introspection::default()),
    }
}

fn may_see(client: &AuthenticatedClient, holder: ClientId) -> bool {
    client.id() == holder || client.client().settings().may_introspect
}

async fn of_client(
    ctx: &Context,
    client: &AuthenticatedClient,
    holder: ClientId,
    token: &AccessToken,
) -> Result<Introspection, Internal> {
    if !may_see(client, holder) || alive::client(ctx, holder, token.id).await?.is_none() {
        return Ok(Introspection::default());
    }
    Ok(Introspection {
        active: true,
        client_id: Some(holder.to_string()),
        sub: Some(holder.to_string()),
        iss: Some(ctx.issuer.as_str().to_owned()),
        ..Introspection::of_access_token(token)
    })
}

async fn of_grant(
    ctx: &Context,
    client: &AuthenticatedClient,
    grant: GrantId,
    token: &AccessToken,
) -> Result<Introspection, Internal> {
    match alive::grant(ctx, grant, token.id).await? {
        Some(alive) if may_see(client, alive.client.id) => {
            let told = Introspection::of_access_token(token);
            Ok(told.about(ctx, &alive.client, &alive.standing.account))
        }
        Some(_) | None => Ok(Introspection::default()),
    }
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
    let is_alive = redeemed.refresh_digest.is_some_and(|newest| newest.is(&token.digest()))
        && standing.account.state.is_active()
        && row.stands(standing.session_alive);
    if !is_alive || !may_see(client, row.client_id) {
        return Ok(Introspection::default());
    }
    let owner = ctx.client(row.client_id).await?;
    let Some(owner) = owner.filter(|owner| ctx.permits_all(owner, &row.terms.weak_features)) else {
        return Ok(Introspection::default());
    };
    let told = Introspection {
        scope: Some(row.terms.scope.to_string()),
        exp: Some(row.expires_at),
        ..Introspection::default()
    };
    Ok(told.about(ctx, &owner, &standing.account))
}

impl Introspection {
    fn of_access_token(token: &AccessToken) -> Self {
        Self {
            token_type: Some("Bearer"),
            scope: Some(token.scope.to_string()),
            exp: Some(token.expires_at),
            iat: Some(token.issued_at),
            ..Self::default()
        }
    }

    /// Completes an answer about a grant. `sub` is the person as the token's own client knows them, whoever asks.
    fn about(self, ctx: &Context, owner: &Client, account: &Account) -> Self {
        Self {
            active: true,
            client_id: Some(owner.id.to_string()),
            sub: Some(subject::of(ctx, owner, account)),
            iss: Some(ctx.issuer.as_str().to_owned()),
            ..self
        }
    }
}
