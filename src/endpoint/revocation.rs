//! The revocation endpoint (RFC 7009 §2).

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::App;
use crate::endpoint::{Credentials, client, parameters, told};
use crate::http::body::Form;
use crate::http::machine::{Refusal, json};
use crate::oauth::error::OAuthError;
use crate::token::revocation::revoke;

/// `POST /revoke`.
pub async fn post(
    State(app): State<App>,
    credentials: Credentials,
    form: Form,
) -> Result<Response, Refusal> {
    const MISSING: OAuthError = OAuthError::invalid_request("The parameter token is missing.");
    let ctx = app.context();
    let body = parameters(form)?;
    let client = client(&ctx, credentials, &body).await?;
    let token = body.one("token").map_err(OAuthError::from)?.ok_or(MISSING)?;
    revoke(&ctx, &client, token).await.map_err(|error| told(error.into_oauth()))?;
    Ok(json(StatusCode::OK, &serde_json::json!({})))
}
