//! Passwords: how often one may guess, what a guess is told, and what it costs us.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use fuxin::account;
use fuxin::base::time::Lifetime;
use fuxin::model::account::{FoldedName, Profile};

use super::together;
use crate::support::{
    Browser, Form, Page, Person, TestApp, log, on_each_database, on_each_database_with,
};

/// What somebody enters who has no account.
fn stranger(app: &TestApp, name: &str) -> Person {
    app.plant("a name that was tried", name);
    let password = "not the right password".to_owned();
    Person { account: name.to_owned(), password, profile: Profile::default() }
}

/// One try, with the human check if the page asks for one; redirects are not followed.
async fn attempt(browser: &mut Browser, page: &Page, person: &Person) -> Page {
    browser.post(&page.filled_in(person)).await
}

/// The status of a try on a page that was opened for it.
pub async fn tried(app: &TestApp, person: &Person) -> u16 {
    let mut browser = app.browser();
    let page = browser.open("/").await;
    attempt(&mut browser, &page, person).await.status
}

/// Fails so many times, doing each human check that is asked for; the last page.
async fn fail(browser: &mut Browser, person: &Person, times: usize) -> Page {
    let wrong = person.with_password("wrong password");
    let mut page = browser.open("/").await;
    for _ in 0..times {
        page = attempt(browser, &page, &wrong).await;
        assert_ne!(page.status, 303);
    }
    page
}

/// A-PWD-03: five failures pause the name on every way in.
#[test]
fn a_pause_holds_on_every_way_in() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let mut signed_in = app.browser();
        rp.sign_in(&mut signed_in, &alice).await;
        let paused = fail(&mut app.browser(), &alice, 5).await;
        assert_eq!(paused.status, 429);
        let mut other = app.browser().past_the_proxy();
        let elsewhere = other.open(&rp.request().address()).await;
        for spelling in ["alice", "ALICE", " alice "] {
            let alice = Person { account: spelling.to_owned(), ..alice.clone() };
            assert_eq!(attempt(&mut other, &elsewhere, &alice).await.status, 429, "{spelling}");
        }
        // Who is signed in and asked again, in a browser that is not known for this name, is paused, too.
        let mut asked_again = signed_in.clone();
        asked_again.cookies.remove("fuxin-device").expect("a device that has signed in");
        let request = rp.request().prompt("login");
        let page = asked_again.open(&request.address()).await;
        assert_eq!(attempt(&mut asked_again, &page, &alice).await.status, 429);
        // Neither does the token endpoint know another way to try a password.
        let grant = ("grant_type", "password");
        let form = [grant, ("username", &alice.account), ("password", &alice.password)];
        assert_eq!(rp.token(&form).await.error(), "unsupported_grant_type");
        app.wait(Lifetime::minutes(15));
        let page = other.open(&rp.request().address()).await;
        assert_eq!(attempt(&mut other, &page, &alice).await.status, 303);
    });
}

/// A-PWD-04, A-PWD-13: failures at many names are held against their network; only a listed proxy may name another.
#[test]
fn spraying_needs_a_human_check_for_each_try() {
    on_each_database(async |app| {
        let alice = app.account("alice").open().await;
        let mut browser = app.browser().past_the_proxy();
        let page = browser.open("/").await;
        for n in 0..50 {
            let someone = stranger(app, &format!("someone.{n}"));
            let mut lying = browser.saying("x-forwarded-for", &format!("6.6.{n}.6"));
            assert_eq!(attempt(&mut lying, &page, &someone).await.status, 422, "{n}");
        }
        let sprayed = attempt(&mut browser, &page, &alice).await;
        assert!(sprayed.asks_for_work(), "{}", sprayed.describe());
        assert!(app.audited().await.contains(&"spraying_suspected".to_owned()));
        let still_due = async |browser: &mut Browser, page: &Page, why: &str| {
            let told = attempt(browser, page, &alice).await;
            assert!(told.status == 422 && told.asks_for_work(), "{why}: {}", told.describe());
        };
        // Not by a network that nobody listed, in whatever header; an empty one is there and says nothing.
        let headers =
            ["x-forwarded-for", "forwarded", "x-real-ip", "true-client-ip", "cf-connecting-ip"];
        let values = [" ", "127.0.0.1", "::1", "nonsense", "7.7.7.7", "2001:db8::7", "for=7.7.7.7"];
        for header in headers {
            for value in values {
                let why = format!("{header}: {value}");
                still_due(&mut browser.saying(header, value), &page, &why).await;
            }
        }
        // And of what comes through the listed one, only what it wrote itself: at the end of the one header.
        let mut through = app.browser().at("127.0.0.2");
        let from_there = through.open("/").await;
        for header in &headers[1..] {
            for value in values {
                let why = format!("through the proxy, {header}: {value}");
                still_due(&mut through.saying(header, value), &from_there, &why).await;
            }
        }
        for value in [" ", "nonsense", "7.7.7.7, 127.0.0.2", "7.7.7.7, nonsense", "7.7.7.7,"] {
            let why = format!("through the proxy: {value}");
            still_due(&mut through.saying("x-forwarded-for", value), &from_there, &why).await;
        }
        let checked = attempt(&mut browser.clone(), &sprayed, &alice).await;
        assert_eq!(checked.status, 303, "with the check done");
        let mut behind_a_proxy = app.browser().at("7.7.7.7");
        let page = behind_a_proxy.open("/").await;
        assert_eq!(attempt(&mut behind_a_proxy, &page, &alice).await.status, 303);
    });
}

