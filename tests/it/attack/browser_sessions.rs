//! Browser sessions: cookies, forms that other sites send, frames, and the end of a session.

use axum::body::Body;
use axum::http::Request;
use fuxin::account;
use fuxin::base::time::Lifetime;

use crate::support::{Form, on_each_database, on_each_database_behind_tls};

/// A-BRW-02: cookies belong to this host alone, scripts do not see them, one that came twice is none, and many others
/// do not push it out.
#[test]
fn a_cookie_is_this_hosts_alone() {
    on_each_database_behind_tls(async |app| {
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        let begun = browser.get("/").await;
        let page = browser.get(begun.location()).await;
        let signed_in = browser.post(&page.filled_in(&alice)).await;
        let set: Vec<_> = [&begun, &signed_in]
            .into_iter()
            .flat_map(|page| page.headers.get_all("set-cookie"))
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
        let tossed = async |cookies: &str| {
            let request = Request::get("/").header("cookie", cookies).body(Body::empty()).unwrap();
            app.hand(request).await.status
        };
        let good = format!("__Host-fuxin-session={own}");
        assert_eq!(tossed(&good).await, 200);
        for cookies in [
            format!("{good}; __Host-fuxin-session=fxs_x"),
            format!("__Host-fuxin-session=fxs_x; {good}"),
            format!("fuxin-session={own}"),
            format!("__host-fuxin-session={own}"),
        ] {
            assert_eq!(tossed(&cookies).await, 303, "{cookies}");
        }
        let many: Vec<_> = (0..50).map(|n| format!("c{n}={}", "x".repeat(80))).collect();
        assert_eq!(tossed(&format!("{}; {good}", many.join("; "))).await, 200);
    });
}

/// A-BRW-02: the session's secret is another one after every sign-in, and the old one is nothing.
#[test]
fn a_sign_in_changes_the_secret() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        rp.sign_in(&mut browser, &alice).await;
        let mut before = browser.clone();
        let page = browser.open(&rp.request().prompt("login").address()).await;
        browser.sign_in(&page, &alice).await;
        assert_ne!(before.cookies["fuxin-session"], browser.cookies["fuxin-session"]);
        assert_eq!(before.get("/").await.status, 303);
        assert_eq!(browser.get("/").await.status, 200);
    });
}

/// A-BRW-04: no form counts that this site did not give to this browser, for this step, in this session.
#[test]
fn a_form_of_another_site_does_nothing() {
    on_each_database_behind_tls(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let mallory = app.account("mallory").open().await;
        let (mut browser, mut other) = (app.browser(), app.browser());
        browser.sign_in_at_home(&alice).await;
        other.sign_in_at_home(&mallory).await;
        let page = browser.open(&rp.request().address()).await;
        let form = page.form("consent-approve");
        for (header, value, status) in [
            ("origin", "https://evil.test", 403),
            ("origin", "https://app.id.example.gov.tw", 403),
            ("origin", "https://id.example.gov.tw.evil.test", 403),
            ("origin", "https://evilid.example.gov.tw", 403),
            ("origin", "https://idXexample.gov.tw", 403),
            ("origin", "http://id.example.gov.tw", 403),
            ("origin", "null", 403),
            ("sec-fetch-site", "cross-site", 403),
            ("sec-fetch-site", "same-site", 403),
            ("content-type", "text/plain", 403),
            ("content-type", "application/json", 403),
            ("content-type", "multipart/form-data; boundary=x", 403),
        ] {
            let refused = browser.saying(header, value).post(&form).await;
            assert_eq!(refused.status, status, "{header}: {value}");
        }
        assert_eq!(browser.post(&form.clone().without("csrf")).await.status, 403, "no token");
        let theirs = other.open(&rp.request().address()).await.form("consent-approve");
        let foreign = Form { fields: theirs.fields, ..form.clone() };
        assert_eq!(browser.post(&foreign).await.status, 403, "of another session");
        let home = browser.get("/").await.form("sign-out");
        let borrowed = form.clone().put("csrf", home.value("csrf"));
        assert_eq!(browser.post(&borrowed).await.status, 403, "of another step");
        let mut in_the_address = form.action.clone();
        in_the_address.query_pairs_mut().append_pair("decision", "approve");
        in_the_address.query_pairs_mut().append_pair("_method", "POST");
        let asked = browser.get(in_the_address.as_str()).await;
        assert_eq!((asked.status, asked.has("consent-approve")), (200, true), "asked again");
        let old = browser.saying("origin", "").saying("sec-fetch-site", "").post(&form).await;
        assert!(browser.go_on(old).await.told("code").is_some(), "the page's own form");
    });
}

