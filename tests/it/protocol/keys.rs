//! The signing keys: what is published, and a rotation that a running provider notices.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use fuxin::app::App;
use fuxin::base::encoding::from_base64url;
use fuxin::base::time::{Clock, Lifetime};
use fuxin::job::rotate_keys;
use fuxin::key;
use fuxin::oauth::client_metadata::SigningAlgorithm;
use serde_json::Value;

use crate::support::{TestApp, on_each_database};

async fn published(app: &TestApp) -> Vec<Value> {
    let answer = app.get("/jwks").await;
    assert_eq!(answer.status, 200);
    answer.body["keys"].as_array().unwrap().clone()
}

fn kid(id_token: &str) -> String {
    let header = from_base64url(id_token.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

fn kids(keys: &[Value]) -> BTreeSet<String> {
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_algorithm_has_a_key_and_its_successor_and_nothing_private() {
    on_each_database(async |app| {
        let keys = published(app).await;
        let algorithms: Vec<&str> = keys.iter().map(|key| key["alg"].as_str().unwrap()).collect();
        for algorithm in ["ES256", "RS256", "PS256", "EdDSA"] {
            assert_eq!(algorithms.iter().filter(|own| **own == algorithm).count(), 2);
        }
        for algorithm in ["RSA-OAEP-256", "ECDH-ES"] {
            assert_eq!(algorithms.iter().filter(|own| **own == algorithm).count(), 1);
        }
        assert_eq!(kids(&keys).len(), 10);
        for key in &keys {
            let decrypts = ["RSA-OAEP-256", "ECDH-ES"].iter().any(|name| key["alg"] == *name);
            assert_eq!(key["use"], if decrypts { "enc" } else { "sig" });
            let private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
            assert!(private.iter().all(|member| key.get(member).is_none()), "{key}");
        }
    });
}

#[test]
fn a_rotation_elsewhere_is_noticed_within_a_second_and_old_tokens_still_verify() {
    on_each_database(async |app| {
        let _jobs = app.run_jobs();
        let alice = app.account("alice.before.and.after").open().await;
        let ecpa = app.client("ecpa").skip_consent().register().await;
        let mut browser = app.browser();
        let before = ecpa.sign_in(&mut browser, &alice).await;
        let announced = kids(&published(app).await);
        // Another process: the store is all that the two share.
        let store = fuxin::app::open_store(&app.config).await.unwrap();
        let seal = app.config.secrets.master_key.seal(key::SEAL);
        let (now, kept) = (app.clock.now(), Lifetime::days(1));
        let keys = app.context().keys.keys();
        let active = keys.active(SigningAlgorithm::Es256).unwrap();
        let new = key::rotate(&store, &seal, active, kept, now).await.unwrap().unwrap();
        store.close().await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let after = ecpa.sign_in(&mut browser, &alice).await;
        assert_ne!(kid(&after.id_token), kid(&before.id_token));
        assert_eq!(kid(&after.id_token), new);
        assert!(announced.contains(&new), "a key signs that was published before");
        ecpa.verify(&before.id_token, &before.access_token, before.claims["nonce"].as_str()).await;
    });
}

#[test]
fn keys_rotate_by_themselves_when_they_are_due() {
    on_each_database(async |app| {
        let before = kids(&published(app).await);
        rotate_keys::rotate_due(&app.app).await.unwrap();
        assert_eq!(kids(&published(app).await), before);
        app.wait(Lifetime::days(90));
        rotate_keys::rotate_due(&app.app).await.unwrap();
        let after = kids(&published(app).await);
        assert!(after.is_superset(&before));
        assert_eq!(after.len(), before.len() + 4);
    });
}

#[test]
fn two_nodes_that_judge_one_key_due_rotate_it_once() {
    on_each_database(async |app| {
        let clock = Arc::new(app.clock.clone());
        let other = App::build(&app.config, clock, None).await.unwrap();
        // At once, and one after the other while the second has not noticed the first.
        for at_once in [true, false] {
            app.wait(Lifetime::days(90));
            if at_once {
                let (one, two) = tokio::join!(
                    rotate_keys::rotate_due(&app.app),
                    rotate_keys::rotate_due(&other)
                );
                one.unwrap();
                two.unwrap();
            } else {
                rotate_keys::rotate_due(&app.app).await.unwrap();
                rotate_keys::rotate_due(&other).await.unwrap();
            }
            app.context().keys.reload(&app.context().store, app.clock.now()).await.unwrap();
            // For each of four algorithms one is retired, one signs and one waits; older ones are over. Two decrypt.
            assert_eq!(published(app).await.len(), 14);
        }
        other.provider().store.close().await;
    });
}

/// A retired key verifies for as long as a token of it lives, and a day longer for hints and caches; then it is gone,
/// from the document and as a hint, without a restart.
#[test]
fn a_retired_key_stays_as_long_as_a_token_of_it_may_live() {
    on_each_database(async |app| {
        let alice = app.account("alice.of.the.old.key").open().await;
        let ecpa = app.client("ecpa").skip_consent().register().await;
        let mut browser = app.browser();
        app.wait(Lifetime::days(90));
        let last = ecpa.sign_in(&mut browser, &alice).await;
        let old = kid(&last.id_token);
        rotate_keys::rotate_due(&app.app).await.unwrap();
        let is_published = async || {
            rotate_keys::rotate_due(&app.app).await.unwrap();
            let ctx = app.context();
            // What other nodes read.
            let rows = ctx.store.list_signing_keys(ctx.now).await.unwrap();
            let here = kids(&published(app).await).contains(&old);
            assert_eq!(here, rows.iter().any(|row| row.kid == old));
            here
        };
        let life = last.claims["exp"].as_i64().unwrap() - last.claims["iat"].as_i64().unwrap();
        app.wait(Lifetime::seconds(u32::try_from(life - 1).unwrap()));
        let nonce = last.claims["nonce"].as_str();
        ecpa.verify(&last.id_token, &last.access_token, nonce).await;
        app.wait(Lifetime::days(1));
        assert!(is_published().await);
        let hinted = ecpa.request().prompt("none").with("id_token_hint", &last.id_token);
        let page = browser.open(&hinted.address()).await;
        assert_eq!(ecpa.error(&hinted, &page), "login_required", "a hint of ours");
        app.wait(Lifetime::seconds(1));
        assert!(!is_published().await);
        let page = browser.open(&hinted.address()).await;
        assert_eq!(ecpa.error(&hinted, &page), "invalid_request", "nobody's any more");
    });
}
