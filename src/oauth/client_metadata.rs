//! Client metadata: the settings of a relying party, as an operator writes them and the store keeps them.
//!
//! OpenID Connect Dynamic Client Registration §2, RFC 7591 §2; `sector`, `skip_consent`, `may_introspect`, `require_pkce`
//! and `weak_features` are the provider's own. Each field is well-formed by its type; whether they fit together is
//! `client_registration`, the only form that the flows accept. Secrets are not here: they are rows.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::oauth::distinguished_name::DistinguishedName;
use crate::oauth::grant_type::GrantType;
use crate::oauth::https_uri::{HttpsUri, RequestUri};
use crate::oauth::logo_name::LogoName;
use crate::oauth::redirect_uri::RedirectUri;
use crate::oauth::response_type::ResponseType;
use crate::oauth::scope::{Scope, ScopeSet};
use crate::oauth::weak_feature::{WeakFeature, WeakFeatures};
use crate::oauth::words::words;

words! {
    /// Where the client runs.
    pub enum ApplicationType {
        /// On a server.
        Web = "web",
        /// On the person's own device.
        Native = "native",
    }
}

words! {
    /// How the client proves at the token endpoint that it is the client.
    pub enum TokenEndpointAuthMethod {
        /// Not at all: a public client.
        None = "none",
        /// Its secret in the header `Authorization`.
        ClientSecretBasic = "client_secret_basic",
        /// Its secret in the form.
        ClientSecretPost = "client_secret_post",
        /// A JWT signed with its own key.
        PrivateKeyJwt = "private_key_jwt",
        /// A JWT signed with its secret. Accepted only from whom both locks are open for.
        ClientSecretJwt = "client_secret_jwt",
        /// A TLS certificate of an authority, with the registered name in it (RFC 8705 §2.1).
        TlsClientAuth = "tls_client_auth",
        /// A TLS certificate of its own, with a registered key (RFC 8705 §2.2).
        SelfSignedTlsClientAuth = "self_signed_tls_client_auth",
    }
}

words! {
    /// Whether two clients can find out that they speak of the same person.
    pub enum SubjectType {
        /// No: each sector knows the person by another identifier.
        Pairwise = "pairwise",
        /// Yes: all clients that are set so know the person by the same identifier.
        Public = "public",
    }
}

words! {
    /// How ID tokens are signed with a key of the provider's own.
    pub enum SigningAlgorithm {
        /// RSA PKCS #1 v1.5 with SHA-256; what a client is taken to understand if it says nothing.
        Rs256 = "RS256",
        /// ECDSA with P-256 and SHA-256.
        Es256 = "ES256",
        /// RSA-PSS with SHA-256 and a salt of 32 bytes.
        Ps256 = "PS256",
        /// Ed25519 (RFC 8037).
        EdDsa = "EdDSA",
    }
}

words! {
    /// How a client wants its ID tokens signed.
    pub enum IdTokenAlgorithm {
        /// RSA PKCS #1 v1.5 with SHA-256.
        Rs256 = "RS256",
        /// ECDSA with P-256 and SHA-256.
        Es256 = "ES256",
        /// RSA-PSS with SHA-256.
        Ps256 = "PS256",
        /// Ed25519.
        EdDsa = "EdDSA",
        /// HMAC with SHA-256 under the client's secret. Only for whom both locks are open.
        Hs256 = "HS256",
        /// Not at all. Only for whom both locks are open, and only from the token endpoint (Core §2).
        Unsigned = "none",
    }
}

impl IdTokenAlgorithm {
    /// The weak feature that it is part of, if any.
    pub const fn weak_feature(self) -> Option<WeakFeature> {
        match self {
            Self::Hs256 => Some(WeakFeature::Hs256),
            Self::Unsigned => Some(WeakFeature::UnsignedIdToken),
            Self::Rs256 | Self::Es256 | Self::Ps256 | Self::EdDsa => None,
        }
    }
}

words! {
    /// How a client says that it signs its assertions.
    pub enum ClientAssertionAlgorithm {
        /// ECDSA with P-256 and SHA-256.
        Es256 = "ES256",
        /// RSA-PSS with SHA-256.
        Ps256 = "PS256",
        /// RSA PKCS #1 v1.5 with SHA-256.
        Rs256 = "RS256",
        /// Ed25519.
        EdDsa = "EdDSA",
        /// HMAC with SHA-256 under its secret: what `client_secret_jwt` uses, and nothing else does.
        Hs256 = "HS256",
    }
}

words! {
    /// Whom a client's assertions may be made for.
    pub enum AssertionAudience {
        /// Our issuer alone (RFC 10070).
        Issuer = "issuer",
        /// The token endpoint's address, too. Only for whom both locks are open; each use is logged.
        Compat = "compat",
    }
}

words! {
    /// What a client's access tokens look like.
    pub enum AccessTokenFormat {
        /// A reference that only we can read.
        Opaque = "opaque",
        /// A JWT that a resource server can read by itself (RFC 9068).
        Jwt = "jwt",
    }
}

