//! Codes, tokens and the clients that bring them: each is good once or for its own client, and dies when it must.

use fuxin::base::time::Lifetime;

use super::world::{World, challenge, encoded, worlds};

/// A-TOK-01, A-TOK-07: the second redemption fails and takes the first one's tokens with it.
#[tokio::test]
async fn a_replayed_code_revokes_what_it_gave() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        let mut browser = world.browser();
        let code = browser.code(&site, "alice").await;
        let first = site.redeem(&world, &code).await;
        let access = first.text("access_token");
        assert_eq!(world.userinfo(&access).await.status, 200);
        let second = site.redeem(&world, &code).await;
        assert_eq!((second.status, second.error().as_str()), (400, "invalid_grant"));
        assert_eq!(world.userinfo(&access).await.status, 401);
        let refreshed = site.refresh(&world, &first.text("refresh_token")).await;
        assert_eq!(refreshed.error(), "invalid_grant");
        assert!(world.audited(200).await.contains(&"code_replayed".to_owned()));
    }
}

/// A-TOK-01, A-TOK-07: of redemptions at the same moment, at most one gives tokens, and none survive.
#[tokio::test]
async fn a_code_redeemed_in_parallel_gives_tokens_once() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        let code = world.browser().code(&site, "alice").await;
        let replies = together(16, || site.redeem(&world, &code)).await;
        let good: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
        assert_eq!(good.len(), 1);
        assert!(replies.iter().all(|reply| matches!(reply.status, 200 | 400)));
        assert_eq!(world.userinfo(&good[0].text("access_token")).await.status, 401);
    }
}

/// A-TOK-03: another client, however well it authenticates, gets nothing, and does not burn the owner's code.
#[tokio::test]
async fn another_clients_code_and_refresh_token_are_worth_nothing() {
    for world in worlds().await {
        let (site, other) = (world.client("rp.test").await, world.client("other.test").await);
        world.account("alice").await;
        let code = world.browser().code(&site, "alice").await;
        let redirect = [("redirect_uri", site.redirect.as_str())];
        let stolen = other.redeem_with(&world, &code, &redirect).await;
        assert_eq!((stolen.status, stolen.error().as_str()), (400, "invalid_grant"));
        let id = site.id.to_string();
        let fields = [("grant_type", "authorization_code"), ("code", &code), ("client_id", &id)];
        let nobody = world.post("/token", &fields).await;
        assert_eq!((nobody.status, nobody.error().as_str()), (401, "invalid_client"));
        let elsewhere = [("redirect_uri", "https://rp.test/other")];
        assert_eq!(site.redeem_with(&world, &code, &elsewhere).await.error(), "invalid_grant");
        let owner = site.redeem(&world, &code).await;
        assert_eq!(owner.status, 200, "{owner:?}");
        let refresh = owner.text("refresh_token");
        assert_eq!(other.refresh(&world, &refresh).await.error(), "invalid_grant");
        let fields =
            [("grant_type", "refresh_token"), ("refresh_token", &refresh), ("client_id", &id)];
        assert_eq!(world.post("/token", &fields).await.error(), "invalid_client");
        let introspected =
            world.post_as(&other.basic(), "/introspect", &[("token", &refresh)]).await;
        assert_eq!(introspected.json(), serde_json::json!({ "active": false }));
        let revoked = world.post_as(&other.basic(), "/revoke", &[("token", &refresh)]).await;
        assert_eq!(revoked.error(), "unauthorized_client");
        assert_eq!(site.refresh(&world, &refresh).await.status, 200);
    }
}

/// A-TOK-05, A-TOK-07: of successors made at the same moment one lives, no answer is a failure, and an old token ends
/// the family.
#[tokio::test]
async fn parallel_refreshes_leave_one_successor() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        let tokens = world.browser().tokens(&site, "alice").await;
        let mut current = tokens["refresh_token"].as_str().unwrap().to_owned();
        let oldest = current.clone();
        for _ in 0..4 {
            let replies = together(24, || site.refresh(&world, &current)).await;
            assert!(replies.iter().all(|reply| reply.status == 200), "{replies:?}");
            let mut live = Vec::new();
            for reply in &replies {
                let successor = reply.text("refresh_token");
                let introspected =
                    world.post_as(&site.basic(), "/introspect", &[("token", &successor)]).await;
                if introspected.json()["active"] == true {
                    live.push(successor);
                } else {
                    let void = site.refresh(&world, &successor).await;
                    assert_eq!((void.status, void.error().as_str()), (400, "invalid_grant"));
                }
            }
            assert_eq!(live.len(), 1);
            current = live.remove(0);
        }
        let next = site.refresh(&world, &current).await;
        assert_eq!(next.status, 200, "void successors did not end the family");
        assert_eq!(site.refresh(&world, &oldest).await.error(), "invalid_grant");
        let after = site.refresh(&world, &next.text("refresh_token")).await;
        assert_eq!(after.error(), "invalid_grant", "an old token ended the family");
        assert_eq!(world.userinfo(&next.text("access_token")).await.status, 401);
        assert!(world.audited(200).await.contains(&"refresh_token_replayed".to_owned()));
    }
}

