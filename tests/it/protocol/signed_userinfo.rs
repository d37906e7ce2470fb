//! Userinfo as a JWT: signed, encrypted, or both (OpenID Connect Core §5.3.2).

use fuxin::oauth::client_metadata::{ContentEncryption, EncryptionAlgorithm, SigningAlgorithm};
use serde_json::{Value, json};

use crate::support::jose::{EncryptionKey, claims, names, signed_by_us};
use crate::support::{Json, Person, RelyingParty, TestApp, on_each_database};

const SCOPE: &str = "openid profile email address phone";

async fn told(app: &TestApp, rp: &RelyingParty, person: &Person) -> Json {
    let tokens = rp.sign_in_for(&mut app.browser(), person, SCOPE).await;
    rp.userinfo(&tokens.access_token).await
}

/// The text of an answer that is a JWT and that nobody may keep.
fn jwt(answer: &Json) -> String {
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    assert_eq!(answer.header("content-type"), "application/jwt");
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.body.as_str().unwrap().to_owned()
}

/// What this client is told in JSON, and what a signature adds to it.
async fn expected(app: &TestApp, rp: &RelyingParty, person: &Person) -> (Value, Value) {
    rp.change(|own| {
        own.userinfo_signed_response_alg = None;
        own.userinfo_encrypted_response_alg = None;
        own.userinfo_encrypted_response_enc = None;
    })
    .await;
    let plain = told(app, rp, person).await;
    assert_eq!(plain.header("content-type"), "application/json");
    rp.change(|_| {}).await;
    let mut signed = plain.body.clone();
    signed["iss"] = json!(app.issuer);
    signed["aud"] = json!(rp.client_id);
    signed["iat"] = json!(app.context().now);
    (plain.body, signed)
}

#[test]
fn signed_userinfo_is_the_json_with_issuer_and_audience() {
    on_each_database(async |app| {
        let alice = app.account("alice.signed").open().await;
        for &algorithm in SigningAlgorithm::ALL {
            let rp = app.client("ecpa").skip_consent();
            let rp = rp.with(|own| own.userinfo_signed_response_alg = Some(algorithm));
            let rp = rp.register().await;
            let (plain, signed) = expected(app, &rp, &alice).await;
            assert!(plain["address"].is_object() && plain["email_verified"].is_boolean());
            let answer = jwt(&told(app, &rp, &alice).await);
            signed_by_us(app, &answer, algorithm.as_str(), "JWT").await;
            assert_eq!(claims(&answer), signed, "{algorithm}");
        }
    });
}

#[test]
fn encrypted_userinfo_is_the_json_or_the_signed_token_inside() {
    on_each_database(async |app| {
        let alice = app.account("alice.encrypted").open().await;
        for key in EncryptionKey::each() {
            for (enc, signed_with) in [
                (None, None),
                (Some("A256GCM"), None),
                (Some("A128CBC-HS256"), Some(SigningAlgorithm::Rs256)),
                (Some("A256GCM"), Some(SigningAlgorithm::Es256)),
            ] {
                let rp = app.client("ecpa").skip_consent().with(|own| {
                    own.jwks = Some(key.jwks());
                    own.userinfo_signed_response_alg = signed_with;
                    own.userinfo_encrypted_response_alg =
                        EncryptionAlgorithm::from_word(key.algorithm);
                    own.userinfo_encrypted_response_enc =
                        enc.and_then(ContentEncryption::from_word);
                });
                let rp = rp.register().await;
                let (plain, signed) = expected(app, &rp, &alice).await;
                let answer = jwt(&told(app, &rp, &alice).await);
                let content_type = signed_with.map(|_| "JWT");
                let inside =
                    key.open(&answer, enc.unwrap_or("A128CBC-HS256"), content_type).unwrap();
                match signed_with {
                    None => assert_eq!(serde_json::from_str::<Value>(&inside).unwrap(), plain),
                    Some(algorithm) => {
                        signed_by_us(app, &inside, algorithm.as_str(), "JWT").await;
                        assert_eq!(claims(&inside), signed);
                    }
                }
            }
        }
    });
}

/// Never plaintext instead; with its key again the same token is good.
#[test]
fn without_a_key_to_encrypt_for_nothing_is_told() {
    on_each_database(async |app| {
        let alice = app.account("alice.without.a.key").open().await;
        let key = EncryptionKey::ec();
        let rp = app.client("ecpa").skip_consent().with(|own| {
            own.jwks = Some(key.jwks());
            own.userinfo_encrypted_response_alg = Some(EncryptionAlgorithm::EcdhEs);
        });
        let rp = rp.register().await;
        let tokens = rp.sign_in_for(&mut app.browser(), &alice, SCOPE).await;
        for changed in
            [json!({ "use": "sig" }), json!({ "alg": "ES256" }), json!({ "crv": "P-384" })]
        {
            rp.change(|own| {
                let mut jwks = key.jwks();
                for (name, value) in changed.as_object().unwrap() {
                    jwks["keys"][0][name] = value.clone();
                }
                own.jwks = Some(jwks);
            })
            .await;
            let refused = rp.userinfo(&tokens.access_token).await;
            assert_eq!((refused.status, refused.error()), (400, "invalid_request"), "{changed}");
            assert_eq!(names(&refused.body), ["error", "error_description"]);
            let challenge = refused.header("www-authenticate");
            assert!(challenge.contains(r#"error="invalid_request""#), "{challenge}");
        }
        rp.change(|_| {}).await;
        let answer = jwt(&rp.userinfo(&tokens.access_token).await);
        assert!(key.open(&answer, "A128CBC-HS256", None).unwrap().contains(tokens.subject()));
    });
}

/// A-JOS-08: signed userinfo has the issuer, the audience and the key of an ID token, and is none.
#[test]
fn signed_userinfo_is_no_id_token() {
    on_each_database(async |app| {
        let alice = app.account("alice.mistaken").open().await;
        let rp = app.client("ecpa").skip_consent().with(|own| {
            own.userinfo_signed_response_alg = Some(SigningAlgorithm::Es256);
        });
        let rp = rp.register().await;
        let mut browser = app.browser();
        let tokens = rp.sign_in_for(&mut browser, &alice, SCOPE).await;
        let userinfo = jwt(&rp.userinfo(&tokens.access_token).await);
        let hinted = |hint: &str| rp.request().prompt("none").with("id_token_hint", hint);
        let request = hinted(&userinfo);
        let page = browser.open(&request.address()).await;
        assert_eq!(rp.error(&request, &page), "invalid_request");
        let request = hinted(&tokens.id_token);
        let page = browser.open(&request.address()).await;
        rp.code(&request, page.away());
        assert_eq!(rp.userinfo(&userinfo).await.status, 401, "nor an access token");
    });
}
