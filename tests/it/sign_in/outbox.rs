//! The demonstration's outbox: what it shows of what people are told.

use axum::body::Body;
use axum::http::Request;
use fuxin::base::time::Lifetime;
use fuxin::demo::outbox;
use scraper::{Html, Selector};
use tower::ServiceExt;

use super::notices::sign_in_after;
use crate::support::{TestApp, on_each_database};

/// The page, as a browser with this language would be answered.
async fn opened_outbox(app: &TestApp, address: &str, language: &str) -> (Html, String) {
    let request = Request::get(address).header("accept-language", language);
    let router = outbox::router(app.app.clone(), "http://localhost:8081".to_owned());
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (Html::parse_document(std::str::from_utf8(&body).unwrap()), policy)
}

fn texts(page: &Html, selector: &str) -> Vec<String> {
    let found = Selector::parse(selector).unwrap();
    page.select(&found).map(|element| element.text().collect::<String>()).collect()
}

#[test]
fn an_empty_outbox_says_how_to_fill_it() {
    on_each_database(async |app| {
        let (page, policy) = opened_outbox(app, "/", "zh-TW").await;
        assert_eq!(texts(&page, "h1"), ["寄件匣"]);
        assert!(texts(&page, "#empty").concat().contains("huang.lizhu"));
        assert!(texts(&page, ".letter").is_empty());
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("script-src"));
        for (address, language) in [("/", "en"), ("/?lang=en", "zh-TW")] {
            let (page, _) = opened_outbox(app, address, language).await;
            assert_eq!(texts(&page, "h1"), ["Outbox"]);
        }
    });
}

#[test]
fn the_outbox_lists_what_would_have_been_sent_newest_first() {
    on_each_database(async |app| {
        let by_phone = app.account("amy.by.phone").without_verified_email().open().await;
        sign_in_after(&mut app.browser(), &by_phone, 3).await;
        app.wait(Lifetime::minutes(1));
        let markup = app.account("amy.markup").named("<b>吳𣲚翔</b>").open().await;
        sign_in_after(&mut app.browser(), &markup, 3).await;
        let (page, _) = opened_outbox(app, "/", "zh-TW").await;
        assert_eq!(texts(&page, ".recipient"), [&markup.email(), "+886912345678"]);
        assert_eq!(texts(&page, ".channel"), ["電子郵件", "簡訊"]);
        assert_eq!(texts(&page, "h2"), ["【符信】密碼連續錯誤 3 次後輸入正確", "簡訊"]);
        assert!(texts(&page, ".words p").concat().contains("<b>吳𣲚翔</b> 先生/小姐 您好"));
        assert!(texts(&page, ".words b").is_empty() && texts(&page, "#empty").is_empty());
    });
}
