//! The forms of ID tokens: who signs them, under which locks, and whom they are encrypted for.

use fuxin::oauth::client_metadata::{
    ClientMetadata, ContentEncryption, EncryptionAlgorithm, IdTokenAlgorithm,
};
use fuxin::oauth::grant_type::GrantType;
use fuxin::oauth::response_type::ResponseType;
use fuxin::oauth::weak_feature::{WeakFeature, WeakFeatures};
use serde_json::json;

use crate::support::jose::{EncryptionKey, claims, header, hmac, names, signed_by_us};
use crate::support::{
    Browser, ClientBuilder, Json, Person, RelyingParty, TestApp, on_each_database,
    on_each_database_with,
};

const OPEN: &str = "[policy]\nweak_features = [\"hs256\", \"unsigned_id_token\", \"hybrid_flow\"]";

/// The two forms that stand behind two locks.
const WEAK: [(IdTokenAlgorithm, WeakFeature); 2] = [
    (IdTokenAlgorithm::Hs256, WeakFeature::Hs256),
    (IdTokenAlgorithm::Unsigned, WeakFeature::UnsignedIdToken),
];

fn weak(client: ClientBuilder, algorithm: IdTokenAlgorithm) -> ClientBuilder {
    client.skip_consent().with(|own| {
        own.id_token_signed_response_alg = algorithm;
        own.weak_features = algorithm.weak_feature().into_iter().collect();
    })
}

/// A client that may be given an ID token through the browser, too.
fn hybrid(own: &mut ClientMetadata) {
    own.response_types.push(ResponseType::CodeIdToken);
    own.grant_types.push(GrantType::Implicit);
    own.weak_features = own.weak_features.iter().chain([WeakFeature::HybridFlow]).collect();
}

/// What the token endpoint answers to a person's code.
async fn given(rp: &RelyingParty, browser: &mut Browser, person: &Person) -> Json {
    let request = rp.request().scope("openid offline_access");
    let code = rp.code_for(browser, person, &request).await;
    rp.redeem(&request, &code).await
}

fn planted(app: &TestApp, answer: &Json) -> String {
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    for name in ["access_token", "refresh_token", "id_token"] {
        app.plant(name, answer.text(name));
    }
    answer.text("id_token").to_owned()
}

#[test]
fn an_id_token_is_signed_with_the_key_that_its_client_is_registered_for() {
    on_each_database(async |app| {
        let alice = app.account("alice.of.four.keys").open().await;
        let mut browser = app.browser();
        for algorithm in ["RS256", "ES256", "PS256", "EdDSA"] {
            let own = IdTokenAlgorithm::from_word(algorithm).unwrap();
            let rp = weak(app.client("ecpa"), own).register().await;
            let id_token = planted(app, &given(&rp, &mut browser, &alice).await);
            signed_by_us(app, &id_token, algorithm, "JWT").await;
            let claims = claims(&id_token);
            assert_eq!(names(&claims), ["aud", "exp", "iat", "iss", "nonce", "sub"]);
        }
    });
}

/// Core §2, §10.1; a hint under the secret is one (Core §3.1.2.1), while the secret is the client's.
#[test]
fn an_id_token_under_the_clients_secret_is_verified_with_it() {
    on_each_database_with(OPEN, async |app| {
        let alice = app.account("alice.of.the.secret").open().await;
        let rp = weak(app.client("ecpa"), IdTokenAlgorithm::Hs256).with(hybrid).register().await;
        let other = weak(app.client("gcis"), IdTokenAlgorithm::Hs256).register().await;
        let mut browser = app.browser();
        let answer = given(&rp, &mut browser, &alice).await;
        let refreshed = rp.refresh(answer.text("refresh_token")).await;
        let code_for = |rp: &RelyingParty, token: &str| {
            let (signed, code) = token.rsplit_once('.').unwrap();
            (hmac(rp.secret.as_ref().unwrap().as_bytes(), signed), code.to_owned())
        };
        let expected = ["aud", "exp", "iat", "iss", "nonce", "sub"];
        let at_refresh = ["aud", "exp", "iat", "iss", "sub"];
        for (answer, expected) in [(&answer, &expected[..]), (&refreshed, &at_refresh)] {
            let id_token = planted(app, answer);
            assert_eq!(header(&id_token), json!({ "alg": "HS256", "typ": "JWT" }));
            assert_eq!(names(&claims(&id_token)), expected);
            let (own, code) = code_for(&rp, &id_token);
            assert_eq!(own, code);
            assert_ne!(code_for(&other, &id_token).0, code);
        }
        let request = rp.request().with("response_type", "code id_token");
        let page = rp.answer(&mut browser, &alice, &request).await;
        let in_front = page.away().parameter("id_token").unwrap();
        app.plant("an ID token", &in_front);
        app.plant("a code", &page.away().parameter("code").unwrap());
        assert_eq!(
            names(&claims(&in_front)),
            ["aud", "c_hash", "exp", "iat", "iss", "nonce", "sub"]
        );
        let (own, code) = code_for(&rp, &in_front);
        assert_eq!(own, code);

        let hint = answer.text("id_token");
        let hinted = rp.request().prompt("none").with("id_token_hint", hint);
        let page = browser.open(&hinted.address()).await;
        rp.code(&hinted, page.away());
        let (signed, _) = hint.rsplit_once('.').unwrap();
        let forged = format!("{signed}.{}", code_for(&other, hint).0);
        for (rp, hint) in [(&rp, forged.as_str()), (&other, hint)] {
            let hinted = rp.request().prompt("none").with("id_token_hint", hint);
            let page = browser.open(&hinted.address()).await;
            assert_eq!(rp.error(&hinted, &page), "invalid_request");
        }
    });
}

