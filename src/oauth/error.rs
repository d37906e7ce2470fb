//! Protocol errors as a client sees them: a code of the specifications and a fixed description.
//!
//! RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 7009 §2.2.1, OpenID Connect Core §3.1.2.6. Why something of ours
//! failed is `base::internal`; which rule was broken is the `Error` of the file that owns the rule.

use serde::Serialize;

use crate::oauth::words::words;

words! {
    /// The `error` of a response.
    pub enum ErrorCode {
        /// A parameter is missing, repeated or malformed.
        InvalidRequest = "invalid_request",
        /// The client may not ask in this way.
        UnauthorizedClient = "unauthorized_client",
        /// The person or the provider said no.
        AccessDenied = "access_denied",
        /// The provider does not answer with this response type.
        UnsupportedResponseType = "unsupported_response_type",
        /// A scope is malformed, or more than was granted.
        InvalidScope = "invalid_scope",
        /// Something of ours failed.
        ServerError = "server_error",
        /// Overloaded, or a part of the provider is away.
        TemporarilyUnavailable = "temporarily_unavailable",
        /// `prompt=none`, and nobody is signed in.
        LoginRequired = "login_required",
        /// `prompt=none`, and the person has not agreed yet.
        ConsentRequired = "consent_required",
        /// `prompt=none`, and some other page would have to be shown.
        InteractionRequired = "interaction_required",
        /// `prompt=none`, and the person would have to choose an account.
        AccountSelectionRequired = "account_selection_required",
        /// The parameter `registration` is not supported.
        RegistrationNotSupported = "registration_not_supported",
        /// Client authentication failed.
        InvalidClient = "invalid_client",
        /// The code, refresh token or verifier is wrong, used, expired or another client's.
        InvalidGrant = "invalid_grant",
        /// The token endpoint does not know this grant type.
        UnsupportedGrantType = "unsupported_grant_type",
        /// The access token is malformed, revoked or expired.
        InvalidToken = "invalid_token",
        /// The access token does not reach this far.
        InsufficientScope = "insufficient_scope",
        /// This kind of token cannot be revoked.
        UnsupportedTokenType = "unsupported_token_type",
        /// The requested assurance cannot be reached.
        UnmetAuthenticationRequirements = "unmet_authentication_requirements",
        /// The request object's address is wrong or expired.
        InvalidRequestUri = "invalid_request_uri",
        /// The request object is wrong.
        InvalidRequestObject = "invalid_request_object",
        /// A redirect URI cannot be registered (RFC 7591 §3.2.2).
        InvalidRedirectUri = "invalid_redirect_uri",
        /// Another member of a registration cannot be, or is not open to whoever asks (RFC 7591 §3.2.2).
        InvalidClientMetadata = "invalid_client_metadata",
    }
}

/// An error response: its serialised form is the JSON body of RFC 6749 §5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{code}: {description}")]
pub struct OAuthError {
    /// What kind of error it is.
    #[serde(rename = "error")]
    pub code: ErrorCode,
    /// A fixed text for the client's developer; never anything that came with the request.
    #[serde(rename = "error_description")]
    pub description: &'static str,
}

impl OAuthError {
    /// An error response. As a constant, a description that may not be sent does not compile.
    pub const fn new(code: ErrorCode, description: &'static str) -> Self {
        debug_assert!(may_describe(description));
        Self { code, description }
    }

    /// `invalid_request`.
    pub const fn invalid_request(description: &'static str) -> Self {
        Self::new(ErrorCode::InvalidRequest, description)
    }
}

/// Whether a text may be an `error_description`: %x20-21 / %x23-5B / %x5D-7E (RFC 6749 §4.1.2.1), and not empty.
pub const fn may_describe(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if !matches!(first, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E) {
            return false;
        }
        rest = tail;
    }
    !text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_has_no_quote_backslash_control_or_foreign_character() {
        assert!(may_describe("The parameter scope is malformed ! # [ ] ~"));
        for bad in ["", "a \"quote\"", "back\\slash", "line\nbreak", "tab\t", "中文", "\u{7f}"] {
            assert!(!may_describe(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_constant_error_is_judged_by_the_compiler() {
        const ERROR: OAuthError = OAuthError::new(ErrorCode::InvalidGrant, "The code is unknown.");
        assert_eq!(ERROR.to_string(), "invalid_grant: The code is unknown.");
        const { assert!(!may_describe("a \"quote\"")) };
    }

    #[test]
    fn the_serialised_form_is_the_body_of_an_error_response() {
        assert_eq!(
            serde_json::to_string(&OAuthError::invalid_request("No.")).unwrap(),
            r#"{"error":"invalid_request","error_description":"No."}"#
        );
    }

    #[test]
    fn every_code_comes_back_from_its_word() {
        for &code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_word(code.as_str()), Some(code));
            assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{code}");
        }
        assert_eq!(ErrorCode::from_word("Invalid_Request"), None);
    }
}
