//! A signed token as it comes in: compact serialisation, read strictly before any cryptography; and how one is written.
//!
//! RFC 7515 §7.1, RFC 7519 §7.2, RFC 8725. `Unverified` is what parsing gives; only a signature under a configured key
//! turns it into `Claims`. The header chooses among such keys and does nothing else: a header that brings a key, an
//! extension or a compression is refused, and so is anything encrypted, since a JWE has five parts.

use josekit::jws::JwsVerifier;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::base::encoding::{base64url, from_base64url};
use crate::base::internal::Internal;
use crate::base::limits;
use crate::base::time::Timestamp;
use crate::jose::client_secret_key::ClientSecretKey;
use crate::jose::strict_json;
use crate::oauth::unsigned_allowed::UnsignedAllowed;

/// Header parameters that bring a key (`jwk`, `jku`, `x5u`, `x5c`), change what is signed (`b64`), compress (`zip`) or
/// demand to be understood (`crit`). The rest of the unknown is ignored, as RFC 7515 §4 asks.
const REFUSED_HEADERS: [&str; 7] = ["crit", "jwk", "jku", "x5u", "x5c", "b64", "zip"];

/// `alg` of a token that nobody signed.
const UNSECURED: &str = "none";

/// Claims that are points in time.
const TIMES: [&str; 4] = ["exp", "iat", "nbf", "auth_time"];

/// Why a token is not a signed token of ours or of that client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Longer than `limits::JWT`.
    #[error("the token is too long")]
    TooLong,
    /// A compact JWS has three parts; a JWE, with five, is never read.
    #[error("the token does not have three parts")]
    NotThreeParts,
    /// A part is not canonical, unpadded base64url.
    #[error("a part of the token is not base64url")]
    NotBase64url,
    /// Header or payload is not a JSON object.
    #[error("header or payload is not a JSON object")]
    NotAnObject,
    /// Header or payload names a member twice.
    #[error("header or payload has a duplicate member")]
    DuplicateMember,
    /// The header has a parameter that would change how the token is verified.
    #[error("the header has the parameter {0}, which is not accepted")]
    HeaderRefused(&'static str),
    /// `alg`, `kid` or `typ` is not a string.
    #[error("the header parameter {0} is not a string")]
    HeaderNotText(&'static str),
    /// The header names no algorithm.
    #[error("the header has no alg")]
    AlgorithmMissing,
    /// The algorithm is `none`, in any spelling.
    #[error("the token is unsecured")]
    Unsecured,
    /// The third part is empty.
    #[error("the token has no signature")]
    SignatureMissing,
    /// The third part is not empty though the token says that it is unsecured.
    #[error("an unsecured token has a signature")]
    SignatureUnexpected,
    /// A point in time is not an integer.
    #[error("the claim {0} is not an integer")]
    TimeNotInteger(&'static str),
    /// The token never expires.
    #[error("the token has no exp")]
    ExpiryMissing,
    /// `typ` is that of another kind of token, or missing.
    #[error("the token is of another type")]
    TypeWrong,
    /// The algorithm is not accepted here.
    #[error("the algorithm is not accepted")]
    AlgorithmNotAllowed,
    /// No configured key has the header's `kid`.
    #[error("no such key")]
    KeyUnknown,
    /// The header has no `kid` though several keys would fit.
    #[error("the header does not say which of several keys it means")]
    KeyAmbiguous,
    /// The key is of another kind, or registered for another algorithm, than the header's.
    #[error("the key is not for this algorithm")]
    KeyUnfit,
    /// The signature is not this key's over this token.
    #[error("the signature is wrong")]
    SignatureWrong,
}

impl Error {
    /// Whether the key that the header means is not in the set, or not for its algorithm: of a set that its owner can
    /// change, a newer one may say otherwise.
    pub const fn may_be_an_old_set(self) -> bool {
        matches!(self, Self::KeyUnknown | Self::KeyUnfit)
    }
}

impl From<strict_json::Error> for Error {
    fn from(error: strict_json::Error) -> Self {
        match error {
            strict_json::Error::NotAnObject => Self::NotAnObject,
            strict_json::Error::DuplicateMember => Self::DuplicateMember,
        }
    }
}

/// The header of a token of ours: nothing but these.
#[derive(Serialize)]
pub(super) struct Header<'a> {
    pub(super) alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kid: Option<&'a str>,
    pub(super) typ: &'a str,
}

/// What is signed of a token: header and claims.
pub(super) fn signing_input(
    header: &Header<'_>,
    claims: &impl Serialize,
) -> Result<String, Internal> {
    let unwritable = |error| Internal::fault("claims are not JSON").because(error);
    let header = serde_json::to_vec(header).map_err(unwritable)?;
    let payload = serde_json::to_vec(claims).map_err(unwritable)?;
    Ok(format!("{}.{}", base64url(&header), base64url(&payload)))
}

/// A token that nobody signs (RFC 7519 §6): anybody could have written it.
pub fn unsecured(
    typ: &str,
    claims: &impl Serialize,
    _allowed: UnsignedAllowed,
) -> Result<String, Internal> {
    let header = Header { alg: UNSECURED, kid: None, typ };
    Ok(format!("{}.", signing_input(&header, claims)?))
}

/// A well-formed token whose signature nobody has looked at yet. Of a token that may live for ever, the payload is
/// `Members`.
pub(super) struct Unverified<'a, P = Claims> {
    signed: &'a str,
    signature: Vec<u8>,
    algorithm: String,
    key_id: Option<String>,
    typ: Option<String>,
    claims: P,
}