words! {
    /// How a client says that it signs its request objects.
    pub enum RequestObjectAlgorithm {
        /// Not at all. Accepted only from whom both locks are open for.
        Unsigned = "none",
        /// RSA PKCS #1 v1.5 with SHA-256.
        Rs256 = "RS256",
        /// ECDSA with P-256 and SHA-256.
        Es256 = "ES256",
        /// RSA-PSS with SHA-256.
        Ps256 = "PS256",
        /// Ed25519.
        EdDsa = "EdDSA",
    }
}

words! {
    /// How the key of an encrypted token reaches its reader (RFC 7518 §4.3, §4.6).
    pub enum EncryptionAlgorithm {
        /// RSA-OAEP with SHA-256 for both of its hashes.
        RsaOaep256 = "RSA-OAEP-256",
        /// Ephemeral Diffie-Hellman on P-256, the agreed key used directly.
        EcdhEs = "ECDH-ES",
    }
}

words! {
    /// How the content of an encrypted token is encrypted (RFC 7518 §5).
    pub enum ContentEncryption {
        /// AES-CBC and HMAC-SHA-256, 128 bits each; what is meant if a client names none.
        A128CbcHs256 = "A128CBC-HS256",
        /// AES-GCM with 256 bits.
        A256Gcm = "A256GCM",
    }
}

/// The settings of one client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own, with its own name"
)]
pub struct ClientMetadata {
    /// Where the client runs.
    pub application_type: ApplicationType,
    /// The name that people are shown, in Chinese.
    pub client_name: String,
    /// The same in English; the Chinese one where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name_en: Option<String>,
    /// The client's own front page: where a person can go back to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// Its picture, which people are shown on our pages, from our own origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<HttpsUri>,
    /// The name of our copy of it, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<LogoName>,
    /// What it says that it does with people's data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<HttpsUri>,
    /// Its terms of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<HttpsUri>,
    /// Who answers for it: mail addresses, for operators.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// Where a sign-in may be begun at the client (Core §4). Kept for other parties; we never go there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<HttpsUri>,
    /// The name of its software, the same for each installation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    /// The version of its software.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
    /// Where answers may be sent.
    pub redirect_uris: Vec<RedirectUri>,
    /// Where a person may be sent after signing out.
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// How the client proves that it is the client.
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// The one algorithm of its assertions; any that fits its method where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_signing_alg: Option<ClientAssertionAlgorithm>,
    /// Whom its assertions may be made for.
    pub assertion_audience: AssertionAudience,
    /// The subject of its certificate, as RFC 4514 writes it (`tls_client_auth`, which has exactly one such name).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_subject_dn: Option<DistinguishedName>,
    /// A DNS name among its certificate's alternative names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_dns: Option<String>,
    /// A URI among its certificate's alternative names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_uri: Option<String>,
    /// An IP address among its certificate's alternative names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_ip: Option<std::net::IpAddr>,
    /// A mail address among its certificate's alternative names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_email: Option<String>,
    /// The client's public keys, a JWK set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// Where its public keys are instead, so that it can change them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<HttpsUri>,
    /// What it may bring to the token endpoint.
    pub grant_types: Vec<GrantType>,
    /// What it may ask of the authorization endpoint.
    pub response_types: Vec<ResponseType>,
    /// The scopes that it may ask for.
    pub scope: ScopeSet,
    /// How it is told who a person is.
    pub subject_type: SubjectType,
    /// Clients of one sector know a person by the same pairwise identifier: a host, or a name that an operator gave.
    /// May be left empty where all redirect URIs have one host, which is then the sector.
    pub sector: String,
    /// The document that lists the redirect URIs of all clients of the sector, whose host then is the sector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<HttpsUri>,
    /// How its ID tokens are signed.
    pub id_token_signed_response_alg: IdTokenAlgorithm,
    /// How its ID tokens are encrypted; they are not where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_encrypted_response_alg: Option<EncryptionAlgorithm>,
    /// How the content of its encrypted ID tokens is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_encrypted_response_enc: Option<ContentEncryption>,
    /// How userinfo is signed; it is plain JSON where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<SigningAlgorithm>,
    /// How userinfo is encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_encrypted_response_alg: Option<EncryptionAlgorithm>,
    /// How the content of encrypted userinfo is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_encrypted_response_enc: Option<ContentEncryption>,
    /// What its access tokens look like.
    pub access_token_format: AccessTokenFormat,
    /// How its request objects are signed; any way that it has keys for where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_object_signing_alg: Option<RequestObjectAlgorithm>,
    /// How its request objects are encrypted; it may encrypt or not where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_object_encryption_alg: Option<EncryptionAlgorithm>,
    /// How the content of its encrypted request objects is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_object_encryption_enc: Option<ContentEncryption>,
    /// Where its request objects may be fetched from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_uris: Vec<RequestUri>,
    /// The page of the client that ends its session, shown in a frame when a person signs out (Front-Channel Logout §2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_uri: Option<HttpsUri>,
    /// Whether that page needs `iss` and `sid`.
    pub frontchannel_logout_session_required: bool,
    /// Where the client is told that a session has ended (Back-Channel Logout §2.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<HttpsUri>,
    /// Whether the logout token needs `sid`.
    pub backchannel_logout_session_required: bool,
    /// An agency of the same government whose requests need no consent page.
    pub skip_consent: bool,
    /// Whether it may introspect other clients' tokens. Giving it this right is audited; using it writes no row, as
    /// introspection is a read.
    pub may_introspect: bool,
    /// Whether its authorization requests need a PKCE challenge. Public clients always do.
    pub require_pkce: bool,
    /// The weak features that it may use where the deployment offers them. Giving them is audited with the client.
    #[serde(skip_serializing_if = "WeakFeatures::is_empty")]
    pub weak_features: WeakFeatures,
    /// The `max_age` of requests that name none, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u32>,
    /// The `acr_values` of requests that name none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub default_acr_values: Vec<String>,
    /// Whether every ID token says when the person signed in.
    pub require_auth_time: bool,
}

