//! The ID token that Fuxin signs, and the one that comes back to it as `id_token_hint`.
//!
//! OpenID Connect Core §2 and §3.1.2.1, RP-Initiated Logout §4. What a token says is decided in `token::claims`; here is
//! its form. A claim that was asked for can never stand in the place of one that the protocol gives a meaning.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::base::internal::Internal;
use crate::base::time::Timestamp;
use crate::jose::client_secret_key::ClientSecretKey;
use crate::jose::jws::{self, Claims, Unverified};
use crate::jose::signer::Signer;
use crate::jose::signing_key::SigningKey;
use crate::oauth::acr::Acr;
use crate::oauth::amr::Amr;
use crate::oauth::unsigned_allowed::UnsignedAllowed;

/// `typ` of an ID token. Every other kind of token of ours has another one (RFC 8725 §3.11).
const TYPE: &str = "JWT";

/// Claims with a meaning in the protocol, which no configuration may set: Core §2, §3.3.2.11 and §5.6.2, RFC 7519
/// §4.1, RFC 7800, RFC 8693 §4, and back-channel logout's `events`.
const RESERVED: [&str; 24] = [
    "_claim_names",
    "_claim_sources",
    "acr",
    "act",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "c_hash",
    "client_id",
    "cnf",
    "events",
    "exp",
    "iat",
    "iss",
    "jti",
    "may_act",
    "nbf",
    "nonce",
    "s_hash",
    "scope",
    "sid",
    "sub",
];

/// The claims of an ID token. What is `None` or empty does not appear.
#[derive(Clone, Debug, Serialize)]
pub struct IdToken<'a> {
    /// Issuer.
    pub iss: &'a str,
    /// Subject, as this client knows it.
    pub sub: &'a str,
    /// The client, alone.
    pub aud: &'a str,
    /// When the token expires.
    pub exp: Timestamp,
    /// When it was made.
    pub iat: Timestamp,
    /// When the person authenticated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<Timestamp>,
    /// The request's `nonce`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<&'a str>,
    /// The level of assurance that was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<Acr>,
    /// The methods that were used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<Amr>,
    /// The session, for logout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<&'a str>,
    /// The access token that comes with it (`Signer::hash_claim`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// The code that comes with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub c_hash: Option<String>,
    /// What else was asked for and granted.
    #[serde(flatten)]
    pub requested: RequestedClaims,
}

impl IdToken<'_> {
    /// The signed token.
    pub fn sign<'k>(&self, signer: impl Into<Signer<'k>>) -> Result<String, Internal> {
        signer.into().sign(TYPE, self)
    }

    /// The token that nobody signs, for a client that reads it from the token endpoint only (Core §2, §3.1.3.7).
    pub fn unsigned(&self, allowed: UnsignedAllowed) -> Result<String, Internal> {
        jws::unsecured(TYPE, self, allowed)
    }
}

/// Claims about the person, none of which is reserved.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct RequestedClaims(BTreeMap<String, Value>);

/// The claim has a meaning in the protocol and cannot be set otherwise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the claim {0} is reserved")]
pub struct ReservedClaim(pub String);

impl TryFrom<BTreeMap<String, Value>> for RequestedClaims {
    type Error = ReservedClaim;

    fn try_from(claims: BTreeMap<String, Value>) -> Result<Self, ReservedClaim> {
        match claims.keys().find(|name| is_reserved(name)) {
            Some(name) => Err(ReservedClaim(name.clone())),
            None => Ok(Self(claims)),
        }
    }
}

/// Whether a claim of this name belongs to the protocol, so that no mapping may produce it.
pub fn is_reserved(claim: &str) -> bool {
    RESERVED.contains(&claim)
}

/// An ID token of ours that a client shows again, to say whom it means.
#[derive(Clone, Debug)]
pub struct Hint {
    /// Whom the token was about, as that client knows them.
    pub subject: String,
    /// The client that it was made for.
    pub client: String,
    /// The session that it was made in.
    pub session: Option<String>,
    /// When it expired or will.
    pub expires: Timestamp,
}