/// The members of a payload, points in time being integers.
pub(super) type Members = Map<String, Value>;

impl<'a> Unverified<'a> {
    /// Reads the compact serialisation of a token that has `exp`.
    pub(super) fn parse(jwt: &'a str) -> Result<Self, Error> {
        let Unverified { signed, signature, algorithm, key_id, typ, claims } =
            Unverified::<Members>::without_expiry(jwt)?;
        let claims = Claims::parse(claims)?;
        Ok(Self { signed, signature, algorithm, key_id, typ, claims })
    }
}

impl<'a> Unverified<'a, Members> {
    /// Reads the compact serialisation of a token that need not have `exp`.
    pub(super) fn without_expiry(jwt: &'a str) -> Result<Self, Error> {
        let parts = Parts::read(jwt)?;
        if parts.algorithm.trim().eq_ignore_ascii_case(UNSECURED) {
            return Err(Error::Unsecured);
        }
        if parts.signature.is_empty() {
            return Err(Error::SignatureMissing);
        }
        Ok(Self {
            signed: parts.signed,
            signature: from_base64url(parts.signature).ok_or(Error::NotBase64url)?,
            key_id: header_text(&parts.header, "kid")?,
            typ: header_text(&parts.header, "typ")?,
            claims: members(parts.payload)?,
            algorithm: parts.algorithm,
        })
    }
}

impl<P> Unverified<'_, P> {
    /// The algorithm that the header names. Never `none`.
    pub(super) fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// The key that the header names.
    pub(super) fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The type that the header names.
    pub(super) fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }

    /// The claims, which anybody may have written.
    pub(super) fn unverified_claims(&self) -> &P {
        &self.claims
    }

    /// The claims, once the signature holds under `verifier`, whose algorithm the header must name.
    pub(super) fn verified_by(self, verifier: &dyn JwsVerifier) -> Result<P, Error> {
        if self.algorithm != verifier.algorithm().name() {
            return Err(Error::KeyUnfit);
        }
        verifier
            .verify(self.signed.as_bytes(), &self.signature)
            .map_err(|_| Error::SignatureWrong)?;
        Ok(self.claims)
    }

    /// The claims, once the code holds under the client's secret. The header must name HS256.
    pub(super) fn verified_by_secret(self, key: &ClientSecretKey) -> Result<P, Error> {
        if self.algorithm != ClientSecretKey::ALGORITHM {
            return Err(Error::KeyUnfit);
        }
        if key.verifies(self.signed.as_bytes(), &self.signature) {
            Ok(self.claims)
        } else {
            Err(Error::SignatureWrong)
        }
    }
}

/// The type and the members of a token that says of itself that it is unsecured; `None` if it says something else.
pub(super) fn read_unsecured(jwt: &str) -> Result<Option<(Option<String>, Members)>, Error> {
    let parts = Parts::read(jwt)?;
    if parts.algorithm != UNSECURED {
        return Ok(None);
    }
    if !parts.signature.is_empty() {
        return Err(Error::SignatureUnexpected);
    }
    Ok(Some((header_text(&parts.header, "typ")?, members(parts.payload)?)))
}

/// Whether `typ` is one of `types`, which are lower case and without "application/": a media type's case does not count
/// and the prefix may be left out (RFC 7515 §4.1.9).
pub(super) fn is_type(typ: &str, types: &[&str]) -> bool {
    let typ = typ.to_ascii_lowercase();
    types.contains(&typ.strip_prefix("application/").unwrap_or(&typ))
}

