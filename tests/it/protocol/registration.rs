//! Clients that register themselves: what they are given, and what is refused (RFC 7591, OpenID Connect Registration 1.0).

use fuxin::base::time::Lifetime;
use fuxin::client::initial_access;
use fuxin::oauth::weak_feature::{WeakFeature, WeakFeatures};
use serde_json::{Value, json};

use crate::support::assertion::AssertionKey;
use crate::support::registrant::{OPEN, Policy, REDIRECT_URI, Registrant, send};
use crate::support::{Json, TestApp, on_each_database, on_each_database_with};

/// The weak features that are registered of a client.
async fn weak_features(app: &TestApp, id: &str) -> WeakFeatures {
    let client = app.context().store.find_client(id.parse().unwrap()).await.unwrap().unwrap();
    client.settings().weak_features.clone()
}

#[test]
fn a_client_registers_and_is_told_what_holds() {
    on_each_database_with(OPEN, async |app| {
        let registrant = Registrant::with(app, Policy::narrow()).await;
        let request = json!({ "redirect_uris": [REDIRECT_URI], "unknown": 1 });
        let answer = registrant.register(request).await;
        assert_eq!((answer.status, answer.header("cache-control")), (201, "no-store"));
        assert_eq!(answer.header("content-type"), "application/json");
        let id = answer.text("client_id");
        let address = format!("{}/register/{id}", app.issuer);
        assert_eq!(answer.text("registration_client_uri"), address);
        assert!(answer.body["client_id_issued_at"].as_i64().unwrap() > 0);
        for (name, value) in [
            ("client_secret_expires_at", json!(0)),
            ("client_name", json!("rp.example")),
            ("redirect_uris", json!([REDIRECT_URI])),
            ("response_types", json!(["code"])),
            ("grant_types", json!(["authorization_code"])),
            ("token_endpoint_auth_method", json!("client_secret_basic")),
            ("application_type", json!("web")),
            ("subject_type", json!("pairwise")),
            ("id_token_signed_response_alg", json!("RS256")),
            ("scope", json!("openid profile")),
            ("unknown", Value::Null),
            ("sector", Value::Null),
            ("weak_features", Value::Null),
        ] {
            assert_eq!(answer.body[name], value, "{name}");
        }
        let features = weak_features(app, id).await;
        assert_eq!(features, [WeakFeature::DynamicRegistration].into_iter().collect());
        assert!(app.audited().await.contains(&"client_registered_itself".to_owned()));
    });
}

/// A-RED-17: whoever registered itself asks each person once.
#[test]
fn its_people_sign_in_and_are_asked_for_consent_first() {
    on_each_database_with(OPEN, async |app| {
        let policy = Policy::wide().with(|policy| policy.weak_features = [].into_iter().collect());
        let registrant = Registrant::with(app, policy).await;
        let own = registrant.registered(json!({
            "redirect_uris": [REDIRECT_URI], "scope": "openid profile", "skip_consent": true,
        }));
        let (own, alice) = (own.await, app.account("alice").open().await);
        let (site, mut browser) = (own.site(), app.browser());
        let page = browser.open(&site.request().address()).await;
        let page = browser.sign_in(&page, &alice).await;
        assert!(page.has("consent-approve"), "{}", page.describe());
        let tokens = site.sign_in(&mut browser, &alice).await;
        let told = site.userinfo(&tokens.access_token).await;
        assert_eq!((told.status, told.text("sub")), (200, tokens.subject()));
    });
}

/// A-TOK-20: registration is closed unless the deployment opens it, and each needs a token.
#[test]
fn without_the_deployments_word_there_is_no_such_endpoint() {
    on_each_database(async |app| {
        let registrant = Registrant::with(app, Policy::narrow()).await;
        let request = json!({ "redirect_uris": [REDIRECT_URI] });
        assert_eq!(registrant.register(request.clone()).await.status, 404);
        let id = app.client("rp").register().await.client_id;
        for method in ["GET", "PUT", "DELETE"] {
            let path = format!("/register/{id}");
            let answer = send(app, method, &path, Some("fxra_x"), Some(&json!({}))).await;
            assert_eq!(answer.status, 404, "{method}");
        }
        let document = app.get("/.well-known/openid-configuration").await;
        assert_eq!(document.body["registration_endpoint"], Value::Null);
        let feature = WeakFeature::DynamicRegistration;
        let open = app
            .restarted_with(|config| config.policy.weak_features = [feature].into_iter().collect())
            .await;
        let document = open.get("/.well-known/openid-configuration").await;
        let endpoint = document.text("registration_endpoint");
        assert_eq!(endpoint, format!("{}/register", app.issuer));
        let token = Some(registrant.token.as_str());
        assert_eq!(send(&open, "POST", "/register", token, Some(&request)).await.status, 201);
    });
}

