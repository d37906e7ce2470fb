//! Redirect URIs: which addresses a client may register, and the proof that an answer may go to one.
//!
//! RFC 6749 §3.1.2, RFC 8252 §7 and §8.4, RFC 9700 §4.1.3. What is registered is the canonical spelling of a URI, and
//! what is presented must equal it byte by byte; nothing is parsed, folded or repaired at that point. A native client
//! may present another port on a loopback address, and nothing else. Nobody redirects without a `VerifiedRedirect`.

use serde::{Deserialize, Deserializer, Serialize};
use url::Url;

use crate::base::limits;
use crate::oauth::client_metadata::ApplicationType;
use crate::oauth::issuer::is_loopback;

/// A registered redirect URI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectUri {
    text: String,
    application_type: ApplicationType,
}

/// An address that a client registered, as it was presented: the only thing an answer may be sent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct VerifiedRedirect(String);

/// Why a text cannot be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Longer than `limits::REDIRECT_URI`.
    #[error("the URI is too long")]
    TooLong,
    /// It contains a character that URIs do not have: a space, a control, a backslash, a quote, Chinese.
    #[error("the URI contains a character that must be percent-encoded")]
    Character,
    /// It contains a wildcard.
    #[error("the URI contains an asterisk, but wildcards do not exist")]
    Wildcard,
    /// It has a fragment.
    #[error("the URI has a fragment")]
    Fragment,
    /// It is no absolute URI.
    #[error("the URI is not absolute")]
    NotAbsolute,
    /// It contains a user name or password.
    #[error("the URI contains a user name or password")]
    Userinfo,
    /// Its scheme cannot receive an answer safely.
    #[error(
        "the URI must begin with https:// (http:// is for localhost, 127.0.0.1 and [::1]; \
         native applications may use a scheme of their own that contains a dot)"
    )]
    Scheme,
    /// It is spelled in another way than URIs are compared: upper case in the host, dot segments, a default port…
    #[error("the URI is not written in its canonical form")]
    NotCanonical,
}

impl RedirectUri {
    /// Registers an address for an application of this type.
    ///
    /// `https` for all. `http` for both types, but only where the literal host is `localhost`, `127.0.0.1` or `[::1]`:
    /// development and demonstration sites are web clients that run there, and nothing leaves the machine. A
    /// private-use scheme (RFC 8252 §7.1) for native applications, and only one with a dot in it, which no browser
    /// gives a meaning to: `javascript`, `data`, `vbscript`, `blob` and `file` are out by that rule.
    pub fn register(text: &str, application_type: ApplicationType) -> Result<Self, Error> {
        if text.len() > limits::REDIRECT_URI {
            return Err(Error::TooLong);
        }
        if text.contains('*') {
            return Err(Error::Wildcard);
        }
        if text.contains('#') {
            return Err(Error::Fragment);
        }
        if !is_uri_text(text) {
            return Err(Error::Character);
        }
        let url = Url::parse(text).map_err(|_| Error::NotAbsolute)?;
        let scheme_fits = match (url.scheme(), application_type) {
            ("https", _) => true,
            ("http", _) => url.host_str().is_some_and(is_loopback),
            (scheme, ApplicationType::Native) => scheme.contains('.'),
            (_, ApplicationType::Web) => false,
        };
        if !scheme_fits {
            return Err(Error::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::Userinfo);
        }
        if !is_host_text(url.host_str().unwrap_or_default()) {
            return Err(Error::Character);
        }
        if !is_canonical(text, &url) {
            return Err(Error::NotCanonical);
        }
        Ok(Self { text: text.to_owned(), application_type })
    }

    /// The registered text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The proof that an answer may go to the presented address: it is this one, byte by byte. Of a native client's
    /// `http://127.0.0.1` and `http://[::1]` the port may differ (RFC 8252 §7.3); `localhost` is a name, not an address.
    pub fn matches(&self, presented: &str) -> Option<VerifiedRedirect> {
        let same = self.text == presented
            || self.application_type == ApplicationType::Native
                && without_loopback_port(&self.text)
                    .is_some_and(|own| without_loopback_port(presented) == Some(own));
        same.then(|| VerifiedRedirect(presented.to_owned()))
    }
}

