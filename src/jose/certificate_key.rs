//! Whether the key of a certificate is one that a client registered (`self_signed_tls_client_auth`).
//!
//! RFC 8705 §2.2.2: the registered set has the certificates themselves (`x5c`) or their keys; either way it is the key that
//! counts, and the handshake has proved it. Nothing else in such a certificate is looked at, not even its dates.

use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, PKeyRef, Public};
use openssl::rsa::Rsa;
use openssl::x509::X509;
use serde_json::{Map, Value};

use crate::base::encoding::from_base64url;
use crate::base::limits;

/// The strength below which a key proves nothing (NIST SP 800-57): that of RSA with 2048 bits.
const SECURITY_BITS: u32 = 112;

/// Whether `key` is among the keys of this JWK set.
pub fn is_among(set: &Value, key: &PKeyRef<Public>) -> bool {
    keys(set).any(|own| own.public_eq(key))
}

/// Whether there is any key in this JWK set that a certificate can have.
pub fn is_any(set: &Value) -> bool {
    keys(set).next().is_some()
}

fn keys(set: &Value) -> impl Iterator<Item = PKey<Public>> {
    let keys = set.get("keys").and_then(Value::as_array);
    keys.into_iter()
        .flatten()
        .take(limits::CLIENT_KEYS)
        .filter_map(Value::as_object)
        .filter(|jwk| jwk.get("use").is_none_or(|usage| usage == "sig"))
        .filter_map(key_of)
}

/// The key of a JWK, if it is strong enough to prove anything. Members and certificate that say different ones contradict
/// each other (RFC 7517 §4.7): nobody could say which was meant.
fn key_of(jwk: &Map<String, Value>) -> Option<PKey<Public>> {
    let key = match (of_members(jwk), of_certificate(jwk)) {
        (Some(own), Some(certified)) => own.public_eq(&certified).then_some(own),
        (own, certified) => own.or(certified),
    };
    key.filter(|key| key.security_bits() >= SECURITY_BITS)
}

/// The key that the members say (RFC 7518 §6, RFC 8037).
fn of_members(jwk: &Map<String, Value>) -> Option<PKey<Public>> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let bytes = |name: &str| from_base64url(text(name)?);
    let number = |name: &str| BigNum::from_slice(&bytes(name)?).ok();
    match text("kty")? {
        "EC" => {
            let curve = match text("crv")? {
                "P-256" => Nid::X9_62_PRIME256V1,
                "P-384" => Nid::SECP384R1,
                "P-521" => Nid::SECP521R1,
                _ => return None,
            };
            let (x, y) = (number("x")?, number("y")?);
            let group = EcGroup::from_curve_name(curve).ok()?;
            let key = EcKey::from_public_key_affine_coordinates(&group, &x, &y).ok()?;
            PKey::from_ec_key(key).ok()
        }
        "RSA" => PKey::from_rsa(Rsa::from_public_components(number("n")?, number("e")?).ok()?).ok(),
        "OKP" if text("crv")? == "Ed25519" => {
            PKey::public_key_from_raw_bytes(&bytes("x")?, Id::ED25519).ok()
        }
        _ => None,
    }
}

/// The key of the first certificate of `x5c` (RFC 7517 §4.7).
fn of_certificate(jwk: &Map<String, Value>) -> Option<PKey<Public>> {
    use base64::Engine;
    let first = jwk.get("x5c")?.as_array()?.first()?.as_str()?;
    let der = base64::engine::general_purpose::STANDARD.decode(first).ok()?;
    X509::from_der(&der).ok()?.public_key().ok()
}

#[cfg(test)]
mod tests {
    use openssl::bn::BigNumRef;
    use serde_json::json;

    use super::*;
    use crate::base::encoding::base64url;
    use crate::jose::forge::{EC, ED, ForeignKey, RSA};

    fn public(key: &ForeignKey) -> PKey<Public> {
        PKey::public_key_from_der(&key.der()).unwrap()
    }

    #[test]
    fn a_key_is_found_by_its_numbers_and_no_other_one_is() {
        let p384 = ForeignKey::ec(Nid::SECP384R1);
        let all = [&*EC, &*ED, &*RSA, &p384];
        let set = |keys: &[&ForeignKey]| json!({ "keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>() });
        for own in all {
            assert!(is_among(&set(&all), &public(own)));
            for other in all.into_iter().filter(|other| !std::ptr::eq(*other, own)) {
                assert!(!is_among(&set(&[other]), &public(own)));
            }
        }
        assert!(!is_among(&set(&[&EC]), &public(&ForeignKey::ec(Nid::X9_62_PRIME256V1))));
    }

    #[test]
    fn a_weak_key_is_no_key() {
        let weak = PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap();
        let number = |number: &BigNumRef| base64url(&number.to_vec());
        let rsa = weak.rsa().unwrap();
        let jwk = json!({ "kty": "RSA", "n": number(rsa.n()), "e": number(rsa.e()) });
        let public = PKey::public_key_from_der(&weak.public_key_to_der().unwrap()).unwrap();
        assert!(!is_among(&json!({ "keys": [jwk] }), &public));
    }

    #[test]
    fn keys_for_encryption_and_what_is_no_set_say_nothing() {
        let of = |key: Value| json!({ "keys": [key] });
        assert!(is_among(&of(EC.jwk_with(json!({ "use": "sig" }))), &public(&EC)));
        for set in [
            of(EC.jwk_with(json!({ "use": "enc" }))),
            of(EC.jwk_with(json!({ "crv": "P-384" }))),
            of(EC.jwk_with(json!({ "y": "AAAA" }))),
            of(json!({ "kty": "EC", "x5c": ["AAAA"] })),
            of(json!({ "kty": "EC", "x5c": "AAAA" })),
            json!([EC.jwk()]),
            json!(null),
        ] {
            assert!(!is_among(&set, &public(&EC)), "{set}");
        }
    }
}
