//! Redirects and the authorization endpoint: an answer goes where the client registered, and nowhere else.

use fuxin::base::time::Lifetime;
use fuxin::oauth::client_metadata::{ApplicationType, TokenEndpointAuthMethod};
use fuxin::oauth::redirect_uri::RedirectUri;

use super::world::{ISSUER, PASSWORD, put, settings, sign_in_form, web, worlds};

/// A-RED-02, A-RED-03, A-RED-05, A-RED-06: nothing that only resembles the registered address gets an answer or an
/// error; the person reads a page.
#[tokio::test]
async fn an_address_that_resembles_the_registered_one_gets_nothing() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        for foreign in [
            "https://rp.test@evil.test/cb",
            "https://rp.test:443@evil.test/cb",
            "https://evil.test/#@rp.test/cb",
            "https://evil.test/?@rp.test/cb",
            "https://user@rp.test/cb",
            "https://[fe80::1%25eth0]/cb",
            "https:rp.test/cb",
            "https:///rp.test/cb",
            "https:\\\\rp.test\\cb",
            "//rp.test/cb",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            " javascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "blob:https://rp.test/x",
            "file:///etc/passwd",
            "https://rp.test/Cb",
            "https://RP.test/cb",
            "HTTPS://rp.test/cb",
            "https://rp.test/cb/",
            "https://rp.test/cb?",
            "https://rp.test/cb?x=1",
            "https://rp.test/cb#",
            "https://rp.test/./cb",
            "https://rp.test/%63b",
            "https://rp.test:443/cb",
            "https://rp.test.evil.test/cb",
            "https://evilrp.test/cb",
            "https://rpXtest/cb",
            "http://rp.test/cb",
        ] {
            for mode in ["", "query", "form_post", "fragment", "jwt"] {
                for response_type in ["code", "token", "id_token token"] {
                    let reply = world
                        .get(&site.authorize_with(&[
                            ("redirect_uri", foreign),
                            ("response_mode", mode),
                            ("response_type", response_type),
                        ]))
                        .await;
                    assert_eq!(reply.status, 400, "{foreign} {mode}");
                    assert_eq!(reply.location(), "", "{foreign} {mode}");
                }
            }
        }
        let own = world.get(&site.authorize()).await;
        assert!(own.location().starts_with("/sign-in?"), "{own:?}");
    }
}

/// A-RED-03: an address that runs as a script, or is no web site's, cannot be registered.
#[test]
fn an_address_that_runs_as_a_script_cannot_be_registered() {
    for uri in ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "blob:x", "file:///x"] {
        for kind in [ApplicationType::Web, ApplicationType::Native] {
            assert!(RedirectUri::register(uri, kind).is_err(), "{uri}");
        }
    }
    assert!(RedirectUri::register("https://rp.test/cb", ApplicationType::Web).is_ok());
}

/// A-RED-04: of a native client's loopback address the port may vary, and nothing else; of a web client's, nothing.
#[tokio::test]
async fn only_the_port_of_a_native_clients_loopback_address_may_vary() {
    for world in worlds().await {
        let loopback = |kind| RedirectUri::register("http://127.0.0.1/cb", kind).unwrap();
        let native = world
            .client_as("app.test", |settings| {
                settings.application_type = ApplicationType::Native;
                settings.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
                settings.redirect_uris = vec![loopback(ApplicationType::Native)];
                settings.post_logout_redirect_uris.clear();
            })
            .await;
        let site = world
            .client_as("web.test", |settings| {
                settings.redirect_uris = vec![loopback(ApplicationType::Web)];
            })
            .await;
        for uri in ["http://127.0.0.1/cb", "http://127.0.0.1:51004/cb"] {
            let reply = world.get(&native.authorize_with(&[("redirect_uri", uri)])).await;
            assert!(reply.location().starts_with("/sign-in?"), "{uri} {reply:?}");
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
            let reply = world.get(&native.authorize_with(&[("redirect_uri", uri)])).await;
            assert_eq!((reply.status, reply.location()), (400, ""), "{uri}");
        }
        let other_port = [("redirect_uri", "http://127.0.0.1:51004/cb")];
        assert_eq!(world.get(&site.authorize_with(&other_port)).await.status, 400);
        assert_eq!(world.get(&site.authorize()).await.status, 303);
    }
}