/// A-BRW-04: no other site signs somebody in as somebody else, or out.
#[test]
fn another_site_signs_nobody_in_or_out() {
    on_each_database_behind_tls(async |app| {
        let alice = app.account("alice").open().await;
        let mallory = app.account("mallory").open().await;
        let form = app.browser().open("/").await.filled_in(&mallory);
        let mut browser = app.browser();
        browser.sign_in_at_home(&alice).await;
        assert_eq!(browser.saying("origin", "https://evil.test").post(&form).await.status, 400);
        assert_eq!(browser.post(&form).await.status, 400);
        let out = browser.get("/").await.form("sign-out");
        assert_eq!(browser.saying("origin", "https://evil.test").post(&out).await.status, 403);
        assert_eq!(browser.get("/end-session").await.status, 200);
        assert_eq!(browser.get("/").await.status, 200, "still signed in");
        assert_eq!(browser.post(&out).await.status, 303);
        assert_eq!(browser.get("/").await.status, 303, "signed out");
    });
}

/// A-BRW-04: a sign-in form is its interaction's and its browser's, whether or not somebody is signed in.
#[test]
fn a_sign_in_form_is_good_for_its_interaction_alone() {
    on_each_database_behind_tls(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let mallory = app.account("mallory").open().await;
        let mut browser = app.browser();
        browser.sign_in_at_home(&alice).await;
        let asked = rp.request().prompt("login").address();
        let one = browser.open(&asked).await.filled_in(&mallory);
        let other = browser.open(&asked).await.filled_in(&mallory);
        let before = app.context().hasher.performed();
        let others = one.clone().put("csrf", other.value("csrf"));
        assert_eq!(browser.post(&others).await.status, 403, "of another interaction");
        assert_eq!(browser.post(&one.clone().without("csrf")).await.status, 403, "without a token");
        let foreign = app.browser().open(&asked).await.filled_in(&mallory);
        assert_eq!(browser.post(&foreign).await.status, 400, "begun in another browser");
        let prepared = one.clone().put("csrf", foreign.value("csrf"));
        assert_eq!(browser.post(&prepared).await.status, 403, "with its token");
        let evil = browser.saying("origin", "https://evil.test").post(&one).await;
        assert_eq!(evil.status, 403, "from another site");
        assert_eq!(app.context().hasher.performed(), before, "nothing was judged");
        assert_eq!(browser.post(&one).await.status, 303, "the page's own form");
    });
}

/// A-BRW-05: no page of ours is shown in a frame.
#[test]
fn no_page_is_framed() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        browser.sign_in_at_home(&alice).await;
        let posted = rp.request().prompt("none").with("response_mode", "form_post");
        let pages = [
            browser.open(&rp.request().address()).await,
            browser.open(&rp.request().prompt("login").address()).await,
            browser.get("/").await,
            browser.get("/end-session").await,
            browser.get("/help").await,
            browser.get("/nowhere").await,
            browser.get("/authorize").await,
            browser.get("/cancel").await,
            browser.open(&posted.address()).await,
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
    });
}

