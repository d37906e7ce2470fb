//! Account and password: the main job.

use fuxin::base::time::Lifetime;

use crate::support::{Person, on_each_database};

#[test]
fn a_citizen_signs_in_to_an_agency() {
    on_each_database(async |app| {
        let alice =
            app.account("alice.in.the.story").with_password("密碼 with 😀 and spaces").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let tokens = ecpa.sign_in_for(&mut browser, &alice, "openid profile").await;
        let userinfo = ecpa.userinfo(&tokens.access_token).await;
        assert_eq!(userinfo.status, 200);
        assert_eq!(userinfo.body["sub"], tokens.subject());
        assert_eq!(userinfo.body["name"], alice.name());
        assert_eq!(userinfo.body.get("email"), None);
        assert_eq!(tokens.answer["scope"], "openid profile");
    });
}

/// LOG-1, its account part: the ways in that do not exist yet are not shown.
#[test]
fn the_sign_in_page_asks_for_account_and_password_and_names_the_agency() {
    on_each_database(async |app| {
        let ecpa = app.client("ecpa").register().await;
        let page = app.browser().open(&ecpa.request().address()).await;
        assert_eq!((page.path(), page.status), ("/sign-in", 200));
        assert_eq!(page.heading(), "登入");
        assert_eq!(page.texts("label"), ["帳號", "密碼"]);
        assert!(page.text(".asking").contains("ecpa 服務網"));
        assert_eq!(page.buttons(), ["login-submit"]);
        for way in ["憑證", "忘記密碼", "加入會員"] {
            assert!(!page.html.contains(way), "{way} is shown and does not exist");
        }
        let page = app.browser().speaking("en").open(&ecpa.request().address()).await;
        assert!(page.text(".asking").contains("ecpa portal"));
        assert_eq!(page.attribute("html", "lang").as_deref(), Some("en"));
    });
}

/// LOG-2, LOG-3, by the one help page: recovery and registration are features of their own, and not shown before they
/// exist.
#[test]
fn someone_who_cannot_sign_in_finds_the_service_desk() {
    on_each_database(async |app| {
        let mut browser = app.browser();
        let page = browser.open("/").await;
        let empty = browser.submit(&page.form("login-submit")).await;
        for page in [page, empty] {
            let help = browser.open(&page.attribute("#help", "href").unwrap()).await;
            assert_eq!((help.path(), help.status), ("/help", 200));
            assert_eq!(help.text(".phone"), "(02)2192-7111");
            assert!(help.text("main").contains("忘記帳號或密碼"));
        }
    });
}

/// LOG-12
#[test]
fn the_home_greets_by_name_and_offers_to_sign_out() {
    on_each_database(async |app| {
        let alice = app.account("alice.at.home").named("王小明").open().await;
        let mut browser = app.browser();
        let home = browser.sign_in_at_home(&alice).await;
        assert_eq!((home.path(), home.status), ("/", 200));
        assert_eq!(home.heading(), "王小明 先生/小姐 您好");
        assert_eq!(home.text("#sign-out"), "會員登出");
        assert!(!home.html.contains("加入會員"));
        let out = browser.press(&home, "sign-out").await;
        assert_eq!(out.heading(), "您已登出");
        assert_eq!(browser.open("/").await.path(), "/sign-in");
    });
}

/// PRO-9, PRO-10
#[test]
fn a_rare_name_arrives_as_it_is() {
    on_each_database(async |app| {
        // Extensions B and D, two that Big5 lacks and one that it has, and a variant chosen by a selector.
        let names = ["吳𣲚翔", "李堦", "凃秀英", "涂秀英", "王𪚥", "張𫝀", "葛\u{e0100}城"];
        let ecpa = app.client("ecpa").register().await;
        for (number, name) in names.iter().enumerate() {
            let account = format!("rare.name.{number}");
            let person = app.account(&account).named(name).open().await;
            let mut browser = app.browser();
            let request = ecpa.request().scope("openid profile");
            let page = browser.open(&request.address()).await;
            let page = browser.sign_in(&page, &person).await;
            assert_eq!(page.path(), "/consent");
            assert!(page.texts("dd").iter().any(|value| value.trim() == *name), "{name}");
            let page = browser.press(&page, "consent-approve").await;
            let tokens = ecpa.finish(&request, &page).await;
            let userinfo = ecpa.userinfo(&tokens.access_token).await;
            assert_eq!(userinfo.body["name"], *name);
            let home = browser.open("/").await;
            assert_eq!(home.heading(), format!("{name} 先生/小姐 您好"));
        }
    });
}

