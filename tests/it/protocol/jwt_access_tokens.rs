//! Access tokens that resource servers read by themselves (RFC 9068), and what we look at when one comes back to us.

use fuxin::base::encoding::base64url;
use fuxin::base::time::Lifetime;
use fuxin::oauth::client_metadata::{AccessTokenFormat, SigningAlgorithm};
use fuxin::oauth::grant_type::GrantType;
use fuxin::oauth::response_type::ResponseType;
use fuxin::oauth::weak_feature::WeakFeature;
use serde_json::{Value, json};

use crate::support::assertion::signing_input;
use crate::support::jose::{claims, hmac, signed_by_us};
use crate::support::{
    ClientBuilder, RelyingParty, TestApp, on_each_database, on_each_database_with,
};

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn with_jwts(client: ClientBuilder) -> ClientBuilder {
    client.with(|own| own.access_token_format = AccessTokenFormat::Jwt)
}

async fn is_refused(rp: &RelyingParty, token: &str, why: &str) {
    let told = rp.userinfo(token).await;
    assert_eq!((told.status, told.error()), (401, "invalid_token"), "{why}");
    assert_eq!(rp.introspect(token).await.body, json!({ "active": false }), "{why}");
}

/// Signs claims with a key of the provider's own: what a token of another kind, or a mistake of ours, would be.
fn sign(app: &TestApp, algorithm: SigningAlgorithm, typ: &str, claims: &Value) -> String {
    app.context().keys.keys().active(algorithm).unwrap().key.sign(typ, claims).unwrap()
}

/// RFC 9068 §2: exactly these claims; the person is who they are to this client, and the issuer is the default resource.
#[test]
fn a_persons_token_says_who_for_whom_and_how_they_signed_in() {
    on_each_database(async |app| {
        let alice = app.account("alice.readable").open().await;
        let rp = with_jwts(app.client("ecpa").skip_consent()).register().await;
        let other = app.client("gcis").skip_consent().register().await;
        let auditor = app.client("auditor").service("statistics:read").may_introspect();
        let auditor = auditor.register().await;
        let mut browser = app.browser();
        let tokens = rp.sign_in_for(&mut browser, &alice, "openid email offline_access").await;
        let pairwise = other.sign_in(&mut browser, &alice).await;
        assert_ne!(pairwise.subject(), tokens.subject());
        let narrow = [
            ("grant_type", "refresh_token"),
            ("refresh_token", tokens.refresh_token()),
            ("scope", "openid"),
        ];
        let refreshed = rp.believe(&rp.token(&narrow).await, None).await;
        let now = app.context().now.seconds();
        let life = tokens.answer["expires_in"].as_i64().unwrap();
        for (token, scope) in [
            (&tokens.access_token, "email offline_access openid"),
            (&refreshed.access_token, "openid"),
        ] {
            signed_by_us(app, token, "ES256", "at+jwt").await;
            let mut own = claims(token);
            let id = own.as_object_mut().unwrap().remove("jti").unwrap();
            assert_eq!(id.as_str().unwrap().len(), 44, "33 bytes");
            let expected = json!({
                "iss": app.issuer, "aud": app.issuer, "sub": tokens.subject(),
                "client_id": rp.client_id, "iat": now, "exp": now + life, "scope": scope,
                "auth_time": now, "acr": "urn:fuxin:assurance:1",
            });
            assert_eq!(own, expected);
            let userinfo = rp.userinfo(token).await;
            assert_eq!(userinfo.body["sub"], tokens.subject());
            assert_eq!(userinfo.body.get("email").is_some(), scope.contains("email"));
            let active = json!({
                "active": true, "scope": scope, "client_id": rp.client_id, "token_type": "Bearer",
                "exp": now + life, "iat": now, "sub": tokens.subject(), "iss": app.issuer,
            });
            assert_eq!(rp.introspect(token).await.body, active);
            assert_eq!(auditor.introspect(token).await.body, active);
            assert_eq!(other.introspect(token).await.body, json!({ "active": false }));
        }
        assert_ne!(claims(&tokens.access_token)["jti"], claims(&refreshed.access_token)["jti"]);
    });
}

