//! `response_mode`: how the answer reaches the redirect URI.
//!
//! OAuth 2.0 Multiple Response Type Encoding Practices §2.1, OAuth 2.0 Form Post Response Mode §2. Tokens never stand in a
//! query, where servers would log them; codes never stand in a fragment on their own, where only scripts would see them.

use crate::oauth::error::OAuthError;
use crate::oauth::response_type::ResponseType;
use crate::oauth::words::words;

words! {
    /// Where the answer stands.
    pub enum ResponseMode {
        /// In the query of the redirect URI; the default for a code.
        Query = "query",
        /// In its fragment; the default for everything else.
        Fragment = "fragment",
        /// In the body of a form that the browser posts.
        FormPost = "form_post",
    }
}

impl ResponseMode {
    /// Reads the parameter of a request of this type; absent means the type's default.
    pub fn parse(text: Option<&str>, of: ResponseType) -> Result<Self, OAuthError> {
        const OF_CODE: OAuthError =
            OAuthError::invalid_request("The parameter response_mode must be query or form_post.");
        const OF_TOKENS: OAuthError = OAuthError::invalid_request(
            "The parameter response_mode must be fragment or form_post with this response_type.",
        );
        let default = Self::default_of(of);
        let Some(text) = text else { return Ok(default) };
        match Self::from_word(text) {
            Some(mode) if mode == default || mode == Self::FormPost => Ok(mode),
            _ if default == Self::Query => Err(OF_CODE),
            _ => Err(OF_TOKENS),
        }
    }

    const fn default_of(response_type: ResponseType) -> Self {
        match response_type {
            ResponseType::Code => Self::Query,
            _ => Self::Fragment,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_its_default() {
        let parse = |text, of| ResponseMode::parse(text, of);
        for &of in ResponseType::ALL {
            let default =
                if of == ResponseType::Code { ResponseMode::Query } else { ResponseMode::Fragment };
            assert_eq!(parse(None, of), Ok(default));
            assert_eq!(parse(Some(default.as_str()), of), Ok(default));
            assert_eq!(parse(Some("form_post"), of), Ok(ResponseMode::FormPost));
        }
    }

    /// A-RED-07
    #[test]
    fn tokens_are_in_no_query_and_another_mode_is_an_invalid_request() {
        for &of in ResponseType::ALL {
            let other = if of == ResponseType::Code { "fragment" } else { "query" };
            for text in [other, "jwt", "form_post.jwt", "web_message", "QUERY"] {
                let error = ResponseMode::parse(Some(text), of).unwrap_err();
                assert_eq!(error.code.as_str(), "invalid_request", "{text}");
            }
        }
    }
}
