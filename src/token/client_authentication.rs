//! Client authentication at the token, introspection and revocation endpoints: the only way to an
//! [`AuthenticatedClient`].
//!
//! OAuth 2.0 §2.3, OpenID Connect Core §9, RFC 7523 §3. Exactly the method that the client registered; no method twice
//! and no two at once. A secret costs no statement, an assertion one.

use crate::base::id::ClientId;
use crate::base::internal::Internal;
use crate::base::secret::Secret;
use crate::context::Context;
use crate::jose::client_assertion::{self, Audience, ClientAssertion, VerificationKey};
use crate::jose::key_set::PublicKeySet;
use crate::model::client::Client;
use crate::oauth::client_metadata::TokenEndpointAuthMethod as Method;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::parameter::{self, Parameters};
use crate::token::client_secret;

/// The type of a client assertion (RFC 7523 §2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client that has proved who it is, or a public one that has nothing to prove with.
#[derive(Clone, Debug)]
pub struct AuthenticatedClient(Client);

impl AuthenticatedClient {
    /// The client.
    pub const fn client(&self) -> &Client {
        &self.0
    }

    /// Its id.
    pub const fn id(&self) -> ClientId {
        self.0.id
    }

    /// Whether it proved anything.
    pub fn is_confidential(&self) -> bool {
        !self.0.registration.is_public()
    }
}

/// What a request presents, before anyone looked at it.
#[derive(Debug)]
pub enum Presented {
    /// `Authorization: Basic`.
    Basic(ClientId, Secret<String>),
    /// `client_id` and `client_secret` in the body.
    Post(ClientId, Secret<String>),
    /// A signed assertion, and the `client_id` beside it, if any.
    Assertion(Secret<String>, Option<ClientId>),
    /// `client_id` alone.
    Nothing(ClientId),
}

