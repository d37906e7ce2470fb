//! What fits together, and what one change makes unfit.

use serde_json::{Value, json};

use super::*;
use crate::oauth::client_metadata::{
    AssertionAudience, ClientAssertionAlgorithm, ContentEncryption, EncryptionAlgorithm,
    RequestObjectAlgorithm,
};
use crate::oauth::jwk::PRIVATE_MEMBERS;
use crate::oauth::weak_feature::WeakFeatures;

fn uri(text: &str) -> RedirectUri {
    RedirectUri::register(text, ApplicationType::Native).unwrap()
}

fn settings() -> ClientMetadata {
    ClientMetadata {
        client_name: String::from("人事服務網"),
        redirect_uris: vec![uri("https://a.test/cb")],
        ..ClientMetadata::default()
    }
}

/// What `register` says after one change to settings that it accepts.
fn after(change: impl FnOnce(&mut ClientMetadata)) -> Result<ClientRegistration, Error> {
    assert!(settings().register().is_ok());
    let mut settings = settings();
    change(&mut settings);
    settings.register()
}

fn public(settings: &mut ClientMetadata) {
    settings.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
}

#[test]
fn a_name_and_a_way_back_must_be_usable() {
    assert_eq!(after(|it| it.client_name = String::from(" ")), Err(Error::NameMissing));
    let link = |text: &str| after(|it| it.client_uri = Some(text.to_owned()));
    assert!(link("https://a.test/").is_ok());
    assert_eq!(link("javascript:alert(1)"), Err(Error::ClientUri(redirect_uri::Error::Scheme)));
}

#[test]
fn a_public_client_has_no_rights_that_rest_on_its_identity() {
    assert!(after(public).unwrap().is_public());
    let credentials = after(|it| {
        public(it);
        it.grant_types.push(GrantType::ClientCredentials);
    });
    assert_eq!(credentials, Err(Error::PublicClientCredentials));
    let introspection = after(|it| {
        public(it);
        it.may_introspect = true;
    });
    assert_eq!(introspection, Err(Error::PublicIntrospection));
}

/// A-TOK-08 (g): PKCE can be waived for a confidential client only.
#[test]
fn a_public_client_cannot_do_without_pkce() {
    let without = |it: &mut ClientMetadata| {
        it.require_pkce = false;
        it.weak_features = WeakFeatures::from_iter([WeakFeature::NoPkce]);
    };
    assert!(after(without).is_ok());
    let waived = after(|it| {
        public(it);
        without(it);
    });
    assert_eq!(waived, Err(Error::PublicWithoutPkce));
}

#[test]
fn grants_need_what_they_rest_on() {
    let grants = |grants: &[GrantType]| after(|it| it.grant_types = grants.to_vec());
    assert_eq!(grants(&[]), Err(Error::GrantTypeMissing));
    assert_eq!(grants(&[GrantType::RefreshToken]), Err(Error::RefreshWithoutCode));
    let both = grants(&[GrantType::AuthorizationCode, GrantType::RefreshToken]).unwrap();
    assert!(both.allows(GrantType::RefreshToken) && !both.allows(GrantType::ClientCredentials));
    assert_eq!(after(|it| it.response_types.clear()), Err(Error::ResponseTypesUnfit));
    assert_eq!(after(|it| it.redirect_uris.clear()), Err(Error::RedirectUriMissing));
    let service = after(|it| {
        it.redirect_uris.clear();
        it.grant_types = vec![GrantType::ClientCredentials];
    });
    assert!(service.is_ok());
}

/// A-TOK-26: the client's own lock. Registration §2 says which grant types go with which response types.
#[test]
fn response_types_need_their_grant_types_and_their_weak_features() {
    use GrantType::{AuthorizationCode, Implicit};
    use WeakFeature::{HybridFlow, ImplicitFlow};
    let with = |of: ResponseType, grants: &[GrantType], weak: &[WeakFeature]| {
        after(|it| {
            it.response_types = vec![of];
            it.grant_types = grants.to_vec();
            it.weak_features = weak.iter().copied().collect();
        })
        .map(|client| client.may_ask_for(of))
    };
    let both = [AuthorizationCode, Implicit];
    for (of, grants, weak) in [
        (ResponseType::IdToken, &both[1..], ImplicitFlow),
        (ResponseType::IdTokenToken, &both[1..], ImplicitFlow),
        (ResponseType::CodeToken, &both[..], HybridFlow),
        (ResponseType::CodeIdToken, &both[..], HybridFlow),
        (ResponseType::CodeIdTokenToken, &both[..], HybridFlow),
    ] {
        assert_eq!(with(of, grants, &[weak]), Ok(true), "{of}");
        assert_eq!(with(of, grants, &[]), Err(Error::WeakFeatureMissing(weak)), "{of}");
        let only_code = with(of, &[AuthorizationCode], &[weak]);
        assert_eq!(only_code, Err(Error::ResponseTypesUnfit), "{of}");
    }
    for (of, address, is_fit) in [
        (ApplicationType::Web, "https://a.test/cb", true),
        (ApplicationType::Web, "https://localhost/cb", false),
        (ApplicationType::Web, "http://localhost/cb", false),
        (ApplicationType::Native, "http://127.0.0.1/cb", true),
    ] {
        let registered = after(|it| {
            it.application_type = of;
            it.redirect_uris = vec![uri(address)];
            it.response_types = vec![ResponseType::IdToken];
            it.grant_types = vec![Implicit];
            it.weak_features = WeakFeatures::from_iter([ImplicitFlow]);
        });
        assert_eq!(registered.is_ok(), is_fit, "{address}: {registered:?}");
    }
    assert_eq!(with(ResponseType::Code, &both, &[]), Err(Error::ResponseTypesUnfit));
    assert_eq!(with(ResponseType::Code, &both[1..], &[]), Err(Error::ResponseTypesUnfit));
    assert_eq!(with(ResponseType::Code, &both[..1], &[]), Ok(true));
}