/// What a stranger can see of an answer, without what differs each time.
fn seen(page: &Page, name: &str) -> String {
    let mut text = format!("{}\n", page.status);
    for (header, value) in &page.headers {
        if !["x-request-id", "content-security-policy", "date"].contains(&header.as_str()) {
            text.push_str(&format!("{header}: {}\n", value.to_str().unwrap()));
        }
    }
    let policy = page.header("content-security-policy").len();
    let is_random = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mut masked = String::new();
    for word in page.html.replace(name, "NAME").split_inclusive(|c| !is_random(c)) {
        let own = word.trim_end_matches(|c| !is_random(c));
        if own.len() >= 16 && !own.contains("sign-in") && !own.contains("style") {
            masked.push_str(&"*".repeat(own.len().min(200)));
            masked.push_str(&word[own.len()..]);
        } else {
            masked.push_str(word);
        }
    }
    format!("{text}{policy}\n{masked}")
}

/// The same, and what it cost: the hashes, and each statement.
async fn seen_with_its_cost(
    app: &TestApp,
    browser: &mut Browser,
    page: &mut Page,
    form: Form,
) -> String {
    let (hashes, statements) = (app.context().hasher.performed(), log::statements().len());
    *page = browser.post(&form).await;
    let hashes = app.context().hasher.performed() - hashes;
    let mut statements = log::statements().split_off(statements);
    assert!(!(app.is_on_a_server() && statements.is_empty()), "statements are logged");
    // What ends a transaction is one statement in either case, and may come before another one.
    statements.iter_mut().for_each(|text| *text = text.replace("ROLLBACK", "COMMIT"));
    statements.sort_unstable();
    let statements = statements.join("\n");
    format!("{hashes} hashes\n{statements}\n{}", seen(page, form.value("username")))
}

/// A-PWD-06: at equal counts a wrong password is told the same, at the same cost, whether the name exists or not, and so
/// is every password while the name is paused.
#[test]
fn an_answer_does_not_tell_whether_a_name_exists() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let old = Lifetime::days(800);
        let people = [
            app.account("someone1").open().await,
            app.account("someone2").locked().open().await,
            app.account("someone3").disabled_for_national_id().open().await,
            app.account("someone4").deleted().open().await,
            app.account("someone5").password_set_before(old).open().await,
            stranger(app, "nobody01"),
        ];
        let mut all = Vec::new();
        for (n, person) in people.iter().enumerate() {
            let mut browser = app.browser().at(&format!("198.51.{n}.1"));
            let wrong = person.with_password("wrong password");
            let hinted = rp.request().with("login_hint", &person.account);
            let mut page = browser.open(&hinted.address()).await;
            let mut told = vec![seen(&page, &person.account)];
            for _ in 0..5 {
                let form = page.filled_in(&wrong);
                told.push(seen_with_its_cost(app, &mut browser, &mut page, form).await);
                assert!(told.last().unwrap().starts_with("1 hashes"));
            }
            for password in [person, &wrong] {
                let form = page.filled_in(password);
                told.push(seen_with_its_cost(app, &mut browser, &mut page, form).await);
                assert_eq!(page.status, 429, "{}", person.account);
            }
            assert_eq!(told[6], told[7], "{}: right or wrong, while paused", person.account);
            all.push(told);
        }
        for (person, told) in people.iter().zip(&all) {
            for (tries, (this, other)) in told.iter().zip(&all[0]).enumerate() {
                assert_eq!(this, other, "{} after {tries} tries", person.account);
            }
        }
        // What is wrong with an account is told to whoever has its password.
        app.wait(Lifetime::minutes(15));
        for (person, status) in people.iter().zip([303, 403, 403, 403, 303, 422]) {
            assert_eq!(tried(app, person).await, status, "{}", person.account);
        }
    });
}

