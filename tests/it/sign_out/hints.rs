//! Stories of the `id_token_hint`: what is no proof signs nobody out.

use fuxin::oauth::client_metadata::IdTokenAlgorithm;
use fuxin::oauth::weak_feature::WeakFeatures;

use crate::support::on_each_database_with;

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
        let page = there.open(&own.sign_out_address(Some(hint), Some("st"))).await;
        assert_eq!((page.status, page.code().as_str()), (400, "ERR-103"));

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
