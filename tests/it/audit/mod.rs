//! Stories of the audit record: what happens in the flows, and the events that tell of it.
//!
//! That an event stands in the same transaction as its change is the store's contract; here each flow writes its own,
//! about the right account and client, and routine answers write none.

use fuxin::account;
use fuxin::base::time::Lifetime;
use fuxin::job::rotate_keys;

use crate::support::{TestApp, on_each_database};

/// The events that were looked at, each with what it is about. Those of one second have no order.
struct Record {
    app: TestApp,
    seen: Vec<String>,
}

impl Record {
    async fn now_tells(&mut self, of: &str, expected: &[&str]) {
        let events = self.app.context().store.latest_audit_events(500).await.unwrap();
        let mut told: Vec<String> = events
            .iter()
            .map(|event| {
                let account = event.account_id.map_or("", |_| " account");
                let client = event.client_id.map_or("", |_| " client");
                format!("{}:{account}{client}", event.event)
            })
            .collect();
        for seen in &self.seen {
            let at = told.iter().position(|own| own == seen).expect("what was told stays");
            told.remove(at);
        }
        told.sort_unstable();
        assert_eq!(told, expected, "{of}");
        self.seen.extend(told);
    }
}

/// Every change that somebody has to answer for is told of, once; routine answers are not.
#[test]
fn each_change_is_told_of_by_its_own_event() {
    on_each_database(async |app| {
        let mut record = Record { app: app.clone(), seen: Vec::new() };
        // Written by the harness, which puts keys into the database that were made once for all stories: there the
        // deployment's own event is looked for.
        record.now_tells("a deployment that starts", &["signing_keys_made:"]).await;
        let rp = app.client("rp").register().await;
        record.now_tells("a registration", &["client_registered: client"]).await;
        let alice = app.account("alice").open().await;
        record.now_tells("an opening", &["account_opened: account"]).await;

        let mut browser = app.browser();
        let request = rp.request().scope("openid offline_access");
        let page = browser.open(&request.address()).await;
        record.now_tells("a request", &[]).await;
        let page = browser.sign_in(&page, &alice.with_password("wrong password")).await;
        record.now_tells("a wrong password", &["sign_in_failed: account"]).await;
        let page = browser.sign_in(&page, &alice).await;
        record.now_tells("a sign-in", &["signed_in: account"]).await;
        let page = browser.press(&page, "consent-approve").await;
        record.now_tells("a consent", &["consent_given: account client"]).await;
        let first = rp.finish(&request, &page).await;
        rp.userinfo(&first.access_token).await;
        rp.introspect(&first.access_token).await;
        let second = rp.refreshed(first.refresh_token()).await;
        record.now_tells("codes and tokens", &[]).await;

        assert_eq!(rp.revoke(&second.access_token).await.status, 200);
        record.now_tells("an access token's end", &["access_token_revoked: account client"]).await;
        assert_eq!(rp.revoke(second.refresh_token()).await.status, 200);
        record.now_tells("a grant's end", &["grant_revoked: account client"]).await;
        assert_eq!(rp.revoke(second.refresh_token()).await.status, 200);
        record.now_tells("what had ended before", &[]).await;

        let request = rp.request();
        let code = rp.code_for(&mut browser, &alice, &request).await;
        assert_eq!(rp.redeem(&request, &code).await.status, 200);
        assert_eq!(rp.redeem(&request, &code).await.status, 400);
        record.now_tells("a code again", &["code_replayed: account client"]).await;
        let tokens = rp.sign_in_for(&mut browser, &alice, "openid offline_access").await;
        let next = rp.refreshed(tokens.refresh_token()).await;
        rp.refreshed(next.refresh_token()).await;
        assert_eq!(rp.refresh(tokens.refresh_token()).await.status, 400);
        record.now_tells("an old token", &["refresh_token_replayed: account client"]).await;

        let home = browser.open("/").await;
        browser.press(&home, "sign-out").await;
        record.now_tells("a sign-out", &["signed_out: account"]).await;
        account::lock(&app.context(), &alice.folded()).await.unwrap();
        record.now_tells("a lock", &["account_locked: account"]).await;
        browser.sign_in_at_home(&alice).await;
        record.now_tells("a locked account", &["sign_in_failed: account"]).await;
        account::unlock(&app.context(), &alice.folded()).await.unwrap();
        record.now_tells("its end", &["account_unlocked: account"]).await;

        app.wait(Lifetime::days(800));
        let page = browser.sign_in_at_home(&alice).await;
        record.now_tells("an expired password", &["password_expired: account"]).await;
        let new = alice.with_password("a quite different password");
        app.plant("a password", &new.password);
        let form = page.form("change-password-submit").set("password", &new.password);
        assert_eq!(browser.submit(&form).await.path(), "/");
        let changed = ["password_changed: account", "signed_in: account"];
        record.now_tells("its change", &changed).await;
        rotate_keys::rotate_due(&app.app).await.unwrap();
        let rotated = ["signing_key_rotated:"; 4];
        record.now_tells("a rotation of every algorithm", &rotated).await;
    });
}
