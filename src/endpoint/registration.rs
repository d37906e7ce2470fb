//! The client registration endpoint (RFC 7591 §3) and a client's own address (RFC 7592 §2): HTTP and JSON around
//! `client::dynamic_registration`.
//!
//! Where the deployment has not opened registration, there is nothing at these addresses.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::app::App;
use crate::base::id::ClientId;
use crate::base::secret::{Kind, Token};
use crate::base::{limits, path};
use crate::client::dynamic_registration::{self, Error, Registered, is_open};
use crate::context::Context;
use crate::endpoint::authorization;
use crate::http::layers::{BodyError, whole_body};
use crate::http::machine::{self, Refusal};
use crate::oauth::error::{ErrorCode, OAuthError, may_describe};
use crate::oauth::registration_request::told;

/// `POST /register`.
pub async fn post(State(app): State<App>, request: Request) -> Response {
    let ctx = app.context();
    if !is_open(&ctx) {
        return machine::not_found();
    }
    let (head, body) = request.into_parts();
    let token = match bearer(&head.headers) {
        Ok(token) => token,
        Err(refused) => return refused.into_response(),
    };
    let registered = match document(&head.headers, body).await {
        Ok(body) => dynamic_registration::register(&ctx, token, &body).await,
        Err(refused) => return refused,
    };
    match registered {
        Ok(registered) => answer(&ctx, StatusCode::CREATED, &registered),
        Err(error) => refusal(error),
    }
}

/// `GET /register/{client}`.
pub async fn get(
    State(app): State<App>,
    Path(client): Path<String>,
    headers: HeaderMap,
) -> Response {
    let ctx = app.context();
    if !is_open(&ctx) {
        return machine::not_found();
    }
    let token = match bearer(&headers) {
        Ok(token) => token,
        Err(refused) => return refused.into_response(),
    };
    match dynamic_registration::show(&ctx, id(&client), token).await {
        Ok(registered) => answer(&ctx, StatusCode::OK, &registered),
        Err(error) => refusal(error),
    }
}

/// `PUT /register/{client}`.
pub async fn put(State(app): State<App>, Path(client): Path<String>, request: Request) -> Response {
    let ctx = app.context();
    if !is_open(&ctx) {
        return machine::not_found();
    }
    let (head, body) = request.into_parts();
    let token = match bearer(&head.headers) {
        Ok(token) => token,
        Err(refused) => return refused.into_response(),
    };
    let replaced = match document(&head.headers, body).await {
        Ok(body) => dynamic_registration::replace(&ctx, id(&client), token, &body).await,
        Err(refused) => return refused,
    };
    match replaced {
        Ok(registered) => answer(&ctx, StatusCode::OK, &registered),
        Err(error) => refusal(error),
    }
}

/// `DELETE /register/{client}`.
pub async fn delete(
    State(app): State<App>,
    Path(client): Path<String>,
    headers: HeaderMap,
) -> Response {
    let ctx = app.context();
    if !is_open(&ctx) {
        return machine::not_found();
    }
    let token = match bearer(&headers) {
        Ok(token) => token,
        Err(refused) => return refused.into_response(),
    };
    match dynamic_registration::remove(&ctx, id(&client), token).await {
        Ok(()) => (StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, "no-store")]).into_response(),
        Err(error) => refusal(error),
    }
}

/// The client that the address names, if it can be one.
fn id(client: &str) -> Option<ClientId> {
    client.parse().ok()
}

/// Why no header was looked at.
enum Headerless {
    Missing,
    Twice(OAuthError),
}

impl IntoResponse for Headerless {
    fn into_response(self) -> Response {
        match self {
            Self::Missing => challenge(None),
            Self::Twice(error) => Refusal::OAuth(error).into_response(),
        }
    }
}

/// The token of the request, which comes in the header alone (RFC 6750 §2.1). One of another kind is none.
fn bearer<K: Kind>(headers: &HeaderMap) -> Result<Option<Token<K>>, Headerless> {
    let value = authorization(headers).map_err(Headerless::Twice)?;
    let value = value.ok_or(Headerless::Missing)?;
    let text = value.to_str().unwrap_or_default();
    Ok(text
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .and_then(|(_, token)| Token::parse(token.trim())))
}

/// The body, which is JSON and says so.
async fn document(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Response> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next()).map(str::trim);
    if !essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
        return Err(described(
            ErrorCode::InvalidClientMetadata,
            "the body is not of content type application/json",
        ));
    }
    let whole = whole_body(body, limits::REQUEST_BODY, limits::REQUEST_BODY_SECONDS).await;
    whole.map_err(|error| match error {
        BodyError::TooLarge | BodyError::TooSlow => {
            described(ErrorCode::InvalidClientMetadata, "the body is too large, or came too slowly")
        }
    })
}

/// A registration as RFC 7591 §3.2.1 and RFC 7592 §3 tell it. A secret is told where it was made and never again: only
/// its digest is kept.
fn answer(ctx: &Context, status: StatusCode, registered: &Registered) -> Response {
    let id = registered.client.id.to_string();
    let mut members = told(registered.client.settings());
    let own = ctx.issuer.url(&format!("{}/{id}", path::REGISTRATION));
    let mut tell = |name: &str, value: Value| members.insert(name.to_owned(), value);
    tell("client_id", Value::from(id));
    tell("client_id_issued_at", Value::from(registered.issued_at.seconds()));
    tell("registration_client_uri", Value::from(own));
    tell("registration_access_token", Value::from(registered.token.expose()));
    if let Some(secret) = &registered.secret {
        tell("client_secret", Value::from(secret.expose().as_str()));
        tell("client_secret_expires_at", Value::from(0));
    }
    machine::json(status, &members)
}

fn refusal(error: Error) -> Response {
    const NOT_GOOD: OAuthError = OAuthError::new(
        ErrorCode::InvalidToken,
        "The token is unknown, expired, used up or revoked.",
    );
    let rule = error.to_string();
    let answer = match error {
        Error::Internal(internal) => return Refusal::Internal(internal).into_response(),
        Error::TokenNotGood => challenge(Some(NOT_GOOD)),
        Error::Request(request) => described(request.code(), &rule),
        Error::Sector(_) | Error::Logo(_) | Error::ClientIdForeign | Error::SecretForeign => {
            described(ErrorCode::InvalidClientMetadata, &rule)
        }
    };
    tracing::info!(reason = %rule, "a registration was refused");
    answer
}

/// Which rule was broken. The texts hold nothing of the request; a character that may not be sent is left out.
fn described(code: ErrorCode, rule: &str) -> Response {
    let sayable = |c: &char| may_describe(c.encode_utf8(&mut [0; 4]));
    let description: String = rule.chars().filter(sayable).collect();
    let body = json!({ "error": code, "error_description": description });
    machine::json(StatusCode::BAD_REQUEST, &body)
}

/// RFC 6750 §3: the error stands in the header, and again in the body.
fn challenge(error: Option<OAuthError>) -> Response {
    let (body, text) = match error {
        None => (json!({}), "Bearer realm=\"fuxin\"".to_owned()),
        Some(error) => (
            json!({ "error": error.code, "error_description": error.description }),
            format!(
                "Bearer realm=\"fuxin\", error=\"{}\", error_description=\"{}\"",
                error.code, error.description
            ),
        ),
    };
    let mut response = machine::json(StatusCode::UNAUTHORIZED, &body);
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}
