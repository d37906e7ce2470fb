//! The token endpoint (OAuth 2.0 §3.2): authenticates the client, checks that it may use the grant type, and hands over.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::App;
use crate::endpoint::{Credentials, client, parameters, told};
use crate::http::body::Form;
use crate::http::machine::{Refusal, json};
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::grant_type::GrantType;
use crate::token::{authorization_code, client_credentials, refresh_token};

/// `POST /token`.
pub async fn post(
    State(app): State<App>,
    credentials: Credentials,
    form: Form,
) -> Result<Response, Refusal> {
    const NOT_REGISTERED: OAuthError = OAuthError::new(
        ErrorCode::UnauthorizedClient,
        "The client is not registered for this grant type.",
    );
    let ctx = app.context();
    let body = parameters(form)?;
    let client = client(&ctx, credentials, &body).await?;
    let grant_type = GrantType::parse(body.one("grant_type").map_err(OAuthError::from)?)?;
    if !client.client().registration.allows(grant_type) {
        return Err(NOT_REGISTERED.into());
    }
    let tokens = match grant_type {
        GrantType::AuthorizationCode => {
            let redeemed = match authorization_code::Request::read(&ctx, &body) {
                Ok(request) => authorization_code::redeem(&ctx, &client, request).await,
                Err(error) => Err(error),
            };
            redeemed.map_err(|error| told(error.logged().into_oauth()))?
        }
        GrantType::RefreshToken => {
            let renewed = match refresh_token::Request::read(&ctx, &body) {
                Ok(request) => refresh_token::renew(&ctx, &client, request).await,
                Err(error) => Err(error),
            };
            renewed.map_err(|error| told(error.logged().into_oauth()))?
        }
        // A word of registration, which `parse` gives to nobody.
        GrantType::Implicit => return Err(NOT_REGISTERED.into()),
        GrantType::ClientCredentials => {
            let granted = client_credentials::grant(&ctx, &client, &body);
            granted.map_err(|error| told(error.into_oauth()))?
        }
    };
    Ok(json(StatusCode::OK, &tokens))
}

impl authorization_code::Error {
    /// One line at a level that fits: a replay is an alarm, a wrong code is not.
    fn logged(self) -> Self {
        match &self {
            Self::CodeReplayed => tracing::warn!("a code was replayed; its tokens are revoked"),
            Self::Internal(_) => {}
            other => tracing::info!(reason = %other, "a code was refused"),
        }
        self
    }
}

impl refresh_token::Error {
    fn logged(self) -> Self {
        match &self {
            Self::TokenReplayed => {
                tracing::warn!("an old refresh token was presented; its grant is revoked");
            }
            Self::Internal(_) => {}
            other => tracing::info!(reason = %other, "a refresh token was refused"),
        }
        self
    }
}
