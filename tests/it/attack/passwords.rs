//! Passwords: how often one may guess, what a guess is told, and what it costs us.

use axum::http::Request;
use fuxin::account;
use fuxin::base::time::Lifetime;
use fuxin::model::account::{AccountState, FoldedName};

use super::world::{Browser, PASSWORD, Reply, World, put, sign_in_form, worlds, worlds_with};

async fn attempt(browser: &mut Browser<'_>, page: &Reply, name: &str, password: &str) -> Reply {
    browser.submit_sign_in(page, name, password).await
}

/// Fails so many times, doing each human check that is asked for; the last page.
async fn fail(browser: &mut Browser<'_>, name: &str, times: usize) -> Reply {
    let mut page = browser.follow("/").await;
    for _ in 0..times {
        page = attempt(browser, &page, name, "wrong").await;
        assert_ne!(page.status, 303);
    }
    page
}

/// A-PWD-03, A-PWD-04: five failures pause the name on every way in, whatever the headers say about the source.
#[tokio::test]
async fn a_pause_holds_on_every_way_in() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        let mut browser = world.browser();
        let page = fail(&mut browser, "alice", 5).await;
        assert_eq!(page.status, 429);
        let mut other = world.browser();
        other.peer = "198.51.100.1:1".parse().unwrap();
        let elsewhere = other.follow(&site.authorize()).await;
        for spelling in ["alice", "ALICE", " alice "] {
            let reply = attempt(&mut other, &elsewhere, spelling, PASSWORD).await;
            assert_eq!(reply.status, 429, "{spelling}");
        }
        for header in
            ["x-forwarded-for", "forwarded", "x-real-ip", "true-client-ip", "cf-connecting-ip"]
        {
            for value in ["127.0.0.1", "::1", "nonsense", ""] {
                let (action, fields) = sign_in_form(&elsewhere, "alice", PASSWORD);
                let pairs: Vec<_> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                let request = Request::post(&action)
                    .header("content-type", "application/x-www-form-urlencoded")
                    .header(header, value)
                    .body(axum::body::Body::from(super::world::encoded(&pairs)))
                    .unwrap();
                assert_eq!(other.send(request).await.status, 429, "{header}: {value}");
            }
        }
        world.pass(Lifetime::minutes(15));
        let page = other.follow(&site.authorize()).await;
        assert_eq!(attempt(&mut other, &page, "alice", PASSWORD).await.status, 303);
    }
}

/// A-PWD-04, A-PWD-13: failures at many names are held against their network; only a listed proxy may name another.
#[tokio::test]
async fn spraying_needs_a_human_check_for_each_try() {
    for world in worlds_with("trusted_proxies = [\"10.0.0.0/8\"]").await {
        world.account("alice").await;
        let mut browser = world.browser();
        let page = browser.follow("/").await;
        for name in 0..50 {
            let (action, fields) = sign_in_form(&page, &format!("name{name}"), "Spring2026!");
            let reply = forwarded(&mut browser, &action, &fields, "6.6.6.6").await;
            assert_eq!(reply.status, 422, "{name}");
        }
        let (action, fields) = sign_in_form(&page, "alice", PASSWORD);
        let sprayed = forwarded(&mut browser, &action, &fields, "7.7.7.7").await;
        assert!(sprayed.body.contains("data-challenge-salt"), "{}", sprayed.status);
        assert!(world.audited(200).await.contains(&"spraying_suspected".to_owned()));
        let checked = attempt(&mut browser.clone(), &sprayed, "alice", PASSWORD).await;
        assert_eq!(checked.status, 303, "with the check done");
        browser.peer = "10.0.0.1:1".parse().unwrap();
        let (action, fields) = sign_in_form(&page, "alice", PASSWORD);
        let behind_a_proxy = forwarded(&mut browser, &action, &fields, "7.7.7.7").await;
        assert_eq!(behind_a_proxy.status, 303);
    }
}

async fn forwarded(
    browser: &mut Browser<'_>,
    action: &str,
    fields: &[(String, String)],
    address: &str,
) -> Reply {
    let pairs: Vec<_> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let request = Request::post(action)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-forwarded-for", address)
        .body(axum::body::Body::from(super::world::encoded(&pairs)))
        .unwrap();
    browser.send(request).await
}