/// A-TOK-20
#[test]
fn nobody_registers_without_a_token_that_is_good() {
    on_each_database_with(OPEN, async |app| {
        let request = json!({ "redirect_uris": [REDIRECT_URI] });
        let post =
            async |token: Option<&str>| send(app, "POST", "/register", token, Some(&request)).await;
        let nobody = post(None).await;
        assert_eq!(
            (nobody.status, nobody.header("www-authenticate")),
            (401, "Bearer realm=\"fuxin\"")
        );
        let old = Registrant::with(app, Policy::narrow()).await;
        let revoked = Registrant::with(app, Policy::narrow()).await;
        let good = Registrant::with(app, Policy::narrow()).await;
        assert!(initial_access::revoke(&app.context(), revoked.token_id).await.unwrap());
        assert!(!initial_access::revoke(&app.context(), revoked.token_id).await.unwrap());
        let unknown = "fxia_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let of_another_kind = good.token.replace("fxia_", "fxra_");
        for token in [unknown, revoked.token.as_str(), of_another_kind.as_str(), "x"] {
            let refused = post(Some(token)).await;
            assert_eq!((refused.status, refused.error()), (401, "invalid_token"));
            assert!(refused.header("www-authenticate").starts_with("Bearer "));
        }
        assert_eq!(post(Some(&good.token)).await.status, 201);
        assert_eq!(post(Some(&good.token)).await.status, 401, "it was good for one");
        app.wait(Lifetime::days(7));
        assert_eq!(post(Some(&old.token)).await.status, 401);
        let audited = app.audited().await;
        for event in ["initial_access_token_made", "initial_access_token_revoked"] {
            assert!(audited.contains(&event.to_owned()), "{event}");
        }
    });
}

/// RFC 7591 §3.2.2
#[test]
fn what_cannot_be_registered_is_refused_by_its_name() {
    on_each_database_with(OPEN, async |app| {
        let registrant = Registrant::with(app, Policy::wide()).await;
        let with = async |name: &str, value: Value| {
            let request = json!({ "redirect_uris": [REDIRECT_URI], name: value });
            registrant.register(request).await
        };
        let uri = "invalid_redirect_uri";
        let metadata = "invalid_client_metadata";
        for (name, bad, good, error) in [
            ("redirect_uris", json!(["https://rp.example/#x"]), json!([REDIRECT_URI]), uri),
            ("redirect_uris", json!([]), json!([REDIRECT_URI]), uri),
            (
                "initiate_login_uri",
                json!("http://rp.example/in"),
                json!("https://rp.example/in"),
                metadata,
            ),
            ("token_endpoint_auth_method", json!("mtls"), json!("client_secret_post"), metadata),
            ("scope", json!("openid agency"), json!("openid email"), metadata),
            (
                "grant_types",
                json!(["authorization_code", "implicit"]),
                json!(["authorization_code", "refresh_token"]),
                metadata,
            ),
            (
                "frontchannel_logout_uri",
                json!("https://other.example/out"),
                json!("https://rp.example/out"),
                metadata,
            ),
        ] {
            let refused = with(name, bad.clone()).await;
            assert_eq!((refused.status, refused.error()), (400, error), "{name} {bad}");
            assert!(!refused.text("error_description").is_empty());
            assert_eq!(refused.header("cache-control"), "no-store");
            assert_eq!(with(name, good.clone()).await.status, 201, "{name} {good}");
        }
        // None of the refusals cost one of the ten registrations.
        assert_eq!(registrant.register(json!([])).await.error(), metadata);
        for _ in 0..3 {
            registrant.plain().await;
        }
        assert_eq!(with("client_name", json!("a")).await.status, 401);
    });
}

/// Core §8.1: without a document nobody says that several hosts belong together. Who does not ask for a kind of subject gets
/// the one that is possible, and is told which.
#[test]
fn several_hosts_without_a_document_have_no_sector() {
    on_each_database_with(OPEN, async |app| {
        let registrant = Registrant::with(app, Policy::wide()).await;
        let hosts = ["https://a.example/cb", "https://b.example/cb"];
        let of = |kind: &str| json!({ "redirect_uris": hosts, "subject_type": kind });
        let refused = registrant.register(of("pairwise")).await;
        assert_eq!(refused.error(), "invalid_client_metadata");
        assert_eq!(registrant.register(of("public")).await.status, 201);
        let own = registrant.registered(json!({ "redirect_uris": hosts })).await;
        assert_eq!(own.told["subject_type"], "public");
        registrant.registered(json!({ "redirect_uris": [hosts[0], "https://a.example/2"] })).await;
    });
}