#[test]
#[should_panic(expected = "the log holds a password")]
fn a_story_fails_that_logs_what_was_planted() {
    on_each_database(async |app| {
        let alice = app.account("alice.in.the.log").open().await;
        tracing::debug!(target: "fuxin", "entered: {}", alice.password);
    });
}

#[test]
#[should_panic(expected = "the log holds an e-mail address")]
fn a_story_fails_if_a_thread_of_nobodys_logs_what_was_planted() {
    on_each_database(async |app| {
        // Every story that ends later finds the line too, so nothing in it may be the name of anyone else.
        let zoe = app.account("zoe.in.a.thread").open().await;
        let email = zoe.profile.email.unwrap();
        let thread = std::thread::spawn(move || tracing::info!(%email, "sent"));
        thread.join().unwrap();
    });
}

#[test]
#[should_panic(expected = "the log holds a token")]
fn a_story_fails_that_logs_a_token_that_nobody_planted() {
    on_each_database(async |app| {
        let service = app.client("service").service("statistics:read").register().await;
        let answer = service.token(&[("grant_type", "client_credentials")]).await;
        tracing::info!("gave {}", answer.text("access_token"));
    });
}

#[test]
#[should_panic(expected = "errors were logged")]
fn a_story_fails_that_logs_an_error() {
    on_each_database(async |_| tracing::error!("something is wrong"));
}

#[test]
fn the_name_is_found_in_any_spelling_and_what_is_missing_is_said_at_its_field() {
    on_each_database(async |app| {
        let alice = app.account("Alice.Spelled").open().await;
        let mut browser = app.browser();
        let page = browser.open("/").await;
        let form = page.form("login-submit");
        let empty = browser.submit(&form).await;
        assert_eq!((empty.status, empty.code().as_str()), (422, "LGN-113"));
        let no_password = browser.submit(&form.clone().set("username", &alice.account)).await;
        assert_eq!((no_password.status, no_password.code().as_str()), (422, "LGN-112"));
        assert_eq!(no_password.attribute("#username", "value").unwrap(), alice.account);
        let no_name = browser.submit(&form.clone().set("password", &alice.password)).await;
        assert_eq!((no_name.status, no_name.code().as_str()), (422, "LGN-111"));
        let wide =
            form.set("username", " ａｌｉｃｅ．ｓｐｅｌｌｅｄ ").set("password", &alice.password);
        assert_eq!(browser.submit(&wide).await.path(), "/");
    });
}

/// The account name is the only name: an e-mail address or a telephone number is like any that nobody has.
#[test]
fn the_account_name_is_the_only_name() {
    on_each_database(async |app| {
        let alice = app.account("alice.by.name").open().await;
        let (email, phone) = (alice.email(), alice.profile.phone_number.clone().unwrap());
        let local = phone.replace("+886", "0");
        let mut browser = app.browser();
        for name in [email.as_str(), "alice.by.name@", &phone, &local, &alice.name()] {
            let by_another_name = Person { account: name.to_owned(), ..alice.clone() };
            let page = browser.open("/").await;
            let refused = browser.sign_in(&page, &by_another_name).await;
            assert_eq!((refused.status, refused.code().as_str()), (422, "LGN-101"), "{name}");
            assert_eq!(browser.cookies.get("fuxin-session"), None, "{name}");
        }
        assert_eq!(browser.sign_in_at_home(&alice).await.path(), "/");
    });
}

/// A hash of yesterday's cost is replaced by one of today's at the next sign-in, and by nothing else; it stays the same
/// password, of the same age.
#[test]
fn a_hash_is_made_anew_at_the_next_sign_in_after_its_cost_was_raised() {
    on_each_database(async |app| {
        let alice = app.account("alice.hashed.anew").open().await;
        let mut raised = app.clone();
        raised.config.password_hash.memory_kib += 1024;
        let app = raised.restarted().await;
        let stored = async || {
            let record = app.context().store.find_for_sign_in(&alice.folded()).await.unwrap();
            let record = record.unwrap();
            (record.hash.as_str().to_owned(), record.changed_at)
        };
        let (old, since) = stored().await;
        assert!(old.contains("$m=7168,"), "{old}");
        app.wait(Lifetime::days(1));
        app.browser().sign_in_at_home(&alice.with_password("a wrong password")).await;
        assert_eq!(stored().await, (old, since));
        assert_eq!(app.browser().sign_in_at_home(&alice).await.path(), "/");
        let (new, age) = stored().await;
        assert!(new.contains("$m=8192,") && age == since, "{new}");
        assert_eq!(app.browser().sign_in_at_home(&alice).await.path(), "/");
        assert_eq!(stored().await, (new, since), "once");
    });
}