/// What a stranger can see of an answer, without what differs each time.
fn seen(reply: &Reply, name: &str) -> String {
    let mut text = format!("{}\n", reply.status);
    for (header, value) in &reply.headers {
        if header != "x-request-id" && header != "content-security-policy" {
            text.push_str(&format!("{header}: {}\n", value.to_str().unwrap()));
        }
    }
    let policy = reply.header("content-security-policy").len();
    let body = reply.body.replace(name, "NAME");
    let random = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mut masked = String::new();
    for word in body.split_inclusive(|c| !random(c)) {
        let own = word.trim_end_matches(|c| !random(c));
        if own.len() >= 16 && !own.contains("sign-in") && !own.contains("style") {
            masked.push_str(&"*".repeat(if own.len() > 200 { 200 } else { own.len() }));
            masked.push_str(&word[own.len()..]);
        } else {
            masked.push_str(word);
        }
    }
    format!("{text}{policy}\n{masked}")
}

/// A-PWD-06: at equal counts a wrong password is told the same whether the name exists or not, and so is every
/// password while the name is paused.
#[tokio::test]
async fn an_answer_does_not_tell_whether_a_name_exists() {
    for world in worlds().await {
        let now = world.ctx().now;
        let at = now.minus(Lifetime::days(2));
        world.account("someone1").await;
        world.account_as("someone2", AccountState::Locked { at }, now).await;
        world.account_as("someone3", AccountState::DisabledForNationalId { at }, now).await;
        world.account_as("someone4", AccountState::Deleted { at }, now).await;
        world.account_as("someone5", AccountState::Active, now.minus(Lifetime::days(800))).await;
        let names = ["someone1", "someone2", "someone3", "someone4", "someone5", "nobody01"];
        let mut pages = Vec::new();
        for name in names {
            let mut browser = world.browser();
            browser.peer = format!("198.51.{}.1:1", name.bytes().map(u32::from).sum::<u32>() % 250)
                .parse()
                .unwrap();
            let mut page = browser.follow("/").await;
            let mut told = Vec::new();
            for _ in 0..5 {
                page = attempt(&mut browser, &page, name, "wrong").await;
                told.push(seen(&page, name));
            }
            for password in [PASSWORD, "wrong"] {
                let paused = attempt(&mut browser, &page, name, password).await;
                assert_eq!(paused.status, 429, "{name}");
                told.push(seen(&paused, name));
            }
            assert_eq!(told[5], told[6], "{name}: right or wrong, while paused");
            pages.push(told);
        }
        for (name, told) in names.iter().zip(&pages) {
            for (tries, (this, other)) in told.iter().zip(&pages[0]).enumerate() {
                assert_eq!(this, other, "{name} after {} tries", tries + 1);
            }
        }
        // What is wrong with an account is told to whoever has its password.
        world.pass(Lifetime::minutes(15));
        for (name, status) in
            [("someone1", 303), ("someone2", 403), ("someone4", 403), ("nobody01", 422)]
        {
            let mut browser = world.browser();
            let page = browser.follow("/").await;
            assert_eq!(attempt(&mut browser, &page, name, PASSWORD).await.status, status, "{name}");
        }
    }
}

/// A-PWD-08: every byte of a password counts.
#[tokio::test]
async fn every_byte_of_a_password_counts() {
    for world in worlds().await {
        let long = format!("{}right", "x".repeat(250));
        let opening = account::Opening {
            name: fuxin::model::account::AccountName::parse("alice").unwrap(),
            kind: fuxin::model::account::AccountKind::Member,
            state: AccountState::Active,
            profile: fuxin::model::account::Profile::default(),
            password: fuxin::model::password::Password::parse(long.clone()).unwrap(),
            password_since: world.ctx().now,
        };
        account::open(&world.ctx(), opening).await.unwrap();
        let mut browser = world.browser();
        let page = browser.follow("/").await;
        let other = format!("{}wrong", "x".repeat(250));
        assert_eq!(attempt(&mut browser, &page, "alice", &other).await.status, 422);
        let page = browser.follow("/").await;
        let cut = &long[..72];
        assert_eq!(attempt(&mut browser, &page, "alice", cut).await.status, 422);
        let page = browser.follow("/").await;
        assert_eq!(attempt(&mut browser, &page, "alice", &format!("{long}\0x")).await.status, 400);
        let page = browser.follow("/").await;
        assert_eq!(attempt(&mut browser, &page, "alice", &long).await.status, 303);
    }
}