/// Why a client is not let in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A parameter came twice.
    #[error(transparent)]
    Parameter(#[from] parameter::Error),
    /// Neither credentials nor a `client_id`.
    #[error("no client authentication")]
    Missing,
    /// Two methods at once, which RFC 6749 §2.3 forbids.
    #[error("two client authentication methods at once")]
    Twice,
    /// The Authorization header is no well-formed Basic.
    #[error("the authorization header is malformed")]
    HeaderMalformed,
    /// No such client. The client is told no more than for a wrong secret.
    #[error("the client is unknown")]
    ClientUnknown,
    /// Another method than the registered one.
    #[error("the client is registered with another authentication method")]
    MethodWrong,
    /// Not its secret.
    #[error("the client secret is wrong")]
    SecretWrong,
    /// Not its assertion, or not for us, or not now.
    #[error("the client assertion: {0}")]
    Assertion(#[from] client_assertion::Error),
    /// The assertion was presented before (A-TOK-11).
    #[error("the client assertion was used before")]
    AssertionReplayed,
    /// The assertion type is not the JWT one.
    #[error("the client assertion type is unknown")]
    AssertionType,
    /// Ours.
    #[error(transparent)]
    Internal(#[from] Internal),
}

impl Presented {
    /// Reads what a request presents: `authorization` is the header's value.
    pub fn read(authorization: Option<&str>, body: &Parameters) -> Result<Self, Error> {
        let client_id = body.one("client_id")?.map(parse_id).transpose()?;
        let secret = body.one("client_secret")?;
        let assertion = body.one("client_assertion")?;
        let assertion_type = body.one("client_assertion_type")?;
        match (authorization, secret, assertion) {
            (Some(header), None, None) => {
                let (id, secret) = basic(header).ok_or(Error::HeaderMalformed)?;
                let id = parse_id(&id)?;
                match client_id {
                    Some(other) if other != id => Err(Error::Twice),
                    _ => Ok(Self::Basic(id, Secret::new(secret))),
                }
            }
            (None, Some(secret), None) => {
                Ok(Self::Post(client_id.ok_or(Error::Missing)?, Secret::new(secret.to_owned())))
            }
            (None, None, Some(assertion)) => match assertion_type {
                Some(ASSERTION_TYPE) => {
                    Ok(Self::Assertion(Secret::new(assertion.to_owned()), client_id))
                }
                _ => Err(Error::AssertionType),
            },
            (None, None, None) => client_id.map(Self::Nothing).ok_or(Error::Missing),
            _ => Err(Error::Twice),
        }
    }
}

/// Authenticates a client. Every refusal is `invalid_client`, and equal for unknown clients and wrong secrets.
pub async fn authenticate(
    ctx: &Context,
    presented: Presented,
) -> Result<AuthenticatedClient, Error> {
    match presented {
        Presented::Basic(id, secret) => {
            with_secret(ctx, id, Method::ClientSecretBasic, &secret).await
        }
        Presented::Post(id, secret) => {
            with_secret(ctx, id, Method::ClientSecretPost, &secret).await
        }
        Presented::Assertion(assertion, beside) => with_assertion(ctx, &assertion, beside).await,
        Presented::Nothing(id) => known(ctx, id, Method::None).await.map(AuthenticatedClient),
    }
}

async fn known(ctx: &Context, id: ClientId, method: Method) -> Result<Client, Error> {
    let client = ctx.client(id).await?.ok_or(Error::ClientUnknown)?;
    if client.settings().token_endpoint_auth_method == method {
        Ok(client)
    } else {
        Err(Error::MethodWrong)
    }
}

async fn with_secret(
    ctx: &Context,
    id: ClientId,
    method: Method,
    secret: &Secret<String>,
) -> Result<AuthenticatedClient, Error> {
    let client = known(ctx, id, method).await?;
    if client_secret::is_of(ctx, &client, secret)? {
        Ok(AuthenticatedClient(client))
    } else {
        Err(Error::SecretWrong)
    }
}

async fn with_assertion(
    ctx: &Context,
    assertion: &Secret<String>,
    beside: Option<ClientId>,
) -> Result<AuthenticatedClient, Error> {
    let assertion = ClientAssertion::parse(assertion.expose())?;
    let id = parse_id(assertion.unverified_client_id())?;
    if beside.is_some_and(|beside| beside != id) {
        return Err(Error::Twice);
    }
    let client = known(ctx, id, Method::PrivateKeyJwt).await?;
    let keys = client.settings().jwks.as_ref().ok_or(Error::MethodWrong)?;
    let keys = PublicKeySet::parse(keys)
        .map_err(|error| Internal::fault("a registered client's keys").because(error))?;
    let (key, audience) = (VerificationKey::Public(&keys), Audience::issuer(ctx.issuer.as_str()));
    let verified = assertion.verify(key, &id.to_string(), audience, ctx.now)?;
    if !ctx.store.spend_client_assertion(verified.jti(), verified.expires()).await?.committed() {
        return Err(Error::AssertionReplayed);
    }
    Ok(AuthenticatedClient(client))
}

fn parse_id(text: &str) -> Result<ClientId, Error> {
    text.parse().map_err(|_| Error::ClientUnknown)
}

/// Decodes `Basic`: base64 of form-urlencoded id and secret (OAuth 2.0 §2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    use base64::Engine;
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decoded(id)?, form_decoded(secret)?))
}

fn form_decoded(text: &str) -> Option<String> {
    // A form of one nameless value; a bare `&` would make it two, and has to be escaped.
    let form = format!("={text}");
    let mut values = form_urlencoded::parse(form.as_bytes());
    match (values.next(), values.next()) {
        (Some((_, value)), None) => Some(value.into_owned()),
        _ => None,
    }
}

impl Error {
    /// The same, as the client is told.
    pub fn into_oauth(self) -> Result<OAuthError, Internal> {
        Ok(match self {
            Self::Internal(internal) => return Err(internal),
            Self::Parameter(error) => error.into(),
            Self::Twice => {
                OAuthError::invalid_request("Two client authentication methods were used at once.")
            }
            Self::Missing
            | Self::HeaderMalformed
            | Self::ClientUnknown
            | Self::MethodWrong
            | Self::SecretWrong
            | Self::Assertion(_)
            | Self::AssertionReplayed
            | Self::AssertionType => {
                OAuthError::new(ErrorCode::InvalidClient, "Client authentication failed.")
            }
        })
    }
}
