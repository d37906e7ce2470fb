//! Signed tokens that come in: a client's assertion and an `id_token_hint`. A signature counts under the configured key
//! of the configured kind, for this purpose, once.

use axum::http::Request;
use fuxin::base::encoding::{base64url, from_base64url};
use fuxin::oauth::client_metadata::TokenEndpointAuthMethod;
use fuxin::oauth::grant_type::GrantType;
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use serde_json::{Value, json};

use super::world::{ISSUER, Reply, Site, World, encoded, worlds};

/// A client's key pair: ES256.
struct Key(PKey<Private>);

impl Key {
    fn new() -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        Self(PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap())
    }

    fn jwk(&self) -> Value {
        let ec = self.0.ec_key().unwrap();
        let mut context = openssl::bn::BigNumContext::new().unwrap();
        let (mut x, mut y) =
            (openssl::bn::BigNum::new().unwrap(), openssl::bn::BigNum::new().unwrap());
        ec.public_key().affine_coordinates(ec.group(), &mut x, &mut y, &mut context).unwrap();
        let [x, y] = [x, y].map(|number| base64url(&number.to_vec_padded(32).unwrap()));
        json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": "k" })
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let input = input(header, claims);
        let mut signer = Signer::new(MessageDigest::sha256(), &self.0).unwrap();
        let der = signer.sign_oneshot_to_vec(input.as_bytes()).unwrap();
        let pair = EcdsaSig::from_der(&der).unwrap();
        let [r, s] = [pair.r(), pair.s()].map(|number| number.to_vec_padded(32).unwrap());
        format!("{input}.{}", base64url(&[r, s].concat()))
    }
}

fn input(header: &Value, claims: &Value) -> String {
    format!(
        "{}.{}",
        base64url(header.to_string().as_bytes()),
        base64url(claims.to_string().as_bytes())
    )
}

fn hmac(key: &[u8], header: &Value, claims: &Value) -> String {
    let input = input(header, claims);
    let key = PKey::hmac(key).unwrap();
    let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
    let code = signer.sign_oneshot_to_vec(input.as_bytes()).unwrap();
    format!("{input}.{}", base64url(&code))
}

async fn service(world: &World, key: &Key) -> Site {
    world
        .client_as("service.test", |settings| {
            settings.token_endpoint_auth_method = TokenEndpointAuthMethod::PrivateKeyJwt;
            settings.jwks = Some(json!({ "keys": [key.jwk()] }));
            settings.grant_types = vec![GrantType::ClientCredentials];
            settings.redirect_uris.clear();
            settings.post_logout_redirect_uris.clear();
            settings.scope = "statistics:read".parse().unwrap();
            settings.sector = "service.test".to_owned();
        })
        .await
}

fn claims(world: &World, site: &Site, jti: &str) -> Value {
    let now = world.ctx().now.seconds();
    json!({ "iss": site.id, "sub": site.id, "aud": ISSUER, "jti": jti, "iat": now, "exp": now + 60 })
}

fn header() -> Value {
    json!({ "alg": "ES256", "kid": "k" })
}

fn with(mut base: Value, members: Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        base[name] = value.clone();
    }
    base
}

