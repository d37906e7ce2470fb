//! Addresses of a client that are not redirect URIs: what a page links to, what Fuxin fetches, where it posts.
//!
//! OpenID Connect Registration §2; RFC 3986. Always https and never with a user name; what may lie behind one is decided
//! when it is opened (`outbound`), since a name can lead elsewhere tomorrow.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::base::limits;
use crate::oauth::redirect_uri::{is_host_text, is_uri_text};

/// Why a text is no such address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Longer than `limits::OUTBOUND_URL`, or `limits::REQUEST_URI`.
    #[error("the URI is too long")]
    TooLong,
    /// It contains a character that URIs do not have.
    #[error("the URI contains a character that must be percent-encoded")]
    Character,
    /// It is no absolute URI, or not of https.
    #[error("the URI must begin with https://")]
    NotHttps,
    /// It contains a user name or password.
    #[error("the URI contains a user name or password")]
    Userinfo,
    /// It has a fragment.
    #[error("the URI has a fragment")]
    Fragment,
}

/// An address of a client, as it was registered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HttpsUri(String);

/// Where a client's request object may be: the only such address whose fragment means something (Core §6.2), and which
/// is compared whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequestUri(String);

impl HttpsUri {
    /// Reads an address.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.contains('#') {
            return Err(Error::Fragment);
        }
        https(text, limits::OUTBOUND_URL).map(|_| Self(text.to_owned()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its host.
    pub fn host(&self) -> String {
        let url = Url::parse(&self.0).ok();
        url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Scheme, host and port: what a frame's source is allowed by.
    pub fn origin(&self) -> String {
        Url::parse(&self.0).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
    }
}

impl RequestUri {
    /// Reads an address.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (address, fragment) = text.split_once('#').unwrap_or((text, ""));
        if text.len() > limits::REQUEST_URI {
            return Err(Error::TooLong);
        }
        if !is_uri_text(fragment) || fragment.contains('#') {
            return Err(Error::Character);
        }
        https(address, limits::REQUEST_URI).map(|_| Self(text.to_owned()))
    }

    /// The address, with its fragment.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is fetched: the address without its fragment.
    pub fn document(&self) -> &str {
        self.0.split_once('#').map_or(&self.0, |(address, _)| address)
    }
}

fn https(text: &str, longest: usize) -> Result<Url, Error> {
    if text.len() > longest {
        return Err(Error::TooLong);
    }
    if !is_uri_text(text) {
        return Err(Error::Character);
    }
    let url = Url::parse(text).map_err(|_| Error::NotHttps)?;
    let authority = text.strip_prefix("https://").and_then(|rest| rest.split(['/', '?']).next());
    let authority = authority.filter(|authority| !authority.is_empty()).ok_or(Error::NotHttps)?;
    if authority.contains('@') {
        return Err(Error::Userinfo);
    }
    // The URL parser lets characters stand in a name that would end a content policy's word.
    if !is_host_text(url.host_str().unwrap_or_default()) {
        return Err(Error::Character);
    }
    Ok(url)
}

impl TryFrom<String> for HttpsUri {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<HttpsUri> for String {
    fn from(uri: HttpsUri) -> Self {
        uri.0
    }
}

impl TryFrom<String> for RequestUri {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<RequestUri> for String {
    fn from(uri: RequestUri) -> Self {
        uri.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A-RED-03
    #[test]
    fn only_https_without_a_user_is_an_address() {
        let uri = HttpsUri::parse("https://a.test:8443/x?y=1").unwrap();
        assert_eq!((uri.host(), uri.origin()), ("a.test".into(), "https://a.test:8443".into()));
        for (text, error) in [
            ("http://a.test/", Error::NotHttps),
            ("javascript:alert(1)", Error::NotHttps),
            ("https:a.test", Error::NotHttps),
            ("https:///a.test/", Error::NotHttps),
            ("https://@a.test/", Error::Userinfo),
            ("https://a.test;sandbox/", Error::Character),
            ("https://a.test,b.test/", Error::Character),
            ("/relative", Error::NotHttps),
            ("https://u:p@a.test/", Error::Userinfo),
            ("https://a.test/#x", Error::Fragment),
            ("https://a.test/ x", Error::Character),
            ("https://a.test/\"", Error::Character),
        ] {
            assert_eq!(HttpsUri::parse(text), Err(error), "{text}");
        }
    }

    /// Core §6.2: a `request_uri` may be as long as 512 characters.
    #[test]
    fn the_length_of_an_address_is_bounded() {
        let of = |length: usize| format!("https://a.test/{}", "x".repeat(length - 15));
        assert!(HttpsUri::parse(&of(limits::OUTBOUND_URL)).is_ok());
        assert_eq!(HttpsUri::parse(&of(limits::OUTBOUND_URL + 1)), Err(Error::TooLong));
        assert!(RequestUri::parse(&of(limits::REQUEST_URI)).is_ok());
        assert_eq!(RequestUri::parse(&of(limits::REQUEST_URI + 1)), Err(Error::TooLong));
    }

    #[test]
    fn a_request_uri_keeps_its_fragment_and_is_fetched_without() {
        let uri = RequestUri::parse("https://a.test/r.jwt#abc").unwrap();
        assert_eq!(
            (uri.as_str(), uri.document()),
            ("https://a.test/r.jwt#abc", "https://a.test/r.jwt")
        );
        assert_eq!(RequestUri::parse("https://a.test/r#a#b"), Err(Error::Character));
        assert_eq!(RequestUri::parse("http://a.test/r"), Err(Error::NotHttps));
    }
}
