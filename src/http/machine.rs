//! Answers for machines: JSON or a JWT, never cached, errors as OAuth has them.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::base::internal::Internal;
use crate::oauth::error::{ErrorCode, OAuthError};

/// A refusal on its way to a client.
#[derive(Debug)]
pub enum Refusal {
    /// The client's fault.
    OAuth(OAuthError),
    /// The same, at an endpoint to which the client came with `Authorization: Basic` (OAuth 2.0 §5.2).
    Unauthenticated(OAuthError),
    /// Ours.
    Internal(Internal),
}

impl From<OAuthError> for Refusal {
    fn from(error: OAuthError) -> Self {
        Self::OAuth(error)
    }
}

impl From<Internal> for Refusal {
    fn from(error: Internal) -> Self {
        Self::Internal(error)
    }
}

/// A JSON answer that nobody may keep (OAuth 2.0 §5.1).
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => {
            let headers =
                [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
            (status, headers, bytes).into_response()
        }
        Err(error) => {
            Refusal::Internal(Internal::fault("an answer").because(error)).into_response()
        }
    }
}

/// A JWT by itself, as an answer that nobody may keep (RFC 7519 §10.3.1).
pub fn jwt(token: String) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/jwt"), (header::CACHE_CONTROL, "no-store")];
    (headers, token).into_response()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::OAuth(error) => json(status(error.code), &error),
            Self::Unauthenticated(error) => {
                let mut response = json(StatusCode::UNAUTHORIZED, &error);
                let challenge =
                    HeaderValue::from_static("Basic realm=\"fuxin\", charset=\"UTF-8\"");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
                response
            }
            Self::Internal(internal) => failed(internal),
        }
    }
}

/// An address of ours for machines, asked in a way that it is not meant for. The router adds `Allow` (RFC 9110 §15.5.6).
pub async fn wrong_method() -> Response {
    const WRONG: OAuthError =
        OAuthError::invalid_request("The address does not answer this method.");
    json(StatusCode::METHOD_NOT_ALLOWED, &WRONG)
}

/// No address of ours, among those for machines.
pub fn not_found() -> Response {
    const NOTHING: OAuthError = OAuthError::invalid_request("There is nothing at this address.");
    json(StatusCode::NOT_FOUND, &NOTHING)
}

/// 503 with `Retry-After` for what may work in a moment, else 500; the chain goes to the log, in the access layer.
fn failed(internal: Internal) -> Response {
    let mut response = if internal.is_unavailable() {
        let error = OAuthError::new(ErrorCode::TemporarilyUnavailable, "Try again in a moment.");
        let mut response = json(StatusCode::SERVICE_UNAVAILABLE, &error);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        response
    } else {
        json(
            StatusCode::INTERNAL_SERVER_ERROR,
            &OAuthError::new(ErrorCode::ServerError, "An error of ours."),
        )
    };
    response.extensions_mut().insert(Failure::from(internal));
    response
}

/// A failure of ours, handed to the access layer, which logs it once.
#[derive(Clone, Debug)]
pub struct Failure(pub std::sync::Arc<Internal>);

impl From<Internal> for Failure {
    fn from(internal: Internal) -> Self {
        Self(std::sync::Arc::new(internal))
    }
}

/// OAuth 2.0 §5.2: 400, but 401 for a client that failed to authenticate.
const fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::InvalidClient | ErrorCode::InvalidToken => StatusCode::UNAUTHORIZED,
        ErrorCode::InsufficientScope => StatusCode::FORBIDDEN,
        ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}