/// Why a hint is not an ID token of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is not a token that one of our keys signed.
    #[error(transparent)]
    Jws(#[from] jws::Error),
    /// It is of another issuer, though signed with our key.
    #[error("the hint is of another issuer")]
    IssuerWrong,
    /// A claim that every ID token of ours has is missing or not a string.
    #[error("the hint has no claim {0}")]
    ClaimMissing(&'static str),
}

impl Hint {
    /// Reads a hint. It may have expired, and its key may have retired: pass every key that is still kept.
    pub fn verify<'k>(
        jwt: &str,
        keys: impl IntoIterator<Item = &'k SigningKey>,
        issuer: &str,
    ) -> Result<Self, Error> {
        let token = Unverified::parse(jwt)?;
        let mut keys = keys.into_iter();
        let key = keys.find(|key| token.key_id() == Some(key.key_id()));
        Self::of(&key.ok_or(jws::Error::KeyUnknown)?.accept(TYPE, token)?, issuer)
    }

    /// Reads a hint of the client whose secret this is, for clients whose ID tokens are signed so. Nobody but the client
    /// and we could have made it; to us it says no more than the client itself could.
    pub fn verify_with_secret(
        jwt: &str,
        key: &ClientSecretKey,
        issuer: &str,
    ) -> Result<Self, Error> {
        let token = Unverified::parse(jwt)?;
        if token.typ() != Some(TYPE) {
            return Err(jws::Error::TypeWrong.into());
        }
        Self::of(&token.verified_by_secret(key)?, issuer)
    }

    fn of(claims: &Claims, issuer: &str) -> Result<Self, Error> {
        if claims.text("iss") != Some(issuer) {
            return Err(Error::IssuerWrong);
        }
        let required = |name| claims.text(name).map(str::to_owned).ok_or(Error::ClaimMissing(name));
        Ok(Self {
            subject: required("sub")?,
            client: required("aud")?,
            session: claims.text("sid").map(str::to_owned),
            expires: claims.expires(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::base::encoding::from_base64url;
    use crate::base::secret::Secret;
    use crate::jose::forge::{EC, with};
    use crate::jose::private_key::PrivateKey;
    use crate::oauth::client_metadata::SigningAlgorithm;

    const ISSUER: &str = "https://id.example.gov.tw";
    const LATER: Timestamp = Timestamp::from_seconds(4_102_444_800);

    fn key(algorithm: SigningAlgorithm) -> SigningKey {
        SigningKey::prepare(&PrivateKey::generate(algorithm).unwrap()).unwrap()
    }

    fn token() -> IdToken<'static> {
        IdToken {
            iss: ISSUER,
            sub: "pairwise-1",
            aud: "client-1",
            exp: LATER,
            iat: Timestamp::from_seconds(1_700_000_000),
            auth_time: None,
            nonce: None,
            acr: None,
            amr: Vec::new(),
            sid: None,
            at_hash: None,
            c_hash: None,
            requested: RequestedClaims::default(),
        }
    }

    fn requested(claims: Value) -> Result<RequestedClaims, ReservedClaim> {
        RequestedClaims::try_from(serde_json::from_value::<BTreeMap<_, _>>(claims).unwrap())
    }

    #[test]
    fn what_was_not_asked_for_is_not_there() {
        let claims = serde_json::to_value(token()).unwrap();
        let mut names: Vec<_> = claims.as_object().unwrap().keys().cloned().collect();
        names.sort();
        assert_eq!(names, ["aud", "exp", "iat", "iss", "sub"]);
        assert_eq!(claims["aud"], "client-1");
        assert_eq!(claims["exp"], 4_102_444_800_i64);
    }

    #[test]
    fn a_signed_token_says_exactly_what_it_was_given() {
        let key = key(SigningAlgorithm::Es256);
        let signed = IdToken {
            auth_time: Some(Timestamp::from_seconds(1_699_999_000)),
            nonce: Some("n-1"),
            acr: Some(Acr::TwoFactor),
            amr: vec![Amr::Pwd],
            sid: Some("s-1"),
            at_hash: Some("a".to_owned()),
            c_hash: Some("c".to_owned()),
            requested: requested(json!({ "name": "吳𣲚翔", "email_verified": true })).unwrap(),
            ..token()
        }
        .sign(&key)
        .unwrap();
        let payload = from_base64url(signed.split('.').nth(1).unwrap()).unwrap();
        let expected = json!({
            "iss": ISSUER, "sub": "pairwise-1", "aud": "client-1", "exp": 4_102_444_800_i64,
            "iat": 1_700_000_000, "auth_time": 1_699_999_000, "nonce": "n-1",
            "acr": Acr::TwoFactor.as_str(), "amr": ["pwd"], "sid": "s-1",
            "at_hash": "a", "c_hash": "c",
            "name": "吳𣲚翔", "email_verified": true,
        });
        assert_eq!(serde_json::from_slice::<Value>(&payload).unwrap(), expected);
    }

    /// A-TOK-23
    #[test]
    fn a_reserved_claim_cannot_be_requested_into_the_token() {
        for name in RESERVED {
            let expected = Some(ReservedClaim(name.to_owned()));
            assert_eq!(requested(json!({ "name": "x", name: "y" })).err(), expected);
        }
        let everything = IdToken {
            auth_time: Some(LATER),
            nonce: Some("n"),
            acr: Some(Acr::Password),
            amr: vec![Amr::Pwd],
            sid: Some("s"),
            at_hash: Some("a".to_owned()),
            c_hash: Some("c".to_owned()),
            ..token()
        };
        for name in serde_json::to_value(everything).unwrap().as_object().unwrap().keys() {
            assert!(is_reserved(name), "{name} is in the token's own form but not reserved");
        }
        let claims = requested(json!({ "name": "x", "email": "a@b.tw", "Sub": 1 })).unwrap();
        let claims = serde_json::to_value(IdToken { requested: claims, ..token() }).unwrap();
        assert_eq!(claims["sub"], "pairwise-1");
        assert_eq!(claims["name"], "x");
    }

    #[test]
    fn a_hint_is_accepted_after_it_expired_and_after_its_key_retired() {
        let (active, retired) = (key(SigningAlgorithm::Es256), key(SigningAlgorithm::Rs256));
        let past = Timestamp::from_seconds(1_000);
        let jwt = IdToken { exp: past, sid: Some("s-1"), ..token() }.sign(&retired).unwrap();
        let hint = Hint::verify(&jwt, [&active, &retired], ISSUER).unwrap();
        assert_eq!(hint.subject, "pairwise-1");
        assert_eq!(hint.client, "client-1");
        assert_eq!(hint.session.as_deref(), Some("s-1"));
        assert_eq!(hint.expires, past);
        let forgotten = Hint::verify(&jwt, [&active], ISSUER).err();
        assert_eq!(forgotten, Some(Error::Jws(jws::Error::KeyUnknown)));
        let elsewhere = Hint::verify(&jwt, [&retired], "https://id.example.gov.tw/").err();
        assert_eq!(elsewhere, Some(Error::IssuerWrong));
    }

    /// A-JOS-08
    #[test]
    fn only_an_id_token_is_a_hint() {
        let key = key(SigningAlgorithm::Es256);
        let verified = |jwt: &str| Hint::verify(jwt, [&key], ISSUER).err();
        assert_eq!(verified(&key.sign("JWT", &token()).unwrap()), None);
        for typ in
            ["at+jwt", "logout+jwt", "dpop+jwt", "oauth-authz-req+jwt", "secevent+jwt", "jwt"]
        {
            let jwt = key.sign(typ, &token()).unwrap();
            assert_eq!(verified(&jwt), Some(Error::Jws(jws::Error::TypeWrong)), "{typ}");
        }
        for name in ["sub", "aud", "iss"] {
            let claims = serde_json::to_value(token()).unwrap();
            let jwt = key.sign("JWT", &with(claims, json!({ name: ["x"] }))).unwrap();
            let expected = match name {
                "iss" => Error::IssuerWrong,
                _ => Error::ClaimMissing(name),
            };
            assert_eq!(verified(&jwt), Some(expected), "{name}");
        }
    }

    /// A-JOS-01, A-JOS-02, A-JOS-03
    #[test]
    fn a_forged_hint_is_refused() {
        let key = key(SigningAlgorithm::Es256);
        let claims = serde_json::to_value(token()).unwrap();
        let forged = |header: Value| {
            let header = with(json!({ "typ": "JWT", "kid": key.key_id() }), header);
            let jwt = EC.sign(&header, &claims);
            match Hint::verify(&jwt, [&key], ISSUER).err() {
                Some(Error::Jws(error)) => error,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(forged(json!({ "alg": "ES256" })), jws::Error::SignatureWrong);
        assert_eq!(forged(json!({ "alg": "none" })), jws::Error::Unsecured);
        assert_eq!(forged(json!({ "alg": "HS256" })), jws::Error::KeyUnfit);
        assert_eq!(forged(json!({ "alg": "RS256" })), jws::Error::KeyUnfit);
        assert_eq!(forged(json!({ "alg": "ES256", "kid": null })), jws::Error::KeyUnknown);
        let jwk = json!({ "alg": "ES256", "jwk": EC.jwk() });
        assert_eq!(forged(jwk), jws::Error::HeaderRefused("jwk"));
        let mut jwt = token().sign(&key).unwrap();
        jwt.truncate(jwt.rfind('.').unwrap() + 1);
        let unsigned = Hint::verify(&jwt, [&key], ISSUER).err();
        assert_eq!(unsigned, Some(Error::Jws(jws::Error::SignatureMissing)));
    }

    #[test]
    fn a_hint_under_a_clients_secret_is_read_with_that_secret_only() {
        let secret = |text: &str| ClientSecretKey::new(&Secret::new(text.repeat(32))).unwrap();
        let (own, other) = (secret("a"), secret("b"));
        let jwt = token().sign(&own).unwrap();
        assert_eq!(Hint::verify_with_secret(&jwt, &own, ISSUER).unwrap().client, "client-1");
        let forged = Hint::verify_with_secret(&jwt, &other, ISSUER).err();
        assert_eq!(forged, Some(Error::Jws(jws::Error::SignatureWrong)));
        let key = key(SigningAlgorithm::Es256);
        let as_public = Hint::verify(&jwt, [&key], ISSUER).err();
        assert_eq!(as_public, Some(Error::Jws(jws::Error::KeyUnknown)));
        let public = token().sign(&key).unwrap();
        let as_secret = Hint::verify_with_secret(&public, &own, ISSUER).err();
        assert_eq!(as_secret, Some(Error::Jws(jws::Error::KeyUnfit)));
        let other_type = own.sign("logout+jwt", &token()).unwrap();
        let refused = Hint::verify_with_secret(&other_type, &own, ISSUER).err();
        assert_eq!(refused, Some(Error::Jws(jws::Error::TypeWrong)));
    }

    /// A-JOS-01: such a token is for its client alone; to us it proves nothing, so it is no hint.
    #[test]
    fn an_unsigned_id_token_is_made_on_purpose_and_is_never_a_hint() {
        let jwt = token().unsigned(UnsignedAllowed::both_locks_are_open()).unwrap();
        assert!(jwt.ends_with('.'));
        let header = from_base64url(jwt.split('.').next().unwrap()).unwrap();
        assert_eq!(header, br#"{"alg":"none","typ":"JWT"}"#);
        let key = key(SigningAlgorithm::Es256);
        let secret = ClientSecretKey::new(&Secret::new("x".repeat(32))).unwrap();
        let unsecured = Some(Error::Jws(jws::Error::Unsecured));
        assert_eq!(Hint::verify(&jwt, [&key], ISSUER).err(), unsecured);
        assert_eq!(Hint::verify_with_secret(&jwt, &secret, ISSUER).err(), unsecured);
    }
}
