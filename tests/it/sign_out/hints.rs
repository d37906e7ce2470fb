//! Stories of the `id_token_hint`: what is no proof signs nobody out, and nobody is stuck because of it.

use fuxin::base::encoding::base64url;
use fuxin::oauth::client_metadata::IdTokenAlgorithm;
use fuxin::oauth::weak_feature::WeakFeatures;
use serde_json::{Value, json};
use url::Url;

use super::are_over;
use crate::support::jose::{claims, header};
use crate::support::{Tokens, on_each_database, on_each_database_with};

/// The same address without a parameter.
fn without(address: &str, name: &str) -> String {
    let mut url = Url::parse(address).unwrap();
    let own = url.query_pairs().into_owned();
    let kept: Vec<(String, String)> = own.filter(|(own, _)| own != name).collect();
    url.query_pairs_mut().clear().extend_pairs(kept);
    url.to_string()
}

/// RP-Initiated Logout §4: a hint under the secret is one while both locks are open, and else as good as none (A-TOK-26).
#[test]
fn a_hint_under_the_clients_secret_counts_while_both_locks_are_open() {
    on_each_database_with("[policy]\nweak_features = [\"hs256\"]\n", async |app| {
        let alice = app.account("alice.by.secret").open().await;
        let ecpa = app.client("ecpa").skip_consent().with(|own| {
            own.id_token_signed_response_alg = IdTokenAlgorithm::Hs256;
            own.weak_features = IdTokenAlgorithm::Hs256.weak_feature().into_iter().collect();
        });
        let ecpa = ecpa.register().await;
        let mut browser = app.browser();
        let request = ecpa.request();
        let code = ecpa.code_for(&mut browser, &alice, &request).await;
        let answer = ecpa.redeem(&request, &code).await;
        let hint = answer.text("id_token");
        for name in ["access_token", "id_token"] {
            app.plant(name, answer.text(name));
        }

        let closed = app
            .restarted_with(|config| config.policy.weak_features = WeakFeatures::default())
            .await;
        let (mut there, own) = (browser.at_node(&closed), ecpa.at(&closed));
        let address = own.sign_out_address(Some(hint), Some("st"));
        let page = there.open(&address).await;
        assert_eq!((page.status, page.code().as_str()), (400, "ERR-103"));
        let page = there.open(&without(&address, "post_logout_redirect_uri")).await;
        assert_eq!((page.status, page.heading().as_str()), (200, "確定要登出嗎？"));

        let open = closed
            .restarted_with(|config| {
                config.policy.weak_features = app.config.policy.weak_features.clone();
            })
            .await;
        let (mut there, own) = (browser.at_node(&open), ecpa.at(&open));
        let page = there.open(&own.sign_out_address(Some(hint), Some("st"))).await;
        let expected = format!("{}?state=st", ecpa.post_logout_redirect_uri());
        assert_eq!(page.away().url.as_str(), expected);
        assert_eq!(there.cookies.get("fuxin-session"), None);
    });
}

/// Hints that prove nothing, made of one that proves something and one of another client: what is wrong, and the hint.
fn of_no_use(tokens: &Tokens, others: &Tokens) -> Vec<(&'static str, String)> {
    let (mut own_header, own_claims) = (header(&tokens.id_token), claims(&tokens.id_token));
    let part = |value: &Value| base64url(value.to_string().as_bytes());
    let (_, code) = tokens.id_token.rsplit_once('.').unwrap();
    let payload = tokens.id_token.split('.').nth(1).unwrap();
    let unsigned = json!({ "alg": "none", "typ": "JWT" });
    let mut elsewhere = own_claims;
    elsewhere["iss"] = "https://elsewhere.example.gov.tw".into();
    let by_us = part(&own_header);
    own_header["kid"] = "gone-long-ago".into();
    vec![
        ("nobody signed it", format!("{}.{payload}.", part(&unsigned))),
        ("somebody else's signature", others.id_token.replace(claims_part(others), payload)),
        ("another issuer", format!("{by_us}.{}.{code}", part(&elsewhere))),
        ("a key that is not kept", format!("{}.{payload}.{code}", part(&own_header))),
        ("another client", others.id_token.clone()),
        ("no token at all", "garbage".to_owned()),
    ]
}

fn claims_part(tokens: &Tokens) -> &str {
    tokens.id_token.split('.').nth(1).unwrap()
}

/// RP-Initiated Logout §2 and §4: a hint of no use is not used. Whoever wants the person back because of it is refused, and
/// else the person is asked; either way one button leads to signing out.
#[test]
fn a_hint_that_proves_nothing_leaves_the_person_a_way_to_sign_out() {
    on_each_database(async |app| {
        let alice = app.account("alice.not.stuck").open().await;
        let ecpa = app.client("ecpa").register().await;
        let gcis = app.client("gcis").register().await;
        let mut browser = app.browser();
        let tokens = ecpa.sign_in(&mut browser, &alice).await;
        let others = gcis.sign_in(&mut browser, &alice).await;
        for (what, hint) in of_no_use(&tokens, &others) {
            let address = ecpa.sign_out_address(Some(&hint), Some("st"));
            let refused = browser.open(&address).await;
            assert_eq!((refused.status, refused.code().as_str()), (400, "ERR-103"), "{what}");
            let way = refused.attribute("#continue", "href");
            assert_eq!(way.as_deref(), Some("/end-session"), "{what}");
            assert_eq!(refused.text("#continue").trim(), "前往登出", "{what}");
            let asked = browser.open(&without(&address, "post_logout_redirect_uri")).await;
            assert_eq!((asked.status, asked.buttons()), (200, vec!["logout-confirm".to_owned()]));
            assert!(asked.text("main").contains("ecpa 服務網"), "{what}");
            assert_eq!(ecpa.userinfo(&tokens.access_token).await.status, 200, "{what}");
        }
        let malformed = browser.open("/end-session?state=a&state=b").await;
        assert_eq!((malformed.status, malformed.code().as_str()), (400, "ERR-103"));
        let way = malformed.attribute("#continue", "href").unwrap();
        let asked = browser.open(&way).await;
        let out = browser.press(&asked, "logout-confirm").await;
        assert_eq!((out.path(), out.heading().as_str()), ("/end-session", "您已登出"));
        are_over(&ecpa, &tokens).await;
    });
}
