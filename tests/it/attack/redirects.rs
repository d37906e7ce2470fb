//! Redirects and the authorization endpoint: an answer goes where the client registered, and nowhere else.

use fuxin::base::time::Lifetime;
use fuxin::oauth::client_metadata::ApplicationType;
use fuxin::oauth::redirect_uri::RedirectUri;
use serde_json::json;

use super::altered;
use super::forms::no_field_may_change;
use crate::support::{Json, Page, TestApp, on_each_database, redirect_uri};

/// Asserts that an answer is a page that says no, and leads nowhere.
fn leads_nowhere(page: &Page, why: &str) {
    assert_eq!((page.status, page.location()), (400, ""), "{why}");
}

/// A-RED-02, A-RED-03, A-RED-05, A-RED-06: nothing that only resembles the registered address gets an answer or an
/// error; the person reads a page.
#[test]
fn an_address_that_resembles_the_registered_one_gets_nothing() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let good = rp.request();
        let mut browser = app.browser();
        for foreign in [
            "https://rp.example.gov.tw@evil.test/callback",
            "https://rp.example.gov.tw:443@evil.test/callback",
            "https://evil.test/#@rp.example.gov.tw/callback",
            "https://evil.test/?@rp.example.gov.tw/callback",
            "https://user@rp.example.gov.tw/callback",
            "https://[fe80::1%25eth0]/callback",
            "https:rp.example.gov.tw/callback",
            "https:///rp.example.gov.tw/callback",
            "https:\\\\rp.example.gov.tw\\callback",
            "//rp.example.gov.tw/callback",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            " javascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "blob:https://rp.example.gov.tw/x",
            "file:///etc/passwd",
            "https://rp.example.gov.tw/Callback",
            "https://RP.example.gov.tw/callback",
            "HTTPS://rp.example.gov.tw/callback",
            "https://rp.example.gov.tw/callback/",
            "https://rp.example.gov.tw/callback?",
            "https://rp.example.gov.tw/callback?x=1",
            "https://rp.example.gov.tw/callback#",
            "https://rp.example.gov.tw/./callback",
            "https://rp.example.gov.tw/%63allback",
            "https://rp.example.gov.tw:443/callback",
            "https://rp.example.gov.tw.evil.test/callback",
            "https://evilrp.example.gov.tw/callback",
            "https://rpXexample.gov.tw/callback",
            "http://rp.example.gov.tw/callback",
        ] {
            for mode in ["", "query", "form_post", "fragment", "jwt"] {
                for kind in ["code", "token", "id_token token"] {
                    let request = good.clone().changed(&[
                        ("redirect_uri", foreign),
                        ("response_mode", mode),
                        ("response_type", kind),
                    ]);
                    let page = browser.get(&request.address()).await;
                    leads_nowhere(&page, &format!("{foreign} {mode} {kind}"));
                }
            }
        }
        let own = browser.get(&good.address()).await;
        assert!(own.location().starts_with("/sign-in?"), "{own:?}");
    });
}

/// A-RED-03: an address that runs as a script, or is no web site's, cannot be registered.
#[test]
fn an_address_that_runs_as_a_script_cannot_be_registered() {
    for uri in [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "blob:x",
        "file:///x",
        " https://rp.example.gov.tw/callback",
    ] {
        for kind in [ApplicationType::Web, ApplicationType::Native] {
            assert!(RedirectUri::register(uri, kind).is_err(), "{uri}");
        }
    }
    let own = "https://rp.example.gov.tw/callback";
    assert!(RedirectUri::register(own, ApplicationType::Web).is_ok());
}

/// A-RED-04: of a native client's loopback address the port may vary, and nothing else; of a web client's, nothing.
#[test]
fn only_the_port_of_a_native_clients_loopback_address_may_vary() {
    on_each_database(async |app| {
        let loopback = |kind| RedirectUri::register("http://127.0.0.1/cb", kind).unwrap();
        let native = app.client("native").public().with(|metadata| {
            metadata.application_type = ApplicationType::Native;
            metadata.redirect_uris = vec![loopback(ApplicationType::Native)];
            metadata.post_logout_redirect_uris.clear();
        });
        let native = native.register().await;
        let web = app.client("web").with(|metadata| {
            metadata.redirect_uris = vec![loopback(ApplicationType::Web)];
        });
        let web = web.register().await;
        let mut browser = app.browser();
        for uri in ["http://127.0.0.1/cb", "http://127.0.0.1:51004/cb"] {
            let page = browser.get(&native.request().with("redirect_uri", uri).address()).await;
            assert!(page.location().starts_with("/sign-in?"), "{uri} {page:?}");
        }
        for uri in [
            "http://localhost:51004/cb",
            "http://[::1]:51004/cb",
            "http://127.0.0.1:51004/cb2",
            "http://127.0.0.1:51004/cb?x=1",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:51004@evil.test/cb",
            "http://127.0.0.2:51004/cb",
            "https://127.0.0.1:51004/cb",
        ] {
            let page = browser.get(&native.request().with("redirect_uri", uri).address()).await;
            leads_nowhere(&page, uri);
        }
        let other_port = web.request().with("redirect_uri", "http://127.0.0.1:51004/cb");
        leads_nowhere(&browser.get(&other_port.address()).await, "a web client");
        assert_eq!(browser.get(&web.request().address()).await.status, 303);
    });
}

