//! The database server is gone: everybody is told so, in their format, and nothing is lost when it is back.

use crate::support::wire::Wire;
use crate::support::{Json, on_each_database};

fn asks_to_come_back(answer: &Json) {
    assert_eq!((answer.status, answer.header("retry-after")), (503, "2"), "{answer:?}");
}

/// A process is alive without its database, and not ready; whoever asks it for something is told to come back.
#[test]
fn without_its_database_a_node_is_alive_and_not_ready() {
    on_each_database(async |app| {
        let alice = app.account("alice").open().await;
        let rp = app.client("rp").register().await;
        let mut browser = app.browser();
        let tokens = rp.sign_in(&mut browser, &alice).await;
        let request = rp.request();
        let code = rp.code_for(&mut browser, &alice, &request).await;
        assert_eq!(app.get("/health/ready").await.status, 200);
        if !app.is_on_a_server() {
            // A file does not go away from under a process that has it open; a disk that takes no write is another story.
            return;
        }
        app.expect_errors("503");
        let mut wire = Wire::to(&app.config.database.location).await;
        let mut on_the_wire = app.clone();
        on_the_wire.config.database.location = wire.location.clone();
        let app = on_the_wire.another_node().await;
        let (rp, mut browser) = (rp.at(&app), browser.at_node(&app));
        assert_eq!(app.get("/health/ready").await.status, 200);
        assert_eq!(browser.get("/").await.status, 200);

        wire.is_cut(true).await;
        // At once: each waits a while for a server that may only be restarting.
        let refresh_token = tokens.refresh_token();
        let (mut second, mut third) = (browser.clone(), browser.clone());
        let address = rp.request().address();
        let (
            ready,
            live,
            keys,
            code_of,
            refreshed,
            userinfo,
            introspected,
            revoked,
            one,
            two,
            three,
        ) = tokio::join!(
            app.get("/health/ready"),
            app.get("/health/live"),
            app.get("/jwks"),
            rp.redeem(&request, &code),
            rp.refresh(refresh_token),
            rp.userinfo(&tokens.access_token),
            rp.introspect(&tokens.access_token),
            rp.revoke(&tokens.access_token),
            browser.get("/"),
            second.get("/end-session"),
            third.get(&address),
        );
        asks_to_come_back(&ready);
        assert_eq!(ready.body["status"], "not ready");
        assert_eq!((live.status, keys.status), (200, 200));
        for answer in [code_of, refreshed, userinfo, introspected, revoked] {
            asks_to_come_back(&answer);
            assert_eq!(answer.error(), "temporarily_unavailable");
        }
        for page in [one, two, three] {
            assert_eq!(
                (page.status, page.code()),
                (503, "ERR-503".to_owned()),
                "{}",
                page.describe()
            );
            assert_eq!(page.header("retry-after"), "5", "{}", page.describe());
        }
        assert!(browser.cookies.contains_key("fuxin-session"), "nobody is signed out by it");

        wire.is_cut(false).await;
        assert_eq!(app.get("/health/ready").await.status, 200);
        assert_eq!(rp.redeem(&request, &code).await.status, 200);
        assert_eq!(rp.userinfo(&tokens.access_token).await.status, 200);
        assert_eq!(browser.get("/").await.status, 200);
    });
}
