//! The client registration endpoint (RFC 7591 §3) and a client's own address (RFC 7592 §2): HTTP and JSON around
//! `client::dynamic_registration`.
//!
//! Where the deployment has not opened registration, there is nothing at these addresses.

use axum::extract::{FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
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
use crate::model::registration::{InitialAccess, RegistrationAccess};
use crate::oauth::error::{ErrorCode, OAuthError, may_describe};
use crate::oauth::registration_request::told;

/// Whoever comes with an `Authorization` header where registration is open. There is no other way to a context here, so
/// no handler can forget either question.
#[derive(Debug)]
pub struct Bearer<K: Kind> {
    ctx: Context,
    /// `None` for a token of another kind, which is as good as none.
    token: Option<Token<K>>,
}

impl<K: Kind> FromRequestParts<App> for Bearer<K> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let ctx = app.context();
        if !is_open(&ctx) {
            return Err(machine::not_found());
        }
        // The token comes in the header alone (RFC 6750 §2.1).
        let value = authorization(&parts.headers)
            .map_err(|error| Refusal::OAuth(error).into_response())?
            .ok_or_else(|| challenge(None))?;
        let text = value.to_str().unwrap_or_default();
        let token = text
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .and_then(|(_, token)| Token::parse(token.trim()));
        Ok(Self { ctx, token })
    }
}

/// `POST /register`.
pub async fn post(bearer: Bearer<InitialAccess>, request: Request) -> Response {
    let Bearer { ctx, token } = bearer;
    let registered = match document(request).await {
        Ok(body) => dynamic_registration::register(&ctx, token, &body).await,
        Err(refused) => return refused,
    };
    match registered {
        Ok(registered) => answer(&ctx, StatusCode::CREATED, &registered),
        Err(error) => refusal(error),
    }
}

/// `GET /register/{client}`.
pub async fn get(bearer: Bearer<RegistrationAccess>, Path(client): Path<String>) -> Response {
    let Bearer { ctx, token } = bearer;
    match dynamic_registration::show(&ctx, id(&client), token).await {
        Ok(registered) => answer(&ctx, StatusCode::OK, &registered),
        Err(error) => refusal(error),
    }
}

/// `PUT /register/{client}`.
pub async fn put(
    bearer: Bearer<RegistrationAccess>,
    Path(client): Path<String>,
    request: Request,
) -> Response {
    let Bearer { ctx, token } = bearer;
    let replaced = match document(request).await {
        Ok(body) => dynamic_registration::replace(&ctx, id(&client), token, &body).await,
        Err(refused) => return refused,
    };
    match replaced {
        Ok(registered) => answer(&ctx, StatusCode::OK, &registered),
        Err(error) => refusal(error),
    }
}

/// `DELETE /register/{client}`.
pub async fn delete(bearer: Bearer<RegistrationAccess>, Path(client): Path<String>) -> Response {
    let Bearer { ctx, token } = bearer;
    match dynamic_registration::remove(&ctx, id(&client), token).await {
        Ok(()) => (StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, "no-store")]).into_response(),
        Err(error) => refusal(error),
    }
}

/// The client that the address names, if it can be one.
fn id(client: &str) -> Option<ClientId> {
    client.parse().ok()
}

/// The body, which is JSON and says so.
async fn document(request: Request) -> Result<Vec<u8>, Response> {
    let content_type =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next()).map(str::trim);
    if !essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
        return Err(unread("the body is not of content type application/json"));
    }
    let whole =
        whole_body(request.into_body(), limits::REQUEST_BODY, limits::REQUEST_BODY_SECONDS).await;
    whole.map_err(|error| match error {
        BodyError::TooLarge | BodyError::TooSlow => {
            unread("the body is too large, or came too slowly")
        }
    })
}

fn unread(rule: &str) -> Response {
    described(StatusCode::BAD_REQUEST, ErrorCode::InvalidClientMetadata, rule)
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
        Error::TokenRevoked => described(StatusCode::FORBIDDEN, ErrorCode::AccessDenied, &rule),
        Error::Request(request) => described(StatusCode::BAD_REQUEST, request.code(), &rule),
        Error::Keys(_)
        | Error::Sector(_)
        | Error::Logo(_)
        | Error::ClientIdForeign
        | Error::SecretForeign => {
            described(StatusCode::BAD_REQUEST, ErrorCode::InvalidClientMetadata, &rule)
        }
    };
    tracing::info!(reason = %rule, "a registration was refused");
    answer
}

/// Which rule was broken. The texts hold nothing of the request; a character that may not be sent is left out.
fn described(status: StatusCode, code: ErrorCode, rule: &str) -> Response {
    let sayable = |c: &char| may_describe(c.encode_utf8(&mut [0; 4]));
    let description: String = rule.chars().filter(sayable).collect();
    let body = json!({ "error": code, "error_description": description });
    machine::json(status, &body)
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
