//! How far a registration over the network may reach: what an initial access token carries, and its clients keep.
//!
//! A client is given the intersection of what it asks for, of this, and of what the deployment offers. No member of a
//! registration waives PKCE, allows request objects that nobody signed or widens an assertion's audience: those waivers
//! come from here. RFC 7591 §3, §5; RFC 9700 §2.1.1.

use serde::{Deserialize, Serialize};

use crate::oauth::client_metadata::{
    AssertionAudience, ClientMetadata, RequestObjectAlgorithm, TokenEndpointAuthMethod,
};
use crate::oauth::grant_type::GrantType;
use crate::oauth::response_type::ResponseType;
use crate::oauth::scope::ScopeSet;
use crate::oauth::weak_feature::{WeakFeature, WeakFeatures};

/// What a client may be that registers itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrationPolicy {
    /// What it may ask of the authorization endpoint.
    pub response_types: Vec<ResponseType>,
    /// How it may prove that it is the client.
    pub token_endpoint_auth_methods: Vec<TokenEndpointAuthMethod>,
    /// The weak features that it may be given, the waivers among them.
    pub weak_features: WeakFeatures,
    /// The scopes that it may ask for, and is given where it names none.
    pub scope: ScopeSet,
}

/// What lies outside of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Outside {
    /// A client that comes without a person: nobody has vouched for what it may do then.
    #[error("grant_types: client_credentials is not open to clients that register themselves")]
    ClientCredentials,
    /// A response type.
    #[error("response_types: {0} is not open to this client")]
    ResponseType(ResponseType),
    /// A way to authenticate.
    #[error("token_endpoint_auth_method: {0} is not open to this client")]
    Method(TokenEndpointAuthMethod),
    /// A scope.
    #[error("scope: one of the scopes is not open to this client")]
    Scope,
    /// What the request makes use of.
    #[error("{0} is not open to this client")]
    WeakFeature(WeakFeature),
}

impl RegistrationPolicy {
    /// The response type or method in it that no client could ever be given, since its weak feature is missing.
    pub fn contradiction(&self) -> Option<WeakFeature> {
        let of_types = self.response_types.iter().filter_map(|of| of.weak_feature());
        let secret_jwt =
            self.token_endpoint_auth_methods.contains(&TokenEndpointAuthMethod::ClientSecretJwt);
        of_types
            .chain(secret_jwt.then_some(WeakFeature::ClientSecretJwt))
            .find(|feature| !self.weak_features.contains(*feature))
    }

    /// What of it a deployment offers that offers these.
    #[must_use]
    pub fn within(&self, deployment: &WeakFeatures) -> Self {
        let both = self.weak_features.iter().filter(|feature| deployment.contains(*feature));
        Self { weak_features: both.collect(), ..self.clone() }
    }