/// A-TOK-08: no way round PKCE at the token endpoint, for a client with a secret too.
#[tokio::test]
async fn the_verifier_cannot_be_left_out_or_guessed() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        let lenient = world.client_as("old.test", |settings| settings.require_pkce = false).await;
        world.account("alice").await;
        let mut browser = world.browser();
        let code = browser.code(&site, "alice").await;
        let own = challenge(super::world::VERIFIER);
        let (short, long) = ("a".repeat(42), "a".repeat(129));
        let bad = format!("{}!", "a".repeat(50));
        let other = "another-flow-verifier-another-flow-verifier";
        for verifier in ["", &own, &short, &long, &bad, other] {
            let reply = site.redeem_with(&world, &code, &[("code_verifier", verifier)]).await;
            assert_eq!(
                (reply.status, reply.error().as_str()),
                (400, "invalid_grant"),
                "{verifier}"
            );
        }
        assert_eq!(site.redeem(&world, &code).await.status, 200);
        // The challenge was taken out on its way; the client still sends its verifier.
        let stripped =
            lenient.authorize_with(&[("code_challenge", ""), ("code_challenge_method", "")]);
        let code = browser.answer(&stripped, "alice").await.code();
        assert_eq!(lenient.redeem(&world, &code).await.error(), "invalid_grant");
        let none = lenient.redeem_with(&world, &code, &[("code_verifier", "")]).await;
        assert_eq!(none.status, 200);
    }
}

/// A-TOK-14: a token without `openid`, or of a client alone, opens nothing at userinfo; fewer scopes give fewer claims.
#[tokio::test]
async fn a_token_gives_what_its_scopes_give() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        let mut browser = world.browser();
        let tokens = browser.tokens(&site, "alice").await;
        let full = world.userinfo(tokens["access_token"].as_str().unwrap()).await.json();
        assert!(full["name"].is_string() && full["email"].is_null());
        let refresh = tokens["refresh_token"].as_str().unwrap();
        let narrowed = |scope: &'static str, refresh: String| {
            let (site, world) = (&site, &world);
            async move {
                let fields = [
                    ("grant_type", "refresh_token"),
                    ("refresh_token", &refresh),
                    ("scope", scope),
                ];
                world.post_as(&site.basic(), "/token", &fields).await
            }
        };
        let wider = narrowed("openid email", refresh.to_owned()).await;
        assert_eq!(wider.error(), "invalid_scope");
        let fewer = narrowed("openid", refresh.to_owned()).await;
        let token = fewer.text("access_token");
        assert!(world.userinfo(&token).await.json()["name"].is_null());
        let posted = world.post("/userinfo", &[("access_token", &token)]).await;
        assert!(posted.status == 200 && posted.json()["name"].is_null());
        let without = narrowed("profile", fewer.text("refresh_token")).await;
        let token = without.text("access_token");
        let refused = world.userinfo(&token).await;
        assert_eq!((refused.status, refused.error().as_str()), (403, "insufficient_scope"));
        assert_eq!(world.post("/userinfo", &[("access_token", &token)]).await.status, 403);
        let in_address =
            world.get(&format!("/userinfo?{}", encoded(&[("access_token", &token)]))).await;
        assert_eq!(in_address.status, 401);
    }
}

