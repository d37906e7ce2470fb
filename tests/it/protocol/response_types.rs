//! The response types: what each gives, where it stands, and the two locks of those that are weak.

use fuxin::base::encoding::{base64url, from_base64url};
use fuxin::oauth::grant_type::GrantType;
use fuxin::oauth::response_type::ResponseType;
use fuxin::oauth::weak_feature::{WeakFeature, WeakFeatures};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::{
    Browser, ClientBuilder, Page, Person, RelyingParty, Request, TestApp, on_each_database,
    on_each_database_with,
};

const OPEN: &str = "[policy]\nweak_features = [\"implicit_flow\", \"hybrid_flow\"]";

/// A client that may ask for everything.
fn everything(client: ClientBuilder) -> ClientBuilder {
    client.scope("openid profile email offline_access").with(|own| {
        own.response_types = ResponseType::ALL.to_vec();
        own.grant_types.push(GrantType::Implicit);
        own.weak_features =
            WeakFeatures::from_iter([WeakFeature::ImplicitFlow, WeakFeature::HybridFlow]);
    })
}

async fn answered(
    rp: &RelyingParty,
    browser: &mut Browser,
    person: &Person,
    request: &Request,
) -> Page {
    let page = rp.answer(browser, person, request).await;
    let page = if page.away.is_none() { browser.press(&page, "continue").await } else { page };
    assert_eq!(page.away().parameter("error"), None, "{request:?}");
    page
}

/// The names of an answer's parameters, in order of the alphabet.
fn names(page: &Page) -> Vec<String> {
    let away = page.away();
    let of_text = |text: Option<&str>| {
        url::form_urlencoded::parse(text.unwrap_or("").as_bytes())
            .map(|(name, _)| name.into_owned())
            .collect::<Vec<_>>()
    };
    let mut names = [
        of_text(away.url.query()),
        of_text(away.url.fragment()),
        away.form.iter().map(|(name, _)| name.clone()).collect(),
    ]
    .concat();
    names.sort();
    names
}

fn claims(id_token: &str) -> Value {
    let payload = id_token.split('.').nth(1).unwrap();
    serde_json::from_slice(&from_base64url(payload).unwrap()).unwrap()
}

fn half_hash(token: &str) -> Value {
    json!(base64url(&Sha256::digest(token.as_bytes())[..16]))
}

/// Core §3.2.2.5, §3.2.2.10, §3.3.2.5, §3.3.2.11: exactly what was asked for, and no claim besides.
#[test]
fn each_response_type_gives_what_its_words_say() {
    on_each_database_with(OPEN, async |app| {
        let alice = app.account("alice.types").open().await;
        let rp = everything(app.client("ecpa")).skip_consent().register().await;
        let mut browser = app.browser();
        for &of in ResponseType::ALL {
            for mode in ["", "form_post"] {
                let request = rp.request().changed(&[("response_mode", mode)]);
                let request = request.with("response_type", of.as_str());
                let page = answered(&rp, &mut browser, &alice, &request).await;
                let told = |name: &str| page.away().parameter(name);
                let mut expected = vec!["iss", "state"];
                expected.extend(of.has_code().then_some("code"));
                expected.extend(of.has_id_token().then_some("id_token"));
                if of.has_token() {
                    expected.extend(["access_token", "expires_in", "scope", "token_type"]);
                }
                expected.sort_unstable();
                assert_eq!(names(&page), expected, "{of}");
                let url = &page.away().url;
                match (mode, of) {
                    ("form_post", _) => assert_eq!(url.as_str(), rp.redirect_uri()),
                    (_, ResponseType::Code) => assert_eq!(url.fragment(), None),
                    _ => assert_eq!(url.query(), None, "{of}: nothing in a query"),
                }
                let access_token = told("access_token");
                if let Some(id_token) = told("id_token") {
                    app.plant("an ID token", &id_token);
                    let token = access_token.as_deref().unwrap_or_default();
                    rp.verify(&id_token, token, Some(&request.nonce)).await;
                    let claims = claims(&id_token);
                    let mut expected = vec!["aud", "exp", "iat", "iss", "nonce", "sub"];
                    expected.extend(of.has_token().then_some("at_hash"));
                    expected.extend(of.has_code().then_some("c_hash"));
                    expected.sort_unstable();
                    let mut own: Vec<_> = claims.as_object().unwrap().keys().collect();
                    own.sort_unstable();
                    assert_eq!(own, expected, "{of}");
                    if let Some(token) = &access_token {
                        assert_eq!(claims["at_hash"], half_hash(token));
                    }
                    if let Some(code) = told("code") {
                        assert_eq!(claims["c_hash"], half_hash(&code));
                    }
                }
                if let Some(token) = &access_token {
                    app.plant("an access token", token);
                    let own = rp.userinfo(token).await;
                    assert_eq!((own.status, own.body["sub"].is_string()), (200, true), "{of}");
                    assert_eq!(rp.introspect(token).await.body["active"], true);
                }
                if of.has_code() {
                    rp.finish(&request, &page).await;
                }
            }
        }
    });
}

