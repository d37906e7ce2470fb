//! Sets of public keys: the one that Fuxin publishes, and those that clients register.
//!
//! RFC 7517 §5, RFC 8037. A registered set is read once, strictly: a private or symmetric member means that a secret has
//! leaked into a public place and refuses the whole set; so does a key that we could not use, since its owner should hear
//! of it at registration. Of a set that was fetched from a `jwks_uri`, keys that we could not use are passed over: its
//! owner has other readers, too. Keys for encryption are `encryption`'s. Does not own the fetching, nor its limits.

use std::collections::HashSet;

use josekit::jwk::Jwk;
use josekit::jws::{ES256, EdDSA, JwsVerifier, PS256, RS256};
use serde_json::{Map, Value, json};

use crate::base::encoding::{base64url, from_base64url};
use crate::base::limits;
use crate::jose::algorithm::AssertionAlgorithm;
use crate::jose::decryption::DecryptionKey;
use crate::jose::signing_key::SigningKey;
use crate::jose::{jws, strict_json};
use crate::oauth::jwk::PRIVATE_MEMBERS;

/// Shortest RSA modulus (NIST SP 800-131A) and the longest whose verification is still cheap.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
/// Bytes of a coordinate on P-256.
const P256_COORDINATE: usize = 32;

/// Bytes of the public key of Ed25519.
const ED25519: usize = 32;
/// The coordinates of the eight points of small order of Ed25519, in each form of 255 bits, as a JWK writes them.
const SMALL_ORDER: [&str; 7] = [
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "7f_______________________________________38",
    "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "7v_______________________________________38",
    "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU",
    "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o",
    "7P_______________________________________38",
];

/// The JWK set of all our keys, as the endpoint answers it.
pub fn published<'k>(
    signing: impl IntoIterator<Item = &'k SigningKey>,
    decryption: impl IntoIterator<Item = &'k DecryptionKey>,
) -> Value {
    let signing = signing.into_iter().map(SigningKey::public_jwk);
    let decryption = decryption.into_iter().map(DecryptionKey::public_jwk);
    let keys: Vec<&Map<String, Value>> = signing.chain(decryption).collect();
    json!({ "keys": keys })
}

