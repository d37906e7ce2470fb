//! Request objects by reference (OpenID Connect Core §6.2): what is fetched, when, and what is not. Each refusal differs by
//! one change from a request that is answered.

use std::time::Duration;

use fuxin::base::limits;
use fuxin::oauth::https_uri::{HttpsUri, RequestUri};
use fuxin::oauth::weak_feature::{WeakFeature, WeakFeatures};
use serde_json::json;

use crate::support::clock::rest;
use crate::support::signed_object::{KEYS, ObjectKeys, changed, unsigned};
use crate::support::{
    Answer, Browser, ClientBuilder, RelyingParty, Request, Site, TestApp, on_each_database,
    on_each_database_with,
};

const JWT: &str = "application/jwt";

/// A client whose request objects lie at these addresses.
fn client(app: &TestApp, uris: &[&str]) -> ClientBuilder {
    let uris = uris.iter().map(|uri| RequestUri::parse(uri).unwrap()).collect();
    app.client("rp").skip_consent().with(|own| {
        own.jwks = Some(KEYS.jwks());
        own.request_uris = uris;
        own.weak_features = WeakFeatures::from_iter([WeakFeature::UnsignedRequestObject]);
    })
}

async fn signed_in(app: &TestApp) -> Browser {
    let alice = app.account("alice.of.references").open().await;
    let mut browser = app.browser();
    browser.sign_in_at_home(&alice).await;
    browser
}

/// How a request with this `request_uri` beside everything else is refused; `None` if it is answered.
async fn refusal(
    rp: &RelyingParty,
    browser: &mut Browser,
    request: &Request,
    uri: &str,
) -> Option<String> {
    let page = browser.open(&request.clone().with("request_uri", uri).address()).await;
    let error = page.away().parameter("error");
    match &error {
        Some(_) => assert_eq!(Some(rp.error(request, &page)), error),
        None => drop(rp.code(request, page.away())),
    }
    error
}

/// It is fetched once, before anybody sees a page: what it says is known on the first one, and nothing is fetched later.
#[test]
fn an_object_is_fetched_once_before_any_page() {
    let site = Site::start();
    let settings = site.settings() + "[policy]\nweak_features = [\"unsigned_request_object\"]";
    on_each_database_with(&settings, async |app| {
        let alice = app.account("alice.fetched").open().await;
        let plain = site.url("/object?of=alice");
        // What stands behind the number sign is part of the registration, and no hash of anything.
        let with_fragment = site.url("/object#8PMKDkJPVFUFoOjJ");
        let rp = client(app, &[&plain, &with_fragment]).register().await;
        for uri in [plain, with_fragment] {
            for sign in [|claims: &_| KEYS.sign("RS256", claims), |claims: &_| unsigned(claims)] {
                let request = rp.request();
                let object = changed(rp.object(app, &request), &json!({ "ui_locales": "en" }));
                // Files mostly end with a line break.
                site.put("/object", Answer::of(JWT, sign(&object) + "\n"));
                site.asked();
                let sent = request.only_with("request_uri", &uri);
                let mut browser = app.browser();
                let begun = browser.get(&sent.address()).await;
                assert_eq!(
                    (begun.status, begun.location().split('?').next()),
                    (303, Some("/sign-in"))
                );
                let asked = site.asked();
                assert_eq!(asked.len(), 1);
                let path = uri.split('#').next().unwrap();
                assert_eq!(
                    (asked[0].method.as_str(), site.url(&asked[0].path).as_str()),
                    ("GET", path)
                );
                // The site may change it now, or be away.
                site.put("/object", Answer::of(JWT, "x"));
                let page = browser.open(begun.location()).await;
                assert_eq!(page.attribute("html", "lang").as_deref(), Some("en"));
                let page = browser.sign_in(&page, &alice).await;
                rp.finish(&sent, &page).await;
                assert_eq!(site.asked(), []);
            }
        }
    });
}

