//! The outbox of the demonstration: what would have been mailed or sent by SMS, newest first, as its reader would see it.
//!
//! A site of its own, in the look of the demo sites and without a script; reloading shows what is new. It reads the rows
//! that the provider wrote, so it can show no more than a real deployment would send. `fuxin serve` has no such page.

use std::borrow::Cow;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use crate::app::App;
use crate::demo::people::EXPIRED;
use crate::i18n::text::{Args, text, text_with};
use crate::i18n::{Locale, date};
use crate::message::text::Text;
use crate::model::message::{Message, Recipient};

/// How many messages the page shows at most.
const MOST: u32 = 100;
const STYLE: &str = "/outbox.css";

struct Outbox {
    app: App,
    /// Where somebody can sign in.
    start: String,
}

/// The outbox's own site. `start` is where the empty one sends people to sign in.
pub fn router(app: App, start: String) -> Router {
    Router::new()
        .route("/", get(page))
        .route(STYLE, get(style))
        .layer(middleware::map_response(protect))
        .with_state(Arc::new(Outbox { app, start }))
}

#[derive(Template)]
#[template(path = "demo/outbox.html", config = ".config/askama.toml")]
struct OutboxPage<'a> {
    locale: Locale,
    letters: Vec<Letter>,
    start: &'a str,
    issuer: &'a str,
}

impl OutboxPage<'_> {
    fn t(&self, key: &str) -> Cow<'static, str> {
        text(self.locale, key)
    }

    fn lead(&self) -> Cow<'static, str> {
        text_with(self.locale, "outbox-lead", &Args::default().with("most", MOST))
    }

    fn expired(&self) -> Cow<'static, str> {
        text_with(self.locale, "outbox-empty-expired", &Args::default().with("account", EXPIRED))
    }
}

/// A message as it stands on the page: the frame in the page's language, the words in its own.
struct Letter {
    recipient: String,
    channel: &'static str,
    when: String,
    machine_time: String,
    language: &'static str,
    subject: Option<String>,
    paragraphs: Vec<String>,
}

async fn page(State(outbox): State<Arc<Outbox>>, uri: Uri, headers: HeaderMap) -> Response {
    let messages = match outbox.app.provider().store.latest_messages(MOST).await {
        Ok(messages) => messages,
        Err(internal) => {
            tracing::error!(error = %internal, "the outbox cannot be read");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let locale = locale(&uri, &headers);
    let page = OutboxPage {
        locale,
        letters: messages.iter().map(|message| letter(&outbox, message, locale)).collect(),
        start: &outbox.start,
        issuer: outbox.app.provider().issuer.as_str(),
    };
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "the outbox cannot be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn letter(outbox: &Outbox, message: &Message, locale: Locale) -> Letter {
    let Text { subject, body } = Text::of(message, outbox.app.service_desk());
    Letter {
        recipient: message.recipient.address().to_owned(),
        channel: match message.recipient {
            Recipient::Email(_) => "outbox-email",
            Recipient::Sms(_) => "outbox-sms",
        },
        when: date::date_time_in_both_calendars(locale, message.created_at),
        machine_time: date::machine(message.created_at),
        language: message.locale.tag(),
        subject,
        paragraphs: body.split("\n\n").map(str::to_owned).collect(),
    }
}

/// The language that the address names, else the browser's.
fn locale(uri: &Uri, headers: &HeaderMap) -> Locale {
    let query = uri.query().unwrap_or_default().as_bytes();
    let named = form_urlencoded::parse(query).find(|(name, _)| name == "lang");
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Locale::negotiate(named.as_ref().map(|(_, tag)| tag.as_ref()), accepted)
}

/// The demo sites' style, and what only letters need.
async fn style() -> impl IntoResponse {
    let text = concat!(include_str!("relying_party/site.css"), include_str!("outbox.css"));
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], text)
}

/// No script, nothing from elsewhere, no form, in nobody's frame, in no cache.
async fn protect(mut response: Response) -> Response {
    let fixed = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; img-src data:; form-action 'none'; base-uri 'none'; \
             frame-ancestors 'none'",
        ),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
