//! Browser sessions: cookies, forms that other sites send, frames, and the end of a session.

use fuxin::account;
use fuxin::base::time::Lifetime;
use fuxin::model::account::FoldedName;

use super::world::{ISSUER, PASSWORD, put, sign_in_form, worlds};

/// A-BRW-02: cookies belong to this host alone, scripts do not see them, and one that came twice is none.
#[tokio::test]
async fn a_cookie_is_this_hosts_alone() {
    for world in worlds().await {
        world.account("alice").await;
        let mut browser = world.browser();
        let begun = browser.get("/").await;
        let page = browser.get(begun.location()).await;
        let reply = browser.submit_sign_in(&page, "alice", PASSWORD).await;
        let set: Vec<_> = [&begun, &reply]
            .into_iter()
            .flat_map(|reply| reply.headers.get_all("set-cookie"))
            .map(|value| value.to_str().unwrap())
            .collect();
        assert!(set.iter().any(|text| text.starts_with("__Host-fuxin-session=fxs_")), "{set:?}");
        for text in set {
            assert!(text.starts_with("__Host-"), "{text}");
            for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
                assert!(text.split("; ").any(|own| own == attribute), "{attribute}: {text}");
            }
            assert!(!text.contains("Domain"), "{text}");
        }
        assert_eq!(browser.get("/").await.status, 200);
        let own = browser.cookies["__Host-fuxin-session"].clone();
        let tossed = |cookies: String| {
            axum::http::Request::get("/")
                .header("cookie", cookies)
                .body(axum::body::Body::empty())
                .unwrap()
        };
        let good = format!("__Host-fuxin-session={own}");
        assert_eq!(world.send(tossed(good.clone())).await.status, 200);
        for cookies in [
            format!("{good}; __Host-fuxin-session=fxs_x"),
            format!("__Host-fuxin-session=fxs_x; {good}"),
            format!("fuxin-session={own}"),
            format!("__host-fuxin-session={own}"),
        ] {
            assert_eq!(world.send(tossed(cookies.clone())).await.status, 303, "{cookies}");
        }
        let many =
            (0..50).map(|n| format!("c{n}={}", "x".repeat(80))).collect::<Vec<_>>().join("; ");
        assert_eq!(world.send(tossed(format!("{many}; {good}"))).await.status, 200);
    }
}

/// A-BRW-02: the session's secret is another one after every sign-in, and the old one is nothing.
#[tokio::test]
async fn a_sign_in_changes_the_secret() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        let mut browser = world.signed_in("alice").await;
        let mut before = browser.clone();
        let page = browser.follow(&site.authorize_with(&[("prompt", "login")])).await;
        browser.submit_sign_in(&page, "alice", PASSWORD).await;
        assert_ne!(before.cookies["__Host-fuxin-session"], browser.cookies["__Host-fuxin-session"]);
        assert_eq!(before.get("/").await.status, 303);
        assert_eq!(browser.get("/").await.status, 200);
    }
}

/// A-BRW-04: no form counts that this site did not give to this browser, for this step, in this session.
#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        world.account("mallory").await;
        let mut browser = world.signed_in("alice").await;
        let mut other = world.signed_in("mallory").await;
        let page = browser.follow(&site.authorize()).await;
        let (action, fields) = page.form("#consent-approve");
        for origin in [
            "https://evil.test",
            "https://app.id.example.gov.tw",
            "http://id.example.gov.tw",
            "null",
        ] {
            let reply = browser.post_from(Some(origin), &action, &fields).await;
            assert_eq!(reply.status, 403, "{origin}");
        }
        for site_said in ["cross-site", "same-site"] {
            let pairs: Vec<_> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            let request = axum::http::Request::post(&action)
                .header("content-type", "application/x-www-form-urlencoded")
                .header("sec-fetch-site", site_said)
                .body(axum::body::Body::from(super::world::encoded(&pairs)))
                .unwrap();
            assert_eq!(browser.send(request).await.status, 403, "{site_said}");
        }
        for content_type in ["text/plain", "application/json", "multipart/form-data; boundary=x"] {
            let pairs: Vec<_> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            let request = axum::http::Request::post(&action)
                .header("content-type", content_type)
                .body(axum::body::Body::from(super::world::encoded(&pairs)))
                .unwrap();
            assert_eq!(browser.send(request).await.status, 400, "{content_type}");
        }
        let without: Vec<_> = fields.iter().filter(|(name, _)| name != "csrf").cloned().collect();
        assert_eq!(browser.post(&action, &without).await.status, 403, "without a token");
        let theirs = other.follow(&site.authorize()).await;
        let (_, foreign) = theirs.form("#consent-approve");
        assert_eq!(browser.post(&action, &foreign).await.status, 403, "of another session");
        let home = browser.get("/").await;
        let (_, wrong_step) = home.form("button.button");
        let mut borrowed = fields.clone();
        put(&mut borrowed, "csrf", &wrong_step.iter().find(|(n, _)| n == "csrf").unwrap().1);
        assert_eq!(browser.post(&action, &borrowed).await.status, 403, "of another step");
        let get = format!("{action}&decision=approve&_method=POST");
        assert_eq!(browser.get(&get).await.status, 200, "asked again");
        let reply = browser.post_from(None, &action, &fields).await;
        assert!(browser.go_on(reply).await.told("code").is_some(), "the page's own form");
    }
}

