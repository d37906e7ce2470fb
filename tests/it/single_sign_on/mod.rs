//! Stories of single sign-on.
//!
//! When a session answers for its person, and when a client wants them asked again.

use fuxin::base::time::{Clock, Lifetime};

use crate::support::on_each_database;

#[test]
fn a_second_client_needs_no_password() {
    on_each_database(async |app| {
        let alice = app.account("alice.signs.in.once").open().await;
        let ecpa = app.client("ecpa").register().await;
        let gcis = app.client("gcis").register().await;
        let mut browser = app.browser();
        let first = ecpa.sign_in(&mut browser, &alice).await;
        app.wait(Lifetime::minutes(5));
        let request = gcis.request();
        let page = browser.open(&request.address()).await;
        assert_eq!(page.path(), "/consent");
        let page = browser.press(&page, "consent-approve").await;
        let second = gcis.finish(&request, &page).await;
        // Two sectors do not know that it is the same person.
        assert_ne!(first.subject(), second.subject());
        // Once more, and nothing at all is asked.
        let request = ecpa.request();
        let page = browser.open(&request.address()).await;
        let again = ecpa.finish(&request, &page).await;
        assert_eq!(again.subject(), first.subject());
    });
}

#[test]
fn prompt_none_asks_nobody_anything() {
    on_each_database(async |app| {
        let alice = app.account("alice.silent").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let silent = || ecpa.request().prompt("none");
        let request = silent();
        let page = browser.open(&request.address()).await;
        assert_eq!(ecpa.error(&request, &page), "login_required");
        browser.sign_in_at_home(&alice).await;
        let request = silent();
        let page = browser.open(&request.address()).await;
        assert_eq!(ecpa.error(&request, &page), "consent_required");
        ecpa.sign_in(&mut browser, &alice).await;
        let request = silent();
        let page = browser.open(&request.address()).await;
        ecpa.finish(&request, &page).await;
        let request = ecpa.request().prompt("none login");
        let page = browser.open(&request.address()).await;
        assert_eq!(ecpa.error(&request, &page), "invalid_request");
    });
}

#[test]
fn prompt_login_and_select_account_ask_someone_who_is_signed_in() {
    on_each_database(async |app| {
        let alice = app.account("alice.asked.again").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        ecpa.sign_in(&mut browser, &alice).await;
        for (prompt, says, name) in [
            ("login", "再輸入一次密碼", alice.account.as_str()),
            ("select_account", "選擇要使用的帳號", ""),
        ] {
            app.wait(Lifetime::minutes(1));
            let request = ecpa.request().prompt(prompt).with("max_age", "3600");
            let page = browser.open(&request.address()).await;
            assert_eq!((page.path(), page.status), ("/sign-in", 200), "{prompt}");
            assert!(page.text("main").contains(says), "{prompt}");
            assert_eq!(page.form("login-submit").value("username"), name, "{prompt}");
            let page = browser.sign_in(&page, &alice).await;
            let tokens = ecpa.finish(&request, &page).await;
            assert_eq!(tokens.claims["auth_time"], app.clock.now().seconds(), "{prompt}");
        }
    });
}

#[test]
fn prompt_consent_asks_what_was_answered_before() {
    on_each_database(async |app| {
        let alice = app.account("alice.consents.again").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        // In the same second, too.
        ecpa.sign_in(&mut browser, &alice).await;
        let request = ecpa.request().prompt("consent");
        let page = browser.open(&request.address()).await;
        assert_eq!(page.path(), "/consent");
        let page = browser.press(&page, "consent-approve").await;
        ecpa.finish(&request, &page).await;
    });
}

