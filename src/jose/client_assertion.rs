//! `private_key_jwt` and `client_secret_jwt`: a client proves who it is with a token signed by its registered key, or
//! with its secret.
//!
//! RFC 7523 §3 as tightened by RFC 10070 (the issuer is the only audience, unless a client is set otherwise), OpenID
//! Connect Core §9. A public key and a secret are two kinds of key, and each verifies its own algorithms only. Single use
//! is not decided here: whoever accepts a `VerifiedAssertion` spends its `jti` in the store first.

use serde_json::Value;

use crate::base::secret::Digest;
use crate::base::time::{Lifetime, Timestamp};
use crate::jose::algorithm::AssertionAlgorithm;
use crate::jose::client_secret_key::ClientSecretKey;
use crate::jose::jws::{self, Claims, Unverified};
use crate::jose::key_set::PublicKeySet;

/// How far a client's clock may be off.
const SKEW: Lifetime = Lifetime::seconds(60);
/// How far ahead `exp` may lie. Client libraries ask for one to ten minutes; until then the `jti` has to be remembered
/// and a stolen assertion waits for its thief.
const LONGEST_LIFETIME: Lifetime = Lifetime::minutes(10);
/// Characters of a `jti`.
const LONGEST_JTI: usize = 255;
/// `typ` of an assertion, lower case and without "application/". Most clients send the general one or none.
const TYPES: [&str; 2] = ["jwt", "client-authentication+jwt"];

/// Why an assertion does not authenticate its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is not a token signed with a key of the client.
    #[error(transparent)]
    Jws(#[from] jws::Error),
    /// `iss` or `sub` is missing or not a string.
    #[error("the assertion has no claim {0}")]
    ClaimMissing(&'static str),
    /// `iss` and `sub` differ.
    #[error("the assertion's iss is not its sub")]
    IssuerNotSubject,
    /// It names another client than the one whose keys are used.
    #[error("the assertion is of another client")]
    ClientWrong,
    /// `aud` is missing, or an array: with two audiences, each could replay the assertion at the other.
    #[error("the assertion's aud is not one string")]
    AudienceNotText,
    /// `aud` is not the issuer; the token endpoint's address is accepted only of a client that is set so.
    #[error("the assertion's aud is not the issuer")]
    AudienceWrong,
    /// `exp` has passed.
    #[error("the assertion has expired")]
    Expired,
    /// `exp` lies too far ahead.
    #[error("the assertion lives too long")]
    LivesTooLong,
    /// `nbf` has not come yet.
    #[error("the assertion is not valid yet")]
    NotYetValid,
    /// `iat` lies in the future.
    #[error("the assertion was issued in the future")]
    IssuedInFuture,
    /// `jti` is missing, empty or not a string.
    #[error("the assertion has no jti")]
    IdMissing,
    /// `jti` has more than 255 characters.
    #[error("the assertion's jti is too long")]
    IdTooLong,
}

/// An assertion that is well formed and speaks of one client; nobody knows yet who wrote it.
pub struct ClientAssertion<'a> {
    token: Unverified<'a>,
    algorithm: Algorithm,
    client_id: String,
}

#[derive(Clone, Copy, Debug)]
enum Algorithm {
    Public(AssertionAlgorithm),
    Shared,
}

impl Algorithm {
    fn named(name: &str) -> Option<Self> {
        if name == ClientSecretKey::ALGORITHM {
            return Some(Self::Shared);
        }
        AssertionAlgorithm::named(name).map(Self::Public)
    }
}

/// What a client's assertions are verified with: which of the two is decided by how the client is registered to
/// authenticate, never by the assertion.
#[derive(Clone, Copy, Debug)]
pub enum VerificationKey<'a> {
    /// Its public keys (`private_key_jwt`).
    Public(&'a PublicKeySet),
    /// Its secret (`client_secret_jwt`).
    Shared(&'a ClientSecretKey),
}

/// Whom an assertion may be made for.
#[derive(Clone, Copy, Debug)]
pub struct Audience<'a> {
    /// Our issuer.
    pub issuer: &'a str,
    /// The token endpoint's address, for a client with `assertion_audience` compat only.
    pub token_endpoint: Option<&'a str>,
}

impl<'a> Audience<'a> {
    /// The issuer alone.
    pub const fn issuer(issuer: &'a str) -> Self {
        Self { issuer, token_endpoint: None }
    }
}

