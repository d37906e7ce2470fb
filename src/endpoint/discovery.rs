//! Discovery (OpenID Connect Discovery 1.0 §4, RFC 8414 §3): one document at both addresses. From memory.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::base::internal::Internal;
use crate::http::machine::Refusal;
use crate::oauth::provider_metadata::ProviderMetadata;

/// `GET /.well-known/openid-configuration` and `/.well-known/oauth-authorization-server`.
pub async fn get(State(app): State<App>) -> Result<Response, Refusal> {
    let document = serde_json::to_vec(&ProviderMetadata::new(&app.provider().issuer))
        .map_err(|error| Internal::fault("the provider's metadata").because(error))?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    Ok((headers, Bytes::from(document)).into_response())
}
