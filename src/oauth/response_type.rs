//! `response_type`: what the authorization endpoint answers with.
//!
//! RFC 6749 §3.1.1, OpenID Connect Core §3, OAuth 2.0 Multiple Response Type Encoding Practices §3 and §5. Whatever gives
//! more than a code is a weak feature (RFC 9700 §2.1.2). `token` alone is not OpenID Connect and does not exist here.

use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::weak_feature::WeakFeature;
use crate::oauth::words::words;

words! {
    /// What the client asks to be given.
    #[derive(Default)]
    pub enum ResponseType {
        /// An authorization code.
        #[default]
        Code = "code",
        /// An ID token.
        IdToken = "id_token",
        /// An ID token and an access token.
        IdTokenToken = "id_token token",
        /// A code and an ID token.
        CodeIdToken = "code id_token",
        /// A code and an access token.
        CodeToken = "code token",
        /// All three.
        CodeIdTokenToken = "code id_token token",
    }
}

impl ResponseType {
    /// Reads the parameter, which must be there. The order of its words means nothing.
    pub fn parse(text: Option<&str>) -> Result<Self, OAuthError> {
        const MISSING: OAuthError =
            OAuthError::invalid_request("The parameter response_type is missing.");
        Self::from_words(text.ok_or(MISSING)?).ok_or(Self::UNSUPPORTED)
    }

    /// The error for a type that nobody knows, or that this deployment does not offer.
    pub const UNSUPPORTED: OAuthError =
        OAuthError::new(ErrorCode::UnsupportedResponseType, "This response_type is not supported.");

    /// The type of these words, in any order.
    pub fn from_words(text: &str) -> Option<Self> {
        let mut words: Vec<&str> = text.split(' ').collect();
        words.sort_unstable();
        Self::from_word(&words.join(" "))
    }

    /// Whether a code is given.
    pub const fn has_code(self) -> bool {
        !matches!(self, Self::IdToken | Self::IdTokenToken)
    }

    /// Whether the authorization endpoint gives an ID token.
    pub const fn has_id_token(self) -> bool {
        !matches!(self, Self::Code | Self::CodeToken)
    }

    /// Whether the authorization endpoint gives an access token.
    pub const fn has_token(self) -> bool {
        matches!(self, Self::IdTokenToken | Self::CodeToken | Self::CodeIdTokenToken)
    }

    /// The weak feature that it is.
    pub const fn weak_feature(self) -> Option<WeakFeature> {
        match self {
            Self::Code => None,
            Self::IdToken | Self::IdTokenToken => Some(WeakFeature::ImplicitFlow),
            Self::CodeIdToken | Self::CodeToken | Self::CodeIdTokenToken => {
                Some(WeakFeature::HybridFlow)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_words_means_nothing() {
        for (text, response_type) in [
            ("code", ResponseType::Code),
            ("token id_token", ResponseType::IdTokenToken),
            ("id_token token", ResponseType::IdTokenToken),
            ("token code id_token", ResponseType::CodeIdTokenToken),
            ("id_token code", ResponseType::CodeIdToken),
        ] {
            assert_eq!(ResponseType::parse(Some(text)), Ok(response_type), "{text}");
        }
    }

    #[test]
    fn every_other_combination_is_unsupported() {
        for text in ["token", "none", "Code", "code ", "", "code code", "code none", "code,token"] {
            let error = ResponseType::parse(Some(text)).unwrap_err();
            assert_eq!(error.code, ErrorCode::UnsupportedResponseType, "{text}");
        }
    }

    #[test]
    fn a_missing_response_type_is_an_invalid_request() {
        assert_eq!(ResponseType::parse(None).unwrap_err().code, ErrorCode::InvalidRequest);
    }

    #[test]
    fn each_type_gives_what_its_words_say() {
        for &response_type in ResponseType::ALL {
            let words: Vec<_> = response_type.as_str().split(' ').collect();
            assert_eq!(response_type.has_code(), words.contains(&"code"));
            assert_eq!(response_type.has_id_token(), words.contains(&"id_token"));
            assert_eq!(response_type.has_token(), words.contains(&"token"));
            let weak = response_type.weak_feature();
            assert_eq!(weak.is_none(), words == ["code"], "{response_type}");
            assert_eq!(weak == Some(WeakFeature::ImplicitFlow), !words.contains(&"code"));
        }
    }
}
