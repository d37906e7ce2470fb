//! Stories of front-channel logout, and of the session as each client knows it.

use fuxin::base::time::Lifetime;
use fuxin::job;
use fuxin::oauth::client_metadata::SigningAlgorithm;
use fuxin::oauth::https_uri::HttpsUri;
use serde_json::json;
use url::Url;

use crate::support::{ClientBuilder, Page, on_each_database};

/// A client with a page that ends its session, which needs to know which one.
pub fn with_page(client: ClientBuilder, page: &str) -> ClientBuilder {
    client.with(|metadata| {
        metadata.frontchannel_logout_uri = Some(HttpsUri::parse(page).unwrap());
        metadata.frontchannel_logout_session_required = true;
    })
}

/// The addresses of the frames on a page.
pub fn frames(page: &Page) -> Vec<String> {
    let document = scraper::Html::parse_document(&page.html);
    let selector = scraper::Selector::parse("iframe").unwrap();
    document.select(&selector).map(|frame| frame.attr("src").unwrap().to_owned()).collect()
}

/// The part of the page's policy that is about frames.
fn frame_policy(page: &Page) -> Option<String> {
    let policy = page.header("content-security-policy");
    policy
        .split(';')
        .map(str::trim)
        .find_map(|part| part.strip_prefix("frame-src "))
        .map(Into::into)
}

#[test]
fn each_client_with_a_page_is_shown_in_a_frame_before_the_person_goes_on() {
    on_each_database(async |app| {
        let alice = app.account("alice.in.frames").open().await;
        let (ecpa_page, gcis_page) =
            ("https://ecpa.example.gov.tw/out?from=fuxin", "https://gcis.example.gov.tw/out");
        let ecpa = with_page(app.client("ecpa"), ecpa_page).register().await;
        let gcis = with_page(app.client("gcis"), gcis_page);
        let gcis = gcis.with(|metadata| metadata.frontchannel_logout_session_required = false);
        let gcis = gcis.register().await;
        let plain = app.client("plain").register().await;
        let unused = with_page(app.client("unused"), "https://unused.example.gov.tw/out");
        unused.register().await;
        let mut browser = app.browser();
        let one = ecpa.sign_in(&mut browser, &alice).await;
        gcis.sign_in(&mut browser, &alice).await;
        plain.sign_in(&mut browser, &alice).await;
        let page = browser.open(&ecpa.sign_out_address(Some(&one.id_token), Some("st"))).await;
        assert_eq!((page.status, page.heading().as_str()), (200, "您已登出"));
        let mut shown = frames(&page);
        shown.sort_unstable();
        assert_eq!(shown.len(), 2, "{shown:?}");
        let own = Url::parse(&shown[0]).unwrap();
        let told: Vec<(String, String)> = own.query_pairs().into_owned().collect();
        let sid = one.claims["sid"].as_str().unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(told, [pair("from", "fuxin"), pair("iss", &app.issuer), pair("sid", sid)]);
        assert!(shown[0].starts_with(ecpa_page));
        assert_eq!(shown[1], gcis_page, "who does not need the session is not told it");
        let origins = "https://ecpa.example.gov.tw https://gcis.example.gov.tw";
        assert_eq!(frame_policy(&page).as_deref(), Some(origins));
        let on = page.attribute("#continue[data-goes-on]", "href").unwrap();
        assert_eq!(on, format!("{}?state=st", ecpa.post_logout_redirect_uri()));
        assert!(page.html.contains("/static/signed-out."));
        assert_eq!(browser.cookies.get("fuxin-session"), None);
        assert_eq!(ecpa.userinfo(&one.access_token).await.status, 401);
        // Once: the session is over.
        let again = browser.open(&ecpa.sign_out_address(Some(&one.id_token), Some("st"))).await;
        assert_eq!(again.away().url.as_str(), on);
    });
}

/// What is shown in a frame is another site's: it may not move our page, open windows or ask the person for anything.
#[test]
fn a_frame_of_another_site_is_held_in_a_sandbox() {
    on_each_database(async |app| {
        let alice = app.account("alice.sandbox").open().await;
        let ecpa = with_page(app.client("ecpa"), "https://ecpa.example.gov.tw/out");
        let ecpa = ecpa.register().await;
        let mut browser = app.browser();
        let tokens = ecpa.sign_in(&mut browser, &alice).await;
        let page = browser.open(&ecpa.sign_out_address(Some(&tokens.id_token), None)).await;
        let of_frame = |name| page.attribute("iframe", name);
        let granted = "allow-forms allow-same-origin allow-scripts";
        assert_eq!(of_frame("sandbox").as_deref(), Some(granted));
        assert_eq!(of_frame("referrerpolicy").as_deref(), Some("no-referrer"));
        assert_eq!(of_frame("hidden").as_deref(), Some(""));
        let policy = page.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(frame_policy(&page).as_deref(), Some("https://ecpa.example.gov.tw"));
    });
}