/// The three parts, the header read.
struct Parts<'a> {
    signed: &'a str,
    payload: &'a str,
    signature: &'a str,
    header: Map<String, Value>,
    algorithm: String,
}

impl<'a> Parts<'a> {
    fn read(jwt: &'a str) -> Result<Self, Error> {
        if jwt.len() > limits::JWT {
            return Err(Error::TooLong);
        }
        let (signed, signature) = jwt.rsplit_once('.').ok_or(Error::NotThreeParts)?;
        let (header, payload) = signed.split_once('.').ok_or(Error::NotThreeParts)?;
        if payload.contains('.') {
            return Err(Error::NotThreeParts);
        }
        let header = object(header)?;
        if let Some(refused) = REFUSED_HEADERS.into_iter().find(|name| header.contains_key(*name)) {
            return Err(Error::HeaderRefused(refused));
        }
        let algorithm = header_text(&header, "alg")?.ok_or(Error::AlgorithmMissing)?;
        Ok(Self { signed, payload, signature, header, algorithm })
    }
}

/// The claims of a token: `exp` is there, and every point in time is an integer.
#[derive(Clone, Debug)]
pub struct Claims {
    members: Map<String, Value>,
    expires: Timestamp,
}

impl Claims {
    fn parse(members: Members) -> Result<Self, Error> {
        let expires = members.get("exp").and_then(Value::as_i64).ok_or(Error::ExpiryMissing)?;
        Ok(Self { members, expires: Timestamp::from_seconds(expires) })
    }

    /// `exp`. Whoever reads claims decides what a past one means.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// A claim that is text; `None` if it is missing or anything else.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }

    /// `iat`, `nbf` or `auth_time`.
    pub fn time(&self, name: &str) -> Option<Timestamp> {
        self.members.get(name)?.as_i64().map(Timestamp::from_seconds)
    }

    /// A claim as it stands.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }
}

fn members(part: &str) -> Result<Members, Error> {
    let members = object(part)?;
    for name in TIMES {
        if members.get(name).is_some_and(|value| value.as_i64().is_none()) {
            return Err(Error::TimeNotInteger(name));
        }
    }
    Ok(members)
}

fn object(part: &str) -> Result<Map<String, Value>, Error> {
    let bytes = from_base64url(part).ok_or(Error::NotBase64url)?;
    Ok(strict_json::object(&bytes)?)
}

fn header_text(header: &Map<String, Value>, name: &'static str) -> Result<Option<String>, Error> {
    match header.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Error::HeaderNotText(name)),
    }
}

#[cfg(test)]
mod tests {
    use josekit::jwk::Jwk;
    use josekit::jws::ES256;
    use serde_json::json;

    use super::*;
    use crate::base::encoding::base64url;
    use crate::jose::forge::{self, signing_input};

    const HEADER: &str = r#"{"alg":"ES256","kid":"k","typ":"JWT"}"#;
    const CLAIMS: &str = r#"{"exp":1,"iat":2}"#;

    /// RFC 7515 §A.5: header and payload of the RFC have line ends, ours have not.
    #[test]
    fn an_unsecured_token_is_made_and_read_on_purpose_only() {
        let allowed = UnsignedAllowed::both_locks_are_open();
        let jwt = unsecured("JWT", &json!({ "exp": 1 }), allowed).unwrap();
        let expected = signing_input(r#"{"alg":"none","typ":"JWT"}"#, r#"{"exp":1}"#);
        assert_eq!(jwt, format!("{expected}."));
        assert_eq!(parsed(&jwt).err(), Some(Error::Unsecured));
        let (typ, members) = read_unsecured(&jwt).unwrap().unwrap();
        assert_eq!((typ.as_deref(), members.get("exp")), (Some("JWT"), Some(&json!(1))));
        let signed = read_unsecured(&format!("{expected}.AA")).err();
        assert_eq!(signed, Some(Error::SignatureUnexpected));
        for alg in ["None", "nOnE", " none", "ES256"] {
            let other = signing_input(&json!({ "alg": alg }).to_string(), CLAIMS);
            assert_eq!(read_unsecured(&format!("{other}.")).unwrap(), None, "{alg}");
        }
    }

    fn parsed(jwt: &str) -> Result<Unverified<'_>, Error> {
        Unverified::parse(jwt)
    }

    fn refusal(header: &str, claims: &str) -> Option<Error> {
        parsed(&format!("{}.AA", signing_input(header, claims))).err()
    }

