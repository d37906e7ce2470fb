//! Client settings that fit together: what the flows are given of a client.
//!
//! RFC 7591 §2, RFC 8252 §8.5, RFC 9700 §2.1. Made from `ClientMetadata` by `register` only, on every path: command
//! line, configuration, and each reading of a row. What is refused here need not be thought of anywhere else.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::base::limits;
use crate::oauth::client_metadata::{
    ApplicationType, ClientMetadata, SubjectType, TokenEndpointAuthMethod,
};
use crate::oauth::grant_type::GrantType;
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
    #[error("private_key_jwt needs jwks")]
    KeysMissing,
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
        self.grants_fit()?;
        self.implicit_redirects_fit()?;
        self.authentication_fits()?;
        if self.sector.is_empty() && self.asks_people() {
            match only_host(&self.redirect_uris) {
                Some(host) => self.sector = host,
                None if self.subject_type == SubjectType::Public => {}
                None => return Err(Error::SectorMissing),
            }
        }
        Ok(ClientRegistration(self))
    }

    fn uses(&self, grant_type: GrantType) -> bool {
        self.grant_types.contains(&grant_type)
    }

    /// Whether it may send people to the authorization endpoint.
    fn asks_people(&self) -> bool {
        self.uses(GrantType::AuthorizationCode) || self.uses(GrantType::Implicit)
    }

    fn grants_fit(&self) -> Result<(), Error> {
        let code = self.uses(GrantType::AuthorizationCode);
        if self.grant_types.is_empty() {
            return Err(Error::GrantTypeMissing);
        }
        if self.uses(GrantType::RefreshToken) && !code {
            return Err(Error::RefreshWithoutCode);
        }
        if self.asks_people() && self.redirect_uris.is_empty() {
            return Err(Error::RedirectUriMissing);
        }
        let types = || self.response_types.iter();
        let front = types().any(|of| of.has_id_token() || of.has_token());
        if code && !types().any(|of| of.has_code())
            || self.uses(GrantType::Implicit) != (front && self.asks_people())
            || !code && self.asks_people() && types().any(|of| of.has_code())
        {
            return Err(Error::ResponseTypesUnfit);
        }
        let waiver = if self.require_pkce { None } else { Some(WeakFeature::NoPkce) };
        let mut weak = types().filter_map(|of| of.weak_feature()).chain(waiver);
        match weak.find(|feature| !self.weak_features.contains(*feature)) {
            Some(feature) => Err(Error::WeakFeatureMissing(feature)),
            None => Ok(()),
        }
    }

    /// Registration §2, `application_type`: a web site that is given tokens in an address is at https, and not on the
    /// person's own machine.
    fn implicit_redirects_fit(&self) -> Result<(), Error> {
        let is_web = self.application_type == ApplicationType::Web;
        let is_far = |uri: &RedirectUri| {
            Url::parse(uri.as_str())
                .is_ok_and(|url| url.scheme() == "https" && url.host_str() != Some("localhost"))
        };
        if is_web && self.uses(GrantType::Implicit) && !self.redirect_uris.iter().all(is_far) {
            return Err(Error::ImplicitRedirectUri);
        }
        Ok(())
    }

    fn authentication_fits(&self) -> Result<(), Error> {
        match self.token_endpoint_auth_method {
            TokenEndpointAuthMethod::None if self.uses(GrantType::ClientCredentials) => {
                return Err(Error::PublicClientCredentials);
            }
            TokenEndpointAuthMethod::None if self.may_introspect => {
                return Err(Error::PublicIntrospection);
            }
            TokenEndpointAuthMethod::None if !self.require_pkce => {
                return Err(Error::PublicWithoutPkce);
            }
            TokenEndpointAuthMethod::PrivateKeyJwt if self.jwks.is_none() => {
                return Err(Error::KeysMissing);
            }
            TokenEndpointAuthMethod::None
            | TokenEndpointAuthMethod::ClientSecretBasic
            | TokenEndpointAuthMethod::ClientSecretPost
            | TokenEndpointAuthMethod::PrivateKeyJwt => {}
        }
        self.jwks.as_ref().map_or(Ok(()), keys_are_public)
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
        .map(|uri| Url::parse(uri.as_str()).ok()?.host_str().map(str::to_owned))
        .collect::<Option<BTreeSet<_>>>()?;
    if hosts.len() == 1 { hosts.into_iter().next() } else { None }
}