/// A-TOK-07: a code is good for its minute, and a token until its session ends.
#[tokio::test]
async fn what_has_lapsed_is_worth_nothing() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        let mut browser = world.browser();
        let code = browser.code(&site, "alice").await;
        world.pass(Lifetime::seconds(60));
        assert_eq!(site.redeem(&world, &code).await.error(), "invalid_grant");
        let code = browser.code(&site, "alice").await;
        world.pass(Lifetime::seconds(59));
        let tokens = site.redeem(&world, &code).await;
        assert_eq!(tokens.status, 200);
        let page = browser.get("/").await;
        assert_eq!(browser.press(&page, "button.button").await.status, 200);
        assert_eq!(world.userinfo(&tokens.text("access_token")).await.status, 401);
        let refreshed = site.refresh(&world, &tokens.text("refresh_token")).await;
        assert_eq!(refreshed.error(), "invalid_grant");
    }
}

/// A-TOK-25: nothing that holds a token, a person's data or a form is kept by anybody.
#[tokio::test]
async fn no_secret_is_kept_by_a_cache() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        let mut browser = world.browser();
        let page = browser.follow(&site.authorize()).await;
        let code = browser.code(&site, "alice").await;
        let tokens = site.redeem(&world, &code).await;
        let token = tokens.text("access_token");
        world.pass(Lifetime::seconds(1));
        let consent = browser.follow(&site.authorize_with(&[("prompt", "consent")])).await;
        assert!(consent.body.contains("consent-approve"));
        let answers = [
            page,
            consent,
            browser.get("/").await,
            browser.get("/end-session").await,
            world.userinfo(&token).await,
            world.userinfo("nonsense").await,
            world.post_as(&site.basic(), "/introspect", &[("token", &token)]).await,
            world.post_as(&site.basic(), "/token", &[]).await,
            tokens,
        ];
        for answer in answers {
            assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
        }
        assert_ne!(world.get("/jwks").await.header("cache-control"), "no-store");
    }
}

/// A-TOK-26: there is no grant type that takes a password, and none that was not registered.
#[tokio::test]
async fn there_is_no_password_grant() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        let fields = [
            ("grant_type", "password"),
            ("username", "alice"),
            ("password", super::world::PASSWORD),
        ];
        let reply = world.post_as(&site.basic(), "/token", &fields).await;
        assert_eq!((reply.status, reply.error().as_str()), (400, "unsupported_grant_type"));
        let alone =
            world.post_as(&site.basic(), "/token", &[("grant_type", "client_credentials")]).await;
        assert_eq!(alone.error(), "unauthorized_client");
        let metadata = world.get("/.well-known/openid-configuration").await.json();
        let offered = metadata["grant_types_supported"].to_string();
        assert!(!offered.contains("password") && !offered.contains("implicit"), "{offered}");
        assert_eq!(world.browser().tokens(&site, "alice").await["token_type"], "Bearer");
    }
}

/// A-TOK-03: two ways to say who one is, at once, are none.
#[tokio::test]
async fn a_client_says_who_it_is_once() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        let code = world.browser().code(&site, "alice").await;
        let both = [("client_secret", site.secret.as_str())];
        assert_eq!(site.redeem_with(&world, &code, &both).await.error(), "invalid_request");
        let request = axum::http::Request::post("/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", "Basic eDp5")
            .header("authorization", site.basic());
        let body = encoded(&[("grant_type", "authorization_code"), ("code", &code)]);
        let twice = world.send(request.body(axum::body::Body::from(body)).unwrap()).await;
        assert_eq!((twice.status, twice.error().as_str()), (400, "invalid_request"));
        assert_eq!(site.redeem(&world, &code).await.status, 200);
    }
}

/// The same request so many times at once.
async fn together<F>(count: usize, make: impl Fn() -> F) -> Vec<super::world::Reply>
where
    F: Future<Output = super::world::Reply>,
{
    let mut running: Vec<_> = (0..count).map(|_| Box::pin(make())).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        running.retain_mut(|request| match request.as_mut().poll(context) {
            std::task::Poll::Ready(reply) => {
                done.push(reply);
                false
            }
            std::task::Poll::Pending => true,
        });
        if running.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}

/// Several worlds are several providers: a code of one is nothing to another.
#[tokio::test]
async fn another_providers_code_is_worth_nothing() {
    let worlds = worlds().await;
    let [here, there]: [World; 2] = worlds.try_into().unwrap_or_else(|_| panic!("two databases"));
    let site = here.client("rp.test").await;
    here.account("alice").await;
    let code = here.browser().code(&site, "alice").await;
    let stranger = there.client("rp.test").await;
    assert_eq!(stranger.redeem(&there, &code).await.error(), "invalid_grant");
    assert_eq!(site.redeem(&here, &code).await.status, 200);
}
