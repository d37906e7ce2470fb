//! What happens as a password is wrong again and again: the texts, the human check, the pause, and its end.

use fuxin::account;
use fuxin::base::time::Lifetime;

use crate::support::{Browser, Page, Person, TestApp, on_each_database, on_each_database_with};

/// Enters a wrong password so often, with the human check where it is due.
pub async fn fail(browser: &mut Browser, person: &Person, times: usize) -> Page {
    let wrong = person.with_password("not the right password");
    let mut page = browser.open("/").await;
    for _ in 0..times {
        page = browser.sign_in_with_work(&page, &wrong).await;
    }
    page
}

fn said(page: &Page) -> (u16, String) {
    (page.status, page.code())
}

async fn nobody(app: &TestApp) -> Person {
    let someone = app.account("somebody.else").open().await;
    Person { account: "nobody.at.all".to_owned(), ..someone }
}

/// LOG-4, LCK-4: at every count an unknown name gets what a known one gets.
#[test]
fn a_wrong_password_and_an_unknown_name_are_answered_alike_at_every_count() {
    on_each_database(async |app| {
        let (alice, nobody) = (app.account("alice.guessed").open().await, nobody(app).await);
        let mut known = app.browser().at("203.0.113.7");
        let mut unknown = app.browser().at("198.51.100.7");
        let expected = [
            (422, "LGN-101", "帳號或密碼錯誤"),
            (422, "LGN-101", "帳號或密碼錯誤"),
            (422, "LGN-102", "帳號或密碼錯誤"),
            (422, "LGN-102", "帳號或密碼錯誤"),
            (429, "LGN-103", "帳號或密碼錯誤，密碼登入已暫停至"),
            (429, "LGN-301", "此帳號的密碼登入已暫停至"),
        ];
        let (mut one, mut other) = (known.open("/").await, unknown.open("/").await);
        for (status, code, heading) in expected {
            one = known.sign_in_with_work(&one, &alice.with_password("wrong password")).await;
            other = unknown.sign_in_with_work(&other, &nobody).await;
            assert_eq!(said(&one), (status, code.to_owned()));
            assert!(one.text("#problem h2").starts_with(heading), "{}", one.text("#problem h2"));
            assert_eq!(one.asks_for_work(), code == "LGN-102");
            // Everything that can be read, but for the sealed values in addresses.
            let text = |page: &Page| page.texts("title, h1, h2, p, label, .why, button");
            assert_eq!(text(&one), text(&other));
            assert_eq!(one.status, other.status);
        }
        // While it is paused the right password gets the answer of a wrong one.
        let right = known.sign_in_with_work(&one, &alice).await;
        assert_eq!(right.text("#problem"), one.text("#problem"));
        assert_eq!(right.status, one.status);
    });
}

/// LCK-1
#[test]
fn after_three_failures_even_the_right_password_needs_the_human_check() {
    on_each_database(async |app| {
        let alice = app.account("alice.checked").open().await;
        let mut browser = app.browser();
        let page = fail(&mut browser, &alice, 3).await;
        assert_eq!(said(&page), (422, "LGN-102".to_owned()));
        // The count is kept here, not in the browser: another one, whose form asks for no check yet.
        let mut browser = app.browser();
        let fresh = browser.open("/").await;
        let refused = browser.sign_in(&fresh, &alice).await;
        assert_eq!(said(&refused), (422, "LGN-201".to_owned()));
        let form = refused.form("login-submit");
        let form = form.set("username", &alice.account).set("password", &alice.password);
        let wrong = browser.submit(&form.set("answer", "0000000")).await;
        assert_eq!(said(&wrong), (422, "LGN-203".to_owned()));
        assert_eq!(browser.sign_in_with_work(&wrong, &alice).await.path(), "/");
    });
}

/// LCK-1 without JavaScript: twenty seconds stand for the work, once.
#[test]
fn without_javascript_a_wait_of_twenty_seconds_is_the_human_check() {
    on_each_database(async |app| {
        let alice = app.account("alice.waiting").open().await;
        let mut browser = app.browser();
        let page = fail(&mut browser, &alice, 3).await;
        let early = browser.sign_in(&page, &alice).await;
        assert_eq!(said(&early), (422, "LGN-202".to_owned()));
        app.wait(Lifetime::seconds(20));
        let ready = browser.open(&early.link_without_script()).await;
        assert_eq!(ready.status, 200);
        assert_eq!(ready.attribute("#username", "value").unwrap(), alice.account);
        let failed = browser.sign_in(&ready, &alice.with_password("wrong password")).await;
        assert_eq!(said(&failed), (422, "LGN-102".to_owned()));
        // The same ticket again.
        let again = browser.sign_in(&ready, &alice).await;
        assert_eq!(said(&again), (422, "LGN-204".to_owned()));
        app.wait(Lifetime::seconds(20));
        let ready = browser.open(&again.link_without_script()).await;
        assert_eq!(browser.sign_in(&ready, &alice).await.path(), "/");
    });
}

