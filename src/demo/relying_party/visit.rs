//! A browser's request as the site's pages read it: language, cookies, parameters.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, HOST};
use axum::http::request::Parts;

use crate::base::secret::{Kind, Token};

use super::Site;
use super::memory::{BrowserKey, SessionKey};
use super::text::Locale;

/// Parameters of a query or form that are looked at; the site uses six.
const PARAMETERS: usize = 16;
/// Cookies that are looked at. All sites on the host share one jar.
const COOKIES: usize = 64;

/// Names of the site's cookies, from the session cookie's own.
pub(super) fn browser_cookie(site: &Site) -> String {
    format!("{}_browser", site.settings.cookie_name)
}

/// The cookie that remembers the language.
pub(super) fn locale_cookie(site: &Site) -> String {
    format!("{}_lang", site.settings.cookie_name)
}

/// One request.
pub(super) struct Visit {
    /// The page's language.
    pub(super) locale: Locale,
    /// Whether this request chose it.
    pub(super) chooses_locale: bool,
    /// The path, without the query.
    pub(super) path: String,
    /// The query, as it came.
    pub(super) query: String,
    /// The name by which the browser reached the site.
    pub(super) host: Option<String>,
    /// The query's parameters.
    pub(super) parameters: Parameters,
    session: Option<Token<SessionKey>>,
    browser: Option<Token<BrowserKey>>,
}

impl Visit {
    /// The session cookie, if it has the form of one.
    pub(super) fn session(&self) -> Option<&Token<SessionKey>> {
        self.session.as_ref()
    }

    /// The browser cookie, if it has the form of one.
    pub(super) fn browser(&self) -> Option<&Token<BrowserKey>> {
        self.browser.as_ref()
    }
}

impl FromRequestParts<Arc<Site>> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let parameters = Parameters::parse(query.as_bytes());
        let chosen = parameters.one("lang").and_then(Locale::parse);
        let remembered =
            cookie(&parts.headers, &locale_cookie(site)).and_then(|tag| Locale::parse(&tag));
        Ok(Self {
            locale: chosen
                .or(remembered)
                .or_else(|| preferred(&parts.headers))
                .unwrap_or(Locale::ZhHant),
            chooses_locale: chosen.is_some(),
            path: parts.uri.path().to_owned(),
            query,
            host: text(&parts.headers, HOST.as_str()),
            parameters,
            session: token(&parts.headers, site.settings.cookie_name),
            browser: token(&parts.headers, &browser_cookie(site)),
        })
    }
}

/// The browser's first language that the site speaks: browsers name the preferred one first.
fn preferred(headers: &HeaderMap) -> Option<Locale> {
    let accepted = text(headers, ACCEPT_LANGUAGE.as_str())?;
    accepted.split(',').find_map(|range| match range.trim().get(..2)? {
        "zh" => Some(Locale::ZhHant),
        "en" => Some(Locale::En),
        _ => None,
    })
}

/// Decoded parameters.
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a query or a form.
    pub(super) fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().take(PARAMETERS).collect())
    }

    /// The parameter's value, if it was given exactly once.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.at_most_one(name).ok().flatten()
    }

    /// The parameter's value if it was given; an error if it was given twice.
    pub(super) fn at_most_one(&self, name: &str) -> Result<Option<&str>, GivenTwice> {
        let mut values = self.0.iter().filter(|(key, _)| key == name);
        let value = values.next().map(|(_, value)| value.as_str());
        if values.next().is_some() { Err(GivenTwice) } else { Ok(value) }
    }
}

/// Nobody can say which of the values was meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GivenTwice;

fn token<K: Kind>(headers: &HeaderMap, name: &str) -> Option<Token<K>> {
    Token::parse(&cookie(headers, name)?)
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .take(COOKIES)
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_given_twice_counts_as_not_given() {
        let parameters = Parameters::parse(b"state=a&code=b&state=c");
        assert_eq!(parameters.one("state"), None);
        assert_eq!(parameters.at_most_one("state"), Err(GivenTwice));
        assert_eq!(parameters.one("code"), Some("b"));
        assert_eq!(parameters.at_most_one("iss"), Ok(None));
    }
}
