//! Provider metadata: the one document behind both well-known addresses.
//!
//! OpenID Connect Discovery §3, RFC 8414 §2, RFC 9207 §3, RP-Initiated Logout §2.1, Initiating User Registration §4.1.
//! It says what the provider does and nothing else: each list is made from the vocabulary that the parsers accept.

use serde::Serialize;

use crate::base::path;
use crate::oauth::acr::Acr;
use crate::oauth::claim::Claim;
use crate::oauth::client_metadata::{
    ClientAssertionAlgorithm, ContentEncryption, EncryptionAlgorithm, IdTokenAlgorithm,
    RequestObjectAlgorithm, SigningAlgorithm, SubjectType, TokenEndpointAuthMethod,
};
use crate::oauth::display::Display;
use crate::oauth::grant_type::GrantType;
use crate::oauth::issuer::Issuer;
use crate::oauth::prompt::Prompt;
use crate::oauth::response_mode::ResponseMode;
use crate::oauth::response_type::ResponseType;
use crate::oauth::scope::Scope;
use crate::oauth::weak_feature::{WeakFeature, WeakFeatures};

/// How a client may prove that it is the client, where these weak features are offered, with a TLS listener or without.
fn methods(weak_features: &WeakFeatures, has_tls: bool) -> Vec<TokenEndpointAuthMethod> {
    use TokenEndpointAuthMethod as Method;
    let is_offered = |method: &Method| match method {
        Method::None
        | Method::ClientSecretBasic
        | Method::ClientSecretPost
        | Method::PrivateKeyJwt => true,
        Method::ClientSecretJwt => weak_features.contains(WeakFeature::ClientSecretJwt),
        Method::TlsClientAuth | Method::SelfSignedTlsClientAuth => has_tls,
    };
    Method::ALL.iter().copied().filter(is_offered).collect()
}

/// The algorithms in which a client may sign its assertions, where these weak features are offered.
fn assertion_algorithms(weak_features: &WeakFeatures) -> Vec<ClientAssertionAlgorithm> {
    let is_offered = |algorithm: &ClientAssertionAlgorithm| {
        *algorithm != ClientAssertionAlgorithm::Hs256
            || weak_features.contains(WeakFeature::ClientSecretJwt)
    };
    ClientAssertionAlgorithm::ALL.iter().copied().filter(is_offered).collect()
}

/// The document; its serialised form is the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the specifications' members")]
pub struct ProviderMetadata {
    issuer: Issuer,
    #[serde(flatten)]
    endpoints: Endpoints,
    scopes_supported: [Scope; 7],
    response_types_supported: Vec<ResponseType>,
    response_modes_supported: Vec<ResponseMode>,
    grant_types_supported: Vec<GrantType>,
    acr_values_supported: [Acr; 1],
    subject_types_supported: &'static [SubjectType],
    #[serde(flatten)]
    tokens: Tokens,
    #[serde(flatten)]
    authentication: Authentication,
    #[serde(flatten)]
    request_objects: RequestObjects,
    code_challenge_methods_supported: [&'static str; 1],
    prompt_values_supported: &'static [Prompt],
    display_values_supported: [Display; 1],
    claim_types_supported: [&'static str; 1],
    claims_supported: &'static [Claim],
    ui_locales_supported: [&'static str; 2],
    claims_parameter_supported: bool,
    authorization_response_iss_parameter_supported: bool,
    frontchannel_logout_supported: bool,
    frontchannel_logout_session_supported: bool,
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    check_session_iframe: Option<String>,
}

/// Where everything is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Endpoints {
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_endpoint: Option<String>,
    end_session_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mtls_endpoint_aliases: Option<MtlsEndpointAliases>,
}

/// How tokens and userinfo are signed and encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Tokens {
    id_token_signing_alg_values_supported: Vec<IdTokenAlgorithm>,
    id_token_encryption_alg_values_supported: &'static [EncryptionAlgorithm],
    id_token_encryption_enc_values_supported: &'static [ContentEncryption],
    userinfo_signing_alg_values_supported: &'static [SigningAlgorithm],
    userinfo_encryption_alg_values_supported: &'static [EncryptionAlgorithm],
    userinfo_encryption_enc_values_supported: &'static [ContentEncryption],
}

/// How clients prove themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Authentication {
    token_endpoint_auth_methods_supported: Vec<TokenEndpointAuthMethod>,
    token_endpoint_auth_signing_alg_values_supported: Vec<ClientAssertionAlgorithm>,
    introspection_endpoint_auth_methods_supported: Vec<TokenEndpointAuthMethod>,
    introspection_endpoint_auth_signing_alg_values_supported: Vec<ClientAssertionAlgorithm>,
    revocation_endpoint_auth_methods_supported: Vec<TokenEndpointAuthMethod>,
    revocation_endpoint_auth_signing_alg_values_supported: Vec<ClientAssertionAlgorithm>,
}

