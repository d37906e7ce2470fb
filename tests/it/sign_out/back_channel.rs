//! Stories of back-channel logout: each client is told on its own server, once, soon, and in the end.

use std::time::Duration;

use fuxin::account;
use fuxin::base::encoding::from_base64url;
use fuxin::base::time::{Clock, Lifetime};
use fuxin::job::deliver_logout::Round;
use fuxin::oauth::client_metadata::{ClientMetadata, EncryptionAlgorithm, IdTokenAlgorithm};
use fuxin::oauth::https_uri::HttpsUri;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::support::jose::{EncryptionKey, signed_by_us};
use crate::support::{Answer, ClientBuilder, RelyingParty, Site, TestApp, on_each_database_with};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A site that takes what it is told.
fn site() -> Site {
    let site = Site::start();
    site.put("/ecpa", Answer::of("text/plain", ""));
    site.put("/gcis", Answer::of("text/plain", "").status("204 No Content"));
    site
}

/// A client that is told at this path of the site.
fn told_at(client: ClientBuilder, site: &Site, path: &str) -> ClientBuilder {
    let uri = HttpsUri::parse(&site.url(path)).unwrap();
    client.with(|metadata: &mut ClientMetadata| metadata.backchannel_logout_uri = Some(uri))
}

/// Delivers what is due now, to the end.
async fn deliver(app: &TestApp) -> usize {
    let mut round = Round::default();
    let begun = round.begin(&app.app).await.unwrap();
    round.end().await;
    begun
}

/// The paths at which the site was told, and the tokens, in the order of the paths.
fn told(site: &Site) -> Vec<(String, String)> {
    let mut told: Vec<_> = site
        .asked()
        .into_iter()
        .map(|asked| {
            assert_eq!(asked.method, "POST");
            let fields: Vec<(String, String)> =
                url::form_urlencoded::parse(asked.body.as_bytes()).into_owned().collect();
            let [(name, token)] = fields.as_slice() else { panic!("{fields:?}") };
            assert_eq!(name, "logout_token", "and nothing else");
            (asked.path, token.clone())
        })
        .collect();
    told.sort_unstable();
    told
}

fn part(token: &str, index: usize) -> Value {
    serde_json::from_slice(&from_base64url(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

/// Signs out at the provider's own page.
async fn sign_out(browser: &mut crate::support::Browser) {
    let home = browser.open("/").await;
    assert_eq!(browser.press(&home, "sign-out").await.heading(), "您已登出");
}

/// A-JOS-08, A-SOC-11 from the sender's side.
#[test]
fn every_client_of_the_session_is_told_with_exactly_the_claims_of_the_specification() {
    let site = site();
    on_each_database_with(&site.settings(), async |app| {
        let alice = app.account("alice.is.told").open().await;
        let ecpa = told_at(app.client("ecpa"), &site, "/ecpa").register().await;
        let gcis = told_at(app.client("gcis"), &site, "/gcis").default_algorithm();
        let gcis = gcis.register().await;
        let plain = app.client("plain").register().await;
        let mut browser = app.browser();
        let one = ecpa.sign_in(&mut browser, &alice).await;
        ecpa.sign_in(&mut browser, &alice).await;
        let other = gcis.sign_in(&mut browser, &alice).await;
        plain.sign_in(&mut browser, &alice).await;
        let elsewhere = ecpa.sign_in(&mut app.browser(), &alice).await;
        assert_eq!(deliver(app).await, 0, "nobody signed out");
        sign_out(&mut browser).await;
        assert_eq!(deliver(app).await, 2);
        let told = told(&site);
        let paths: Vec<_> = told.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["/ecpa", "/gcis"]);
        let now = app.clock.now().seconds();
        let jwks = app.get("/jwks").await;
        let parties = [(&ecpa, &one, "ES256"), (&gcis, &other, "RS256")];
        for ((_, token), (party, tokens, algorithm)) in told.iter().zip(parties) {
            let (header, claims) = (part(token, 0), part(token, 1));
            let jti = claims["jti"].as_str().unwrap();
            assert_eq!(jti.len(), 22);
            let expected = json!({
                "iss": app.issuer, "aud": party.client_id, "iat": now, "exp": now + 120, "jti": jti,
                "sub": tokens.subject(), "sid": tokens.claims["sid"], "events": { EVENT: {} },
            });
            assert_eq!(claims, expected);
            let kid = header["kid"].clone();
            assert_eq!(header, json!({ "alg": algorithm, "kid": kid, "typ": "logout+jwt" }));
            let keys = jwks.body["keys"].as_array().unwrap();
            let key = keys.iter().find(|key| key["kid"] == kid).expect("a published key");
            assert_eq!(key["alg"], algorithm);
        }
        // Its signature is one of ours, and still it is no ID token.
        let (_, token) = &told[0];
        let refused = app.browser().open(&ecpa.sign_out_address(Some(token), None)).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "ERR-103"));
        assert_eq!(ecpa.userinfo(&elsewhere.access_token).await.status, 200);
        app.wait(Lifetime::days(2));
        assert_eq!(deliver(app).await, 0, "who was told is not told again");
    });
}

