//! Request objects: the parameters of an authorization request as a JWT, signed by the client, or not, and perhaps
//! encrypted for us.
//!
//! OpenID Connect Core §6, RFC 9101 §4 and §10.8. What comes out are parameters as a query would carry them, so that one
//! parser judges both. Does not own fetching (`request_uri`), which parameters outside the object still count, nor what a
//! parameter may be; nor the two locks before unsigned objects, whose proof is demanded here.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::base::time::{Lifetime, Timestamp};
use crate::jose::algorithm::AssertionAlgorithm;
use crate::jose::decryption::{self, DecryptionKey};
use crate::jose::jws::{self, Members, Unverified};
use crate::jose::key_set::PublicKeySet;
use crate::oauth::client_metadata::{
    ContentEncryption, EncryptionAlgorithm, RequestObjectAlgorithm,
};
use crate::oauth::unsigned_allowed::UnsignedAllowed;

/// How far a client's clock may be off; the same as for its assertions.
const SKEW: Lifetime = Lifetime::seconds(60);
/// `typ` of a request object, lower case and without "application/". Most clients send the general one or none.
const TYPES: [&str; 2] = ["jwt", "oauth-authz-req+jwt"];
/// Parameters that would lead to another request object.
const NESTED: [&str; 2] = ["request", "request_uri"];
/// Claims of the JWT, which are no parameters of the request.
const OF_THE_TOKEN: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];
/// Parameters that we read. One of these that is no text is refused; an unknown one is passed over, as in a query.
const KNOWN: [&str; 18] = [
    "acr_values",
    "claims",
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "display",
    "id_token_hint",
    "login_hint",
    "max_age",
    "nonce",
    "prompt",
    "redirect_uri",
    "registration",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "ui_locales",
];

/// Why a request object is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is encrypted and cannot be read.
    #[error(transparent)]
    Encryption(#[from] decryption::Error),
    /// It is not encrypted, though the client has registered that it encrypts.
    #[error("the request object is not encrypted")]
    NotEncrypted,
    /// It is encrypted otherwise than the client has registered.
    #[error("the request object is encrypted in another way than the registered one")]
    EncryptionNotRegistered,
    /// It is not a token signed with a key of the client.
    #[error(transparent)]
    Jws(#[from] jws::Error),
    /// It is unsigned, and the client may not send such.
    #[error("the request object is not signed")]
    UnsignedNotAllowed,
    /// It is signed otherwise than the client has registered.
    #[error("the request object is signed with another algorithm than the registered one")]
    AlgorithmNotRegistered,
    /// It is signed, but there are no keys to verify it with.
    #[error("the request object is signed, and there are no keys of the client")]
    NoKeys,
    /// Another request object stands inside.
    #[error("the request object has the parameter {0}")]
    Nested(&'static str),
    /// `client_id` inside is that of another client, or not text.
    #[error("the request object's client_id is of another client")]
    ClientWrong,
    /// `iss` is not the client.
    #[error("the request object's iss is not the client")]
    IssuerWrong,
    /// `sub` is the client: this is a client assertion, or could be used as one (RFC 9101 §10.8).
    #[error("the request object's sub is the client")]
    SubjectIsClient,
    /// `aud` does not contain our issuer.
    #[error("the request object's aud is not the issuer")]
    AudienceWrong,
    /// `exp` has passed.
    #[error("the request object has expired")]
    Expired,
    /// `nbf` has not come yet.
    #[error("the request object is not valid yet")]
    NotYetValid,
    /// `iat` lies in the future.
    #[error("the request object was issued in the future")]
    IssuedInFuture,
    /// A parameter is neither text nor an integer; `claims` may also be an object.
    #[error("the request object's parameter {0} is of the wrong kind")]
    ParameterKind(&'static str),
}

/// What a request object must be for the client that sends it.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The client.
    pub client_id: &'a str,
    /// Our issuer.
    pub issuer: &'a str,
    /// The client's keys, if it has any.
    pub keys: Option<&'a PublicKeySet>,
    /// How it has registered to sign; `None` is any way of the closed set.
    pub algorithm: Option<RequestObjectAlgorithm>,
    /// The proof that unsigned ones may pass, if they may. Without effect where an algorithm is registered.
    pub unsigned: Option<UnsignedAllowed>,
    /// The time.
    pub now: Timestamp,
}

/// A request object that may be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestObject {
    /// The parameters of the request, as a query would carry them. Never `request` or `request_uri`.
    pub parameters: BTreeMap<String, String>,
    /// Whether the client has signed it: then nothing outside of it counts (RFC 9101 §6.3).
    pub is_signed: bool,
}

/// A request object that is not encrypted, or not any more. Who wrote it is not known yet.
pub struct Opened(String);

impl Opened {
    /// Decrypts a request object, if it is encrypted; `own` are our keys for that. Where the client has registered how it
    /// encrypts, it must have done so, and in this way.
    pub fn open<'k>(
        text: &str,
        registered: Option<(EncryptionAlgorithm, ContentEncryption)>,
        own: impl IntoIterator<Item = &'k DecryptionKey>,
    ) -> Result<Self, Error> {
        match (decryption::is_encrypted(text), registered) {
            (false, None) => Ok(Self(text.to_owned())),
            (false, Some(_)) => Err(Error::NotEncrypted),
            (true, Some(registered)) if decryption::method(text)? != registered => {
                Err(Error::EncryptionNotRegistered)
            }
            (true, _) => Ok(Self(decryption::decrypt(text, own)?)),
        }
    }

    /// Reads what is inside, signed or not: three parts, so that there is no second layer of encryption. Of one that is
    /// signed, `Error::NoKeys` comes last of what can be said without keys.
    pub fn read(&self, expected: &Expected<'_>) -> Result<RequestObject, Error> {
        let (members, is_signed) = match jws::read_unsecured(&self.0)? {
            Some((typ, members)) => {
                require_type(typ.as_deref())?;
                (unsigned(members, expected)?, false)
            }
            None => (signed(&self.0, expected)?, true),
        };
        judge(&members, expected)?;
        Ok(RequestObject { parameters: parameters(members)?, is_signed })
    }
}