    #[test]
    fn a_plain_token_is_read() {
        let jwt = format!("{}.AA", signing_input(HEADER, CLAIMS));
        let token = parsed(&jwt).unwrap();
        assert_eq!(token.algorithm(), "ES256");
        assert_eq!(token.key_id(), Some("k"));
        assert_eq!(token.typ(), Some("JWT"));
        assert_eq!(token.unverified_claims().expires(), Timestamp::from_seconds(1));
        assert_eq!(token.unverified_claims().time("iat"), Some(Timestamp::from_seconds(2)));
    }

    /// A-JOS-01
    #[test]
    fn an_unsecured_token_is_refused_however_it_is_spelled() {
        let signed = |alg: &str| signing_input(&json!({ "alg": alg }).to_string(), CLAIMS);
        for alg in ["none", "None", "NONE", "nOnE", " none", "none\t"] {
            assert_eq!(parsed(&format!("{}.", signed(alg))).err(), Some(Error::Unsecured), "{alg}");
            assert_eq!(parsed(&format!("{}.AA", signed(alg))).err(), Some(Error::Unsecured));
        }
        assert_eq!(refusal(r#"{"alg":"n\u006fne"}"#, CLAIMS), Some(Error::Unsecured));
        assert_eq!(refusal("{}", CLAIMS), Some(Error::AlgorithmMissing));
        assert_eq!(refusal(r#"{"alg":null}"#, CLAIMS), Some(Error::HeaderNotText("alg")));
        assert_eq!(refusal(r#"{"alg":["none"]}"#, CLAIMS), Some(Error::HeaderNotText("alg")));
        assert_eq!(parsed(&format!("{}.", signed("ES256"))).err(), Some(Error::SignatureMissing));
        assert!(parsed(&format!("{}.AA", signed("ES256"))).is_ok());
    }

    /// A-JOS-03
    #[test]
    fn a_header_that_brings_a_key_or_an_extension_is_refused() {
        for name in REFUSED_HEADERS {
            for value in [json!("x"), json!({}), json!(null)] {
                let header = json!({ "alg": "ES256", name: value }).to_string();
                assert_eq!(refusal(&header, CLAIMS), Some(Error::HeaderRefused(name)), "{header}");
            }
        }
        assert_eq!(refusal(r#"{"alg":"ES256","x5t#S256":"x","cty":"y"}"#, CLAIMS), None);
    }

    /// A-JOS-09, A-JOS-10
    #[test]
    fn an_encrypted_token_is_refused_unread() {
        let pbes2 = base64url(
            br#"{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"AA","zip":"DEF"}"#,
        );
        assert_eq!(parsed(&format!("{pbes2}.AA.AA.AA.AA")).err(), Some(Error::NotThreeParts));
        // Even where five parts are pressed into three, the compression refuses it.
        assert_eq!(parsed(&format!("{pbes2}.AA.AA")).err(), Some(Error::HeaderRefused("zip")));
    }

    #[test]
    fn a_token_has_three_parts_of_canonical_base64url() {
        let good = format!("{}.AA", signing_input(HEADER, CLAIMS));
        assert!(parsed(&good).is_ok());
        for jwt in ["", "AA", "AA.AA", "AA.AA.AA.AA", "AA.AA.AA.AA.AA", &format!("{good}.")] {
            assert_eq!(parsed(jwt).err(), Some(Error::NotThreeParts), "{jwt}");
        }
        // Padding, stray bits, the other alphabet, white space: each decodes somewhere to the same bytes.
        for end in ["AA==", "AB", "A", "+A", "/A", "A A", "AA\n", "\u{ff21}"] {
            let jwt = format!("{}.{end}", signing_input(HEADER, CLAIMS));
            assert_eq!(parsed(&jwt).err(), Some(Error::NotBase64url), "{end}");
        }
        for jwt in [format!(" {good}"), format!("Bearer {good}")] {
            assert_eq!(parsed(&jwt).err(), Some(Error::NotBase64url));
        }
    }

    #[test]
    fn a_token_at_the_limit_is_read_and_one_past_it_is_not() {
        let claims = format!(r#"{{"exp":1,"filler":"{}"}}"#, "x".repeat(9_000));
        let signed = signing_input(r#"{"alg":"ES256"}"#, &claims);
        let of_length = |bytes: usize| format!("{signed}.{}", "A".repeat(bytes - signed.len() - 1));
        assert_eq!(parsed(&of_length(limits::JWT)).err(), None);
        assert_eq!(parsed(&of_length(limits::JWT + 1)).err(), Some(Error::TooLong));
        assert_eq!(parsed(&"A.".repeat(1 << 20)).err(), Some(Error::TooLong));
    }

    #[test]
    fn header_and_payload_are_objects_without_duplicates() {
        for text in ["", "[]", "\"ES256\"", "{", "{\"alg\":\"ES256\"}x"] {
            assert_eq!(refusal(text, CLAIMS), Some(Error::NotAnObject), "{text}");
            assert_eq!(refusal(HEADER, text), Some(Error::NotAnObject), "{text}");
        }
        let twice = r#"{"alg":"ES256","alg":"none"}"#;
        assert_eq!(refusal(twice, CLAIMS), Some(Error::DuplicateMember));
        let twice = r#"{"exp":1,"sub":"a","s\u0075b":"b"}"#;
        assert_eq!(refusal(HEADER, twice), Some(Error::DuplicateMember));
        assert_eq!(refusal(HEADER, r#"{"exp":1,"sub":"a"}"#), None);
    }

    #[test]
    fn points_in_time_are_integers_and_exp_is_required() {
        for name in TIMES {
            for value in ["1.0", "1e3", "\"1\"", "null", "true", "[1]", "9223372036854775808"] {
                let claims = match name {
                    "exp" => format!(r#"{{"exp":{value}}}"#),
                    _ => format!(r#"{{"exp":1,"{name}":{value}}}"#),
                };
                assert_eq!(refusal(HEADER, &claims), Some(Error::TimeNotInteger(name)), "{claims}");
            }
            assert_eq!(refusal(HEADER, &format!(r#"{{"exp":1,"x":{{"{name}":"1"}}}}"#)), None);
        }
        assert_eq!(refusal(HEADER, r#"{"iat":1}"#), Some(Error::ExpiryMissing));
        assert_eq!(refusal(HEADER, r#"{"exp":-1,"iat":0,"nbf":9223372036854775807}"#), None);
    }

    fn verified(signed: &str, signature: &[u8]) -> Option<Error> {
        let jwk = Jwk::from_map(forge::EC.jwk().as_object().unwrap().clone()).unwrap();
        let verifier = ES256.verifier_from_jwk(&jwk).unwrap();
        let jwt = format!("{signed}.{}", base64url(signature));
        parsed(&jwt).unwrap().verified_by(&verifier).err()
    }

    /// A-JOS-05
    #[test]
    fn signatures_of_zero_or_of_the_groups_order_are_refused() {
        const ORDER: [u8; 32] = [
            0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63,
            0x25, 0x51,
        ];
        let signed = signing_input(HEADER, CLAIMS);
        let good = forge::EC.signature("ES256", &signed);
        assert_eq!(verified(&signed, &good), None);
        let (r, s) = good.split_at(32);
        let zero = [0; 32];
        let mut one = zero;
        one[31] = 1;
        for pair in [
            [&zero[..], &zero],
            [&zero, &one],
            [&one, &zero],
            [&one, &one],
            [&zero, s],
            [r, &zero],
            [&ORDER, s],
            [r, &ORDER],
            [&ORDER, &ORDER],
            [&[0xff; 32], &[0xff; 32]],
            [s, r],
        ] {
            assert_eq!(verified(&signed, &pair.concat()), Some(Error::SignatureWrong), "{pair:?}");
        }
    }

    #[test]
    fn a_signature_has_exactly_one_form() {
        let signed = signing_input(HEADER, CLAIMS);
        let good = forge::EC.signature("ES256", &signed);
        assert_eq!(verified(&signed, &good), None);
        let der = {
            let number = |bytes| openssl::bn::BigNum::from_slice(bytes).unwrap();
            let (r, s) = good.split_at(32);
            openssl::ecdsa::EcdsaSig::from_private_components(number(r), number(s))
                .unwrap()
                .to_der()
                .unwrap()
        };
        let (r, s) = good.split_at(32);
        for signature in [
            good[..63].to_vec(),
            [&good[..], &[0]].concat(),
            [&[0], r, &[0], s].concat(),
            [&[0], &good[..]].concat(),
            der,
        ] {
            assert_eq!(verified(&signed, &signature), Some(Error::SignatureWrong));
        }
        let mut flipped = good;
        flipped[10] ^= 1;
        assert_eq!(verified(&signed, &flipped), Some(Error::SignatureWrong));
    }

    #[test]
    fn the_header_names_the_verifiers_algorithm() {
        let header = HEADER.replace("ES256", "RS256");
        let signed = signing_input(&header, CLAIMS);
        let signature = forge::EC.signature("ES256", &signed);
        assert_eq!(verified(&signed, &signature), Some(Error::KeyUnfit));
    }
}
