//! Accounts that may not sign in. Why is told to whoever knows the password, and to nobody else.

use fuxin::account;
use fuxin::base::time::Lifetime;

use crate::support::{Person, TestApp, on_each_database};

/// What a right and a wrong password are answered: heading, text, status, code.
async fn refused(app: &TestApp, person: &Person) -> (String, String, u16, String) {
    let mut browser = app.browser();
    let page = browser.open("/").await;
    let wrong = browser.sign_in(&page, &person.with_password("wrong password")).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (422, "LGN-101"));
    assert_eq!(wrong.text("#problem h2"), "帳號或密碼錯誤");
    let page = browser.open("/").await;
    let right = browser.sign_in(&page, person).await;
    assert_eq!(browser.cookies.get("fuxin-session"), None);
    (right.text("#problem h2"), right.text("#problem p"), right.status, right.code())
}

/// LOG-5, LOG-6
#[test]
fn an_account_with_an_invalid_national_id_is_told_so_after_the_right_password() {
    on_each_database(async |app| {
        let person = app.account("invalid.id").disabled_for_national_id().open().await;
        let (heading, text, status, code) = refused(app, &person).await;
        assert_eq!(heading, "帳號因身分證資料不合法被停用");
        assert_eq!(
            text,
            "因您使用非本人之身分證號或是不合法的身分證號，導致帳號被停用。如有疑問請聯絡智慧政府客服中心(02)2192-7111。"
        );
        assert_eq!((status, code.as_str()), (403, "LGN-401"));
        assert!(app.audited().await.contains(&"sign_in_failed".to_owned()));
    });
}

/// LOG-11
#[test]
fn a_deleted_account_is_told_so_for_ninety_days_and_is_unknown_then() {
    on_each_database(async |app| {
        let person = app.account("long.gone").deleted().open().await;
        let (heading, _, status, code) = refused(app, &person).await;
        assert_eq!(heading, "登入失敗：帳號已刪除");
        assert_eq!((status, code.as_str()), (403, "LGN-403"));
        // It was deleted two days ago: on the last of its days still, and then no more.
        app.wait(Lifetime::seconds(88 * 86_400 - 1));
        let mut browser = app.browser();
        let page = browser.open("/").await;
        assert_eq!(browser.sign_in(&page, &person).await.code(), "LGN-403");
        app.wait(Lifetime::seconds(1));
        let page = browser.sign_in(&page, &person).await;
        assert_eq!((page.status, page.code().as_str()), (422, "LGN-101"));
    });
}

#[test]
fn an_operators_lock_is_told_after_the_right_password_and_ends_sessions_and_tokens() {
    on_each_database(async |app| {
        let person = app.account("locked.out").locked().open().await;
        let (heading, _, status, code) = refused(app, &person).await;
        assert_eq!(heading, "此帳號已由管理人員停用");
        assert_eq!((status, code.as_str()), (403, "LGN-402"));
        account::unlock(&app.context(), &person.folded()).await.unwrap();
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let tokens = ecpa.sign_in_for(&mut browser, &person, "openid offline_access").await;
        assert_eq!(ecpa.userinfo(&tokens.access_token).await.status, 200);
        account::lock(&app.context(), &person.folded()).await.unwrap();
        assert_eq!(ecpa.userinfo(&tokens.access_token).await.status, 401);
        assert_eq!(ecpa.refresh(tokens.refresh_token()).await.error(), "invalid_grant");
        let silent = ecpa.request().prompt("none");
        let page = browser.open(&silent.address()).await;
        assert_eq!(ecpa.error(&silent, &page), "login_required");
    });
}