/// A-TOK-26: registration gives what request, policy and deployment have in common.
#[test]
fn a_weak_client_needs_the_word_of_its_token_and_of_the_deployment() {
    on_each_database_with(OPEN, async |app| {
        let weak = json!({
            "redirect_uris": [REDIRECT_URI], "response_types": ["id_token code"],
            "grant_types": ["implicit", "authorization_code"], "id_token_signed_response_alg": "HS256",
        });
        let narrow = Registrant::with(app, Policy::narrow()).await;
        assert_eq!(narrow.register(weak.clone()).await.error(), "invalid_client_metadata");
        let wide = Registrant::with(app, Policy::wide()).await;
        let own = wide.registered(weak.clone()).await;
        assert_eq!(own.told["response_types"], json!(["code id_token"]));
        let given = [
            WeakFeature::HybridFlow,
            WeakFeature::NoPkce,
            WeakFeature::UnsignedRequestObject,
            WeakFeature::Hs256,
            WeakFeature::DynamicRegistration,
        ];
        assert_eq!(weak_features(app, &own.id).await, given.into_iter().collect());
        let closed = app.restarted_with(|config| {
            let open = &config.policy.weak_features;
            config.policy.weak_features =
                open.iter().filter(|of| *of != WeakFeature::HybridFlow).collect();
        });
        let closed = closed.await;
        let refused = send(&closed, "POST", "/register", Some(&wide.token), Some(&weak)).await;
        assert_eq!(refused.error(), "invalid_client_metadata");
        let description = refused.text("error_description");
        assert_eq!(description, "hybrid_flow is not open to this client");
    });
}

/// RFC 7592 §2: each way in asks for a token, in one header, before it looks at anything else.
#[test]
fn each_way_in_asks_for_a_token() {
    on_each_database_with(OPEN, async |app| {
        let own = Registrant::with(app, Policy::narrow()).await.plain().await;
        let path = format!("/register/{}", own.id);
        for (method, path) in
            [("POST", "/register"), ("GET", &path), ("PUT", &path), ("DELETE", &path)]
        {
            let nobody = send(app, method, path, None, None).await;
            let challenge = nobody.header("www-authenticate");
            assert_eq!((nobody.status, challenge), (401, "Bearer realm=\"fuxin\""), "{method}");
            assert_eq!(nobody.body, json!({}), "{method}");
            let twice = app.http.request(method.parse().unwrap(), app.url(path));
            let twice = twice.bearer_auth(&own.token).bearer_auth(&own.token).send().await;
            let twice = Json::of(twice.unwrap()).await;
            assert_eq!((twice.status, twice.error()), (400, "invalid_request"), "{method}");
        }
        assert_eq!(own.get().await.status, 200);
    });
}

/// A client whose keys nothing here could use would fail at its first use: it is told so at once.
#[test]
fn keys_that_could_never_be_used_are_refused_with_the_reason() {
    on_each_database_with(OPEN, async |app| {
        let registrant = Registrant::with(app, Policy::wide()).await;
        let with = |changes: Value| {
            let mut jwks = AssertionKey::random().jwks();
            jwks["keys"][0].as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            json!({
                "redirect_uris": [REDIRECT_URI], "jwks": jwks,
                "token_endpoint_auth_method": "private_key_jwt",
            })
        };
        let own = registrant.registered(with(json!({}))).await;
        for (changes, reason) in [
            (json!({ "crv": "P-384" }), "jwks: a key is on another curve than P-256 and Ed25519"),
            (json!({ "use": "enc" }), "jwks: the JWK set has no key for signatures"),
            (json!({ "x": "AA" }), "jwks: a key's member x is not base64url of its exact length"),
        ] {
            let refused = [
                registrant.register(with(changes.clone())).await,
                own.put(&own.changed(with(changes.clone()))).await,
            ];
            for refused in refused {
                let told = (refused.status, refused.error(), refused.text("error_description"));
                assert_eq!(told, (400, "invalid_client_metadata", reason), "{changes}");
            }
        }
        own.replaced(with(json!({}))).await;
    });
}
