//! The JWK set (RFC 7517 §5): every published key. From memory.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::app::App;

/// `GET /jwks`. Relying parties may keep it for five minutes: a successor is published long before it signs.
pub async fn get(State(app): State<App>) -> Response {
    let keys = app.provider().keys.keys();
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, keys.document().to_owned()).into_response()
}
