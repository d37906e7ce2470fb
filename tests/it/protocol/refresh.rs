//! Refresh tokens: rotation, lost answers, replays, scope.

use crate::support::on_each_database;

#[test]
fn a_lost_answer_is_asked_for_again_and_the_unused_successor_is_void() {
    on_each_database(async |app| {
        let alice = app.account("alice.refreshes").open().await;
        let ecpa = app.client("ecpa").register().await;
        let first = ecpa.sign_in(&mut app.browser(), &alice).await;
        let lost = ecpa.refreshed(first.refresh_token()).await;
        let found = ecpa.refreshed(first.refresh_token()).await;
        assert_ne!(lost.refresh_token(), found.refresh_token());
        // The void one is refused, and nothing is revoked.
        assert_eq!(ecpa.refresh(lost.refresh_token()).await.error(), "invalid_grant");
        let next = ecpa.refreshed(found.refresh_token()).await;
        // Also as one of the previous generation.
        assert_eq!(ecpa.refresh(lost.refresh_token()).await.error(), "invalid_grant");
        ecpa.refreshed(next.refresh_token()).await;
    });
}

#[test]
fn an_old_token_revokes_the_whole_family() {
    on_each_database(async |app| {
        let alice = app.account("alice.robbed").open().await;
        let ecpa = app.client("ecpa").register().await;
        let first = ecpa.sign_in(&mut app.browser(), &alice).await;
        let second = ecpa.refreshed(first.refresh_token()).await;
        let third = ecpa.refreshed(second.refresh_token()).await;
        // The second is used: the first is older than the one used last.
        assert_eq!(ecpa.userinfo(&third.access_token).await.status, 200);
        assert_eq!(ecpa.refresh(first.refresh_token()).await.error(), "invalid_grant");
        for tokens in [&first, &second, &third] {
            assert_eq!(ecpa.userinfo(&tokens.access_token).await.status, 401);
        }
        assert_eq!(ecpa.refresh(third.refresh_token()).await.error(), "invalid_grant");
    });
}

#[test]
fn a_narrower_scope_narrows_the_access_token_and_never_the_grant() {
    on_each_database(async |app| {
        let alice = app.account("alice.narrows").open().await;
        let ecpa = app.client("ecpa").register().await;
        let tokens = ecpa.sign_in_for(&mut app.browser(), &alice, "openid profile email").await;
        let refresh = |token: &str, scope: &'static str| {
            let (ecpa, token) = (ecpa.clone(), token.to_owned());
            async move {
                let form = [
                    ("grant_type", "refresh_token"),
                    ("refresh_token", token.as_str()),
                    ("scope", scope),
                ];
                ecpa.token(&form).await
            }
        };
        let narrow = refresh(tokens.refresh_token(), "openid email").await;
        assert_eq!(narrow.body["scope"], "email openid");
        let narrow = ecpa.believe(&narrow, None).await;
        let userinfo = ecpa.userinfo(&narrow.access_token).await.body;
        assert!(userinfo.get("email").is_some() && userinfo.get("name").is_none(), "{userinfo}");
        let wider = refresh(narrow.refresh_token(), "openid phone").await;
        assert_eq!((wider.status, wider.error()), (400, "invalid_scope"));
        let whole = ecpa.refreshed(narrow.refresh_token()).await;
        assert!(ecpa.userinfo(&whole.access_token).await.body.get("name").is_some());
    });
}

#[test]
fn a_refresh_token_is_its_own_clients() {
    on_each_database(async |app| {
        let alice = app.account("alice.one.client").open().await;
        let ecpa = app.client("ecpa").register().await;
        let gcis = app.client("gcis").register().await;
        let tokens = ecpa.sign_in(&mut app.browser(), &alice).await;
        assert_eq!(gcis.refresh(tokens.refresh_token()).await.error(), "invalid_grant");
        ecpa.refreshed(tokens.refresh_token()).await;
    });
}
