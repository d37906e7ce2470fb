//! What a request object may be, and what not: each refusal beside the one change that lets it pass.

use serde_json::json;

use super::*;
use crate::base::encoding::base64url;
use crate::jose::encryption::Recipient;
use crate::jose::forge::{EC, ED, ForeignKey, RSA, signing_input, with};
use crate::jose::private_key::PrivateKey;
use crate::oauth::client_metadata::{ContentEncryption, EncryptionAlgorithm};

const ISSUER: &str = "https://id.example.gov.tw";
const CLIENT: &str = "client-1";
const NOW: i64 = 1_700_000_000;

fn keys() -> PublicKeySet {
    let named = |key: &ForeignKey, id: &str| key.jwk_with(json!({ "kid": id }));
    let keys = [named(&EC, "ec"), named(&RSA, "rsa"), named(&ED, "ed")];
    PublicKeySet::parse(&json!({ "keys": keys })).unwrap()
}

fn claims() -> Value {
    json!({ "iss": CLIENT, "aud": ISSUER, "client_id": CLIENT, "response_type": "code", "state": "s" })
}

fn header() -> Value {
    json!({ "alg": "ES256", "kid": "ec", "typ": "oauth-authz-req+jwt" })
}

fn expected(keys: &PublicKeySet) -> Expected<'_> {
    Expected {
        client_id: CLIENT,
        issuer: ISSUER,
        keys: Some(keys),
        algorithm: None,
        unsigned: None,
        now: Timestamp::from_seconds(NOW),
    }
}

fn whole<'k>(
    text: &str,
    expected: &Expected<'_>,
    own: impl IntoIterator<Item = &'k DecryptionKey>,
) -> Result<RequestObject, Error> {
    Opened::open(text, None, own)?.read(expected)
}

fn read(text: &str) -> Result<RequestObject, Error> {
    whole(text, &expected(&keys()), [])
}

/// The refusal of the good object with these claims changed.
fn with_claims(changed: Value) -> Option<Error> {
    read(&EC.sign(&header(), &with(claims(), changed))).err()
}

fn with_header(changed: Value) -> Option<Error> {
    read(&EC.sign(&with(header(), changed), &claims())).err()
}

fn parameters_of(changed: Value) -> BTreeMap<String, String> {
    read(&EC.sign(&header(), &with(claims(), changed))).unwrap().parameters
}

