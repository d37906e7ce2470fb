//! `response_type`: what the authorization endpoint answers with. There is only the code.
//!
//! RFC 6749 §3.1.1. The implicit and hybrid types give tokens to the browser's address bar and are not offered
//! (RFC 9700 §2.1.2).

use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::words::words;

words! {
    /// What the client asks to be given.
    pub enum ResponseType {
        /// An authorization code.
        Code = "code",
    }
}

impl ResponseType {
    /// Reads the parameter, which must be there.
    pub fn parse(text: Option<&str>) -> Result<Self, OAuthError> {
        const MISSING: OAuthError =
            OAuthError::invalid_request("The parameter response_type is missing.");
        const UNSUPPORTED: OAuthError = OAuthError::new(
            ErrorCode::UnsupportedResponseType,
            "The only response_type supported is code.",
        );
        Self::from_word(text.ok_or(MISSING)?).ok_or(UNSUPPORTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_code_is_supported() {
        assert_eq!(ResponseType::parse(Some("code")), Ok(ResponseType::Code));
        for text in ["token", "id_token", "code id_token", "none", "Code", "code "] {
            let error = ResponseType::parse(Some(text)).unwrap_err();
            assert_eq!(error.code, ErrorCode::UnsupportedResponseType, "{text}");
        }
    }

    #[test]
    fn a_missing_response_type_is_an_invalid_request() {
        assert_eq!(ResponseType::parse(None).unwrap_err().code, ErrorCode::InvalidRequest);
    }
}
