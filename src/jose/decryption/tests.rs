//! What clients and attackers encrypt for us. Tokens are put together part by part from any header.

use openssl::nid::Nid;
use serde_json::json;

use super::*;
use crate::base::encoding::base64url;
use crate::jose::encryption::Recipient;
use crate::jose::forge::{EC, ForeignKey, with};

const A256GCM: ContentEncryption = ContentEncryption::A256Gcm;

fn key(algorithm: EncryptionAlgorithm) -> DecryptionKey {
    DecryptionKey::prepare(&PrivateKey::generate(algorithm).unwrap()).unwrap()
}

fn rsa() -> DecryptionKey {
    key(EncryptionAlgorithm::RsaOaep256)
}

fn ec() -> DecryptionKey {
    key(EncryptionAlgorithm::EcdhEs)
}

fn for_key(key: &DecryptionKey, content: ContentEncryption) -> String {
    let set = json!({ "keys": [key.public_jwk()] });
    Recipient::choose(&set, key.algorithm(), content).unwrap().encrypt("a.b.c").unwrap()
}

/// The token with its header changed; nothing but the header is looked at before it is judged.
fn with_header(jwe: &str, changed: Value) -> String {
    let (header, rest) = jwe.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&from_base64url(header).unwrap()).unwrap();
    format!("{}.{rest}", base64url(with(header, changed).to_string().as_bytes()))
}

/// The token with one part changed.
fn with_part(jwe: &str, index: usize, change: impl Fn(&mut Vec<u8>)) -> String {
    let mut parts: Vec<String> = jwe.split('.').map(str::to_owned).collect();
    let mut part = from_base64url(&parts[index]).unwrap();
    change(&mut part);
    parts[index] = base64url(&part);
    parts.join(".")
}

/// A-JOS-09, A-JOS-10, A-JOS-12
#[test]
fn what_costs_work_or_opens_a_hole_is_refused_from_the_header() {
    let key = rsa();
    let jwe = for_key(&key, A256GCM);
    assert_eq!(decrypt(&jwe, [&key]).as_deref(), Ok("a.b.c"));
    for alg in [
        "RSA1_5",
        "RSA-OAEP",
        "RSA-OAEP-512",
        "dir",
        "A128KW",
        "A256GCMKW",
        "ECDH-ES+A128KW",
        "PBES2-HS256+A128KW",
        "PBES2-HS512+A256KW",
        "none",
        "rsa-oaep-256",
        "",
    ] {
        let refused = decrypt(&with_header(&jwe, json!({ "alg": alg })), [&key]);
        assert_eq!(refused, Err(Error::AlgorithmNotAllowed), "{alg}");
    }
    for enc in ["A128GCM", "A256CBC-HS512", "a256gcm", "none", ""] {
        let refused = decrypt(&with_header(&jwe, json!({ "enc": enc })), [&key]);
        assert_eq!(refused, Err(Error::ContentEncryptionNotAllowed), "{enc}");
    }
    for name in REFUSED_HEADERS {
        for value in [json!("DEF"), json!(2_147_483_647), json!(["exp"]), json!({})] {
            let refused = decrypt(&with_header(&jwe, json!({ name: value })), [&key]);
            assert_eq!(refused, Err(Error::HeaderRefused(name)), "{name}");
        }
    }
    for name in ["alg", "enc"] {
        for value in [json!(null), json!(1), json!(["RSA-OAEP-256"])] {
            let refused = decrypt(&with_header(&jwe, json!({ name: value })), [&key]);
            assert_eq!(refused, Err(Error::HeaderNotText(name)));
        }
    }
}

#[test]
fn the_content_is_a_token() {
    let key = rsa();
    let jwe = for_key(&key, A256GCM);
    let typed = |cty: Value| decrypt(&with_header(&jwe, json!({ "cty": cty })), [&key]);
    assert_eq!(typed(json!("text/plain")), Err(Error::ContentTypeWrong));
    assert_eq!(typed(json!(1)), Err(Error::HeaderNotText("cty")));
    // The type is right, but the header is authenticated: a changed one does not decrypt.
    for cty in [json!("jwt"), json!("application/jwt"), json!(null)] {
        assert_eq!(typed(cty), Err(Error::Undecryptable));
    }
    assert!(typed(json!("JWT")).is_ok());
}

/// A-JOS-12: whatever is wrong inside, the answer is the same.
#[test]
fn each_part_is_authenticated_and_every_failure_is_the_same() {
    for &content in ContentEncryption::ALL {
        for key in [rsa(), ec()] {
            let jwe = for_key(&key, content);
            assert_eq!(decrypt(&jwe, [&key]).as_deref(), Ok("a.b.c"));
            for index in 1..5 {
                let refused = |change: &dyn Fn(&mut Vec<u8>)| {
                    let changed = with_part(&jwe, index, |part| change(part));
                    assert_eq!(decrypt(&changed, [&key]), Err(Error::Undecryptable), "{index}");
                };
                refused(&|part| part.push(0));
                if part_is_there(&jwe, index) {
                    refused(&|part| part[0] ^= 1);
                    refused(&|part| *part.last_mut().unwrap() ^= 0x80);
                    refused(&|part| part.truncate(part.len() - 1));
                    refused(&Vec::clear);
                }
            }
            let header = with_header(&jwe, json!({ "typ": "JWT" }));
            assert_eq!(decrypt(&header, [&key]), Err(Error::Undecryptable));
        }
    }
}

