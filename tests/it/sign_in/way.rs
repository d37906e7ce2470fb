//! Turns on the way: a second tab, the back button, a form sent twice, a flow that took too long, and the way back. For
//! each the address, the status, and the one button.

use fuxin::base::time::Lifetime;

use crate::support::on_each_database;

#[test]
fn a_second_tab_goes_on_with_the_sign_in_of_the_first() {
    on_each_database(async |app| {
        let alice = app.account("alice.two.tabs").open().await;
        let ecpa = app.client("ecpa").skip_consent().register().await;
        let gcis = app.client("gcis").skip_consent().register().await;
        let mut browser = app.browser();
        let (first, second) = (ecpa.request(), gcis.request());
        let one = browser.open(&first.address()).await;
        let two = browser.open(&second.address()).await;
        let answered = browser.sign_in(&one, &alice).await;
        ecpa.finish(&first, &answered).await;
        // The form that still stands in the second tab: nothing is asked again, and no page is shown.
        let answered = browser.post(&two.filled_in(&alice)).await;
        assert_eq!(answered.status, 303);
        assert!(answered.location().starts_with("/continue?"), "{}", answered.location());
        gcis.finish(&second, &browser.go_on(answered).await).await;
    });
}

/// Two people at one computer, or one person with two accounts: who enters a name and a password is who signs in.
#[test]
fn another_person_in_the_second_tab_is_the_one_who_signs_in() {
    on_each_database(async |app| {
        let alice = app.account("alice.first.tab").open().await;
        let bob = app.account("bob.second.tab").open().await;
        let ecpa = app.client("ecpa").skip_consent().register().await;
        let gcis = app.client("gcis").skip_consent().register().await;
        let mut browser = app.browser();
        let (first, second) = (ecpa.request(), gcis.request());
        let one = browser.open(&first.address()).await;
        let two = browser.open(&second.address()).await;
        let answered = browser.sign_in(&one, &alice).await;
        let of_alice = ecpa.finish(&first, &answered).await;
        let wrong = browser.sign_in(&two, &bob.with_password("not the password")).await;
        assert_eq!(
            (wrong.path(), wrong.status, wrong.code().as_str()),
            ("/sign-in", 422, "LGN-101")
        );
        assert_eq!(wrong.buttons(), ["login-submit"]);
        // In the other language, too, the page is still Bob's.
        let switch = wrong.attribute("nav a[hreflang]", "href").unwrap();
        let english = browser.get(wrong.url.join(&switch).unwrap().as_str()).await;
        assert_eq!((english.path(), english.status), ("/sign-in", 200));
        assert_eq!(english.form("login-submit").value("username"), bob.account);
        let answered = browser.sign_in(&wrong, &bob).await;
        let tokens = gcis.finish(&second, &answered).await;
        let known = gcis.sign_in(&mut app.browser(), &bob).await;
        assert_eq!(tokens.subject(), known.subject());
        assert_eq!(ecpa.userinfo(&of_alice.access_token).await.status, 401, "signed out");
    });
}

#[test]
fn the_back_button_after_the_answer_leads_to_one_button_that_goes_on() {
    on_each_database(async |app| {
        let alice = app.account("alice.goes.back").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let request = ecpa.request();
        let page = browser.open(&request.address()).await;
        let consent = browser.sign_in(&page, &alice).await;
        let answered = browser.press(&consent, "consent-approve").await;
        let tokens = ecpa.finish(&request, &answered).await;
        let again = browser.press(&consent, "consent-approve").await;
        assert_eq!((again.path(), again.status), ("/continue", 409));
        assert_eq!(again.heading(), "這次登入已經完成");
        assert_eq!(again.buttons(), ["continue"]);
        assert_eq!(ecpa.userinfo(&tokens.access_token).await.status, 200);
        let anew = browser.press(&again, "continue").await;
        ecpa.finish(&request, &anew).await;
    });
}

#[test]
fn a_form_sent_twice_makes_one_live_code_and_the_last_answer_works() {
    on_each_database(async |app| {
        let alice = app.account("alice.twice").open().await;
        let ecpa = app.client("ecpa").skip_consent().register().await;
        let mut browser = app.browser();
        let request = ecpa.request();
        let page = browser.open(&request.address()).await;
        let first = browser.sign_in(&page, &alice).await;
        // The second press shows no page either.
        let second = browser.post(&page.filled_in(&alice)).await;
        assert_eq!(second.status, 303);
        assert!(second.location().starts_with("/continue?"), "{}", second.location());
        let second = browser.go_on(second).await;
        let voided = ecpa.code(&request, first.away());
        assert_ne!(voided, ecpa.code(&request, second.away()));
        assert_eq!(ecpa.redeem(&request, &voided).await.error(), "invalid_grant");
        ecpa.finish(&request, &second).await;
    });
}

#[test]
fn a_flow_that_took_too_long_begins_anew_with_one_button() {
    on_each_database(async |app| {
        let alice = app.account("alice.too.late").open().await;
        let ecpa = app.client("ecpa").skip_consent().register().await;
        let mut browser = app.browser();
        let request = ecpa.request();
        let page = browser.open(&request.address()).await;
        app.wait(Lifetime::minutes(31));
        let expired = browser.sign_in(&page, &alice).await;
        assert_eq!((expired.path(), expired.status), ("/sign-in", 410));
        assert_eq!((expired.code().as_str(), expired.buttons().len()), ("ERR-301", 1));
        assert!(expired.text(".asking").contains("ecpa 服務網"));
        let anew = browser.press(&expired, "continue").await;
        assert_eq!((anew.path(), anew.status), ("/sign-in", 200));
        let answered = browser.sign_in(&anew, &alice).await;
        ecpa.finish(&request, &answered).await;
    });
}