/// A-RED-13, Core §6.2: only what the client has registered is fetched, whole and byte by byte.
#[test]
fn an_address_that_is_not_registered_is_not_fetched() {
    let site = Site::start();
    on_each_database_with(&site.settings(), async |app| {
        let mut browser = signed_in(app).await;
        let long = |length: usize| {
            let path = site.url("/");
            format!("{path}{}", "x".repeat(length - path.len()))
        };
        let (uri, longest) = (site.url("/object#1"), long(limits::REQUEST_URI));
        let rp = client(app, &[&uri, &longest]).register().await;
        let request = rp.request();
        let object = KEYS.sign("ES256", &rp.object(app, &request));
        for path in ["/object", &longest[site.url("").len()..]] {
            site.put(path, Answer::of(JWT, object.clone()));
        }
        for bad in [
            site.url("/object"),
            site.url("/object#2"),
            site.url("/object?x=1#1"),
            site.url("/Object#1"),
            site.url("/x/../object#1"),
            uri.replace("https", "http"),
            uri.replace("https", "HTTPS"),
            uri.replace("127.0.0.1", "localhost"),
            uri.replace("127.0.0.1", "u:p@127.0.0.1"),
            uri.replace("https://", "file:///"),
            format!("{uri}#2"),
            long(limits::REQUEST_URI + 1),
            "urn:ietf:params:oauth:request_uri:1".to_owned(),
            "x".to_owned(),
        ] {
            let refused = refusal(&rp, &mut browser, &request, &bad).await;
            assert_eq!(refused.as_deref(), Some("invalid_request_uri"), "{bad}");
            // Without a way back beside it there is none.
            let page = browser.open(&request.only_with("request_uri", &bad).address()).await;
            assert_eq!((page.status, page.code().as_str()), (400, "ERR-103"));
        }
        let both = request.clone().with("request", &object);
        let refused = refusal(&rp, &mut browser, &both, &uri).await;
        assert_eq!(refused.as_deref(), Some("invalid_request"));
        assert_eq!(site.asked(), []);
        for good in [uri, longest] {
            assert_eq!(refusal(&rp, &mut browser, &request, &good).await, None);
        }
        assert_eq!(site.asked().len(), 2);
    });
}

/// The guard: no private address that the deployment does not name, registered or not.
#[test]
fn a_registered_address_is_fetched_only_where_the_guard_lets_it() {
    let site = Site::start();
    on_each_database(async |app| {
        let mut browser = signed_in(app).await;
        let uris = [
            site.url("/object"),
            "https://169.254.169.254/latest".to_owned(),
            "https://[::1]/object".to_owned(),
            "https://0x7f.1/object".to_owned(),
        ];
        let rp = client(app, &uris.each_ref().map(String::as_str)).register().await;
        let request = rp.request();
        site.put("/object", Answer::of(JWT, KEYS.sign("ES256", &rp.object(app, &request))));
        for uri in uris {
            let refused = refusal(&rp, &mut browser, &request, &uri).await;
            assert_eq!(refused.as_deref(), Some("invalid_request_uri"), "{uri}");
        }
        assert_eq!(site.asked(), []);
    });
}

#[test]
fn a_document_that_is_no_object_is_refused() {
    let site = Site::start();
    on_each_database_with(&site.settings(), async |app| {
        let mut browser = signed_in(app).await;
        let uri = site.url("/object");
        let rp = client(app, &[&uri]).register().await;
        let request = rp.request();
        let claims = rp.object(app, &request);
        let object = KEYS.sign("ES256", &claims);
        let good = Answer::of(JWT, object.clone());
        site.put("/elsewhere", good.clone());
        let of = |body: Vec<u8>| Answer::of(JWT, body);
        let (of_uri, of_object) = (Some("invalid_request_uri"), Some("invalid_request_object"));
        let nested = changed(claims.clone(), &json!({ "request_uri": uri }));
        for (answer, expected) in [
            (good.clone(), None),
            (good.clone().status("302 Found").header("location", &site.url("/elsewhere")), of_uri),
            (
                good.clone().status("307 Temporary Redirect").header("location", "/elsewhere"),
                of_uri,
            ),
            (good.clone().status("404 Not Found"), of_uri),
            (good.clone().status("201 Created"), of_uri),
            (good.clone().header("content-encoding", "gzip"), of_uri),
            (Answer::of("text/html", object.clone()), of_uri),
            (Answer::of("application/json", object.clone()), of_uri),
            (Answer::of("application/oauth-authz-req+jwt; charset=utf-8", object.clone()), None),
            (of(vec![b'x'; limits::REQUEST_OBJECT_DOCUMENT + 1]), of_uri),
            (of(vec![b'x'; limits::REQUEST_OBJECT_DOCUMENT]), of_object),
            (of(vec![0xff; 3]), of_object),
            (of(Vec::new()), of_object),
            (of(unsigned(&claims).into()), of_object),
            (of(ObjectKeys::random().sign("ES256", &claims).into()), of_object),
            (of(KEYS.sign("ES256", &nested).into()), of_object),
            (good.clone(), None),
        ] {
            site.put("/object", answer.clone());
            let refused = refusal(&rp, &mut browser, &request, &uri).await;
            assert_eq!(refused.as_deref(), expected, "{answer:?}");
            assert_eq!(site.asked().len(), 1, "nothing else was fetched");
        }
    });
}