/// Why a client's set cannot be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The document is not one JSON object, or names a member twice.
    #[error("the document is not a JSON object without duplicate members")]
    NotJson,
    /// Not an object with an array `keys`.
    #[error("the JWK set is not an object with an array \"keys\"")]
    NotASet,
    /// More than `limits::CLIENT_KEYS`.
    #[error("the JWK set has too many keys")]
    TooManyKeys,
    /// A key is not an object, or a member of it is not of the kind it must be.
    #[error("a key's member {0} is missing or not a string")]
    MemberNotText(&'static str),
    /// A key shows a private or symmetric member: it is no secret any more.
    #[error("a key has the private member {0}; make a new key and register only its public half")]
    PrivateMember(&'static str),
    /// Neither RSA nor EC nor OKP.
    #[error("a key is neither RSA nor EC on P-256 nor Ed25519")]
    KeyTypeNotSupported,
    /// EC, but not on P-256; or OKP, but not Ed25519.
    #[error("a key is on another curve than P-256 and Ed25519")]
    CurveNotSupported,
    /// An RSA modulus of fewer than 2048 or more than 8192 bits.
    #[error("an RSA key has fewer than 2048 or more than 8192 bits")]
    KeySize,
    /// A public exponent that is even, below 65537 or over 32 bits (FIPS 186-5 §5.1; with 1 anyone could sign).
    #[error("an RSA key's exponent is not safe")]
    ExponentUnsafe,
    /// A number is not canonical base64url of its exact length (RFC 7518 §2, §6.2.1.2).
    #[error("a key's member {0} is not base64url of its exact length")]
    NumberMalformed(&'static str),
    /// `alg` is none of the accepted ones, or not of this type of key.
    #[error("a key is for an algorithm that is not accepted")]
    AlgorithmNotSupported,
    /// Two keys with one `kid`.
    #[error("two keys have the same kid")]
    DuplicateKeyId,
    /// Several keys, and one of them has no `kid` to be told from the others.
    #[error("a key has no kid though there are several")]
    KeyIdMissing,
    /// The cryptographic library refuses the key, for example a point that is not on the curve.
    #[error("a key is not valid")]
    KeyInvalid,
    /// Nothing in the set can verify a signature.
    #[error("the JWK set has no key for signatures")]
    NoKey,
}

/// A client's registered keys, prepared.
#[derive(Clone, Debug)]
pub struct PublicKeySet {
    keys: Vec<PublicKey>,
}

#[derive(Clone, Debug)]
struct PublicKey {
    key_id: Option<String>,
    verifiers: Vec<(AssertionAlgorithm, Box<dyn JwsVerifier>)>,
}

impl PublicKeySet {
    /// Reads a set as it was registered.
    pub fn parse(set: &Value) -> Result<Self, Error> {
        let jwks = set.get("keys").and_then(Value::as_array).ok_or(Error::NotASet)?;
        if jwks.len() > limits::CLIENT_KEYS {
            return Err(Error::TooManyKeys);
        }
        let mut keys = Vec::with_capacity(jwks.len());
        for jwk in jwks {
            keys.extend(PublicKey::parse(jwk.as_object().ok_or(Error::NotASet)?)?);
        }
        Self::of(keys)
    }

    /// Reads a document that was fetched from a client's `jwks_uri`. A private member refuses it all; keys of kinds that
    /// we do not know, and such as are too weak, are passed over. Where several are left, each has a `kid` of its own.
    pub fn parse_fetched(document: &[u8]) -> Result<Self, Error> {
        let set = strict_json::object(document).map_err(|_| Error::NotJson)?;
        let jwks = set.get("keys").and_then(Value::as_array).ok_or(Error::NotASet)?;
        if jwks.len() > limits::CLIENT_KEYS {
            return Err(Error::TooManyKeys);
        }
        let mut keys = Vec::with_capacity(jwks.len());
        for jwk in jwks {
            match PublicKey::parse(jwk.as_object().ok_or(Error::NotASet)?) {
                Ok(key) => keys.extend(key),
                Err(Error::PrivateMember(name)) => return Err(Error::PrivateMember(name)),
                Err(_) => {}
            }
        }
        if keys.len() > 1 && keys.iter().any(|key| key.key_id.is_none()) {
            return Err(Error::KeyIdMissing);
        }
        Self::of(keys)
    }

    fn of(keys: Vec<PublicKey>) -> Result<Self, Error> {
        let mut key_ids = HashSet::new();
        if keys.iter().filter_map(|key| key.key_id.as_ref()).any(|key_id| !key_ids.insert(key_id)) {
            return Err(Error::DuplicateKeyId);
        }
        if keys.is_empty() { Err(Error::NoKey) } else { Ok(Self { keys }) }
    }

    /// The verifier that a header means by `kid` and `alg`. Without `kid`, only one key may fit (Core §10.1).
    pub(super) fn select(
        &self,
        key_id: Option<&str>,
        algorithm: AssertionAlgorithm,
    ) -> Result<&dyn JwsVerifier, jws::Error> {
        if let Some(key_id) = key_id {
            let mut keys = self.keys.iter();
            let named = keys.find(|key| key.key_id.as_deref() == Some(key_id));
            return named
                .ok_or(jws::Error::KeyUnknown)?
                .verifier(algorithm)
                .ok_or(jws::Error::KeyUnfit);
        }
        let mut fitting = self.keys.iter().filter_map(|key| key.verifier(algorithm));
        match (fitting.next(), fitting.next()) {
            (None, _) => Err(jws::Error::KeyUnfit),
            (Some(verifier), None) => Ok(verifier),
            (Some(_), Some(_)) => Err(jws::Error::KeyAmbiguous),
        }
    }
}

impl PublicKey {
    /// Reads one key; `None` if it is not for signatures.
    fn parse(jwk: &Map<String, Value>) -> Result<Option<Self>, Error> {
        refuse_private(jwk)?;
        let kty = text(jwk, "kty")?.ok_or(Error::MemberNotText("kty"))?;
        let key_id = text(jwk, "kid")?.map(str::to_owned);
        if text(jwk, "use")?.is_some_and(|usage| usage != "sig") {
            return Ok(None);
        }
        if let Some(operations) = jwk.get("key_ops") {
            let operations = operations.as_array().ok_or(Error::MemberNotText("key_ops"))?;
            if !operations.iter().any(|operation| operation == "verify") {
                return Ok(None);
            }
        }
        let only = text(jwk, "alg")?;
        if only.is_some_and(is_for_encryption) {
            return Ok(None);
        }
        let algorithms: &[AssertionAlgorithm] = match kty {
            "EC" => {
                p256(jwk)?;
                &[AssertionAlgorithm::Es256]
            }
            "RSA" => {
                strong_rsa(jwk)?;
                &[AssertionAlgorithm::Ps256, AssertionAlgorithm::Rs256]
            }
            "OKP" => {
                require_ed25519(jwk)?;
                &[AssertionAlgorithm::EdDsa]
            }
            _ => return Err(Error::KeyTypeNotSupported),
        };
        let verifiers = algorithms
            .iter()
            .filter(|algorithm| only.is_none_or(|only| only == algorithm.as_str()))
            .map(|algorithm| Ok((*algorithm, verifier(*algorithm, jwk)?)))
            .collect::<Result<Vec<_>, Error>>()?;
        if verifiers.is_empty() {
            return Err(Error::AlgorithmNotSupported);
        }
        Ok(Some(Self { key_id, verifiers }))
    }

    fn verifier(&self, algorithm: AssertionAlgorithm) -> Option<&dyn JwsVerifier> {
        let mut verifiers = self.verifiers.iter();
        verifiers.find(|(own, _)| *own == algorithm).map(|(_, verifier)| verifier.as_ref())
    }
}

/// Whether a key says by its algorithm alone that it is not for signatures (RFC 7518 §4.1; `use` may be missing).
fn is_for_encryption(algorithm: &str) -> bool {
    ["RSA1_5", "RSA-OAEP", "ECDH-ES"].iter().any(|family| algorithm.starts_with(family))
}

fn verifier(
    algorithm: AssertionAlgorithm,
    jwk: &Map<String, Value>,
) -> Result<Box<dyn JwsVerifier>, Error> {
    let jwk = Jwk::from_map(jwk.clone()).map_err(|_| Error::KeyInvalid)?;
    let verifier: Result<Box<dyn JwsVerifier>, _> = match algorithm {
        AssertionAlgorithm::Es256 => ES256.verifier_from_jwk(&jwk).map(|key| Box::new(key) as _),
        AssertionAlgorithm::Ps256 => PS256.verifier_from_jwk(&jwk).map(|key| Box::new(key) as _),
        AssertionAlgorithm::Rs256 => RS256.verifier_from_jwk(&jwk).map(|key| Box::new(key) as _),
        AssertionAlgorithm::EdDsa => EdDSA.verifier_from_jwk(&jwk).map(|key| Box::new(key) as _),
    };
    verifier.map_err(|_| Error::KeyInvalid)
}

/// The coordinates. Each has its full length, so that `x` and `y` cannot borrow bytes from one another.
pub(super) fn p256(jwk: &Map<String, Value>) -> Result<[Vec<u8>; 2], Error> {
    refuse_private(jwk)?;
    if text(jwk, "crv")? != Some("P-256") {
        return Err(Error::CurveNotSupported);
    }
    let coordinates = [number(jwk, "x")?, number(jwk, "y")?];
    for (name, coordinate) in ["x", "y"].into_iter().zip(&coordinates) {
        if coordinate.len() != P256_COORDINATE {
            return Err(Error::NumberMalformed(name));
        }
    }
    Ok(coordinates)
}

/// A key of full length that is none of the few points of small order: under such a key, signatures of other texts
/// would hold, too (RFC 8032 §5.1.7 leaves it to the verifier).
fn require_ed25519(jwk: &Map<String, Value>) -> Result<(), Error> {
    if text(jwk, "crv")? != Some("Ed25519") {
        return Err(Error::CurveNotSupported);
    }
    let mut key = number(jwk, "x")?;
    if key.len() != ED25519 {
        return Err(Error::NumberMalformed("x"));
    }
    if let Some(last) = key.last_mut() {
        *last &= 0x7f; // The sign of the other coordinate.
    }
    if SMALL_ORDER.contains(&base64url(&key).as_str()) {
        return Err(Error::KeyInvalid);
    }
    Ok(())
}

/// Modulus and exponent.
pub(super) fn strong_rsa(jwk: &Map<String, Value>) -> Result<[Vec<u8>; 2], Error> {
    refuse_private(jwk)?;
    let modulus = number(jwk, "n")?;
    let exponent = number(jwk, "e")?;
    for (name, number) in [("n", &modulus), ("e", &exponent)] {
        if number.first().is_none_or(|first| *first == 0) {
            return Err(Error::NumberMalformed(name));
        }
    }
    let leading_zeros = modulus.first().map_or(0, |first| first.leading_zeros() as usize);
    if !RSA_BITS.contains(&(modulus.len() * 8 - leading_zeros)) {
        return Err(Error::KeySize);
    }
    if exponent.len() > 4 {
        return Err(Error::ExponentUnsafe);
    }
    let value = exponent.iter().fold(0_u32, |value, byte| (value << 8) | u32::from(*byte));
    if value < 65_537 || value % 2 == 0 {
        return Err(Error::ExponentUnsafe);
    }
    Ok([modulus, exponent])
}

fn refuse_private(jwk: &Map<String, Value>) -> Result<(), Error> {
    match PRIVATE_MEMBERS.into_iter().find(|name| jwk.contains_key(*name)) {
        Some(private) => Err(Error::PrivateMember(private)),
        None => Ok(()),
    }
}

fn number(jwk: &Map<String, Value>, name: &'static str) -> Result<Vec<u8>, Error> {
    let text = text(jwk, name)?.ok_or(Error::MemberNotText(name))?;
    from_base64url(text).ok_or(Error::NumberMalformed(name))
}

fn text<'a>(jwk: &'a Map<String, Value>, name: &'static str) -> Result<Option<&'a str>, Error> {
    match jwk.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Error::MemberNotText(name)),
    }
}

