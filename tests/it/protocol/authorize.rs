//! The authorization endpoint: how requests and answers travel, and what is wrong with a request.

use crate::support::{Form, on_each_database};

#[test]
fn a_posted_request_is_one_like_any_other() {
    on_each_database(async |app| {
        let alice = app.account("alice.posted").open().await;
        let ecpa = app.client("ecpa").skip_consent().register().await;
        let mut browser = app.browser();
        let request = ecpa.request();
        let url = app.url("/authorize").parse().unwrap();
        let answer = browser.request("POST", url, Some(&request.parameters)).await;
        assert_eq!(answer.status, 303);
        let page = browser.open(answer.headers["location"].to_str().unwrap()).await;
        assert_eq!(page.path(), "/sign-in");
        let page = browser.sign_in(&page, &alice).await;
        ecpa.finish(&request, &page).await;
    });
}

#[test]
fn an_answer_can_be_posted() {
    on_each_database(async |app| {
        let alice = app.account("alice.form.post").open().await;
        let ecpa = app.client("ecpa").skip_consent().register().await;
        let mut browser = app.browser();
        let request = ecpa.request().with("response_mode", "form_post");
        let page = browser.open(&request.address()).await;
        let page = browser.sign_in(&page, &alice).await;
        assert_eq!((page.status, page.buttons()), (200, vec!["continue".to_owned()]));
        assert!(!page.html.contains("?code="), "the code is in no address");
        let away = browser.press(&page, "continue").await;
        assert_eq!(away.away().url.as_str(), ecpa.redirect_uri());
        ecpa.finish(&request, &away).await;
        // An error travels the same way.
        let request = request.with("scope", "openid").with("prompt", "none login");
        let page = browser.open(&request.address()).await;
        let away = browser.press(&page, "continue").await;
        assert_eq!(ecpa.error(&request, &away), "invalid_request");
    });
}

/// Each request differs from one that works by one change.
#[test]
fn a_request_whose_way_back_is_not_certain_is_answered_by_a_page() {
    on_each_database(async |app| {
        let ecpa = app.client("ecpa").register().await;
        let gcis = app.client("gcis").register().await;
        let good = ecpa.request();
        let mut browser = app.browser();
        assert_eq!(browser.open(&good.address()).await.path(), "/sign-in");
        let twice = |name: &str| {
            let (_, value) = good.parameters.iter().find(|(own, _)| own == name).unwrap();
            let mut twice = good.clone();
            twice.parameters.push((name.to_owned(), value.clone()));
            twice
        };
        for (request, code) in [
            (good.clone().without("client_id"), "ERR-101"),
            (good.clone().with("client_id", "nobody"), "ERR-101"),
            (good.clone().with("client_id", "01890a5d-ac96-774b-bcce-b302099a8057"), "ERR-101"),
            (good.clone().without("redirect_uri"), "ERR-103"),
            (good.clone().with("redirect_uri", gcis.redirect_uri()), "ERR-102"),
            (good.clone().with("redirect_uri", &format!("{}/x", ecpa.redirect_uri())), "ERR-102"),
            (good.clone().with("redirect_uri", &format!("{}?x=1", ecpa.redirect_uri())), "ERR-102"),
            (twice("client_id"), "ERR-103"),
            (twice("redirect_uri"), "ERR-103"),
        ] {
            let page = browser.open(&request.address()).await;
            assert!(page.away.is_none(), "{request:?}");
            assert_eq!((page.status, page.code().as_str()), (400, code), "{request:?}");
            assert_eq!(page.buttons().len(), 1);
        }
    });
}

#[test]
fn anything_else_that_is_wrong_is_told_to_the_client() {
    on_each_database(async |app| {
        let ecpa = app.client("ecpa").scope("openid profile").register().await;
        let good = ecpa.request();
        let mut browser = app.browser();
        assert_eq!(browser.open(&good.address()).await.path(), "/sign-in");
        let mut twice = good.clone();
        twice.parameters.push(("prompt".into(), "login".into()));
        twice.parameters.push(("prompt".into(), "login".into()));
        let wrong = [
            (twice, "invalid_request"),
            (good.clone().without("response_type"), "invalid_request"),
            (good.clone().with("response_type", "token"), "unsupported_response_type"),
            (good.clone().with("response_type", "code id_token"), "unsupported_response_type"),
            (good.clone().with("response_mode", "fragment"), "invalid_request"),
            (good.clone().without("scope"), "invalid_scope"),
            (good.clone().scope("openid email"), "invalid_scope"),
            (good.clone().without("code_challenge"), "invalid_request"),
            (good.clone().with("code_challenge", "short"), "invalid_request"),
            (good.clone().with("code_challenge_method", "plain"), "invalid_request"),
            (good.clone().without("code_challenge_method"), "invalid_request"),
            (good.clone().with("max_age", "-1"), "invalid_request"),
            (good.clone().with("prompt", "dance"), "invalid_request"),
            (good.clone().with("claims", "{"), "invalid_request"),
            (good.clone().with("id_token_hint", "a.b.c"), "invalid_request"),
            (good.clone().with("request", "x"), "invalid_request_object"),
            (good.clone().with("request_uri", "x"), "invalid_request_uri"),
            (good.clone().with("registration", "x"), "registration_not_supported"),
        ];
        for (request, code) in wrong {
            let page = browser.open(&request.address()).await;
            assert_eq!(ecpa.error(&request, &page), code, "{:?}", request.parameters);
        }
        // Unknown parameters, scopes and displays are no error.
        let tolerant = good.with("display", "wap").with("x", "y").scope("openid unheard:of");
        assert_eq!(browser.open(&tolerant.address()).await.path(), "/sign-in");
    });
}