/// Core §2, §3.1.3.7: from the token endpoint only, which registration sees to. What nobody signed is no hint (A-JOS-01).
#[test]
fn an_unsigned_id_token_says_so_and_comes_from_the_token_endpoint_only() {
    on_each_database_with(OPEN, async |app| {
        let alice = app.account("alice.unsigned").open().await;
        let rp = weak(app.client("ecpa"), IdTokenAlgorithm::Unsigned).register().await;
        let mut browser = app.browser();
        let answer = given(&rp, &mut browser, &alice).await;
        let refreshed = rp.refresh(answer.text("refresh_token")).await;
        for answer in [&answer, &refreshed] {
            let id_token = planted(app, answer);
            assert_eq!(header(&id_token), json!({ "alg": "none", "typ": "JWT" }));
            assert!(id_token.ends_with('.'), "no signature");
            let mut claims = claims(&id_token);
            claims.as_object_mut().unwrap().remove("nonce");
            assert_eq!(names(&claims), ["aud", "exp", "iat", "iss", "sub"]);
            assert_eq!(
                (&claims["iss"], &claims["aud"]),
                (&json!(app.issuer), &json!(rp.client_id))
            );
        }
        let hinted = rp.request().prompt("none").with("id_token_hint", answer.text("id_token"));
        let page = browser.open(&hinted.address()).await;
        assert_eq!(rp.error(&hinted, &page), "invalid_request");

        let mut in_front = rp.metadata.clone();
        hybrid(&mut in_front);
        assert!(in_front.clone().register().is_err());
        in_front.id_token_signed_response_alg = IdTokenAlgorithm::Es256;
        assert!(in_front.register().is_ok());
    });
}

/// A-TOK-26: a deployment that closes the lock gives its clients nothing by it, at once; what was not given is not spent.
#[test]
fn a_lock_that_is_closed_since_stops_the_form_behind_it() {
    on_each_database_with(OPEN, async |app| {
        let alice = app.account("alice.locked.out").open().await;
        let mut before = Vec::new();
        let mut browser = app.browser();
        let strong = weak(app.client("gcis"), IdTokenAlgorithm::Es256).register().await;
        for (algorithm, feature) in WEAK {
            let rp = weak(app.client("ecpa"), algorithm).register().await;
            let answer = given(&rp, &mut browser, &alice).await;
            planted(app, &answer);
            let request = rp.request();
            let code = rp.code_for(&mut browser, &alice, &request).await;
            let begun = rp.request().prompt("login");
            let waiting = browser.open(&begun.address()).await;
            before.push((rp, feature, answer, (request, code), (begun, waiting)));
        }
        let closed = app
            .restarted_with(|config| config.policy.weak_features = WeakFeatures::default())
            .await;
        let mut browser = browser.at_node(&closed);
        for (rp, feature, answer, (request, code), (begun, waiting)) in &before {
            let rp = rp.at(&closed);
            assert_eq!(rp.redeem(request, code).await.error(), "invalid_grant", "{feature}");
            let refreshed = rp.refresh(answer.text("refresh_token")).await;
            assert_eq!(refreshed.error(), "invalid_grant", "{feature}");
            let asked = rp.request();
            let page = browser.open(&asked.address()).await;
            assert_eq!(rp.error(&asked, &page), "unauthorized_client", "{feature}");
            let waiting = browser.open(&waiting.url[url::Position::BeforePath..]).await;
            let page = browser.sign_in(&waiting, &alice).await;
            assert_eq!(rp.error(begun, &page), "access_denied", "{feature}");
            // Nor is it listed.
            let metadata = closed.get("/.well-known/openid-configuration").await.body;
            let listed = &metadata["id_token_signing_alg_values_supported"];
            assert_eq!(*listed, json!(["RS256", "ES256", "PS256", "EdDSA"]));
        }
        strong.at(&closed).sign_in(&mut browser, &alice).await;
        let opened = closed
            .restarted_with(|config| {
                config.policy.weak_features = app.config.policy.weak_features.clone();
            })
            .await;
        for (rp, _, _, (request, code), _) in &before {
            planted(app, &rp.at(&opened).redeem(request, code).await);
        }
        let metadata = opened.get("/.well-known/openid-configuration").await.body;
        let listed = metadata["id_token_signing_alg_values_supported"].as_array().unwrap().clone();
        assert_eq!(listed[4..], [json!("HS256"), json!("none")]);
    });
}

