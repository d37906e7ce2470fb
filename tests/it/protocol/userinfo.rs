//! Userinfo: three ways to bring the token, and what a wrong one is told (RFC 6750 §3).

use fuxin::base::time::Lifetime;
use serde_json::json;

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