/// How requests may come as objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct RequestObjects {
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    require_request_uri_registration: bool,
    request_object_signing_alg_values_supported: Vec<RequestObjectAlgorithm>,
    request_object_encryption_alg_values_supported: &'static [EncryptionAlgorithm],
    request_object_encryption_enc_values_supported: &'static [ContentEncryption],
}

/// The endpoints of clients that come with a certificate (RFC 8705 §5): where they are on the listener that asks for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct MtlsEndpointAliases {
    token_endpoint: String,
    userinfo_endpoint: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
}

impl ProviderMetadata {
    /// The document of this issuer, which offers these weak features, and at `tls` its listener for certificates.
    pub fn new(issuer: &Issuer, weak_features: &WeakFeatures, tls: Option<&Issuer>) -> Self {
        let is_open = |of: &ResponseType| {
            of.weak_feature().is_none_or(|feature| weak_features.contains(feature))
        };
        let response_types: Vec<_> = ResponseType::ALL.iter().copied().filter(is_open).collect();
        let in_front = response_types.iter().any(|of| of.has_id_token() || of.has_token());
        Self {
            issuer: issuer.clone(),
            endpoints: Endpoints::of(issuer, weak_features, tls),
            scopes_supported: Scope::KNOWN,
            response_types_supported: response_types,
            response_modes_supported: ResponseMode::ALL
                .iter()
                .copied()
                .filter(|mode| in_front || *mode != ResponseMode::Fragment)
                .collect(),
            grant_types_supported: GrantType::ALL
                .iter()
                .copied()
                .filter(|of| in_front || *of != GrantType::Implicit)
                .collect(),
            // The levels that a credential of today reaches.
            acr_values_supported: [Acr::Password],
            subject_types_supported: SubjectType::ALL,
            tokens: Tokens::of(weak_features),
            authentication: Authentication::of(weak_features, tls.is_some()),
            request_objects: RequestObjects::of(weak_features),
            code_challenge_methods_supported: ["S256"],
            prompt_values_supported: Prompt::ALL,
            // Other values of `display` are tolerated and get a page.
            display_values_supported: [Display::Page],
            claim_types_supported: ["normal"],
            claims_supported: Claim::ALL,
            ui_locales_supported: ["zh-Hant", "en"],
            claims_parameter_supported: true,
            authorization_response_iss_parameter_supported: true,
            frontchannel_logout_supported: true,
            frontchannel_logout_session_supported: true,
            backchannel_logout_supported: true,
            backchannel_logout_session_supported: true,
            check_session_iframe: None,
        }
    }

    /// The document of a deployment where session management is on.
    #[must_use]
    pub fn with_session_management(mut self) -> Self {
        self.check_session_iframe = Some(self.issuer.url(path::CHECK_SESSION));
        self
    }
}

impl Endpoints {
    fn of(issuer: &Issuer, weak_features: &WeakFeatures, tls: Option<&Issuer>) -> Self {
        Self {
            authorization_endpoint: issuer.url(path::AUTHORIZE),
            token_endpoint: issuer.url(path::TOKEN),
            userinfo_endpoint: issuer.url(path::USERINFO),
            jwks_uri: issuer.url(path::JWKS),
            introspection_endpoint: issuer.url(path::INTROSPECTION),
            revocation_endpoint: issuer.url(path::REVOCATION),
            registration_endpoint: weak_features
                .contains(WeakFeature::DynamicRegistration)
                .then(|| issuer.url(path::REGISTRATION)),
            end_session_endpoint: issuer.url(path::END_SESSION),
            mtls_endpoint_aliases: tls.map(|tls| MtlsEndpointAliases {
                token_endpoint: tls.url(path::TOKEN),
                userinfo_endpoint: tls.url(path::USERINFO),
                introspection_endpoint: tls.url(path::INTROSPECTION),
                revocation_endpoint: tls.url(path::REVOCATION),
            }),
        }
    }
}

impl Tokens {
    fn of(weak_features: &WeakFeatures) -> Self {
        Self {
            id_token_signing_alg_values_supported: IdTokenAlgorithm::ALL
                .iter()
                .copied()
                .filter(|of| {
                    of.weak_feature().is_none_or(|feature| weak_features.contains(feature))
                })
                .collect(),
            id_token_encryption_alg_values_supported: EncryptionAlgorithm::ALL,
            id_token_encryption_enc_values_supported: ContentEncryption::ALL,
            userinfo_signing_alg_values_supported: SigningAlgorithm::ALL,
            userinfo_encryption_alg_values_supported: EncryptionAlgorithm::ALL,
            userinfo_encryption_enc_values_supported: ContentEncryption::ALL,
        }
    }
}

