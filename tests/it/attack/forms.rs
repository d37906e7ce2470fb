//! Forms on their way through a stranger's hands: what a page hid in one comes back unchanged, from that page, or does
//! nothing.

use fuxin::base::time::Lifetime;

use super::altered;
use crate::support::{Browser, Form, Page, on_each_database};

/// What the person enters or chooses; everything else in a form is ours.
const TYPED: [&str; 5] = ["username", "password", "answer", "decision", "confirmed"];

/// Sends the form with each hidden field altered or left out, which is refused, and then as it is.
pub async fn no_field_may_change(browser: &mut Browser, form: &Form) -> Page {
    let hidden = || form.fields.iter().filter(|(name, _)| !TYPED.contains(&name.as_str()));
    assert!(hidden().count() > 0, "{form:?}");
    for (name, value) in hidden() {
        assert!(!value.is_empty(), "{name}");
        let wrong = [altered(value, 0), altered(value, value.len() / 2), String::new()];
        for wrong in wrong {
            let page = browser.post(&form.clone().put(name, &wrong)).await;
            assert_eq!((page.status, page.location()), (403, ""), "{name}={wrong}");
        }
        assert_eq!(browser.post(&form.clone().without(name)).await.status, 403, "{name}");
    }
    browser.post(form).await
}

/// A-RED-09, A-BRW-04: no hidden field of the forms around a sign-in may change: the way back, the button that begins
/// anew, and the new password.
#[test]
fn no_hidden_field_of_a_step_may_change() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let old = Lifetime::days(800);
        let alice = app.account("alice").password_set_before(old).open().await;
        app.plant("a password", "a quite different password");
        let mut browser = app.browser();
        let request = rp.request();
        let page = browser.open(&request.address()).await;
        let (cancel, sign_in) = (page.form("cancel"), page.filled_in(&alice));
        // The same interaction and the same browser: what one step's form proves is nothing in another's.
        for (form, other) in [(&cancel, &sign_in), (&sign_in, &cancel)] {
            let borrowed = form.clone().put("csrf", other.value("csrf"));
            assert_eq!(browser.post(&borrowed).await.status, 403);
        }
        let mut away = no_field_may_change(&mut browser, &cancel).await;
        assert_eq!(away.status, 303);
        away = browser.go_on(away).await;
        assert_eq!(rp.error(&request, &away), "access_denied");

        let expired = browser.submit(&sign_in).await;
        let change = expired.form("change-password-submit");
        let change = change.set("password", "a quite different password");
        let borrowed = change.clone().put("csrf", sign_in.value("csrf"));
        assert_eq!(browser.post(&borrowed).await.status, 403);
        let changed = no_field_may_change(&mut browser, &change).await;
        assert!(changed.location().starts_with("/continue?"), "{}", changed.describe());
        assert!(browser.go_on(changed).await.has("consent-approve"));

        let begun = browser.get(&rp.request().address()).await;
        app.wait(Lifetime::minutes(31));
        let expired = browser.get(begun.location()).await;
        let restart = expired.form("continue");
        let anew = no_field_may_change(&mut browser, &restart).await;
        assert!(anew.location().starts_with("/continue?"), "{}", anew.describe());
        assert!(browser.go_on(anew).await.has("login-submit"));
    });
}

/// A-RED-10, A-BRW-04: the answer to the question whether to sign out leads where the question said, for this session.
#[test]
fn the_way_back_after_signing_out_may_not_change() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        browser.sign_in_at_home(&alice).await;
        let page = browser.open(&rp.sign_out_address(None, Some("the state"))).await;
        let answer = page.form("logout-confirm");
        let back = format!("{}?state=the+state", rp.post_logout_redirect_uri());
        assert_eq!(answer.value("back"), back);
        for evil in [
            "https://evil.test",
            "//evil.test",
            "/\\evil.test",
            "https://rp.example.gov.tw/elsewhere",
            "javascript:alert(1)",
        ] {
            let refused = browser.post(&answer.clone().put("back", evil)).await;
            assert_eq!((refused.status, refused.location()), (403, ""), "{evil}");
        }
        // A question without a way back gives no token for one, and neither does the button at home.
        let plain = browser.open("/end-session").await.form("logout-confirm");
        let home = browser.get("/").await.form("sign-out");
        for other in [&plain, &home] {
            let borrowed = answer.clone().put("csrf", other.value("csrf"));
            assert_eq!(browser.post(&borrowed).await.status, 403);
        }
        let mut other = app.browser();
        other.sign_in_at_home(&alice).await;
        assert_eq!(other.post(&answer).await.status, 403, "of another session");
        assert_eq!(other.get("/").await.status, 200, "still signed in");
        assert_eq!(browser.get("/").await.status, 200, "still signed in");
        let gone = no_field_may_change(&mut browser, &answer).await;
        assert_eq!((gone.status, gone.location()), (303, back.as_str()));
        assert_eq!(browser.get("/").await.status, 303, "signed out");
        let page = other.get("/").await;
        let gone = no_field_may_change(&mut other, &page.form("sign-out")).await;
        assert_eq!(gone.status, 303);
        assert_eq!(other.get("/").await.status, 303, "signed out");
    });
}