/// A-PWD-06, A-PWD-16: a hundred failures in a row, over any time, end the password until an operator unlocks it; at each
/// of them, and after them, a name without an account is told the same at the same cost.
#[test]
fn a_hundred_failures_end_the_password() {
    on_each_database(async |app| {
        let people = [app.account("someone1").open().await, stranger(app, "nobody01")];
        for round in 0..20 {
            let mut tries = Vec::new();
            for (n, person) in people.iter().enumerate() {
                // Other networks each time: what one network may do is another rule.
                let mut browser = app.browser().at(&format!("198.{}.{round}.1", 51 + n));
                let page = browser.open("/").await;
                tries.push((browser, page, person.with_password("wrong password")));
            }
            for number in 1..=5 {
                let mut told = Vec::new();
                for (browser, page, person) in &mut tries {
                    let form = page.form("login-submit");
                    let form =
                        form.set("username", &person.account).set("password", &person.password);
                    told.push(seen_with_its_cost(app, browser, page, form).await);
                    assert!(told.last().unwrap().starts_with("1 hashes"), "{}", page.describe());
                }
                assert_eq!(told[0], told[1], "failure {}", round * 5 + number);
                // The wait that is as good as the work.
                app.wait(Lifetime::seconds(20));
            }
            app.wait(Lifetime::minutes(15));
        }
        let before = app.context().hasher.performed();
        let mut told = Vec::new();
        for days in [0, 30] {
            app.wait(Lifetime::days(days));
            for person in &people {
                let mut browser = app.browser();
                let page = browser.open("/").await;
                let page = attempt(&mut browser, &page, person).await;
                assert_eq!((page.status, page.code().as_str()), (429, "LGN-302"));
                told.push(seen(&page, &person.account));
            }
        }
        assert!(told.iter().all(|own| own == &told[0]), "{told:?}");
        assert_eq!(app.context().hasher.performed(), before, "nothing was judged");
        assert!(app.audited().await.contains(&"password_disabled".to_owned()));
        account::unlock(&app.context(), &people[0].folded()).await.unwrap();
        assert_eq!(tried(app, &people[0]).await, 303);
    });
}

/// A-PWD-08: every byte of a password counts.
#[test]
fn every_byte_of_a_password_counts() {
    on_each_database(async |app| {
        let long = format!("{}right", "x".repeat(250));
        let alice = app.account("alice").with_password(&long).open().await;
        for (password, status) in [
            (format!("{}wrong", "x".repeat(250)), 422),
            (long[..72].to_owned(), 422),
            (long[..254].to_owned(), 422),
            (format!("{long}\0x"), 403),
            (format!("{}\0{}", &long[..72], &long[73..]), 403),
        ] {
            assert_eq!(tried(app, &alice.with_password(&password)).await, status, "{password:?}");
            assert_eq!(tried(app, &alice).await, 303);
        }
    });
}

/// A-PWD-09: what is too long is refused before it costs anything, and does not count.
#[test]
fn a_huge_password_costs_nothing() {
    on_each_database(async |app| {
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        let page = browser.open("/").await;
        let before = app.context().hasher.performed();
        for length in [257, 10_000, 1_000_000] {
            let huge = alice.with_password(&"x".repeat(length));
            for _ in 0..6 {
                let refused = attempt(&mut browser, &page, &huge).await;
                assert!((400..500).contains(&refused.status), "{length}: {}", refused.status);
            }
        }
        assert_eq!(app.context().hasher.performed(), before);
        assert_eq!(attempt(&mut browser, &page, &alice).await.status, 303);
        assert!(app.context().hasher.performed() > before);
    });
}