/// A-BRW-08: a token is no cookie, and a cookie no token.
#[test]
fn a_token_is_no_cookie_and_a_cookie_no_token() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        let tokens = rp.sign_in(&mut browser, &alice).await;
        let own = browser.cookies["fuxin-session"].clone();
        let thief = async |cookie: &str| {
            let mut thief = app.browser();
            thief.cookies.insert("fuxin-session".to_owned(), cookie.to_owned());
            thief.get("/").await.status
        };
        for token in [tokens.access_token.as_str(), tokens.refresh_token(), &tokens.id_token] {
            let disguised = format!("fxs_{}", token.split('_').nth(1).unwrap_or("x"));
            for cookie in [token, &disguised] {
                assert_eq!(thief(cookie).await, 303, "{cookie}");
            }
        }
        for token in [own.clone(), own.replace("fxs_", "fxa_"), own.replace("fxs_", "fxr_")] {
            assert_eq!(rp.userinfo(&token).await.status, 401);
            assert_eq!(rp.refresh(&token).await.error(), "invalid_grant");
        }
        let refused = rp.userinfo(tokens.refresh_token()).await;
        assert_eq!(refused.status, 401, "a refresh token is no access token");
        assert_eq!(rp.refresh(&tokens.access_token).await.error(), "invalid_grant");
        assert_eq!(rp.userinfo(&tokens.access_token).await.status, 200);
        assert_eq!(thief(&own).await, 200, "the cookie itself is one");
    });
}

/// A-BRW-09: a session signs nobody in after half an hour of rest, and ends after twelve hours, whatever was done in it.
#[test]
fn a_session_ends() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        let tokens = rp.sign_in(&mut browser, &alice).await;
        app.wait(Lifetime::minutes(29));
        assert!(browser.open(&rp.request().address()).await.told("code").is_some());
        app.wait(Lifetime::minutes(30));
        let page = browser.open(&rp.request().address()).await;
        assert!(page.has("login-submit"), "idle");
        let silent = rp.request().prompt("none");
        let page = browser.open(&silent.address()).await;
        assert_eq!(rp.error(&silent, &page), "login_required");
        assert_eq!(rp.userinfo(&tokens.access_token).await.status, 200);
        let mut busy = app.browser();
        busy.sign_in_at_home(&alice).await;
        for _ in 0..24 {
            assert_eq!(busy.get("/").await.status, 200);
            app.wait(Lifetime::minutes(29));
        }
        assert_eq!(busy.get("/").await.status, 200);
        app.wait(Lifetime::minutes(24));
        assert_eq!(busy.get("/").await.status, 303, "twelve hours");
        assert_eq!(rp.userinfo(&tokens.access_token).await.status, 401);
    });
}

/// A-BRW-09: who would have to sign in first is not shown what the account says, and cannot consent.
#[test]
fn a_stale_session_neither_sees_nor_gives_the_persons_data() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        browser.sign_in_at_home(&alice).await;
        let request = rp.request().scope("openid profile");
        let page = browser.open(&request.address()).await;
        assert!(page.html.contains(&alice.name()));
        let form = page.form("consent-approve");
        // The client wants the person signed in anew.
        let again = browser.get(&request.clone().prompt("login").address()).await;
        let refused = browser.get(&again.location().replace("/sign-in", "/consent")).await;
        assert_eq!(refused.status, 303);
        assert!(!browser.go_on(refused).await.html.contains(&alice.name()));
        // An operator locks the account.
        account::lock(&app.context(), &alice.folded()).await.unwrap();
        assert_eq!(browser.get(form.action.as_str()).await.status, 303, "locked");
        account::unlock(&app.context(), &alice.folded()).await.unwrap();
        assert_eq!(browser.get(form.action.as_str()).await.status, 200);
        // Nobody used the session for so long.
        app.wait(Lifetime::minutes(15));
        let later = browser.get(&request.address()).await;
        app.wait(Lifetime::minutes(16));
        let page = browser.open(later.location()).await;
        assert!(page.has("login-submit") && !page.html.contains(&alice.name()), "{page:?}");
        browser.post(&form).await;
        let asked = browser.sign_in(&page, &alice).await;
        assert!(asked.has("consent-approve"), "nothing was consented to meanwhile");
        let answer = browser.press(&asked, "consent-approve").await;
        rp.code(&request, answer.away());
    });
}