#[test]
fn prompt_consent_wants_an_answer_to_this_request_by_who_is_signed_in() {
    on_each_database(async |app| {
        let alice = app.account("alice.consents.here").open().await;
        let bob = app.account("bob.consented.before").open().await;
        let ecpa = app.client("ecpa").register().await;
        ecpa.sign_in(&mut app.browser(), &bob).await;
        let mut browser = app.browser();
        browser.sign_in_at_home(&alice).await;
        let (one, other) = (ecpa.request().prompt("consent"), ecpa.request().prompt("consent"));
        let first = browser.open(&one.address()).await;
        let second = browser.open(&other.address()).await;
        // An answer in one tab is none in the other.
        app.wait(Lifetime::seconds(1));
        let answered = browser.press(&first, "consent-approve").await;
        ecpa.finish(&one, &answered).await;
        let page = browser.open(&second.url.as_str().replace("/consent", "/continue")).await;
        assert_eq!(page.path(), "/consent");
        // And one person's is not another's, whom the same interaction signs in afterwards.
        let approved = second.form("consent-approve");
        let sent = browser.request("POST", approved.action, Some(&approved.fields)).await;
        let gone_on = sent.headers["location"].to_str().unwrap().to_owned();
        browser.cookies.remove("fuxin-session");
        browser.sign_in_at_home(&bob).await;
        assert_eq!(browser.open(&gone_on).await.path(), "/consent");
    });
}

#[test]
fn max_age_asks_for_a_sign_in_that_is_not_older() {
    on_each_database(async |app| {
        let alice = app.account("alice.ages").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        ecpa.sign_in(&mut browser, &alice).await;
        let signed_in_at = app.clock.now().seconds();
        let asked = |max_age: &str| ecpa.request().with("max_age", max_age);
        // In the same second 1 is young enough, and 0 never is.
        let request = asked("1");
        let page = browser.open(&request.address()).await;
        let tokens = ecpa.finish(&request, &page).await;
        assert_eq!(tokens.claims["auth_time"], signed_in_at);
        let request = asked("0");
        let page = browser.open(&request.address()).await;
        assert_eq!(page.path(), "/sign-in");
        let page = browser.sign_in(&page, &alice).await;
        ecpa.finish(&request, &page).await;

        app.wait(Lifetime::seconds(60));
        let request = asked("61");
        let page = browser.open(&request.address()).await;
        let tokens = ecpa.finish(&request, &page).await;
        assert_eq!(tokens.claims["auth_time"], signed_in_at);
        let request = asked("60");
        let page = browser.open(&request.address()).await;
        assert_eq!(page.path(), "/sign-in");
        assert!(page.text("main").contains("您上次登入已有一段時間"));
        let silent = asked("60").prompt("none");
        let refused = browser.open(&silent.address()).await;
        assert_eq!(ecpa.error(&silent, &refused), "login_required");
        let page = browser.sign_in(&page, &alice).await;
        let tokens = ecpa.finish(&request, &page).await;
        assert_eq!(tokens.claims["auth_time"], app.clock.now().seconds());
    });
}

#[test]
fn a_wished_level_is_told_and_an_essential_one_must_be_reached() {
    on_each_database(async |app| {
        let alice = app.account("alice.at.level.one").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let wish = ecpa.request().with("acr_values", "urn:fuxin:assurance:2 urn:fuxin:assurance:1");
        let tokens = ecpa.sign_in_with(&mut browser, &alice, wish).await;
        assert_eq!(tokens.claims["acr"], "urn:fuxin:assurance:1");
        let essential = |level: &str| {
            let claims = format!(
                r#"{{"id_token":{{"acr":{{"essential":true,"values":["urn:fuxin:assurance:{level}"]}}}}}}"#
            );
            ecpa.request().with("claims", &claims)
        };
        let tokens = ecpa.sign_in_with(&mut browser, &alice, essential("1")).await;
        assert_eq!(tokens.claims["acr"], "urn:fuxin:assurance:1");
        let request = essential("2");
        let page = browser.open(&request.address()).await;
        assert_eq!(ecpa.error(&request, &page), "unmet_authentication_requirements");
    });
}

