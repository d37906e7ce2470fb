//! `grant_type=client_credentials`: a service client acts for itself. No statement.
//!
//! OAuth 2.0 §4.4. The token hangs on the client alone: no account, no ID token, no refresh token.

use crate::context::Context;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::parameter::Parameters;
use crate::oauth::scope::{Scope, ScopeSet};
use crate::token::access_token::{AccessToken, Holder};
use crate::token::client_authentication::AuthenticatedClient;
use crate::token::issue::{Prepared, TokenResponse};

/// Why a service client is given nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A parameter came twice.
    #[error("{0}")]
    Malformed(OAuthError),
    /// A scope that the client is not registered for, or that speaks of a person.
    #[error("the scope is not one of the client's")]
    ScopeNotRegistered,
}

/// Gives the client a token for the scopes it asks for; without a `scope`, for all of its own.
pub fn grant(
    ctx: &Context,
    client: &AuthenticatedClient,
    body: &Parameters,
) -> Result<TokenResponse, Error> {
    const SCOPE: OAuthError =
        OAuthError::new(ErrorCode::InvalidScope, "The parameter scope is malformed.");
    let asked: Option<ScopeSet> = body
        .one("scope")
        .map_err(|error| Error::Malformed(error.into()))?
        .map(str::parse)
        .transpose()
        .map_err(|_| Error::Malformed(SCOPE))?;
    // The scopes of OpenID Connect speak of a person, and here is none.
    let own = Scope::KNOWN
        .iter()
        .fold(client.client().settings().scope.clone(), |own, scope| own.without(scope));
    let scope = asked.unwrap_or_else(|| own.clone());
    if !scope.is_subset_of(&own) {
        return Err(Error::ScopeNotRegistered);
    }
    let token =
        AccessToken::new(Holder::Client(client.id()), scope, ctx.now, ctx.policy.access_token);
    Ok(Prepared::of_client(&token, ctx).answer_without_change())
}

impl From<Error> for OAuthError {
    fn from(error: Error) -> Self {
        match error {
            Error::Malformed(error) => error,
            Error::ScopeNotRegistered => {
                Self::new(ErrorCode::InvalidScope, "The client is not registered for this scope.")
            }
        }
    }
}
