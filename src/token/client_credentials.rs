//! `grant_type=client_credentials`: a service client acts for itself. No statement, and a signature where its tokens are
//! JWTs.
//!
//! OAuth 2.0 §4.4. The token hangs on the client alone: no account, no ID token, no refresh token.

use crate::base::internal::Internal;
use crate::context::Context;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::parameter::Parameters;
use crate::oauth::scope::{Scope, ScopeSet};
use crate::token::access_token::{AccessToken, Holder};
use crate::token::client_authentication::AuthenticatedClient;
use crate::token::issue::{Prepared, TokenResponse};

/// Why a service client is given nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A parameter came twice.
    #[error("{0}")]
    Malformed(OAuthError),
    /// A scope that the client is not registered for, or that speaks of a person.
    #[error("the scope is not one of the client's")]
    ScopeNotRegistered,
    /// Ours.
    #[error(transparent)]
    Internal(#[from] Internal),
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
    Ok(Prepared::of_client(ctx, client.client(), &token)?.answer_without_change())
}

impl Error {
    /// The same, as the client is told.
    pub fn into_oauth(self) -> Result<OAuthError, Internal> {
        Ok(match self {
            Self::Internal(internal) => return Err(internal),
            Self::Malformed(error) => error,
            Self::ScopeNotRegistered => OAuthError::new(
                ErrorCode::InvalidScope,
                "The client is not registered for this scope.",
            ),
        })
    }
}
