//! Provider metadata: the one document behind both well-known addresses.
//!
//! OpenID Connect Discovery §3, RFC 8414 §2, RFC 9207 §3, RP-Initiated Logout §2.1, Initiating User Registration §4.1.
//! It says what the provider does and nothing else: each list is made from the vocabulary that the parsers accept.

use serde::Serialize;

use crate::base::path;
use crate::oauth::acr::Acr;
use crate::oauth::claim::Claim;
use crate::oauth::client_metadata::{SigningAlgorithm, SubjectType, TokenEndpointAuthMethod};
use crate::oauth::display::Display;
use crate::oauth::grant_type::GrantType;
use crate::oauth::issuer::Issuer;
use crate::oauth::prompt::Prompt;
use crate::oauth::response_mode::ResponseMode;
use crate::oauth::response_type::ResponseType;
use crate::oauth::scope::Scope;
use crate::oauth::weak_feature::WeakFeatures;

/// The algorithms in which a client may sign its assertions (`private_key_jwt`).
pub const ASSERTION_ALGORITHMS: [&str; 3] = ["ES256", "PS256", "RS256"];

/// How a client may prove that it is the client. At the introspection endpoint public clients have no business.
const METHODS: [TokenEndpointAuthMethod; 4] = [
    TokenEndpointAuthMethod::None,
    TokenEndpointAuthMethod::ClientSecretBasic,
    TokenEndpointAuthMethod::ClientSecretPost,
    TokenEndpointAuthMethod::PrivateKeyJwt,
];

/// The document; its serialised form is the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the specifications' members")]
pub struct ProviderMetadata {
    issuer: Issuer,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
    end_session_endpoint: String,
    scopes_supported: [Scope; 7],
    response_types_supported: Vec<ResponseType>,
    response_modes_supported: Vec<ResponseMode>,
    grant_types_supported: Vec<GrantType>,
    acr_values_supported: [Acr; 1],
    subject_types_supported: &'static [SubjectType],
    id_token_signing_alg_values_supported: &'static [SigningAlgorithm],
    token_endpoint_auth_methods_supported: Vec<TokenEndpointAuthMethod>,
    token_endpoint_auth_signing_alg_values_supported: [&'static str; 3],
    introspection_endpoint_auth_methods_supported: Vec<TokenEndpointAuthMethod>,
    introspection_endpoint_auth_signing_alg_values_supported: [&'static str; 3],
    revocation_endpoint_auth_methods_supported: Vec<TokenEndpointAuthMethod>,
    revocation_endpoint_auth_signing_alg_values_supported: [&'static str; 3],
    code_challenge_methods_supported: [&'static str; 1],
    prompt_values_supported: &'static [Prompt],
    display_values_supported: [Display; 1],
    claim_types_supported: [&'static str; 1],
    claims_supported: &'static [Claim],
    ui_locales_supported: [&'static str; 2],
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    authorization_response_iss_parameter_supported: bool,
    frontchannel_logout_supported: bool,
    frontchannel_logout_session_supported: bool,
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    check_session_iframe: Option<String>,
}

impl ProviderMetadata {
    /// The document of this issuer, which offers these weak features.
    pub fn new(issuer: &Issuer, weak_features: &WeakFeatures) -> Self {
        let is_open = |of: &ResponseType| {
            of.weak_feature().is_none_or(|feature| weak_features.contains(feature))
        };
        let response_types: Vec<_> = ResponseType::ALL.iter().copied().filter(is_open).collect();
        let in_front = response_types.iter().any(|of| of.has_id_token() || of.has_token());
        Self {
            issuer: issuer.clone(),
            authorization_endpoint: issuer.url(path::AUTHORIZE),
            token_endpoint: issuer.url(path::TOKEN),
            userinfo_endpoint: issuer.url(path::USERINFO),
            jwks_uri: issuer.url(path::JWKS),
            introspection_endpoint: issuer.url(path::INTROSPECTION),
            revocation_endpoint: issuer.url(path::REVOCATION),
            end_session_endpoint: issuer.url(path::END_SESSION),
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
            id_token_signing_alg_values_supported: SigningAlgorithm::ALL,
            token_endpoint_auth_methods_supported: METHODS.to_vec(),
            token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
            introspection_endpoint_auth_methods_supported: METHODS
                .into_iter()
                .filter(|method| *method != TokenEndpointAuthMethod::None)
                .collect(),
            introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
            revocation_endpoint_auth_methods_supported: METHODS.to_vec(),
            revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
            code_challenge_methods_supported: ["S256"],
            prompt_values_supported: Prompt::ALL,
            // Other values of `display` are tolerated and get a page.
            display_values_supported: [Display::Page],
            claim_types_supported: ["normal"],
            claims_supported: Claim::ALL,
            ui_locales_supported: ["zh-Hant", "en"],
            claims_parameter_supported: true,
            request_parameter_supported: false,
            // Absent would mean true (Discovery §3).
            request_uri_parameter_supported: false,
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::oauth::weak_feature::WeakFeature;

    fn document(issuer: &str) -> Value {
        offering(issuer, &[])
    }

    fn offering(issuer: &str, weak_features: &[WeakFeature]) -> Value {
        let issuer = Issuer::parse(issuer).unwrap();
        let weak_features = weak_features.iter().copied().collect();
        serde_json::to_value(ProviderMetadata::new(&issuer, &weak_features)).unwrap()
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
        let [types, ..] = lists(&[WeakFeature::HybridFlow]);
        assert_eq!(types, json!(["code", "code id_token", "code token", "code id_token token"]));
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
            "acr_values_supported": ["urn:fuxin:assurance:1"],
            "token_endpoint_auth_methods_supported":
                ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"],
            "introspection_endpoint_auth_methods_supported":
                ["client_secret_basic", "client_secret_post", "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["ES256", "PS256", "RS256"],
            "code_challenge_methods_supported": ["S256"],
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "ui_locales_supported": ["zh-Hant", "en"],
            "claims_parameter_supported": true,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
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