/// The members of RFC 7518 §6 that only the owner of a key may know.
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

fn keys_are_public(jwks: &Value) -> Result<(), Error> {
    let keys = jwks.get("keys").and_then(Value::as_array).ok_or(Error::KeysMalformed)?;
    if keys.is_empty() {
        return Err(Error::KeysMalformed);
    }
    if keys.len() > limits::CLIENT_KEYS {
        return Err(Error::TooManyKeys);
    }
    let mut names = BTreeSet::new();
    for key in keys {
        let key = key.as_object().ok_or(Error::KeysMalformed)?;
        let kind = key.get("kty").and_then(Value::as_str);
        if kind == Some("oct") || PRIVATE_MEMBERS.iter().any(|name| key.contains_key(*name)) {
            return Err(Error::KeysPrivate);
        }
        let name = key.get("kid").and_then(Value::as_str);
        let found_by_name = keys.len() == 1 || name.is_some_and(|name| names.insert(name));
        let usable = match kind {
            Some("RSA" | "EC") => true,
            Some("OKP") => key.get("crv").is_some_and(|curve| curve == "Ed25519"),
            _ => false,
        };
        if !usable || !found_by_name {
            return Err(Error::KeysMalformed);
        }
    }
    Ok(())
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
mod tests {
    use serde_json::json;

    use super::*;
    use crate::oauth::weak_feature::WeakFeatures;

    fn uri(text: &str) -> RedirectUri {
        RedirectUri::register(text, ApplicationType::Native).unwrap()
    }

    fn settings() -> ClientMetadata {
        ClientMetadata {
            client_name: String::from("人事服務網"),
            redirect_uris: vec![uri("https://a.test/cb")],
            ..ClientMetadata::default()
        }
    }

    /// What `register` says after one change to settings that it accepts.
    fn after(change: impl FnOnce(&mut ClientMetadata)) -> Result<ClientRegistration, Error> {
        assert!(settings().register().is_ok());
        let mut settings = settings();
        change(&mut settings);
        settings.register()
    }

    fn public(settings: &mut ClientMetadata) {
        settings.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
    }

    #[test]
    fn a_name_and_a_way_back_must_be_usable() {
        assert_eq!(after(|it| it.client_name = String::from(" ")), Err(Error::NameMissing));
        let link = |text: &str| after(|it| it.client_uri = Some(text.to_owned()));
        assert!(link("https://a.test/").is_ok());
        assert_eq!(link("javascript:alert(1)"), Err(Error::ClientUri(redirect_uri::Error::Scheme)));
    }

    #[test]
    fn a_public_client_has_no_rights_that_rest_on_its_identity() {
        assert!(after(public).unwrap().is_public());
        let credentials = after(|it| {
            public(it);
            it.grant_types.push(GrantType::ClientCredentials);
        });
        assert_eq!(credentials, Err(Error::PublicClientCredentials));
        let introspection = after(|it| {
            public(it);
            it.may_introspect = true;
        });
        assert_eq!(introspection, Err(Error::PublicIntrospection));
    }

    /// A-TOK-08 (g): PKCE can be waived for a confidential client only.
    #[test]
    fn a_public_client_cannot_do_without_pkce() {
        let without = |it: &mut ClientMetadata| {
            it.require_pkce = false;
            it.weak_features = WeakFeatures::from_iter([WeakFeature::NoPkce]);
        };
        assert!(after(without).is_ok());
        let waived = after(|it| {
            public(it);
            without(it);
        });
        assert_eq!(waived, Err(Error::PublicWithoutPkce));
    }

    #[test]
    fn grants_need_what_they_rest_on() {
        let grants = |grants: &[GrantType]| after(|it| it.grant_types = grants.to_vec());
        assert_eq!(grants(&[]), Err(Error::GrantTypeMissing));
        assert_eq!(grants(&[GrantType::RefreshToken]), Err(Error::RefreshWithoutCode));
        let both = grants(&[GrantType::AuthorizationCode, GrantType::RefreshToken]).unwrap();
        assert!(both.allows(GrantType::RefreshToken) && !both.allows(GrantType::ClientCredentials));
        assert_eq!(after(|it| it.response_types.clear()), Err(Error::ResponseTypesUnfit));
        assert_eq!(after(|it| it.redirect_uris.clear()), Err(Error::RedirectUriMissing));
        let service = after(|it| {
            it.redirect_uris.clear();
            it.grant_types = vec![GrantType::ClientCredentials];
        });
        assert!(service.is_ok());
    }

    /// A-TOK-26: the client's own lock. Registration §2 says which grant types go with which response types.
    #[test]
    fn response_types_need_their_grant_types_and_their_weak_features() {
        use GrantType::{AuthorizationCode, Implicit};
        use WeakFeature::{HybridFlow, ImplicitFlow};
        let with = |of: ResponseType, grants: &[GrantType], weak: &[WeakFeature]| {
            after(|it| {
                it.response_types = vec![of];
                it.grant_types = grants.to_vec();
                it.weak_features = weak.iter().copied().collect();
            })
            .map(|client| client.may_ask_for(of))
        };
        let both = [AuthorizationCode, Implicit];
        for (of, grants, weak) in [
            (ResponseType::IdToken, &both[1..], ImplicitFlow),
            (ResponseType::IdTokenToken, &both[1..], ImplicitFlow),
            (ResponseType::CodeToken, &both[..], HybridFlow),
            (ResponseType::CodeIdToken, &both[..], HybridFlow),
            (ResponseType::CodeIdTokenToken, &both[..], HybridFlow),
        ] {
            assert_eq!(with(of, grants, &[weak]), Ok(true), "{of}");
            assert_eq!(with(of, grants, &[]), Err(Error::WeakFeatureMissing(weak)), "{of}");
            let only_code = with(of, &[AuthorizationCode], &[weak]);
            assert_eq!(only_code, Err(Error::ResponseTypesUnfit), "{of}");
        }
        for (of, address, is_fit) in [
            (ApplicationType::Web, "https://a.test/cb", true),
            (ApplicationType::Web, "https://localhost/cb", false),
            (ApplicationType::Web, "http://localhost/cb", false),
            (ApplicationType::Native, "http://127.0.0.1/cb", true),
        ] {
            let registered = after(|it| {
                it.application_type = of;
                it.redirect_uris = vec![uri(address)];
                it.response_types = vec![ResponseType::IdToken];
                it.grant_types = vec![Implicit];
                it.weak_features = WeakFeatures::from_iter([ImplicitFlow]);
            });
            assert_eq!(registered.is_ok(), is_fit, "{address}: {registered:?}");
        }
        assert_eq!(with(ResponseType::Code, &both, &[]), Err(Error::ResponseTypesUnfit));
        assert_eq!(with(ResponseType::Code, &both[1..], &[]), Err(Error::ResponseTypesUnfit));
        assert_eq!(with(ResponseType::Code, &both[..1], &[]), Ok(true));
    }

    /// A-RED-04: the type of the application decides, not who wrote the settings.
    #[test]
    fn redirect_uris_are_held_to_the_type_of_the_application() {
        let private = || vec![uri("tw.gov.app:/cb")];
        let of_web = after(|it| it.redirect_uris = private());
        assert_eq!(of_web, Err(Error::RedirectUri(redirect_uri::Error::Scheme)));
        let of_web = after(|it| it.post_logout_redirect_uris = private());
        assert_eq!(of_web, Err(Error::RedirectUri(redirect_uri::Error::Scheme)));

        let loopback = |application_type| {
            after(|it| {
                it.application_type = application_type;
                it.redirect_uris = vec![uri("http://127.0.0.1/cb")];
            })
            .unwrap()
        };
        assert!(loopback(ApplicationType::Native).redirect("http://127.0.0.1:5000/cb").is_some());
        assert!(loopback(ApplicationType::Web).redirect("http://127.0.0.1:5000/cb").is_none());
    }

    #[test]
    fn an_answer_goes_to_a_registered_address_only() {
        let client = after(|it| {
            it.redirect_uris.push(uri("https://a.test/cb2"));
            it.post_logout_redirect_uris = vec![uri("https://a.test/bye")];
        })
        .unwrap();
        assert!(client.redirect("https://a.test/cb2").is_some());
        assert!(client.redirect("https://a.test/bye").is_none());
        assert!(client.post_logout_redirect("https://a.test/bye").is_some());
        assert!(client.post_logout_redirect("https://a.test/cb").is_none());
    }

    #[test]
    fn the_number_of_addresses_and_keys_is_bounded() {
        let uris =
            |count: usize| after(|it| it.redirect_uris = vec![uri("https://a.test/"); count]);
        assert!(uris(limits::REDIRECT_URIS).is_ok());
        assert_eq!(uris(limits::REDIRECT_URIS + 1), Err(Error::TooManyRedirectUris));
        let keys = |count: usize| {
            let keys: Vec<_> =
                (0..count).map(|n| json!({ "kty": "EC", "kid": n.to_string() })).collect();
            after(|it| it.jwks = Some(json!({ "keys": keys })))
        };
        assert!(keys(limits::CLIENT_KEYS).is_ok());
        assert_eq!(keys(limits::CLIENT_KEYS + 1), Err(Error::TooManyKeys));
    }

    #[test]
    fn private_key_jwt_needs_public_keys() {
        let with = |jwks: Option<Value>| {
            after(|it| {
                it.token_endpoint_auth_method = TokenEndpointAuthMethod::PrivateKeyJwt;
                it.jwks = jwks;
            })
        };
        assert_eq!(with(None), Err(Error::KeysMissing));
        assert!(with(Some(json!({"keys": [{"kty": "RSA", "n": "x", "e": "AQAB"}]}))).is_ok());
        assert!(with(Some(json!({"keys": [{"kty": "OKP", "crv": "Ed25519"}]}))).is_ok());
        for malformed in [
            json!([]),
            json!({}),
            json!({"keys": []}),
            json!({"keys": ["x"]}),
            json!({"keys": [{"kty": "OKP"}]}),
            json!({"keys": [{"kty": "OKP", "crv": "X25519"}]}),
            json!({"keys": [{"kty": "EC"}, {"kty": "EC", "kid": "1"}]}),
            json!({"keys": [{"kty": "EC", "kid": "1"}, {"kty": "EC", "kid": "1"}]}),
        ] {
            assert_eq!(with(Some(malformed.clone())), Err(Error::KeysMalformed), "{malformed}");
        }
        assert_eq!(with(Some(json!({"keys": [{"kty": "oct"}]}))), Err(Error::KeysPrivate));
        for member in PRIVATE_MEMBERS {
            let key = json!({"keys": [{"kty": "RSA", member: "x"}]});
            assert_eq!(with(Some(key)), Err(Error::KeysPrivate), "{member}");
        }
    }

    #[test]
    fn a_pairwise_client_has_a_sector() {
        let two_hosts = || vec![uri("https://a.test/cb"), uri("https://b.test/cb")];
        assert_eq!(settings().register().unwrap().settings().sector, "a.test");
        assert_eq!(after(|it| it.redirect_uris = two_hosts()), Err(Error::SectorMissing));
        let named = after(|it| {
            it.redirect_uris = two_hosts();
            it.sector = String::from("personnel");
        });
        assert_eq!(named.unwrap().settings().sector, "personnel");
        let of_public_subjects = after(|it| {
            it.redirect_uris = two_hosts();
            it.subject_type = SubjectType::Public;
        });
        assert!(of_public_subjects.is_ok());
    }

    #[test]
    fn a_stored_registration_is_held_to_the_rules_again() {
        let registration = settings().register().unwrap();
        let stored = serde_json::to_string(&registration).unwrap();
        assert_eq!(serde_json::from_str::<ClientRegistration>(&stored).unwrap(), registration);
        let changed = stored.replace("client_secret_basic", "none");
        assert!(serde_json::from_str::<ClientRegistration>(&changed).is_ok());
        let changed = changed.replace("\"require_pkce\":true", "\"require_pkce\":false");
        assert!(serde_json::from_str::<ClientRegistration>(&changed).is_err());
    }
}
