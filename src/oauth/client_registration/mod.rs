//! Client settings that fit together: what the flows are given of a client.
//!
//! RFC 7591 §2, RFC 8252 §8.5, RFC 9700 §2.1. Made from `ClientMetadata` by `register` only, on every path: command
//! line, configuration, and each reading of a row. What is refused here need not be thought of anywhere else.

mod fit;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::base::limits;
use crate::oauth::client_metadata::{
    ApplicationType, ClientMetadata, IdTokenAlgorithm, SubjectType, TokenEndpointAuthMethod,
};
use crate::oauth::grant_type::GrantType;
use crate::oauth::https_uri::HttpsUri;
use crate::oauth::redirect_uri::{self, RedirectUri, VerifiedRedirect};
use crate::oauth::response_type::ResponseType;
use crate::oauth::weak_feature::WeakFeature;

/// Settings in which no rule is broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ClientMetadata", into = "ClientMetadata")]
pub struct ClientRegistration(ClientMetadata);

/// Why settings do not fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// People must be told who asks.
    #[error("client_name is missing")]
    NameMissing,
    /// The way back must be an address that a page can link to.
    #[error("client_uri cannot be used: {0}")]
    ClientUri(redirect_uri::Error),
    /// An address that this type of application may not register.
    #[error("a redirect URI cannot be used: {0}")]
    RedirectUri(redirect_uri::Error),
    /// A web site with tokens in its address that is not at https, or on the person's own machine.
    #[error("a web client with grant type implicit needs redirect URIs of https, not of localhost")]
    ImplicitRedirectUri,
    /// More addresses than `limits::REDIRECT_URIS`.
    #[error("there are too many redirect URIs")]
    TooManyRedirectUris,
    /// A client that asks for codes needs a place to get them.
    #[error("redirect_uris is empty, but the client may use authorization_code")]
    RedirectUriMissing,
    /// A client that may do nothing.
    #[error("grant_types is empty")]
    GrantTypeMissing,
    /// Refresh tokens come with codes.
    #[error("grant_types has refresh_token without authorization_code")]
    RefreshWithoutCode,
    /// What the authorization endpoint gives and what the client may use do not belong together (Registration §2).
    #[error(
        "grant_types and response_types do not fit: code needs authorization_code, id_token and token need implicit"
    )]
    ResponseTypesUnfit,
    /// A response type or a waiver that the client's registration does not open.
    #[error("{0} is not among the client's weak_features")]
    WeakFeatureMissing(WeakFeature),
    /// Anybody can claim to be a public client.
    #[error("a client with token_endpoint_auth_method none cannot use client_credentials")]
    PublicClientCredentials,
    /// Anybody can claim to be a public client.
    #[error("a client with token_endpoint_auth_method none cannot introspect")]
    PublicIntrospection,
    /// A public client's codes are protected by PKCE alone.
    #[error("a client with token_endpoint_auth_method none cannot do without PKCE")]
    PublicWithoutPkce,
    /// There is nothing to verify the client's assertions with.
    #[error("{0} needs jwks or jwks_uri")]
    KeysMissing(TokenEndpointAuthMethod),
    /// Keys here and elsewhere: nobody could say which are meant (Registration §2).
    #[error("jwks and jwks_uri are both there")]
    KeysTwice,
    /// `jwks` is no JWK set of public keys with names.
    #[error(
        "jwks is not a set of RSA, EC or Ed25519 keys, each with its own kid where there are several"
    )]
    KeysMalformed,
    /// A private or symmetric key, which must not be here and is compromised now.
    #[error("jwks contains a private or symmetric key")]
    KeysPrivate,
    /// More keys than `limits::CLIENT_KEYS`.
    #[error("jwks contains too many keys")]
    TooManyKeys,
    /// The name in the certificate: exactly one with `tls_client_auth`, none with other methods.
    #[error("tls_client_auth needs exactly one tls_client_auth_ name, and other methods none")]
    CertificateName,
    /// The registered algorithm of assertions is not one of the registered method.
    #[error("token_endpoint_auth_signing_alg does not fit token_endpoint_auth_method")]
    AssertionAlgorithm,
    /// How content is encrypted, without how its key is.
    #[error("an encryption enc is there without its alg")]
    EncryptionHalf,
    /// Tokens to be encrypted, and no key to do it for.
    #[error("encrypted responses need jwks or jwks_uri")]
    EncryptionWithoutKeys,
    /// What is encrypted is signed before.
    #[error("id_token_signed_response_alg none and an encrypted ID token do not go together")]
    EncryptionOfUnsigned,
    /// An ID token that nobody signed would come through the browser.
    #[error("id_token_signed_response_alg none needs response types without id_token")]
    UnsignedInFront,
    /// A public client has no secret to sign with.
    #[error("a client with token_endpoint_auth_method none has no secret for HS256")]
    PublicSecret,
    /// A front-channel logout page on another site than the client's redirect URIs.
    #[error("frontchannel_logout_uri is not of the origin of a redirect URI")]
    FrontchannelOrigin,
    /// More contacts, request URIs or `acr` values than their limits.
    #[error("a list of the client's metadata is too long")]
    TooManyValues,
    /// A text that is too long or has control characters.
    #[error("a text of the client's metadata is too long or has control characters")]
    TextUnfit,
    /// Pairwise identifiers need a sector, and the hosts of the redirect URIs do not say which.
    #[error("sector is missing, and the redirect URIs do not have one host")]
    SectorMissing,
}