impl VerifiedRedirect {
    /// The proof, out of a value that only the provider could have made: one that was sealed after `matches` and whose
    /// seal has just been opened. For authenticated storage only; anything else is an open redirect.
    pub const fn from_sealed(text: String) -> Self {
        Self(text)
    }

    /// `from_sealed` as a field's `#[serde(deserialize_with = "VerifiedRedirect::deserialize_sealed")]`. There is no
    /// `Deserialize`, so that no request can bring its own proof.
    pub fn deserialize_sealed<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from_sealed)
    }

    /// The address as the client presented it; the token endpoint asks for it again.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address with these parameters after its own query, which is kept as it is.
    pub fn with_query(&self, params: &[(&str, &str)]) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
        let joint = match self.0.split_once('?') {
            _ if query.is_empty() => "",
            None => "?",
            Some((_, own)) if own.is_empty() || own.ends_with('&') => "",
            Some(_) => "&",
        };
        format!("{}{joint}{query}", self.0)
    }

    /// The address with these parameters as its fragment; registered addresses have none of their own.
    pub fn with_fragment(&self, params: &[(&str, &str)]) -> String {
        let fragment =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
        format!("{}#{fragment}", self.0)
    }

    /// What a page's `form-action` must allow so that a posted form can end there: the origin; `scheme:` for a
    /// private-use scheme; `http:` for `[::1]`, since the grammar of source expressions has no IPv6 address.
    pub fn origin(&self) -> String {
        match Url::parse(&self.0) {
            Ok(url) if !url.origin().is_tuple() || url.host_str() == Some("[::1]") => {
                format!("{}:", url.scheme())
            }
            Ok(url) => url.origin().ascii_serialization(),
            Err(_) => String::from("'none'"),
        }
    }
}

/// Whether all characters are those of RFC 3986 §2, and every percent sign begins an escape.
pub(in crate::oauth) fn is_uri_text(text: &str) -> bool {
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => return true,
            [b'%', high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                tail
            }
            [b'%' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}', ..] => {
                return false;
            }
            [byte, tail @ ..] if byte.is_ascii_graphic() => tail,
            _ => return false,
        };
    }
}

/// Whether a host consists of what names and addresses have. The URL parser lets `;` and `,` pass, which would end a word
/// of the content policy that allows a form to end there.
pub(in crate::oauth) fn is_host_text(host: &str) -> bool {
    host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._[]:".contains(&byte))
}

/// Whether a browser that parses the text gets the same text back; a bare host may lack the slash that it adds.
fn is_canonical(text: &str, url: &Url) -> bool {
    let authority_follows = text.strip_prefix(url.scheme()).is_some_and(|rest| {
        rest.starts_with("://") || url.scheme().contains('.') && rest.starts_with(":/")
    });
    let bare_host = url.path() == "/" && url.query().is_none();
    let canonical = url.as_str();
    authority_follows
        && (text == canonical || bare_host && Some(text) == canonical.strip_suffix('/'))
}

/// A loopback literal and what follows its port, if any; `None` for every other text.
fn without_loopback_port(text: &str) -> Option<(&'static str, &str)> {
    ["http://127.0.0.1", "http://[::1]"].into_iter().find_map(|literal| {
        let rest = text.strip_prefix(literal)?;
        let rest = match rest.strip_prefix(':') {
            None => rest,
            Some(rest) => {
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                let (port, rest) = rest.split_at_checked(digits)?;
                port.parse::<u16>().ok().filter(|port| *port > 0)?;
                if port.starts_with('0') {
                    return None;
                }
                rest
            }
        };
        (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((literal, rest))
    })
}

/// Reads a stored address as a web client's if it can be one, so that it grants no leniency: the settings that it
/// belongs to say what the client is (`client_registration`).
impl TryFrom<String> for RedirectUri {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::register(&text, ApplicationType::Web)
            .or_else(|_| Self::register(&text, ApplicationType::Native))
    }
}

impl From<RedirectUri> for String {
    fn from(uri: RedirectUri) -> Self {
        uri.text
    }
}

#[cfg(test)]
mod tests;