#[test]
fn who_signs_out_at_home_or_by_the_question_sees_the_frames_too() {
    on_each_database(async |app| {
        let alice = app.account("alice.frames.home").open().await;
        let ecpa = with_page(app.client("ecpa"), "https://ecpa.example.gov.tw/out");
        let ecpa = ecpa.register().await;
        let mut browser = app.browser();
        ecpa.sign_in(&mut browser, &alice).await;
        let home = browser.open("/").await;
        assert_eq!(frame_policy(&home), None, "frames are allowed on that page only");
        let out = browser.press(&home, "sign-out").await;
        assert_eq!((out.heading().as_str(), frames(&out).len()), ("您已登出", 1));
        assert_eq!(out.attribute("#continue", "href").as_deref(), Some("/"));
        assert!(out.attribute("#continue", "data-goes-on").is_none());
        let language = out.attribute("nav a", "href").unwrap();
        let english = browser.open(&language).await;
        assert_eq!(
            (english.path(), english.heading().as_str()),
            ("/end-session", "You are signed out")
        );

        ecpa.sign_in(&mut browser, &alice).await;
        let page = browser.open(&ecpa.sign_out_address(None, Some("st"))).await;
        let out = browser.press(&page, "logout-confirm").await;
        assert_eq!((out.heading().as_str(), frames(&out).len()), ("You are signed out", 1));
        let on = out.attribute("#continue[data-goes-on]", "href").unwrap();
        assert_eq!(on, format!("{}?state=st", ecpa.post_logout_redirect_uri()));
    });
}

#[test]
fn a_session_has_another_name_at_each_client_and_none_where_nobody_listens() {
    on_each_database(async |app| {
        let alice = app.account("alice.named").open().await;
        let ecpa = with_page(app.client("ecpa"), "https://ecpa.example.gov.tw/out");
        let ecpa = ecpa.register().await;
        let gcis = app.client("gcis").with(|metadata| {
            let uri = HttpsUri::parse("https://gcis.example.gov.tw/logout").unwrap();
            metadata.backchannel_logout_uri = Some(uri);
        });
        let gcis = gcis.register().await;
        let plain = app.client("plain").register().await;
        let mut browser = app.browser();
        let one = ecpa.sign_in(&mut browser, &alice).await;
        let again = ecpa.sign_in(&mut browser, &alice).await;
        let other = gcis.sign_in(&mut browser, &alice).await;
        let none = plain.sign_in(&mut browser, &alice).await;
        assert_eq!(one.claims["sid"], again.claims["sid"]);
        assert_eq!(one.claims["sid"].as_str().unwrap().len(), 22);
        assert_ne!(one.claims["sid"], other.claims["sid"]);
        assert_eq!(none.claims.get("sid"), None);
        let refreshed = ecpa.refreshed(one.refresh_token()).await;
        assert_eq!(refreshed.claims["sid"], one.claims["sid"]);
        let elsewhere = ecpa.sign_in(&mut app.browser(), &alice).await;
        assert_ne!(elsewhere.claims["sid"], one.claims["sid"], "another browser, another session");
        let mut names: Vec<&String> = one.claims.as_object().unwrap().keys().collect();
        names.sort();
        assert_eq!(json!(names), json!(["aud", "exp", "iat", "iss", "nonce", "sid", "sub"]));
    });
}

/// RP-Initiated Logout §4: an old hint is as good as a new one, if it is about this session.
#[test]
fn a_hint_counts_after_its_time_and_its_keys_but_only_in_its_own_session() {
    on_each_database(async |app| {
        let alice = app.account("alice.old.hint").open().await;
        let ecpa = with_page(app.client("ecpa"), "https://ecpa.example.gov.tw/out");
        let ecpa = ecpa.register().await;
        let (mut here, mut there) = (app.browser(), app.browser());
        let own = ecpa.sign_in(&mut here, &alice).await;
        let others = ecpa.sign_in(&mut there, &alice).await;
        let ctx = app.context();
        let kept = job::rotate_keys::kept(&ctx.policy);
        let keys = ctx.keys.keys();
        let active = keys.active(SigningAlgorithm::Es256).unwrap();
        ctx.keys.rotate(&ctx.store, active, kept, ctx.now).await.unwrap();
        ctx.keys.reload(&ctx.store, ctx.now).await.unwrap();
        app.wait(Lifetime::minutes(20));
        let asked = here.open(&ecpa.sign_out_address(Some(&others.id_token), None)).await;
        assert_eq!((asked.status, asked.buttons()), (200, vec!["logout-confirm".to_owned()]));
        assert_eq!(ecpa.userinfo(&own.access_token).await.status, 200);
        let out = here.open(&ecpa.sign_out_address(Some(&own.id_token), None)).await;
        assert_eq!(out.heading(), "您已登出");
        assert_eq!(ecpa.userinfo(&own.access_token).await.status, 401);
        assert_eq!(ecpa.userinfo(&others.access_token).await.status, 200);
    });
}