/// A-PWD-09, by its structure: of 200 who sign in at once each is judged by one hash or told to come back without any, and
/// whoever asks for the keys meanwhile waits for none of them. How many may wait is `hasher`'s own test; what a storm does
/// to the p99 of other endpoints the load driver measures: `load storm`.
#[test]
fn a_storm_of_sign_ins_waits_by_itself() {
    on_each_database_with("queue = 40", async |app| {
        // On a slow machine some wait too long for the database, which is told in the same way.
        app.expect_errors("503");
        let mut browser = app.browser();
        let form = browser.open("/").await.form("login-submit");
        let before = app.context().hasher.performed();
        let performed = || app.context().hasher.performed() - before;
        let storm = together((0..200).map(|n| {
            let mut browser = browser.clone().at(&format!("10.{n}.0.1"));
            let form =
                form.clone().set("username", &format!("someone.{n}")).set("password", "wrong");
            async move { browser.post(&form).await.status }
        }));
        let keys = async {
            while performed() == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let request = Request::get("/jwks").body(Body::empty()).unwrap();
            (app.hand(request).await.status, performed())
        };
        let (statuses, (status, meanwhile)) = tokio::join!(storm, keys);
        assert_eq!(status, 200);
        let judged = statuses.iter().filter(|status| **status == 422).count();
        let busy = statuses.iter().filter(|status| **status == 503).count();
        assert_eq!(judged + busy, 200, "{statuses:?}");
        // One hash at most for each; whoever the database turned away afterwards cost one, too.
        assert!((judged as u64..=200).contains(&performed()), "{} for {judged}", performed());
        assert!(meanwhile < 200, "the keys came after the storm");
    });
}

/// A-PWD-12: one human check is good for one try; leaving it out, or the cookies, gains nothing.
#[test]
fn a_human_check_is_good_once() {
    on_each_database(async |app| {
        let alice = app.account("alice").open().await;
        let wrong = alice.with_password("wrong password");
        let mut browser = app.browser();
        let page = fail(&mut browser, &alice, 3).await;
        assert!(page.asks_for_work());
        let before = app.context().hasher.performed();
        let bare = page.filled_in(&alice).without("challenge").without("answer");
        assert_eq!(browser.post(&bare).await.status, 422, "left out");
        let lazy = page.filled_in(&alice).put("answer", "1");
        assert_eq!(browser.post(&lazy).await.status, 422, "a wrong answer");
        let mut fresh = app.browser();
        let good = page.filled_in(&wrong);
        assert_eq!(fresh.post(&good).await.status, 400, "without the cookies");
        let other = fresh.open("/").await.filled_in(&wrong);
        let borrowed = ["challenge", "answer"]
            .into_iter()
            .fold(other, |form, field| form.put(field, good.value(field)));
        assert_eq!(fresh.post(&borrowed).await.status, 422, "in another interaction");
        assert_eq!(app.context().hasher.performed(), before, "nothing was judged");
        // At the same moment as often as one likes: one try.
        let racers = (0..50).map(|_| {
            let (mut browser, good) = (browser.clone(), good.clone());
            async move { browser.post(&good).await }
        });
        let answers = together(racers).await;
        assert!(answers.iter().all(|answer| answer.status == 422));
        assert_eq!(app.context().hasher.performed(), before + 1);
        let replayed = page.filled_in(&alice);
        for _ in 0..50 {
            assert_eq!(browser.post(&replayed).await.status, 422);
        }
        assert_eq!(app.context().hasher.performed(), before + 1, "spent");
        assert_eq!(attempt(&mut browser, &answers[0], &alice).await.status, 303);
    });
}

/// A-PWD-14: a new deployment lets nobody in.
#[test]
fn a_new_deployment_has_no_account_to_guess() {
    on_each_database(async |app| {
        for name in ["admin", "administrator", "root", "fuxin", "test"] {
            let profile = Profile::default();
            let guess = Person { account: name.to_owned(), password: name.to_owned(), profile };
            assert_eq!(tried(app, &guess).await, 422, "{name}");
            let folded = FoldedName::of(name).unwrap();
            assert!(app.context().store.find_account(&folded).await.unwrap().is_none());
        }
        let alice = app.account("alice").open().await;
        assert_eq!(tried(app, &alice).await, 303);
    });
}
