//! What the owner of an account is told by mail or SMS, and when nobody is told anything.

use fuxin::base::time::Lifetime;
use fuxin::model::message::{Notice, Recipient};

use super::failures::fail;
use crate::support::{Browser, Page, Person, TestApp, on_each_database};

const NEW_PASSWORD: &str = "a quite different password";

/// Somebody whose password has expired, on the page that asks for a new one.
async fn asked_to_change(app: &TestApp, name: &str) -> (Person, Browser, Page) {
    let person = app.account(name).password_set_before(Lifetime::days(731)).open().await;
    let mut browser = app.browser();
    let page = browser.sign_in_at_home(&person).await;
    assert_eq!(page.path(), "/change-password");
    (person, browser, page)
}

async fn change(app: &TestApp, browser: &mut Browser, page: &Page, password: &str) -> Page {
    app.plant("a password", NEW_PASSWORD);
    browser.submit(&page.form("change-password-submit").set("password", password)).await
}

/// Enters so many wrong passwords and then the right one.
pub async fn sign_in_after(browser: &mut Browser, person: &Person, failures: usize) -> Page {
    let page = fail(browser, person, failures).await;
    if page.attribute("#sign-in-form", "data-challenge-salt").is_some() {
        browser.sign_in_with_work(&page, person).await
    } else {
        browser.sign_in(&page, person).await
    }
}

/// EXP-1
#[test]
fn a_person_who_changes_an_expired_password_is_told_by_mail() {
    on_each_database(async |app| {
        let (person, mut browser, page) = asked_to_change(app, "alice.renews").await;
        assert!(app.mailbox.all().await.is_empty(), "nothing was changed yet");
        assert_eq!(change(app, &mut browser, &page, NEW_PASSWORD).await.path(), "/");
        let letter = app.mailbox.read(&person.email()).await;
        assert_eq!(letter.subject.unwrap(), "【符信】您的密碼已變更");
        for part in [&person.name(), "alice.renews", "（臺北時間）", "(02)2192-7111"] {
            assert!(letter.body.contains(part), "{part}: {}", letter.body);
        }
        assert!(!letter.body.contains("http") && !letter.body.contains(NEW_PASSWORD));
        assert_eq!(app.mailbox.all().await.len(), 1);
    });
}

#[test]
fn a_refused_change_tells_nobody() {
    on_each_database(async |app| {
        let (person, mut browser, page) = asked_to_change(app, "alice.refused").await;
        for password in ["", "short", &person.password, &person.account] {
            assert_eq!(change(app, &mut browser, &page, password).await.status, 422, "{password}");
        }
        // Too late: the step has lapsed.
        app.wait(Lifetime::minutes(31));
        change(app, &mut browser, &page, NEW_PASSWORD).await;
        assert!(app.mailbox.all().await.is_empty());
    });
}

#[test]
fn signing_in_after_three_failures_tells_the_person() {
    on_each_database(async |app| {
        let person = app.account("alice.guessed").open().await;
        assert_eq!(sign_in_after(&mut app.browser(), &person, 3).await.path(), "/");
        let letter = app.mailbox.read(&person.email()).await;
        assert_eq!(letter.message.notice, Notice::RightAfterFailures { failures: 3 });
        assert_eq!(letter.subject.unwrap(), "【符信】密碼連續錯誤 3 次後輸入正確");
        assert!(letter.body.contains("(02)2192-7111") && !letter.body.contains("http"));
        // The count begins anew.
        assert_eq!(sign_in_after(&mut app.browser(), &person, 2).await.path(), "/");
        assert_eq!(app.mailbox.all().await.len(), 1);
    });
}

#[test]
fn signing_in_after_one_failure_tells_nobody() {
    on_each_database(async |app| {
        let person = app.account("alice.slipped").open().await;
        assert_eq!(sign_in_after(&mut app.browser(), &person, 1).await.path(), "/");
        assert!(app.mailbox.all().await.is_empty());
    });
}

