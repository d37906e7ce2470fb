//! Endpoints for machines: token, userinfo, introspection, revocation, registration, keys, discovery, operation.
//!
//! Each translates HTTP into a flow and back; the rules are in `token`. Does not own anything that a browser shows
//! (`page`), although the authorization and end-session endpoints are in the specifications.

pub mod check_session;
pub mod discovery;
pub mod introspection;
pub mod jwks;
pub mod logo;
pub mod operation;
pub mod registration;
pub mod revocation;
pub mod token;
pub mod userinfo;

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};

use crate::app::App;
use crate::base::internal::Internal;
use crate::context::Context;
use crate::http::body::{Form, FormError};
use crate::http::machine::Refusal;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::parameter::Parameters;
use crate::pki::client_certificate::ClientCertificate;
use crate::token::client_authentication::{
    AuthenticatedClient, PresentedCredentials, authenticate,
};

/// The parameters of a client's request, none of them twice.
fn parameters(form: Form) -> Result<Parameters, Refusal> {
    const NOT_A_FORM: OAuthError = OAuthError::invalid_request(
        "The body is not a form of content type application/x-www-form-urlencoded.",
    );
    const TOO_LARGE: OAuthError =
        OAuthError::invalid_request("The body is too large, or came too slowly.");
    const TWICE: OAuthError = OAuthError::invalid_request("A parameter came more than once.");
    let parameters = form.0.map_err(|error| match error {
        FormError::Malformed(error) => OAuthError::from(error),
        FormError::NotAForm => NOT_A_FORM,
        FormError::TooLarge | FormError::TooSlow => TOO_LARGE,
    })?;
    if parameters.first_repeated().is_some() { Err(TWICE.into()) } else { Ok(parameters) }
}

/// What a request brings that may prove whose it is, besides its form.
#[derive(Debug)]
pub struct Credentials {
    headers: HeaderMap,
    certificate: Option<ClientCertificate>,
}

impl FromRequestParts<App> for Credentials {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        // Written there by the listener that made the handshake, and by nobody else.
        let certificate = parts.extensions.get::<ClientCertificate>().cloned();
        Ok(Self { headers: parts.headers.clone(), certificate })
    }
}

/// The one Authorization header. Of two, a proxy in front may have judged the other.
fn authorization(headers: &HeaderMap) -> Result<Option<&HeaderValue>, OAuthError> {
    const TWICE: OAuthError =
        OAuthError::invalid_request("The Authorization header came more than once.");
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(TWICE),
        (value, None) => Ok(value),
    }
}

/// The client that sent a request.
async fn client(
    ctx: &Context,
    credentials: Credentials,
    body: &Parameters,
) -> Result<AuthenticatedClient, Refusal> {
    let authorization = authorization(&credentials.headers)
        .map_err(Refusal::OAuth)?
        .map(|value| value.to_str().unwrap_or_default());
    let with_header = authorization.is_some();
    let authenticated =
        match PresentedCredentials::read(authorization, credentials.certificate, body) {
            Ok(presented) => authenticate(ctx, presented).await,
            Err(error) => Err(error),
        };
    authenticated.map_err(|error| {
        tracing::info!(reason = %error, "client authentication failed");
        refusal(error.into_oauth(), with_header)
    })
}

fn refusal(error: Result<OAuthError, Internal>, with_header: bool) -> Refusal {
    match error {
        Ok(error) if with_header && error.code == ErrorCode::InvalidClient => {
            Refusal::Unauthenticated(error)
        }
        Ok(error) => Refusal::OAuth(error),
        Err(internal) => Refusal::Internal(internal),
    }
}

/// A flow's error, as the client is told.
fn told(error: Result<OAuthError, Internal>) -> Refusal {
    refusal(error, false)
}
