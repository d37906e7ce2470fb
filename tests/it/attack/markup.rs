//! Markup in what others say of themselves, and in what a request brings along: on every page it is text, in the log a part
//! of one line.

use scraper::{Html, Node};
use serde_json::json;

use crate::support::registrant::{OPEN, Policy, REDIRECT_URI, Registrant};
use crate::support::{Page, log, on_each_database, on_each_database_with};

/// Ends of text, of attributes, of elements and of scripts, and what the syntaxes around them would make of more.
const PAYLOADS: [&str; 16] = [
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</h1></main><img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "' onfocus=alert(1) autofocus='",
    "\" style=\"position:fixed\" x=\"",
    "</textarea></noscript><iframe src=//evil.test>",
    "<base href=//evil.test/>",
    "<form action=//evil.test><button>",
    "<meta http-equiv=refresh content=0;url=//evil.test>",
    "<!--",
    "]]><x>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x&#62;",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "`-alert(1)-`\\\"-alert(1)//",
];

/// Every element of a page, in order, each with the names of its attributes: what no text may change.
fn elements(page: &Page) -> Vec<String> {
    let document = Html::parse_document(&page.html);
    let nodes = document.tree.nodes().filter_map(|node| match node.value() {
        Node::Element(element) => {
            let mut names: Vec<&str> = element.attrs().map(|(name, _)| name).collect();
            names.sort_unstable();
            Some(format!("{} {}", element.name(), names.join(" ")))
        }
        Node::Comment(_) => Some("a comment".to_owned()),
        _ => None,
    });
    nodes.collect()
}

/// A-INJ-01: whatever a client calls itself, and on whatever page.
#[test]
fn a_clients_name_is_text_on_every_page() {
    on_each_database_with(OPEN, async |app| {
        let registrant = Registrant::with(app, Policy::wide().clients(100)).await;
        let alice = app.account("alice.reads").open().await;
        let pages_of = async |name: &str| {
            let members = json!({ "redirect_uris": [REDIRECT_URI], "client_name": name });
            let own = registrant.registered(members).await;
            assert_eq!(own.told["client_name"], name);
            let mut browser = app.browser();
            let sign_in = browser.open(&own.site().request().address()).await;
            let consent = browser.sign_in(&sign_in, &alice).await;
            assert!(consent.has("consent-approve"), "{name}");
            let question = browser.open(&format!("/end-session?client_id={}", own.id)).await;
            assert!(question.has("logout-confirm"), "{name}");
            [sign_in, consent, question]
        };
        let plain = pages_of("plain").await.map(|page| elements(&page));
        for payload in PAYLOADS {
            let pages = pages_of(payload).await;
            let words: Vec<_> = payload.split_whitespace().collect();
            for (page, plain) in pages.iter().zip(&plain) {
                assert_eq!(elements(page), *plain, "{payload} on {}", page.path());
                assert!(page.text("body").contains(&words.join(" ")), "{payload} is shown");
            }
        }
    });
}

/// A-INJ-01: an address that a page would link to is one of https.
#[test]
fn a_clients_addresses_are_no_scripts() {
    on_each_database_with(OPEN, async |app| {
        let registrant = Registrant::with(app, Policy::wide()).await;
        let with = |member: &str, uri: &str| {
            let mut members = json!({ "redirect_uris": [REDIRECT_URI] });
            members[member] = json!(uri);
            members
        };
        for member in ["policy_uri", "tos_uri", "logo_uri", "client_uri", "initiate_login_uri"] {
            for uri in [
                "javascript:alert(1)",
                " JavaScript:alert(1)",
                "java\tscript:alert(1)",
                "data:text/html,<script>alert(1)</script>",
                "vbscript:x",
                "//evil.test",
                "https://a.example/\"><script>alert(1)</script>",
            ] {
                let refused = registrant.register(with(member, uri)).await;
                let expected = (400, "invalid_client_metadata");
                assert_eq!((refused.status, refused.error()), expected, "{member} {uri}");
            }
        }
        let policy = registrant.register(with("policy_uri", "https://a.example/policy")).await;
        assert_eq!(policy.status, 201);
    });
}

/// A-INJ-01, A-INJ-07: what a request brings along is text in a page, and no part of an error's.
#[test]
fn what_a_request_brings_along_is_text() {
    on_each_database(async |app| {
        let rp = app.client("rp").skip_consent().register().await;
        let alice = app.account("alice.is.sent").open().await;
        let mut known = app.browser();
        rp.sign_in(&mut known, &alice).await;
        let mut pages_with = async |text: &str| {
            let mut new = app.browser();
            let hinted = rp.request().with("login_hint", text).with("ui_locales", text);
            let sign_in = new.open(&hinted.address()).await;
            let form = sign_in.form("login-submit").put("username", text).put("password", "x");
            let refused = new.post(&form).await;
            let posted = rp.request().with("state", text).with("response_mode", "form_post");
            let posted = known.open(&posted.address()).await;
            assert_eq!(posted.form("continue").value("state"), text);
            let wrong = known.open(&rp.request().with("redirect_uri", text).address()).await;
            let asked = rp.request().with("scope", text).address();
            let told = known.open(&asked).await.away().parameter("error_description").unwrap();
            assert!(!told.contains(text), "{told}");
            let help = known.open(&format!("/help?code={}", urlencoding(text))).await;
            assert!(!wrong.text("body").contains(text), "an error says nothing of what was sent");
            [sign_in, refused, posted, wrong, help]
        };
        let plain = pages_with("plain").await.map(|page| elements(&page));
        for payload in PAYLOADS {
            for (page, plain) in pages_with(payload).await.iter().zip(&plain) {
                assert_eq!(elements(page), *plain, "{payload} on {}", page.path());
            }
        }
    });
}

fn urlencoding(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A-INJ-04: what happens is one line, and that line is JSON.
#[test]
fn no_line_of_the_log_is_somebody_elses() {
    on_each_database(async |app| {
        let rp = app.client("rp").register().await;
        let lines = async |text: &str| {
            let before = log::lines().len();
            let hinted = rp.request().with("login_hint", text);
            let mut browser = app.browser();
            // No byte of a header may be a line's end; these are what is left.
            browser
                .headers
                .push(("user-agent".to_owned(), "\"}\u{9}{\"level\":\"ERROR\"".to_owned()));
            browser.open(&hinted.address()).await;
            let page = browser.open(&rp.request().address()).await;
            let form = page.form("login-submit").put("username", text).put("password", text);
            browser.post(&form).await;
            app.post("/token", &[("grant_type", text), ("client_id", text), ("code", text)]).await;
            browser.open(&format!("/{}", urlencoding(text))).await;
            let of_it = log::lines().split_off(before);
            let requests = of_it.iter().filter(|line| line["fields"]["message"] == "request");
            assert!(requests.count() >= 5, "{text:?}");
            assert!(of_it.iter().all(|line| line["level"] != "ERROR"), "{text:?}");
        };
        for text in [
            "a\r\n{\"timestamp\":\"\",\"level\":\"ERROR\",\"message\":\"forged\"}",
            "a\u{1b}[2J\u{1b}[31m",
            "a\u{2028}b\u{2029}c\u{85}d",
            "\"}\n{\"level\":\"INFO\"}",
            "a\u{0}b\u{7f}",
        ] {
            lines(text).await;
        }
        assert!(log::lines().iter().all(|line| line["fields"]["message"] != "forged"));
    });
}