/// Core §5.4: where no access token comes, the ID token tells what the scopes ask for; everywhere else userinfo does.
#[test]
fn an_id_token_alone_tells_what_the_scopes_ask_for() {
    on_each_database_with(OPEN, async |app| {
        let alice = app.account("alice.alone").open().await;
        let rp = everything(app.client("ecpa")).skip_consent().register().await;
        let mut browser = app.browser();
        let asked = rp.request().scope("openid email offline_access");
        for (of, tells) in [("id_token", true), ("id_token token", false), ("code id_token", false)]
        {
            let request = asked.clone().with("response_type", of);
            let page = answered(&rp, &mut browser, &alice, &request).await;
            let id_token = page.away().parameter("id_token").unwrap();
            app.plant("an ID token", &id_token);
            let claims = claims(&id_token);
            assert_eq!(claims.get("email").is_some(), tells, "{of}: {claims}");
            assert!(claims["sub"].is_string());
        }
    });
}

/// Core §3.2.2.1: what comes through the browser is bound to its request.
#[test]
fn an_id_token_through_the_browser_needs_a_nonce() {
    on_each_database_with(OPEN, async |app| {
        let rp = everything(app.client("ecpa")).register().await;
        let mut browser = app.browser();
        for &of in ResponseType::ALL {
            let request = rp.request().with("response_type", of.as_str());
            assert_eq!(browser.open(&request.address()).await.path(), "/sign-in", "{of}");
            let page = browser.open(&request.clone().without("nonce").address()).await;
            if of.has_id_token() {
                assert_eq!(rp.error(&request, &page), "invalid_request", "{of}");
                assert_eq!(page.away().url.query(), None, "{of}: the error stands in the fragment");
            } else {
                assert_eq!(page.path(), "/sign-in", "{of}");
            }
        }
    });
}

/// A code that a hybrid type gives needs its verifier like any other; types without a code need no challenge.
#[test]
fn pkce_holds_for_every_code_and_for_codes_alone() {
    on_each_database_with(OPEN, async |app| {
        let alice = app.account("alice.hybrid").open().await;
        let rp = everything(app.client("ecpa")).skip_consent().register().await;
        let mut browser = app.browser();
        for &of in ResponseType::ALL {
            let request = rp.request().with("response_type", of.as_str());
            let bare =
                request.clone().changed(&[("code_challenge", ""), ("code_challenge_method", "")]);
            let page = browser.open(&bare.address()).await;
            let refused = page.away.is_some() && page.away().parameter("error").is_some();
            assert_eq!(refused, of.has_code(), "{of}");
        }
        let request = rp.request().with("response_type", "code id_token");
        let page = answered(&rp, &mut browser, &alice, &request).await;
        let code = rp.code(&request, page.away());
        let without = rp.redeem_with(&request, &code, &[("code_verifier", "")]).await;
        assert_eq!(without.error(), "invalid_grant");
        assert_eq!(rp.redeem(&request, &code).await.status, 200);
    });
}

