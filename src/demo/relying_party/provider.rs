//! The provider as the site sees it: discovered by its issuer URL, trusted by its keys.
//!
//! Discovery and keys are fetched when first needed, kept, and fetched again after a failure or when a signature does
//! not verify (a new key: OpenID Connect Core §10.1.1). Owns every request to the provider and every rule by which an
//! answer is believed; knows nothing of pages.

use std::sync::Arc;

use openidconnect::core::{CoreAuthenticationFlow, CoreErrorResponseType, CoreJwsSigningAlgorithm};
use openidconnect::http::StatusCode;
use openidconnect::{
    AccessToken, AccessTokenHash, AuthorizationCode, ClaimsVerificationError, ClientId,
    ClientSecret, CsrfToken, IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, RedirectUrl, RequestTokenError,
    Scope, TokenResponse as _, UserInfoError,
};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use url::Url;

use crate::base::secret::{Secret, Token};
use crate::base::time::Timestamp;

use super::Settings;
use super::memory::{Pending, Session, StateKey};
use super::oidc::{Client, IdToken, IdTokenClaims, Metadata, TokenError, UserInfoClaims};
use super::outbound::{self, Outbound};
use super::sign_in::Ask;

/// What the site asks to be told. No `offline_access`: its access ends with the provider's session.
const SCOPES: [&str; 5] = ["profile", "email", "phone", "address", "agency"];

/// Why the provider's answer is missing, or not believed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("the provider cannot be reached: {0}")]
    Unreachable(String),
    #[error("the site's own settings are not usable: {0}")]
    Settings(String),
    #[error("the provider does not accept this client: {0}")]
    ClientRefused(String),
    #[error("the provider does not accept the code: {0}")]
    CodeRefused(String),
    #[error("the response does not come from the expected issuer")]
    IssuerWrong,
    #[error("the token response has no ID token")]
    IdTokenMissing,
    #[error("the ID token is not valid: {0}")]
    IdTokenInvalid(#[from] ClaimsVerificationError),
    #[error("the access token is not the one that the ID token speaks of")]
    AccessTokenWrong,
    #[error("userinfo is not valid: {0}")]
    UserInfoInvalid(String),
    #[error("the access token is no longer good: the session at the provider has ended")]
    SignedOut,
}

/// The provider, known or not yet.
pub(super) struct Provider {
    issuer: String,
    client_id: ClientId,
    client_secret: Secret<String>,
    redirect_uri: String,
    post_logout_redirect_uri: String,
    outbound: Outbound,
    known: Mutex<Option<Arc<Known>>>,
}

/// What discovery and the key set said.
struct Known {
    metadata: Metadata,
    client: Client,
}

/// A request on its way to the provider: where to send the browser, and what to remember.
pub(super) struct Departure {
    pub(super) url: Url,
    pub(super) nonce: Nonce,
    pub(super) verifier: Secret<String>,
}