fn unsecured(claims: &Value) -> String {
    format!("{}.", signing_input(r#"{"alg":"none"}"#, &claims.to_string()))
}

#[test]
fn a_signed_object_gives_its_parameters_and_nothing_of_the_token() {
    let more = json!({
        "exp": NOW + 60, "nbf": NOW, "iat": NOW, "jti": "1", "sub": "somebody", "max_age": 300,
        "claims": { "id_token": { "auth_time": { "essential": true } } }, "nonce": "n",
        "unknown": "u", "unknown_object": { "a": 1 }, "unknown_list": ["a"],
    });
    let object = read(&EC.sign(&header(), &with(claims(), more))).unwrap();
    assert!(object.is_signed);
    let expected = [
        ("claims", r#"{"id_token":{"auth_time":{"essential":true}}}"#),
        ("client_id", CLIENT),
        ("max_age", "300"),
        ("nonce", "n"),
        ("response_type", "code"),
        ("state", "s"),
        ("unknown", "u"),
    ];
    let expected = expected.map(|(name, text)| (name.to_owned(), text.to_owned()));
    assert_eq!(object.parameters, BTreeMap::from(expected));
}

#[test]
fn each_algorithm_signs_with_its_key() {
    let signers = [("ES256", "ec", &EC), ("RS256", "rsa", &RSA), ("PS256", "rsa", &RSA)];
    for (alg, kid, key) in signers.into_iter().chain([("EdDSA", "ed", &ED)]) {
        let object = key.sign(&json!({ "alg": alg, "kid": kid }), &claims());
        assert!(read(&object).unwrap().is_signed, "{alg}");
        let registered = RequestObjectAlgorithm::from_word(alg);
        for &algorithm in RequestObjectAlgorithm::ALL {
            let keys = keys();
            let expected = Expected { algorithm: Some(algorithm), ..expected(&keys) };
            let refused = whole(&object, &expected, []).err();
            let differs = (Some(algorithm) != registered).then_some(Error::AlgorithmNotRegistered);
            assert_eq!(refused, differs, "{alg} {algorithm}");
        }
    }
}

/// A-JOS-01
#[test]
fn an_unsigned_object_passes_with_the_proof_only() {
    let (keys, allowed) = (keys(), Some(UnsignedAllowed::both_locks_are_open()));
    let object = unsecured(&claims());
    let read = |unsigned, algorithm, text: &str| {
        let expected = Expected { algorithm, unsigned, ..expected(&keys) };
        whole(text, &expected, []).map(|object| object.is_signed)
    };
    let (none, es256) = (RequestObjectAlgorithm::Unsigned, RequestObjectAlgorithm::Es256);
    assert_eq!(read(allowed, None, &object), Ok(false));
    assert_eq!(read(allowed, Some(none), &object), Ok(false));
    for (unsigned, algorithm) in [(None, None), (None, Some(none)), (allowed, Some(es256))] {
        assert_eq!(read(unsigned, algorithm, &object), Err(Error::UnsignedNotAllowed));
    }
    // The proof does not let anything pass for signed.
    let signed_input = object.trim_end_matches('.');
    let expected = Err(jws::Error::SignatureUnexpected.into());
    assert_eq!(read(allowed, None, &format!("{signed_input}.AA")), expected);
    for alg in ["None", "NONE", "nOnE", " none"] {
        let header = json!({ "alg": alg }).to_string();
        let jwt = format!("{}.", signing_input(&header, &claims().to_string()));
        assert_eq!(read(allowed, None, &jwt), Err(jws::Error::Unsecured.into()), "{alg}");
    }
    let stripped = format!("{}.", signing_input(&header().to_string(), &claims().to_string()));
    assert_eq!(read(allowed, None, &stripped), Err(jws::Error::SignatureMissing.into()));
    let other = with(claims(), json!({ "iss": "client-2" }));
    assert_eq!(read(allowed, None, &unsecured(&other)), Err(Error::IssuerWrong));
}

/// A-JOS-02
#[test]
fn a_code_under_a_public_key_is_no_signature() {
    for secret in [EC.pem(), EC.der(), EC.jwk().to_string().into_bytes(), Vec::new()] {
        for alg in ["HS256", "HS512", "hs256"] {
            let header = json!({ "alg": alg, "kid": "ec" }).to_string();
            let signed = signing_input(&header, &claims().to_string());
            let jwt =
                format!("{signed}.{}", base64url(&crate::jose::forge::code(&secret, &signed)));
            assert_eq!(read(&jwt).err(), Some(jws::Error::AlgorithmNotAllowed.into()), "{alg}");
        }
    }
}

/// A-JOS-03
#[test]
fn the_header_never_brings_the_key() {
    for (name, value) in [
        ("jwk", EC.jwk()),
        ("jku", json!("https://thief.example/jwks")),
        ("x5u", json!("https://thief.example/chain")),
        ("x5c", json!(["MIIB"])),
    ] {
        let refused = with_header(json!({ name: value }));
        assert_eq!(refused, Some(jws::Error::HeaderRefused(name).into()));
    }
    assert_eq!(with_header(json!({})), None);
    assert_eq!(with_header(json!({ "kid": "x" })), Some(jws::Error::KeyUnknown.into()));
    assert_eq!(with_header(json!({ "kid": "rsa" })), Some(jws::Error::KeyUnfit.into()));
}

#[test]
fn a_client_without_keys_signs_nothing() {
    let (keys, object) = (keys(), EC.sign(&header(), &claims()));
    let none = Expected { keys: None, ..expected(&keys) };
    assert_eq!(whole(&object, &none, []).err(), Some(Error::NoKeys));
    assert!(read(&object).is_ok());
    let thief = ForeignKey::ec(openssl::nid::Nid::X9_62_PRIME256V1);
    let forged = read(&thief.sign(&header(), &claims())).err();
    assert_eq!(forged, Some(jws::Error::SignatureWrong.into()));
}

/// A-JOS-08: no other kind of token passes for a request object, not even the client's own assertion.
#[test]
fn tokens_of_other_types_are_not_request_objects() {
    for typ in ["JWT", "jwt", "application/jwt", "oauth-authz-req+jwt", "OAuth-AuthZ-Req+JWT"] {
        assert_eq!(with_header(json!({ "typ": typ })), None, "{typ}");
    }
    assert_eq!(with_header(json!({ "typ": null })), None);
    for typ in ["", "at+jwt", "logout+jwt", "dpop+jwt", "client-authentication+jwt"] {
        let refused = with_header(json!({ "typ": typ }));
        assert_eq!(refused, Some(jws::Error::TypeWrong.into()), "{typ}");
    }
    assert_eq!(with_claims(json!({ "sub": CLIENT })), Some(Error::SubjectIsClient));
    assert_eq!(with_claims(json!({ "sub": "somebody" })), None);
    let keys = keys();
    let unsigned = Some(UnsignedAllowed::both_locks_are_open());
    let header = r#"{"alg":"none","typ":"at+jwt"}"#;
    let jwt = format!("{}.", signing_input(header, &claims().to_string()));
    let refused = whole(&jwt, &Expected { unsigned, ..expected(&keys) }, []).err();
    assert_eq!(refused, Some(jws::Error::TypeWrong.into()));
}

#[test]
fn an_object_is_of_this_client_and_for_us() {
    assert_eq!(with_claims(json!({ "client_id": "client-2" })), Some(Error::ClientWrong));
    assert_eq!(with_claims(json!({ "client_id": 1 })), Some(Error::ClientWrong));
    assert_eq!(with_claims(json!({ "iss": "client-2" })), Some(Error::IssuerWrong));
    assert_eq!(with_claims(json!({ "iss": ISSUER })), Some(Error::IssuerWrong));
    for audience in [json!("https://other.example"), json!([]), json!(["x"]), json!(1)] {
        assert_eq!(with_claims(json!({ "aud": audience })), Some(Error::AudienceWrong));
    }
    assert_eq!(with_claims(json!({ "aud": ["x", ISSUER] })), None);
    assert_eq!(with_claims(json!({ "aud": null, "iss": null, "client_id": null })), None);
}

#[test]
fn an_object_never_contains_another() {
    for name in NESTED {
        assert_eq!(with_claims(json!({ name: "x" })), Some(Error::Nested(name)));
        assert_eq!(with_claims(json!({ name: 1 })), Some(Error::Nested(name)));
    }
    assert_eq!(with_claims(json!({ "requests": "x" })), None);
}

#[test]
fn an_object_is_good_for_now() {
    let refused = |name: &str, seconds: i64| with_claims(json!({ name: NOW + seconds }));
    assert_eq!(refused("exp", -60), Some(Error::Expired));
    assert_eq!(refused("exp", -59), None);
    assert_eq!(refused("exp", 1 << 40), None);
    assert_eq!(refused("nbf", 61), Some(Error::NotYetValid));
    assert_eq!(refused("nbf", 60), None);
    assert_eq!(refused("iat", 61), Some(Error::IssuedInFuture));
    assert_eq!(refused("iat", 60), None);
    let text = with_claims(json!({ "exp": "soon" }));
    assert_eq!(text, Some(jws::Error::TimeNotInteger("exp").into()));
}

#[test]
fn a_parameter_that_we_read_is_text_or_an_integer() {
    for value in [json!(["n"]), json!({ "a": 1 }), json!(true), json!(1.5)] {
        let refused = with_claims(json!({ "nonce": value }));
        assert_eq!(refused, Some(Error::ParameterKind("nonce")), "{value}");
        assert!(!parameters_of(json!({ "unknown": value })).contains_key("unknown"));
    }
    assert_eq!(with_claims(json!({ "claims": [] })), Some(Error::ParameterKind("claims")));
    assert_eq!(parameters_of(json!({ "claims": {} }))["claims"], "{}");
    assert_eq!(parameters_of(json!({ "claims": "{}" }))["claims"], "{}");
    assert_eq!(parameters_of(json!({ "max_age": 0 }))["max_age"], "0");
    let twice = format!(r#"{{"client_id":"{CLIENT}","state":"a","state":"b"}}"#);
    let twice = EC.sign_text(&header().to_string(), &twice);
    assert_eq!(read(&twice).err(), Some(jws::Error::DuplicateMember.into()));
    let null = format!(r#"{{"client_id":"{CLIENT}","state":null}}"#);
    let null = EC.sign_text(&header().to_string(), &null);
    assert_eq!(read(&null).err(), Some(Error::ParameterKind("state")));
}

#[test]
fn an_encrypted_object_is_decrypted_first() {
    let keys = keys();
    for &algorithm in EncryptionAlgorithm::ALL {
        let own = DecryptionKey::prepare(&PrivateKey::generate(algorithm).unwrap()).unwrap();
        let set = json!({ "keys": [own.public_jwk()] });
        let for_us = Recipient::choose(&set, algorithm, ContentEncryption::A256Gcm).unwrap();
        let read = |inside: &str, unsigned| {
            let expected = Expected { unsigned, ..expected(&keys) };
            let jwe = for_us.encrypt(inside).unwrap();
            whole(&jwe, &expected, [&own]).map(|object| object.is_signed)
        };
        let allowed = Some(UnsignedAllowed::both_locks_are_open());
        assert_eq!(read(&EC.sign(&header(), &claims()), None), Ok(true));
        // Anybody can encrypt for us: to be encrypted is not to be signed.
        assert_eq!(read(&unsecured(&claims()), None), Err(Error::UnsignedNotAllowed));
        assert_eq!(read(&unsecured(&claims()), allowed), Ok(false));
        let twice = for_us.encrypt(&EC.sign(&header(), &claims())).unwrap();
        assert_eq!(read(&twice, allowed), Err(jws::Error::NotThreeParts.into()));
        let jwe = for_us.encrypt(&EC.sign(&header(), &claims())).unwrap();
        let refused = whole(&jwe, &expected(&keys), []).err();
        assert_eq!(refused, Some(decryption::Error::KeyUnknown.into()));
    }
}

/// OpenID Connect Registration §2: who has registered how it encrypts does so.
#[test]
fn an_object_is_encrypted_as_it_was_registered() {
    let (gcm, cbc) = (ContentEncryption::A256Gcm, ContentEncryption::A128CbcHs256);
    let object = EC.sign(&header(), &claims());
    for &algorithm in EncryptionAlgorithm::ALL {
        let own = DecryptionKey::prepare(&PrivateKey::generate(algorithm).unwrap()).unwrap();
        let set = json!({ "keys": [own.public_jwk()] });
        let jwe = Recipient::choose(&set, algorithm, gcm).unwrap().encrypt(&object).unwrap();
        for &registered in EncryptionAlgorithm::ALL {
            for content in [gcm, cbc] {
                let opened = Opened::open(&jwe, Some((registered, content)), [&own]).err();
                let fits = (registered, content) == (algorithm, gcm);
                assert_eq!(opened, (!fits).then_some(Error::EncryptionNotRegistered));
            }
        }
        let plain = Opened::open(&object, Some((algorithm, gcm)), [&own]).err();
        assert_eq!(plain, Some(Error::NotEncrypted));
        assert!(Opened::open(&object, None, [&own]).is_ok());
    }
}