/// A-RED-07, A-RED-14, A-TOK-08, A-TOK-26: every refusal goes to the registered address with `state` and our name, and
/// never with a code.
#[test]
fn a_refusal_says_who_refuses_and_brings_no_code() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        for (changes, error) in [
            (vec![("response_type", "token")], "unsupported_response_type"),
            (vec![("response_type", "id_token")], "unsupported_response_type"),
            (vec![("response_type", "id_token token")], "unsupported_response_type"),
            (vec![("response_type", "code id_token")], "unsupported_response_type"),
            (vec![("response_type", "code token")], "unsupported_response_type"),
            (vec![("response_type", "code id_token token")], "unsupported_response_type"),
            (vec![("response_type", "")], "invalid_request"),
            (vec![("response_mode", "fragment")], "invalid_request"),
            (vec![("response_mode", "form_post.jwt")], "invalid_request"),
            (vec![("code_challenge", ""), ("code_challenge_method", "")], "invalid_request"),
            (vec![("code_challenge_method", "plain")], "invalid_request"),
            (vec![("code_challenge_method", "")], "invalid_request"),
            (vec![("code_challenge", "short")], "invalid_request"),
            (vec![("request", "e30.e30.")], "invalid_request_object"),
            (vec![("request_uri", "https://evil.test/r")], "invalid_request_uri"),
            (vec![("registration", "{}")], "registration_not_supported"),
            (vec![("prompt", "none")], "login_required"),
            (vec![("prompt", "none login")], "invalid_request"),
            (vec![("claims", "{")], "invalid_request"),
            (vec![("scope", "")], "invalid_scope"),
            (vec![("max_age", "-1")], "invalid_request"),
            (vec![("id_token_hint", "e30.e30.e30")], "invalid_request"),
        ] {
            let request = rp.request().changed(&changes);
            let page = browser.open(&request.address()).await;
            assert!(page.location().starts_with(rp.redirect_uri()), "{changes:?} {page:?}");
            // With `state` and `iss`, without a code.
            assert_eq!(rp.error(&request, &page), error, "{changes:?}");
        }
        let request = rp.request();
        let page = rp.answer(&mut browser, &alice, &request).await;
        rp.code(&request, page.away());
        let metadata = app.get("/.well-known/openid-configuration").await.body;
        assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
        assert_eq!(metadata["response_types_supported"], json!(["code"]));
    });
}

/// A-RED-07: the same with `form_post`: the answer and the refusal are posted to the registered address only.
#[test]
fn a_posted_answer_goes_to_the_registered_address() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        let good = rp.request().with("response_mode", "form_post");
        let page = rp.answer(&mut browser, &alice, &good).await;
        let policy = page.header("content-security-policy").to_owned();
        assert!(policy.contains("form-action 'self' https://rp.example.gov.tw;"), "{policy}");
        let sent = browser.press(&page, "continue").await;
        rp.code(&good, sent.away());
        let bad =
            rp.request().changed(&[("response_mode", "form_post"), ("response_type", "token")]);
        let page = browser.open(&bad.address()).await;
        let sent = browser.press(&page, "continue").await;
        assert_eq!(sent.away().url.as_str(), rp.redirect_uri());
        assert_eq!(rp.error(&bad, &sent), "unsupported_response_type");
    });
}