#[cfg(test)]
mod tests {
    use openssl::nid::Nid;

    use super::*;
    use crate::jose::forge::{EC, ED, ForeignKey, RSA};
    use crate::jose::private_key::PrivateKey;
    use crate::oauth::client_metadata::{EncryptionAlgorithm, SigningAlgorithm};

    fn set(keys: &[Value]) -> Result<PublicKeySet, Error> {
        PublicKeySet::parse(&json!({ "keys": keys }))
    }

    fn refusal(key: Value) -> Option<Error> {
        set(&[key]).err()
    }

    #[test]
    fn the_published_set_shows_public_members_only() {
        let keys = [SigningAlgorithm::Es256, SigningAlgorithm::Rs256, SigningAlgorithm::EdDsa].map(
            |algorithm| SigningKey::prepare(&PrivateKey::generate(algorithm).unwrap()).unwrap(),
        );
        let decryption =
            DecryptionKey::prepare(&PrivateKey::generate(EncryptionAlgorithm::RsaOaep256).unwrap())
                .unwrap();
        let set = published(&keys, [&decryption]);
        let names = |key: &Value| {
            let mut names: Vec<_> = key.as_object().unwrap().keys().cloned().collect();
            names.sort();
            names
        };
        assert_eq!(set.as_object().unwrap().len(), 1);
        assert_eq!(set["keys"].as_array().unwrap().len(), 4);
        assert_eq!(names(&set["keys"][0]), ["alg", "crv", "kid", "kty", "use", "x", "y"]);
        assert_eq!(names(&set["keys"][1]), ["alg", "e", "kid", "kty", "n", "use"]);
        assert_eq!(names(&set["keys"][2]), ["alg", "crv", "kid", "kty", "use", "x"]);
        assert_eq!(names(&set["keys"][3]), ["alg", "e", "kid", "kty", "n", "use"]);
        assert_eq!(set["keys"][3]["use"], "enc");
        assert_eq!(set["keys"][3]["kid"], decryption.key_id());
        for (key, jwk) in keys.iter().zip(set["keys"].as_array().unwrap()) {
            assert_eq!(jwk["kid"], key.key_id());
            assert_eq!(jwk["alg"], key.algorithm().as_str());
            assert_eq!(jwk["use"], "sig");
        }
        // What we publish would be accepted from a client: by the rule that refuses private members, among others.
        assert!(PublicKeySet::parse(&set).is_ok());
    }

