//! For operators: is the process alive, can it serve, what has it counted.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::http::machine::{Failure, json};

/// `GET /health/live`: the process answers. Says nothing of the database: a restart would not mend that.
pub async fn live() -> Response {
    json(StatusCode::OK, &serde_json::json!({ "status": "live" }))
}

/// `GET /health/ready`: the database answers, so requests can be served.
pub async fn ready(State(app): State<App>) -> Response {
    match app.provider().store.ping().await {
        Ok(()) => json(StatusCode::OK, &serde_json::json!({ "status": "ready" })),
        Err(internal) => {
            let mut response = json(
                StatusCode::SERVICE_UNAVAILABLE,
                &serde_json::json!({ "status": "not ready" }),
            );
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
            response.extensions_mut().insert(Failure::from(internal));
            response
        }
    }
}

/// `GET /metrics`, on the address for metrics only.
pub async fn metrics(State(app): State<App>) -> Response {
    match app.metrics() {
        Some(metrics) => {
            let headers = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
            (headers, metrics.render()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