/// A-RED-07, A-RED-14, A-TOK-08, A-TOK-26: every refusal goes to the registered address with `state` and our name, and
/// never with a code.
#[tokio::test]
async fn a_refusal_says_who_refuses_and_brings_no_code() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        for (changes, error) in [
            (vec![("response_type", "token")], "unsupported_response_type"),
            (vec![("response_type", "id_token token")], "unsupported_response_type"),
            (vec![("response_type", "code id_token")], "unsupported_response_type"),
            (vec![("response_type", "")], "invalid_request"),
            (vec![("response_mode", "fragment")], "invalid_request"),
            (vec![("response_mode", "form_post.jwt")], "invalid_request"),
            (vec![("code_challenge", ""), ("code_challenge_method", "")], "invalid_request"),
            (vec![("code_challenge_method", "plain")], "invalid_request"),
            (vec![("code_challenge_method", "")], "invalid_request"),
            (vec![("code_challenge", "short")], "invalid_request"),
            (vec![("request", "e30.e30.")], "request_not_supported"),
            (vec![("request_uri", "https://evil.test/r")], "request_uri_not_supported"),
            (vec![("registration", "{}")], "registration_not_supported"),
            (vec![("prompt", "none")], "login_required"),
            (vec![("prompt", "none login")], "invalid_request"),
            (vec![("claims", "{")], "invalid_request"),
            (vec![("scope", "")], "invalid_scope"),
            (vec![("max_age", "-1")], "invalid_request"),
            (vec![("id_token_hint", "e30.e30.e30")], "invalid_request"),
        ] {
            let reply = world.get(&site.authorize_with(&changes)).await;
            assert!(reply.location().starts_with("https://rp.test/cb?"), "{changes:?} {reply:?}");
            assert_eq!(reply.told("error").as_deref(), Some(error), "{changes:?}");
            assert_eq!(reply.told("state").as_deref(), Some("s-1"), "{changes:?}");
            assert_eq!(reply.told("iss").as_deref(), Some(ISSUER), "{changes:?}");
            assert_eq!(reply.told("code"), None, "{changes:?}");
        }
        let mut browser = world.browser();
        let answer = browser.answer(&site.authorize(), "alice").await;
        assert!(answer.location().starts_with("https://rp.test/cb?"));
        assert_eq!(answer.told("iss").as_deref(), Some(ISSUER));
        assert_eq!(answer.told("error"), None);
        let metadata = world.get("/.well-known/openid-configuration").await.json();
        assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
        assert_eq!(metadata["response_types_supported"], serde_json::json!(["code"]));
    }
}

/// A-RED-07: the same with `form_post`: the answer and the refusal are posted to the registered address only.
#[tokio::test]
async fn a_posted_answer_goes_to_the_registered_address() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        let mut browser = world.browser();
        let address = site.authorize_with(&[("response_mode", "form_post")]);
        let answer = browser.answer(&address, "alice").await;
        let (action, fields) = answer.form("#continue");
        assert_eq!(action, "https://rp.test/cb");
        assert!(fields.iter().any(|(name, _)| name == "code"));
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("form-action 'self' https://rp.test;"), "{policy}");
        let refusal = world
            .get(
                &site.authorize_with(&[("response_mode", "form_post"), ("response_type", "token")]),
            )
            .await;
        let (action, fields) = refusal.form("#continue");
        assert_eq!(action, "https://rp.test/cb");
        assert!(fields.contains(&("iss".into(), ISSUER.into())), "{fields:?}");
        assert!(!fields.iter().any(|(name, _)| name == "code"));
    }
}

