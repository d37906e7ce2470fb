//! A visit: what a page's handler knows of a request, read once.
//!
//! Cookies, the client's address class, the language, the id to read out, and the clock's one reading. From it come the
//! view that every page is given, and the answers: a page with its policy, a redirect, a failure.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::base::encoding::base64url;
use crate::base::id::RequestId;
use crate::base::internal::Internal;
use crate::base::path;
use crate::base::random;
use crate::base::time::{Clock, Lifetime, SystemClock};
use crate::context::Context;
use crate::http::client_address;
use crate::http::cookie::{self, Cookies, Name};
use crate::http::csrf::{self, Bound, Step};
use crate::http::layers::CurrentRequest;
use crate::http::machine::Refusal;
use crate::http::view::{ServiceDesk, View};
use crate::i18n::Locale;
use crate::oauth::parameter::Parameters;
use crate::oauth::ui_locales::UiLocales;
use crate::throttle::known_device::KnownDevice;
use crate::throttle::source::Source;

/// The parameter that the language switch adds to an address: not the clients' `ui_locales`, which is their wish for one
/// visit and not the person's choice.
const LANGUAGE: &str = "language";
/// How long a chosen language is remembered.
const LOCALE_KEPT: Lifetime = Lifetime::days(365);

/// What a page's handler knows of a request.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The application.
    pub app: App,
    /// Now.
    pub ctx: Context,
    /// The cookies it brought.
    pub cookies: Cookies,
    /// Where it comes from.
    pub source: Source,
    /// The language of the answer.
    pub locale: Locale,
    /// The parameters in the address.
    pub query: Parameters,
    /// Where the same can be asked for once more; `None` if it was posted.
    pub again: Option<String>,
    /// Whether the browser says that another site sent it, or it names another origin.
    pub is_foreign: bool,
    nonce: String,
    request_id: RequestId,
    /// The path where this page can be read in the other language: its own, unless that is only posted to.
    read_at: &'static str,
    /// A parameter that goes with the switch besides those of the address.
    carried: Option<(&'static str, String)>,
    /// Whether the language is the person's own choice, now or before.
    has_own_locale: bool,
    /// Whether it is chosen with this request.
    chooses_locale: bool,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let ctx = app.context();
        let cookies = Cookies::of(&parts.headers, ctx.issuer.is_secure());
        let query =
            Parameters::parse(parts.uri.query().unwrap_or_default().as_bytes()).unwrap_or_default();
        let is_foreign = is_foreign(&parts.headers, ctx.issuer.origin());
        // Whoever follows the switch comes from a page of ours: another site's link chooses nothing, where the browser says
        // that it is one.
        let chosen = query.one(LANGUAGE).ok().flatten().and_then(Locale::from_tag);
        let own = chosen.filter(|_| !is_foreign).or_else(|| remembered(&cookies));
        let again = match parts.method {
            Method::GET | Method::HEAD => {
                Some(format!("?{}", parts.uri.query().unwrap_or_default()))
            }
            _ => None,
        };
        let read_at = match parts.uri.path() {
            path::CANCEL => path::CONTINUE,
            path::SIGN_OUT => path::HOME,
            _ => "",
        };
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(SocketAddr::from(([0, 0, 0, 0], 0)), |info| info.0);
        let address = client_address::of(peer, &parts.headers, app.trusted_proxies());
        Ok(Self {
            app: app.clone(),
            source: Source::of(address),
            is_foreign,
            request_id: parts
                .extensions
                .get::<CurrentRequest>()
                .map_or_else(|| RequestId::new(SystemClock.now()), |current| current.0),
            nonce: base64url(&random::bytes::<18>()),
            ctx,
            cookies,
            locale: own.unwrap_or_else(|| wished(&parts.headers, &query)),
            has_own_locale: own.is_some(),
            chooses_locale: chosen.is_some() && !is_foreign,
            query,
            again,
            read_at,
            carried: None,
        })
    }
}

/// The language that the person chose before.
fn remembered(cookies: &Cookies) -> Option<Locale> {
    cookies.value(Name::Locale).and_then(Locale::from_tag)
}

/// The language for someone who chose none: the client's wish in the address, else what the browser prefers.
fn wished(headers: &HeaderMap, query: &Parameters) -> Locale {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Locale::negotiate(query.one("ui_locales").ok().flatten(), accepted)
}

fn joined(wished: &UiLocales) -> Option<String> {
    (!wished.is_empty()).then(|| String::from(wished.clone()))
}

/// A browser tells where a form comes from (Fetch Metadata, RFC 6454). What says nothing is held to its form's token.
fn is_foreign(headers: &HeaderMap, own: &str) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let cross_site = text(HeaderName::from_static("sec-fetch-site"))
        .is_some_and(|site| site == "cross-site" || site == "same-site");
    cross_site || text(header::ORIGIN).is_some_and(|origin| origin != own)
}

impl Visit {
    /// Answers in the language that a client asked for, unless the person chose one.
    pub fn speak(&mut self, wished: &UiLocales) {
        if !self.has_own_locale && !wished.is_empty() {
            self.locale = Locale::negotiate(joined(wished).as_deref(), None);
        }
    }

    /// Whether a form came from our page of this step, in this browser: no other site sent it, and its token is ours.
    pub fn is_own_form(&self, step: Step, bound: &Bound<'_>, token: Option<&str>) -> bool {
        !self.is_foreign && csrf::is_token(&self.ctx, step, bound, token)
    }

    /// Has the language switch of this answer lead to another page of ours, which says the same.
    pub const fn is_read_at(&mut self, path: &'static str) {
        self.read_at = path;
    }