/// A-RED-04: the type of the application decides, not who wrote the settings.
#[test]
fn redirect_uris_are_held_to_the_type_of_the_application() {
    let private = || vec![uri("tw.gov.app:/cb")];
    let of_web = after(|it| it.redirect_uris = private());
    assert_eq!(of_web, Err(Error::RedirectUri(redirect_uri::Error::Scheme)));
    let of_web = after(|it| it.post_logout_redirect_uris = private());
    assert_eq!(of_web, Err(Error::RedirectUri(redirect_uri::Error::Scheme)));

    let loopback = |application_type| {
        after(|it| {
            it.application_type = application_type;
            it.redirect_uris = vec![uri("http://127.0.0.1/cb")];
        })
        .unwrap()
    };
    assert!(loopback(ApplicationType::Native).redirect("http://127.0.0.1:5000/cb").is_some());
    assert!(loopback(ApplicationType::Web).redirect("http://127.0.0.1:5000/cb").is_none());
}

#[test]
fn an_answer_goes_to_a_registered_address_only() {
    let client = after(|it| {
        it.redirect_uris.push(uri("https://a.test/cb2"));
        it.post_logout_redirect_uris = vec![uri("https://a.test/bye")];
    })
    .unwrap();
    assert!(client.redirect("https://a.test/cb2").is_some());
    assert!(client.redirect("https://a.test/bye").is_none());
    assert!(client.post_logout_redirect("https://a.test/bye").is_some());
    assert!(client.post_logout_redirect("https://a.test/cb").is_none());
}

#[test]
fn the_number_of_addresses_and_keys_is_bounded() {
    let uris = |count: usize| after(|it| it.redirect_uris = vec![uri("https://a.test/"); count]);
    assert!(uris(limits::REDIRECT_URIS).is_ok());
    assert_eq!(uris(limits::REDIRECT_URIS + 1), Err(Error::TooManyRedirectUris));
    let keys = |count: usize| {
        let keys: Vec<_> =
            (0..count).map(|n| json!({ "kty": "EC", "kid": n.to_string() })).collect();
        after(|it| it.jwks = Some(json!({ "keys": keys })))
    };
    assert!(keys(limits::CLIENT_KEYS).is_ok());
    assert_eq!(keys(limits::CLIENT_KEYS + 1), Err(Error::TooManyKeys));
}

#[test]
fn private_key_jwt_needs_public_keys() {
    let with = |jwks: Option<Value>| {
        after(|it| {
            it.token_endpoint_auth_method = TokenEndpointAuthMethod::PrivateKeyJwt;
            it.jwks = jwks;
        })
    };
    assert_eq!(with(None), Err(Error::KeysMissing(TokenEndpointAuthMethod::PrivateKeyJwt)));
    assert!(with(Some(json!({"keys": [{"kty": "RSA", "n": "x", "e": "AQAB"}]}))).is_ok());
    assert!(with(Some(json!({"keys": [{"kty": "OKP", "crv": "Ed25519"}]}))).is_ok());
    for malformed in [
        json!([]),
        json!({}),
        json!({"keys": []}),
        json!({"keys": ["x"]}),
        json!({"keys": [{"kty": "OKP"}]}),
        json!({"keys": [{"kty": "OKP", "crv": "X25519"}]}),
        json!({"keys": [{"kty": "EC"}, {"kty": "EC", "kid": "1"}]}),
        json!({"keys": [{"kty": "EC", "kid": "1"}, {"kty": "EC", "kid": "1"}]}),
    ] {
        assert_eq!(with(Some(malformed.clone())), Err(Error::KeysMalformed), "{malformed}");
    }
    assert_eq!(with(Some(json!({"keys": [{"kty": "oct"}]}))), Err(Error::KeysPrivate));
    for member in PRIVATE_MEMBERS {
        let key = json!({"keys": [{"kty": "RSA", member: "x"}]});
        assert_eq!(with(Some(key)), Err(Error::KeysPrivate), "{member}");
    }
}

