//! The issuer: the URL that names the provider, to which every address of ours is appended.
//!
//! OpenID Connect Discovery §3, RFC 8414 §2. Relying parties compare it byte by byte, so only its canonical spelling is
//! accepted. It has no path: our paths and cookies begin at the root of the host.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

/// The provider's identifier: `https://host[:port]`, or `http` on a loopback host. Never ends in a slash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Issuer(Url);

/// Why a text is no issuer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is no URL.
    #[error("the issuer is not a URL")]
    NotAUrl,
    /// Neither `https`, nor `http` on a loopback host.
    #[error("the issuer must begin with https:// (http:// is for localhost, 127.0.0.1 and [::1])")]
    Insecure,
    /// It carries a user name or password.
    #[error("the issuer must not contain a user name or password")]
    Userinfo,
    /// It has a path, a query or a fragment.
    #[error("the issuer must be a host without a path, query or fragment")]
    MoreThanAHost,
    /// It is spelled in another way than URLs are compared.
    #[error("the issuer must be written as {canonical}")]
    NotCanonical {
        /// The spelling to use.
        canonical: String,
    },
}

impl Issuer {
    /// Reads an issuer; one trailing slash is tolerated and dropped.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let url = Url::parse(text).map_err(|_| Error::NotAUrl)?;
        let loopback = url.host_str().is_some_and(is_loopback);
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            _ => return Err(Error::Insecure),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::Userinfo);
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(Error::MoreThanAHost);
        }
        let issuer = Self(url);
        if text.strip_suffix('/').unwrap_or(text) == issuer.as_str() {
            Ok(issuer)
        } else {
            Err(Error::NotCanonical { canonical: issuer.as_str().to_owned() })
        }
    }

    /// The issuer as it stands in `iss`.
    pub fn as_str(&self) -> &str {
        let text = self.0.as_str();
        text.strip_suffix('/').unwrap_or(text)
    }

    /// The address of one of our paths, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.as_str())
    }

    /// The origin, as browsers send it in `Origin`. An issuer is one.
    pub fn origin(&self) -> &str {
        self.as_str()
    }

    /// Whether browsers reach it over TLS, so that cookies can be `Secure`.
    pub fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The host without its port; IPv6 in brackets.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

/// Whether this host, as written in a URL, is the own machine. Literals only: no other name is trusted to resolve so.
pub fn is_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for Issuer {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<Issuer> for String {
    fn from(issuer: Issuer) -> Self {
        issuer.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_issuer_is_https_or_loopback_and_ends_without_a_slash() {
        let issuer = Issuer::parse("https://sso.gov.tw/").unwrap();
        assert_eq!(issuer.as_str(), "https://sso.gov.tw");
        assert_eq!(issuer.url("/token"), "https://sso.gov.tw/token");
        assert_eq!((issuer.origin(), issuer.host()), ("https://sso.gov.tw", "sso.gov.tw"));
        assert!(issuer.is_secure());
        for loopback in ["http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"] {
            let issuer = Issuer::parse(loopback).unwrap();
            assert_eq!(issuer.as_str(), loopback);
            assert!(!issuer.is_secure());
        }
        assert_eq!(Issuer::parse("http://[::1]:8080").unwrap().host(), "[::1]");
    }

    #[test]
    fn plain_http_elsewhere_is_refused() {
        for text in [
            "http://sso.gov.tw",
            "http://localhost.evil.test",
            "http://127.0.0.2",
            "ftp://localhost",
            "file:///etc",
        ] {
            assert_eq!(Issuer::parse(text), Err(Error::Insecure), "{text}");
        }
    }

    #[test]
    fn anything_but_a_host_is_refused() {
        for text in ["https://a.test/x", "https://a.test//", "https://a.test/?", "https://a.test/#"]
        {
            assert_eq!(Issuer::parse(text), Err(Error::MoreThanAHost), "{text}");
        }
        assert_eq!(Issuer::parse("https://u@a.test"), Err(Error::Userinfo));
        assert_eq!(Issuer::parse("https://u:p@a.test"), Err(Error::Userinfo));
        assert_eq!(Issuer::parse("sso.gov.tw"), Err(Error::NotAUrl));
    }

    #[test]
    fn another_spelling_is_refused_with_the_right_one() {
        for text in [
            "https://A.test",
            "https:a.test",
            "https:///a.test",
            "https://a.test:443",
            "https:\\\\a.test",
        ] {
            let canonical = String::from("https://a.test");
            assert_eq!(Issuer::parse(text), Err(Error::NotCanonical { canonical }), "{text}");
        }
    }

    #[test]
    fn an_issuer_is_stored_as_its_text() {
        let issuer = Issuer::parse("https://sso.gov.tw").unwrap();
        let text = serde_json::to_string(&issuer).unwrap();
        assert_eq!(text, "\"https://sso.gov.tw\"");
        assert_eq!(serde_json::from_str::<Issuer>(&text).unwrap(), issuer);
        assert!(serde_json::from_str::<Issuer>("\"http://sso.gov.tw\"").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(https?:)?[/\\\\]{0,3}.{0,40}") {
            if let Ok(issuer) = Issuer::parse(&text) {
                prop_assert_eq!(text.strip_suffix('/').unwrap_or(&text), issuer.as_str());
            }
        }
    }
}