/// A-REC-12, A-PWD-03: whoever fails cannot fill somebody's mailbox, and learns nothing by trying.
#[test]
fn failures_and_pauses_tell_nobody() {
    on_each_database(async |app| {
        let person = app.account("alice.bombed").open().await;
        let nobody = Person { account: "nobody.at.all".to_owned(), ..person.clone() };
        for person in [&person, &nobody] {
            let paused = fail(&mut app.browser(), person, 5).await;
            assert_eq!(paused.code(), "LGN-103");
            let still = app.browser().sign_in_at_home(person).await;
            assert_eq!(still.code(), "LGN-301", "the right password, too, is refused");
        }
        let locked = app.account("alice.locked").locked().open().await;
        let refused = sign_in_after(&mut app.browser(), &locked, 3).await;
        assert_eq!(refused.code(), "LGN-402");
        assert!(app.mailbox.all().await.is_empty());
    });
}

/// A stranger's guesses, on a budget of their own, are told to the owner at the next sign-in from a device of theirs.
#[test]
fn a_strangers_guesses_are_told_when_the_owner_signs_in() {
    on_each_database(async |app| {
        let person = app.account("alice.known").open().await;
        let mut own = app.browser().at("203.0.113.7");
        let home = own.sign_in_at_home(&person).await;
        own.press(&home, "sign-out").await;
        fail(&mut app.browser().at("198.51.100.7"), &person, 4).await;
        assert!(app.mailbox.all().await.is_empty());
        assert_eq!(own.sign_in_at_home(&person).await.path(), "/");
        let letter = app.mailbox.read(&person.email()).await;
        assert_eq!(letter.message.notice, Notice::RightAfterFailures { failures: 4 });
    });
}

/// Who found out an expired password is no further, but its owner should know.
#[test]
fn an_expired_password_that_was_guessed_is_told_before_it_is_changed() {
    on_each_database(async |app| {
        let person = app.account("alice.expired").password_set_before(Lifetime::days(731));
        let person = person.open().await;
        let mut browser = app.browser();
        let page = sign_in_after(&mut browser, &person, 3).await;
        assert_eq!(page.path(), "/change-password");
        let letter = app.mailbox.read(&person.email()).await;
        assert_eq!(letter.message.notice, Notice::RightAfterFailures { failures: 3 });
        app.wait(Lifetime::minutes(1));
        change(app, &mut browser, &page, NEW_PASSWORD).await;
        let letter = app.mailbox.read(&person.email()).await;
        assert_eq!(letter.message.notice, Notice::PasswordChanged);
        assert_eq!(app.mailbox.all().await.len(), 2);
    });
}

#[test]
fn the_words_are_in_the_persons_language_else_in_that_of_the_page() {
    on_each_database(async |app| {
        for (name, own, page, subject) in [
            ("amy.one", Some("en"), "zh-TW", "Fuxin: your password was entered correctly"),
            ("amy.two", Some("zh-Hant-TW"), "en", "【符信】密碼連續錯誤"),
            ("amy.three", None, "en", "Fuxin: your password was entered correctly"),
            ("amy.four", Some("ja"), "en", "Fuxin: your password was entered correctly"),
        ] {
            let person = app.account(name).preferring(own).open().await;
            sign_in_after(&mut app.browser().speaking(page), &person, 3).await;
            let letter = app.mailbox.read(&person.email()).await;
            assert!(letter.subject.as_ref().unwrap().starts_with(subject), "{name}: {letter:?}");
        }
    });
}

#[test]
fn only_verified_addresses_are_written_to() {
    on_each_database(async |app| {
        let by_phone = app.account("amy.by.phone").without_verified_email().open().await;
        sign_in_after(&mut app.browser(), &by_phone, 3).await;
        let letter = app.mailbox.read("+886912345678").await;
        assert!(matches!(letter.message.recipient, Recipient::Sms(_)));
        assert_eq!(letter.subject, None);
        assert!(letter.body.chars().count() <= 70, "{}", letter.body);
        let by_nothing = app.account("amy.by.nothing").without_verified_email();
        let by_nothing = by_nothing.without_verified_phone().open().await;
        assert_eq!(sign_in_after(&mut app.browser(), &by_nothing, 3).await.path(), "/");
        assert_eq!(app.mailbox.all().await.len(), 1);
    });
}
