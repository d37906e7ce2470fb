//! Stories of consent.
//!
//! What a person is shown, what is remembered, and when they are asked again.

use fuxin::base::time::Lifetime;

use crate::support::{on_each_database, redirect_uri, register_again};

#[test]
fn the_page_shows_the_values_that_userinfo_gives() {
    on_each_database(async |app| {
        let alice = app.account("alice.sees").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let request = ecpa.request().scope("openid profile email phone address offline_access");
        let page = browser.open(&request.address()).await;
        let page = browser.sign_in(&page, &alice).await;
        assert_eq!((page.path(), page.status), ("/consent", 200));
        assert_eq!(page.heading(), "ecpa 服務網想取得您的資料");
        assert_eq!(page.buttons(), ["consent-approve"]);
        assert!(page.text("main").contains("在您離開後繼續使用"));
        let shown = page.texts("dd");
        let page = browser.press(&page, "consent-approve").await;
        let tokens = ecpa.finish(&request, &page).await;
        let userinfo = ecpa.userinfo(&tokens.access_token).await.body;
        for claim in ["name", "family_name", "given_name", "nickname", "email", "phone_number"] {
            let value = userinfo[claim].as_str().unwrap();
            assert!(shown.iter().any(|shown| shown == value), "{claim} {value} {shown:?}");
        }
        let address = userinfo["address"]["formatted"].as_str().unwrap();
        assert!(shown.iter().any(|shown| shown == address));
    });
}

#[test]
fn it_is_remembered_until_more_is_asked_for() {
    on_each_database(async |app| {
        let alice = app.account("alice.agrees").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        ecpa.sign_in_for(&mut browser, &alice, "openid email").await;
        for (scope, asked) in [("openid email", false), ("openid", false), ("openid profile", true)]
        {
            let request = ecpa.request().scope(scope);
            let page = browser.open(&request.address()).await;
            assert_eq!(page.away.is_none(), asked, "{scope}");
            if asked {
                assert_eq!(page.path(), "/consent");
                let page = browser.press(&page, "consent-approve").await;
                ecpa.finish(&request, &page).await;
            }
        }
        // What was agreed to before is not forgotten by agreeing to more.
        let request = ecpa.request().scope("openid email profile");
        let page = browser.open(&request.address()).await;
        ecpa.finish(&request, &page).await;
        // A single claim counts like a scope.
        let claims = r#"{"userinfo":{"birthdate":null,"phone_number":null}}"#;
        let request = ecpa.request().with("claims", claims);
        assert_eq!(browser.open(&request.address()).await.path(), "/consent");
    });
}

#[test]
fn a_client_that_becomes_another_is_another_to_the_person() {
    on_each_database(async |app| {
        let alice = app.account("alice.agreed.once").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        ecpa.sign_in(&mut browser, &alice).await;
        let mut renamed = ecpa.metadata.clone();
        renamed.client_name = "另一個名稱".to_owned();
        let mut moved = ecpa.metadata.clone();
        moved.redirect_uris.push(redirect_uri("https://ecpa.example.gov.tw/other"));
        let same = ecpa.metadata.clone();
        for (metadata, asked) in
            [(same.clone(), false), (renamed, true), (moved, true), (same, false)]
        {
            register_again(app, ecpa.id, metadata, ecpa.secret.as_deref()).await;
            let page = browser.open(&ecpa.request().address()).await;
            assert_eq!(page.away.is_none(), asked);
        }
    });
}

#[test]
fn an_agency_that_needs_no_consent_is_answered_at_once() {
    on_each_database(async |app| {
        let alice = app.account("alice.official").official().open().await;
        let ecpa = app.client("ecpa").skip_consent().register().await;
        let request = ecpa.request().scope("openid agency");
        let mut browser = app.browser();
        let page = browser.open(&request.address()).await;
        let page = browser.sign_in(&page, &alice).await;
        let tokens = ecpa.finish(&request, &page).await;
        let userinfo = ecpa.userinfo(&tokens.access_token).await.body;
        assert_eq!(userinfo["agency_oid"], "2.16.886.101.20003.20001");
        assert_eq!(userinfo["agency_name"], "行政院人事行政總處");
    });
}

#[test]
fn someone_who_denies_goes_back_with_nothing() {
    on_each_database(async |app| {
        let alice = app.account("alice.denies").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let request = ecpa.request();
        let page = browser.open(&request.address()).await;
        let page = browser.sign_in(&page, &alice).await;
        let denied = browser.press(&page, "consent-deny").await;
        assert_eq!(ecpa.error(&request, &denied), "access_denied");
        app.wait(Lifetime::seconds(1));
        let page = browser.open(&ecpa.request().address()).await;
        assert_eq!(page.path(), "/consent");
    });
}