/// An assertion that its client has signed, for us, now. Only verification makes one.
#[derive(Clone, Debug)]
pub struct VerifiedAssertion {
    jti: Digest,
    expires: Timestamp,
    is_for_endpoint: bool,
}

impl VerifiedAssertion {
    /// The digest of the client and the assertion's `jti`: may be spent once.
    pub fn jti(&self) -> Digest {
        self.jti
    }

    /// From when on the assertion is refused for its age, so that its `jti` may be forgotten.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// Whether it was made for the token endpoint's address and not for the issuer: to be logged.
    pub fn is_for_endpoint(&self) -> bool {
        self.is_for_endpoint
    }
}

impl<'a> ClientAssertion<'a> {
    /// Reads an assertion and refuses what no key could make right.
    pub fn parse(jwt: &'a str) -> Result<Self, Error> {
        let token = Unverified::parse(jwt)?;
        if !token.typ().is_none_or(|typ| jws::is_type(typ, &TYPES)) {
            return Err(jws::Error::TypeWrong.into());
        }
        let algorithm =
            Algorithm::named(token.algorithm()).ok_or(jws::Error::AlgorithmNotAllowed)?;
        let claims = token.unverified_claims();
        let issuer = claims.text("iss").ok_or(Error::ClaimMissing("iss"))?;
        let subject = claims.text("sub").ok_or(Error::ClaimMissing("sub"))?;
        if issuer != subject {
            return Err(Error::IssuerNotSubject);
        }
        let client_id = subject.to_owned();
        Ok(Self { token, algorithm, client_id })
    }

    /// The client that the assertion claims to be of: good for finding its keys, proof of nothing.
    pub fn unverified_client_id(&self) -> &str {
        &self.client_id
    }

    /// The algorithm that its header names.
    pub fn unverified_algorithm(&self) -> &str {
        self.token.algorithm()
    }

    /// The assertion, if the client `client_id` made it with its `key`, for this audience alone, for now.
    pub fn verify(
        self,
        key: VerificationKey<'_>,
        client_id: &str,
        audience: Audience<'_>,
        now: Timestamp,
    ) -> Result<VerifiedAssertion, Error> {
        if self.client_id != client_id {
            return Err(Error::ClientWrong);
        }
        let claims = match (key, self.algorithm) {
            (VerificationKey::Public(keys), Algorithm::Public(algorithm)) => {
                let verifier = keys.select(self.token.key_id(), algorithm)?;
                self.token.verified_by(verifier)?
            }
            (VerificationKey::Shared(key), Algorithm::Shared) => {
                self.token.verified_by_secret(key)?
            }
            (VerificationKey::Public(_), Algorithm::Shared)
            | (VerificationKey::Shared(_), Algorithm::Public(_)) => {
                return Err(jws::Error::AlgorithmNotAllowed.into());
            }
        };
        let is_for_endpoint = match claims.value("aud") {
            Some(Value::String(named)) if named == audience.issuer => false,
            Some(Value::String(named)) if audience.token_endpoint == Some(named) => true,
            Some(Value::String(_)) => return Err(Error::AudienceWrong),
            _ => return Err(Error::AudienceNotText),
        };
        let expires = refusal_time(&claims, now)?;
        Ok(VerifiedAssertion { jti: jti(&claims, client_id)?, expires, is_for_endpoint })
    }
}

/// The moment from which the assertion is refused as expired, if it is valid now.
fn refusal_time(claims: &Claims, now: Timestamp) -> Result<Timestamp, Error> {
    let refused_from = claims.expires().plus(SKEW);
    if refused_from <= now {
        return Err(Error::Expired);
    }
    let latest_now = now.plus(SKEW);
    if claims.expires() > latest_now.plus(LONGEST_LIFETIME) {
        return Err(Error::LivesTooLong);
    }
    if claims.time("nbf").is_some_and(|from| from > latest_now) {
        return Err(Error::NotYetValid);
    }
    if claims.time("iat").is_some_and(|issued| issued > latest_now) {
        return Err(Error::IssuedInFuture);
    }
    Ok(refused_from)
}

