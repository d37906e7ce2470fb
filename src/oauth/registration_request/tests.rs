//! What is read, what is refused, and what is told again.

use serde_json::{Value, json};

use super::*;
use crate::oauth::client_metadata::{
    IdTokenAlgorithm, SubjectType, TokenEndpointAuthMethod as Method,
};
use crate::oauth::grant_type::GrantType;
use crate::oauth::weak_feature::WeakFeature;

fn read(body: &Value) -> Result<ClientMetadata, Error> {
    let scope = "openid profile".parse().unwrap();
    RegistrationRequest::parse(body.to_string().as_bytes())?.settings(&scope)
}

/// The least that anybody registers, with these members besides.
fn with(members: Value) -> Result<ClientMetadata, Error> {
    let mut body = json!({ "redirect_uris": ["https://rp.example/cb"] });
    let Value::Object(members) = members else { panic!() };
    body.as_object_mut().unwrap().extend(members);
    read(&body)
}

#[test]
fn what_is_not_said_is_the_specifications_default() {
    let settings = with(json!({})).unwrap();
    assert_eq!(settings.response_types, [ResponseType::Code]);
    assert_eq!(settings.grant_types, [GrantType::AuthorizationCode]);
    assert_eq!(settings.token_endpoint_auth_method, Method::ClientSecretBasic);
    assert_eq!(settings.id_token_signed_response_alg, IdTokenAlgorithm::Rs256);
    assert_eq!(settings.subject_type, SubjectType::Pairwise);
    assert_eq!(settings.application_type, ApplicationType::Web);
    assert_eq!(settings.scope.to_string(), "openid profile");
    assert_eq!(settings.client_name, "rp.example");
    assert_eq!(with(json!({ "contacts": null })), Ok(settings));
}

/// A-TOK-20: what is the provider's own cannot be set over the network.
#[test]
fn a_member_that_is_not_the_specifications_is_ignored() {
    let own = json!({
        "skip_consent": true, "may_introspect": true, "require_pkce": false, "sector": "victim.example",
        "weak_features": ["no_pkce"], "access_token_format": "jwt", "assertion_audience": "compat",
        "client_name_en": "x", "unknown": { "a": [1] },
    });
    assert_eq!(with(own), with(json!({})));
    let scope = with(json!({ "scope": "openid" })).unwrap();
    assert_ne!(Ok(scope), with(json!({})), "and one that is, is not");
}

#[test]
fn a_known_member_with_another_value_is_refused_by_name() {
    for (name, bad, good) in [
        ("client_name", json!(7), json!("a")),
        ("application_type", json!("mobile"), json!("native")),
        ("contacts", json!("a@a.test"), json!(["a@a.test"])),
        ("logo_uri", json!("http://rp.example/l.png"), json!("https://rp.example/l.png")),
        ("initiate_login_uri", json!("http://rp.example/in"), json!("https://rp.example/in")),
        ("token_endpoint_auth_method", json!("mtls"), json!("none")),
        ("grant_types", json!(["password"]), json!(["authorization_code", "refresh_token"])),
        ("response_types", json!(["token"]), json!(["token id_token code"])),
        ("response_types", json!("code"), json!(["code"])),
        ("scope", json!(["openid"]), json!("openid")),
        ("subject_type", json!("secret"), json!("public")),
        ("id_token_signed_response_alg", json!("RS1"), json!("none")),
        ("id_token_encrypted_response_alg", json!("RSA1_5"), json!("RSA-OAEP-256")),
        ("request_uris", json!(["http://rp.example/r"]), json!(["https://rp.example/r#x"])),
        ("default_max_age", json!("3600"), json!(3600)),
        ("require_auth_time", json!("true"), json!(true)),
        ("post_logout_redirect_uris", json!(["javascript:x"]), json!(["https://rp.example/bye"])),
        ("client_name#en", json!(1), json!("a")),
    ] {
        let error = with(json!({ name: bad })).unwrap_err();
        assert_eq!(error, Error::Member(name));
        assert_eq!(error.code(), ErrorCode::InvalidClientMetadata);
        assert!(with(json!({ name: good })).is_ok(), "{name}");
    }
    for body in ["", "[]", "7", "{\"a\": }"] {
        assert_eq!(RegistrationRequest::parse(body.as_bytes()).unwrap_err(), Error::NotAnObject);
    }
}

