//! The rules that settings must keep together, one function for each subject.
//!
//! OpenID Connect Registration §2, Core §2 and §10.2, RFC 8705 §2, Front-Channel Logout §2. What a single setting may be
//! is its own type's; the order in which the rules are looked at is `register`'s.

use std::collections::BTreeSet;

use serde_json::Value;
use url::Url;

use super::Error;
use crate::base::limits;
use crate::oauth::client_metadata::{
    ApplicationType, AssertionAudience, ClientAssertionAlgorithm, ClientMetadata, IdTokenAlgorithm,
    RequestObjectAlgorithm, TokenEndpointAuthMethod,
};
use crate::oauth::grant_type::GrantType;
use crate::oauth::jwk::PRIVATE_MEMBERS;
use crate::oauth::redirect_uri::RedirectUri;
use crate::oauth::weak_feature::WeakFeature;

impl ClientMetadata {
    pub(super) fn grants_fit(&self) -> Result<(), Error> {
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
        Ok(())
    }

    /// Registration §2, `application_type`: a web site that is given tokens in an address is at https, and not on the
    /// person's own machine.
    pub(super) fn implicit_redirects_fit(&self) -> Result<(), Error> {
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

    /// The features that a careful deployment does not offer, which these settings make use of.
    pub(in crate::oauth) fn weak_features_used(&self) -> impl Iterator<Item = WeakFeature> {
        let waiver = (!self.require_pkce).then_some(WeakFeature::NoPkce);
        let unsigned = self.request_object_signing_alg == Some(RequestObjectAlgorithm::Unsigned);
        let secret_jwt =
            self.token_endpoint_auth_method == TokenEndpointAuthMethod::ClientSecretJwt;
        let compat = self.assertion_audience == AssertionAudience::Compat;
        let types = self.response_types.iter().filter_map(|of| of.weak_feature());
        types
            .chain(waiver)
            .chain(self.id_token_signed_response_alg.weak_feature())
            .chain(unsigned.then_some(WeakFeature::UnsignedRequestObject))
            .chain(secret_jwt.then_some(WeakFeature::ClientSecretJwt))
            .chain(compat.then_some(WeakFeature::CompatAudience))
    }

    pub(super) fn weak_features_fit(&self) -> Result<(), Error> {
        match self.weak_features_used().find(|used| !self.weak_features.contains(*used)) {
            Some(feature) => Err(Error::WeakFeatureMissing(feature)),
            None => Ok(()),
        }
    }

    pub(super) fn authentication_fits(&self) -> Result<(), Error> {
        use TokenEndpointAuthMethod as Method;
        let method = self.token_endpoint_auth_method;
        if method == Method::None {
            if self.uses(GrantType::ClientCredentials) {
                return Err(Error::PublicClientCredentials);
            }
            if self.may_introspect {
                return Err(Error::PublicIntrospection);
            }
            if !self.require_pkce {
                return Err(Error::PublicWithoutPkce);
            }
        }
        let needs_keys = matches!(method, Method::PrivateKeyJwt | Method::SelfSignedTlsClientAuth);
        if needs_keys && !self.has_keys() {
            return Err(Error::KeysMissing(method));
        }
        let names = [
            self.tls_client_auth_subject_dn.is_some(),
            self.tls_client_auth_san_dns.is_some(),
            self.tls_client_auth_san_uri.is_some(),
            self.tls_client_auth_san_ip.is_some(),
            self.tls_client_auth_san_email.is_some(),
        ];
        let names = names.into_iter().filter(|is_named| *is_named).count();
        if names != usize::from(method == Method::TlsClientAuth) {
            return Err(Error::CertificateName);
        }
        let fits = match (method, self.token_endpoint_auth_signing_alg) {
            (Method::ClientSecretJwt, Some(of)) => of == ClientAssertionAlgorithm::Hs256,
            (Method::PrivateKeyJwt, Some(of)) => of != ClientAssertionAlgorithm::Hs256,
            // With another method it is of no consequence (Registration §2), and common in what libraries send.
            _ => true,
        };
        if fits { Ok(()) } else { Err(Error::AssertionAlgorithm) }
    }

    /// Whether it has keys of its own, here or elsewhere.
    fn has_keys(&self) -> bool {
        self.jwks.is_some() || self.jwks_uri.is_some()
    }

    pub(super) fn keys_fit(&self) -> Result<(), Error> {
        if self.jwks.is_some() && self.jwks_uri.is_some() {
            return Err(Error::KeysTwice);
        }
        self.jwks.as_ref().map_or(Ok(()), keys_are_public)
    }

    /// Registration §2: how content is encrypted means nothing without how its key is, and that nothing without a key.
    pub(super) fn encryption_fits(&self) -> Result<(), Error> {
        let of_tokens = [
            (self.id_token_encrypted_response_alg, self.id_token_encrypted_response_enc),
            (self.userinfo_encrypted_response_alg, self.userinfo_encrypted_response_enc),
        ];
        let of_requests = (self.request_object_encryption_alg, self.request_object_encryption_enc);
        let is_half = |(alg, enc): &(Option<_>, Option<_>)| alg.is_none() && enc.is_some();
        if of_tokens.iter().chain([&of_requests]).any(is_half) {
            return Err(Error::EncryptionHalf);
        }
        if of_tokens.iter().any(|(alg, _)| alg.is_some()) && !self.has_keys() {
            return Err(Error::EncryptionWithoutKeys);
        }
        let unsigned = self.id_token_signed_response_alg == IdTokenAlgorithm::Unsigned;
        if unsigned && self.id_token_encrypted_response_alg.is_some() {
            return Err(Error::EncryptionOfUnsigned);
        }
        // Core §2: from the authorization endpoint an ID token comes signed.
        if unsigned && self.response_types.iter().any(|of| of.has_id_token()) {
            return Err(Error::UnsignedInFront);
        }
        let of_secret = self.id_token_signed_response_alg == IdTokenAlgorithm::Hs256;
        if of_secret && self.token_endpoint_auth_method == TokenEndpointAuthMethod::None {
            return Err(Error::PublicSecret);
        }
        Ok(())
    }

    /// Front-Channel Logout §2: scheme, host and port are those of a redirect URI, so that nobody registers a frame of
    /// somebody else's site.
    pub(super) fn logout_fits(&self) -> Result<(), Error> {
        let Some(page) = &self.frontchannel_logout_uri else { return Ok(()) };
        let origin = page.origin();
        let is_own = |uri: &RedirectUri| {
            Url::parse(uri.as_str()).is_ok_and(|url| url.origin().ascii_serialization() == origin)
        };
        if self.redirect_uris.iter().any(is_own) { Ok(()) } else { Err(Error::FrontchannelOrigin) }
    }

    pub(super) fn lists_fit(&self) -> Result<(), Error> {
        let lists = [&self.contacts, &self.default_acr_values];
        if lists.iter().any(|list| list.len() > limits::CLIENT_WORDS)
            || self.request_uris.len() > limits::REQUEST_URIS
        {
            return Err(Error::TooManyValues);
        }
        let texts = lists
            .into_iter()
            .flatten()
            .chain([&self.client_name])
            .chain(&self.client_name_en)
            .chain(&self.software_id)
            .chain(&self.software_version)
            .chain([&self.sector]);
        let names_in_certificates = [
            &self.tls_client_auth_san_dns,
            &self.tls_client_auth_san_uri,
            &self.tls_client_auth_san_email,
        ];
        let names_in_certificates = names_in_certificates.into_iter().flatten();
        // An empty name would be in certificates that have none.
        if names_in_certificates.clone().any(|name| name.trim().is_empty()) {
            return Err(Error::CertificateName);
        }
        let is_plain = |text: &String| {
            text.len() <= limits::CLIENT_TEXT
                && !text.chars().any(|c| c.is_control() || is_unseen(c))
        };
        if texts.chain(names_in_certificates).all(is_plain) {
            Ok(())
        } else {
            Err(Error::TextUnfit)
        }
    }
}

/// Characters that nobody sees, or that turn what follows around: with them one name looks like another.
const fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The form of a set, and that nothing in it is secret. Whether its keys can be used is `client::keys`'s.
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
