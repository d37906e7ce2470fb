//! The site's pages as a browser without a provider gets them. The whole flow, with the provider, is a story test.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use openidconnect::AsyncHttpClient as _;
use scraper::{Html, Selector};
use tower::ServiceExt as _;

use super::outbound::Outbound;
use super::*;
use crate::base::secret::Token;

/// A site whose provider's port was free a moment ago, so that nobody answers there.
async fn lonely_site() -> Router {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    router(Settings {
        name_zh: String::from("人事服務網 (eCPA) 示範"),
        name_en: String::from("Personnel services (eCPA) demonstration"),
        short: String::from("eCPA"),
        theme: Theme::Indigo,
        issuer,
        client_id: String::from("client"),
        client_secret: Secret::new(String::from("secret")),
        port: 8081,
        cookie_name: "ecpa_session",
    })
}

async fn send(site: &Router, request: Request<Body>) -> Response<Body> {
    site.clone().oneshot(request).await.unwrap()
}

async fn get(site: &Router, path: &str) -> Response<Body> {
    send(site, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn page(response: Response<Body>) -> Html {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    Html::parse_document(std::str::from_utf8(&body).unwrap())
}

fn text(page: &Html, selector: &str) -> String {
    let selector = Selector::parse(selector).unwrap();
    page.select(&selector).flat_map(|element| element.text()).collect()
}

fn location(response: &Response<Body>) -> &str {
    response.headers()[header::LOCATION].to_str().unwrap()
}

#[tokio::test]
async fn who_is_not_signed_in_sees_one_button_in_either_language() {
    let site = lonely_site().await;
    let response = get(&site, "/").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{policy}");
    let chinese = page(response).await;
    assert_eq!(text(&chinese, "a.button"), "用符信登入");
    assert_eq!(text(&chinese, "title"), "請先登入｜人事服務網 (eCPA) 示範");

    let response = get(&site, "/?lang=en").await;
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert_eq!(text(&page(response).await, "#sign-in"), "Sign in with Fuxin");
    let (cookie, attributes) = cookie.split_once("; ").unwrap();
    assert!(attributes.ends_with("HttpOnly; SameSite=Lax"), "{attributes}");
    let request = Request::get("/").header(header::COOKIE, cookie).body(Body::empty()).unwrap();
    assert_eq!(text(&page(send(&site, request).await).await, "#sign-in"), "Sign in with Fuxin");
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_begins_no_session() {
    let site = lonely_site().await;
    let state = Token::<memory::StateKey>::random().expose();
    for query in [format!("code=c&state={state}"), format!("code=c&state={state}&state={state}")] {
        let browser = Token::<memory::BrowserKey>::random().expose();
        let request = Request::get(format!("/callback?{query}"))
            .header(header::COOKIE, format!("ecpa_session_browser={browser}"))
            .body(Body::empty())
            .unwrap();
        let response = send(&site, request).await;
        assert_eq!(location(&response), "/problem/sign-in-unknown");
        assert!(!response.headers().contains_key(header::SET_COOKIE));
    }
    let response = get(&site, "/problem/sign-in-unknown").await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let page = page(response).await;
    assert_eq!(text(&page, "#error h1"), "這次登入無法接續");
    assert_eq!(text(&page, "#way-on"), "重新登入");
}

#[tokio::test]
async fn while_the_provider_is_away_the_site_says_so() {
    let site = lonely_site().await;
    let response = get(&site, "/sign-in").await;
    assert_eq!(location(&response), "/problem/provider-unreachable");
    let response = get(&site, "/problem/provider-unreachable?lang=en").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let page = page(response).await;
    assert_eq!(text(&page, "#error h1"), "Fuxin cannot be reached");
    assert_eq!(text(&page, "#way-on"), "Try again");
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_not_sent_on() {
    let site = lonely_site().await;
    for query in ["prompt=maybe", "max_age=-1", "max_age=1&max_age=2", "acr_values=1&acr_values=2"]
    {
        let response = get(&site, &format!("/sign-in?{query}")).await;
        assert_eq!(location(&response), "/problem/request-unclear", "{query}");
    }
}

#[tokio::test]
async fn another_name_of_this_host_leads_to_the_registered_one() {
    let site = lonely_site().await;
    let request = Request::get("/sign-in?prompt=login")
        .header(header::HOST, "127.0.0.1:8081")
        .body(Body::empty())
        .unwrap();
    let response = send(&site, request).await;
    assert_eq!(location(&response), "http://localhost:8081/sign-in?prompt=login");
}

#[tokio::test]
async fn an_unknown_address_and_an_unknown_problem_have_a_page() {
    let site = lonely_site().await;
    for path in ["/nowhere", "/problem/nothing", "/sign-out"] {
        let response = get(&site, path).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(text(&page(response).await, "#way-on"), "回到首頁");
    }
}

#[tokio::test]
async fn the_site_is_served_until_it_is_told_to_stop() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let settings = Settings {
        name_zh: String::from("全國商工行政服務入口網 (GCIS) 示範"),
        name_en: String::from("Business services (GCIS) demonstration"),
        short: String::from("GCIS"),
        theme: Theme::Moss,
        issuer: String::from("http://localhost:1"),
        client_id: String::from("client"),
        client_secret: Secret::new(String::from("secret")),
        port,
        cookie_name: "gcis_session",
    };
    assert_eq!(settings.redirect_uri(), format!("http://localhost:{port}/callback"));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(serve(settings, listener, async move {
        let _ = stopped.await;
    }));
    let request = Request::get(format!("http://127.0.0.1:{port}/site.css"));
    let style = Outbound::new().call(request.body(Vec::new()).unwrap()).await.unwrap();
    assert_eq!(style.headers()[header::CONTENT_TYPE], "text/css; charset=utf-8");
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}

#[test]
fn every_problem_has_its_own_words_in_both_languages() {
    use super::problem::Problem;
    use super::text::Locale;
    let mut seen = std::collections::HashSet::new();
    for problem in Problem::ALL {
        for locale in [Locale::ZhHant, Locale::En] {
            assert!(seen.insert(problem.text(locale).0), "{problem:?}");
        }
    }
}