/// A-BRW-04: no other site signs somebody in as somebody else, or out.
#[tokio::test]
async fn another_site_signs_nobody_in_or_out() {
    for world in worlds().await {
        world.account("alice").await;
        world.account("mallory").await;
        let mut mallory = world.browser();
        let page = mallory.follow("/").await;
        let (action, fields) = sign_in_form(&page, "mallory", PASSWORD);
        let mut browser = world.signed_in("alice").await;
        assert_eq!(
            browser.post_from(Some("https://evil.test"), &action, &fields).await.status,
            400
        );
        assert_eq!(browser.post_from(None, &action, &fields).await.status, 400);
        let home = browser.get("/").await;
        let (action, fields) = home.form("button.button");
        assert_eq!(
            browser.post_from(Some("https://evil.test"), &action, &fields).await.status,
            403
        );
        assert_eq!(browser.get("/end-session").await.status, 200);
        assert_eq!(browser.get("/").await.status, 200, "still signed in");
        assert_eq!(browser.post_from(Some(ISSUER), &action, &fields).await.status, 200);
        assert_eq!(browser.get("/").await.status, 303, "signed out");
    }
}

/// A-BRW-04: a sign-in form is its interaction's and its browser's, whether or not somebody is signed in.
#[tokio::test]
async fn a_sign_in_form_is_good_for_its_interaction_alone() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        world.account("mallory").await;
        let mut browser = world.signed_in("alice").await;
        let asked = site.authorize_with(&[("prompt", "login")]);
        let (one, other) = (browser.follow(&asked).await, browser.follow(&asked).await);
        let before = world.ctx().hasher.performed();
        let (action, fields) = sign_in_form(&one, "mallory", PASSWORD);
        let (_, others) = sign_in_form(&other, "mallory", PASSWORD);
        assert_eq!(browser.post(&action, &others).await.status, 403, "of another interaction");
        let without: Vec<_> = fields.iter().filter(|(name, _)| name != "csrf").cloned().collect();
        assert_eq!(browser.post(&action, &without).await.status, 403, "without a token");
        let mut thiefs = world.browser();
        let page = thiefs.follow(&asked).await;
        let (foreign, prepared) = sign_in_form(&page, "mallory", PASSWORD);
        assert_eq!(browser.post(&foreign, &prepared).await.status, 400, "begun in another browser");
        assert_eq!(browser.post(&action, &prepared).await.status, 403, "with its token");
        let evil = browser.post_from(Some("https://evil.test"), &action, &fields).await;
        assert_eq!(evil.status, 403, "from another site");
        assert_eq!(world.ctx().hasher.performed(), before, "nothing was judged");
        assert_eq!(browser.post(&action, &fields).await.status, 303, "the page's own form");
    }
}

/// A-BRW-05: no page of ours is shown in a frame.
#[tokio::test]
async fn no_page_is_framed() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        let mut browser = world.signed_in("alice").await;
        let pages = [
            browser.follow(&site.authorize()).await,
            browser.follow(&site.authorize_with(&[("prompt", "login")])).await,
            browser.get("/").await,
            browser.get("/end-session").await,
            browser.get("/help").await,
            browser.get("/nowhere").await,
            browser.get("/authorize").await,
            browser.get("/cancel").await,
            world
                .get(&site.authorize_with(&[("response_mode", "form_post"), ("prompt", "none")]))
                .await,
        ];
        for page in pages {
            assert!(page.header("content-type").starts_with("text/html"), "{page:?}");
            let policy = page.header("content-security-policy");
            for part in [
                "frame-ancestors 'none'",
                "default-src 'none'",
                "base-uri 'none'",
                "object-src 'none'",
            ] {
                assert!(policy.contains(part), "{policy}");
            }
            assert!(!policy.contains("unsafe"), "{policy}");
            assert_eq!(page.header("x-frame-options"), "DENY");
            assert_eq!(page.header("x-content-type-options"), "nosniff");
            assert!(page.header("access-control-allow-origin").is_empty());
        }
    }
}

