//! `response_mode`: how the answer reaches the redirect URI.
//!
//! OAuth 2.0 Multiple Response Type Encoding Practices §2.1, OAuth 2.0 Form Post Response Mode §2.

use crate::oauth::error::OAuthError;
use crate::oauth::words::words;

words! {
    /// Where the answer stands.
    pub enum ResponseMode {
        /// In the query of the redirect URI; the default for a code.
        Query = "query",
        /// In the body of a form that the browser posts.
        FormPost = "form_post",
    }
}

impl ResponseMode {
    /// Reads the parameter; absent means the query.
    pub fn parse(text: Option<&str>) -> Result<Self, OAuthError> {
        const UNSUPPORTED: OAuthError =
            OAuthError::invalid_request("The parameter response_mode must be query or form_post.");
        text.map_or(Ok(Self::Query), |text| Self::from_word(text).ok_or(UNSUPPORTED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_the_default() {
        assert_eq!(ResponseMode::parse(None), Ok(ResponseMode::Query));
        assert_eq!(ResponseMode::parse(Some("query")), Ok(ResponseMode::Query));
        assert_eq!(ResponseMode::parse(Some("form_post")), Ok(ResponseMode::FormPost));
    }

    #[test]
    fn another_mode_is_an_invalid_request() {
        for text in ["fragment", "jwt", "form_post.jwt", "web_message", "QUERY"] {
            let error = ResponseMode::parse(Some(text)).unwrap_err();
            assert_eq!(error.code.as_str(), "invalid_request", "{text}");
        }
    }
}