/// OpenID Connect Core §5.5.1.1: never another level than the ones that were named, known or not.
#[test]
fn an_essential_level_that_nobody_knows_is_refused() {
    on_each_database(async |app| {
        let alice = app.account("alice.at.no.such.level").open().await;
        let ecpa = app.client("ecpa").scope("openid").skip_consent().register().await;
        let mut browser = app.browser();
        browser.sign_in_at_home(&alice).await;
        let asked = |options: &str| {
            let claims = format!(r#"{{"id_token":{{"acr":{options}}}}}"#);
            ecpa.request().with("claims", &claims)
        };
        for (options, level) in [
            (r#"{"essential":true,"value":"urn:mace:incommon:iap:silver"}"#, None),
            (r#"{"essential":true,"values":["1","urn:fuxin:assurance:9"]}"#, None),
            (r#"{"essential":true,"value":1}"#, None),
            (r#"{"essential":true,"values":["0","urn:fuxin:assurance:1"]}"#, Some("1")),
            (r#"{"essential":true}"#, Some("1")),
            (r#"{"values":["urn:mace:incommon:iap:silver"]}"#, Some("1")),
        ] {
            for prompt in ["", "none"] {
                let request = asked(options);
                let request = if prompt.is_empty() { request } else { request.prompt(prompt) };
                let page = browser.open(&request.address()).await;
                if let Some(level) = level {
                    let tokens = ecpa.finish(&request, &page).await;
                    let told = format!("urn:fuxin:assurance:{level}");
                    assert_eq!(tokens.claims["acr"], told, "{options}");
                } else {
                    let error = ecpa.error(&request, &page);
                    assert_eq!(error, "unmet_authentication_requirements", "{options}");
                }
            }
        }
    });
}

#[test]
fn a_hint_names_the_account_that_is_meant() {
    on_each_database(async |app| {
        let alice = app.account("alice.meant").open().await;
        let bob = app.account("bob.not.meant").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let tokens = ecpa.sign_in(&mut browser, &alice).await;
        let hinted =
            |prompt: &str| ecpa.request().prompt(prompt).with("id_token_hint", &tokens.id_token);
        let request = hinted("none");
        let page = browser.open(&request.address()).await;
        ecpa.finish(&request, &page).await;

        let mut other = app.browser();
        ecpa.sign_in(&mut other, &bob).await;
        let request = hinted("none");
        let page = other.open(&request.address()).await;
        assert_eq!(ecpa.error(&request, &page), "login_required");
        let request = hinted("none").without("prompt");
        let asked = other.open(&request.address()).await;
        assert_eq!(asked.path(), "/sign-in");
        let page = other.sign_in(&asked, &bob).await;
        assert_eq!(ecpa.error(&request, &page), "login_required");
        let asked = other.open(&request.address()).await;
        let page = other.sign_in(&asked, &alice).await;
        let meant = ecpa.finish(&request, &page).await;
        assert_eq!(meant.subject(), tokens.subject());
    });
}

#[test]
fn a_login_hint_fills_the_name_in() {
    on_each_database(async |app| {
        let ecpa = app.client("ecpa").register().await;
        app.plant("a login hint", "hinted.account");
        let request = ecpa.request().with("login_hint", "hinted.account");
        let page = app.browser().open(&request.address()).await;
        assert_eq!(page.attribute("#username", "value").as_deref(), Some("hinted.account"));
    });
}

#[test]
fn another_account_in_the_same_browser_ends_the_session_of_the_first() {
    on_each_database(async |app| {
        let alice = app.account("alice.leaves").open().await;
        let bob = app.account("bob.comes").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let of_alice = ecpa.sign_in(&mut browser, &alice).await;
        let request = ecpa.request().prompt("select_account");
        let page = browser.open(&request.address()).await;
        let page = browser.sign_in(&page, &bob).await;
        let page = browser.press(&page, "consent-approve").await;
        let of_bob = ecpa.finish(&request, &page).await;
        assert_ne!(of_alice.subject(), of_bob.subject());
        assert_eq!(ecpa.userinfo(&of_alice.access_token).await.status, 401);
        assert_eq!(ecpa.userinfo(&of_bob.access_token).await.status, 200);
    });
}

#[test]
fn the_secret_of_a_session_is_new_after_every_sign_in() {
    on_each_database(async |app| {
        let alice = app.account("alice.rotates").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let before = ecpa.sign_in(&mut browser, &alice).await;
        let old = browser.cookies["fuxin-session"].clone();
        let request = ecpa.request().prompt("login");
        let page = browser.open(&request.address()).await;
        let page = browser.sign_in(&page, &alice).await;
        ecpa.finish(&request, &page).await;
        assert_ne!(browser.cookies["fuxin-session"], old);
        // It is the same session: what hangs on it lives on.
        assert_eq!(ecpa.userinfo(&before.access_token).await.status, 200);
        let mut thief = app.browser();
        thief.cookies.insert("fuxin-session".to_owned(), old);
        assert_eq!(thief.open("/").await.path(), "/sign-in");
    });
}