/// Core §10.2: signed, then encrypted, with either algorithm and either content encryption; A128CBC-HS256 where the client
/// names none (Registration §2).
#[test]
fn an_encrypted_id_token_is_a_signed_one_inside() {
    on_each_database_with(OPEN, async |app| {
        let alice = app.account("alice.encrypted").open().await;
        let mut browser = app.browser();
        let stranger = EncryptionKey::ec();
        for key in EncryptionKey::each() {
            for enc in [None, Some("A128CBC-HS256"), Some("A256GCM")] {
                let rp = app.client("ecpa").skip_consent().with(hybrid).with(|own| {
                    own.jwks = Some(key.jwks());
                    own.id_token_encrypted_response_alg =
                        EncryptionAlgorithm::from_word(key.algorithm);
                    own.id_token_encrypted_response_enc =
                        enc.and_then(ContentEncryption::from_word);
                });
                let rp = rp.register().await;
                let enc = enc.unwrap_or("A128CBC-HS256");
                let request = rp.request().with("response_type", "code id_token");
                let page = rp.answer(&mut browser, &alice, &request).await;
                let in_front = page.away().parameter("id_token").unwrap();
                app.plant("an ID token", &in_front);
                let signed = key.open(&in_front, enc, Some("JWT")).unwrap();
                app.plant("an ID token", &signed);
                rp.verify(&signed, "", Some(&request.nonce)).await;
                let front = ["aud", "c_hash", "exp", "iat", "iss", "nonce", "sub"];
                assert_eq!(names(&claims(&signed)), front);

                let code = rp.code(&request, page.away());
                let answer = rp.redeem(&request, &code).await;
                let id_token = planted(app, &answer);
                let signed = key.open(&id_token, enc, Some("JWT")).unwrap();
                app.plant("an ID token", &signed);
                signed_by_us(app, &signed, "ES256", "JWT").await;
                rp.verify(&signed, answer.text("access_token"), Some(&request.nonce)).await;
                assert_eq!(names(&claims(&signed)), ["aud", "exp", "iat", "iss", "nonce", "sub"]);
                if key.algorithm == stranger.algorithm {
                    assert_eq!(stranger.open(&id_token, enc, Some("JWT")), None);
                }
            }
        }
    });
}

/// A client without a usable key gets an error, never plaintext; what it came with is not spent by it.
#[test]
fn without_a_key_to_encrypt_for_nothing_is_given() {
    on_each_database_with(OPEN, async |app| {
        let alice = app.account("alice.without.a.key").open().await;
        let mut browser = app.browser();
        for key in EncryptionKey::each() {
            let rp = app.client("ecpa").skip_consent().with(hybrid).with(|own| {
                own.jwks = Some(key.jwks());
                own.id_token_encrypted_response_alg = EncryptionAlgorithm::from_word(key.algorithm);
            });
            let rp = rp.register().await;
            let answer = given(&rp, &mut browser, &alice).await;
            planted(app, &answer);
            let request = rp.request();
            let code = rp.code_for(&mut browser, &alice, &request).await;
            rp.change(|own| {
                let mut jwks = key.jwks();
                jwks["keys"][0]["use"] = "sig".into();
                own.jwks = Some(jwks);
            })
            .await;
            for refused in
                [rp.redeem(&request, &code).await, rp.refresh(answer.text("refresh_token")).await]
            {
                assert_eq!((refused.status, refused.error()), (400, "invalid_request"));
                assert_eq!(names(&refused.body), ["error", "error_description"]);
            }
            let in_front = rp.request().with("response_type", "code id_token");
            let page = browser.open(&in_front.address()).await;
            assert_eq!(rp.error(&in_front, &page), "invalid_request");
            assert_eq!(page.away().parameter("id_token"), None);
            rp.change(|_| {}).await;
            planted(app, &rp.redeem(&request, &code).await);
            planted(app, &rp.refresh(answer.text("refresh_token")).await);
            let page = browser.open(&in_front.address()).await;
            app.plant("a code", &rp.code(&in_front, page.away()));
        }
    });
}
