//! The frame that agencies' pages ask whether the sign-in of this browser has changed.
//!
//! OpenID Connect Session Management 1.0 §3.3. The one document of ours that other sites may frame: it shows nothing, takes
//! no input but messages, and its script reads no cookie but the browser's state. It exists only where session management
//! is on; it keeps no one's address and is the same for everybody.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::http::asset;
use crate::http::cookie::Name;
use crate::http::machine;

/// No `frame-ancestors` and no `X-Frame-Options`: to be framed is what it is for.
const POLICY: &str = "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; \
                      object-src 'none'; require-trusted-types-for 'script'";

/// `GET /check-session`.
pub async fn get(State(app): State<App>) -> Response {
    let provider = app.provider();
    if !provider.policy.session_management {
        return machine::not_found();
    }
    let document = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Session</title>\n\
         <meta name=\"robots\" content=\"noindex\">\n</head>\n<body data-cookie=\"{}\">\n\
         <script src=\"{}\"></script>\n</body>\n</html>\n",
        Name::State.text(provider.issuer.is_secure()),
        asset::url("check-session.js"),
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (StatusCode::OK, headers, document).into_response()
}
