//! Codes, tokens and the clients that bring them: each is good once or for its own client, and dies when it must.

use fuxin::base::encoding::base64url;
use fuxin::base::time::Lifetime;
use fuxin::oauth::client_metadata::ClientMetadata;
use fuxin::oauth::weak_feature::{WeakFeature, WeakFeatures};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{altered, together};
use crate::support::{Json, RelyingParty, TestApp, on_each_database, on_each_database_with};

/// A-TOK-01, A-TOK-07: the second redemption fails and takes the first one's tokens with it.
#[test]
fn a_replayed_code_revokes_what_it_gave() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let request = rp.request();
        let code = rp.code_for(&mut app.browser(), &alice, &request).await;
        let first = rp.redeem(&request, &code).await;
        let first = rp.believe(&first, Some(&request.nonce)).await;
        assert_eq!(rp.userinfo(&first.access_token).await.status, 200);
        let second = rp.redeem(&request, &code).await;
        assert_eq!((second.status, second.error()), (400, "invalid_grant"));
        assert_eq!(rp.userinfo(&first.access_token).await.status, 401);
        assert_eq!(rp.refresh(first.refresh_token()).await.error(), "invalid_grant");
        assert!(app.audited().await.contains(&"code_replayed".to_owned()));
    });
}

/// The client at each node of a deployment: two on a database that allows it, with connections enough for a race.
async fn at_each_node(app: &TestApp, rp: &RelyingParty) -> Vec<RelyingParty> {
    let mut wide = app.clone();
    wide.config.database.connections = 8;
    let mut sites = vec![rp.at(&wide.another_node().await)];
    if app.is_on_a_server() {
        sites.push(rp.at(&wide.another_node().await));
    }
    sites
}

/// A-TOK-01, A-TOK-07: of redemptions at the same moment, at every node, at most one gives tokens, and none survive.
#[test]
fn a_code_redeemed_in_parallel_gives_tokens_once() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let sites = at_each_node(app, &rp).await;
        let request = rp.request();
        let code = rp.code_for(&mut app.browser(), &alice, &request).await;
        let racers = (0..64).map(|n| {
            let (rp, request, code) =
                (sites[n % sites.len()].clone(), request.clone(), code.clone());
            async move { rp.redeem(&request, &code).await }
        });
        let replies = together(racers).await;
        let good: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
        assert_eq!(good.len(), 1);
        let lost = replies.iter().filter(|reply| reply.error() == "invalid_grant").count();
        assert_eq!(lost, 63, "{replies:?}");
        assert_eq!(rp.userinfo(good[0].text("access_token")).await.status, 401);
    });
}

/// A-TOK-03: another client, however well it authenticates, gets nothing, and does not burn the owner's code.
#[test]
fn another_clients_code_and_refresh_token_are_worth_nothing() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let other = app.client("other").register().await;
        let alice = app.account("alice").open().await;
        let request = rp.request();
        let code = rp.code_for(&mut app.browser(), &alice, &request).await;
        let redirect = [("redirect_uri", rp.redirect_uri())];
        let stolen = other.redeem_with(&request, &code, &redirect).await;
        assert_eq!((stolen.status, stolen.error()), (400, "invalid_grant"));
        let id = ("client_id", rp.client_id.as_str());
        let nobody =
            app.post("/token", &[("grant_type", "authorization_code"), ("code", &code), id]).await;
        assert_eq!((nobody.status, nobody.error()), (401, "invalid_client"));
        let elsewhere = [("redirect_uri", "https://rp.example.gov.tw/other")];
        assert_eq!(rp.redeem_with(&request, &code, &elsewhere).await.error(), "invalid_grant");
        let owner = rp.redeem(&request, &code).await;
        let owner = rp.believe(&owner, Some(&request.nonce)).await;
        let token = owner.refresh_token();
        assert_eq!(other.refresh(token).await.error(), "invalid_grant");
        let form = [("grant_type", "refresh_token"), ("refresh_token", token), id];
        assert_eq!(app.post("/token", &form).await.error(), "invalid_client");
        assert_eq!(other.introspect(token).await.body, json!({ "active": false }));
        assert_eq!(other.revoke(token).await.error(), "unauthorized_client");
        assert_eq!(rp.introspect(token).await.body["active"], true);
        rp.refreshed(token).await;
    });
}

