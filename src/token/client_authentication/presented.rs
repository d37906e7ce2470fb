//! What a request presents as client authentication, before anyone looked at it.
//!
//! OAuth 2.0 §2.3.1, RFC 7521 §4.2, RFC 8705 §2: one method, never two at once. Does not own whether it is right.

use super::{Error, parse_id};
use crate::base::id::ClientId;
use crate::base::secret::Secret;
use crate::oauth::parameter::Parameters;
use crate::pki::client_certificate::ClientCertificate;

/// The type of a client assertion (RFC 7523 §2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a request presents, before anyone looked at it.
#[derive(Debug)]
pub enum PresentedCredentials {
    /// `Authorization: Basic`.
    Basic(ClientId, Secret<String>),
    /// `client_id` and `client_secret` in the body.
    Post(ClientId, Secret<String>),
    /// A signed assertion, and the `client_id` beside it, if any.
    Assertion(Secret<String>, Option<ClientId>),
    /// `client_id` alone, on a connection with or without a certificate. Beside anything else a certificate is no method
    /// of authentication: a client may come with one for other reasons.
    Alone(ClientId, Option<ClientCertificate>),
}

impl PresentedCredentials {
    /// Reads what a request presents: `authorization` is the header's value, `certificate` the connection's.
    pub fn read(
        authorization: Option<&str>,
        certificate: Option<ClientCertificate>,
        body: &Parameters,
    ) -> Result<Self, Error> {
        let client_id = body.one("client_id")?.map(parse_id).transpose()?;
        let secret = body.one("client_secret")?;
        let assertion = body.one("client_assertion")?;
        let assertion_type = body.one("client_assertion_type")?;
        match (authorization, secret, assertion) {
            (Some(header), None, None) => {
                let (id, secret) = basic(header).ok_or(Error::HeaderMalformed)?;
                let id = parse_id(&id)?;
                match client_id {
                    Some(other) if other != id => Err(Error::Twice),
                    _ => Ok(Self::Basic(id, Secret::new(secret))),
                }
            }
            (None, Some(secret), None) => {
                Ok(Self::Post(client_id.ok_or(Error::Missing)?, Secret::new(secret.to_owned())))
            }
            (None, None, Some(assertion)) => match assertion_type {
                Some(ASSERTION_TYPE) => {
                    Ok(Self::Assertion(Secret::new(assertion.to_owned()), client_id))
                }
                _ => Err(Error::AssertionType),
            },
            (None, None, None) => Ok(Self::Alone(client_id.ok_or(Error::Missing)?, certificate)),
            _ => Err(Error::Twice),
        }
    }
}

/// Decodes `Basic`: base64 of form-urlencoded id and secret (OAuth 2.0 §2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    use base64::Engine;
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decoded(id)?, form_decoded(secret)?))
}

fn form_decoded(text: &str) -> Option<String> {
    // A form of one nameless value; a bare `&` would make it two, and has to be escaped.
    let form = format!("={text}");
    let mut values = form_urlencoded::parse(form.as_bytes());
    match (values.next(), values.next()) {
        (Some((_, value)), None) => Some(value.into_owned()),
        _ => None,
    }
}