    #[test]
    fn a_private_or_symmetric_member_refuses_the_set_even_beside_a_good_key() {
        for name in PRIVATE_MEMBERS {
            let leaked = EC.jwk_with(json!({ name: "AQAB", "use": "enc" }));
            assert_eq!(set(&[EC.jwk(), leaked]).err(), Some(Error::PrivateMember(name)));
        }
        let secret = json!({ "kty": "oct", "k": "AQAB" });
        assert_eq!(refusal(secret), Some(Error::PrivateMember("k")));
        assert_eq!(refusal(json!({ "kty": "oct" })), Some(Error::KeyTypeNotSupported));
        assert!(set(&[EC.jwk(), EC.jwk_with(json!({ "use": "enc" }))]).is_ok());
    }

    #[test]
    fn keys_for_other_uses_are_passed_over() {
        for other in [
            json!({ "use": "enc" }),
            json!({ "key_ops": ["encrypt"] }),
            json!({ "alg": "ECDH-ES" }),
            json!({ "alg": "ECDH-ES+A256KW" }),
            json!({ "alg": "RSA-OAEP-256" }),
        ] {
            assert_eq!(refusal(EC.jwk_with(other.clone())), Some(Error::NoKey));
            assert_eq!(set(&[EC.jwk_with(other), RSA.jwk()]).unwrap().keys.len(), 1);
        }
        assert_eq!(refusal(EC.jwk_with(json!({ "use": "sig", "key_ops": ["verify"] }))), None);
    }

