//! `fuxin client`: every switch of a registration, read back.

use std::error::Error;
use std::fs;

use serde_json::{Value, json};

use crate::Outcome;
use crate::database::column;
use crate::deployment::Deployment;

/// What stands beside this word in the answer to `client add`.
fn word(said: &str, name: &str) -> Option<String> {
    said.lines().find_map(|line| line.strip_prefix(name)).map(|rest| rest.trim().to_owned())
}

/// Registers a client with these arguments. The answer, and what is registered.
fn added(place: &Deployment, arguments: &[&str]) -> Result<(String, Value), Box<dyn Error>> {
    let said = place.run(&[&["client", "add"], arguments].concat()).succeeds()?;
    let id = word(&said, "client_id").ok_or("no id")?;
    let shown = place.run(&["client", "show", &id]).succeeds()?;
    Ok((said, serde_json::from_str(&shown)?))
}

/// The members of `settings` that `expected` has, too.
fn assert_has(settings: &Value, expected: &Value) {
    for (name, value) in expected.as_object().into_iter().flatten() {
        assert_eq!(&settings[name], value, "{name}: {settings}");
    }
}

#[test]
fn a_client_is_registered_listed_and_shown() -> Outcome {
    const URI: &str = "https://rp.example.gov.tw/cb";
    let place = Deployment::migrated()?;
    let (said, settings) = added(&place, &["--name", "測試機關", "--redirect-uri", URI])?;
    let secret = word(&said, "client_secret").ok_or("no secret")?;
    let id = word(&said, "client_id").ok_or("no id")?;
    let listed = place.run(&["client", "list"]).succeeds()?;
    assert!(listed.contains(&format!("{id}  測試機關")), "{listed}");
    assert!(secret.len() > 40 && !settings.to_string().contains(&secret), "it is shown once");
    assert_has(
        &settings,
        &json!({
            "client_name": "測試機關", "redirect_uris": [URI], "application_type": "web",
            "token_endpoint_auth_method": "client_secret_basic", "grant_types": ["authorization_code"],
            "scope": "email openid profile", "subject_type": "pairwise", "sector": "rp.example.gov.tw",
            "id_token_signed_response_alg": "ES256", "require_pkce": true,
            "skip_consent": false, "may_introspect": false,
        }),
    );

    let refused = ["client", "add", "--name", "x", "--redirect-uri", "http://rp.example.gov.tw/cb"];
    assert!(place.run(&refused).fails()?.contains("http://rp.example.gov.tw/cb: "));
    let unknown = "01900000-0000-7000-8000-000000000000";
    assert!(place.run(&["client", "show", unknown]).fails()?.contains("no such client"));
    assert!(place.run(&["client", "show", "me"]).fails()?.contains("no client id"));
    Ok(())
}

#[test]
fn weak_features_are_given_by_name_and_audited() -> Outcome {
    let place = Deployment::migrated()?;
    let old_site = [
        ["--name", "舊系統"],
        ["--redirect-uri", "https://old.example.gov.tw/cb"],
        ["--grant-type", "authorization_code"],
        ["--grant-type", "implicit"],
        ["--response-type", "token code"],
    ]
    .concat();
    let refused = place.run(&[&["client", "add"], &old_site[..]].concat()).fails()?;
    assert!(refused.contains("hybrid_flow is not among the client's weak_features"), "{refused}");
    let weak = ["--weak-feature", "hybrid_flow", "--weak-feature", "no_pkce"];
    let (_, settings) = added(&place, &[&old_site[..], &weak[..]].concat())?;
    assert_has(
        &settings,
        &json!({
            "response_types": ["code token"], "grant_types": ["authorization_code", "implicit"],
            "weak_features": ["hybrid_flow", "no_pkce"], "require_pkce": false,
        }),
    );
    let audited = "SELECT detail FROM audit_events WHERE event = 'client_registered'";
    let audited = column(&place.path("fuxin.db"), audited)?;
    let detail = r#"{"may_introspect":false,"skip_consent":false,"weak_features":["hybrid_flow","no_pkce"]}"#;
    assert_eq!(audited, [detail]);
    Ok(())
}

