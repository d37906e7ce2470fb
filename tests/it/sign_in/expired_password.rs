//! A password older than the policy allows (EXP-1).

use fuxin::base::time::Lifetime;

use crate::support::on_each_database;

/// EXP-1
#[test]
fn an_expired_password_is_changed_before_any_session() {
    on_each_database(async |app| {
        let old = app.account("old.password").password_set_before(Lifetime::days(731));
        let old = old.open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let request = ecpa.request();
        let page = browser.open(&request.address()).await;
        let change = browser.sign_in(&page, &old).await;
        assert_eq!((change.path(), change.status), ("/change-password", 200));
        assert_eq!(change.buttons(), ["change-password-submit"]);
        assert_eq!(browser.cookies.get("fuxin-session"), None);
        let silent = ecpa.request().prompt("none");
        let page = browser.open(&silent.address()).await;
        assert_eq!(ecpa.error(&silent, &page), "login_required");

        let form = change.form("change-password-submit");
        for (password, code) in [
            ("", "PWD-101"),
            ("short", "PWD-102"),
            (old.password.as_str(), "PWD-104"),
            (old.account.as_str(), "PWD-105"),
        ] {
            let page = browser.submit(&form.clone().set("password", password)).await;
            assert_eq!((page.status, page.code().as_str()), (422, code), "{password}");
        }
        app.plant("a password", "a quite different password");
        let page = browser.submit(&form.set("password", "a quite different password")).await;
        let page = browser.press(&page, "consent-approve").await;
        ecpa.finish(&request, &page).await;

        let mut other = app.browser();
        let page = other.open("/").await;
        let refused = other.sign_in(&page, &old).await;
        assert_eq!(refused.code(), "LGN-101");
        let new = old.with_password("a quite different password");
        assert_eq!(other.sign_in(&refused, &new).await.path(), "/");
    });
}

/// EXP-1: two years to the day.
#[test]
fn a_password_expires_after_two_years() {
    on_each_database(async |app| {
        let alice = app.account("two.years").open().await;
        app.wait(Lifetime::days(729));
        assert_eq!(app.browser().sign_in_at_home(&alice).await.path(), "/");
        app.wait(Lifetime::days(2));
        assert_eq!(app.browser().sign_in_at_home(&alice).await.path(), "/change-password");
    });
}

/// EXP-1: whoever else knew the old password is out (RFC 9700 §4.14).
#[test]
fn a_changed_password_ends_what_the_old_one_began_elsewhere() {
    on_each_database(async |app| {
        let alice = app.account("alice").password_set_before(Lifetime::days(729)).open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut elsewhere = app.browser();
        let tokens = ecpa.sign_in_for(&mut elsewhere, &alice, "openid offline_access").await;
        app.wait(Lifetime::days(2));
        assert_eq!(ecpa.userinfo(&tokens.access_token).await.status, 401, "expired by itself");
        let renewed = ecpa.refreshed(tokens.refresh_token()).await;

        let mut browser = app.browser();
        let change = browser.sign_in_at_home(&alice).await;
        app.plant("a password", "a quite different password");
        let form =
            change.form("change-password-submit").set("password", "a quite different password");
        assert_eq!(browser.submit(&form).await.path(), "/");
        assert_eq!(ecpa.userinfo(&renewed.access_token).await.status, 401);
        let refused = ecpa.refresh(renewed.refresh_token()).await;
        assert_eq!((refused.status, refused.body["error"].as_str()), (400, Some("invalid_grant")));
    });
}

/// EXP-1: a press whose answer was lost, a step in another tab, a step that lapsed: the page says what to do.
#[test]
fn a_step_that_is_over_says_which_password_to_use() {
    on_each_database(async |app| {
        let old = app.account("old.and.over").password_set_before(Lifetime::days(731));
        let old = old.open().await;
        let new = old.with_password("a quite different password");
        app.plant("a password", &new.password);
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let page = browser.open(&ecpa.request().address()).await;
        let first = browser.sign_in(&page, &old).await;
        let before = browser.cookies.clone();
        let second = browser.sign_in_at_home(&old).await;
        let over = browser.submit(&first.form("change-password-submit")).await;
        assert_eq!(
            (over.path(), over.status, over.code().as_str()),
            ("/change-password", 410, "ERR-302")
        );
        assert_eq!(over.heading(), "設定新密碼的這一步已經結束");
        assert!(over.text(".asking").contains("ecpa 服務網"));
        let form = second.form("change-password-submit").set("password", &new.password);
        assert_eq!(browser.submit(&form).await.path(), "/");
        // Somebody is signed in by now, but nobody within this interaction: it asks who is sitting there.
        let over = browser.submit(&first.form("change-password-submit")).await;
        assert_eq!((over.status, over.code().as_str()), (410, "ERR-302"));
        let sign_in = browser.get(&over.attribute("a.button", "href").unwrap()).await;
        assert_eq!(
            (sign_in.path(), sign_in.form("login-submit").value("username")),
            ("/sign-in", "")
        );
        assert_eq!(browser.sign_in(&sign_in, &new).await.path(), "/consent");

        browser.cookies = before;
        let form = first.form("change-password-submit").set("password", &new.password);
        let lost = browser.submit(&form).await;
        assert_eq!((lost.status, lost.code().as_str()), (410, "ERR-302"), "its answer never came");
        let again = browser.get(&lost.attribute("a.button", "href").unwrap()).await;
        let sign_in = browser.go_on(again).await;
        assert_eq!(sign_in.path(), "/sign-in");
        assert_eq!(browser.sign_in(&sign_in, &new).await.path(), "/consent");
    });
}

/// A-PWD-15, without its list of known passwords: a new one may be long, and of any characters; each of them counts.
#[test]
fn a_new_password_may_be_long_and_of_any_characters() {
    on_each_database(async |app| {
        let long = format!("{} 😀 {}", "通關密語 ".repeat(8), "x".repeat(100));
        for (n, new) in [long.as_str(), "  😀🔑 二個 空白  "].into_iter().enumerate() {
            let old = app.account(&format!("old.password.{n}"));
            let old = old.password_set_before(Lifetime::days(731)).open().await;
            app.plant("a password", new);
            let mut browser = app.browser();
            let form = browser.sign_in_at_home(&old).await.form("change-password-submit");
            let page = browser.submit(&form.set("password", new)).await;
            assert_eq!((page.path(), page.status), ("/", 200), "{}", page.describe());
            let less = old.with_password(new[..new.len() - 1].trim_end());
            let page = app.browser().sign_in_at_home(&less).await;
            assert_eq!((page.status, page.code().as_str()), (422, "LGN-101"));
            assert_eq!(app.browser().sign_in_at_home(&old.with_password(new)).await.path(), "/");
        }
    });
}