    #[test]
    fn a_set_is_an_object_with_an_array_of_objects() {
        for value in
            [json!(null), json!([]), json!({}), json!({ "keys": {} }), json!({ "keys": [1] })]
        {
            assert_eq!(PublicKeySet::parse(&value).err(), Some(Error::NotASet), "{value}");
        }
        assert_eq!(set(&[]).err(), Some(Error::NoKey));
        assert_eq!(refusal(json!({})), Some(Error::MemberNotText("kty")));
        for name in ["kty", "kid", "use", "alg", "x"] {
            let expected = Some(Error::MemberNotText(name));
            assert_eq!(refusal(EC.jwk_with(json!({ name: 1 }))), expected, "{name}");
        }
    }

    #[test]
    fn as_many_keys_as_the_limit_and_no_more() {
        let keys = |count: usize| -> Vec<Value> {
            (0..count).map(|id| EC.jwk_with(json!({ "kid": id.to_string() }))).collect()
        };
        assert!(set(&keys(limits::CLIENT_KEYS)).is_ok());
        assert_eq!(set(&keys(limits::CLIENT_KEYS + 1)).err(), Some(Error::TooManyKeys));
    }

    #[test]
    fn two_keys_never_share_an_id() {
        let [one, two] = [EC.jwk_with(json!({ "kid": "a" })), RSA.jwk_with(json!({ "kid": "a" }))];
        assert_eq!(set(&[one.clone(), two]).err(), Some(Error::DuplicateKeyId));
        assert!(set(&[one, RSA.jwk_with(json!({ "kid": "A" }))]).is_ok());
        assert!(set(&[EC.jwk(), RSA.jwk()]).is_ok());
    }

    #[test]
    fn an_ec_key_is_a_point_on_p256_with_full_coordinates() {
        assert_eq!(refusal(EC.jwk()), None);
        let p384 = ForeignKey::ec(Nid::SECP384R1).jwk();
        assert_eq!(refusal(p384), Some(Error::CurveNotSupported));
        let k256 = ForeignKey::ec(Nid::SECP256K1);
        assert_eq!(refusal(k256.jwk()), Some(Error::CurveNotSupported));
        assert_eq!(refusal(k256.jwk_with(json!({ "crv": "P-256" }))), Some(Error::KeyInvalid));
        let zero = base64url(&[0; 32]);
        assert_eq!(refusal(EC.jwk_with(json!({ "x": zero, "y": zero }))), Some(Error::KeyInvalid));
        // The same 64 bytes, cut elsewhere.
        let bytes = |name: &str| from_base64url(EC.jwk()[name].as_str().unwrap()).unwrap();
        let both = [bytes("x"), bytes("y")].concat();
        let (x, y) = both.split_at(33);
        let cut = json!({ "x": base64url(x), "y": base64url(y) });
        assert_eq!(refusal(EC.jwk_with(cut)), Some(Error::NumberMalformed("x")));
        assert_eq!(refusal(EC.jwk_with(json!({ "y": null }))), Some(Error::MemberNotText("y")));
    }