#[test]
fn the_way_back_to_the_agency_is_on_every_step() {
    on_each_database(async |app| {
        let alice = app.account("alice.turns.back").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let request = ecpa.request();
        let sign_in = browser.open(&request.address()).await;
        let back = browser.press(&sign_in, "cancel").await;
        assert_eq!(ecpa.error(&request, &back), "access_denied");
        let consent = browser.sign_in(&sign_in, &alice).await;
        assert_eq!(consent.path(), "/consent");
        let back = browser.press(&consent, "cancel").await;
        assert_eq!(ecpa.error(&request, &back), "access_denied");
        let answered = browser.press(&consent, "consent-approve").await;
        ecpa.finish(&request, &answered).await;
        let finished = browser.press(&consent, "consent-approve").await;
        assert_eq!(finished.status, 409);
        let back = browser.press(&finished, "cancel").await;
        assert_eq!(ecpa.error(&request, &back), "access_denied");

        let old = app.account("old.turns.back").password_set_before(Lifetime::days(731));
        let old = old.open().await;
        let mut browser = app.browser();
        let request = ecpa.request();
        let sign_in = browser.open(&request.address()).await;
        let change = browser.sign_in(&sign_in, &old).await;
        assert_eq!(change.path(), "/change-password");
        let back = browser.press(&change, "cancel").await;
        assert_eq!(ecpa.error(&request, &back), "access_denied");
        // Whoever leaves when the time is over leaves.
        app.wait(Lifetime::minutes(31));
        let expired = browser.sign_in(&sign_in, &old).await;
        assert_eq!(expired.status, 410);
        let back = browser.press(&expired, "cancel").await;
        assert_eq!(ecpa.error(&request, &back), "access_denied");
    });
}

#[test]
fn a_browser_without_its_cookie_is_told_about_cookies() {
    on_each_database(async |app| {
        let alice = app.account("alice.no.cookies").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let page = browser.open(&ecpa.request().address()).await;
        let kept = browser.cookies.clone();
        browser.cookies.clear();
        let refused = browser.sign_in(&page, &alice).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "ERR-201"));
        browser.cookies = kept;
        assert_eq!(browser.sign_in(&page, &alice).await.path(), "/consent");
    });
}

#[test]
fn a_form_is_good_still_after_signing_out_in_another_tab() {
    on_each_database(async |app| {
        let alice = app.account("alice.out.elsewhere").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        for button in ["login-submit", "cancel", "consent-approve"] {
            ecpa.sign_in(&mut browser, &alice).await;
            let prompt = if button == "login-submit" { "login" } else { "consent" };
            let request = ecpa.request().prompt(prompt);
            let page = browser.open(&request.address()).await;
            let home = browser.open("/").await;
            assert_eq!(browser.press(&home, "sign-out").await.heading(), "您已登出");
            match button {
                "login-submit" => {
                    let answered = browser.sign_in(&page, &alice).await;
                    ecpa.finish(&request, &answered).await;
                }
                "cancel" => {
                    let back = browser.press(&page, "cancel").await;
                    assert_eq!(ecpa.error(&request, &back), "access_denied");
                }
                _ => {
                    // Nobody is there who could consent: the person signs in and is asked.
                    let asked = browser.press(&page, button).await;
                    assert_eq!((asked.path(), asked.status), ("/sign-in", 200));
                    let asked = browser.sign_in(&asked, &alice).await;
                    assert_eq!(asked.path(), "/consent");
                }
            }
        }
    });
}

/// EXP-1
#[test]
fn an_expired_password_is_changed_although_another_session_ended_meanwhile() {
    on_each_database(async |app| {
        let bob = app.account("bob.was.here").open().await;
        let old = app.account("old.password").password_set_before(Lifetime::days(731));
        let old = old.open().await;
        let ecpa = app.client("ecpa").skip_consent().register().await;
        let mut browser = app.browser();
        browser.sign_in_at_home(&bob).await;
        let request = ecpa.request().prompt("select_account");
        let page = browser.open(&request.address()).await;
        let change = browser.sign_in(&page, &old).await;
        assert_eq!(change.path(), "/change-password");
        browser.cookies.remove("fuxin-session");
        app.plant("a password", "a quite different password");
        let form =
            change.form("change-password-submit").set("password", "a quite different password");
        let answered = browser.submit(&form).await;
        ecpa.finish(&request, &answered).await;
    });
}

#[test]
fn someone_who_comes_back_to_the_sign_in_page_after_signing_in_goes_on() {
    on_each_database(async |app| {
        let alice = app.account("alice.comes.back").open().await;
        let ecpa = app.client("ecpa").skip_consent().register().await;
        let mut browser = app.browser();
        let request = ecpa.request();
        let page = browser.open(&request.address()).await;
        browser.sign_in_at_home(&alice).await;
        let answered = browser.open(page.url.as_str()).await;
        ecpa.finish(&request, &answered).await;
    });
}
