//! Discovery: the whole document, and that it is true.

use serde_json::{Value, json};

use crate::support::{on_each_database, on_each_database_with};

#[test]
fn the_discovery_document_says_exactly_this() {
    on_each_database(async |app| {
        let document = app.get("/.well-known/openid-configuration").await;
        assert_eq!(document.status, 200);
        assert_eq!(document.headers["content-type"], "application/json");
        let url = |path: &str| app.url(path);
        let methods =
            json!(["none", "client_secret_basic", "client_secret_post", "private_key_jwt"]);
        let signing = json!(["ES256", "PS256", "RS256", "EdDSA"]);
        let mut expected = json!({
            "issuer": app.issuer,
            "authorization_endpoint": url("/authorize"),
            "token_endpoint": url("/token"),
            "userinfo_endpoint": url("/userinfo"),
            "jwks_uri": url("/jwks"),
            "introspection_endpoint": url("/introspect"),
            "revocation_endpoint": url("/revoke"),
            "end_session_endpoint": url("/end-session"),
            "scopes_supported":
                ["openid", "profile", "email", "address", "phone", "agency", "offline_access"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "form_post"],
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            "acr_values_supported": ["urn:fuxin:assurance:1"],
            "subject_types_supported": ["pairwise", "public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "PS256", "EdDSA"],
            "id_token_encryption_alg_values_supported": ["RSA-OAEP-256", "ECDH-ES"],
            "id_token_encryption_enc_values_supported": ["A128CBC-HS256", "A256GCM"],
            "userinfo_signing_alg_values_supported": ["RS256", "ES256", "PS256", "EdDSA"],
            "userinfo_encryption_alg_values_supported": ["RSA-OAEP-256", "ECDH-ES"],
            "userinfo_encryption_enc_values_supported": ["A128CBC-HS256", "A256GCM"],
            "token_endpoint_auth_methods_supported": methods,
            "token_endpoint_auth_signing_alg_values_supported": signing,
            "introspection_endpoint_auth_methods_supported":
                ["client_secret_basic", "client_secret_post", "private_key_jwt"],
            "introspection_endpoint_auth_signing_alg_values_supported": signing,
            "revocation_endpoint_auth_methods_supported": methods,
            "revocation_endpoint_auth_signing_alg_values_supported": signing,
        });
        let more = json!({
            "code_challenge_methods_supported": ["S256"],
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "display_values_supported": ["page"],
            "claim_types_supported": ["normal"],
            "ui_locales_supported": ["zh-Hant", "en"],
            "claims_parameter_supported": true,
            "request_parameter_supported": true,
            "request_uri_parameter_supported": true,
            "require_request_uri_registration": true,
            "request_object_signing_alg_values_supported": ["RS256", "ES256", "PS256", "EdDSA"],
            "request_object_encryption_alg_values_supported": ["RSA-OAEP-256", "ECDH-ES"],
            "request_object_encryption_enc_values_supported": ["A128CBC-HS256", "A256GCM"],
            "authorization_response_iss_parameter_supported": true,
            "frontchannel_logout_supported": true,
            "frontchannel_logout_session_supported": true,
            "backchannel_logout_supported": true,
            "backchannel_logout_session_supported": true,
        });
        expected.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let claims = document.body["claims_supported"].as_array().unwrap();
        for claim in ["sub", "name", "email", "phone_number", "address", "birthdate", "acr"] {
            assert!(claims.contains(&Value::String(claim.to_owned())), "{claim}");
        }
        expected["claims_supported"] = document.body["claims_supported"].clone();
        assert_eq!(document.body, expected);
        let same = app.get("/.well-known/oauth-authorization-server").await;
        assert_eq!(same.body, document.body);
    });
}

#[test]
fn the_health_of_the_provider_is_told() {
    on_each_database(async |app| {
        for path in ["/health/live", "/health/ready"] {
            assert_eq!(app.get(path).await.status, 200, "{path}");
        }
    });
}

/// A-TOK-26: no profile offers a weak feature by itself.
#[test]
fn no_profile_offers_a_weak_feature_by_itself() {
    for profile in ["gsp", "modern", "high"] {
        on_each_database_with(&format!("[policy]\nprofile = \"{profile}\""), async |app| {
            for address in
                ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"]
            {
                let metadata = app.get(address).await.body;
                assert_eq!(metadata["response_types_supported"], json!(["code"]), "{profile}");
                assert_eq!(metadata["response_modes_supported"], json!(["query", "form_post"]));
                let grants = metadata["grant_types_supported"].as_array().unwrap();
                assert!(!grants.contains(&json!("implicit")), "{profile}");
                let algorithms = metadata["id_token_signing_alg_values_supported"].to_string();
                assert!(!algorithms.contains("none") && !algorithms.contains("HS"), "{profile}");
                let objects = metadata["request_object_signing_alg_values_supported"].to_string();
                assert!(objects.contains("PS256") && !objects.contains("none"), "{profile}");
                assert_eq!(metadata["registration_endpoint"], Value::Null, "{profile}");
            }
        });
    }
}