async fn present(world: &World, path: &str, assertion: &str) -> Reply {
    let fields = [
        ("grant_type", "client_credentials"),
        ("token", "x"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
    ];
    world.post(path, &fields).await
}

/// A-JOS-01, A-JOS-02, A-JOS-03, A-JOS-08, A-JOS-09, A-JOS-10: no forged, unsigned, encrypted or foreign assertion
/// authenticates a client.
#[tokio::test]
async fn a_forged_assertion_authenticates_nobody() {
    for world in worlds().await {
        let (key, thief) = (Key::new(), Key::new());
        let site = service(&world, &key).await;
        let (good, jwk) = (claims(&world, &site, "1"), key.jwk());
        let pem = key.0.public_key_to_pem().unwrap();
        let mut forged = Vec::new();
        for none in ["none", "None", "nOnE", "NONE", " none", ""] {
            forged.push(format!("{}.", input(&json!({ "alg": none }), &good)));
            forged.push(key.sign(&json!({ "alg": none, "kid": "k" }), &good));
        }
        forged.push(format!("{}.", input(&header(), &good)));
        let x = from_base64url(jwk["x"].as_str().unwrap()).unwrap();
        let trimmed = String::from_utf8(pem.clone()).unwrap().trim_end().to_owned();
        for secret in [
            jwk.to_string().into_bytes(),
            pem,
            trimmed.into_bytes(),
            key.0.public_key_to_der().unwrap(),
            x,
        ] {
            forged.push(hmac(&secret, &json!({ "alg": "HS256", "kid": "k" }), &good));
        }
        for brought in [
            json!({ "jwk": thief.jwk() }),
            json!({ "jku": "https://evil.test/jwks" }),
            json!({ "x5u": "https://evil.test/x" }),
            json!({ "x5c": ["AAAA"] }),
            json!({ "kid": "../../k" }),
            json!({}),
        ] {
            forged.push(thief.sign(&with(header(), brought), &good));
        }
        for changed in [
            json!({ "jwk": key.jwk() }),
            json!({ "crit": ["b64"] }),
            json!({ "b64": false }),
            json!({ "zip": "DEF" }),
            json!({ "typ": "at+jwt" }),
            json!({ "typ": "logout+jwt" }),
            json!({ "typ": "dpop+jwt" }),
            json!({ "alg": "ES384" }),
            json!({ "alg": "RS256" }),
            json!({ "alg": "es256" }),
        ] {
            forged.push(key.sign(&with(header(), changed), &good));
        }
        for alg in ["PBES2-HS256+A128KW", "dir", "RSA1_5", "RSA-OAEP", "ECDH-ES"] {
            let head = json!({ "alg": alg, "enc": "A128GCM", "p2c": 2_147_483_647_i64, "p2s": "AAAA", "zip": "DEF" });
            forged.push(format!("{}.AAAA.AAAA.AAAA.AAAA", base64url(head.to_string().as_bytes())));
            forged.push(format!("{}.AAAA.AAAA", base64url(head.to_string().as_bytes())));
        }
        let zeros = base64url(&[0; 64]);
        forged.push(format!("{}.{zeros}", input(&header(), &good)));
        for assertion in &forged {
            for path in ["/token", "/introspect", "/revoke"] {
                let reply = present(&world, path, assertion).await;
                assert_eq!(
                    (reply.status, reply.error().as_str()),
                    (401, "invalid_client"),
                    "{assertion}"
                );
            }
        }
        let own = present(&world, "/token", &key.sign(&header(), &good)).await;
        assert_eq!(own.status, 200, "none of them spent the assertion's id: {own:?}");
    }
}

/// A-TOK-11: an assertion is good once: again, at the same moment, and at another endpoint.
#[tokio::test]
async fn an_assertion_is_good_once() {
    for world in worlds().await {
        let key = Key::new();
        let site = service(&world, &key).await;
        let sign = |jti: &str| key.sign(&header(), &claims(&world, &site, jti));
        let first = sign("1");
        assert_eq!(present(&world, "/token", &first).await.status, 200);
        for path in ["/token", "/introspect", "/revoke"] {
            assert_eq!(present(&world, path, &first).await.error(), "invalid_client", "{path}");
        }
        let resigned =
            key.sign(&with(header(), json!({ "typ": "JWT" })), &claims(&world, &site, "1"));
        assert_eq!(present(&world, "/token", &resigned).await.error(), "invalid_client");
        // It is remembered for as long as it would be accepted: its minute and the clocks' difference.
        world.pass(fuxin::base::time::Lifetime::seconds(119));
        world.ctx().store.purge(world.ctx().now).await.unwrap();
        assert_eq!(present(&world, "/token", &first).await.error(), "invalid_client");
        let second = sign("2");
        let (a, b, c, d) = tokio::join!(
            present(&world, "/token", &second),
            present(&world, "/token", &second),
            present(&world, "/token", &second),
            present(&world, "/revoke", &second),
        );
        assert_eq!([a, b, c, d].iter().filter(|reply| reply.status == 200).count(), 1);
    }
}

/// A-TOK-12: an assertion is for this issuer alone, now, of this client.
#[tokio::test]
async fn an_assertion_is_for_us_alone() {
    for world in worlds().await {
        let key = Key::new();
        let site = service(&world, &key).await;
        let now = world.ctx().now.seconds();
        let other = world.client("other.test").await;
        for changed in [
            json!({ "aud": format!("{ISSUER}/token") }),
            json!({ "aud": [ISSUER] }),
            json!({ "aud": [ISSUER, "https://evil.test"] }),
            json!({ "aud": format!("{ISSUER}/") }),
            json!({ "aud": "https://evil.test" }),
            json!({ "aud": null }),
            json!({ "iss": other.id }),
            json!({ "iss": other.id, "sub": other.id }),
            json!({ "exp": now - 61 }),
            json!({ "exp": now + 3600 }),
            json!({ "exp": 9_223_372_036_854_775_807_i64 }),
            json!({ "exp": "soon" }),
            json!({ "nbf": now + 120 }),
            json!({ "iat": now + 120 }),
            json!({ "jti": "" }),
            json!({ "jti": "x".repeat(256) }),
        ] {
            let assertion = key.sign(&header(), &with(claims(&world, &site, "1"), changed.clone()));
            let reply = present(&world, "/token", &assertion).await;
            assert_eq!(
                (reply.status, reply.error().as_str()),
                (401, "invalid_client"),
                "{changed}"
            );
        }
        let good = key.sign(&header(), &claims(&world, &site, "1"));
        assert_eq!(present(&world, "/token", &good).await.status, 200);
    }
}

/// A-JOS-01, A-JOS-02, A-JOS-03, A-JOS-08: only an ID token that we gave this client is a hint, at both endpoints.
#[tokio::test]
async fn a_forged_hint_is_refused() {
    for world in worlds().await {
        let (site, other) = (world.client("rp.test").await, world.client("other.test").await);
        world.account("alice").await;
        let mut browser = world.browser();
        let tokens = browser.tokens(&site, "alice").await;
        let hint = tokens["id_token"].as_str().unwrap().to_owned();
        let access = tokens["access_token"].as_str().unwrap().to_owned();
        let part = |at: usize| -> Value {
            serde_json::from_slice(&from_base64url(hint.split('.').nth(at).unwrap()).unwrap())
                .unwrap()
        };
        let (head, body) = (part(0), part(1));
        let thief = Key::new();
        let jwks = world.get("/jwks").await;
        let rsa = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let forged = [
            format!("{}.", input(&with(head.clone(), json!({ "alg": "none" })), &body)),
            format!("{}.", hint.rsplit_once('.').unwrap().0),
            hmac(jwks.body.as_bytes(), &with(head.clone(), json!({ "alg": "HS256" })), &body),
            hmac(
                jwks.json()["keys"][0].to_string().as_bytes(),
                &with(head.clone(), json!({ "alg": "HS256" })),
                &body,
            ),
            hmac(
                &rsa.public_key_to_pem().unwrap(),
                &with(head.clone(), json!({ "alg": "HS256" })),
                &body,
            ),
            thief.sign(&head, &body),
            thief.sign(&with(head.clone(), json!({ "jwk": thief.jwk() })), &body),
            format!(
                "{}.{}",
                input(&head, &with(body.clone(), json!({ "sub": "x" }))),
                hint.rsplit_once('.').unwrap().1
            ),
            access,
            "x".repeat(20_000),
        ];
        let back = ("post_logout_redirect_uri", "https://rp.test/bye");
        for forged in &forged {
            let refused = browser.get(&site.authorize_with(&[("id_token_hint", forged)])).await;
            assert!(refused.told("code").is_none(), "{forged}");
            assert!(!refused.location().starts_with('/'), "{forged}");
            let fields = encoded(&[("id_token_hint", forged), back]);
            let refused = browser.get(&format!("/end-session?{fields}")).await;
            assert_eq!((refused.status, refused.location()), (400, ""), "{forged}");
        }
        let theirs = browser.get(&other.authorize_with(&[("id_token_hint", &hint)])).await;
        assert_eq!(theirs.told("error").as_deref(), Some("invalid_request"), "another client's");
        let silent = [("id_token_hint", hint.as_str()), ("prompt", "none")];
        assert!(browser.get(&site.authorize_with(&silent)).await.told("code").is_some());
        // An ID token opens nothing that an access token opens, and authenticates nobody.
        let request = Request::get("/userinfo").header("authorization", format!("Bearer {hint}"));
        assert_eq!(world.send(request.body(axum::body::Body::empty()).unwrap()).await.status, 401);
        assert_eq!(present(&world, "/token", &hint).await.error(), "invalid_client");
        let fields = encoded(&[("id_token_hint", &hint), back]);
        assert_eq!(browser.get(&format!("/end-session?{fields}")).await.location(), back.1);
    }
}
