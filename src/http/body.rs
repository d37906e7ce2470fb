//! The body of a request as form parameters, bounded in size and time before anything reads it.

use axum::extract::{FromRequest, Request};
use axum::http::header;

use crate::app::App;
use crate::base::limits;
use crate::http::layers::{BodyError, whole_body};
use crate::oauth::parameter::{self, Parameters};

/// The parameters of a form (`application/x-www-form-urlencoded`), or why there are none. Handlers say it in their own
/// way: a page to people, an OAuth error to clients.
#[derive(Debug)]
pub struct Form(pub Result<Parameters, FormError>);

/// Why there are no parameters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// Over `limits::REQUEST_BODY`, or broken off.
    #[error("the body is too large")]
    TooLarge,
    /// Slower than `limits::REQUEST_BODY_SECONDS`.
    #[error("the body came too slowly")]
    TooSlow,
    /// Another content type.
    #[error("the body is not a form")]
    NotAForm,
    /// Not well-formed.
    #[error(transparent)]
    Malformed(#[from] parameter::Error),
}

impl FromRequest<App> for Form {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, _: &App) -> Result<Self, Self::Rejection> {
        let content_type =
            request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = content_type.and_then(|value| value.split(';').next()).map(str::trim);
        if !essence.is_some_and(|essence| {
            essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        }) {
            return Ok(Self(Err(FormError::NotAForm)));
        }
        let body =
            whole_body(request.into_body(), limits::REQUEST_BODY, limits::REQUEST_BODY_SECONDS)
                .await;
        Ok(Self(match body {
            Ok(bytes) => Parameters::parse(&bytes).map_err(FormError::from),
            Err(BodyError::TooLarge) => Err(FormError::TooLarge),
            Err(BodyError::TooSlow) => Err(FormError::TooSlow),
        }))
    }
}
