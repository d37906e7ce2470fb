//! The making of token responses, and of what the authorization endpoint gives beside a code.
//!
//! Everything about a person starts from the gate's [`Admission`]. What is made is not given before the change that it
//! rests on is committed. OAuth 2.0 §5.1, OpenID Connect Core §3.1.3.3, §3.2.2.5, §3.3.2.5.

use serde::Serialize;

use crate::base::id::GrantId;
use crate::base::internal::Internal;
use crate::base::metric;
use crate::context::Context;
use crate::model::client::Client;
use crate::model::grant::GrantRow;
use crate::oauth::grant_type::GrantType;
use crate::oauth::response_type::ResponseType;
use crate::oauth::scope::{Scope, ScopeSet};
use crate::store::Durable;
use crate::token::access_token::{AccessToken, Holder};
use crate::token::gate::{Admission, Error};
use crate::token::grant_token::{Code, RefreshToken};
use crate::token::id_token;

/// The successful answer of the token endpoint (OAuth 2.0 §5.1).
#[derive(Debug, Serialize)]
pub struct TokenResponse {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    scope: String,
}

/// Tokens that are made, but not committed: nobody is given them yet.
#[derive(Debug)]
#[must_use]
pub struct Prepared {
    response: TokenResponse,
    grant_type: GrantType,
}

impl Prepared {
    /// The answer, once the change it rests on is committed.
    pub fn answer<T>(self, _: Durable<T>) -> TokenResponse {
        metrics::counter!(metric::TOKENS, "grant_type" => self.grant_type.as_str()).increment(1);
        self.response
    }

    /// The answer of a grant type that changes nothing (`client_credentials`).
    pub(super) fn answer_without_change(self) -> TokenResponse {
        metrics::counter!(metric::TOKENS, "grant_type" => self.grant_type.as_str()).increment(1);
        self.response
    }

    pub(super) fn of_client(
        ctx: &Context,
        client: &Client,
        token: &AccessToken,
    ) -> Result<Self, Internal> {
        let access_token = token.written(ctx, client, None)?;
        let response = response(ctx, (token, access_token), None, None);
        Ok(Self { response, grant_type: GrantType::ClientCredentials })
    }
}

/// What a grant's tokens are made from.
#[derive(Debug)]
pub struct Order<'a> {
    /// How the client came.
    pub grant_type: GrantType,
    /// The grant.
    pub row: &'a GrantRow,
    /// The access token's scopes: the grant's, or fewer.
    pub scope: ScopeSet,
    /// The refresh token that goes with it.
    pub refresh_token: Option<&'a RefreshToken>,
    /// Whether the ID token repeats the request's `nonce`: at the code, not at a refresh (Core §12.2).
    pub with_nonce: bool,
}

/// Makes a grant's tokens; signs before the store's writer is asked. At most one statement: the person's data, where
/// the ID token was asked to hold some.
pub async fn tokens(
    ctx: &Context,
    admission: Admission<'_>,
    order: Order<'_>,
) -> Result<Prepared, Error> {
    let row = order.row;
    let id_token = if row.terms.scope.contains(&Scope::OPENID) {
        Some(id_token::for_token_endpoint(ctx, admission, row, order.with_nonce).await?)
    } else {
        None
    };
    let (token, text) = access_token(ctx, admission, row, order.scope)?;
    let refresh_token = order.refresh_token.map(|token| token.expose().to_owned());
    Ok(Prepared {
        response: response(ctx, (&token, text), refresh_token, id_token),
        grant_type: order.grant_type,
    })
}

/// A fresh access token of a grant, and its text.
fn access_token(
    ctx: &Context,
    admission: Admission<'_>,
    row: &GrantRow,
    scope: ScopeSet,
) -> Result<(AccessToken, String), Internal> {
    let token = AccessToken::new(Holder::Grant(row.id), scope, ctx.now, ctx.policy.access_token);
    let person = (admission.account(), &row.terms.assurance);
    let text = token.written(ctx, admission.client(), Some(person))?;
    Ok((token, text))
}

/// What the authorization endpoint gives, made but not committed: nobody is told yet.
#[derive(Debug)]
#[must_use]
pub struct Given {
    parameters: Vec<(&'static str, String)>,
    with_token: bool,
}

impl Given {
    /// The parameters of the answer, once the grant they rest on is committed.
    pub fn answer(self, _: Durable<()>) -> Vec<(&'static str, String)> {
        if self.with_token {
            let grant_type = GrantType::Implicit.as_str();
            metrics::counter!(metric::TOKENS, "grant_type" => grant_type).increment(1);
        }
        self.parameters
    }
}

/// What a response type gives at the authorization endpoint (Core §3.2.2.5, §3.3.2.5).
pub async fn at_authorization(
    ctx: &Context,
    admission: Admission<'_>,
    row: &GrantRow,
    response_type: ResponseType,
    code: Option<&Code>,
) -> Result<Given, Error> {
    let code = code.map(|code| code.expose().to_owned());
    let access_token = response_type
        .has_token()
        .then(|| access_token(ctx, admission, row, row.terms.scope.clone()))
        .transpose()?;
    let text = access_token.as_ref().map(|(_, text)| text.as_str());
    let id_token = if response_type.has_id_token() {
        let beside = (code.as_deref(), text);
        Some(id_token::for_browser(ctx, admission, row, response_type, beside).await?)
    } else {
        None
    };
    let mut parameters = Vec::new();
    parameters.extend(code.map(|code| ("code", code)));
    if let Some((token, text)) = access_token {
        parameters.push(("access_token", text));
        parameters.push(("token_type", "Bearer".to_owned()));
        parameters.push(("expires_in", token.expires_at.since(ctx.now).as_seconds().to_string()));
        parameters.push(("scope", token.scope.to_string()));
    }
    parameters.extend(id_token.map(|token| ("id_token", token)));
    Ok(Given { parameters, with_token: response_type.has_token() })
}

fn response(
    ctx: &Context,
    (token, access_token): (&AccessToken, String),
    refresh_token: Option<String>,
    id_token: Option<String>,
) -> TokenResponse {
    TokenResponse {
        access_token,
        token_type: "Bearer",
        expires_in: token.expires_at.since(ctx.now).as_seconds(),
        refresh_token,
        id_token,
        scope: token.scope.to_string(),
    }
}

/// Whether a client is given refresh tokens with this grant, and the first one of it.
pub fn first_refresh_token(ctx: &Context, client: &Client, grant: GrantId) -> Option<RefreshToken> {
    client
        .registration
        .allows(GrantType::RefreshToken)
        .then(|| RefreshToken::random(&ctx.secrets.grant_token, grant, 0))
}