/// A-RED-03: at registration over the network, too.
#[test]
fn a_redirect_uri_that_cannot_be_used_is_told_as_such() {
    let uris = |uris: Value| read(&json!({ "redirect_uris": uris }));
    assert!(uris(json!(["https://rp.example/cb?x=1"])).is_ok());
    for bad in [
        json!(["javascript:alert(1)"]),
        json!(["data:text/html,x"]),
        json!(["https://rp.example/#f"]),
        json!(["http://rp.example/cb"]),
        json!(["tw.gov.app:/cb"]),
        json!([7]),
        json!("https://rp.example/cb"),
    ] {
        let error = uris(bad.clone()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidRedirectUri, "{bad}");
    }
    let native = json!({ "redirect_uris": ["tw.gov.app:/cb"], "application_type": "native" });
    assert!(read(&native).is_ok(), "whose type stands behind its address");
}

/// Registration §2.1
#[test]
fn a_name_may_come_in_two_languages() {
    let names = |members: Value| {
        let settings = with(members).unwrap();
        (settings.client_name, settings.client_name_en)
    };
    let both = (String::from("稅務"), Some(String::from("Tax")));
    assert_eq!(names(json!({ "client_name#zh-Hant": "稅務", "client_name": "Tax" })), both);
    assert_eq!(names(json!({ "client_name": "稅務", "client_name#en": "Tax" })), both);
    assert_eq!(names(json!({ "client_name": "Tax" })), (String::from("Tax"), None));
}

/// RFC 7592 §2.2: what a client is told it may send again, and it means the same.
#[test]
fn what_is_told_means_the_same_when_it_comes_back() {
    let settings = with(json!({
        "client_name": "稅務", "client_name#en": "Tax", "response_types": ["token id_token code"],
        "grant_types": ["authorization_code", "implicit"], "jwks": { "keys": [] }, "default_max_age": 60,
        "logo_uri": "https://rp.example/l.png", "request_uris": ["https://rp.example/r#x"],
        "default_acr_values": ["urn:a"], "id_token_signed_response_alg": "ES256",
    }));
    let mut settings = settings.unwrap();
    settings.weak_features = [WeakFeature::HybridFlow].into_iter().collect();
    settings.sector = String::from("rp.example");
    let told = told(&settings);
    assert_eq!(told["response_types"], json!(["code id_token token"]));
    assert_eq!(told["client_name#en"], "Tax");
    let again = read(&Value::Object(told)).unwrap();
    assert_eq!(
        again,
        ClientMetadata {
            sector: String::new(),
            weak_features: [].into_iter().collect(),
            ..settings
        }
    );
}

/// A setting that is new to `ClientMetadata` is decided upon here: a member of the specifications, or the provider's own.
#[test]
fn every_setting_is_a_member_or_the_providers_own() {
    const OWN: [&str; 9] = [
        "logo",
        "client_name_en",
        "assertion_audience",
        "sector",
        "access_token_format",
        "skip_consent",
        "may_introspect",
        "require_pkce",
        "weak_features",
    ];
    let error = serde_json::from_value::<ClientMetadata>(json!({ "no such member": 1 }));
    let listed = error.unwrap_err().to_string();
    // serde's own list of the fields, each between two grave accents.
    let fields: Vec<&str> = listed.split('`').skip(1).step_by(2).skip(1).collect();
    assert_eq!(fields.len(), MEMBERS.len() + OWN.len(), "{fields:?}");
    for field in fields {
        assert!(MEMBERS.contains(&field) != OWN.contains(&field), "{field}");
    }
}
