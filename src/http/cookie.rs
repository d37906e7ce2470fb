//! The cookies: a session's secret, a browser's binding, a device that has signed in, a chosen language; and where session
//! management is on, the state of the browser.
//!
//! `__Host-` cookies: Secure, no Domain, Path=/ (RFC 6265bis §4.1.3.2). Where the issuer is http on a loopback name they
//! have plain names and are not Secure, because Safari refuses Secure cookies there.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::authorization::interaction::BrowserToken;
use crate::base::time::Lifetime;
use crate::model::session::SessionToken;

/// Which cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// The session's secret.
    Session,
    /// What interactions are bound to; sign-in never changes it.
    Browser,
    /// Names that signed in from this device.
    Device,
    /// The secret of a pending step (an expired password).
    Pending,
    /// The language that the person chose.
    Locale,
    /// The state of the browser (Session Management 1.0 §2): no secret, and the only one that scripts and frames on other
    /// sites can use.
    State,
}

impl Name {
    /// Its name in a header.
    pub fn text(self, secure: bool) -> String {
        let name = match self {
            Self::Session => "fuxin-session",
            Self::Browser => "fuxin-browser",
            Self::Device => "fuxin-device",
            Self::Pending => "fuxin-pending",
            Self::Locale => "fuxin-locale",
            Self::State => "fuxin-state",
        };
        if secure { format!("__Host-{name}") } else { name.to_owned() }
    }
}

/// The cookies that a request brought.
#[derive(Clone, Debug)]
pub struct Cookies {
    headers: HeaderMap,
    secure: bool,
}

impl Cookies {
    /// Those of these headers; `secure` if the issuer is https.
    pub fn of(headers: &HeaderMap, secure: bool) -> Self {
        let mut own = HeaderMap::new();
        for value in headers.get_all(header::COOKIE) {
            own.append(header::COOKIE, value.clone());
        }
        Self { headers: own, secure }
    }

    /// The session's secret.
    pub fn session(&self) -> Option<SessionToken> {
        SessionToken::parse(self.value(Name::Session)?)
    }

    /// The browser's binding.
    pub fn browser(&self) -> Option<BrowserToken> {
        BrowserToken::parse(self.value(Name::Browser)?)
    }

    /// The value of a cookie; `None` if it is missing or came twice, as when a neighbouring host tosses one in (A-BRW-02).
    pub fn value(&self, name: Name) -> Option<&str> {
        let name = name.text(self.secure);
        let mut values = self
            .headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(own, _)| *own == name)
            .map(|(_, value)| value);
        values.next().filter(|_| values.next().is_none())
    }
}

/// A cookie to be set; `lifetime` of `None` ends with the browser.
pub fn set(name: Name, value: &str, lifetime: Option<Lifetime>, secure: bool) -> HeaderValue {
    let age = lifetime.map(|age| format!("; Max-Age={}", age.as_seconds())).unwrap_or_default();
    let attributes = match (name, secure) {
        (Name::State, true) => "SameSite=None; Secure",
        // Browsers take no other without Secure.
        (Name::State, false) => "SameSite=Lax",
        (_, true) => "HttpOnly; SameSite=Lax; Secure",
        (_, false) => "HttpOnly; SameSite=Lax",
    };
    let text = format!("{}={value}; Path=/; {attributes}{age}", name.text(secure));
    // Values are base64url or fixed words.
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// A cookie to be forgotten.
pub fn forget(name: Name, secure: bool) -> HeaderValue {
    set(name, "", Some(Lifetime::default()), secure)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(header: &str, secure: bool) -> Cookies {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, header.parse().unwrap());
        Cookies::of(&headers, secure)
    }

    /// A-BRW-02
    #[test]
    fn a_cookie_that_came_twice_is_none() {
        assert_eq!(cookies("a=1; fuxin-locale=en", false).value(Name::Locale), Some("en"));
        assert_eq!(cookies("fuxin-locale=en; fuxin-locale=zh", false).value(Name::Locale), None);
        assert_eq!(cookies("fuxin-locale=en", true).value(Name::Locale), None);
        assert_eq!(cookies("__Host-fuxin-locale=en", true).value(Name::Locale), Some("en"));
    }

    /// A-BRW-02
    #[test]
    fn cookies_are_bound_to_the_host_and_hidden_from_scripts() {
        let text = set(Name::Session, "x", None, true);
        assert_eq!(text, "__Host-fuxin-session=x; Path=/; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(
            set(Name::Session, "x", None, false),
            "fuxin-session=x; Path=/; HttpOnly; SameSite=Lax"
        );
        let text = set(Name::State, "x", None, true);
        assert_eq!(text, "__Host-fuxin-state=x; Path=/; SameSite=None; Secure");
    }
}