/// What the client with unsigned or HMAC tokens is told: never an unsigned token (Back-Channel Logout §2.4).
#[test]
fn a_client_whose_id_tokens_no_key_of_ours_signs_is_told_with_a_signature_all_the_same() {
    let site = site();
    let settings = format!(
        "{}[policy]\nweak_features = [\"unsigned_id_token\", \"hs256\"]\n",
        site.settings()
    );
    on_each_database_with(&settings, async |app| {
        let alice = app.account("alice.weak").open().await;
        let unsigned = told_at(app.client("ecpa"), &site, "/ecpa").register().await;
        let hmac = told_at(app.client("gcis"), &site, "/gcis").register().await;
        let mut browser = app.browser();
        let algorithms = [IdTokenAlgorithm::Unsigned, IdTokenAlgorithm::Hs256];
        for (party, algorithm) in [&unsigned, &hmac].into_iter().zip(algorithms) {
            party.sign_in(&mut browser, &alice).await;
            let change = |metadata: &mut ClientMetadata| {
                metadata.id_token_signed_response_alg = algorithm;
                metadata.weak_features = algorithm.weak_feature().into_iter().collect();
            };
            party.change(change).await;
        }
        sign_out(&mut browser).await;
        assert_eq!(deliver(app).await, 2);
        let told = told(&site);
        assert_eq!(part(&told[0].1, 0)["alg"], "RS256");
        assert_eq!(part(&told[1].1, 0)["alg"], "HS256");
        let secret = hmac.secret.as_deref().unwrap();
        let (signed, signature) = told[1].1.rsplit_once('.').unwrap();
        let key = openssl::pkey::PKey::hmac(secret.as_bytes()).unwrap();
        let hash = openssl::hash::MessageDigest::sha256();
        let mut signer = openssl::sign::Signer::new(hash, &key).unwrap();
        let own = signer.sign_oneshot_to_vec(signed.as_bytes()).unwrap();
        assert_eq!(from_base64url(signature).unwrap(), own);
    });
}