/// Core §3.1.2.1: an ID token is asked for with the scope `openid`, at the authorization endpoint, too.
#[test]
fn an_id_token_through_the_browser_needs_the_scope_openid() {
    on_each_database_with(OPEN, async |app| {
        let rp = everything(app.client("ecpa")).register().await;
        let other = everything(app.client("gcis")).scope("email").register().await;
        let mut browser = app.browser();
        for &of in ResponseType::ALL.iter().filter(|of| of.has_id_token()) {
            let request = rp.request().with("response_type", of.as_str());
            assert_eq!(browser.open(&request.address()).await.path(), "/sign-in", "{of}");
            let page = browser.open(&request.clone().scope("email").address()).await;
            assert_eq!(rp.error(&request, &page), "invalid_scope", "{of}");
            let request = other.request().with("response_type", of.as_str()).scope("email");
            let page = browser.open(&request.address()).await;
            assert_eq!(other.error(&request, &page), "invalid_scope", "{of}");
        }
    });
}

/// What came through the browser ends with the session, whatever was asked for, and a second answer does not follow.
#[test]
fn tokens_through_the_browser_end_with_the_session_and_are_given_once() {
    on_each_database_with(OPEN, async |app| {
        let alice = app.account("alice.once").open().await;
        let rp = everything(app.client("ecpa")).skip_consent().register().await;
        let mut browser = app.browser();
        let request = rp.request().with("response_type", "id_token token");
        let request = request.scope("openid offline_access");
        let page = browser.open(&request.address()).await;
        let page = browser.post(&page.filled_in(&alice)).await;
        let dispatcher = page.location().to_owned();
        let page = browser.go_on(page).await;
        let token = page.away().parameter("access_token").unwrap();
        app.plant("an access token", &token);
        app.plant("an ID token", &page.away().parameter("id_token").unwrap());
        assert_eq!(rp.userinfo(&token).await.status, 200);
        let again = browser.open(&dispatcher).await;
        assert!(again.away.is_none(), "{}", again.describe());
        let page = browser.open(&rp.sign_out_address(None, None)).await;
        browser.press(&page, "logout-confirm").await;
        assert_eq!(rp.userinfo(&token).await.status, 401);
        assert_eq!(rp.introspect(&token).await.body["active"], false);
    });
}

/// A-RED-09: what a client loses between its request and the answer, or after it, is given no more.
#[test]
fn a_client_that_loses_a_right_is_given_nothing_by_it() {
    on_each_database_with(OPEN, async |app| {
        let alice = app.account("alice.loses").open().await;
        let rp = everything(app.client("ecpa")).skip_consent().register().await;
        let mut browser = app.browser();
        let request = rp.request().with("response_type", "code id_token token");
        let request = request.scope("openid offline_access");
        let page = answered(&rp, &mut browser, &alice, &request).await;
        let token = page.away().parameter("access_token").unwrap();
        app.plant("an access token", &token);
        let tokens = rp.finish(&request, &page).await;
        let begin = async |browser: &mut Browser| {
            let request = rp.request().with("response_type", "id_token").prompt("login");
            let waiting = browser.open(&request.address()).await;
            (request, waiting)
        };
        let (begun, waiting) = begin(&mut browser).await;
        rp.change(|own| {
            own.response_types = vec![ResponseType::Code];
            own.grant_types.retain(|of| *of != GrantType::Implicit);
        })
        .await;
        let page = browser.sign_in(&waiting, &alice).await;
        assert_eq!(rp.error(&begun, &page), "access_denied", "the response type");
        assert_eq!(rp.userinfo(&token).await.status, 200, "its weak feature is open still");

        rp.change(|_| {}).await;
        let (begun, waiting) = begin(&mut browser).await;
        rp.change(|own| {
            own.response_types = vec![ResponseType::Code];
            own.grant_types.retain(|of| *of != GrantType::Implicit);
            own.weak_features = WeakFeatures::default();
        })
        .await;
        let page = browser.sign_in(&waiting, &alice).await;
        assert_eq!(rp.error(&begun, &page), "access_denied", "the weak feature");
        assert_eq!(rp.refresh(tokens.refresh_token()).await.error(), "invalid_grant");
        assert_eq!(rp.userinfo(&token).await.status, 401);
        assert_eq!(rp.introspect(&token).await.body["active"], false);
        assert_eq!(rp.introspect(&tokens.access_token).await.body["active"], false);
    });
}

