//! The database in somebody else's hands: nothing in it opens anything, and nothing in it tells of a person but the name
//! of the account.

use fuxin::base::encoding::from_base64url;
use fuxin::base::secret::Digest;
use fuxin::base::time::Lifetime;

use crate::support::{TestApp, on_each_database};

/// What may be stored as it is: the name that the account is found by, and what a client wants to hear again.
const IN_THE_CLEAR: [&str; 2] = ["an account name", "a nonce"];

/// Which tables hold what may not be there: a text, or the secret part of a token or a cookie.
async fn parts_that_are_stored(app: &TestApp) -> Vec<String> {
    let contents = app.contents().await;
    let mut found = Vec::new();
    for (what, text) in app.planted() {
        if IN_THE_CLEAR.contains(&what.as_str()) {
            continue;
        }
        let mut tables = contents.tables_with(text.as_bytes());
        for part in secret_parts(&text) {
            tables.extend(contents.tables_with(&part));
        }
        found.extend(tables.iter().map(|table| format!("{table} holds {what}")));
    }
    found
}

/// The bytes in a token of ours of any kind, without its prefix.
fn secret_bytes(text: &str) -> Option<Vec<u8>> {
    let (kind, rest) = text.split_once('_')?;
    kind.starts_with("fx").then(|| from_base64url(rest).unwrap())
}

/// Every part of those bytes that is longer than the id in them; of an access token, whose scope is no secret, its seal.
fn secret_parts(text: &str) -> Vec<Vec<u8>> {
    const MORE_THAN_AN_ID: usize = 20;
    const SEAL: usize = 16;
    let bytes = secret_bytes(text).unwrap_or_default();
    if text.starts_with("fxa_") {
        return vec![bytes[bytes.len() - SEAL..].to_vec()];
    }
    bytes.windows(MORE_THAN_AN_ID).map(<[u8]>::to_vec).collect()
}

/// No token, code, cookie, password or client's secret stands in the database, in whole or in part, and nothing personal
/// in the clear: what it holds of them are digests, hashes and what is sealed under the master key.
#[test]
fn no_secret_and_nothing_personal_is_stored_as_it_is() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let service = app.client("service").service("statistics:read").register().await;
        let old = Lifetime::days(800);
        let alice = app.account("alice.of.the.story").password_set_before(old).open().await;
        app.plant("a password", "a quite different password");
        let mut browser = app.browser();
        // A change that waits, beside one that is made; failures, a human check, and the message that follows them.
        app.browser().sign_in_at_home(&alice).await;
        let mut page = browser.open(&rp.request().scope("openid offline_access").address()).await;
        for _ in 0..3 {
            page = browser.sign_in(&page, &alice.with_password("wrong password")).await;
        }
        assert!(page.asks_for_work());
        let change = browser.sign_in_with_work(&page, &alice).await.form("change-password-submit");
        assert!(browser.cookies["fuxin-pending"].starts_with("fxp_"));
        let consent = browser.submit(&change.set("password", "a quite different password")).await;
        browser.press(&consent, "consent-approve").await;
        assert!(!app.mailbox.all().await.is_empty());

        let alice = alice.with_password("a quite different password");
        let tokens = rp.sign_in_for(&mut browser, &alice, "openid profile offline_access").await;
        let renewed = rp.refreshed(tokens.refresh_token()).await;
        assert_eq!(rp.revoke(&tokens.access_token).await.status, 200);
        let alone = service.token(&[("grant_type", "client_credentials")]).await;
        app.plant("an access token", alone.text("access_token"));
        let waiting = rp.code_for(&mut browser, &alice, &rp.request()).await;

        assert_eq!(parts_that_are_stored(app).await, Vec::<String>::new());

        // The search would have found them: it finds the digest of each kind, and the name.
        let contents = app.contents().await;
        let session = browser.cookies["fuxin-session"].as_str();
        for (secret, table) in [
            (session, "sessions"),
            (waiting.as_str(), "grants"),
            (tokens.refresh_token(), "grants"),
            (renewed.refresh_token(), "grants"),
        ] {
            let (kind, _) = secret.split_once('_').unwrap();
            let digest = Digest::of(&format!("{kind}_"), &secret_bytes(secret).unwrap());
            assert_eq!(contents.tables_with(digest.as_bytes()), [table], "{kind}");
        }
        assert_eq!(contents.tables_with(alice.account.as_bytes()), ["accounts"]);
        let kinds = ["fxs_", "fxb_", "fxp_", "fxc_", "fxr_", "fxa_", "fxcs_"];
        let planted = app.planted();
        for kind in kinds {
            assert!(
                planted.iter().any(|(_, text)| text.starts_with(kind)),
                "{kind} was looked for"
            );
        }
    });
}
