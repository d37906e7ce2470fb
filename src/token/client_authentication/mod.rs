//! Client authentication at the token, introspection and revocation endpoints: the only way to an
//! [`AuthenticatedClient`].
//!
//! OAuth 2.0 §2.3, OpenID Connect Core §9, RFC 7523 §3, RFC 8705 §2. Exactly the method that the client registered; no method twice
//! and no two at once. A secret costs no statement, an assertion one.

mod assertion;
mod certificate;
mod presented;

pub use presented::PresentedCredentials;

use crate::base::id::ClientId;
use crate::base::internal::Internal;
use crate::base::secret::Secret;
use crate::context::{Context, client_keys};
use crate::jose::client_assertion;
use crate::model::client::Client;
use crate::oauth::client_metadata::TokenEndpointAuthMethod as Method;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::parameter;
use crate::oauth::weak_feature::WeakFeature;
use crate::pki::client_certificate::{self, ClientCertificate};
use crate::token::client_secret;

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
    /// The assertion is not signed with the one algorithm that the client registered.
    #[error("the client assertion: the client is registered with another algorithm")]
    AlgorithmNotRegistered,
    /// The client's keys cannot be had.
    #[error(transparent)]
    Keys(#[from] client_keys::Error),
    /// The way that the client is registered with stands behind a lock that is closed now.
    #[error("the weak feature {0} is not open to the client")]
    FeatureClosed(WeakFeature),
    /// The client authenticates with a certificate, and there was none: another listener, or none shown.
    #[error("the connection has no client certificate")]
    CertificateMissing,
    /// Not the client's certificate.
    #[error(transparent)]
    Certificate(#[from] client_certificate::Error),
    /// The deployment names no authority for clients' certificates.
    #[error("tls.client_ca_file is not set, so no authority vouches for clients")]
    AuthoritiesMissing,
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

/// Authenticates a client. Every refusal is `invalid_client`, and equal for unknown clients and wrong secrets.
pub async fn authenticate(
    ctx: &Context,
    presented: PresentedCredentials,
) -> Result<AuthenticatedClient, Error> {
    match presented {
        PresentedCredentials::Basic(id, secret) => {
            with_secret(ctx, id, Method::ClientSecretBasic, &secret).await
        }
        PresentedCredentials::Post(id, secret) => {
            with_secret(ctx, id, Method::ClientSecretPost, &secret).await
        }
        PresentedCredentials::Assertion(assertion, beside) => {
            assertion::authenticate(ctx, &assertion, beside).await
        }
        PresentedCredentials::Alone(id, certificate) => alone(ctx, id, certificate.as_ref()).await,
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

/// A public client, or one that its connection's certificate speaks for.
async fn alone(
    ctx: &Context,
    id: ClientId,
    certificate: Option<&ClientCertificate>,
) -> Result<AuthenticatedClient, Error> {
    let client = ctx.client(id).await?.ok_or(Error::ClientUnknown)?;
    match client.settings().token_endpoint_auth_method {
        Method::None => {}
        Method::TlsClientAuth => certificate::of_authority(ctx, &client, certificate)?,
        Method::SelfSignedTlsClientAuth => certificate::of_own(ctx, &client, certificate).await?,
        Method::ClientSecretBasic
        | Method::ClientSecretPost
        | Method::ClientSecretJwt
        | Method::PrivateKeyJwt => return Err(Error::MethodWrong),
    }
    Ok(AuthenticatedClient(client))
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

fn parse_id(text: &str) -> Result<ClientId, Error> {
    text.parse().map_err(|_| Error::ClientUnknown)
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
            | Self::AlgorithmNotRegistered
            | Self::Keys(_)
            | Self::FeatureClosed(_)
            | Self::CertificateMissing
            | Self::Certificate(_)
            | Self::AuthoritiesMissing
            | Self::AssertionReplayed
            | Self::AssertionType => {
                OAuthError::new(ErrorCode::InvalidClient, "Client authentication failed.")
            }
        })
    }
}
