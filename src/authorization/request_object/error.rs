//! Why a request object does not count, one variant a rule; and what the client's developer is told of it.
//!
//! OpenID Connect Core §3.1.2.6: `invalid_request_uri` for what is not fetched, `invalid_request_object` for what is not
//! believed. The log line says more than these texts.

use crate::context::client_keys;
use crate::jose::request_object as object;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::{https_uri, parameter};
use crate::outbound;

/// Why a request object does not count.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `request` or `request_uri` came twice.
    #[error(transparent)]
    Parameter(#[from] parameter::Error),
    /// One object by value and one by reference: nobody could say which is meant.
    #[error("request and request_uri are both there")]
    Both,
    /// `request_uri` is no address of https, or longer than `limits::REQUEST_URI`.
    #[error("the request_uri: {0}")]
    UriUnfit(#[from] https_uri::Error),
    /// The client has not registered this `request_uri`.
    #[error("the request_uri is not registered")]
    UriNotRegistered,
    /// It gave no document.
    #[error("the request_uri: {0}")]
    Fetch(#[from] outbound::Error),
    /// Its document is no token.
    #[error("the document behind the request_uri is not text")]
    NotText,
    /// What would verify the object is not there.
    #[error(transparent)]
    Keys(#[from] client_keys::Error),
    /// The object is not one that this client may send.
    #[error(transparent)]
    Object(#[from] object::Error),
    /// It has too many parameters, or one that is too long.
    #[error("the request object: {0}")]
    Bounds(parameter::Error),
    /// An unsigned object asks for another `response_type` than the address.
    #[error("the response_type differs inside and outside of the request object")]
    ResponseTypeDiffers,
}

impl From<Error> for OAuthError {
    fn from(error: Error) -> Self {
        let of_uri = |description| Self::new(ErrorCode::InvalidRequestUri, description);
        let of_object = |description| Self::new(ErrorCode::InvalidRequestObject, description);
        match error {
            Error::Parameter(error) => error.into(),
            Error::Both => {
                Self::invalid_request("The parameters request and request_uri came together.")
            }
            Error::ResponseTypeDiffers => Self::invalid_request(
                "The response_type differs inside and outside of the request object.",
            ),
            Error::UriUnfit(_) => {
                of_uri("The request_uri is not an https address of at most 512 characters.")
            }
            Error::UriNotRegistered => of_uri("The request_uri is not registered."),
            Error::Fetch(_) => of_uri("The request_uri did not answer with a request object."),
            Error::NotText => of_object("The request object is not a JWT."),
            Error::Keys(_) => of_object("The keys of the client cannot be read."),
            Error::Bounds(_) => of_object("The request object has too much in it."),
            Error::Object(error) => of_object(description(error)),
        }
    }
}

const fn description(error: object::Error) -> &'static str {
    match error {
        object::Error::Encryption(_) => "The request object cannot be decrypted.",
        object::Error::NotEncrypted => "The request object is not encrypted.",
        object::Error::EncryptionNotRegistered => {
            "The request object is not encrypted in the registered way."
        }
        object::Error::Jws(_) => "The request object is not a JWT signed with a key of the client.",
        object::Error::UnsignedNotAllowed => "The request object is not signed.",
        object::Error::AlgorithmNotRegistered => {
            "The request object is not signed with the registered algorithm."
        }
        object::Error::NoKeys => "The client has registered no keys.",
        object::Error::Nested(_) => "The request object refers to another one.",
        object::Error::ClientWrong => "The client_id of the request object is not the client.",
        object::Error::IssuerWrong => "The iss of the request object is not the client.",
        object::Error::SubjectIsClient => "The sub of the request object is the client.",
        object::Error::AudienceWrong => "The aud of the request object is not the issuer.",
        object::Error::Expired => "The request object has expired.",
        object::Error::NotYetValid => "The request object is not valid yet.",
        object::Error::IssuedInFuture => "The request object was issued in the future.",
        object::Error::ParameterKind(_) => {
            "A parameter of the request object is neither text nor a number."
        }
    }
}