/// A-TOK-05, A-TOK-07: 64 refreshes at the same moment, 200 times over, at two nodes where the database allows it: of the
/// successors one lives, no answer is a failure, what is void is refused without ending the family, and an old token
/// ends it.
#[test]
fn parallel_refreshes_leave_one_successor() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let sites = at_each_node(app, &rp).await;
        let tokens = rp.sign_in(&mut app.browser(), &alice).await;
        let mut current = tokens.refresh_token().to_owned();
        for round in 0..200 {
            let racers = (0..64).map(|n| {
                let (rp, token) = (sites[n % sites.len()].clone(), current.clone());
                async move { rp.race_to_refresh(&token).await }
            });
            let replies = together(racers).await;
            let failed = replies.iter().find(|reply| reply.status != 200);
            assert!(failed.is_none(), "round {round}: {failed:?}");
            let successors: Vec<&str> =
                replies.iter().map(|reply| reply.text("refresh_token")).collect();
            // That there is one is seen each time; that there is no other takes asking for all of them.
            let all = round % 20 == 19;
            let live = live_ones(&sites, &successors, all).await;
            let [one] = live.as_slice() else { panic!("round {round}: {} live", live.len()) };
            let void = successors.iter().find(|own| own != &one).unwrap();
            let refused = rp.race_to_refresh(void).await;
            assert_eq!((refused.status, refused.error()), (400, "invalid_grant"));
            current = (*one).to_owned();
        }
        let next = rp.refreshed(&current).await;
        assert_eq!(rp.userinfo(&next.access_token).await.status, 200, "the family lives");
        assert_eq!(rp.refresh(tokens.refresh_token()).await.error(), "invalid_grant");
        assert_eq!(rp.refresh(next.refresh_token()).await.error(), "invalid_grant");
        assert_eq!(rp.userinfo(&next.access_token).await.status, 401, "an old token ended it");
        assert!(app.audited().await.contains(&"refresh_token_replayed".to_owned()));
    });
}

/// The tokens that live: all of them, or the first that is found.
async fn live_ones<'t>(sites: &[RelyingParty], tokens: &[&'t str], all: bool) -> Vec<&'t str> {
    let mut live = Vec::new();
    // The one that won last was asked for last, mostly.
    for (n, token) in tokens.iter().enumerate().rev() {
        let answer = sites[n % sites.len()].race("/introspect", &[("token", token)]).await;
        if answer.body["active"] == true {
            live.push(*token);
            if !all {
                break;
            }
        }
    }
    live
}

/// A-TOK-08: no way round PKCE at the token endpoint, for a client with a secret and for one without.
#[test]
fn the_verifier_cannot_be_left_out_or_guessed() {
    on_each_database_with("[policy]\nweak_features = [\"no_pkce\"]", async |app| {
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        let clients = [
            app.client("secret").register().await,
            app.client("form").secret_in_form().register().await,
            app.client("public").public().register().await,
            app.client("assertion").private_key_jwt().register().await,
        ];
        for rp in &clients {
            let request = rp.request();
            let code = rp.code_for(&mut browser, &alice, &request).await;
            let challenge = base64url(&Sha256::digest(&request.verifier));
            let (short, long) = ("a".repeat(42), "a".repeat(129));
            let bad = format!("{}!", "a".repeat(50));
            let other = rp.request().verifier;
            for verifier in ["", &challenge, &short, &long, &bad, &other] {
                let refused = rp.redeem_with(&request, &code, &[("code_verifier", verifier)]).await;
                let told = (refused.status, refused.error());
                assert_eq!(told, (400, "invalid_grant"), "{verifier}");
            }
            assert_eq!(rp.redeem(&request, &code).await.status, 200);
        }
        // The challenge was taken out on its way; the client still sends its verifier.
        let waive = |own: &mut ClientMetadata| {
            own.require_pkce = false;
            own.weak_features = WeakFeatures::from_iter([WeakFeature::NoPkce]);
        };
        let lenient = app.client("lenient").with(waive).register().await;
        let stripped =
            lenient.request().changed(&[("code_challenge", ""), ("code_challenge_method", "")]);
        let code = lenient.code_for(&mut browser, &alice, &stripped).await;
        assert_eq!(lenient.redeem(&stripped, &code).await.error(), "invalid_grant");
        let none = lenient.redeem_with(&stripped, &code, &[("code_verifier", "")]).await;
        assert_eq!(none.status, 200);
    });
}