/// A site that hangs delays who came from it, for as long as a fetch may take, and nobody else.
#[test]
fn a_site_that_hangs_is_not_waited_for() {
    let site = Site::start();
    on_each_database_with(&site.settings(), async |app| {
        let mut browser = signed_in(app).await;
        let uri = site.url("/object");
        let rp = client(app, &[&uri]).register().await;
        let request = rp.request();
        let object = Answer::of(JWT, KEYS.sign("ES256", &rp.object(app, &request)));
        site.put("/object", object.clone().never());
        let others = app.client("gcis").skip_consent().register().await;
        let (mut other, answered) = (browser.clone(), others.request());
        let longest = Duration::from_secs(u64::from(limits::OUTBOUND_SECONDS) + 3);
        let waits = tokio::time::timeout(longest, refusal(&rp, &mut browser, &request, &uri));
        let meanwhile = async {
            let page = other.open(&answered.address()).await;
            others.code(&answered, page.away());
            site.asked().len()
        };
        let (refused, _) = tokio::join!(waits, meanwhile);
        assert_eq!(refused.unwrap().as_deref(), Some("invalid_request_uri"));
        site.put("/object", object);
        assert_eq!(refusal(&rp, &mut browser, &request, &uri).await, None);
    });
}

/// A-JOS-03: keys are fetched from the registered address only, and not for what no key could make good.
#[test]
fn the_keys_behind_a_registered_address_verify_and_no_other_address_is_asked() {
    let site = Site::start();
    on_each_database_with(&site.settings(), async |app| {
        let mut browser = signed_in(app).await;
        let keys = HttpsUri::parse(&site.url("/keys")).unwrap();
        site.put("/keys", Answer::of("application/json", KEYS.jwks().to_string()));
        site.put("/thief", Answer::of("application/json", KEYS.jwks().to_string()));
        let rp = client(app, &[]).with(|own| {
            own.jwks = None;
            own.jwks_uri = Some(keys);
        });
        let rp = rp.register().await;
        let request = rp.request();
        let claims = rp.object(app, &request);
        let mut sent = async |object: &str| {
            let page = browser.open(&request.clone().with("request", object).address()).await;
            page.away().parameter("error")
        };
        let refused = Some("invalid_request_object".to_owned());
        for member in ["jku", "x5u"] {
            let header = json!({ "alg": "ES256", "kid": "ec", member: site.url("/thief") });
            assert_eq!(sent(&KEYS.sign_as(&header, &claims)).await, refused);
        }
        assert_eq!(sent(&unsigned(&claims)).await, refused);
        assert_eq!(site.asked(), []);
        let thief = ObjectKeys::random();
        assert_eq!(sent(&thief.sign("ES256", &claims)).await, refused);
        assert_eq!(sent(&KEYS.sign("ES256", &claims)).await, None);
        let asked: Vec<_> = site.asked().into_iter().map(|one| one.path).collect();
        assert_eq!(asked, ["/keys"]);
        // They were fetched a moment ago: a name that is not among them is not looked for again yet.
        let header = json!({ "alg": "ES256", "kid": "new" });
        assert_eq!(sent(&KEYS.sign_as(&header, &claims)).await, refused);
        assert_eq!(site.asked(), []);
        let mut renewed = KEYS.jwks();
        renewed["keys"][1]["kid"] = json!("new");
        site.put("/keys", Answer::of("application/json", renewed.to_string()));
        rest(limits::CLIENT_KEYS_AGAIN_SECONDS).await;
        assert_eq!(sent(&KEYS.sign_as(&header, &claims)).await, None);
        assert_eq!(site.asked().len(), 1);
        // So is one whose name was a key's of another kind.
        let header = json!({ "alg": "RS256", "kid": "new" });
        assert_eq!(sent(&KEYS.sign_as(&header, &claims)).await, refused);
        let mut changed = KEYS.jwks();
        changed["keys"][0]["kid"] = json!("new");
        site.put("/keys", Answer::of("application/json", changed.to_string()));
        rest(limits::CLIENT_KEYS_AGAIN_SECONDS).await;
        assert_eq!(sent(&KEYS.sign_as(&header, &claims)).await, None);
        assert_eq!(site.asked().len(), 1);
    });
}
