//! What a registration makes Fuxin look at elsewhere: the sector's document and the logo.

use fuxin::base::time::{Clock, Lifetime};
use fuxin::client::expiry;
use fuxin::oauth::weak_feature::WeakFeatures;
use serde_json::{Value, json};

use crate::support::assertion::AssertionKey;
use crate::support::registrant::{OPEN, Own, PNG, Policy, REDIRECT_URI, Registrant, send};
use crate::support::{Answer, Site};
use crate::support::{log, on_each_database_with};

const SECTOR: &str = "/sector.json";
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Registration §5: a sector's owner says whose redirect URIs belong to it, and is asked again when they change.
#[test]
fn a_sector_is_entered_by_its_owners_word_only() {
    let site = Site::start();
    on_each_database_with(&format!("{OPEN}\n{}", site.settings()), async |app| {
        let registrant = Registrant::with(app, Policy::wide()).await;
        let uris = ["https://a.example/cb", "https://b.example/cb"];
        let request = |uris: &[&str]| json!({ "redirect_uris": uris, "sector_identifier_uri": site.url(SECTOR) });
        for (kind, document) in [
            ("text/html", json!(uris).to_string()),
            ("application/json", json!({ "redirect_uris": uris }).to_string()),
            ("application/json", json!([uris[0]]).to_string()),
        ] {
            site.put(SECTOR, Answer::of(kind, document.clone()));
            let refused = registrant.register(request(&uris)).await;
            let told = (refused.status, refused.error());
            assert_eq!(told, (400, "invalid_client_metadata"), "{kind} {document}");
        }
        site.put(SECTOR, Answer::of("application/json", json!(uris).to_string()));
        let own = registrant.registered(request(&uris)).await;
        let client = app.context().store.find_client(own.id.parse().unwrap()).await.unwrap();
        assert_eq!(client.unwrap().settings().sector, "127.0.0.1");

        let read = site.count(SECTOR);
        let own = own.replaced(json!({ "client_name": "another name" })).await;
        assert_eq!(site.count(SECTOR), read, "nothing changed that it speaks of");
        let moved = json!({ "redirect_uris": ["https://c.example/cb"] });
        let refused = own.put(&own.changed(moved.clone())).await;
        assert_eq!(refused.error(), "invalid_client_metadata");
        assert_eq!(site.count(SECTOR), read + 1);
        site.put(
            SECTOR,
            Answer::of("application/json", json!(["https://c.example/cb"]).to_string()),
        );
        own.replaced(moved).await;
    });
}

/// How often the guard refused to fetch this, as the log tells.
fn refused(purpose: &str, uri: &str) -> usize {
    log::count(&format!(
        r#""an outbound fetch was refused","fetch.purpose":"{purpose}","fetch.url":"{uri}""#
    ))
}

/// A-NET-02: a registration leads nowhere that the guard does not allow, neither when it is made nor when it is used.
#[test]
fn no_registration_makes_us_look_at_a_private_address() {
    on_each_database_with(OPEN, async |app| {
        let registrant = Registrant::with(app, Policy::wide()).await;
        for uri in ["https://127.0.0.1/x", "https://169.254.169.254/latest", "https://[::1]/x"] {
            for (member, purpose) in
                [("sector_identifier_uri", "sector_identifier"), ("logo_uri", "logo")]
            {
                let request = json!({ "redirect_uris": [REDIRECT_URI], member: uri });
                let answer = registrant.register(request).await;
                assert_eq!(answer.error(), "invalid_client_metadata", "{member} {uri}");
                assert_eq!(refused(purpose, uri), 1, "{member}");
            }
            let own = registrant.registered(json!({
                "redirect_uris": [REDIRECT_URI], "request_uris": [uri], "jwks_uri": uri,
                "token_endpoint_auth_method": "private_key_jwt",
            }));
            let own = own.await;
            let now = app.clock.now().seconds();
            let claims = AssertionKey::claims(&own.id, &app.issuer, now);
            let assertion = AssertionKey::random().sign(&claims);
            let form = [
                ("grant_type", "authorization_code"),
                ("code", "x"),
                ("client_assertion_type", ASSERTION),
                ("client_assertion", &assertion),
            ];
            let answer = app.post("/token", &form).await;
            assert_eq!((answer.status, answer.error()), (401, "invalid_client"));
            assert_eq!(refused("client_keys", uri), 1);
            let site = own.site();
            let request = site.request().with("request_uri", uri);
            let page = app.browser().open(&request.address()).await;
            assert_eq!(site.error(&request, &page), "invalid_request_uri");
            assert_eq!(refused("request_object", uri), 1);
        }
    });
}