#[test]
fn a_pairwise_client_has_a_sector() {
    let two_hosts = || vec![uri("https://a.test/cb"), uri("https://b.test/cb")];
    assert_eq!(settings().register().unwrap().settings().sector, "a.test");
    assert_eq!(after(|it| it.redirect_uris = two_hosts()), Err(Error::SectorMissing));
    // A-RED-04: a scheme of one's own names no host of anybody.
    let borrowed = after(|it| {
        it.application_type = ApplicationType::Native;
        it.redirect_uris = vec![uri("x.evil://a.test/cb")];
    });
    assert_eq!(borrowed, Err(Error::SectorMissing));
    let named = after(|it| {
        it.redirect_uris = two_hosts();
        it.sector = String::from("personnel");
    });
    assert_eq!(named.unwrap().settings().sector, "personnel");
    let of_public_subjects = after(|it| {
        it.redirect_uris = two_hosts();
        it.subject_type = SubjectType::Public;
    });
    assert!(of_public_subjects.is_ok());
}

#[test]
fn a_stored_registration_is_held_to_the_rules_again() {
    let registration = settings().register().unwrap();
    let stored = serde_json::to_string(&registration).unwrap();
    assert_eq!(serde_json::from_str::<ClientRegistration>(&stored).unwrap(), registration);
    let changed = stored.replace("client_secret_basic", "none");
    assert!(serde_json::from_str::<ClientRegistration>(&changed).is_ok());
    let changed = changed.replace("\"require_pkce\":true", "\"require_pkce\":false");
    assert!(serde_json::from_str::<ClientRegistration>(&changed).is_err());
}

/// A-TOK-26: each weak setting needs its own word in the registration.
#[test]
fn weak_settings_need_their_weak_features() {
    type Change = fn(&mut ClientMetadata);
    let changes: [(WeakFeature, Change); 5] = [
        (WeakFeature::UnsignedRequestObject, |it| {
            it.request_object_signing_alg = Some(RequestObjectAlgorithm::Unsigned);
        }),
        (WeakFeature::UnsignedIdToken, |it| {
            it.id_token_signed_response_alg = IdTokenAlgorithm::Unsigned;
        }),
        (WeakFeature::Hs256, |it| it.id_token_signed_response_alg = IdTokenAlgorithm::Hs256),
        (WeakFeature::ClientSecretJwt, |it| {
            it.token_endpoint_auth_method = TokenEndpointAuthMethod::ClientSecretJwt;
        }),
        (WeakFeature::CompatAudience, |it| it.assertion_audience = AssertionAudience::Compat),
    ];
    for (feature, change) in changes {
        assert_eq!(after(change), Err(Error::WeakFeatureMissing(feature)));
        let open = after(|it| {
            change(it);
            it.weak_features = WeakFeatures::from_iter([feature]);
        });
        assert!(open.is_ok(), "{feature}: {open:?}");
    }
}

/// Core §2: an ID token that comes through the browser is signed, and one that is encrypted is signed before.
#[test]
fn an_unsigned_id_token_stays_at_the_token_endpoint() {
    let unsigned = |change: fn(&mut ClientMetadata)| {
        after(|it| {
            it.id_token_signed_response_alg = IdTokenAlgorithm::Unsigned;
            it.weak_features =
                [WeakFeature::UnsignedIdToken, WeakFeature::HybridFlow].into_iter().collect();
            it.grant_types = vec![GrantType::AuthorizationCode, GrantType::Implicit];
            it.response_types = vec![ResponseType::CodeToken];
            it.jwks_uri = HttpsUri::parse("https://a.test/jwks").ok();
            change(it);
        })
    };
    assert!(unsigned(|_| {}).is_ok());
    let in_front = unsigned(|it| it.response_types = vec![ResponseType::CodeIdToken]);
    assert_eq!(in_front, Err(Error::UnsignedInFront));
    let encrypted =
        unsigned(|it| it.id_token_encrypted_response_alg = Some(EncryptionAlgorithm::EcdhEs));
    assert_eq!(encrypted, Err(Error::EncryptionOfUnsigned));
}