/// A-BRW-08: a token is no cookie, and a cookie no token.
#[tokio::test]
async fn a_token_is_no_cookie_and_a_cookie_no_token() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        let mut browser = world.browser();
        let tokens = browser.tokens(&site, "alice").await;
        let own = browser.cookies["__Host-fuxin-session"].clone();
        for name in ["access_token", "refresh_token", "id_token"] {
            let token = tokens[name].as_str().unwrap().to_owned();
            let mut thief = world.browser();
            for value in [token.clone(), format!("fxs_{}", token.split('_').nth(1).unwrap_or("x"))]
            {
                thief.cookies.insert("__Host-fuxin-session".to_owned(), value);
                assert_eq!(thief.get("/").await.status, 303, "{name}");
            }
        }
        for value in [own.clone(), own.replace("fxs_", "fxa_"), own.replace("fxs_", "fxr_")] {
            assert_eq!(world.userinfo(&value).await.status, 401);
            assert_eq!(site.refresh(&world, &value).await.error(), "invalid_grant");
        }
        let refresh = tokens["refresh_token"].as_str().unwrap();
        assert_eq!(world.userinfo(refresh).await.status, 401, "a refresh token is no access token");
        let access = tokens["access_token"].as_str().unwrap();
        assert_eq!(site.refresh(&world, access).await.error(), "invalid_grant");
        assert_eq!(world.userinfo(access).await.status, 200);
        let mut thief = world.browser();
        thief.cookies.insert("__Host-fuxin-session".to_owned(), own);
        assert_eq!(thief.get("/").await.status, 200, "the cookie itself is one");
    }
}

/// A-BRW-09: a session signs nobody in after half an hour of rest, and ends after twelve hours, whatever was done in it.
#[tokio::test]
async fn a_session_ends() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        let mut browser = world.browser();
        let tokens = browser.tokens(&site, "alice").await;
        let access = tokens["access_token"].as_str().unwrap();
        world.pass(Lifetime::minutes(29));
        assert!(browser.get(&site.authorize()).await.told("code").is_some());
        world.pass(Lifetime::minutes(30));
        let page = browser.follow(&site.authorize()).await;
        assert!(page.body.contains("login-submit"), "idle");
        let silent = browser.get(&site.authorize_with(&[("prompt", "none")])).await;
        assert_eq!(silent.told("error").as_deref(), Some("login_required"));
        assert_eq!(world.userinfo(access).await.status, 200);
        let mut busy = world.signed_in("alice").await;
        for _ in 0..24 {
            assert_eq!(busy.get("/").await.status, 200);
            world.pass(Lifetime::minutes(29));
        }
        assert_eq!(busy.get("/").await.status, 200);
        world.pass(Lifetime::minutes(24));
        assert_eq!(busy.get("/").await.status, 303, "twelve hours");
        assert_eq!(world.userinfo(access).await.status, 401);
    }
}

/// A-BRW-09: who would have to sign in first is not shown what the account says, and cannot consent.
#[tokio::test]
async fn a_stale_session_neither_sees_nor_gives_the_persons_data() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        let mut browser = world.signed_in("alice").await;
        let page = browser.follow(&site.authorize()).await;
        assert!(page.body.contains("meihui") || page.body.contains("林美惠"));
        let (action, fields) = page.form("#consent-approve");
        // The client wants the person signed in anew.
        let again = browser.get(&site.authorize_with(&[("prompt", "login")])).await;
        let consent = again.location().replace("/sign-in", "/consent");
        let reply = browser.get(&consent).await;
        assert_eq!(reply.status, 303);
        assert!(!browser.go_on(reply).await.body.contains("林美惠"));
        // An operator locks the account.
        let name = FoldedName::of("alice").unwrap();
        account::lock(&world.ctx(), &name).await.unwrap();
        assert_eq!(browser.get(&action).await.status, 303, "locked");
        account::unlock(&world.ctx(), &name).await.unwrap();
        assert_eq!(browser.get(&action).await.status, 200);
        // Nobody used the session for so long.
        world.pass(Lifetime::minutes(15));
        let later = browser.get(&site.authorize()).await;
        world.pass(Lifetime::minutes(16));
        let reply = browser.get(later.location()).await;
        let reply = browser.go_on(reply).await;
        assert!(reply.body.contains("login-submit") && !reply.body.contains("林美惠"), "{reply:?}");
        browser.post(&action, &fields).await;
        let signed_in = browser.submit_sign_in(&reply, "alice", PASSWORD).await;
        let asked = browser.go_on(signed_in).await;
        assert!(asked.body.contains("consent-approve"), "nothing was consented to meanwhile");
        let answer = browser.press(&asked, "#consent-approve").await;
        assert!(browser.go_on(answer).await.told("code").is_some());
    }
}