/// A-RED-09: a sealed request that was altered, or belongs to another browser, goes nowhere.
#[test]
fn a_request_that_was_altered_on_its_way_goes_nowhere() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        let begun = browser.get(&rp.request().address()).await;
        let (path, sealed) = begun.location().split_once("interaction=").unwrap();
        for at in [0, sealed.len() / 2, sealed.len() - 2] {
            let address = format!("{path}interaction={}", altered(sealed, at));
            leads_nowhere(&browser.get(&address).await, &address);
        }
        leads_nowhere(&app.browser().get(begun.location()).await, "another browser");
        for name in browser.cookies.keys().cloned().collect::<Vec<_>>() {
            let mut other = browser.clone();
            let value = other.cookies.get_mut(&name).unwrap();
            *value = altered(value, value.len() / 2);
            leads_nowhere(&other.get(begun.location()).await, &name);
        }
        let page = browser.get(begun.location()).await;
        let signed_in = no_field_may_change(&mut browser, &page.filled_in(&alice)).await;
        assert_eq!(signed_in.status, 303);
        let page = browser.go_on(signed_in).await;
        let answered = no_field_may_change(&mut browser, &page.form("consent-approve")).await;
        assert!(browser.go_on(answered).await.told("code").is_some());
    });
}

/// A-RED-09: a request from before the client gave an address up gets nothing at that address, begun anew or not.
#[test]
fn an_address_that_was_given_up_gets_nothing_from_older_requests() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let mut browser = app.browser();
        let begun = browser.get(&rp.request().address()).await;
        let give_up = async || {
            let new = vec![redirect_uri("https://rp.example.gov.tw/new")];
            rp.change(|own| own.redirect_uris = new).await;
        };
        give_up().await;
        leads_nowhere(&browser.get(begun.location()).await, "given up");
        rp.change(|_| {}).await;
        app.wait(Lifetime::minutes(31));
        let page = browser.get(begun.location()).await;
        give_up().await;
        leads_nowhere(&browser.get(begun.location()).await, "given up, and expired");
        let anew = browser.press(&page, "continue").await;
        leads_nowhere(&anew, "given up, and begun anew");
        leads_nowhere(&browser.press(&page, "cancel").await, "given up, and left");
        rp.change(|_| {}).await;
        let page = browser.get(&begun.location().replace("/sign-in", "/continue")).await;
        assert_ne!(page.status, 400, "registered again, the request goes on");
    });
}

/// A-RED-09: what was asked for is judged again when it is answered: the code that a consent brings is not given for an
/// address that the client gave up meanwhile.
#[test]
fn an_address_that_was_given_up_gets_no_answer_either() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        let page = browser.open(&rp.request().address()).await;
        let consent = browser.sign_in(&page, &alice).await;
        rp.change(|own| own.redirect_uris = vec![redirect_uri("https://rp.example.gov.tw/new")])
            .await;
        let refused = browser.press(&consent, "consent-approve").await;
        leads_nowhere(&refused, "given up");
        rp.change(|_| {}).await;
        let answered = browser.press(&consent, "consent-approve").await;
        assert!(answered.told("code").is_some(), "{}", answered.describe());
    });
}

/// A-RED-06, A-RED-10: signing out leads only to an address that the client registered, and without a hint to a page.
#[test]
fn signing_out_leads_nowhere_else() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        let tokens = rp.sign_in(&mut browser, &alice).await;
        let address = |fields: &[(&str, &str)]| {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            format!("/end-session?{}", query.extend_pairs(fields).finish())
        };
        let hint = ("id_token_hint", tokens.id_token.as_str());
        for foreign in [
            "//evil.test",
            "/\\evil.test",
            "https:evil.test",
            "\t//evil.test",
            "https://evil.test/signed-out",
            "https://rp.example.gov.tw/signed-out?x=1",
            "https://rp.example.gov.tw/Signed-out",
            "https://rp.example.gov.tw/signed-out/",
            "https://rp.example.gov.tw.evil.test/signed-out",
            "https://evilrp.example.gov.tw/signed-out",
            "https://rpXexample.gov.tw/signed-out",
            "javascript:alert(1)",
        ] {
            let page = browser.get(&address(&[hint, ("post_logout_redirect_uri", foreign)])).await;
            leads_nowhere(&page, foreign);
        }
        let back = ("post_logout_redirect_uri", rp.post_logout_redirect_uri());
        let (client, state) = (("client_id", rp.client_id.as_str()), ("state", "x"));
        // Nobody is signed in, and anybody may have written this: a page, with the way back on it.
        let page = app.browser().get(&address(&[client, back, state])).await;
        assert_eq!((page.status, page.location()), (200, ""));
        assert!(page.html.contains(&format!("{}?state=x", back.1)), "{}", page.html);
        // Somebody is: a question.
        let page = browser.get(&address(&[client, back])).await;
        assert_eq!((page.status, page.location()), (200, ""));
        assert_eq!(browser.get("/").await.status, 200, "still signed in");
        // With the hint of who is signed in, the way back is taken.
        let page = browser.get(&address(&[hint, back, state])).await;
        assert_eq!(page.location(), format!("{}?state=x", back.1));
        assert_eq!(browser.get("/").await.status, 303, "signed out");
    });
}