#[test]
fn a_public_client_has_no_secret_to_sign_with() {
    let hs256 = |it: &mut ClientMetadata| {
        it.id_token_signed_response_alg = IdTokenAlgorithm::Hs256;
        it.weak_features = WeakFeatures::from_iter([WeakFeature::Hs256]);
    };
    assert!(after(hs256).unwrap().needs_secret_itself());
    let public = after(|it| {
        hs256(it);
        public(it);
    });
    assert_eq!(public, Err(Error::PublicSecret));
}

/// RFC 8705 §2.1.2: exactly one name decides which certificate is the client's.
#[test]
fn a_certificate_is_known_by_exactly_one_name() {
    let with = |change: fn(&mut ClientMetadata)| {
        after(|it| {
            it.token_endpoint_auth_method = TokenEndpointAuthMethod::TlsClientAuth;
            it.tls_client_auth_san_dns = Some(String::from("a.test"));
            change(it);
        })
    };
    assert!(with(|_| {}).is_ok());
    assert_eq!(with(|it| it.tls_client_auth_san_dns = None), Err(Error::CertificateName));
    let empty = with(|it| it.tls_client_auth_san_dns = Some(String::new()));
    assert_eq!(empty, Err(Error::CertificateName));
    let two = with(|it| it.tls_client_auth_san_ip = "192.0.2.1".parse().ok());
    assert_eq!(two, Err(Error::CertificateName));
    let of_another_method = after(|it| it.tls_client_auth_san_uri = Some(String::from("x:y")));
    assert_eq!(of_another_method, Err(Error::CertificateName));
}

#[test]
fn keys_are_in_one_place() {
    let elsewhere = |it: &mut ClientMetadata| {
        it.token_endpoint_auth_method = TokenEndpointAuthMethod::PrivateKeyJwt;
        it.jwks_uri = HttpsUri::parse("https://a.test/jwks").ok();
    };
    assert!(after(elsewhere).is_ok());
    let twice = after(|it| {
        elsewhere(it);
        it.jwks = Some(json!({"keys": [{"kty": "RSA"}]}));
    });
    assert_eq!(twice, Err(Error::KeysTwice));
    let algorithm = |of| {
        after(|it| {
            elsewhere(it);
            it.token_endpoint_auth_signing_alg = Some(of);
        })
    };
    assert!(algorithm(ClientAssertionAlgorithm::Es256).is_ok());
    assert_eq!(algorithm(ClientAssertionAlgorithm::Hs256), Err(Error::AssertionAlgorithm));
}

#[test]
fn what_is_encrypted_says_how_and_has_a_key() {
    let with = |alg, enc, uri: Option<&str>| {
        after(|it| {
            it.userinfo_encrypted_response_alg = alg;
            it.userinfo_encrypted_response_enc = enc;
            it.jwks_uri = uri.and_then(|uri| HttpsUri::parse(uri).ok());
        })
    };
    let (alg, enc) = (Some(EncryptionAlgorithm::RsaOaep256), Some(ContentEncryption::A256Gcm));
    let keys = Some("https://a.test/jwks");
    assert!(with(alg, enc, keys).is_ok() && with(alg, None, keys).is_ok());
    assert_eq!(with(None, enc, keys), Err(Error::EncryptionHalf));
    assert_eq!(with(alg, enc, None), Err(Error::EncryptionWithoutKeys));
}

/// Front-Channel Logout §2
#[test]
fn a_logout_page_is_on_the_clients_own_site() {
    let with = |page: &str| after(|it| it.frontchannel_logout_uri = HttpsUri::parse(page).ok());
    assert!(with("https://a.test/logout?x=1").is_ok());
    for page in ["https://b.test/logout", "https://a.test:444/logout"] {
        assert_eq!(with(page), Err(Error::FrontchannelOrigin), "{page}");
    }
}

#[test]
fn lists_and_texts_are_bounded() {
    let contacts = |count| after(|it| it.contacts = vec![String::from("a@a.test"); count]);
    assert!(contacts(limits::CLIENT_WORDS).is_ok());
    assert_eq!(contacts(limits::CLIENT_WORDS + 1), Err(Error::TooManyValues));
    let requests = |count| {
        let uri = crate::oauth::https_uri::RequestUri::parse("https://a.test/r").unwrap();
        after(|it| it.request_uris = vec![uri; count])
    };
    assert!(requests(limits::REQUEST_URIS).is_ok());
    assert_eq!(requests(limits::REQUEST_URIS + 1), Err(Error::TooManyValues));
    let name = |length| after(|it| it.client_name = "x".repeat(length));
    assert!(name(limits::CLIENT_TEXT).is_ok());
    assert_eq!(name(limits::CLIENT_TEXT + 1), Err(Error::TextUnfit));
    for unfit in ["a\nb", "\u{200b}", "a\u{202e}b", "\u{feff}a"] {
        assert_eq!(after(|it| it.client_name = unfit.to_owned()), Err(Error::TextUnfit));
    }
}
