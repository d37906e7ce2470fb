//! What every client library looks at in an answer, whatever it asked for.

use std::collections::{BTreeMap, BTreeSet};

use fuxin::base::time::Lifetime;
use fuxin::oauth::grant_type::GrantType;
use fuxin::oauth::response_type::ResponseType;
use fuxin::oauth::weak_feature::{WeakFeature, WeakFeatures};
use serde_json::{Value, json};

use crate::support::jose::claims;
use crate::support::registrant::{Policy, Registrant};
use crate::support::{ClientBuilder, Page, on_each_database, on_each_database_with};

const OPEN: &str =
    "[policy]\nweak_features = [\"implicit_flow\", \"hybrid_flow\", \"dynamic_registration\"]";

fn everything(client: ClientBuilder) -> ClientBuilder {
    client.skip_consent().with(|own| {
        own.response_types = ResponseType::ALL.to_vec();
        own.grant_types.push(GrantType::Implicit);
        own.weak_features =
            WeakFeatures::from_iter([WeakFeature::ImplicitFlow, WeakFeature::HybridFlow]);
    })
}

/// OAuth 2.0 §5.1, §5.2
#[test]
fn the_token_endpoint_answers_in_json_for_better_and_worse() {
    on_each_database(async |app| {
        let alice = app.account("alice.in.json").open().await;
        let ecpa = app.client("ecpa").skip_consent().register().await;
        let (request, code) = {
            let request = ecpa.request();
            let page = ecpa.answer(&mut app.browser(), &alice, &request).await;
            let code = ecpa.code(&request, page.away());
            (request, code)
        };
        let given = ecpa.redeem(&request, &code).await;
        let refreshed = ecpa.refresh(given.text("refresh_token")).await;
        let replayed = ecpa.redeem(&request, &code).await;
        for (answer, status) in [(given, 200), (refreshed, 200), (replayed, 400)] {
            assert_eq!(answer.status, status);
            assert_eq!(answer.header("content-type"), "application/json");
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    });
}

/// RFC 7591 §3.2.1, §3.2.2, RFC 7592 §2.1
#[test]
fn registration_answers_in_json_for_better_and_worse() {
    on_each_database_with(OPEN, async |app| {
        let registrant = Registrant::with(app, Policy::wide()).await;
        let own = registrant.plain().await;
        let refused = registrant.register(json!({ "redirect_uris": ["https://a.test/#x"] })).await;
        for (answer, status) in [(own.get().await, 200), (refused, 400)] {
            assert_eq!(answer.status, status);
            assert_eq!(answer.header("content-type"), "application/json");
        }
    });
}

/// Form Post Response Mode §2
#[test]
fn a_posted_answer_is_a_form_that_is_posted_as_forms_are() {
    on_each_database(async |app| {
        let alice = app.account("alice.posts").open().await;
        let ecpa = app.client("ecpa").skip_consent().register().await;
        let request = ecpa.request().with("response_mode", "form_post");
        let page = ecpa.answer(&mut app.browser(), &alice, &request).await;
        let of_form = |name: &str| page.attribute("form:has(#continue)", name);
        assert_eq!(of_form("method").map(|word| word.to_lowercase()).as_deref(), Some("post"));
        assert_eq!(of_form("enctype"), None, "which is application/x-www-form-urlencoded");
        assert_eq!(of_form("action").as_deref(), Some(ecpa.redirect_uri()));
    });
}

/// The parameters of an answer, whichever way it travels.
fn parameters(page: &Page) -> BTreeSet<String> {
    let away = page.away();
    let of_text = |text: Option<&str>| {
        let pairs = url::form_urlencoded::parse(text.unwrap_or_default().as_bytes());
        pairs.map(|(name, _)| name.into_owned()).collect::<Vec<_>>()
    };
    let in_form = away.form.iter().map(|(name, _)| name.clone());
    of_text(away.url.query())
        .into_iter()
        .chain(of_text(away.url.fragment()))
        .chain(in_form)
        .collect()
}

/// OAuth 2.0 §4.1.2.1, RFC 9207 §2
#[test]
fn a_refusal_has_these_parameters_and_no_others() {
    on_each_database_with(OPEN, async |app| {
        let rp = everything(app.client("ecpa")).register().await;
        let expected = ["error", "error_description", "iss", "state"].map(str::to_owned);
        for (of, mode) in [("code", ""), ("code id_token", ""), ("code", "form_post")] {
            let request = rp.request().prompt("none").with("response_type", of);
            let request = request.changed(&[("response_mode", mode)]);
            let mut browser = app.browser();
            let page = browser.open(&request.address()).await;
            let page = match page.away {
                Some(_) => page,
                None => browser.press(&page, "continue").await,
            };
            assert_eq!(rp.error(&request, &page), "login_required");
            assert_eq!(parameters(&page), BTreeSet::from(expected.clone()), "{of} {mode}");
        }
    });
}

/// Bits that a guess has to get right, as far as one text tells (Shannon).
fn entropy(text: &str) -> f64 {
    let mut counts = BTreeMap::new();
    for character in text.chars() {
        *counts.entry(character).or_insert(0_u32) += 1;
    }
    let length = f64::from(u32::try_from(text.chars().count()).unwrap());
    let of_one = |count: &u32| {
        let share = f64::from(*count) / length;
        -share * share.log2()
    };
    counts.values().map(of_one).sum::<f64>() * length
}

/// OAuth 2.0 §10.10: nobody guesses one.
#[test]
fn codes_and_tokens_are_long_and_differ_from_each_other() {
    on_each_database(async |app| {
        let alice = app.account("alice.unguessed").open().await;
        let ecpa = app.client("ecpa").skip_consent().register().await;
        let mut browser = app.browser();
        let mut seen = BTreeSet::new();
        for _ in 0..8 {
            let request = ecpa.request();
            let page = ecpa.answer(&mut browser, &alice, &request).await;
            let code = ecpa.code(&request, page.away());
            let answer = ecpa.redeem(&request, &code).await;
            let tokens = ["access_token", "refresh_token"].map(|name| answer.text(name).to_owned());
            for text in tokens.into_iter().chain([code]) {
                let (_, random) = text.split_once('_').unwrap();
                assert!(random.len() >= 43 && entropy(random) > 96.0, "{}", random.len());
                assert!(seen.insert(text));
            }
        }
    });
}

/// Core §2, §12.2
#[test]
fn an_id_token_is_of_the_moment_of_its_answer_and_remembers_the_sign_in() {
    on_each_database(async |app| {
        let alice = app.account("alice.in.time").open().await;
        let ecpa = app.client("ecpa").with(|own| own.require_auth_time = true).register().await;
        let now = || json!(app.context().now.seconds());
        let began = now();
        let tokens = ecpa.sign_in(&mut app.browser(), &alice).await;
        assert_eq!((&tokens.claims["iat"], &tokens.claims["auth_time"]), (&began, &began));
        app.wait(Lifetime::seconds(5));
        let refreshed = ecpa.refreshed(tokens.refresh_token()).await;
        assert_eq!(refreshed.claims["iat"], now());
        for name in ["iss", "sub", "aud", "auth_time"] {
            assert_eq!(refreshed.claims[name], tokens.claims[name], "{name}");
        }
    });
}

/// Core §2: `sub` has at most 255 characters of ASCII.
#[test]
fn a_subject_is_short_and_plain() {
    on_each_database(async |app| {
        let alice = app.account("alice.plain").open().await;
        let mut browser = app.browser();
        for client in [app.client("ecpa"), app.client("gcis").public_subjects()] {
            let tokens = client.register().await.sign_in(&mut browser, &alice).await;
            let subject = tokens.subject();
            assert!((1..=255).contains(&subject.len()), "{subject}");
            assert!(subject.bytes().all(|byte| byte.is_ascii_graphic()), "{subject}");
        }
    });
}

/// Core §3.3.3.6: both ID tokens and userinfo speak of the same person.
#[test]
fn whatever_comes_first_speaks_of_the_same_person() {
    on_each_database_with(OPEN, async |app| {
        let alice = app.account("alice.is.one").open().await;
        let rp = everything(app.client("ecpa")).register().await;
        let mut browser = app.browser();
        let known = rp.sign_in(&mut browser, &alice).await.subject().to_owned();
        for &of in ResponseType::ALL.iter().filter(|of| of.has_id_token()) {
            let request = rp.request().with("response_type", of.as_str());
            let page = rp.answer(&mut browser, &alice, &request).await;
            let told = |name: &str| page.away().parameter(name);
            assert_eq!(claims(&told("id_token").unwrap())["sub"], json!(known), "{of}");
            if let Some(token) = told("access_token") {
                assert_eq!(rp.userinfo(&token).await.body["sub"], json!(known), "{of}");
            }
            if let Some(code) = told("code") {
                let answer = rp.redeem(&request, &code).await;
                assert_eq!(claims(answer.text("id_token"))["sub"], json!(known), "{of}");
            }
        }
    });
}

/// Core §5.4: where there is no access token, the ID token says what userinfo would.
#[test]
fn an_id_token_alone_has_every_claim_of_the_scopes() {
    on_each_database_with(OPEN, async |app| {
        let alice = app.account("alice.tells.all").open().await;
        let rp = everything(app.client("ecpa")).register().await;
        let mut browser = app.browser();
        let scope = "openid profile email address phone";
        let tokens = rp.sign_in_for(&mut browser, &alice, scope).await;
        let userinfo = rp.userinfo(&tokens.access_token).await.body;
        let request = rp.request().scope(scope).with("response_type", "id_token");
        let page = rp.answer(&mut browser, &alice, &request).await;
        let told = claims(&page.away().parameter("id_token").unwrap());
        for name in ["name", "email", "address", "phone_number"] {
            assert_ne!(userinfo[name], Value::Null, "{name}");
        }
        for (name, value) in userinfo.as_object().unwrap() {
            assert_eq!(&told[name], value, "{name}");
        }
    });
}

/// RP-Initiated Logout §2: nothing but the person's word is needed, and nobody is sent anywhere.
#[test]
fn a_sign_out_without_a_way_back_ends_on_our_own_page() {
    on_each_database(async |app| {
        let alice = app.account("alice.stays.here").open().await;
        let ecpa = app.client("ecpa").skip_consent().register().await;
        for with_hint in [None, Some("")] {
            for state in ["", "state=st"] {
                let mut browser = app.browser();
                let tokens = ecpa.sign_in(&mut browser, &alice).await;
                let hint = with_hint.map(|_| format!("&id_token_hint={}", tokens.id_token));
                let hint = hint.unwrap_or_default();
                let page = browser.open(&format!("/end-session?{state}{hint}")).await;
                let page = if page.has("logout-confirm") {
                    browser.press(&page, "logout-confirm").await
                } else {
                    page
                };
                assert!(page.away.is_none(), "{}", page.describe());
                assert_eq!((page.path(), page.status), ("/end-session", 200));
                assert!(page.heading().contains("已登出"), "{}", page.heading());
                assert_eq!(ecpa.userinfo(&tokens.access_token).await.status, 401);
            }
        }
    });
}