/// Registration §2, A-INJ-06: people see the logo and the links where they sign in, and the picture comes from us, from no
/// path that somebody could choose.
#[test]
fn a_logo_is_fetched_once_and_shown_from_our_origin() {
    let site = Site::start();
    site.put("/logo.png", Answer::of("image/png", PNG));
    site.put(
        "/logo.svg",
        Answer::of("image/svg+xml", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
    );
    site.put("/false.png", Answer::of("image/png", "<svg/>"));
    on_each_database_with(&format!("{OPEN}\n{}", site.settings()), async |app| {
        let registrant = Registrant::with(app, Policy::wide()).await;
        let with = |logo: &str| {
            json!({
                "redirect_uris": [REDIRECT_URI], "client_name": "稅務", "logo_uri": site.url(logo),
                "policy_uri": "https://rp.example/privacy", "tos_uri": "https://rp.example/terms",
            })
        };
        for unusable in ["/logo.svg", "/false.png", "/none.png"] {
            let refused = registrant.register(with(unusable)).await;
            assert_eq!((refused.status, refused.error()), (400, "invalid_client_metadata"));
        }
        let before = site.count("/logo.png");
        let own = registrant.registered(with("/logo.png")).await;
        assert_eq!(own.told["logo_uri"], Value::from(site.url("/logo.png")));
        assert_eq!(own.told["logo"], Value::Null, "how we keep it is ours");
        let own = own.replaced(json!({ "client_name": "財稅" })).await;
        assert_eq!(site.count("/logo.png"), before + 1);

        let mut browser = app.browser().speaking("zh-Hant");
        let page = browser.open(&own.site().request().address()).await;
        let logo = page.attribute("main img.logo", "src").unwrap();
        assert_eq!(page.attribute("main img.logo", "alt").unwrap(), "財稅");
        for (uri, text) in
            [("https://rp.example/privacy", "隱私權政策"), ("https://rp.example/terms", "服務條款")]
        {
            assert_eq!(page.text(&format!("main a[href='{uri}']")), text);
        }
        let picture = app.http.get(app.url(&logo)).send().await.unwrap();
        assert_eq!(picture.status(), 200);
        for (name, value) in [
            ("content-type", "image/png"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "public, max-age=31536000, immutable"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ] {
            assert_eq!(picture.headers()[name], value, "{name}");
        }
        assert!(picture.bytes().await.unwrap().starts_with(b"\x89PNG"));
        let own = own.replaced(json!({ "logo_uri": null })).await;
        assert_eq!(app.get(&logo).await.status, 404);
        let page = browser.open(&own.site().request().address()).await;
        assert_eq!(page.find("main img"), None);
    });
}

/// A client that nobody ever used does not stay.
#[test]
fn a_client_that_is_never_used_is_deleted_after_a_while() {
    on_each_database_with(OPEN, async |app| {
        let registrant = Registrant::with(app, Policy::wide()).await;
        let (used, unused) = (registrant.plain().await, registrant.plain().await);
        let by_operator = app.client("rp").register().await;
        let alice = app.account("alice").open().await;
        used.site().sign_in(&mut app.browser(), &alice).await;
        app.wait(Lifetime::days(90));
        expiry::delete_unused(&app.context()).await.unwrap();
        assert_eq!(unused.get().await.status, 200);
        app.wait(Lifetime::seconds(1));
        let closed =
            app.restarted_with(|config| config.policy.weak_features = WeakFeatures::default());
        let closed = closed.await;
        assert!(!expiry::delete_unused(&closed.context()).await.unwrap());
        let listed = app.context().policy.weak_features.clone();
        let open = closed.restarted_with(|config| config.policy.weak_features = listed).await;
        let status = async |own: &Own| {
            let path = format!("/register/{}", own.id);
            send(&open, "GET", &path, Some(&own.token), None).await.status
        };
        assert_eq!(status(&unused).await, 200, "nobody could have used it");
        expiry::delete_unused(&open.context()).await.unwrap();
        assert_eq!((status(&unused).await, status(&used).await), (401, 200));
        let found = open.context().store.find_client(by_operator.id).await.unwrap();
        assert!(found.is_some());
        assert!(open.audited().await.contains(&"unused_client_deleted".to_owned()));
    });
}
