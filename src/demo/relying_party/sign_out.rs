//! Signing out: first here, then at the provider (RP-Initiated Logout 1.0), and back to a page that says so.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::base::secret::Token;

use super::answer::{Frame, drop_cookie, page};
use super::memory::FormKey;
use super::problem::Problem;
use super::visit::{Parameters, Visit};
use super::{HOME, Site};

/// Ends the session here, whatever the provider says, and sends the browser there.
pub(super) async fn post(State(site): State<Arc<Site>>, visit: Visit, body: Bytes) -> Response {
    let Some(key) = visit.session() else {
        return Redirect::to(HOME).into_response();
    };
    let Some(session) = site.memory.find(key) else {
        return Redirect::to(HOME).into_response();
    };
    let form = Parameters::parse(&body);
    let proof: Option<Token<FormKey>> = form.one("form").and_then(Token::parse);
    if !proof.is_some_and(|proof| proof.digest().is(&session.form.digest())) {
        return Problem::RequestUnclear.redirect();
    }
    site.memory.end(key);
    let state = site.memory.leave();
    let mut response = match site.provider.end_session(&session.id_token, &state).await {
        Ok(Some(url)) => Redirect::to(url.as_str()).into_response(),
        Ok(None) => Problem::SignedOutHereOnly.redirect(),
        Err(error) => {
            tracing::warn!(%error, "a demo site signed someone out only at its own end");
            Problem::SignedOutHereOnly.redirect()
        }
    };
    drop_cookie(&mut response, site.settings.cookie_name);
    response
}

#[derive(Template)]
#[template(path = "demo/relying_party/signed_out.html", config = ".config/askama.toml")]
struct SignedOut<'a> {
    frame: Frame<'a>,
    everywhere: bool,
}

/// Where the provider sends the browser after it has signed out.
pub(super) async fn signed_out(State(site): State<Arc<Site>>, visit: Visit) -> Response {
    let everywhere = match visit.parameters.one("state").and_then(Token::parse) {
        Some(state) => site.memory.left(&state),
        None => false,
    };
    if !everywhere
        && let Some(key) = visit.session()
        && site.memory.find(key).is_some()
    {
        return Redirect::to(HOME).into_response();
    }
    let template = SignedOut { frame: Frame::new(&site, &visit), everywhere };
    page(&site, &visit, StatusCode::OK, &template)
}