/// OAuth 2.0 §4.4, RFC 9068 §2.2: nobody signed in, so the client is the subject.
#[test]
fn a_services_token_is_about_the_service() {
    on_each_database(async |app| {
        let service = app.client("service").service("statistics:read").private_key_jwt();
        let service = with_jwts(service).register().await;
        let other = app.client("gcis").register().await;
        let answer = service.token(&[("grant_type", "client_credentials")]).await;
        let token = answer.text("access_token");
        app.plant("an access token", token);
        signed_by_us(app, token, "ES256", "at+jwt").await;
        let mut own = claims(token);
        own.as_object_mut().unwrap().remove("jti").unwrap();
        let now = app.context().now.seconds();
        let life = answer.body["expires_in"].as_i64().unwrap();
        let expected = json!({
            "iss": app.issuer, "aud": app.issuer, "sub": service.client_id,
            "client_id": service.client_id, "iat": now, "exp": now + life,
            "scope": "statistics:read",
        });
        assert_eq!(own, expected);
        assert_eq!(service.introspect(token).await.body["active"], true);
        assert_eq!(other.introspect(token).await.body["active"], false);
        assert_eq!(service.userinfo(token).await.error(), "insufficient_scope");
        // A-JOS-08: nor does it authenticate anybody.
        let form = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", ASSERTION),
            ("client_assertion", token),
        ];
        assert_eq!(app.post("/token", &form).await.error(), "invalid_client");
        assert_eq!(other.revoke(token).await.error(), "unauthorized_client");
        assert_eq!(service.introspect(token).await.body["active"], true);
        assert_eq!(service.revoke(token).await.status, 200);
        assert_eq!(service.introspect(token).await.body, json!({ "active": false }));
    });
}

/// Core §3.2.2.10: through the browser it is bound to the ID token beside it.
#[test]
fn a_token_through_the_browser_is_bound_to_its_id_token() {
    on_each_database_with("[policy]\nweak_features = [\"implicit_flow\"]", async |app| {
        let alice = app.account("alice.in.front").open().await;
        let rp = with_jwts(app.client("ecpa").skip_consent()).with(|own| {
            own.response_types = vec![ResponseType::IdTokenToken];
            own.grant_types = vec![GrantType::Implicit];
            own.weak_features = [WeakFeature::ImplicitFlow].into_iter().collect();
        });
        let rp = rp.register().await;
        let request = rp.request().with("response_type", "id_token token");
        let page = rp.answer(&mut app.browser(), &alice, &request).await;
        let [token, id_token] =
            ["access_token", "id_token"].map(|name| page.away().parameter(name).unwrap());
        app.plant("an access token", &token);
        app.plant("an ID token", &id_token);
        signed_by_us(app, &token, "ES256", "at+jwt").await;
        assert!(claims(&id_token)["at_hash"].is_string());
        rp.verify(&id_token, &token, Some(&request.nonce)).await;
        assert_eq!(rp.userinfo(&token).await.body["sub"], claims(&token)["sub"]);
    });
}

/// A-JOS-01, A-JOS-02, A-JOS-08: only what our ES256 key signed as an access token, for us, leads to a grant.
#[test]
fn a_forged_token_leads_nowhere() {
    on_each_database(async |app| {
        let alice = app.account("alice.forged").open().await;
        let rp = with_jwts(app.client("ecpa").skip_consent()).register().await;
        let tokens = rp.sign_in(&mut app.browser(), &alice).await;
        let good = claims(&tokens.access_token);
        let anew = |claims: &Value| sign(app, SigningAlgorithm::Es256, "at+jwt", claims);
        assert_eq!(rp.userinfo(&anew(&good)).await.status, 200, "the twin of all that follows");
        for (name, value) in [
            ("iss", json!("https://evil.test")),
            ("aud", json!("https://api.example.gov.tw")),
            ("aud", json!([app.issuer])),
            ("jti", json!("AAAA")),
            ("jti", json!(base64url(&[1; 33]))),
            ("jti", json!(null)),
            ("exp", json!(null)),
            ("exp", json!(app.context().now.seconds())),
            ("iat", json!("now")),
            ("scope", json!("openid \u{7f}")),
        ] {
            let mut changed = good.clone();
            changed[name] = value.clone();
            is_refused(&rp, &anew(&changed), &format!("{name}: {value}")).await;
        }
        for typ in ["JWT", "logout+jwt", "at+JWT", ""] {
            is_refused(&rp, &sign(app, SigningAlgorithm::Es256, typ, &good), typ).await;
        }
        for &algorithm in SigningAlgorithm::ALL.iter().filter(|of| **of != SigningAlgorithm::Es256)
        {
            is_refused(&rp, &sign(app, algorithm, "at+jwt", &good), algorithm.as_str()).await;
        }
        is_refused(&rp, &tokens.id_token, "an ID token").await;
        let (signed, signature) = tokens.access_token.rsplit_once('.').unwrap();
        let (header, payload) = signed.split_once('.').unwrap();
        let mut wider = good.clone();
        wider["scope"] = json!("openid profile email");
        let wider = base64url(wider.to_string().as_bytes());
        is_refused(&rp, &format!("{header}.{wider}.{signature}"), "another payload").await;
        is_refused(&rp, &format!("{header}.{payload}."), "no signature").await;
        let kid = crate::support::jose::header(&tokens.access_token)["kid"].clone();
        for none in ["none", "None", "nOnE"] {
            let header = json!({ "alg": none, "kid": kid, "typ": "at+jwt" });
            let input = signing_input(&header, &good);
            is_refused(&rp, &format!("{input}."), none).await;
            is_refused(&rp, &format!("{input}.{signature}"), none).await;
        }
        let keys = app.get("/jwks").await.body["keys"].as_array().unwrap().clone();
        let key = keys.iter().find(|key| key["kid"] == kid).unwrap();
        let header = json!({ "alg": "HS256", "kid": kid, "typ": "at+jwt" });
        let input = signing_input(&header, &good);
        for secret in [key.to_string(), key["x"].as_str().unwrap().to_owned()] {
            let token = format!("{input}.{}", hmac(secret.as_bytes(), &input));
            is_refused(&rp, &token, "under the public key").await;
        }
        assert_eq!(rp.userinfo(&tokens.access_token).await.status, 200);
    });
}