/// A-RED-09: a sealed request that was altered, or belongs to another browser, goes nowhere.
#[tokio::test]
async fn a_request_that_was_altered_on_its_way_goes_nowhere() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        let mut browser = world.browser();
        let begun = browser.get(&site.authorize()).await;
        let address = begun.location().to_owned();
        let (path, sealed) = address.split_once("interaction=").unwrap();
        for at in [0, sealed.len() / 2, sealed.len() - 2] {
            let mut altered = sealed.to_owned();
            let other = if &sealed[at..=at] == "A" { "B" } else { "A" };
            altered.replace_range(at..=at, other);
            let reply = browser.get(&format!("{path}interaction={altered}")).await;
            assert_eq!((reply.status, reply.location()), (400, ""), "{at}");
        }
        let elsewhere = world.browser().get(&address).await;
        assert_eq!((elsewhere.status, elsewhere.location()), (400, ""));
        let page = browser.get(&address).await;
        assert_eq!(page.status, 200);
        let (action, mut fields) = sign_in_form(&page, "alice", PASSWORD);
        put(&mut fields, "csrf", "AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(browser.post(&action, &fields).await.status, 403);
        let (action, fields) = sign_in_form(&page, "alice", PASSWORD);
        assert_eq!(browser.post(&action, &fields).await.status, 303);
    }
}

/// A-RED-09: a request from before the client gave an address up gets nothing at that address, begun anew or not.
#[tokio::test]
async fn an_address_that_was_given_up_gets_nothing_from_older_requests() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        let mut browser = world.browser();
        let begun = browser.get(&site.authorize()).await;
        let address = begun.location().to_owned();
        world
            .change(&site, |settings| settings.redirect_uris = vec![web("https://rp.test/new")])
            .await;
        let reply = browser.get(&address).await;
        assert_eq!((reply.status, reply.location()), (400, ""), "{reply:?}");
        world.pass(Lifetime::minutes(31));
        let page = browser.get(&address).await;
        let page = browser.press(&page, "button[id]").await;
        let page = browser.go_on(page).await;
        assert_eq!((page.status, page.location()), (400, ""), "{page:?}");
        world.change(&site, |_| {}).await;
        let page = browser.get(&begun.location().replace("/sign-in", "/continue")).await;
        assert_ne!(page.status, 400, "registered again, the request goes on");
    }
}

/// A-RED-10: signing out leads only to an address that the client registered, and without a hint to a page.
#[tokio::test]
async fn signing_out_leads_nowhere_else() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        let mut browser = world.browser();
        let tokens = browser.tokens(&site, "alice").await;
        let hint = tokens["id_token"].as_str().unwrap().to_owned();
        let id = site.id.to_string();
        let address =
            |fields: &[(&str, &str)]| format!("/end-session?{}", super::world::encoded(fields));
        for foreign in [
            "//evil.test",
            "/\\evil.test",
            "https:evil.test",
            "\t//evil.test",
            "https://evil.test/bye",
            "https://rp.test/bye?x=1",
            "https://rp.test/Bye",
            "https://rp.test/bye/",
            "javascript:alert(1)",
        ] {
            let fields = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", foreign)];
            let reply = browser.get(&address(&fields)).await;
            assert_eq!((reply.status, reply.location()), (400, ""), "{foreign}");
        }
        let back = ("post_logout_redirect_uri", "https://rp.test/bye");
        // Nobody is signed in, and anybody may have written this: a page, with the way back on it.
        let reply = world.get(&address(&[("client_id", &id), back, ("state", "x")])).await;
        assert_eq!((reply.status, reply.location()), (200, ""));
        assert!(reply.body.contains("https://rp.test/bye?state=x"), "{}", reply.body);
        // Somebody is: a question.
        let reply = browser.get(&address(&[("client_id", &id), back])).await;
        assert_eq!((reply.status, reply.location()), (200, ""));
        assert_eq!(browser.get("/").await.status, 200, "still signed in");
        // With the hint of who is signed in, the way back is taken.
        let reply = browser.get(&address(&[("id_token_hint", &hint), back, ("state", "x")])).await;
        assert_eq!(reply.location(), "https://rp.test/bye?state=x");
        assert_eq!(browser.get("/").await.status, 303, "signed out");
    }
}

