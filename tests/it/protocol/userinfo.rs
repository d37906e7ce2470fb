//! Userinfo: three ways to bring the token, and what a wrong one is told (RFC 6750 §3).

use fuxin::base::time::Lifetime;
use serde_json::{Map, Value, json};

use crate::support::{Json, on_each_database};

#[test]
fn a_token_comes_in_the_header_or_in_a_posted_form_and_never_in_the_address() {
    on_each_database(async |app| {
        let alice = app.account("alice.three.ways").open().await;
        let ecpa = app.client("ecpa").register().await;
        let tokens = ecpa.sign_in_for(&mut app.browser(), &alice, "openid email").await;
        let token = tokens.access_token.as_str();
        let url = app.url("/userinfo");
        let form = |request: reqwest::RequestBuilder| {
            request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(format!("access_token={token}"))
        };
        let expected = json!({
            "sub": tokens.subject(), "email": alice.profile.email, "email_verified": true,
        });
        for request in [
            app.http.get(&url).bearer_auth(token),
            app.http.post(&url).bearer_auth(token),
            form(app.http.post(&url)),
        ] {
            let answer = Json::of(request.send().await.unwrap()).await;
            assert_eq!((answer.status, answer.body), (200, expected.clone()));
        }
        let in_the_address = app.http.get(format!("{url}?access_token={token}"));
        let answer = Json::of(in_the_address.send().await.unwrap()).await;
        assert_eq!(answer.status, 401);
        let challenge = answer.headers["www-authenticate"].to_str().unwrap().to_owned();
        assert!(challenge.starts_with("Bearer") && !challenge.contains("error="), "{challenge}");
        let both = form(app.http.post(&url).bearer_auth(token));
        assert_eq!(Json::of(both.send().await.unwrap()).await.status, 400);
    });
}

#[test]
fn a_token_that_is_not_good_is_told_so() {
    on_each_database(async |app| {
        let alice = app.account("alice.not.good").open().await;
        let ecpa = app.client("ecpa").register().await;
        let tokens = ecpa.sign_in_for(&mut app.browser(), &alice, "openid offline_access").await;
        let mut changed = tokens.access_token.clone().into_bytes();
        let middle = changed.len() / 2;
        changed[middle] = if changed[middle] == b'A' { b'B' } else { b'A' };
        for wrong in [String::from_utf8(changed).unwrap(), "x".to_owned()] {
            let answer = ecpa.userinfo(&wrong).await;
            assert_eq!(answer.status, 401);
            let challenge = answer.headers["www-authenticate"].to_str().unwrap();
            assert!(challenge.contains(r#"error="invalid_token""#), "{challenge}");
        }
        assert_eq!(ecpa.userinfo(&tokens.access_token).await.status, 200);
        app.wait(Lifetime::hours(1));
        assert_eq!(ecpa.userinfo(&tokens.access_token).await.status, 401);
    });
}

/// Everything that the standard says of a person (OpenID Connect Core §5.1), and what this provider adds.
const CLAIMS: [&str; 23] = [
    "sub",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "updated_at",
    "account_kind",
    "agency_oid",
    "agency_name",
];

/// OpenID Connect Core §5.1, §5.3.2, §5.5: by its scope or by its name, at userinfo and in the ID token, each claim has the
/// value that the account has, and what the account does not have is left out.
#[test]
fn every_claim_is_given_with_the_value_that_the_account_has() {
    on_each_database(async |app| {
        let member = app.account("alice.the.member").open().await;
        let official = app.account("alice.the.official").official().without_verified_phone();
        let official = official.open().await;
        let ecpa = app.client("ecpa").skip_consent().register().await;
        for (person, kind) in [(&member, "member"), (&official, "official")] {
            let mut expected = serde_json::to_value(&person.profile).unwrap();
            let expected = expected.as_object_mut().unwrap();
            expected.retain(|_, value| !value.is_null());
            expected.insert("account_kind".to_owned(), kind.into());
            let mut browser = app.browser();
            let scope = "openid profile email address phone agency";
            let tokens = ecpa.sign_in_for(&mut browser, person, scope).await;
            expected.insert("sub".to_owned(), tokens.subject().into());
            let userinfo = ecpa.userinfo(&tokens.access_token).await.body;
            assert_eq!(userinfo.as_object(), Some(&*expected), "{kind}, by scope");
            let has = |name: &&str| expected.contains_key(*name);
            let left_out: Vec<_> = CLAIMS.into_iter().filter(|name| !has(name)).collect();
            let agency = if kind == "member" { &["agency_oid", "agency_name"][..] } else { &[] };
            assert_eq!((left_out.as_slice(), expected.len()), (agency, 23 - agency.len()));

            let named: Map<_, _> =
                CLAIMS.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
            let named = json!({ "userinfo": named, "id_token": named }).to_string();
            let request = ecpa.request().scope("openid").with("claims", &named);
            let tokens = ecpa.sign_in_with(&mut browser, person, request).await;
            let userinfo = ecpa.userinfo(&tokens.access_token).await.body;
            assert_eq!(userinfo.as_object(), Some(&*expected), "{kind}, by name");
            for (name, value) in &*expected {
                assert_eq!(&tokens.claims[name], value, "{kind}, in the ID token: {name}");
            }
            for name in left_out {
                assert_eq!(tokens.claims.get(name), None, "{kind}: {name}");
            }
        }
    });
}