/// Ids are unique for each client only, so the digest covers the client: none can spend another's.
fn jti(claims: &Claims, client_id: &str) -> Result<Digest, Error> {
    let id = claims.text("jti").filter(|id| !id.is_empty()).ok_or(Error::IdMissing)?;
    if id.chars().count() > LONGEST_JTI {
        return Err(Error::IdTooLong);
    }
    Ok(Digest::of("client_assertion", format!("{client_id}\0{id}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use openssl::nid::Nid;
    use serde_json::json;

    use super::*;
    use crate::base::encoding::{base64url, from_base64url};
    use crate::base::secret::Secret;
    use crate::jose::forge::{EC, ED, ForeignKey, RSA, code, signing_input, with};

    const ISSUER: &str = "https://id.example.gov.tw";
    const CLIENT: &str = "client-1";
    const NOW: i64 = 1_700_000_000;

    fn keys() -> PublicKeySet {
        let named = |key: &ForeignKey, id: &str| key.jwk_with(json!({ "kid": id }));
        let keys = [named(&EC, "ec"), named(&RSA, "rsa"), named(&ED, "ed")];
        PublicKeySet::parse(&json!({ "keys": keys })).unwrap()
    }

    fn claims() -> Value {
        json!({ "iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "jti": "1", "exp": NOW + 60 })
    }

    fn verified(jwt: &str) -> Result<VerifiedAssertion, Error> {
        let now = Timestamp::from_seconds(NOW);
        let (keys, audience) = (keys(), Audience::issuer(ISSUER));
        ClientAssertion::parse(jwt)?.verify(VerificationKey::Public(&keys), CLIENT, audience, now)
    }

    fn header() -> Value {
        json!({ "alg": "ES256", "kid": "ec", "typ": "JWT" })
    }

    /// The refusal of the good assertion with these claims changed.
    fn with_claims(changed: Value) -> Option<Error> {
        verified(&EC.sign(&header(), &with(claims(), changed))).err()
    }

    /// The refusal of the good assertion with these header parameters changed.
    fn with_header(changed: Value) -> Option<Error> {
        verified(&EC.sign(&with(header(), changed), &claims())).err()
    }

    #[test]
    fn each_algorithm_authenticates_with_its_key() {
        for (alg, kid, key) in [
            ("ES256", "ec", &EC),
            ("RS256", "rsa", &RSA),
            ("PS256", "rsa", &RSA),
            ("EdDSA", "ed", &ED),
        ] {
            let assertion = key.sign(&json!({ "alg": alg, "kid": kid }), &claims());
            assert!(verified(&assertion).is_ok(), "{alg}");
            let nameless = key.sign(&json!({ "alg": alg }), &claims());
            assert!(verified(&nameless).is_ok(), "{alg}");
        }
    }

    #[test]
    fn the_claimed_client_can_be_read_before_its_keys_are_known() {
        let jwt = EC.sign(&header(), &claims());
        assert_eq!(ClientAssertion::parse(&jwt).unwrap().unverified_client_id(), CLIENT);
    }

    #[test]
    fn an_assertion_of_a_key_that_is_not_registered_is_refused() {
        let thief = ForeignKey::ec(Nid::X9_62_PRIME256V1);
        let forged = verified(&thief.sign(&header(), &claims())).err();
        assert_eq!(forged, Some(jws::Error::SignatureWrong.into()));
        let unknown = with_header(json!({ "kid": "other" }));
        assert_eq!(unknown, Some(jws::Error::KeyUnknown.into()));
        assert_eq!(with_header(json!({})), None);
    }

    #[test]
    fn a_changed_assertion_is_refused() {
        let good = EC.sign(&header(), &claims());
        assert!(verified(&good).is_ok());
        let (_, signature) = good.rsplit_once('.').unwrap();
        let later = with(claims(), json!({ "exp": NOW + 61 })).to_string();
        let changed = format!("{}.{signature}", signing_input(&header().to_string(), &later));
        assert_eq!(verified(&changed).err(), Some(jws::Error::SignatureWrong.into()));
    }

    /// A-JOS-01
    #[test]
    fn an_unsecured_assertion_is_refused() {
        for alg in ["none", "None", "NONE", "nOnE"] {
            let signed = signing_input(&json!({ "alg": alg }).to_string(), &claims().to_string());
            for jwt in [format!("{signed}."), format!("{signed}.AA")] {
                assert_eq!(verified(&jwt).err(), Some(jws::Error::Unsecured.into()), "{alg}");
            }
        }
        let signed = signing_input(&header().to_string(), &claims().to_string());
        let unsigned = verified(&format!("{signed}.")).err();
        assert_eq!(unsigned, Some(jws::Error::SignatureMissing.into()));
    }

    /// A-JOS-02
    #[test]
    fn a_public_key_is_never_taken_for_a_shared_secret() {
        for (kid, key, number) in [("ec", &*EC, "x"), ("rsa", &*RSA, "n")] {
            let pem = key.pem();
            let jwk = key.jwk();
            let secrets = [
                pem.trim_ascii_end().to_vec(),
                pem,
                key.der(),
                jwk.to_string().into_bytes(),
                from_base64url(jwk[number].as_str().unwrap()).unwrap(),
                jwk[number].as_str().unwrap().as_bytes().to_vec(),
                Vec::new(),
            ];
            for secret in secrets {
                for alg in ["HS256", "HS384", "hs256", "ES256", "RS256", "PS256"] {
                    let header = json!({ "alg": alg, "kid": kid }).to_string();
                    let signed = signing_input(&header, &claims().to_string());
                    let jwt = format!("{signed}.{}", base64url(&code(&secret, &signed)));
                    let expected = match (alg, kid) {
                        ("ES256", "ec") | ("RS256" | "PS256", "rsa") => jws::Error::SignatureWrong,
                        ("ES256" | "RS256" | "PS256", _) => jws::Error::KeyUnfit,
                        _ => jws::Error::AlgorithmNotAllowed,
                    };
                    assert_eq!(verified(&jwt).err(), Some(expected.into()), "{alg} {kid}");
                }
            }
        }
    }

    /// A-JOS-03
    #[test]
    fn the_header_never_brings_the_key() {
        let thief = ForeignKey::ec(Nid::X9_62_PRIME256V1);
        for (name, value) in [
            ("jwk", thief.jwk()),
            ("jku", json!("https://thief.example/jwks")),
            ("x5u", json!("https://thief.example/chain")),
            ("x5c", json!(["MIIB"])),
        ] {
            for kid in [json!("ec"), json!("thief"), json!(null)] {
                let header = with(header(), json!({ "kid": kid, name: value }));
                let refused = verified(&thief.sign(&header, &claims())).err();
                assert_eq!(refused, Some(jws::Error::HeaderRefused(name).into()));
                // Not even where the signature would be right.
                let refused = verified(&EC.sign(&header, &claims())).err();
                assert_eq!(refused, Some(jws::Error::HeaderRefused(name).into()));
            }
        }
    }

    /// A-JOS-08
    #[test]
    fn tokens_of_other_types_are_not_assertions() {
        for typ in ["JWT", "jwt", "application/jwt", "client-authentication+jwt"] {
            assert_eq!(with_header(json!({ "typ": typ })), None, "{typ}");
        }
        assert_eq!(with_header(json!({ "typ": null })), None);
        for typ in [
            "",
            "at+jwt",
            "logout+jwt",
            "dpop+jwt",
            "oauth-authz-req+jwt",
            "secevent+jwt",
            "JWT ",
            "text/jwt",
        ] {
            let refused = with_header(json!({ "typ": typ }));
            assert_eq!(refused, Some(jws::Error::TypeWrong.into()), "{typ}");
        }
    }

    #[test]
    fn a_key_signs_with_its_own_algorithm_only() {
        let refused = with_header(json!({ "kid": "rsa" }));
        assert_eq!(refused, Some(jws::Error::KeyUnfit.into()));
        // A PKCS#1 v1.5 signature is not a PSS signature, under the same key.
        let header = json!({ "alg": "PS256", "kid": "rsa" }).to_string();
        let signed = signing_input(&header, &claims().to_string());
        let jwt = |alg| format!("{signed}.{}", base64url(&RSA.signature(alg, &signed)));
        assert_eq!(verified(&jwt("RS256")).err(), Some(jws::Error::SignatureWrong.into()));
        assert!(verified(&jwt("PS256")).is_ok());
    }

    #[test]
    fn issuer_and_subject_are_the_client() {
        assert_eq!(with_claims(json!({ "iss": "other" })), Some(Error::IssuerNotSubject));
        assert_eq!(with_claims(json!({ "sub": "other" })), Some(Error::IssuerNotSubject));
        let other = json!({ "iss": "other", "sub": "other" });
        assert_eq!(with_claims(other), Some(Error::ClientWrong));
        for name in ["iss", "sub"] {
            assert_eq!(with_claims(json!({ name: null })), Some(Error::ClaimMissing(name)));
            assert_eq!(with_claims(json!({ name: [CLIENT] })), Some(Error::ClaimMissing(name)));
        }
        assert_eq!(with_claims(json!({})), None);
    }

    /// A-TOK-12
    #[test]
    fn the_audience_is_the_issuer_as_one_string() {
        for audience in
            [json!([ISSUER]), json!([ISSUER, "https://other.example"]), json!(1), json!({})]
        {
            let refused = with_claims(json!({ "aud": audience }));
            assert_eq!(refused, Some(Error::AudienceNotText), "{audience}");
        }
        assert_eq!(with_claims(json!({ "aud": null })), Some(Error::AudienceNotText));
        let token_endpoint = format!("{ISSUER}/token");
        let slash = format!("{ISSUER}/");
        let upper = ISSUER.to_uppercase();
        for audience in [&token_endpoint, &slash, &upper, "", "https://other.example"] {
            let refused = with_claims(json!({ "aud": audience }));
            assert_eq!(refused, Some(Error::AudienceWrong), "{audience}");
        }
        assert_eq!(with_claims(json!({ "aud": ISSUER })), None);
    }

    #[test]
    fn an_assertion_expires_and_does_not_live_long() {
        let exp = |seconds: i64| with_claims(json!({ "exp": NOW + seconds }));
        assert_eq!(exp(-60), Some(Error::Expired));
        assert_eq!(exp(-59), None);
        assert_eq!(exp(660), None);
        assert_eq!(exp(661), Some(Error::LivesTooLong));
        assert_eq!(with_claims(json!({ "exp": i64::MIN })), Some(Error::Expired));
        assert_eq!(with_claims(json!({ "exp": i64::MAX })), Some(Error::LivesTooLong));
        assert_eq!(with_claims(json!({ "exp": null })), Some(jws::Error::ExpiryMissing.into()));
        let text = with_claims(json!({ "exp": (NOW + 60).to_string() }));
        assert_eq!(text, Some(jws::Error::TimeNotInteger("exp").into()));
    }

    #[test]
    fn an_assertion_is_not_from_the_future() {
        for (name, expected) in [("nbf", Error::NotYetValid), ("iat", Error::IssuedInFuture)] {
            assert_eq!(with_claims(json!({ name: NOW + 61 })), Some(expected));
            assert_eq!(with_claims(json!({ name: NOW + 60 })), None);
            assert_eq!(with_claims(json!({ name: i64::MAX })), Some(expected));
            assert_eq!(with_claims(json!({ name: 0 })), None);
        }
    }

    #[test]
    fn an_assertion_has_an_id_of_bounded_length() {
        assert_eq!(with_claims(json!({ "jti": null })), Some(Error::IdMissing));
        assert_eq!(with_claims(json!({ "jti": "" })), Some(Error::IdMissing));
        assert_eq!(with_claims(json!({ "jti": 1 })), Some(Error::IdMissing));
        assert_eq!(with_claims(json!({ "jti": "符".repeat(255) })), None);
        assert_eq!(with_claims(json!({ "jti": "x".repeat(256) })), Some(Error::IdTooLong));
    }

    /// A-TOK-11: what is spent once is the id, however the token around it was signed.
    #[test]
    fn the_spent_value_follows_client_and_id_and_outlives_the_assertion() {
        let spent = |jti: &str, exp: i64| {
            let claims = with(claims(), json!({ "jti": jti, "exp": exp }));
            verified(&EC.sign(&header(), &claims)).unwrap()
        };
        let first = spent("a", NOW + 60);
        assert!(first.jti().is(&spent("a", NOW + 90).jti()));
        assert!(!first.jti().is(&spent("b", NOW + 60).jti()));
        assert_eq!(first.expires(), Timestamp::from_seconds(NOW + 120));
        let last_moment = Timestamp::from_seconds(NOW + 119);
        let jwt = EC.sign(&header(), &claims());
        let keys = keys();
        let (key, issuer) = (VerificationKey::Public(&keys), Audience::issuer(ISSUER));
        let at = |now| ClientAssertion::parse(&jwt).unwrap().verify(key, CLIENT, issuer, now);
        assert!(at(last_moment).is_ok());
        assert_eq!(at(first.expires()).err(), Some(Error::Expired));
        let other = with(claims(), json!({ "iss": "client-2", "sub": "client-2", "jti": "a" }));
        let jwt = EC.sign(&header(), &other);
        let other = ClientAssertion::parse(&jwt)
            .unwrap()
            .verify(key, "client-2", issuer, Timestamp::from_seconds(NOW))
            .unwrap();
        assert!(!first.jti().is(&other.jti()));
    }

    fn verified_by_secret(jwt: &str, secret: &str) -> Result<VerifiedAssertion, Error> {
        let key = ClientSecretKey::new(&Secret::new(secret.to_owned())).unwrap();
        let (now, audience) = (Timestamp::from_seconds(NOW), Audience::issuer(ISSUER));
        ClientAssertion::parse(jwt)?.verify(VerificationKey::Shared(&key), CLIENT, audience, now)
    }

    /// A-JOS-02, both ways: how the client is registered decides the kind of key, never the assertion.
    #[test]
    fn a_secret_verifies_hs256_only_and_a_public_key_everything_else_only() {
        let secret = "an-octet-string-of-at-least-32-octets-and-some-more";
        let own = ClientSecretKey::new(&Secret::new(secret.to_owned())).unwrap();
        let shared = own.sign("JWT", &claims()).unwrap();
        assert!(verified_by_secret(&shared, secret).is_ok());
        let not_allowed = Some(Error::Jws(jws::Error::AlgorithmNotAllowed));
        assert_eq!(verified(&shared).err(), not_allowed);
        let other = verified_by_secret(&shared, &secret.to_uppercase()).err();
        assert_eq!(other, Some(jws::Error::SignatureWrong.into()));
        for (alg, key) in [("ES256", &EC), ("RS256", &RSA), ("PS256", &RSA), ("EdDSA", &ED)] {
            let public = key.sign(&json!({ "alg": alg }), &claims());
            assert!(verified(&public).is_ok(), "{alg}");
            assert_eq!(verified_by_secret(&public, secret).err(), not_allowed, "{alg}");
            // The text of a public key as the secret of a client that has another one.
            let pem = String::from_utf8(key.pem()).unwrap();
            let signed = signing_input(r#"{"alg":"HS256"}"#, &claims().to_string());
            let forged = format!("{signed}.{}", base64url(&code(pem.as_bytes(), &signed)));
            assert_eq!(verified(&forged).err(), not_allowed);
            let wrong = Some(Error::Jws(jws::Error::SignatureWrong));
            assert_eq!(verified_by_secret(&forged, secret).err(), wrong);
        }
        for alg in ["HS384", "HS512", "hs256"] {
            let signed = signing_input(&json!({ "alg": alg }).to_string(), &claims().to_string());
            let jwt = format!("{signed}.{}", base64url(&code(secret.as_bytes(), &signed)));
            assert_eq!(verified_by_secret(&jwt, secret).err(), not_allowed, "{alg}");
        }
    }

    #[test]
    fn a_code_cut_short_is_refused() {
        let secret = "x".repeat(64);
        let own = ClientSecretKey::new(&Secret::new(secret.clone())).unwrap();
        let jwt = own.sign("JWT", &claims()).unwrap();
        assert!(verified_by_secret(&jwt, &secret).is_ok());
        let (signed, signature) = jwt.rsplit_once('.').unwrap();
        let whole = from_base64url(signature).unwrap();
        for octets in [1, 16, 31] {
            let short = format!("{signed}.{}", base64url(&whole[..octets]));
            let refused = verified_by_secret(&short, &secret).err();
            assert_eq!(refused, Some(jws::Error::SignatureWrong.into()));
        }
    }

    /// A-TOK-12
    #[test]
    fn the_token_endpoint_is_an_audience_only_of_a_client_that_is_set_so() {
        let endpoint = "https://id.example.gov.tw/token";
        let keys = keys();
        let verified = |named: &str, token_endpoint| {
            let jwt = EC.sign(&header(), &with(claims(), json!({ "aud": named })));
            let audience = Audience { issuer: ISSUER, token_endpoint };
            ClientAssertion::parse(&jwt)
                .unwrap()
                .verify(
                    VerificationKey::Public(&keys),
                    CLIENT,
                    audience,
                    Timestamp::from_seconds(NOW),
                )
                .map(|verified| verified.is_for_endpoint())
        };
        assert_eq!(verified(endpoint, Some(endpoint)), Ok(true));
        assert_eq!(verified(ISSUER, Some(endpoint)), Ok(false));
        assert_eq!(verified(endpoint, None), Err(Error::AudienceWrong));
        let elsewhere = verified("https://other.example/token", Some(endpoint));
        assert_eq!(elsewhere, Err(Error::AudienceWrong));
    }
}
