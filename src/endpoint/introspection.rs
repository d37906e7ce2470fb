//! The introspection endpoint (RFC 7662 §2): for confidential clients only.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::App;
use crate::endpoint::{Credentials, client, parameters};
use crate::http::body::Form;
use crate::http::machine::{Refusal, json};
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::token::introspection::introspect;

/// `POST /introspect`.
pub async fn post(
    State(app): State<App>,
    credentials: Credentials,
    form: Form,
) -> Result<Response, Refusal> {
    const MISSING: OAuthError = OAuthError::invalid_request("The parameter token is missing.");
    const PUBLIC: OAuthError =
        OAuthError::new(ErrorCode::InvalidClient, "Only clients that authenticate may introspect.");
    let ctx = app.context();
    let body = parameters(form)?;
    let client = client(&ctx, credentials, &body).await?;
    if !client.is_confidential() {
        return Err(PUBLIC.into());
    }
    let token = body.one("token").map_err(OAuthError::from)?.ok_or(MISSING)?;
    Ok(json(StatusCode::OK, &introspect(&ctx, &client, token).await?))
}
