//! The home page: the way in, or what the site was told about who is signed in.
//!
//! Each view asks userinfo. A 401 means that the session at the provider has ended, and ends the one here, so that
//! signing out at the provider signs out of every site.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value};

use super::Site;
use super::answer::{Frame, drop_cookie, page};
use super::claims::{self, Row};
use super::memory::Session;
use super::problem::Problem;
use super::provider::Error;
use super::visit::Visit;

#[derive(Template)]
#[template(path = "demo/relying_party/welcome.html", config = ".config/askama.toml")]
struct Welcome<'a> {
    frame: Frame<'a>,
    ended: bool,
}

#[derive(Template)]
#[template(path = "demo/relying_party/home.html", config = ".config/askama.toml")]
struct Home<'a> {
    frame: Frame<'a>,
    name: Option<&'a str>,
    subject: &'a str,
    assurance: Option<&'a str>,
    authenticated_at: Option<String>,
    rows: Vec<Row>,
    form: String,
}

/// The page for whoever comes.
pub(super) async fn get(State(site): State<Arc<Site>>, visit: Visit) -> Response {
    let session = match visit.session() {
        Some(key) => site.memory.find(key).map(|session| (key, session)),
        None => None,
    };
    let Some((key, session)) = session else {
        let frame = Frame::new(&site, &visit);
        return page(&site, &visit, StatusCode::OK, &Welcome { frame, ended: false });
    };
    match site.provider.user_info(&session).await {
        Ok(user_info) => signed_in(&site, &visit, &session, &user_info),
        Err(Error::SignedOut) => {
            site.memory.end(key);
            let frame = Frame::new(&site, &visit);
            let mut response = page(&site, &visit, StatusCode::OK, &Welcome { frame, ended: true });
            drop_cookie(&mut response, site.settings.cookie_name);
            response
        }
        // Without the provider's word nothing personal is shown; the session stays for the next try.
        Err(error) => {
            tracing::warn!(%error, "a demo site cannot confirm a session");
            Problem::NotConfirmed.page(&site, &visit)
        }
    }
}

fn signed_in(
    site: &Site,
    visit: &Visit,
    session: &Session,
    user_info: &Map<String, Value>,
) -> Response {
    let text = |name| user_info.get(name).or_else(|| session.claims.get(name))?.as_str();
    let template = Home {
        frame: Frame::new(site, visit),
        name: text("name").or_else(|| text("preferred_username")),
        subject: session.subject.as_str(),
        assurance: session.claims.get("acr").and_then(Value::as_str),
        authenticated_at: session
            .claims
            .get("auth_time")
            .and_then(Value::as_i64)
            .map(claims::taipei),
        rows: claims::rows(&session.claims, user_info, visit.locale),
        form: session.form.expose(),
    };
    page(site, visit, StatusCode::OK, &template)
}