/// A-PWD-09: what is too long is refused before it costs anything, and does not count.
#[tokio::test]
async fn a_huge_password_costs_nothing() {
    for world in worlds().await {
        world.account("alice").await;
        let mut browser = world.browser();
        let page = browser.follow("/").await;
        let before = world.ctx().hasher.performed();
        for length in [257, 10_000, 1_000_000] {
            for _ in 0..6 {
                let reply = attempt(&mut browser, &page, "alice", &"x".repeat(length)).await;
                assert!((400..500).contains(&reply.status), "{length}: {}", reply.status);
            }
        }
        assert_eq!(world.ctx().hasher.performed(), before);
        assert_eq!(attempt(&mut browser, &page, "alice", PASSWORD).await.status, 303);
        assert!(world.ctx().hasher.performed() > before);
    }
}

/// A-PWD-12: one human check is good for one try; leaving it out, or the cookies, gains nothing.
#[tokio::test]
async fn a_human_check_is_good_once() {
    for world in worlds().await {
        world.account("alice").await;
        let mut browser = world.browser();
        let page = fail(&mut browser, "alice", 3).await;
        assert!(page.body.contains("data-challenge-salt"));
        let before = world.ctx().hasher.performed();
        let (action, mut bare) = sign_in_form(&page, "alice", PASSWORD);
        bare.retain(|(name, _)| name != "challenge" && name != "answer");
        assert_eq!(browser.post(&action, &bare).await.status, 422, "left out");
        let (_, mut wrong) = sign_in_form(&page, "alice", PASSWORD);
        put(&mut wrong, "answer", "1");
        assert_eq!(browser.post(&action, &wrong).await.status, 422, "a wrong answer");
        let mut fresh = world.browser();
        let (_, good) = sign_in_form(&page, "alice", "wrong");
        assert_eq!(fresh.post(&action, &good).await.status, 400, "without the cookies");
        let other_page = fresh.follow("/").await;
        let (other_action, mut borrowed) = sign_in_form(&other_page, "alice", "wrong");
        for field in ["challenge", "answer"] {
            let (_, value) = good.iter().find(|(name, _)| name == field).unwrap();
            put(&mut borrowed, field, value);
        }
        assert_eq!(
            fresh.post(&other_action, &borrowed).await.status,
            422,
            "in another interaction"
        );
        assert_eq!(world.ctx().hasher.performed(), before, "nothing was judged");
        let once = browser.post(&action, &good).await;
        assert_eq!(once.status, 422);
        assert_eq!(world.ctx().hasher.performed(), before + 1);
        let (_, replayed) = sign_in_form(&page, "alice", PASSWORD);
        for _ in 0..50 {
            assert_eq!(browser.post(&action, &replayed).await.status, 422);
        }
        assert_eq!(world.ctx().hasher.performed(), before + 1, "spent");
        assert_eq!(attempt(&mut browser, &once, "alice", PASSWORD).await.status, 303);
    }
}

/// A-PWD-14: a new deployment lets nobody in.
#[tokio::test]
async fn a_new_deployment_has_no_account_to_guess() {
    for world in worlds().await {
        for name in ["admin", "administrator", "root", "fuxin", "test"] {
            let mut browser = world.browser();
            let page = browser.follow("/").await;
            assert_eq!(attempt(&mut browser, &page, name, name).await.status, 422, "{name}");
            let folded = FoldedName::of(name).unwrap();
            assert!(world.ctx().store.find_account(&folded).await.unwrap().is_none());
        }
        world.account("alice").await;
        assert_eq!(world.signed_in("alice").await.get("/").await.status, 200);
    }
}

