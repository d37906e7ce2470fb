//! The one table: method, path, handler, group. What is not in it does not exist.

use axum::Router;
use axum::handler::Handler;
use axum::http::Uri;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};

use crate::app::App;
use crate::base::path;
use crate::endpoint::{
    check_session, discovery, introspection, jwks, logo, operation, registration, revocation,
    token, userinfo,
};
use crate::http::visit::Visit;
use crate::http::{asset, layers, machine};
use crate::page::{
    authorize, cancel, change_password, consent, end_session, error, help, home, proceed, sign_in,
};

/// Who a route is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// People: answers are pages.
    Page,
    /// Clients: answers are JSON.
    Api,
    /// Anybody: documents, files, health.
    Open,
}

impl Group {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Api => "api",
            Self::Open => "open",
        }
    }
}

/// One route: its methods, its path, its group, its handlers.
pub struct Route {
    /// The methods it answers.
    pub methods: &'static [&'static str],
    /// The path, with axum's placeholders.
    pub path: &'static str,
    /// Who it is for.
    pub group: Group,
    handler: MethodRouter<App>,
}

fn route(
    methods: &'static [&'static str],
    path: &'static str,
    group: Group,
    handler: MethodRouter<App>,
) -> Route {
    Route { methods, path, group, handler }
}

/// Every route of the provider.
pub fn table() -> Vec<Route> {
    use Group::{Api, Open, Page};
    const GET: &[&str] = &["GET"];
    const POST: &[&str] = &["POST"];
    const BOTH: &[&str] = &["GET", "POST"];
    vec![
        route(GET, path::HOME, Page, get(home::get)),
        route(BOTH, path::AUTHORIZE, Page, get(authorize::get).post(authorize::post)),
        route(BOTH, path::CONTINUE, Page, get(proceed::get).post(proceed::post)),
        route(BOTH, path::SIGN_IN, Page, get(sign_in::get).post(sign_in::post)),
        route(
            BOTH,
            path::CHANGE_PASSWORD,
            Page,
            get(change_password::get).post(change_password::post),
        ),
        route(BOTH, path::CONSENT, Page, get(consent::get).post(consent::post)),
        route(POST, path::CANCEL, Page, post(cancel::post)),
        route(BOTH, path::END_SESSION, Page, get(end_session::get).post(end_session::post)),
        route(POST, path::SIGN_OUT, Page, post(home::sign_out)),
        route(GET, path::HELP, Page, get(help::get)),
        route(POST, path::TOKEN, Api, post(token::post)),
        route(BOTH, path::USERINFO, Api, get(userinfo::get).post(userinfo::post)),
        route(POST, path::INTROSPECTION, Api, post(introspection::post)),
        route(POST, path::REVOCATION, Api, post(revocation::post)),
        route(POST, path::REGISTRATION, Api, post(registration::post)),
        route(
            &["GET", "PUT", "DELETE"],
            path::REGISTERED_CLIENT,
            Api,
            get(registration::get).put(registration::put).delete(registration::delete),
        ),
        route(GET, path::OPENID_CONFIGURATION, Open, get(discovery::get)),
        route(GET, path::OAUTH_METADATA, Open, get(discovery::get)),
        route(GET, path::JWKS, Open, get(jwks::get)),
        route(GET, path::CHECK_SESSION, Open, get(check_session::get)),
        route(GET, "/static/{file}", Open, get(asset::get)),
        route(GET, path::LOGO_FILE, Open, get(logo::get)),
        route(GET, path::LIVE, Open, get(operation::live)),
        route(GET, path::READY, Open, get(operation::ready)),
    ]
}

/// The provider's router.
pub fn router(app: App) -> Router {
    table()
        .into_iter()
        .fold(Router::new(), |router, route| router.route(route.path, served(route)))
        .fallback(not_found.layer(from_fn_with_state(NO_ROUTE, layers::access)))
        .with_state(app)
}

/// What the log and the metrics call every address that is none of ours.
const NO_ROUTE: &str = "-";

/// A route as it is served: in the access layer, and refusing a method in the format in which it answers.
fn served(route: Route) -> MethodRouter<App> {
    let handler = match route.group {
        Group::Page => route.handler.fallback(error::wrong_method),
        Group::Api | Group::Open => route.handler.fallback(machine::wrong_method),
    };
    handler.layer(from_fn_with_state(route.path, layers::access))
}

/// Every address that is none of ours.
async fn not_found(visit: Visit, uri: Uri) -> Response {
    if path::is_of_machines(uri.path()) { machine::not_found() } else { error::not_found(&visit) }
}

/// The router of the address for metrics.
pub fn metrics_router(app: App) -> Router {
    Router::new()
        .route(path::METRICS, get(operation::metrics))
        .route(path::LIVE, get(operation::live))
        .route(path::READY, get(operation::ready))
        .with_state(app)
}