/// Back-Channel Logout §2.4: encrypted as the client's ID tokens are, or not told at all while it has no key for that.
#[test]
fn a_client_with_encrypted_id_tokens_is_told_with_an_encrypted_token() {
    let site = site();
    on_each_database_with(&site.settings(), async |app| {
        let alice = app.account("alice.told.in.secret").open().await;
        for key in EncryptionKey::each() {
            let party = told_at(app.client("ecpa"), &site, "/ecpa").skip_consent().with(|own| {
                own.jwks = Some(key.jwks());
                own.id_token_encrypted_response_alg = EncryptionAlgorithm::from_word(key.algorithm);
            });
            let party = party.register().await;
            let mut browser = app.browser();
            party.code_for(&mut browser, &alice, &party.request()).await;
            party
                .change(|own| {
                    let mut jwks = key.jwks();
                    jwks["keys"][0]["use"] = "sig".into();
                    own.jwks = Some(jwks);
                })
                .await;
            sign_out(&mut browser).await;
            assert_eq!((deliver(app).await, told(&site)), (1, vec![]), "no key, no plain text");
            party.change(|_| {}).await;
            app.wait(Lifetime::minutes(1));
            assert_eq!(deliver(app).await, 1);
            let [(_, token)] = told(&site).try_into().unwrap();
            let signed = key.open(&token, "A128CBC-HS256", Some("JWT")).unwrap();
            signed_by_us(app, &signed, "ES256", "logout+jwt").await;
            let claims = part(&signed, 1);
            assert_eq!(claims["aud"], party.client_id);
            assert_eq!(claims["events"], json!({ EVENT: {} }));
        }
    });
}

/// Signs `alice` in and out at a client that was told nothing yet.
async fn signed_out(app: &TestApp, party: &RelyingParty, name: &str) {
    let alice = app.account(name).open().await;
    let mut browser = app.browser();
    party.sign_in(&mut browser, &alice).await;
    sign_out(&mut browser).await;
}

#[test]
fn a_client_that_does_not_take_it_is_told_again_with_a_new_token_until_it_does() {
    let site = site();
    on_each_database_with(&site.settings(), async |app| {
        let ecpa = told_at(app.client("ecpa"), &site, "/ecpa").register().await;
        signed_out(app, &ecpa, "alice.told.again").await;
        let mut tokens = Vec::new();
        for status in ["400 Bad Request", "500 Internal Server Error", "302 Found", "404 Not Found"]
        {
            site.put("/ecpa", Answer::of("text/plain", "").status(status));
            assert_eq!(deliver(app).await, 1, "{status}");
            tokens.extend(told(&site));
            assert_eq!(deliver(app).await, 0, "not at once");
            app.wait(Lifetime::hours(1));
        }
        // The process dies and another one goes on.
        let app = app.restarted().await;
        site.put("/ecpa", Answer::of("text/plain", ""));
        assert_eq!(deliver(&app).await, 1);
        tokens.extend(told(&site));
        assert_eq!(tokens.len(), 5);
        let last = part(&tokens[4].1, 1);
        assert_eq!(last["iat"], app.clock.now().seconds(), "made when it is sent");
        assert_ne!(last["jti"], part(&tokens[0].1, 1)["jti"]);
        app.wait(Lifetime::hours(12));
        assert_eq!(deliver(&app).await, 0);
    });
}

