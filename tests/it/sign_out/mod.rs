//! Stories of signing out.
//!
//! What ends with the session, and what was granted beyond it.

mod at_the_same_time;
mod back_channel;
mod front_channel;
mod hints;
mod session_management;

use fuxin::base::time::Lifetime;

use crate::support::{RelyingParty, Tokens, on_each_database};

/// Asserts that a session's tokens are over.
async fn are_over(client: &RelyingParty, tokens: &Tokens) {
    let userinfo = client.userinfo(&tokens.access_token).await;
    assert_eq!(userinfo.status, 401);
    let challenge = userinfo.headers["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains("invalid_token"), "{challenge}");
    assert_eq!(client.refresh(tokens.refresh_token()).await.error(), "invalid_grant");
    let introspected = client.introspect(&tokens.access_token).await;
    assert_eq!(introspected.body, serde_json::json!({ "active": false }));
}

/// Asserts that tokens are good still.
async fn live_on(client: &RelyingParty, tokens: &Tokens) {
    assert_eq!(client.userinfo(&tokens.access_token).await.status, 200);
    client.refreshed(tokens.refresh_token()).await;
}

#[test]
fn a_client_that_knows_who_is_signed_in_signs_out_without_a_question() {
    on_each_database(async |app| {
        let alice = app.account("alice.signs.out").open().await;
        let ecpa = app.client("ecpa").register().await;
        let gcis = app.client("gcis").register().await;
        let mut browser = app.browser();
        let one = ecpa.sign_in(&mut browser, &alice).await;
        let other = gcis.sign_in(&mut browser, &alice).await;
        let offline = ecpa.sign_in_for(&mut browser, &alice, "openid offline_access").await;
        let page = browser.open(&ecpa.sign_out_address(Some(&one.id_token), Some("st"))).await;
        let expected = format!("{}?state=st", ecpa.post_logout_redirect_uri());
        assert_eq!(page.away().url.as_str(), expected);
        assert_eq!(browser.cookies.get("fuxin-session"), None);
        are_over(&ecpa, &one).await;
        are_over(&gcis, &other).await;
        live_on(&ecpa, &offline).await;
        assert_eq!(browser.open("/").await.path(), "/sign-in");
    });
}

#[test]
fn without_a_hint_the_person_is_asked_and_may_stay() {
    on_each_database(async |app| {
        let alice = app.account("alice.is.asked").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let tokens = ecpa.sign_in(&mut browser, &alice).await;
        let page = browser.open(&ecpa.sign_out_address(None, Some("st"))).await;
        assert_eq!((page.path(), page.status), ("/end-session", 200));
        assert_eq!(page.heading(), "確定要登出嗎？");
        assert!(page.text("main").contains("ecpa 服務網"));
        assert_eq!(page.buttons(), ["logout-confirm"]);
        let stay = browser.open(&page.attribute("#logout-cancel", "href").unwrap()).await;
        assert_eq!(stay.path(), "/");
        assert_eq!(ecpa.userinfo(&tokens.access_token).await.status, 200);
        let out = browser.press(&page, "logout-confirm").await;
        let expected = format!("{}?state=st", ecpa.post_logout_redirect_uri());
        assert_eq!(out.away().url.as_str(), expected);
        are_over(&ecpa, &tokens).await;
    });
}

#[test]
fn signing_out_at_home_ends_every_agencys_session() {
    on_each_database(async |app| {
        let alice = app.account("alice.out.at.home").open().await;
        let ecpa = app.client("ecpa").register().await;
        let gcis = app.client("gcis").register().await;
        let mut browser = app.browser();
        let one = ecpa.sign_in(&mut browser, &alice).await;
        let other = gcis.sign_in(&mut browser, &alice).await;
        let home = browser.open("/").await;
        let out = browser.press(&home, "sign-out").await;
        assert_eq!((out.path(), out.heading().as_str()), ("/end-session", "您已登出"));
        assert_eq!(out.buttons(), ["continue"]);
        are_over(&ecpa, &one).await;
        are_over(&gcis, &other).await;
    });
}

#[test]
fn where_to_go_after_signing_out_must_be_registered() {
    on_each_database(async |app| {
        let alice = app.account("alice.not.sent.away").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let tokens = ecpa.sign_in(&mut browser, &alice).await;
        let good = ecpa.sign_out_address(Some(&tokens.id_token), None);
        let foreign = good.replace("signed-out", "elsewhere");
        assert_ne!(good, foreign);
        let page = browser.open(&foreign).await;
        assert_eq!((page.status, page.code().as_str()), (400, "ERR-103"));
        assert_eq!(ecpa.userinfo(&tokens.access_token).await.status, 200);
        assert!(browser.open(&good).await.away.is_some());
    });
}

#[test]
fn a_rest_ends_silent_sign_in_but_no_token() {
    on_each_database(async |app| {
        let alice = app.account("alice.rests").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let tokens = ecpa.sign_in(&mut browser, &alice).await;
        app.wait(Lifetime::minutes(29));
        let request = ecpa.request().prompt("none");
        let page = browser.open(&request.address()).await;
        ecpa.finish(&request, &page).await;
        // That was a use: the half hour begins anew.
        app.wait(Lifetime::minutes(29));
        let request = ecpa.request().prompt("none");
        let page = browser.open(&request.address()).await;
        ecpa.finish(&request, &page).await;
        app.wait(Lifetime::seconds(30 * 60 + 1));
        let request = ecpa.request().prompt("none");
        let page = browser.open(&request.address()).await;
        assert_eq!(ecpa.error(&request, &page), "login_required");
        assert_eq!(browser.open("/").await.path(), "/sign-in");
        let renewed = ecpa.refreshed(tokens.refresh_token()).await;
        assert_eq!(ecpa.userinfo(&renewed.access_token).await.status, 200);
    });
}

#[test]
fn the_absolute_limit_ends_the_session_and_its_tokens() {
    on_each_database(async |app| {
        let alice = app.account("alice.all.day").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let tokens = ecpa.sign_in(&mut browser, &alice).await;
        let offline = ecpa.sign_in_for(&mut browser, &alice, "openid offline_access").await;
        app.wait(Lifetime::seconds(12 * 3600 - 10));
        let last = ecpa.refreshed(tokens.refresh_token()).await;
        assert_eq!(ecpa.userinfo(&last.access_token).await.status, 200);
        let offline = ecpa.refreshed(offline.refresh_token()).await;
        app.wait(Lifetime::seconds(10));
        are_over(&ecpa, &last).await;
        live_on(&ecpa, &offline).await;
    });
}

/// A-BRW-04: another site's form comes without our cookies, and must not take them away.
#[test]
fn another_site_cannot_sign_a_browser_out() {
    on_each_database(async |app| {
        for path in ["/sign-out", "/end-session"] {
            let answer = app
                .http
                .post(format!("{}{path}", app.issuer))
                .header("origin", "https://evil.example")
                .header("sec-fetch-site", "cross-site")
                .header("content-type", "application/x-www-form-urlencoded")
                .body("confirmed=yes")
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), 403, "{path}");
            assert!(answer.headers().get("set-cookie").is_none(), "{path}");
        }
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        let home = browser.sign_in_at_home(&alice).await;
        assert_eq!(browser.press(&home, "sign-out").await.status, 200);
        assert_eq!(browser.cookies.get("fuxin-session"), None);
    });
}