/// A-TOK-10: on a database that takes no write nothing is answered as done; what could be read still can, and
/// afterwards everything is as it was reported.
#[test]
fn on_a_read_only_database_nothing_is_answered_as_done() {
    on_each_database(async |app| {
        app.expect_errors("503");
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        let tokens = rp.sign_in(&mut browser, &alice).await;
        let request = rp.request();
        let code = rp.code_for(&mut browser, &alice, &request).await;
        let frozen = app.read_only().await;
        let rp = rp.at(&frozen);
        for token in [tokens.access_token.as_str(), tokens.refresh_token()] {
            let refused = rp.revoke(token).await;
            assert_eq!((refused.status, refused.error()), (503, "temporarily_unavailable"));
            assert_eq!(refused.header("retry-after"), "2");
        }
        assert_eq!(rp.refresh(tokens.refresh_token()).await.status, 503);
        assert_eq!(rp.redeem(&request, &code).await.status, 503);
        let mut other = frozen.browser();
        let page = other.open("/").await;
        let refused = other.sign_in(&page, &alice).await;
        assert_eq!((refused.status, other.cookies.get("fuxin-session")), (503, None));
        assert_eq!(frozen.get("/jwks").await.status, 200);
        assert_eq!(rp.userinfo(&tokens.access_token).await.status, 200, "it was not revoked");

        let rp = rp.at(&frozen.writable_again().await);
        let redeemed = rp.redeem(&request, &code).await;
        rp.believe(&redeemed, Some(&request.nonce)).await;
        assert_eq!(rp.userinfo(&tokens.access_token).await.status, 200);
        let renewed = rp.refreshed(tokens.refresh_token()).await;
        assert_eq!(rp.revoke(&tokens.access_token).await.status, 200);
        assert_eq!(rp.userinfo(&tokens.access_token).await.status, 401);
        assert_eq!(rp.revoke(renewed.refresh_token()).await.status, 200);
        assert_eq!(rp.refresh(renewed.refresh_token()).await.error(), "invalid_grant");
    });
}

/// A-TOK-14: a token without `openid`, or of a client alone, opens nothing at userinfo; fewer scopes give fewer claims,
/// in whatever way the token comes.
#[test]
fn a_token_gives_what_its_scopes_give() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let tokens = rp.sign_in_for(&mut app.browser(), &alice, "openid profile").await;
        let full = rp.userinfo(&tokens.access_token).await.body;
        assert!(full["name"].is_string() && full["email"].is_null());
        let narrowed = async |scope: &str, token: &str| {
            let form =
                [("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)];
            rp.token(&form).await
        };
        let wider = narrowed("openid email", tokens.refresh_token()).await;
        assert_eq!(wider.error(), "invalid_scope");
        let fewer = narrowed("openid", tokens.refresh_token()).await;
        for answer in each_way(app, fewer.text("access_token")).await {
            assert_eq!((answer.status, &answer.body["name"]), (200, &Value::Null));
        }
        let without = narrowed("profile", fewer.text("refresh_token")).await;
        let service = app.client("service").service("statistics:read").register().await;
        let alone = service.token(&[("grant_type", "client_credentials")]).await;
        for token in [without.text("access_token"), alone.text("access_token")] {
            for refused in each_way(app, token).await {
                assert_eq!((refused.status, refused.error()), (403, "insufficient_scope"));
            }
            let in_the_address = app.get(&format!("/userinfo?access_token={token}")).await;
            assert_eq!(in_the_address.status, 401);
        }
    });
}

/// What userinfo says to a token in the header, of either method, and in a form.
async fn each_way(app: &TestApp, token: &str) -> [Json; 3] {
    let url = app.url("/userinfo");
    let send = async |request: reqwest::RequestBuilder| {
        Json::of(request.bearer_auth(token).send().await.unwrap()).await
    };
    [
        send(app.http.get(&url)).await,
        send(app.http.post(&url)).await,
        app.post("/userinfo", &[("access_token", token)]).await,
    ]
}

