//! Account and password: the main job.

use crate::support::{log, on_each_database};

#[test]
fn a_citizen_signs_in_to_an_agency() {
    on_each_database(async |app| {
        let alice = app.account("alice.in.the.story").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let tokens = ecpa.sign_in_for(&mut browser, &alice, "openid profile").await;
        let userinfo = ecpa.userinfo(&tokens.access_token).await;
        assert_eq!(userinfo.status, 200);
        assert_eq!(userinfo.body["sub"], tokens.subject());
        assert_eq!(userinfo.body["name"], alice.name());
        assert_eq!(userinfo.body.get("email"), None);
    });
}

#[test]
fn what_must_not_be_logged_would_be_found_in_the_log() {
    on_each_database(async |app| {
        let alice = app.account("alice.in.the.log").open().await;
        assert_eq!(app.leaks_so_far(), Vec::<String>::new());
        let planted = [("a password".to_owned(), alice.password.clone())];
        let line = format!("{{\"message\":\"{}\"}}", alice.password);
        assert_eq!(log::leaks(&line, &planted).len(), 1);
        assert_eq!(log::errors(r#"{"level":"ERROR","message":"x"}"#).len(), 1);
    });
}