impl Provider {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            issuer: settings.issuer.clone(),
            client_id: ClientId::new(settings.client_id.clone()),
            client_secret: settings.client_secret.clone(),
            redirect_uri: settings.redirect_uri(),
            post_logout_redirect_uri: settings.post_logout_redirect_uri(),
            outbound: Outbound::new(),
            known: Mutex::new(None),
        }
    }

    /// The authentication request (OpenID Connect Core §3.1.2.1) for what this sign-in asks.
    pub(super) async fn depart(
        &self,
        ask: &Ask,
        state: &Token<StateKey>,
    ) -> Result<Departure, Error> {
        let known = self.known().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let state = CsrfToken::new(state.expose());
        let mut request = known
            .client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || state, Nonce::new_random)
            .add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .add_ui_locale(ask.ui_locale.clone());
        for value in &ask.acr_values {
            request = request.add_auth_context_value(value.clone());
        }
        if let Some(prompt) = &ask.prompt {
            request = request.add_prompt(prompt.clone());
        }
        if let Some(max_age) = ask.max_age {
            request = request.set_max_age(max_age.to_duration());
        }
        let (url, _, nonce) = request.url();
        Ok(Departure { url, nonce, verifier: Secret::new(verifier.into_secret()) })
    }

    /// RFC 9207 §2.4: a response must come from the issuer that was asked.
    pub(super) async fn accept_issuer(&self, issuer: Option<&str>) -> Result<(), Error> {
        match issuer {
            Some(issuer) if issuer == self.issuer => Ok(()),
            Some(_) => Err(Error::IssuerWrong),
            None => {
                let known = self.known().await?;
                let other = known.metadata.additional_metadata();
                if other.authorization_response_iss_parameter_supported {
                    Err(Error::IssuerWrong)
                } else {
                    Ok(())
                }
            }
        }
    }

    /// Redeems a code and believes the ID token, or says why not (OpenID Connect Core §3.1.3).
    pub(super) async fn redeem(&self, code: String, pending: &Pending) -> Result<Session, Error> {
        let known = self.known().await?;
        let verifier = PkceCodeVerifier::new(pending.verifier.expose().clone());
        let request = known
            .client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| Error::Unreachable(chain(&error)))?
            .set_pkce_verifier(verifier);
        let answer = match request.request_async(&self.outbound).await {
            Ok(answer) => answer,
            Err(error) => {
                self.forget(&known).await;
                return Err(error.into());
            }
        };
        let access_token = answer.access_token().clone();
        // It travels in a header: RFC 6750 §2.1.
        if !access_token.secret().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::AccessTokenWrong);
        }
        let id_token = answer.id_token().ok_or(Error::IdTokenMissing)?.clone();
        let claims = match known.verify(&id_token, &access_token, pending) {
            Err(Error::IdTokenInvalid(ClaimsVerificationError::SignatureVerification(_))) => {
                self.renew(&known).await?.verify(&id_token, &access_token, pending)?
            }
            verdict => verdict?,
        };
        Ok(Session {
            subject: claims.subject().clone(),
            claims: members(&claims),
            id_token,
            access_token,
            form: Token::random(),
        })
    }

    /// What userinfo says now (OpenID Connect Core §5.3); `SignedOut` if the access token is no longer good.
    pub(super) async fn user_info(&self, session: &Session) -> Result<Map<String, Value>, Error> {
        let known = self.known().await?;
        let answer: Result<UserInfoClaims, _> = known
            .client
            .user_info(session.access_token.clone(), Some(session.subject.clone()))
            .map_err(|error| Error::Unreachable(chain(&error)))?
            .request_async(&self.outbound)
            .await;
        match answer {
            Ok(claims) => Ok(members(&claims)),
            Err(UserInfoError::Response(StatusCode::UNAUTHORIZED, ..)) => Err(Error::SignedOut),
            Err(error @ (UserInfoError::Request(_) | UserInfoError::Response(..))) => {
                self.forget(&known).await;
                Err(Error::Unreachable(chain(&error)))
            }
            Err(error) => Err(Error::UserInfoInvalid(chain(&error))),
        }
    }

    /// Where the browser signs out of the provider (RP-Initiated Logout 1.0 §2); `None` if it has no such place.
    pub(super) async fn end_session(
        &self,
        id_token: &IdToken,
        state: &Token<StateKey>,
    ) -> Result<Option<Url>, Error> {
        let known = self.known().await?;
        let Some(endpoint) = known.metadata.additional_metadata().end_session_endpoint.clone()
        else {
            return Ok(None);
        };
        let back = PostLogoutRedirectUrl::new(self.post_logout_redirect_uri.clone())
            .map_err(|error| Error::Settings(chain(&error)))?;
        let request = LogoutRequest::from(endpoint)
            .set_id_token_hint(id_token)
            .set_post_logout_redirect_uri(back)
            .set_state(CsrfToken::new(state.expose()));
        Ok(Some(request.http_get_url()))
    }

    /// What is known of the provider; asks it if nothing is. Whoever comes meanwhile waits for the same answer.
    async fn known(&self) -> Result<Arc<Known>, Error> {
        let mut known = self.known.lock().await;
        match known.as_ref() {
            Some(known) => Ok(Arc::clone(known)),
            None => Ok(Arc::clone(known.insert(self.discover().await?))),
        }
    }

    /// Asks again, unless someone already did since `stale` was read.
    async fn renew(&self, stale: &Arc<Known>) -> Result<Arc<Known>, Error> {
        self.forget(stale).await;
        self.known().await
    }

    async fn forget(&self, stale: &Arc<Known>) {
        let mut known = self.known.lock().await;
        if known.as_ref().is_some_and(|known| Arc::ptr_eq(known, stale)) {
            *known = None;
        }
    }

    async fn discover(&self) -> Result<Arc<Known>, Error> {
        let settings = |error: url::ParseError| Error::Settings(chain(&error));
        let issuer = IssuerUrl::new(self.issuer.clone()).map_err(settings)?;
        let redirect_uri = RedirectUrl::new(self.redirect_uri.clone()).map_err(settings)?;
        let metadata = Metadata::discover_async(issuer, &self.outbound)
            .await
            .map_err(|error| Error::Unreachable(chain(&error)))?;
        let secret = ClientSecret::new(self.client_secret.expose().clone());
        let client =
            Client::from_provider_metadata(metadata.clone(), self.client_id.clone(), Some(secret))
                .set_redirect_uri(redirect_uri);
        Ok(Arc::new(Known { metadata, client }))
    }
}