fn require_type(typ: Option<&str>) -> Result<(), Error> {
    match typ {
        Some(typ) if !jws::is_type(typ, &TYPES) => Err(jws::Error::TypeWrong.into()),
        _ => Ok(()),
    }
}

/// The members of an unsigned object, if the proof is there that it may be one.
fn unsigned(members: Members, expected: &Expected<'_>) -> Result<Members, Error> {
    match (expected.algorithm, expected.unsigned) {
        (None | Some(RequestObjectAlgorithm::Unsigned), Some(_allowed)) => Ok(members),
        _ => Err(Error::UnsignedNotAllowed),
    }
}

fn signed(text: &str, expected: &Expected<'_>) -> Result<Members, Error> {
    let token = Unverified::<Members>::without_expiry(text)?;
    require_type(token.typ())?;
    let algorithm =
        AssertionAlgorithm::named(token.algorithm()).ok_or(jws::Error::AlgorithmNotAllowed)?;
    if expected.algorithm.is_some_and(|registered| registered.as_str() != algorithm.as_str()) {
        return Err(Error::AlgorithmNotRegistered);
    }
    let keys = expected.keys.ok_or(Error::NoKeys)?;
    let verifier = keys.select(token.key_id(), algorithm)?;
    Ok(token.verified_by(verifier)?)
}

/// What the object says of itself must fit: of whom, for whom, when.
fn judge(members: &Members, expected: &Expected<'_>) -> Result<(), Error> {
    if let Some(nested) = NESTED.into_iter().find(|name| members.contains_key(*name)) {
        return Err(Error::Nested(nested));
    }
    let is_client = |value: &Value| *value == expected.client_id;
    if !members.get("client_id").is_none_or(is_client) {
        return Err(Error::ClientWrong);
    }
    if !members.get("iss").is_none_or(is_client) {
        return Err(Error::IssuerWrong);
    }
    if members.get("sub").is_some_and(is_client) {
        return Err(Error::SubjectIsClient);
    }
    let for_us = match members.get("aud") {
        None => true,
        Some(Value::Array(audiences)) => audiences.iter().any(|one| one == expected.issuer),
        Some(audience) => audience == expected.issuer,
    };
    if !for_us {
        return Err(Error::AudienceWrong);
    }
    let time = |name: &str| members.get(name).and_then(Value::as_i64).map(Timestamp::from_seconds);
    let latest_now = expected.now.plus(SKEW);
    if time("exp").is_some_and(|expires| expires.plus(SKEW) <= expected.now) {
        return Err(Error::Expired);
    }
    if time("nbf").is_some_and(|from| from > latest_now) {
        return Err(Error::NotYetValid);
    }
    if time("iat").is_some_and(|issued| issued > latest_now) {
        return Err(Error::IssuedInFuture);
    }
    Ok(())
}

/// The members as a query would carry them.
fn parameters(members: Members) -> Result<BTreeMap<String, String>, Error> {
    let mut parameters = BTreeMap::new();
    for (name, value) in members {
        if OF_THE_TOKEN.contains(&name.as_str()) {
            continue;
        }
        let text = match value {
            Value::String(text) => Some(text),
            Value::Number(number) if number.is_i64() => Some(number.to_string()),
            Value::Object(_) if name == "claims" => Some(value.to_string()),
            _ => None,
        };
        match (text, KNOWN.into_iter().find(|known| *known == name)) {
            (Some(text), _) => {
                parameters.insert(name, text);
            }
            (None, Some(known)) => return Err(Error::ParameterKind(known)),
            (None, None) => {}
        }
    }
    Ok(parameters)
}

#[cfg(test)]
mod tests;