/// A-TOK-07: a code is good for its minute, and a token until its session ends.
#[test]
fn what_has_lapsed_is_worth_nothing() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        let request = rp.request();
        let code = rp.code_for(&mut browser, &alice, &request).await;
        app.wait(Lifetime::seconds(60));
        assert_eq!(rp.redeem(&request, &code).await.error(), "invalid_grant");
        let request = rp.request();
        let code = rp.code_for(&mut browser, &alice, &request).await;
        app.wait(Lifetime::seconds(59));
        let tokens = rp.redeem(&request, &code).await;
        let tokens = rp.believe(&tokens, Some(&request.nonce)).await;
        let home = browser.open("/").await;
        assert_eq!(browser.press(&home, "sign-out").await.status, 200);
        assert_eq!(rp.userinfo(&tokens.access_token).await.status, 401);
        assert_eq!(rp.refresh(tokens.refresh_token()).await.error(), "invalid_grant");
    });
}

/// A-TOK-25: nothing that holds a token, a person's data or a form is kept by anybody.
#[test]
fn no_secret_is_kept_by_a_cache() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").password_set_before(Lifetime::days(731)).open().await;
        let mut browser = app.browser();
        let sign_in = browser.open(&rp.request().address()).await;
        let expired = browser.sign_in(&sign_in, &alice).await;
        assert!(expired.has("change-password-submit"));
        app.plant("a password", "a quite different password");
        let form = expired.form("change-password-submit");
        let consent = browser.submit(&form.set("password", "a quite different password")).await;
        assert!(consent.has("consent-approve"));
        let request = rp.request().with("response_mode", "form_post");
        let posted = rp.answer(&mut browser, &alice, &request).await;
        let code = rp.code(&request, browser.press(&posted, "continue").await.away());
        let pages = [
            sign_in,
            expired,
            consent,
            browser.get("/").await,
            browser.get("/end-session").await,
            posted,
        ];
        for page in pages {
            assert_eq!(page.header("cache-control"), "no-store", "{}", page.describe());
        }
        let tokens = rp.redeem(&request, &code).await;
        let token = tokens.text("access_token").to_owned();
        let answers = [
            tokens,
            rp.userinfo(&token).await,
            rp.userinfo("nonsense").await,
            rp.introspect(&token).await,
            rp.token(&[]).await,
        ];
        for answer in answers {
            assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
        }
        assert_ne!(app.get("/jwks").await.header("cache-control"), "no-store");
    });
}

/// A-TOK-26: there is no grant type that takes a password, and none that was not registered.
#[test]
fn there_is_no_password_grant() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let form = [
            ("grant_type", "password"),
            ("username", alice.account.as_str()),
            ("password", &alice.password),
        ];
        let refused = rp.token(&form).await;
        assert_eq!((refused.status, refused.error()), (400, "unsupported_grant_type"));
        let alone = rp.token(&[("grant_type", "client_credentials")]).await;
        assert_eq!(alone.error(), "unauthorized_client");
        let metadata = app.get("/.well-known/openid-configuration").await.body;
        let offered = metadata["grant_types_supported"].to_string();
        assert!(!offered.contains("password") && !offered.contains("implicit"), "{offered}");
        rp.sign_in(&mut app.browser(), &alice).await;
    });
}

/// A-TOK-03: two ways to say who one is, at once, are none.
#[test]
fn a_client_says_who_it_is_once() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let request = rp.request();
        let code = rp.code_for(&mut app.browser(), &alice, &request).await;
        let both = [("client_secret", rp.secret.as_deref().unwrap())];
        assert_eq!(rp.redeem_with(&request, &code, &both).await.error(), "invalid_request");
        let form = [("grant_type", "authorization_code"), ("code", &code)];
        let twice = rp.prepare("/token", &form).header("authorization", "Basic eDp5");
        let twice = Json::of(twice.send().await.unwrap()).await;
        assert_eq!((twice.status, twice.error()), (400, "invalid_request"));
        assert_eq!(rp.redeem(&request, &code).await.status, 200);
    });
}

/// A code that was made up is nothing, and does its owner no harm.
#[test]
fn a_forged_code_is_worth_nothing() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let request = rp.request();
        let code = rp.code_for(&mut app.browser(), &alice, &request).await;
        for at in [0, 10, code.len() / 2, code.len() - 2] {
            let refused = rp.redeem(&request, &altered(&code, at)).await;
            assert_eq!((refused.status, refused.error()), (400, "invalid_grant"), "{at}");
        }
        assert_eq!(rp.redeem(&request, &code).await.status, 200);
    });
}