impl Default for ClientMetadata {
    fn default() -> Self {
        Self {
            application_type: ApplicationType::Web,
            client_name: String::new(),
            client_name_en: None,
            client_uri: None,
            logo_uri: None,
            logo: None,
            policy_uri: None,
            tos_uri: None,
            contacts: Vec::new(),
            initiate_login_uri: None,
            software_id: None,
            software_version: None,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretBasic,
            token_endpoint_auth_signing_alg: None,
            assertion_audience: AssertionAudience::Issuer,
            tls_client_auth_subject_dn: None,
            tls_client_auth_san_dns: None,
            tls_client_auth_san_uri: None,
            tls_client_auth_san_ip: None,
            tls_client_auth_san_email: None,
            jwks: None,
            jwks_uri: None,
            grant_types: vec![GrantType::AuthorizationCode],
            response_types: vec![ResponseType::Code],
            scope: ScopeSet::from_iter([Scope::OPENID]),
            subject_type: SubjectType::Pairwise,
            sector: String::new(),
            sector_identifier_uri: None,
            id_token_signed_response_alg: IdTokenAlgorithm::Rs256,
            id_token_encrypted_response_alg: None,
            id_token_encrypted_response_enc: None,
            userinfo_signed_response_alg: None,
            userinfo_encrypted_response_alg: None,
            userinfo_encrypted_response_enc: None,
            access_token_format: AccessTokenFormat::Opaque,
            request_object_signing_alg: None,
            request_object_encryption_alg: None,
            request_object_encryption_enc: None,
            request_uris: Vec::new(),
            frontchannel_logout_uri: None,
            frontchannel_logout_session_required: false,
            backchannel_logout_uri: None,
            backchannel_logout_session_required: false,
            skip_consent: false,
            may_introspect: false,
            require_pkce: true,
            weak_features: WeakFeatures::default(),
            default_max_age: None,
            default_acr_values: Vec::new(),
            require_auth_time: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_say_nothing_are_the_careful_ones() {
        let settings: ClientMetadata = serde_json::from_str("{}").unwrap();
        assert_eq!(settings, ClientMetadata::default());
        assert!(settings.require_pkce && !settings.skip_consent && !settings.may_introspect);
        assert_eq!(settings.subject_type, SubjectType::Pairwise);
        assert_eq!(settings.id_token_signed_response_alg, IdTokenAlgorithm::Rs256);
    }

    #[test]
    fn settings_are_written_in_the_words_of_the_specification_and_read_again() {
        let text = r#"{
            "application_type": "native", "client_name": "人事服務網", "client_name_en": "eCPA",
            "client_uri": "https://a.test/", "redirect_uris": ["http://127.0.0.1/cb"],
            "post_logout_redirect_uris": ["https://a.test/bye"], "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            "scope": "openid profile", "subject_type": "public", "sector": "a.test",
            "id_token_signed_response_alg": "ES256", "default_max_age": 3600, "require_auth_time": true
        }"#;
        let settings: ClientMetadata = serde_json::from_str(text).unwrap();
        assert_eq!(settings.grant_types, [GrantType::AuthorizationCode, GrantType::RefreshToken]);
        let stored = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<ClientMetadata>(&stored).unwrap(), settings);
    }

    /// A-TOK-20: a setting that is misspelt or not ours is refused, not dropped.
    #[test]
    fn an_unknown_setting_is_refused() {
        assert!(serde_json::from_str::<ClientMetadata>(r#"{"require_pcke": false}"#).is_err());
        assert!(
            serde_json::from_str::<ClientMetadata>(r#"{"response_types": ["token"]}"#).is_err()
        );
        assert!(
            serde_json::from_str::<ClientMetadata>(r#"{"id_token_signed_response_alg": "RS1"}"#)
                .is_err()
        );
    }

    /// A-RED-03: a stored or imported file is no way round the rules of registration.
    #[test]
    fn an_unsafe_redirect_uri_is_refused_wherever_it_comes_from() {
        for uri in ["javascript:alert(1)", "http://a.test/cb", "https://a.test/#x"] {
            for field in ["redirect_uris", "post_logout_redirect_uris"] {
                let text = serde_json::json!({ field: [uri] }).to_string();
                assert!(serde_json::from_str::<ClientMetadata>(&text).is_err(), "{text}");
            }
        }
    }
}