/// A signature is never trusted alone: what the token hangs on is looked at each time.
#[test]
fn a_token_ends_with_what_it_hangs_on() {
    on_each_database(async |app| {
        let alice = app.account("alice.ended").open().await;
        let rp = with_jwts(app.client("ecpa").skip_consent()).register().await;
        let mut browser = app.browser();
        let first = rp.sign_in_for(&mut browser, &alice, "openid offline_access").await;
        let second = rp.refreshed(first.refresh_token()).await;
        assert_eq!(rp.revoke(&first.access_token).await.status, 200);
        is_refused(&rp, &first.access_token, "revoked by itself").await;
        assert_eq!(rp.userinfo(&second.access_token).await.status, 200);
        assert_eq!(rp.revoke(second.refresh_token()).await.status, 200);
        is_refused(&rp, &second.access_token, "its grant is revoked").await;

        let of_session = rp.sign_in(&mut browser, &alice).await;
        let offline = rp.sign_in_for(&mut browser, &alice, "openid offline_access").await;
        let page = browser.open(&rp.sign_out_address(None, None)).await;
        browser.press(&page, "logout-confirm").await;
        is_refused(&rp, &of_session.access_token, "its session has ended").await;
        assert_eq!(rp.userinfo(&offline.access_token).await.status, 200, "it outlives that");

        let life = offline.answer["expires_in"].as_i64().unwrap();
        app.wait(Lifetime::seconds(u32::try_from(life - 1).unwrap()));
        assert_eq!(rp.userinfo(&offline.access_token).await.status, 200);
        app.wait(Lifetime::seconds(1));
        is_refused(&rp, &offline.access_token, "it has expired").await;
    });
}

/// A-JOS-08
#[test]
fn a_token_is_no_hint() {
    on_each_database(async |app| {
        let alice = app.account("alice.no.hint").open().await;
        let rp = with_jwts(app.client("ecpa").skip_consent()).register().await;
        let mut browser = app.browser();
        let tokens = rp.sign_in(&mut browser, &alice).await;
        let hinted = rp.request().prompt("none").with("id_token_hint", &tokens.access_token);
        let page = browser.open(&hinted.address()).await;
        assert_eq!(rp.error(&hinted, &page), "invalid_request");
        let page = browser.open(&rp.sign_out_address(Some(&tokens.access_token), None)).await;
        assert_eq!(page.status, 400, "{}", page.describe());
        assert_eq!(rp.userinfo(&tokens.access_token).await.status, 200, "and nobody is signed out");
    });
}

#[test]
fn another_form_is_for_the_tokens_that_follow() {
    on_each_database(async |app| {
        let alice = app.account("alice.of.two.forms").open().await;
        let rp = with_jwts(app.client("ecpa").skip_consent()).register().await;
        let mut browser = app.browser();
        let before = rp.sign_in(&mut browser, &alice).await;
        rp.change(|own| own.access_token_format = AccessTokenFormat::Opaque).await;
        let after = rp.sign_in(&mut browser, &alice).await;
        assert!(before.access_token.starts_with("ey") && after.access_token.starts_with("fxa_"));
        for token in [&before.access_token, &after.access_token] {
            assert_eq!(rp.userinfo(token).await.status, 200);
            assert_eq!(rp.introspect(token).await.body["active"], true);
        }
    });
}