/// The links of a page that lead to another site.
fn links_elsewhere(html: &str) -> Vec<String> {
    let page = scraper::Html::parse_document(html);
    let links = scraper::Selector::parse("[href], [action], [src]").unwrap();
    let stays = |link: &&str| {
        link.starts_with(['?', '#'])
            || link.starts_with("tel:")
            || link.starts_with('/') && !link.starts_with("//") && !link.starts_with("/\\")
    };
    page.select(&links)
        .flat_map(|element| ["href", "action", "src"].map(|name| element.attr(name)))
        .flatten()
        .filter(|link| !stays(link))
        .map(str::to_owned)
        .collect()
}

/// A-RED-10: no link on any page leads to another site because of what the address says.
#[test]
fn no_address_makes_a_page_of_ours_link_to_another_site() {
    on_each_database(async |app| {
        let none: Vec<String> = Vec::new();
        for address in [
            "//evil.test/x",
            "/\\evil.test/x",
            "/%09//evil.test",
            "/sign-in?next=//evil.test",
            "/help?code=//evil.test",
            "/end-session?client_id=//evil.test&state=//evil.test",
        ] {
            let answer = raw(app, address).await;
            assert!(!answer.header("location").contains("evil"), "{address}");
            assert_eq!(
                links_elsewhere(answer.body.as_str().unwrap_or_default()),
                none,
                "{address}"
            );
        }
        let rp = app.client("rp").register().await;
        for name in ["login_hint", "target_link_uri", "next", "RelayState", "ui_locales"] {
            let page = app.browser().open(&rp.request().with(name, "//evil.test").address()).await;
            assert_eq!((page.path(), links_elsewhere(&page.html)), ("/sign-in", none.clone()));
        }
        let page = app.browser().open(&rp.sign_out_address(None, None)).await;
        assert_eq!(links_elsewhere(&page.html), [rp.post_logout_redirect_uri()], "registered");
    });
}

async fn raw(app: &TestApp, address: &str) -> Json {
    let mut request = axum::http::Request::new(axum::body::Body::empty());
    *request.uri_mut() = address.parse().unwrap();
    app.hand(request).await
}

/// A-RED-15: a posted password is never carried on, and no address of ours is told to another site.
#[test]
fn a_posted_password_is_not_forwarded() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        let page = browser.open(&rp.request().address()).await;
        assert_eq!(page.header("referrer-policy"), "same-origin");
        assert!(!page.html.contains("src=\"http") && !page.html.contains("href=\"http"));
        let signed_in = browser.post(&page.filled_in(&alice)).await;
        assert_eq!(signed_in.status, 303);
        assert!(signed_in.location().starts_with("/continue?"));
        assert_eq!(signed_in.header("referrer-policy"), "same-origin");
        let consent = browser.go_on(signed_in).await;
        let answer = browser.post(&consent.form("consent-approve")).await;
        assert_eq!(answer.status, 303);
        assert_eq!(browser.go_on(answer).await.status, 303);
    });
}

/// A-RED-17: a remembered consent is for these scopes of this client, by this name, at these addresses.
#[test]
fn a_consent_is_for_the_client_as_it_was() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        let mut browser = app.browser();
        rp.sign_in_for(&mut browser, &alice, "openid profile").await;
        let good = rp.request().scope("openid profile");
        let mut asked = async |changes: &[(&str, &str)]| {
            let page = browser.open(&good.clone().changed(changes).address()).await;
            assert!(page.has("consent-approve") || page.told("code").is_some(), "{page:?}");
            page.has("consent-approve")
        };
        assert!(!asked(&[]).await, "remembered");
        assert!(asked(&[("scope", "openid profile email")]).await, "another scope");
        assert!(asked(&[("claims", r#"{"userinfo": {"email": null}}"#)]).await, "another claim");
        rp.change(|own| own.client_name = "Another".to_owned()).await;
        assert!(asked(&[]).await, "another name");
        let other = redirect_uri("https://rp.example.gov.tw/other");
        rp.change(|own| own.redirect_uris.push(other)).await;
        assert!(asked(&[]).await, "another address");
        rp.change(|_| {}).await;
        assert!(!asked(&[]).await, "as it was");
        let wider = good.clone().changed(&[("scope", "openid profile email"), ("prompt", "none")]);
        let silent = browser.open(&wider.address()).await;
        assert_eq!(rp.error(&wider, &silent), "consent_required");
    });
}