    #[test]
    fn an_rsa_key_is_long_enough_and_its_exponent_safe() {
        assert_eq!(refusal(RSA.jwk()), None);
        assert_eq!(refusal(ForeignKey::rsa(1024).jwk()), Some(Error::KeySize));
        let modulus = from_base64url(RSA.jwk()["n"].as_str().unwrap()).unwrap();
        let mut short = modulus.clone();
        short[0] = 0x7f; // 2047 bits in 256 bytes
        assert_eq!(refusal(RSA.jwk_with(json!({ "n": base64url(&short) }))), Some(Error::KeySize));
        let long = [&[1][..], &[0xff; 1024]].concat(); // 8193 bits
        assert_eq!(refusal(RSA.jwk_with(json!({ "n": base64url(&long) }))), Some(Error::KeySize));
        let padded = [&[0][..], &modulus].concat();
        let expected = Some(Error::NumberMalformed("n"));
        assert_eq!(refusal(RSA.jwk_with(json!({ "n": base64url(&padded) }))), expected);
        let exponents: [&[u8]; 6] =
            [&[1], &[3], &[1, 0, 0], &[0xff, 0xff], &[1, 0, 2], &[1, 0, 0, 0, 1]];
        for exponent in exponents {
            let e = base64url(exponent);
            let expected = Some(Error::ExponentUnsafe);
            assert_eq!(refusal(RSA.jwk_with(json!({ "e": e }))), expected, "{exponent:?}");
        }
        assert_eq!(refusal(RSA.jwk_with(json!({ "e": base64url(&[1, 0, 3]) }))), None);
        assert_eq!(refusal(RSA.jwk_with(json!({ "e": "" }))), Some(Error::NumberMalformed("e")));
    }

    #[test]
    fn a_key_is_for_its_own_algorithm_only() {
        for alg in ["HS256", "none", "RS512", "RSA", "ES256"] {
            let expected = Some(Error::AlgorithmNotSupported);
            assert_eq!(refusal(RSA.jwk_with(json!({ "alg": alg }))), expected, "{alg}");
        }
        let keys = set(&[RSA.jwk_with(json!({ "alg": "PS256", "kid": "a" }))]).unwrap();
        assert!(keys.select(Some("a"), AssertionAlgorithm::Ps256).is_ok());
        let unfit = |algorithm| keys.select(Some("a"), algorithm).err();
        assert_eq!(unfit(AssertionAlgorithm::Rs256), Some(jws::Error::KeyUnfit));
        assert_eq!(unfit(AssertionAlgorithm::Es256), Some(jws::Error::KeyUnfit));
        let keys = set(&[RSA.jwk()]).unwrap();
        assert!(keys.select(None, AssertionAlgorithm::Ps256).is_ok());
        assert!(keys.select(None, AssertionAlgorithm::Rs256).is_ok());
    }

    #[test]
    fn without_a_key_id_only_one_key_may_fit() {
        let other = ForeignKey::ec(Nid::X9_62_PRIME256V1);
        let keys = set(&[EC.jwk(), other.jwk_with(json!({ "kid": "b" })), RSA.jwk()]).unwrap();
        let chosen = |key_id, algorithm| keys.select(key_id, algorithm).err();
        let es256 = AssertionAlgorithm::Es256;
        assert_eq!(chosen(None, es256), Some(jws::Error::KeyAmbiguous));
        assert_eq!(chosen(Some("b"), es256), None);
        assert_eq!(chosen(Some("c"), es256), Some(jws::Error::KeyUnknown));
        assert_eq!(chosen(Some(""), es256), Some(jws::Error::KeyUnknown));
        assert_eq!(chosen(None, AssertionAlgorithm::Rs256), None);
        assert_eq!(
            set(&[RSA.jwk()]).unwrap().select(None, es256).err(),
            Some(jws::Error::KeyUnfit)
        );
    }

