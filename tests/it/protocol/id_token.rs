//! ID tokens: nothing that was not asked for, and who the person is to which client.

use fuxin::base::encoding::from_base64url;
use serde_json::Value;

use crate::support::{Tokens, on_each_database};

/// The names of its claims.
fn names(tokens: &Tokens) -> Vec<&str> {
    let mut names: Vec<&str> =
        tokens.claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

const PLAIN: [&str; 6] = ["aud", "exp", "iat", "iss", "nonce", "sub"];

fn plain_and(more: &[&'static str]) -> Vec<&'static str> {
    let mut names: Vec<&str> = PLAIN.iter().chain(more).copied().collect();
    names.sort_unstable();
    names
}

#[test]
fn an_id_token_has_just_the_claims_that_were_asked_for() {
    on_each_database(async |app| {
        let alice = app.account("alice.asked.for").open().await;
        let ecpa = app.client("ecpa").skip_consent().register().await;
        let mut browser = app.browser();
        let all = "openid profile email address phone";
        let asked = r#"{"id_token":{"email":null,"auth_time":null,"amr":null}}"#;
        for (name, value, expected) in [
            ("scope", "openid", plain_and(&[])),
            ("scope", all, plain_and(&[])),
            ("max_age", "600", plain_and(&["auth_time"])),
            ("acr_values", "urn:fuxin:assurance:1", plain_and(&["acr"])),
            ("claims", asked, plain_and(&["auth_time", "amr", "email"])),
        ] {
            let request = ecpa.request().with(name, value);
            let tokens = ecpa.sign_in_with(&mut browser, &alice, request).await;
            assert_eq!(names(&tokens), expected, "{name}={value}");
            assert_eq!(tokens.claims["aud"], ecpa.client_id);
            assert_eq!(tokens.claims["iss"], app.issuer);
        }
        // A refreshed one does not repeat the nonce (Core §12.2).
        let tokens = ecpa.sign_in(&mut browser, &alice).await;
        let refreshed = ecpa.refreshed(tokens.refresh_token()).await;
        assert_eq!(names(&refreshed), ["aud", "exp", "iat", "iss", "sub"]);
        assert_eq!(refreshed.subject(), tokens.subject());
    });
}

#[test]
fn a_client_that_says_nothing_is_given_rs256() {
    on_each_database(async |app| {
        let alice = app.account("alice.signed.for").open().await;
        let mut browser = app.browser();
        for (client, algorithm) in [
            (app.client("rsa").default_algorithm().register().await, "RS256"),
            (app.client("ec").register().await, "ES256"),
        ] {
            let tokens = client.sign_in(&mut browser, &alice).await;
            let header = tokens.id_token.split('.').next().unwrap();
            let header: Value = serde_json::from_slice(&from_base64url(header).unwrap()).unwrap();
            assert_eq!(header["alg"], algorithm);
        }
    });
}

#[test]
fn a_person_is_the_same_to_the_clients_of_one_sector_only() {
    on_each_database(async |app| {
        let alice = app.account("alice.of.sectors").open().await;
        let bob = app.account("bob.of.sectors").open().await;
        let clients = [
            app.client("one").sector("personnel").register().await,
            app.client("two").sector("personnel").register().await,
            app.client("three").sector("business").register().await,
            app.client("four").sector("fourth").public_subjects().register().await,
            app.client("five").sector("fifth").public_subjects().register().await,
        ];
        let mut browser = app.browser();
        let mut subjects = Vec::new();
        for client in &clients {
            let tokens = client.sign_in(&mut browser, &alice).await;
            let userinfo = client.userinfo(&tokens.access_token).await;
            assert_eq!(userinfo.body["sub"], tokens.subject());
            subjects.push(tokens.subject().to_owned());
        }
        assert_eq!(subjects[0], subjects[1]);
        assert_eq!(subjects[3], subjects[4]);
        assert!(subjects[0] != subjects[2] && subjects[0] != subjects[3]);
        assert_ne!(subjects[2], subjects[3]);
        let of_bob = clients[0].sign_in(&mut app.browser(), &bob).await;
        assert_ne!(of_bob.subject(), subjects[0]);
    });
}