/// A-RED-10: no link on any page leads to another site because of what the address says.
#[tokio::test]
async fn no_address_makes_a_page_of_ours_link_to_another_site() {
    for world in worlds().await {
        for address in
            ["//evil.test/x", "/\\evil.test/x", "/%09//evil.test", "/sign-in?next=//evil.test"]
        {
            let reply = world.get(address).await;
            let page = scraper::Html::parse_document(&reply.body);
            let links = scraper::Selector::parse("[href], [action], [src]").unwrap();
            for element in page.select(&links) {
                for name in ["href", "action", "src"] {
                    let link = element.attr(name).unwrap_or("/");
                    let stays = link.starts_with('?')
                        || link.starts_with('#')
                        || link.starts_with("tel:")
                        || link.starts_with('/')
                            && !link.starts_with("//")
                            && !link.starts_with("/\\");
                    assert!(stays, "{address}: {link}");
                }
            }
            assert!(!reply.location().contains("evil"), "{reply:?}");
        }
    }
}

/// A-RED-15: a posted password is never carried on, and no address of ours is told to another site.
#[tokio::test]
async fn a_posted_password_is_not_forwarded() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        let mut browser = world.browser();
        let page = browser.follow(&site.authorize()).await;
        assert_eq!(page.header("referrer-policy"), "same-origin");
        assert!(!page.body.contains("src=\"http") && !page.body.contains("href=\"http"));
        let reply = browser.submit_sign_in(&page, "alice", PASSWORD).await;
        assert_eq!(reply.status, 303);
        assert!(reply.location().starts_with("/continue?"));
        assert_eq!(reply.header("referrer-policy"), "same-origin");
        let consent = browser.go_on(reply).await;
        let answer = browser.press(&consent, "#consent-approve").await;
        assert_eq!(answer.status, 303);
        assert_eq!(browser.go_on(answer).await.status, 303);
    }
}

/// A-RED-17: a remembered consent is for these scopes of this client, by this name, at these addresses.
#[tokio::test]
async fn a_consent_is_for_the_client_as_it_was() {
    for world in worlds().await {
        let site = world.client("rp.test").await;
        world.account("alice").await;
        let mut browser = world.browser();
        browser.code(&site, "alice").await;
        let asks = |body: &str| body.contains("id=\"consent-approve\"");
        let again = browser.follow(&site.authorize()).await;
        assert!(!asks(&again.body) && again.told("code").is_some(), "remembered");
        let wider =
            browser.follow(&site.authorize_with(&[("scope", "openid profile email")])).await;
        assert!(asks(&wider.body));
        let claims = r#"{"userinfo": {"email": null}}"#;
        let single = browser.follow(&site.authorize_with(&[("claims", claims)])).await;
        assert!(asks(&single.body));
        let silent = browser
            .get(&site.authorize_with(&[("scope", "openid profile email"), ("prompt", "none")]))
            .await;
        assert_eq!(silent.told("error").as_deref(), Some("consent_required"));
        world.change(&site, |settings| settings.client_name = "Another".to_owned()).await;
        assert!(asks(&browser.follow(&site.authorize()).await.body), "another name");
        world
            .change(&site, |settings| settings.redirect_uris.push(web("https://rp.test/other")))
            .await;
        assert!(asks(&browser.follow(&site.authorize()).await.body), "another address");
        world.change(&site, |_| {}).await;
        assert!(browser.follow(&site.authorize()).await.told("code").is_some(), "as it was");
        assert_eq!(settings("rp.test"), site.settings);
    }
}