impl Known {
    /// OpenID Connect Core §3.1.3.7: signature, issuer, audience, expiry and nonce; then `at_hash` (§3.1.3.8), and
    /// `auth_time` where a fresh authentication was asked for.
    fn verify(
        &self,
        id_token: &IdToken,
        access_token: &AccessToken,
        pending: &Pending,
    ) -> Result<IdTokenClaims, Error> {
        let verifier = self
            .client
            .id_token_verifier()
            .set_allowed_algs([
                CoreJwsSigningAlgorithm::EcdsaP256Sha256,
                CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
            ])
            .set_auth_time_verifier_fn(|at| {
                let at = at.map(|at| Timestamp::from_seconds(at.timestamp()));
                if fresh(at, pending.authenticated_since) {
                    Ok(())
                } else {
                    Err("older than was asked for".to_owned())
                }
            });
        let claims = id_token.claims(&verifier, &pending.nonce)?;
        if let Some(expected) = claims.access_token_hash() {
            let actual = id_token
                .signing_alg()
                .and_then(|algorithm| Ok((algorithm, id_token.signing_key(&verifier)?)))
                .map_err(ClaimsVerificationError::SignatureVerification)
                .map(|(algorithm, key)| {
                    AccessTokenHash::from_token(access_token, algorithm, key)
                })?;
            if !actual.is_ok_and(|actual| actual == *expected) {
                return Err(Error::AccessTokenWrong);
            }
        }
        Ok(claims.clone())
    }
}

/// Whether an authentication at `at` is recent enough for who asked for one since `since`.
fn fresh(at: Option<Timestamp>, since: Option<Timestamp>) -> bool {
    since.is_none_or(|since| at.is_some_and(|at| at >= since))
}

impl From<RequestTokenError<outbound::Error, TokenError>> for Error {
    fn from(error: RequestTokenError<outbound::Error, TokenError>) -> Self {
        let text = chain(&error);
        match error {
            RequestTokenError::ServerResponse(answer) => match answer.error() {
                CoreErrorResponseType::InvalidGrant => Self::CodeRefused(text),
                _ => Self::ClientRefused(text),
            },
            _ => Self::Unreachable(text),
        }
    }
}

/// The claims as one JSON object, those included that the specification does not name.
fn members(claims: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(claims) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

/// An error with its causes, for the log. None of these texts holds a token or a secret.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
