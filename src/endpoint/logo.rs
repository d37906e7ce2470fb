//! Clients' logos, from our own origin: each at the address of its content, so a browser may keep it for good.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::http::machine::{self, Refusal};
use crate::oauth::logo_name::LogoName;

/// `GET /logo/{file}`. One statement.
pub async fn get(State(app): State<App>, Path(file): Path<String>) -> Response {
    let name = file.strip_suffix(".png").and_then(|name| LogoName::parse(name).ok());
    let Some(name) = name else { return machine::not_found() };
    match app.context().store.find_logo(&name).await {
        Ok(Some(png)) => {
            let headers = [
                (header::CONTENT_TYPE, "image/png"),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
                (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
            ];
            (headers, png).into_response()
        }
        Ok(None) => machine::not_found(),
        Err(internal) => Refusal::Internal(internal).into_response(),
    }
}