/// The process dies between its answer and the delivery; the next one tells the client as soon as it runs.
#[test]
fn a_crash_after_the_answer_loses_nothing() {
    let site = site();
    on_each_database_with(&site.settings(), async |app| {
        let ecpa = told_at(app.client("ecpa"), &site, "/ecpa").register().await;
        signed_out(app, &ecpa, "alice.crash").await;
        assert_eq!(told(&site), []);
        let next = app.restarted().await;
        let _jobs = next.run_jobs();
        let told = async {
            loop {
                let told = told(&site);
                if !told.is_empty() {
                    return told;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        assert_eq!(timeout(Duration::from_secs(4), told).await.unwrap().len(), 1);
    });
}

#[test]
fn after_a_day_nobody_is_told_any_more() {
    let site = site();
    on_each_database_with(&site.settings(), async |app| {
        let ecpa = told_at(app.client("ecpa"), &site, "/ecpa").register().await;
        site.put("/ecpa", Answer::of("text/plain", "").status("400 Bad Request"));
        signed_out(app, &ecpa, "alice.given.up").await;
        let mut attempts = 0;
        for _ in 0..30 {
            attempts += deliver(app).await;
            app.wait(Lifetime::hours(1));
        }
        assert!((8..=14).contains(&attempts), "{attempts}");
        assert!(
            app.contents()
                .await
                .tables_with(ecpa.id.uuid().as_bytes())
                .iter()
                .all(|table| { *table != "logout_deliveries" })
        );
    });
}

#[test]
fn a_client_that_is_gone_or_wants_to_hear_nothing_is_not_told() {
    let site = site();
    on_each_database_with(&site.settings(), async |app| {
        let ecpa = told_at(app.client("ecpa"), &site, "/ecpa").register().await;
        signed_out(app, &ecpa, "alice.unheard").await;
        ecpa.change(|metadata| metadata.backchannel_logout_uri = None).await;
        assert_eq!(deliver(app).await, 1);
        assert_eq!(told(&site), []);
        app.wait(Lifetime::hours(5));
        assert_eq!(deliver(app).await, 0);
    });
}

/// A client that hangs holds up neither the person nor another client; and the jobs tell at once, not at their next round.
#[test]
fn a_client_that_hangs_delays_nobody() {
    let site = site();
    site.put("/hangs", Answer::of("text/plain", "").never());
    on_each_database_with(&site.settings(), async |app| {
        let alice = app.account("alice.not.held.up").open().await;
        let hangs = told_at(app.client("hangs"), &site, "/hangs").register().await;
        let ecpa = told_at(app.client("ecpa"), &site, "/ecpa").register().await;
        let mut browser = app.browser();
        hangs.sign_in(&mut browser, &alice).await;
        ecpa.sign_in(&mut browser, &alice).await;
        let _jobs = app.run_jobs();
        // The jobs have looked, and wait.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let begun = Instant::now();
        sign_out(&mut browser).await;
        let both = async {
            let mut asked = Vec::new();
            while asked.len() < 2 {
                asked.extend(site.asked().into_iter().map(|asked| asked.path));
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            asked.sort_unstable();
            asked
        };
        assert_eq!(timeout(Duration::from_secs(4), both).await.unwrap(), ["/ecpa", "/hangs"]);
        assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    });
}

#[test]
fn clients_are_told_whatever_ends_the_session() {
    let site = site();
    on_each_database_with(&site.settings(), async |app| {
        let ecpa = told_at(app.client("ecpa"), &site, "/ecpa").register().await;
        let alice = app.account("alice.ends").open().await;
        let bob = app.account("bob.takes.over").open().await;
        // Somebody else signs in in the same browser.
        let mut browser = app.browser();
        let hers = ecpa.sign_in(&mut browser, &alice).await;
        let request = ecpa.request().prompt("login");
        ecpa.sign_in_with(&mut browser, &bob, request).await;
        assert_eq!(deliver(app).await, 1);
        let [(_, token)] = told(&site).try_into().unwrap();
        assert_eq!(part(&token, 1)["sid"], hers.claims["sid"]);
        // An operator locks the account.
        account::lock(&app.context(), &bob.folded()).await.unwrap();
        assert_eq!(deliver(app).await, 1);
        assert_eq!(told(&site).len(), 1);
        // The client asks.
        let mut browser = app.browser();
        let tokens = ecpa.sign_in(&mut browser, &alice).await;
        let out = browser.open(&ecpa.sign_out_address(Some(&tokens.id_token), None)).await;
        assert!(out.away.is_some());
        assert_eq!(deliver(app).await, 1);
        assert_eq!(told(&site).len(), 1);
    });
}

/// Two nodes see the same row; one of them has it.
#[test]
fn two_nodes_tell_a_client_once() {
    let site = site();
    on_each_database_with(&site.settings(), async |app| {
        if !app.is_on_a_server() {
            return;
        }
        let ecpa = told_at(app.client("ecpa"), &site, "/ecpa").register().await;
        signed_out(app, &ecpa, "alice.two.nodes").await;
        let other = app.another_node().await;
        let (one, another) = tokio::join!(deliver(app), deliver(&other));
        assert_eq!((one + another, told(&site).len()), (1, 1));
    });
}
