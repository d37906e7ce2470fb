//! `grant_type`: what a client brings to the token endpoint. RFC 6749 §4.1.3, §4.4.2 and §6.
//!
//! `implicit` is a word of registration alone: with it a client may be given tokens at the authorization endpoint. The
//! resource owner password grant does not exist here (RFC 9700 §2.4).

use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::words::words;

words! {
    /// What the token request rests on.
    pub enum GrantType {
        /// An authorization code.
        AuthorizationCode = "authorization_code",
        /// A refresh token.
        RefreshToken = "refresh_token",
        /// Nothing but the client itself.
        ClientCredentials = "client_credentials",
        /// Nothing: the authorization endpoint gave tokens (a weak feature; Registration §2).
        Implicit = "implicit",
    }
}

impl GrantType {
    /// Reads the parameter of a token request, which must be there.
    pub fn parse(text: Option<&str>) -> Result<Self, OAuthError> {
        const MISSING: OAuthError =
            OAuthError::invalid_request("The parameter grant_type is missing.");
        const UNSUPPORTED: OAuthError =
            OAuthError::new(ErrorCode::UnsupportedGrantType, "This grant_type is not supported.");
        match Self::from_word(text.ok_or(MISSING)?) {
            None | Some(Self::Implicit) => Err(UNSUPPORTED),
            Some(grant_type) => Ok(grant_type),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_grant_types_of_the_token_endpoint_are_read() {
        for grant_type in
            [GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::ClientCredentials]
        {
            assert_eq!(GrantType::parse(Some(grant_type.as_str())), Ok(grant_type));
        }
    }

    #[test]
    fn an_unknown_grant_type_is_unsupported_and_a_missing_one_invalid() {
        for text in ["password", "implicit", "urn:ietf:params:oauth:grant-type:device_code"] {
            let error = GrantType::parse(Some(text)).unwrap_err();
            assert_eq!(error.code, ErrorCode::UnsupportedGrantType, "{text}");
        }
        assert_eq!(GrantType::parse(None).unwrap_err().code, ErrorCode::InvalidRequest);
    }
}