    /// A-JOS-05
    #[test]
    fn an_ed25519_key_has_its_length_and_is_no_point_of_small_order() {
        assert_eq!(refusal(ED.jwk()), None);
        for curve in ["Ed448", "X25519", "P-256"] {
            let refused = refusal(ED.jwk_with(json!({ "crv": curve })));
            assert_eq!(refused, Some(Error::CurveNotSupported), "{curve}");
        }
        for small in SMALL_ORDER {
            let mut negative = from_base64url(small).unwrap();
            negative[31] |= 0x80;
            for x in [small.to_owned(), base64url(&negative)] {
                assert_eq!(refusal(ED.jwk_with(json!({ "x": x }))), Some(Error::KeyInvalid), "{x}");
            }
        }
        let short = json!({ "x": base64url(&[1; 31]) });
        assert_eq!(refusal(ED.jwk_with(short)), Some(Error::NumberMalformed("x")));
        let other = json!({ "alg": "ES256" });
        assert_eq!(refusal(ED.jwk_with(other)), Some(Error::AlgorithmNotSupported));
        assert_eq!(refusal(ED.jwk_with(json!({ "d": "AA" }))), Some(Error::PrivateMember("d")));
    }

    fn fetched(keys: &[Value]) -> Result<PublicKeySet, Error> {
        PublicKeySet::parse_fetched(json!({ "keys": keys }).to_string().as_bytes())
    }

    #[test]
    fn of_a_fetched_set_what_we_cannot_use_is_passed_over() {
        let named = |id: &str| EC.jwk_with(json!({ "kid": id }));
        let unknown = [
            json!({ "kty": "AKP", "kid": "pq", "pub": "AA" }),
            json!({ "kty": "OKP", "crv": "X25519", "x": "AA" }),
            ForeignKey::ec(Nid::SECP384R1).jwk(),
            ForeignKey::rsa(1024).jwk(),
            EC.jwk_with(json!({ "use": "enc" })),
        ];
        for other in unknown {
            assert_eq!(fetched(&[named("a"), other.clone()]).unwrap().keys.len(), 1, "{other}");
            assert_eq!(fetched(&[other]).err(), Some(Error::NoKey));
        }
        for name in PRIVATE_MEMBERS {
            let leaked = json!({ "kty": "unknown", name: "AA" });
            let refused = fetched(&[named("a"), leaked]).err();
            assert_eq!(refused, Some(Error::PrivateMember(name)));
        }
    }

    #[test]
    fn of_a_fetched_set_each_of_several_keys_has_an_id_of_its_own() {
        let named = |id: &str| EC.jwk_with(json!({ "kid": id }));
        assert!(fetched(&[EC.jwk()]).is_ok());
        assert_eq!(fetched(&[EC.jwk(), named("a")]).err(), Some(Error::KeyIdMissing));
        assert_eq!(fetched(&[named("a"), named("a")]).err(), Some(Error::DuplicateKeyId));
        assert!(fetched(&[named("a"), named("b")]).is_ok());
    }

    #[test]
    fn a_fetched_document_is_one_object_of_bounded_count() {
        for text in ["", "[]", "{}x", r#"{"keys":[],"keys":[]}"#, "<html>"] {
            let refused = PublicKeySet::parse_fetched(text.as_bytes()).err();
            assert_eq!(refused, Some(Error::NotJson), "{text}");
        }
        for text in ["{}", r#"{"keys":{}}"#, r#"{"keys":[1]}"#] {
            let refused = PublicKeySet::parse_fetched(text.as_bytes()).err();
            assert_eq!(refused, Some(Error::NotASet), "{text}");
        }
        let unknown = json!({ "kty": "unknown" });
        let keys = |count: usize| fetched(&vec![unknown.clone(); count]).err();
        assert_eq!(keys(limits::CLIENT_KEYS), Some(Error::NoKey));
        assert_eq!(keys(limits::CLIENT_KEYS + 1), Some(Error::TooManyKeys));
    }
}
