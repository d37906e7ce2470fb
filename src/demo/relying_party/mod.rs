//! A relying party: the web site of an agency that leaves signing in to Fuxin.
//!
//! It plays a *foreign* site. It is written with the `openidconnect` crate as any agency might write it, names no
//! module of ours but `base`, and knows only the issuer's URL, its client id and its client secret. OpenID Connect
//! Core §3.1 (authorization code flow) with PKCE (RFC 7636), the issuer in the response (RFC 9207) and RP-Initiated
//! Logout 1.0. Sessions are in memory: a restart signs everybody out here, and nowhere else.

mod answer;
mod claims;
mod home;
mod memory;
mod oidc;
mod outbound;
mod problem;
mod provider;
mod sign_in;
mod sign_out;
#[cfg(test)]
mod tests;
mod text;
mod visit;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::CONTENT_TYPE;
use axum::middleware;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use tokio::net::TcpListener;

use crate::base::secret::Secret;
use memory::Memory;
use provider::Provider;

/// What the operator of the site was told by the provider, and who the site is.
pub struct Settings {
    /// The site's name in Chinese.
    pub name_zh: String,
    /// The site's name in English.
    pub name_en: String,
    /// Its abbreviation, shown as its mark.
    pub short: String,
    /// The colour it is known by.
    pub theme: Theme,
    /// The provider's issuer URL, exactly as its discovery document says it.
    pub issuer: String,
    /// The id under which the provider knows the site.
    pub client_id: String,
    /// The secret of `client_secret_basic`.
    pub client_secret: Secret<String>,
    /// The port on `localhost` where browsers reach the site.
    pub port: u16,
    /// The session cookie's name. Ports do not separate cookies, so every site on a host needs its own.
    pub cookie_name: &'static str,
}

impl Settings {
    /// Where browsers reach the site, without a slash at the end.
    pub fn origin(&self) -> String {
        format!("http://{}", self.host())
    }

    /// The redirect URI to register at the provider.
    pub fn redirect_uri(&self) -> String {
        format!("{}{CALLBACK}", self.origin())
    }

    /// The post-logout redirect URI to register at the provider.
    pub fn post_logout_redirect_uri(&self) -> String {
        format!("{}{SIGNED_OUT}", self.origin())
    }

    fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }
}

/// The colour of a site's banner, buttons and links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Blue violet.
    Indigo,
    /// Dark green.
    Moss,
}

impl Theme {
    const fn name(self) -> &'static str {
        match self {
            Self::Indigo => "indigo",
            Self::Moss => "moss",
        }
    }
}

const HOME: &str = "/";
const SIGN_IN: &str = "/sign-in";
const CALLBACK: &str = "/callback";
const SIGN_OUT: &str = "/sign-out";
const SIGNED_OUT: &str = "/signed-out";
const STYLE: &str = "/site.css";

/// Bytes of a form sent to the site; its only form has one short field.
const FORM: usize = 4096;

/// Everything a request may use.
struct Site {
    settings: Settings,
    provider: Provider,
    memory: Memory,
}

/// The site's pages. Nothing is fetched yet: the provider may start later.
pub fn router(settings: Settings) -> Router {
    let provider = Provider::new(&settings);
    let site = Arc::new(Site { settings, provider, memory: Memory::new() });
    Router::new()
        .route(HOME, get(home::get))
        .route(SIGN_IN, get(sign_in::get))
        .route(CALLBACK, get(sign_in::callback))
        .route(SIGN_OUT, post(sign_out::post))
        .route(SIGNED_OUT, get(sign_out::signed_out))
        .route("/problem/{name}", get(problem::get))
        .route(STYLE, get(style))
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::not_found)
        .layer(middleware::from_fn_with_state(Arc::clone(&site), answer::protect))
        .layer(DefaultBodyLimit::max(FORM))
        .with_state(site)
}

/// Serves the site until `shutdown` resolves, and lets the requests then under way finish.
pub async fn serve(
    settings: Settings,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(settings)).with_graceful_shutdown(shutdown).await
}

async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("site.css"))
}
