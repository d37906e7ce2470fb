//! Request objects that nobody signed (OpenID Connect Core §6.1): the two locks before them, and what counts beside them.

use fuxin::oauth::weak_feature::WeakFeatures;
use serde_json::{Value, json};

use super::request_objects::{UNSIGNED, client, error, page_code, signed_in};
use crate::support::signed_object::{KEYS, changed, unsigned};
use crate::support::{Request, on_each_database_with};

/// A-JOS-01: unsigned objects stand behind two locks.
#[test]
fn an_unsigned_object_counts_only_where_both_locks_are_open() {
    for (deployment, open) in [(UNSIGNED, true), ("", false)] {
        on_each_database_with(deployment, async |app| {
            let mut browser = signed_in(app).await;
            let rp = client(app, "rp").register().await;
            let closed =
                client(app, "closed").with(|own| own.weak_features = WeakFeatures::default());
            let closed = closed.register().await;
            for (rp, open) in [(&rp, open), (&closed, false)] {
                let request = rp.request();
                let claims = rp.object(app, &request);
                let sent = request.clone().with("request", &unsigned(&claims));
                if open {
                    let page = browser.open(&sent.address()).await;
                    rp.finish(&sent, &page).await;
                } else {
                    assert_eq!(error(rp, &mut browser, &sent).await, "invalid_request_object");
                }
                for algorithm in ["None", "nOnE", "HS256", "ES256"] {
                    let header = json!({ "alg": algorithm, "kid": "ec" });
                    let input = KEYS.sign_as(&header, &claims);
                    let (stripped, _) = input.rsplit_once('.').unwrap();
                    let sent = request.clone().with("request", &format!("{stripped}."));
                    assert_eq!(error(rp, &mut browser, &sent).await, "invalid_request_object");
                }
                let sent = request.with("request", &KEYS.sign("ES256", &claims));
                let page = browser.open(&sent.address()).await;
                rp.finish(&sent, &page).await;
            }
        });
    }
}

/// A lock that is closed stops what was begun, and what was given.
#[test]
fn what_rests_on_an_unsigned_object_ends_with_its_lock() {
    on_each_database_with(UNSIGNED, async |app| {
        let alice = app.account("alice.of.locks").open().await;
        let rp = client(app, "rp").register().await;
        let close = async || rp.change(|own| own.weak_features = WeakFeatures::default()).await;
        let asked = |sign: &dyn Fn(&Value) -> String| {
            let request = rp.request();
            let object = sign(&rp.object(app, &request));
            request.only_with("request", &object)
        };
        for (sign, stays) in [
            (&(|claims: &Value| unsigned(claims)) as &dyn Fn(&Value) -> String, false),
            (&|claims: &Value| KEYS.sign("ES256", claims), true),
        ] {
            rp.change(|_| {}).await;
            let mut browser = app.browser();
            let tokens = rp.sign_in_with(&mut browser, &alice, asked(sign)).await;
            let mut other = app.browser();
            let begun = asked(sign);
            let page = other.open(&begun.address()).await;
            assert_eq!(page.path(), "/sign-in");
            close().await;
            let refreshed = rp.refresh(tokens.refresh_token()).await;
            assert_eq!(refreshed.status == 200, stays, "{refreshed:?}");
            let page = other.sign_in(&page, &alice).await;
            if stays {
                rp.code(&begun, page.away());
            } else {
                assert_eq!(rp.error(&begun, &page), "access_denied");
            }
        }
    });
}

/// Core §6.1: what is inside of an unsigned object wins, and what is outside fills in what is missing.
#[test]
fn parameters_beside_an_unsigned_object_fill_in_what_it_leaves_open() {
    on_each_database_with(UNSIGNED, async |app| {
        let mut browser = signed_in(app).await;
        let rp = client(app, "rp").register().await;
        let request = rp.request();
        let whole = rp.object(app, &request);
        let inside = |request: Request, changes: &Value| {
            request.with("request", &unsigned(&changed(whole.clone(), changes)))
        };
        // Half of it here, half of it there.
        let none = ["state", "nonce", "code_challenge", "scope", "response_type"];
        let none: serde_json::Map<_, _> =
            none.into_iter().map(|name| (name.to_owned(), Value::Null)).collect();
        let halves = inside(request.clone().without("redirect_uri"), &Value::Object(none));
        let page = browser.open(&halves.address()).await;
        rp.finish(&halves, &page).await;
        // Inside wins.
        let beside = request.clone().changed(&[
            ("redirect_uri", "https://thief.example/callback"),
            ("state", "another state"),
            ("nonce", "another nonce"),
            ("scope", "openid email unheard:of"),
            ("prompt", ""),
        ]);
        let sent = inside(beside, &json!({}));
        let page = browser.open(&sent.address()).await;
        let tokens = rp.finish(&sent, &page).await;
        assert_eq!(tokens.answer["scope"], "openid");
        // Even if it is wrong.
        let thief = json!({ "redirect_uri": "https://thief.example/callback" });
        assert_eq!(page_code(&mut browser, &inside(request.clone(), &thief)).await, "ERR-102");
        // The response type may stand in both places, if it is the same.
        for (response_type, told) in [("code", None), ("id_token", Some("invalid_request"))] {
            let sent = inside(request.clone().with("response_type", response_type), &json!({}));
            let page = browser.open(&sent.address()).await;
            assert_eq!(page.away().parameter("error").as_deref(), told);
        }
    });
}
