//! The forced change of an expired password, between its proof and its end: whoever took it over gains nothing.

use fuxin::account;
use fuxin::base::time::Lifetime;

use super::passwords::tried;
use crate::support::{Page, on_each_database};

/// A-PWD-03: whoever knew an expired password has no say once it was changed.
#[test]
fn a_pending_change_dies_with_its_password() {
    on_each_database(async |app| {
        let alice = app.account("alice").password_set_before(Lifetime::days(800)).open().await;
        let (mut thief, mut owner) = (app.browser(), app.browser());
        let thiefs = thief.sign_in_at_home(&alice).await;
        let owners = owner.sign_in_at_home(&alice).await;
        let [new, stolen] = ["the owner's new one", "the thief's new one"];
        [new, stolen].iter().for_each(|password| app.plant("a password", password));
        let form =
            |page: &Page, password| page.form("change-password-submit").set("password", password);
        let changed = owner.submit(&form(&owners, new)).await;
        assert_eq!((changed.path(), changed.status), ("/", 200));
        thief.post(&form(&thiefs, stolen)).await;
        assert_eq!(thief.get("/").await.status, 303, "not signed in");
        assert_eq!(tried(app, &alice.with_password(stolen)).await, 422);
        assert_eq!(tried(app, &alice.with_password(new)).await, 303);
    });
}

/// A-PWD-03: an operator's lock between the proof and the change stops the change.
#[test]
fn a_lock_stops_a_pending_change() {
    on_each_database(async |app| {
        let alice = app.account("alice").password_set_before(Lifetime::days(800)).open().await;
        let new = "a quite different password";
        app.plant("a password", new);
        let mut browser = app.browser();
        let change = browser.sign_in_at_home(&alice).await.form("change-password-submit");
        let change = change.set("password", new);
        let hash = async || {
            let record = app.context().store.find_for_sign_in(&alice.folded()).await.unwrap();
            record.unwrap().hash.as_str().to_owned()
        };
        let old = hash().await;
        account::lock(&app.context(), &alice.folded()).await.unwrap();
        let refused = browser.submit(&change).await;
        assert_eq!((refused.status, refused.code().as_str()), (410, "ERR-302"));
        assert_eq!(browser.cookies.get("fuxin-session"), None);
        assert_eq!(hash().await, old);
        assert!(!app.audited().await.contains(&"password_changed".to_owned()));
        assert!(app.mailbox.all().await.is_empty(), "nobody is told of a change");
        account::unlock(&app.context(), &alice.folded()).await.unwrap();
        assert_eq!(browser.submit(&change).await.path(), "/", "the lock was all that stopped it");
        assert_ne!(hash().await, old);
    });
}

/// A-PWD-03: whoever stole a pending change cannot ask at will whether a guess is the old password, nor have us hash.
#[test]
fn a_pending_change_is_tried_ten_times() {
    on_each_database(async |app| {
        let alice = app.account("alice").password_set_before(Lifetime::days(800)).open().await;
        app.plant("a password", "a quite different password");
        let mut browser = app.browser();
        let page = browser.open("/").await;
        let form = browser.sign_in(&page, &alice).await.form("change-password-submit");
        let before = app.context().hasher.performed();
        for _ in 0..20 {
            let short = form.clone().set("password", "short");
            assert_eq!(browser.post(&short).await.status, 422);
        }
        assert_eq!(app.context().hasher.performed(), before, "what the rules refuse costs nothing");
        for _ in 0..10 {
            let old = form.clone().set("password", &alice.password);
            assert_eq!(browser.post(&old).await.status, 422);
        }
        assert_eq!(app.context().hasher.performed(), before + 10);
        let good = form.set("password", "a quite different password");
        for _ in 0..5 {
            let page = browser.post(&good).await;
            assert_eq!((page.status, page.code().as_str()), (410, "ERR-302"));
        }
        assert_eq!(app.context().hasher.performed(), before + 10);
        // Who knows the old password proves it again, and goes on.
        let page = browser.open("/").await;
        let form = browser.sign_in(&page, &alice).await.form("change-password-submit");
        let page = browser.submit(&form.set("password", "a quite different password")).await;
        assert_eq!((page.path(), page.status), ("/", 200));
    });
}