/// A-PWD-16: a hundred failures in a row, over any time, end the password until an operator unlocks it.
#[tokio::test]
async fn a_hundred_failures_end_the_password() {
    for world in worlds().await {
        world.account("alice").await;
        for _ in 0..20 {
            fail_round(&world).await;
            world.pass(Lifetime::minutes(15));
        }
        let mut browser = world.browser();
        let page = browser.follow("/").await;
        let before = world.ctx().hasher.performed();
        let reply = attempt(&mut browser, &page, "alice", PASSWORD).await;
        assert_eq!(reply.status, 429);
        world.pass(Lifetime::days(30));
        let page = browser.follow("/").await;
        assert_eq!(attempt(&mut browser, &page, "alice", PASSWORD).await.status, 429);
        assert_eq!(world.ctx().hasher.performed(), before);
        account::unlock(&world.ctx(), &FoldedName::of("alice").unwrap()).await.unwrap();
        let page = browser.follow("/").await;
        assert_eq!(attempt(&mut browser, &page, "alice", PASSWORD).await.status, 303);
    }
}

async fn fail_round(world: &World) {
    let mut browser = world.browser();
    let page = fail(&mut browser, "alice", 5).await;
    assert_eq!(page.status, 429);
}

/// A-PWD-03: whoever knew an expired password has no say once it was changed.
#[tokio::test]
async fn a_pending_change_dies_with_its_password() {
    for world in worlds().await {
        let old = world.ctx().now.minus(Lifetime::days(800));
        world.account_as("alice", AccountState::Active, old).await;
        let mut thief = world.browser();
        let page = thief.follow("/").await;
        let reply = attempt(&mut thief, &page, "alice", PASSWORD).await;
        let thiefs = thief.go_on(reply).await;
        let mut owner = world.browser();
        let page = owner.follow("/").await;
        let reply = attempt(&mut owner, &page, "alice", PASSWORD).await;
        let owners = owner.go_on(reply).await;
        let change = |page: &Reply, password: &str| {
            let (action, mut fields) = page.form("#password");
            put(&mut fields, "password", password);
            (action, fields)
        };
        let (action, fields) = change(&owners, "the owner's new one");
        let reply = owner.post(&action, &fields).await;
        assert_eq!(owner.go_on(reply).await.status, 200);
        let (action, fields) = change(&thiefs, "the thief's new one");
        thief.post(&action, &fields).await;
        assert_eq!(thief.get("/").await.status, 303, "not signed in");
        let mut browser = world.browser();
        let page = browser.follow("/").await;
        assert_eq!(attempt(&mut browser, &page, "alice", "the thief's new one").await.status, 422);
        let page = browser.follow("/").await;
        assert_eq!(attempt(&mut browser, &page, "alice", "the owner's new one").await.status, 303);
    }
}

/// A-PWD-03: whoever stole a pending change cannot ask at will whether a guess is the old password, nor have us hash.
#[tokio::test]
async fn a_pending_change_is_tried_ten_times() {
    for world in worlds().await {
        let old = world.ctx().now.minus(Lifetime::days(800));
        world.account_as("alice", AccountState::Active, old).await;
        let mut browser = world.browser();
        let page = browser.follow("/").await;
        let reply = attempt(&mut browser, &page, "alice", PASSWORD).await;
        let page = browser.go_on(reply).await;
        let (action, mut fields) = page.form("#password");
        put(&mut fields, "password", "short");
        let before = world.ctx().hasher.performed();
        for _ in 0..20 {
            assert_eq!(browser.post(&action, &fields).await.status, 422);
        }
        assert_eq!(world.ctx().hasher.performed(), before, "what the rules refuse costs nothing");
        put(&mut fields, "password", PASSWORD);
        for _ in 0..10 {
            assert_eq!(browser.post(&action, &fields).await.status, 422);
        }
        assert_eq!(world.ctx().hasher.performed(), before + 10);
        put(&mut fields, "password", "a quite different password");
        for _ in 0..5 {
            let reply = browser.post(&action, &fields).await;
            assert!(reply.location().starts_with("/continue"), "{reply:?}");
        }
        assert_eq!(world.ctx().hasher.performed(), before + 10);
        // Who knows the old password proves it again, and goes on.
        let page = browser.follow("/").await;
        let reply = attempt(&mut browser, &page, "alice", PASSWORD).await;
        let page = browser.go_on(reply).await;
        let (action, mut fields) = page.form("#password");
        put(&mut fields, "password", "a quite different password");
        let reply = browser.post(&action, &fields).await;
        assert_eq!(browser.go_on(reply).await.status, 200);
    }
}
