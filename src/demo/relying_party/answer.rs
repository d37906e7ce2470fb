//! What the site answers with: a rendered page, cookies, and the headers that every answer carries.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use url::Url;

use crate::base::time::Lifetime;

use super::text::{Locale, Text};
use super::visit::{Visit, locale_cookie};
use super::{STYLE, Site};

/// How long a browser remembers the language.
const LANGUAGE: Lifetime = Lifetime::days(365);
const CROSS_ORIGIN_OPENER_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-opener-policy");

/// What every page shows around its own content.
pub(super) struct Frame<'a> {
    pub(super) text: &'static Text,
    pub(super) locale: Locale,
    pub(super) name: &'a str,
    pub(super) short: &'a str,
    pub(super) theme: &'static str,
    pub(super) path: &'a str,
    pub(super) issuer: &'a str,
}

impl<'a> Frame<'a> {
    pub(super) fn new(site: &'a Site, visit: &'a Visit) -> Self {
        let settings = &site.settings;
        let name = match visit.locale {
            Locale::ZhHant => &settings.name_zh,
            Locale::En => &settings.name_en,
        };
        Self {
            text: visit.locale.text(),
            locale: visit.locale,
            name,
            short: &settings.short,
            theme: settings.theme.name(),
            path: &visit.path,
            issuer: &settings.issuer,
        }
    }
}

/// A page. Remembers the language if this request chose it.
pub(super) fn page(
    site: &Site,
    visit: &Visit,
    status: StatusCode,
    template: &impl Template,
) -> Response {
    let mut response = match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page of a demo site cannot be rendered");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    if visit.chooses_locale {
        set_cookie(&mut response, &locale_cookie(site), visit.locale.tag(), LANGUAGE);
    }
    response
}

/// Sets a cookie. Not `Secure`: the demo's sites are plain http on the loopback interface.
pub(super) fn set_cookie(response: &mut Response, name: &str, value: &str, lifetime: Lifetime) {
    let seconds = lifetime.as_seconds();
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

/// Takes a cookie back.
pub(super) fn drop_cookie(response: &mut Response, name: &str) {
    set_cookie(response, name, "", Lifetime::seconds(0));
}

/// The headers of every answer: no script, nothing from elsewhere, in nobody's frame, in no cache.
pub(super) async fn protect(
    State(site): State<Arc<Site>>,
    request: Request,
    next: Next,
) -> Response {
    let cache = if request.uri().path() == STYLE { "max-age=300" } else { "no-store" };
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin"));
    if let Ok(policy) = HeaderValue::try_from(content_security_policy(&site.settings.issuer)) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// The sign-out form is answered with a redirect to the provider, and browsers apply `form-action` to that, too.
fn content_security_policy(issuer: &str) -> String {
    let provider =
        Url::parse(issuer).map_or_else(|_| String::new(), |url| url.origin().ascii_serialization());
    format!(
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self' {provider}; \
         base-uri 'none'; frame-ancestors 'none'"
    )
}