/// LCK-2
#[test]
fn five_failures_pause_the_password_for_fifteen_minutes() {
    on_each_database(async |app| {
        let alice = app.account("alice.paused").open().await;
        let mut browser = app.browser();
        let page = fail(&mut browser, &alice, 5).await;
        assert_eq!(said(&page), (429, "LGN-103".to_owned()));
        assert_eq!(browser.cookies.get("fuxin-session"), None);
        assert!(app.audited().await.contains(&"password_paused".to_owned()));
        app.wait(Lifetime::seconds(15 * 60 - 1));
        let page = browser.open("/").await;
        let still = browser.sign_in(&page, &alice).await;
        assert_eq!(said(&still), (429, "LGN-301".to_owned()));
        assert!(still.text("#problem h2").contains("還有 1 分鐘"));
        app.wait(Lifetime::seconds(1));
        let page = browser.open("/").await;
        assert_eq!(browser.sign_in(&page, &alice).await.path(), "/");
    });
}

/// LCK-3, by the help page with the code and the time the pause ends, and by the operator's command: the ways of
/// recovery are features of their own.
#[test]
fn the_pause_names_its_end_on_the_help_page_and_an_operator_can_end_it() {
    on_each_database(async |app| {
        let alice = app.account("alice.unlocked").open().await;
        let mut browser = app.browser();
        let page = fail(&mut browser, &alice, 5).await;
        let help = browser.open(&page.attribute("a.code", "href").unwrap()).await;
        assert_eq!(help.status, 200);
        assert!(help.text("#your-code").contains("LGN-103"));
        let heading = page.text("#problem h2");
        let end = heading.split("暫停至").nth(1).unwrap().trim();
        assert!(help.text("#your-code").contains(end), "{end}");
        assert_eq!(help.text(".phone"), "(02)2192-7111");
        account::unlock(&app.context(), &alice.folded()).await.unwrap();
        let page = browser.open("/").await;
        assert_eq!(browser.sign_in(&page, &alice).await.path(), "/");
    });
}

/// LCK-2: a stranger's guesses do not lock out the device that the owner signs in from.
#[test]
fn a_device_that_has_signed_in_is_not_paused_by_others() {
    on_each_database(async |app| {
        let alice = app.account("alice.known.device").open().await;
        let mut own = app.browser().at("203.0.113.7");
        let home = own.sign_in_at_home(&alice).await;
        own.press(&home, "sign-out").await;
        let mut stranger = app.browser().at("198.51.100.7");
        let paused = fail(&mut stranger, &alice, 5).await;
        assert_eq!(said(&paused), (429, "LGN-103".to_owned()));
        assert_eq!(own.sign_in_at_home(&alice).await.path(), "/");
        // And the other way: its own failures count for it alone, too.
        let mut without_its_cookie = app.browser().at("203.0.113.7");
        let page = without_its_cookie.open("/").await;
        let page = without_its_cookie.sign_in(&page, &alice).await;
        assert_eq!(said(&page), (429, "LGN-301".to_owned()));
    });
}

#[test]
fn a_success_begins_the_count_anew() {
    on_each_database(async |app| {
        let alice = app.account("alice.counted").open().await;
        let mut browser = app.browser();
        fail(&mut browser, &alice, 2).await;
        let home = browser.sign_in_at_home(&alice).await;
        browser.press(&home, "sign-out").await;
        browser.cookies.clear();
        let page = fail(&mut browser, &alice, 2).await;
        assert_eq!(said(&page), (422, "LGN-101".to_owned()));
    });
}

#[test]
fn a_deployment_may_pause_earlier() {
    on_each_database_with("[policy]\nlock_after = 3", async |app| {
        let alice = app.account("alice.paused.early").open().await;
        let page = fail(&mut app.browser(), &alice, 3).await;
        assert_eq!(said(&page), (429, "LGN-103".to_owned()));
    });
}