#[test]
fn a_service_may_introspect_and_proves_itself_by_its_own_key() -> Outcome {
    let place = Deployment::migrated()?;
    // RFC 7517, Appendix A.1.
    let jwks = json!({ "keys": [{
        "kty": "EC", "crv": "P-256", "kid": "1",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    }] });
    fs::write(place.path("keys.json"), jwks.to_string())?;
    let keys = place.path("keys.json");
    let service = [
        ["--name", "統計服務"],
        ["--grant-type", "client_credentials"],
        ["--method", "private_key_jwt"],
        ["--jwks", &keys],
        ["--scope", "statistics:read"],
    ];
    let (said, settings) = added(&place, &[&service.concat()[..], &["--introspect"]].concat())?;
    assert_eq!(word(&said, "client_secret"), None, "it has none");
    assert_has(
        &settings,
        &json!({
            "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks, "may_introspect": true,
            "grant_types": ["client_credentials"], "scope": "statistics:read",
            "id_token_signed_response_alg": "ES256", "skip_consent": false,
        }),
    );
    let audited = "SELECT detail FROM audit_events WHERE event = 'client_registered'";
    let audited = column(&place.path("fuxin.db"), audited)?;
    let detail = r#"{"may_introspect":true,"skip_consent":false,"weak_features":[]}"#;
    assert_eq!(audited, [detail]);

    let mut unusable = jwks;
    unusable["keys"][0]["crv"] = json!("P-384");
    fs::write(place.path("keys.json"), unusable.to_string())?;
    let refused = place.run(&[&["client", "add"], &service.concat()[..]].concat()).fails()?;
    assert!(refused.contains("jwks: a key is on another curve"), "{refused}");

    let keyless = service.concat().into_iter().filter(|word| *word != "--jwks" && *word != keys);
    let keyless: Vec<&str> = ["client", "add"].into_iter().chain(keyless).collect();
    assert!(place.run(&keyless).fails()?.contains("private_key_jwt needs jwks"));
    Ok(())
}

#[test]
fn a_native_application_and_a_first_party_site_are_registered_as_such() -> Outcome {
    let place = Deployment::migrated()?;
    let native = [
        ["--name", "行動應用"],
        ["--name-en", "Phone application"],
        ["--method", "none"],
        ["--redirect-uri", "tw.gov.example.app:/cb"],
        ["--grant-type", "authorization_code"],
        ["--grant-type", "refresh_token"],
        ["--sector", "app.example.gov.tw"],
    ];
    let (said, settings) =
        added(&place, &[&native.concat()[..], &["--native", "--public-subject"]].concat())?;
    assert_eq!(word(&said, "client_secret"), None, "a public client has none");
    assert_has(
        &settings,
        &json!({
            "application_type": "native", "client_name_en": "Phone application",
            "token_endpoint_auth_method": "none", "redirect_uris": ["tw.gov.example.app:/cb"],
            "grant_types": ["authorization_code", "refresh_token"], "sector": "app.example.gov.tw",
            "subject_type": "public", "id_token_signed_response_alg": "ES256",
        }),
    );
    let as_a_site: Vec<&str> = ["client", "add"].into_iter().chain(native.concat()).collect();
    assert!(place.run(&as_a_site).fails()?.contains("tw.gov.example.app:/cb: "));

    let site = [
        ["--name", "人事服務網"],
        ["--method", "client_secret_post"],
        ["--redirect-uri", "https://rp.example.gov.tw/cb"],
        ["--post-logout-redirect-uri", "https://rp.example.gov.tw/bye"],
    ];
    let (_, settings) = added(&place, &[&site.concat()[..], &["--skip-consent"]].concat())?;
    assert_has(
        &settings,
        &json!({
            "skip_consent": true, "may_introspect": false, "application_type": "web",
            "token_endpoint_auth_method": "client_secret_post",
            "post_logout_redirect_uris": ["https://rp.example.gov.tw/bye"],
        }),
    );
    Ok(())
}

#[test]
fn a_whole_registration_can_come_from_a_file_as_it_is_shown() -> Outcome {
    let place = Deployment::migrated()?;
    let file = place.path("client.json");
    let written = json!({
        "client_name": "監理服務網", "redirect_uris": ["https://rp.example.gov.tw/cb"],
        "backchannel_logout_uri": "https://rp.example.gov.tw/out", "access_token_format": "jwt",
        "userinfo_signed_response_alg": "PS256",
    });
    fs::write(&file, written.to_string())?;
    let (said, settings) = added(&place, &["--metadata", &file])?;
    assert!(word(&said, "client_secret").is_some());
    assert_has(&settings, &written);
    fs::write(&file, settings.to_string())?;
    assert_eq!(added(&place, &["--metadata", &file])?.1, settings);

    fs::write(&file, written.to_string().replace("userinfo_signed", "userinfo_singed"))?;
    let misspelt = place.run(&["client", "add", "--metadata", &file]).fails()?;
    assert!(misspelt.contains("userinfo_singed_response_alg"), "{misspelt}");
    Ok(())
}