/// Errors travel as answers do: in the fragment, or in a form, never in a query where tokens would stand elsewhere.
#[test]
fn an_error_travels_the_way_its_answer_would() {
    on_each_database_with(OPEN, async |app| {
        let rp = everything(app.client("ecpa")).register().await;
        let mut browser = app.browser();
        for &of in ResponseType::ALL {
            for mode in ["", "form_post"] {
                let request = rp.request().changed(&[("response_mode", mode)]);
                let request = request.with("response_type", of.as_str());
                let silent = browser.open(&request.clone().prompt("none").address()).await;
                let cancelled = browser.open(&request.address()).await;
                let cancelled = browser.press(&cancelled, "cancel").await;
                for (page, error) in [(silent, "login_required"), (cancelled, "access_denied")] {
                    let page =
                        if mode.is_empty() { page } else { browser.press(&page, "continue").await };
                    assert_eq!(rp.error(&request, &page), error, "{of} {mode}");
                    let in_query = mode.is_empty() && of == ResponseType::Code;
                    assert_eq!(page.away().url.query().is_some(), in_query, "{of} {mode}");
                    let in_fragment = mode.is_empty() && of != ResponseType::Code;
                    assert_eq!(page.away().url.fragment().is_some(), in_fragment, "{of} {mode}");
                }
            }
        }
    });
}

/// A-TOK-26: the deployment's lock. By default no type but the code exists.
#[test]
fn what_the_deployment_does_not_offer_does_not_exist() {
    on_each_database(async |app| {
        let rp = everything(app.client("ecpa")).register().await;
        let mut browser = app.browser();
        let request = rp.request();
        assert_eq!(browser.open(&request.address()).await.path(), "/sign-in");
        for &of in ResponseType::ALL.iter().filter(|of| **of != ResponseType::Code) {
            let asked = request.clone().with("response_type", of.as_str());
            let page = browser.open(&asked.address()).await;
            assert_eq!(rp.error(&asked, &page), "unsupported_response_type", "{of}");
        }
        let metadata = app.get("/.well-known/openid-configuration").await;
        assert_eq!(metadata.body["response_types_supported"], json!(["code"]));
    });
}

/// A-TOK-26: the client's lock, where the deployment's is open.
#[test]
fn what_the_client_is_not_registered_for_it_may_not_ask_for() {
    on_each_database_with(OPEN, async |app| {
        let rp = app.client("ecpa").register().await;
        let other = everything(app.client("gcis")).register().await;
        let mut browser = app.browser();
        for &of in ResponseType::ALL.iter().filter(|of| **of != ResponseType::Code) {
            let asked = rp.request().with("response_type", of.as_str());
            let page = browser.open(&asked.address()).await;
            assert_eq!(rp.error(&asked, &page), "unauthorized_client", "{of}");
            let asked = other.request().with("response_type", of.as_str());
            assert_eq!(browser.open(&asked.address()).await.path(), "/sign-in", "{of}");
        }
    });
}

/// A-RED-09, A-TOK-26: a lock that is closed again stops what was begun, and what was given.
#[test]
fn a_deployment_that_closes_a_weak_feature_stops_its_clients_at_once() {
    on_each_database_with(OPEN, async |app| {
        let alice = app.account("alice.closed").open().await;
        let rp = everything(app.client("ecpa")).skip_consent().register().await;
        let mut browser = app.browser();
        let request = rp.request().with("response_type", "code id_token");
        let page = answered(&rp, &mut browser, &alice, &request).await;
        let code = rp.code(&request, page.away());
        let begun = rp.request().with("response_type", "id_token").prompt("login");
        let waiting = browser.open(&begun.address()).await;
        assert_eq!(waiting.path(), "/sign-in");

        let closed =
            app.restarted_with(|config| config.policy.weak_features = WeakFeatures::default());
        let closed: TestApp = closed.await;
        let (rp, mut browser) = (rp.at(&closed), browser.at_node(&closed));
        let waiting = browser.open(&waiting.url[url::Position::BeforePath..]).await;
        let page = browser.sign_in(&waiting, &alice).await;
        assert_eq!(rp.error(&begun, &page), "access_denied");
        assert_eq!(rp.redeem(&request, &code).await.error(), "invalid_grant");
        let code = rp.request();
        let page = rp.answer(&mut browser, &alice, &code).await;
        rp.finish(&code, &page).await;
    });
}