impl Authentication {
    fn of(weak_features: &WeakFeatures, has_tls: bool) -> Self {
        let methods = methods(weak_features, has_tls);
        let algorithms = assertion_algorithms(weak_features);
        Self {
            token_endpoint_auth_methods_supported: methods.clone(),
            token_endpoint_auth_signing_alg_values_supported: algorithms.clone(),
            // Public clients have no business there.
            introspection_endpoint_auth_methods_supported: methods
                .iter()
                .copied()
                .filter(|method| *method != TokenEndpointAuthMethod::None)
                .collect(),
            introspection_endpoint_auth_signing_alg_values_supported: algorithms.clone(),
            revocation_endpoint_auth_methods_supported: methods,
            revocation_endpoint_auth_signing_alg_values_supported: algorithms,
        }
    }
}

impl RequestObjects {
    fn of(weak_features: &WeakFeatures) -> Self {
        let unsigned = weak_features.contains(WeakFeature::UnsignedRequestObject);
        Self {
            request_parameter_supported: true,
            request_uri_parameter_supported: true,
            require_request_uri_registration: true,
            request_object_signing_alg_values_supported: RequestObjectAlgorithm::ALL
                .iter()
                .copied()
                .filter(|of| unsigned || *of != RequestObjectAlgorithm::Unsigned)
                .collect(),
            request_object_encryption_alg_values_supported: EncryptionAlgorithm::ALL,
            request_object_encryption_enc_values_supported: ContentEncryption::ALL,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn document(issuer: &str) -> Value {
        offering(issuer, &[])
    }

    fn offering(issuer: &str, weak_features: &[WeakFeature]) -> Value {
        let issuer = Issuer::parse(issuer).unwrap();
        let weak_features = weak_features.iter().copied().collect();
        serde_json::to_value(ProviderMetadata::new(&issuer, &weak_features, None)).unwrap()
    }

    /// A-TOK-26: what a deployment does not list is in no document.
    #[test]
    fn weak_features_are_told_where_they_are_offered_and_only_there() {
        let lists = |weak: &[WeakFeature]| {
            let document = offering("https://sso.gov.tw", weak);
            let names = ["response_types", "response_modes", "grant_types"];
            names.map(|name| document[format!("{name}_supported")].clone())
        };
        let grants = json!(["authorization_code", "refresh_token", "client_credentials"]);
        assert_eq!(lists(&[]), [json!(["code"]), json!(["query", "form_post"]), grants]);
        assert_eq!(lists(&[WeakFeature::NoPkce]), lists(&[]));
        let [types, modes, grants] = lists(&[WeakFeature::ImplicitFlow]);
        assert_eq!(types, json!(["code", "id_token", "id_token token"]));
        assert_eq!(modes, json!(["query", "fragment", "form_post"]));
        assert_eq!(grants[3], "implicit");
        let algorithms = |weak: &[WeakFeature]| {
            let document = offering("https://sso.gov.tw", weak);
            document["request_object_signing_alg_values_supported"].clone()
        };
        assert_eq!(algorithms(&[]), json!(["RS256", "ES256", "PS256", "EdDSA"]));
        let unsigned = algorithms(&[WeakFeature::UnsignedRequestObject]);
        assert_eq!(unsigned, json!(["none", "RS256", "ES256", "PS256", "EdDSA"]));
        let signed = |weak: &[WeakFeature]| {
            let document = offering("https://sso.gov.tw", weak);
            let others = document["userinfo_signing_alg_values_supported"].clone();
            (document["id_token_signing_alg_values_supported"].clone(), others)
        };
        let own = json!(["RS256", "ES256", "PS256", "EdDSA"]);
        assert_eq!(signed(&[]), (own.clone(), own.clone()));
        let with_secret = json!(["RS256", "ES256", "PS256", "EdDSA", "HS256"]);
        assert_eq!(signed(&[WeakFeature::Hs256]), (with_secret, own.clone()));
        let unsigned = json!(["RS256", "ES256", "PS256", "EdDSA", "none"]);
        assert_eq!(signed(&[WeakFeature::UnsignedIdToken]), (unsigned, own));
        let [types, ..] = lists(&[WeakFeature::HybridFlow]);
        assert_eq!(types, json!(["code", "code id_token", "code token", "code id_token token"]));
        assert_eq!(offering("https://sso.gov.tw", &[]).get("registration_endpoint"), None);
        let open = offering("https://sso.gov.tw", &[WeakFeature::DynamicRegistration]);
        assert_eq!(open["registration_endpoint"], "https://sso.gov.tw/register");
    }

    /// A-TOK-26
    #[test]
    fn assertions_by_a_secret_are_told_where_they_are_offered_and_only_there() {
        let told = |weak: &[WeakFeature]| {
            let document = offering("https://sso.gov.tw", weak);
            ["token", "introspection", "revocation"].map(|endpoint| {
                let list =
                    |name: &str| document[format!("{endpoint}_endpoint_auth_{name}")].clone();
                let has = |list: Value, word: &str| list.as_array().unwrap().contains(&json!(word));
                (
                    has(list("methods_supported"), "client_secret_jwt"),
                    has(list("signing_alg_values_supported"), "HS256"),
                )
            })
        };
        assert_eq!(told(&[]), [(false, false); 3]);
        assert_eq!(told(&[WeakFeature::Hs256]), [(false, false); 3]);
        assert_eq!(told(&[WeakFeature::ClientSecretJwt]), [(true, true); 3]);
    }

    /// RFC 8705 §5: certificates are told of where there is a listener that asks for them.
    #[test]
    fn certificates_and_their_addresses_are_told_where_the_listener_is_and_only_there() {
        let issuer = Issuer::parse("https://sso.gov.tw").unwrap();
        let tls = Issuer::parse("https://mtls.sso.gov.tw:8443").unwrap();
        let told = |tls| {
            let document = ProviderMetadata::new(&issuer, &WeakFeatures::default(), tls);
            let document = serde_json::to_value(document).unwrap();
            let methods = document["token_endpoint_auth_methods_supported"].to_string();
            let both = ["\"tls_client_auth\"", "self_signed_tls_client_auth"];
            (both.map(|method| methods.contains(method)), document["mtls_endpoint_aliases"].clone())
        };
        assert_eq!(told(None), ([false, false], Value::Null));
        let aliases = json!({
            "token_endpoint": "https://mtls.sso.gov.tw:8443/token",
            "userinfo_endpoint": "https://mtls.sso.gov.tw:8443/userinfo",
            "introspection_endpoint": "https://mtls.sso.gov.tw:8443/introspect",
            "revocation_endpoint": "https://mtls.sso.gov.tw:8443/revoke",
        });
        assert_eq!(told(Some(&tls)), ([true, true], aliases));
    }

    #[test]
    fn every_address_is_the_issuers() {
        let document = document("https://sso.gov.tw");
        assert_eq!(document["issuer"], "https://sso.gov.tw");
        assert_eq!(document["jwks_uri"], "https://sso.gov.tw/jwks");
        let members = document.as_object().unwrap();
        let endpoints = members.iter().filter(|(name, _)| name.ends_with("_endpoint"));
        assert_eq!(endpoints.clone().count(), 6);
        for (name, url) in endpoints {
            assert!(url.as_str().unwrap().starts_with("https://sso.gov.tw/"), "{name}");
        }
    }

    #[test]
    fn the_document_offers_what_the_parsers_accept() {
        let document = document("http://localhost:8080");
        let expected = json!({
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "form_post"],
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            "subject_types_supported": ["pairwise", "public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "PS256", "EdDSA"],
            "id_token_encryption_alg_values_supported": ["RSA-OAEP-256", "ECDH-ES"],
            "id_token_encryption_enc_values_supported": ["A128CBC-HS256", "A256GCM"],
            "userinfo_signing_alg_values_supported": ["RS256", "ES256", "PS256", "EdDSA"],
            "userinfo_encryption_alg_values_supported": ["RSA-OAEP-256", "ECDH-ES"],
            "userinfo_encryption_enc_values_supported": ["A128CBC-HS256", "A256GCM"],
            "acr_values_supported": ["urn:fuxin:assurance:1"],
            "token_endpoint_auth_methods_supported":
                ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"],
            "introspection_endpoint_auth_methods_supported":
                ["client_secret_basic", "client_secret_post", "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["ES256", "PS256", "RS256", "EdDSA"],
            "code_challenge_methods_supported": ["S256"],
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "ui_locales_supported": ["zh-Hant", "en"],
            "claims_parameter_supported": true,
            "request_parameter_supported": true,
            "request_uri_parameter_supported": true,
            "require_request_uri_registration": true,
            "request_object_encryption_alg_values_supported": ["RSA-OAEP-256", "ECDH-ES"],
            "request_object_encryption_enc_values_supported": ["A128CBC-HS256", "A256GCM"],
            "authorization_response_iss_parameter_supported": true,
        });
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&document[name], value, "{name}");
        }
        let contains = |list: &str, word: &str| {
            document[list].as_array().unwrap().iter().any(|value| value == word)
        };
        assert!(contains("scopes_supported", "openid"));
        assert!(contains("claims_supported", "email_verified"));
    }
}