    /// Settings as they were asked for, with what the policy gives besides; or what in them lies outside.
    pub fn apply(&self, mut settings: ClientMetadata) -> Result<ClientMetadata, Outside> {
        use TokenEndpointAuthMethod as Method;
        let method = settings.token_endpoint_auth_method;
        if settings.grant_types.contains(&GrantType::ClientCredentials) {
            return Err(Outside::ClientCredentials);
        }
        if !self.token_endpoint_auth_methods.contains(&method) {
            return Err(Outside::Method(method));
        }
        if let Some(of) =
            settings.response_types.iter().find(|of| !self.response_types.contains(of))
        {
            return Err(Outside::ResponseType(*of));
        }
        if !settings.scope.is_subset_of(&self.scope) {
            return Err(Outside::Scope);
        }
        let gives = |feature| self.weak_features.contains(feature);
        let has_code = settings.response_types.iter().any(|of| of.has_code());
        settings.require_pkce = !(gives(WeakFeature::NoPkce) && has_code && method != Method::None);
        let asserts = matches!(method, Method::PrivateKeyJwt | Method::ClientSecretJwt);
        if gives(WeakFeature::CompatAudience) && asserts {
            settings.assertion_audience = AssertionAudience::Compat;
        }
        // Whoever registers an algorithm has said that its request objects are signed.
        let unsigned = gives(WeakFeature::UnsignedRequestObject)
            && settings
                .request_object_signing_alg
                .is_none_or(|of| of == RequestObjectAlgorithm::Unsigned);
        let used: Vec<WeakFeature> = settings.weak_features_used().collect();
        if let Some(feature) = used.iter().find(|feature| !gives(**feature)) {
            return Err(Outside::WeakFeature(*feature));
        }
        settings.weak_features = used
            .into_iter()
            .chain(unsigned.then_some(WeakFeature::UnsignedRequestObject))
            .chain([WeakFeature::DynamicRegistration])
            .collect();
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::client_metadata::IdTokenAlgorithm;

    fn policy(weak: &[WeakFeature]) -> RegistrationPolicy {
        RegistrationPolicy {
            response_types: vec![ResponseType::Code, ResponseType::CodeIdToken],
            token_endpoint_auth_methods: vec![
                TokenEndpointAuthMethod::None,
                TokenEndpointAuthMethod::ClientSecretBasic,
                TokenEndpointAuthMethod::PrivateKeyJwt,
            ],
            weak_features: weak.iter().copied().collect(),
            scope: "openid profile".parse().unwrap(),
        }
    }

    fn asked(change: impl FnOnce(&mut ClientMetadata)) -> ClientMetadata {
        let mut settings = ClientMetadata::default();
        change(&mut settings);
        settings
    }

    type Change = fn(&mut ClientMetadata);

    fn features(settings: &ClientMetadata) -> Vec<WeakFeature> {
        settings.weak_features.iter().collect()
    }

    #[test]
    fn what_lies_outside_is_named_and_what_lies_inside_is_given() {
        let policy = policy(&[]);
        let given = policy.apply(asked(|_| {})).unwrap();
        assert_eq!(features(&given), [WeakFeature::DynamicRegistration]);
        assert!(given.require_pkce && !given.skip_consent && !given.may_introspect);
        let changes: [(Change, Outside); 5] = [
            (|it| it.grant_types.push(GrantType::ClientCredentials), Outside::ClientCredentials),
            (
                |it| it.response_types.push(ResponseType::IdToken),
                Outside::ResponseType(ResponseType::IdToken),
            ),
            (
                |it| it.token_endpoint_auth_method = TokenEndpointAuthMethod::ClientSecretPost,
                Outside::Method(TokenEndpointAuthMethod::ClientSecretPost),
            ),
            (|it| it.scope = "openid email".parse().unwrap(), Outside::Scope),
            (
                |it| it.response_types = vec![ResponseType::CodeIdToken],
                Outside::WeakFeature(WeakFeature::HybridFlow),
            ),
        ];
        for (change, outside) in changes {
            assert_eq!(policy.apply(asked(change)), Err(outside));
        }
    }

    /// A-TOK-26: no member asks for a waiver; a policy gives it, and only to whom it helps.
    #[test]
    fn a_waiver_comes_from_the_policy_alone() {
        let waivers =
            [WeakFeature::NoPkce, WeakFeature::UnsignedRequestObject, WeakFeature::CompatAudience];
        let policy = policy(&waivers);
        let given = policy.apply(asked(|_| {})).unwrap();
        assert!(!given.require_pkce && given.assertion_audience == AssertionAudience::Issuer);
        assert!(!given.weak_features.contains(WeakFeature::CompatAudience));
        assert!(given.weak_features.contains(WeakFeature::UnsignedRequestObject));
        let signs = policy.apply(asked(|it| {
            it.token_endpoint_auth_method = TokenEndpointAuthMethod::PrivateKeyJwt;
            it.request_object_signing_alg = Some(RequestObjectAlgorithm::Es256);
        }));
        let signs = signs.unwrap();
        assert_eq!(signs.assertion_audience, AssertionAudience::Compat);
        assert!(!signs.weak_features.contains(WeakFeature::UnsignedRequestObject));
        let public =
            policy.apply(asked(|it| it.token_endpoint_auth_method = TokenEndpointAuthMethod::None));
        let public = public.unwrap();
        assert!(public.require_pkce && !public.weak_features.contains(WeakFeature::NoPkce));
    }

    #[test]
    fn a_feature_is_given_where_it_is_used_and_the_deployment_has_it() {
        let both = [WeakFeature::UnsignedIdToken, WeakFeature::HybridFlow];
        let unsigned = || asked(|it| it.id_token_signed_response_alg = IdTokenAlgorithm::Unsigned);
        let given = policy(&both).apply(unsigned()).unwrap();
        assert_eq!(
            features(&given),
            [WeakFeature::UnsignedIdToken, WeakFeature::DynamicRegistration]
        );
        let narrower = policy(&both).within(&[WeakFeature::HybridFlow].into_iter().collect());
        assert_eq!(
            narrower.apply(unsigned()),
            Err(Outside::WeakFeature(WeakFeature::UnsignedIdToken))
        );
    }

    #[test]
    fn a_policy_that_contradicts_itself_is_seen() {
        assert_eq!(policy(&[]).contradiction(), Some(WeakFeature::HybridFlow));
        let mut policy = policy(&[WeakFeature::HybridFlow]);
        assert_eq!(policy.contradiction(), None);
        policy.token_endpoint_auth_methods.push(TokenEndpointAuthMethod::ClientSecretJwt);
        assert_eq!(policy.contradiction(), Some(WeakFeature::ClientSecretJwt));
    }
}