fn part_is_there(jwe: &str, index: usize) -> bool {
    jwe.split('.').nth(index).is_some_and(|part| !part.is_empty())
}

/// A-JOS-12: a key of another length than the content's, well padded.
#[test]
fn an_encrypted_key_of_another_length_is_no_key() {
    use openssl::bn::BigNum;
    use openssl::encrypt::Encrypter;
    use openssl::rsa::Rsa;
    let key = rsa();
    let number = |name: &str| {
        let text = key.public_jwk()[name].as_str().unwrap();
        BigNum::from_slice(&from_base64url(text).unwrap()).unwrap()
    };
    let public = PKey::from_rsa(Rsa::from_public_components(number("n"), number("e")).unwrap());
    let public = public.unwrap();
    let mut encrypter = Encrypter::new(&public).unwrap();
    encrypter.set_rsa_padding(Padding::PKCS1_OAEP).unwrap();
    encrypter.set_rsa_oaep_md(MessageDigest::sha256()).unwrap();
    encrypter.set_rsa_mgf1_md(MessageDigest::sha256()).unwrap();
    let jwe = for_key(&key, A256GCM);
    for length in [0, 16, 31, 33, 64] {
        let mut encrypted = vec![0; 256];
        encrypter.encrypt(&vec![7; length], &mut encrypted).unwrap();
        let jwe = with_part(&jwe, 1, |part| part.clone_from(&encrypted));
        assert_eq!(decrypt(&jwe, [&key]), Err(Error::Undecryptable), "{length}");
    }
}

/// A point off the curve would tell our private key, a few bits at a time.
#[test]
fn an_ephemeral_key_off_the_curve_is_refused() {
    let key = ec();
    let jwe = for_key(&key, A256GCM);
    let zero = base64url(&[0; 32]);
    for point in [
        json!(null),
        json!("x"),
        json!({}),
        EC.jwk_with(json!({ "x": zero, "y": zero })),
        EC.jwk_with(json!({ "y": zero })),
        EC.jwk_with(json!({ "x": EC.jwk()["y"], "y": EC.jwk()["x"] })),
        EC.jwk_with(json!({ "x": base64url(&[0xff; 32]) })),
        EC.jwk_with(json!({ "crv": "P-384" })),
        EC.jwk_with(json!({ "kty": "OKP", "crv": "X25519" })),
        EC.jwk_with(json!({ "d": zero })),
        ForeignKey::ec(Nid::SECP384R1).jwk(),
        ForeignKey::ec(Nid::SECP256K1).jwk_with(json!({ "crv": "P-256" })),
        // On the curve, but not the one that was used.
        EC.jwk(),
    ] {
        let refused = decrypt(&with_header(&jwe, json!({ "epk": point })), [&key]);
        assert_eq!(refused, Err(Error::Undecryptable), "{point}");
        if let Some(point) = point.as_object().filter(|_| point != EC.jwk()) {
            assert!(crate::jose::encryption::point(point).is_none(), "{point:?}");
        }
    }
    assert!(decrypt(&with_header(&jwe, json!({})), [&key]).is_ok());
}

#[test]
fn the_header_says_which_of_our_keys_it_means() {
    let (first, second, other) = (ec(), ec(), rsa());
    let jwe = for_key(&second, A256GCM);
    assert!(decrypt(&jwe, [&first, &other, &second]).is_ok());
    assert_eq!(decrypt(&jwe, [&first, &other]), Err(Error::KeyUnknown));
    assert_eq!(decrypt(&jwe, []), Err(Error::KeyUnknown));
    let renamed = with_header(&jwe, json!({ "kid": other.key_id() }));
    assert_eq!(decrypt(&renamed, [&other, &second]), Err(Error::KeyUnknown));
    let mut set = json!({ "keys": [first.public_jwk()] });
    set["keys"][0].as_object_mut().unwrap().shift_remove("kid");
    let nameless = Recipient::choose(&set, first.algorithm(), A256GCM).unwrap();
    let nameless = nameless.encrypt("a.b.c").unwrap();
    assert!(decrypt(&nameless, [&other, &first, &second]).is_ok());
    assert_eq!(decrypt(&nameless, [&second]), Err(Error::Undecryptable));
}

#[test]
fn a_token_has_five_parts_of_canonical_base64url_and_a_bounded_length() {
    let key = rsa();
    let jwe = for_key(&key, A256GCM);
    for other in ["", "a.b.c", "a.b.c.d", &format!("{jwe}."), &format!("{jwe}.a.b")] {
        assert_eq!(decrypt(other, [&key]), Err(Error::NotFiveParts), "{other}");
        assert!(!is_encrypted(other));
    }
    assert!(is_encrypted(&jwe));
    for end in ["==", "A=", "+", " ", "\n"] {
        assert_eq!(decrypt(&format!("{jwe}{end}"), [&key]), Err(Error::NotBase64url), "{end}");
    }
    let long = |bytes: usize| format!("{jwe}{}", "A".repeat(bytes - jwe.len()));
    assert_ne!(decrypt(&long(limits::JWT), [&key]), Err(Error::TooLong));
    assert_eq!(decrypt(&long(limits::JWT + 1), [&key]), Err(Error::TooLong));
    let rest = jwe.split_once('.').unwrap().1;
    let header = |text: &str| decrypt(&format!("{}.{rest}", base64url(text.as_bytes())), [&key]);
    assert_eq!(header("[]"), Err(Error::NotAnObject));
    assert_eq!(header(r#"{"alg":"dir","alg":"RSA-OAEP-256"}"#), Err(Error::DuplicateMember));
}
