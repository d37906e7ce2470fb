//! Userinfo (OpenID Connect Core §5.3): the claims that a token is good for. One read.
//!
//! The token comes in the header (GET, POST) or in a posted form, never in the address (RFC 6750 §2.3 is not offered).

use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::app::App;
use crate::base::internal::Internal;
use crate::context::Context;
use crate::endpoint::{authorization, parameters};
use crate::http::body::Form;
use crate::http::machine::{self, Refusal, json};
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::scope::Scope;
use crate::token::access_token::{AccessToken, Holder};
use crate::token::alive::{self, AliveGrant};
use crate::token::encryption::NoKey;
use crate::token::userinfo::{self, Userinfo};
use crate::token::{claims, subject};

/// Why nothing is told (RFC 6750 §3.1).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No token at all: the answer names no error.
    #[error("no access token")]
    TokenMissing,
    /// A token twice: in the header and the form, or in two headers.
    #[error("two access tokens")]
    TokenTwice,
    /// Not one of ours, expired, revoked, or what it hangs on is over.
    #[error("the access token is not good")]
    TokenNotGood,
    /// Good, but not for this.
    #[error("the access token lacks the scope openid")]
    ScopeMissing,
    /// The client wants it encrypted and has no key for that.
    #[error(transparent)]
    NoKey(#[from] NoKey),
    /// The request is malformed.
    #[error("the request is malformed")]
    Refused(Refusal),
    /// Ours.
    #[error(transparent)]
    Internal(#[from] Internal),
}

/// `GET /userinfo`.
pub async fn get(State(app): State<App>, headers: HeaderMap) -> Result<Response, Error> {
    let token = bearer(&headers)?.ok_or(Error::TokenMissing)?;
    answer(&app.context(), token).await
}

/// `POST /userinfo`.
pub async fn post(State(app): State<App>, request: Request) -> Result<Response, Error> {
    let headers = request.headers().clone();
    let is_form = headers.contains_key(header::CONTENT_TYPE) && *request.method() == Method::POST;
    let in_form = if is_form {
        let Ok(form) = Form::from_request(request, &app).await;
        let body = parameters(form).map_err(Error::Refused)?;
        body.one("access_token")
            .map_err(|error| Error::Refused(OAuthError::from(error).into()))?
            .map(str::to_owned)
    } else {
        None
    };
    let token = match (bearer(&headers)?, in_form.as_deref()) {
        (Some(_), Some(_)) => return Err(Error::TokenTwice),
        (Some(token), None) | (None, Some(token)) => token,
        (None, None) => return Err(Error::TokenMissing),
    };
    answer(&app.context(), token).await
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Error> {
    let Some(value) = authorization(headers).map_err(|_| Error::TokenTwice)? else {
        return Ok(None);
    };
    let value = value.to_str().map_err(|_| Error::TokenNotGood)?;
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim())),
        _ => Err(Error::TokenNotGood),
    }
}

async fn answer(ctx: &Context, token: &str) -> Result<Response, Error> {
    let token = AccessToken::read(ctx, token).ok_or(Error::TokenNotGood)?;
    let Holder::Grant(grant) = token.holder else { return Err(Error::ScopeMissing) };
    let AliveGrant { standing, client } =
        alive::grant(ctx, grant, token.id).await?.ok_or(Error::TokenNotGood)?;
    if !token.scope.contains(&Scope::OPENID) {
        return Err(Error::ScopeMissing);
    }
    let profile = ctx.store.profile_of(&standing)?;
    let account = &standing.account;
    let mut claims = claims::for_userinfo(&token.scope, &standing.row.terms, account, &profile);
    claims.insert("sub".to_owned(), Value::String(subject::of(ctx, &client, account)));
    Ok(match userinfo::written(ctx, &client, claims).await? {
        Userinfo::Json(claims) => json(StatusCode::OK, &claims),
        Userinfo::Jwt(jwt) => machine::jwt(jwt),
    })
}

impl From<userinfo::Error> for Error {
    fn from(error: userinfo::Error) -> Self {
        match error {
            userinfo::Error::NoKey(missing) => Self::NoKey(missing),
            userinfo::Error::Internal(internal) => Self::Internal(internal),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let error = match self {
            Self::Internal(internal) => return Refusal::Internal(internal).into_response(),
            Self::Refused(refusal) => return refusal.into_response(),
            Self::TokenMissing => None,
            Self::TokenTwice => Some(OAuthError::invalid_request("The access token came twice.")),
            Self::NoKey(NoKey) => Some(OAuthError::invalid_request(
                "The client has no usable key for the encryption that it is registered for.",
            )),
            Self::TokenNotGood => Some(OAuthError::new(
                ErrorCode::InvalidToken,
                "The access token is unknown, expired or revoked.",
            )),
            Self::ScopeMissing => Some(OAuthError::new(
                ErrorCode::InsufficientScope,
                "The access token lacks the scope openid.",
            )),
        };
        challenge(error.as_ref())
    }
}

/// RFC 6750 §3: the error stands in the `WWW-Authenticate` header, and again in the body for people who debug.
fn challenge(error: Option<&OAuthError>) -> Response {
    let (mut response, text) = match error {
        None => (
            json(StatusCode::UNAUTHORIZED, &serde_json::json!({})),
            "Bearer realm=\"fuxin\"".to_owned(),
        ),
        Some(error) => (
            Refusal::OAuth(*error).into_response(),
            format!(
                "Bearer realm=\"fuxin\", error=\"{}\", error_description=\"{}\"",
                error.code.as_str(),
                error.description
            ),
        ),
    };
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}