#[test]
fn a_clients_language_is_the_pages_unless_the_person_chose_one() {
    on_each_database(async |app| {
        let ecpa = app.client("ecpa").register().await;
        let request = ecpa.request().with("ui_locales", "fr en");
        let mut browser = app.browser();
        let page = browser.open(&request.address()).await;
        assert_eq!(page.path(), "/sign-in");
        assert_eq!(page.attribute("html", "lang").as_deref(), Some("en"));
        let switch = page.attribute("nav a", "href").unwrap();
        let switched = browser.open(&format!("/sign-in{switch}")).await;
        assert_eq!(switched.attribute("html", "lang").as_deref(), Some("zh-Hant-TW"));
        let later = browser.open(&ecpa.request().address()).await;
        assert_eq!(later.attribute("html", "lang"), switched.attribute("html", "lang"));
    });
}

#[test]
fn a_clients_language_is_not_remembered_as_the_persons() {
    on_each_database(async |app| {
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let wish = |request: crate::support::Request| request.with("ui_locales", "en").address();
        for address in [
            wish(ecpa.request()),
            wish(ecpa.request().without("client_id")),
            "/end-session?ui_locales=en".to_owned(),
            format!("{}&ui_locales=en", ecpa.sign_out_address(None, None)),
        ] {
            let page = browser.open(&address).await;
            assert_eq!(page.attribute("html", "lang").as_deref(), Some("en"), "{address}");
            assert_eq!(browser.cookies.get("fuxin-locale"), None, "{address}");
        }
        let page = browser.open("/help").await;
        assert_eq!(page.attribute("html", "lang").as_deref(), Some("zh-Hant-TW"));
        // Nor is it by a link elsewhere that looks like our switch.
        browser.headers = vec![("sec-fetch-site".to_owned(), "cross-site".to_owned())];
        let page = browser.open("/help?language=en").await;
        assert_eq!(page.attribute("html", "lang").as_deref(), Some("zh-Hant-TW"));
        assert_eq!(browser.cookies.get("fuxin-locale"), None);
        // What the person chose stays, whatever a client wishes.
        browser.headers.clear();
        let switch = page.attribute("nav a", "href").unwrap();
        browser.open(&format!("/help{switch}")).await;
        let page = browser.open("/end-session?ui_locales=zh-Hant").await;
        assert_eq!(page.attribute("html", "lang").as_deref(), Some("en"));
    });
}

/// Nothing is kept of a request before somebody proves something: neither a row nor a session, whoever asks and however
/// often; and another site's form neither sets a cookie nor is answered by what the browser's cookies say.
#[test]
fn a_paused_request_makes_no_row_and_a_foreign_form_sees_no_cookie() {
    on_each_database(async |app| {
        let alice = app.account("alice.before.evidence").open().await;
        let ecpa = app.client("ecpa").register().await;
        let mut known = app.browser();
        ecpa.sign_in(&mut known, &alice).await;
        let before = app.contents().await;
        let mut browser = app.browser();
        let request = ecpa.request();
        let page = browser.open(&request.address()).await;
        assert_eq!((page.path(), page.status), ("/sign-in", 200));
        for path in ["/continue", "/consent", "/change-password"] {
            browser.open(&page.url.as_str().replace("/sign-in", path)).await;
        }
        browser.open("/").await;
        browser.submit(&page.form("login-submit")).await;
        let silent = ecpa.request().prompt("none");
        assert_eq!(ecpa.error(&silent, &browser.open(&silent.address()).await), "login_required");
        assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), ["fuxin-browser"]);

        let form = Form {
            method: "POST".to_owned(),
            action: app.url("/authorize").parse().unwrap(),
            fields: request.parameters.clone(),
        };
        let mut answers = Vec::new();
        for browser in [app.browser(), browser, known.clone()] {
            let mut foreign = browser
                .saying("origin", "https://ecpa.example.gov.tw")
                .saying("sec-fetch-site", "cross-site");
            let answer = foreign.post(&form).await;
            assert_eq!(answer.status, 303);
            assert_eq!(answer.headers.get("set-cookie"), None);
            answers.push(answer.location().to_owned());
        }
        assert_eq!(answers, [request.address(), request.address(), request.address()]);
        assert_eq!(app.contents().await, before, "a row was made");
        // At our own address the browser's cookies count: who is signed in is answered.
        let page = known.open(&answers[0]).await;
        ecpa.finish(&request, &page).await;
        assert_ne!(app.contents().await, before);
    });
}
