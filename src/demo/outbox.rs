//! The outbox of the demonstration: what would have been mailed or sent by SMS.
//!
//! Nothing in this release sends anything to anyone, so there is nothing to list; the page says so.

use askama::Template;
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

#[derive(Template)]
#[template(path = "demo/outbox.html", config = ".config/askama.toml")]
struct OutboxPage;

/// The outbox's own site.
pub fn router() -> Router {
    Router::new().route("/", get(page))
}

async fn page() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ),
    ];
    match OutboxPage.render() {
        Ok(html) => (headers, html).into_response(),
        Err(_) => axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