impl ClientMetadata {
    /// The same settings as a registration, if they fit together. Redirect URIs are held to the application's type, and
    /// an empty sector becomes the host of the redirect URIs.
    pub fn register(mut self) -> Result<ClientRegistration, Error> {
        if self.client_name.trim().is_empty() {
            return Err(Error::NameMissing);
        }
        if let Some(uri) = &self.client_uri {
            RedirectUri::register(uri, ApplicationType::Web).map_err(Error::ClientUri)?;
        }
        for uris in [&mut self.redirect_uris, &mut self.post_logout_redirect_uris] {
            if uris.len() > limits::REDIRECT_URIS {
                return Err(Error::TooManyRedirectUris);
            }
            for uri in uris {
                *uri = RedirectUri::register(uri.as_str(), self.application_type)
                    .map_err(Error::RedirectUri)?;
            }
        }
        self.lists_fit()?;
        self.grants_fit()?;
        self.weak_features_fit()?;
        self.implicit_redirects_fit()?;
        self.authentication_fits()?;
        self.keys_fit()?;
        self.encryption_fits()?;
        self.logout_fits()?;
        if self.sector.is_empty() && self.asks_people() {
            let listed = self.sector_identifier_uri.as_ref().map(HttpsUri::host);
            match listed.or_else(|| only_host(&self.redirect_uris)) {
                Some(host) => self.sector = host,
                None if self.subject_type == SubjectType::Public => {}
                None => return Err(Error::SectorMissing),
            }
        }
        Ok(ClientRegistration(self))
    }

    /// Whether all its redirect URIs have one host, which then is its sector.
    pub(in crate::oauth) fn has_one_host(&self) -> bool {
        only_host(&self.redirect_uris).is_some()
    }

    fn uses(&self, grant_type: GrantType) -> bool {
        self.grant_types.contains(&grant_type)
    }

    /// Whether it may send people to the authorization endpoint.
    fn asks_people(&self) -> bool {
        self.uses(GrantType::AuthorizationCode) || self.uses(GrantType::Implicit)
    }
}

impl ClientRegistration {
    /// The settings.
    pub const fn settings(&self) -> &ClientMetadata {
        &self.0
    }

    /// Whether nothing proves that the client is the client.
    pub fn is_public(&self) -> bool {
        self.0.token_endpoint_auth_method == TokenEndpointAuthMethod::None
    }

    /// Whether its secret must be kept readable: something is signed with it.
    pub fn needs_secret_itself(&self) -> bool {
        self.0.token_endpoint_auth_method == TokenEndpointAuthMethod::ClientSecretJwt
            || self.0.id_token_signed_response_alg == IdTokenAlgorithm::Hs256
    }

    /// Whether it has a secret at all.
    pub fn has_secret(&self) -> bool {
        use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretPost};
        matches!(self.0.token_endpoint_auth_method, ClientSecretBasic | ClientSecretPost)
            || self.needs_secret_itself()
    }

    /// Whether it registered itself.
    pub fn is_dynamic(&self) -> bool {
        self.0.weak_features.contains(WeakFeature::DynamicRegistration)
    }

    /// Whether it may bring this to the token endpoint.
    pub fn allows(&self, grant_type: GrantType) -> bool {
        self.0.uses(grant_type)
    }

    /// Whether it may ask the authorization endpoint for this.
    pub fn may_ask_for(&self, response_type: ResponseType) -> bool {
        self.0.asks_people() && self.0.response_types.contains(&response_type)
    }

    /// The proof that an answer may go to the presented address, if the client registered it.
    pub fn redirect(&self, presented: &str) -> Option<VerifiedRedirect> {
        self.0.redirect_uris.iter().find_map(|uri| uri.matches(presented))
    }

    /// The proof that a person may be sent to the presented address after signing out, if the client registered it.
    pub fn post_logout_redirect(&self, presented: &str) -> Option<VerifiedRedirect> {
        self.0.post_logout_redirect_uris.iter().find_map(|uri| uri.matches(presented))
    }
}

fn only_host(uris: &[RedirectUri]) -> Option<String> {
    let hosts = uris
        .iter()
        .map(|uri| {
            // Of a private-use scheme anybody can write any "host".
            let url =
                Url::parse(uri.as_str()).ok().filter(|url| url.scheme().starts_with("http"))?;
            url.host_str().map(str::to_owned)
        })
        .collect::<Option<BTreeSet<_>>>()?;
    if hosts.len() == 1 { hosts.into_iter().next() } else { None }
}

impl TryFrom<ClientMetadata> for ClientRegistration {
    type Error = Error;

    fn try_from(settings: ClientMetadata) -> Result<Self, Error> {
        settings.register()
    }
}

impl From<ClientRegistration> for ClientMetadata {
    fn from(registration: ClientRegistration) -> Self {
        registration.0
    }
}

#[cfg(test)]
mod tests;