    /// Has the language switch of this answer bring a parameter along.
    pub fn carry(&mut self, name: &'static str, value: String) {
        self.carried = Some((name, value));
    }

    /// What every page is given.
    pub fn view(&self, signed_in_as: Option<String>) -> View {
        let desk = self.app.service_desk();
        let hours = match self.locale {
            Locale::ZhHant => &desk.hours_zh_hant,
            Locale::En => &desk.hours_en,
        };
        View {
            locale: self.locale,
            nonce: self.nonce.clone(),
            signed_in_as,
            other_locale_href: self.other_locale_href(),
            service_desk: ServiceDesk {
                phone: desk.phone.clone(),
                hours: hours.clone().unwrap_or_default(),
            },
            reference: reference(&self.request_id.to_string()),
        }
    }

    /// The same page: a query alone. The path of the request would not do: in a link, `//host/` and `/\host/` lead to
    /// another site (A-RED-10).
    fn other_locale_href(&self) -> String {
        let carried = self.carried.iter().map(|(name, value)| (*name, value.as_str()));
        let is_carried = |name| self.carried.as_ref().is_some_and(|(carried, _)| *carried == name);
        let others = self.query.iter().filter(|(name, _)| *name != LANGUAGE && !is_carried(*name));
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(others)
            .extend_pairs(carried)
            .append_pair(LANGUAGE, self.locale.other().tag())
            .finish();
        format!("{}?{query}", self.read_at)
    }

    /// A page. `form_targets` are the origins besides ours that a form on it may end at: a posted form is followed through
    /// every redirect, so the client's must be among them.
    pub fn page(
        &self,
        status: StatusCode,
        rendered: askama::Result<String>,
        form_targets: &[String],
    ) -> Response {
        self.page_with_frames(status, rendered, form_targets, &[])
    }

    /// A page that shows pages of other sites in frames: of these origins, and of no other.
    pub fn page_with_frames(
        &self,
        status: StatusCode,
        rendered: askama::Result<String>,
        form_targets: &[String],
        frames: &[String],
    ) -> Response {
        let html = match rendered {
            Ok(html) => html,
            Err(error) => return plain_failure(Internal::fault("a template").because(error)),
        };
        let mut response = (status, html).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        self.page_headers(headers, form_targets, frames);
        self.remember_locale(headers);
        response
    }

    fn remember_locale(&self, headers: &mut HeaderMap) {
        if self.chooses_locale {
            let kept =
                cookie::set(Name::Locale, self.locale.tag(), Some(LOCALE_KEPT), self.is_secure());
            headers.append(header::SET_COOKIE, kept);
        }
    }

    fn page_headers(&self, headers: &mut HeaderMap, form_targets: &[String], frames: &[String]) {
        let frames = match frames {
            [] => String::new(),
            origins => format!(" frame-src {};", origins.join(" ")),
        };
        let policy = format!(
            "default-src 'none'; script-src 'nonce-{}' 'strict-dynamic'; style-src 'self'; img-src 'self' data:; \
             font-src 'self'; connect-src 'self'; form-action 'self' {}; frame-ancestors 'none'; base-uri 'none'; \
             object-src 'none';{frames} require-trusted-types-for 'script'",
            self.nonce,
            form_targets.join(" ")
        );
        let fixed = [
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "same-origin"),
            (header::X_FRAME_OPTIONS, "DENY"),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
            (
                HeaderName::from_static("permissions-policy"),
                "camera=(), geolocation=(), microphone=(), payment=()",
            ),
        ];
        for (name, value) in fixed {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        if self.is_secure() {
            let value = HeaderValue::from_static("max-age=31536000; includeSubDomains");
            headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
        }
    }

    /// A redirect after which the browser asks by GET: 303, also after a credential was posted (A-RED-15).
    pub fn see_other(&self, location: &str) -> Response {
        match HeaderValue::from_str(location) {
            Ok(location) => {
                let mut response = StatusCode::SEE_OTHER.into_response();
                let headers = response.headers_mut();
                headers.insert(header::LOCATION, location);
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
                headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
                self.remember_locale(headers);
                response
            }
            Err(error) => plain_failure(Internal::fault("an address").because(error)),
        }
    }

    /// A cookie on an answer.
    pub fn with_cookie(
        &self,
        mut response: Response,
        name: Name,
        value: &str,
        lifetime: Option<Lifetime>,
    ) -> Response {
        response
            .headers_mut()
            .append(header::SET_COOKIE, cookie::set(name, value, lifetime, self.is_secure()));
        response
    }

    /// A cookie forgotten on an answer.
    pub fn without_cookie(&self, mut response: Response, name: Name) -> Response {
        response.headers_mut().append(header::SET_COOKIE, cookie::forget(name, self.is_secure()));
        response
    }

    /// The names that signed in from this device.
    pub fn known_device(&self) -> KnownDevice {
        KnownDevice::open(
            &self.ctx.secrets.known_device,
            self.cookies.value(Name::Device),
            self.ctx.policy.known_device,
            self.ctx.now,
        )
    }

    /// Whether cookies are Secure.
    pub fn is_secure(&self) -> bool {
        self.ctx.issuer.is_secure()
    }
}

/// The last twelve digits of a request's identifier, in groups of four: short enough to be read out, and unique still.
fn reference(request_id: &str) -> String {
    let digits: Vec<char> = request_id.chars().filter(char::is_ascii_hexdigit).collect();
    let last = digits.get(digits.len().saturating_sub(12)..).unwrap_or_default();
    last.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// What is left when even a page cannot be made.
fn plain_failure(internal: Internal) -> Response {
    Refusal::Internal(internal).into_response()
}
