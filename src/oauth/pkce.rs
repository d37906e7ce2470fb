//! Proof Key for Code Exchange (RFC 7636): the client that redeems a code is the one that asked for it.
//!
//! S256 only: `plain` protects nothing once the request is seen (RFC 9700 §2.1.1). Whether a client must send a
//! challenge is its setting and is decided in `authorization`; that a verifier without a challenge is refused, in
//! `token`.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::base::encoding::{base64url, from_base64url};
use crate::base::secret::Secret;
use crate::oauth::error::{ErrorCode, OAuthError};

/// `code_challenge`: the SHA-256 of a verifier that the client keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CodeChallenge([u8; 32]);

/// `code_verifier`: 43 to 128 unreserved characters. Whoever has it and the code can redeem.
#[derive(Clone, Debug)]
pub struct CodeVerifier(Secret<String>);

const MALFORMED: OAuthError = OAuthError::invalid_request(
    "The parameter code_challenge is not the base64url form of a SHA-256 digest.",
);

impl CodeChallenge {
    /// Reads `code_challenge` and `code_challenge_method`. Absent method means `plain`, which is refused.
    pub fn parse(
        challenge: Option<&str>,
        method: Option<&str>,
    ) -> Result<Option<Self>, OAuthError> {
        const NOT_S256: OAuthError =
            OAuthError::invalid_request("The parameter code_challenge_method must be S256.");
        const NO_CHALLENGE: OAuthError =
            OAuthError::invalid_request("The parameter code_challenge is missing.");
        match (challenge, method) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(NO_CHALLENGE),
            (Some(challenge), Some("S256")) => Self::from_text(challenge).map(Some),
            (Some(_), _) => Err(NOT_S256),
        }
    }

    /// Whether this verifier is the one, in constant time.
    pub fn is_met_by(&self, verifier: &CodeVerifier) -> bool {
        let digest: [u8; 32] = Sha256::digest(verifier.0.expose().as_bytes()).into();
        self.0.ct_eq(&digest).into()
    }

    /// The value on the wire: 43 characters.
    pub fn to_text(&self) -> String {
        base64url(&self.0)
    }

    fn from_text(text: &str) -> Result<Self, OAuthError> {
        from_base64url(text).and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(MALFORMED)
    }
}

impl CodeVerifier {
    /// Reads the parameter. A malformed verifier meets no challenge, so it is answered as a wrong one (§4.6).
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        const MALFORMED: OAuthError =
            OAuthError::new(ErrorCode::InvalidGrant, "The parameter code_verifier is malformed.");
        let unreserved =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        if (43..=128).contains(&text.len()) && text.bytes().all(unreserved) {
            Ok(Self(Secret::new(text.to_owned())))
        } else {
            Err(MALFORMED)
        }
    }
}

impl TryFrom<String> for CodeChallenge {
    type Error = OAuthError;

    fn try_from(text: String) -> Result<Self, OAuthError> {
        Self::from_text(&text)
    }
}

impl From<CodeChallenge> for String {
    fn from(challenge: CodeChallenge) -> Self {
        challenge.to_text()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn challenge() -> CodeChallenge {
        CodeChallenge::parse(Some(CHALLENGE), Some("S256")).unwrap().unwrap()
    }

    /// A-TOK-08 (f): the right verifier and no other.
    #[test]
    fn a_challenge_is_met_by_its_verifier_only() {
        assert!(challenge().is_met_by(&CodeVerifier::parse(VERIFIER).unwrap()));
        let other = VERIFIER.replace('d', "e");
        assert!(!challenge().is_met_by(&CodeVerifier::parse(&other).unwrap()));
    }

    /// A-TOK-08 (c): `plain`, said or implied.
    #[test]
    fn any_method_but_s256_is_refused() {
        for method in [None, Some("plain"), Some("s256"), Some("S512")] {
            let error = CodeChallenge::parse(Some(CHALLENGE), method).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidRequest, "{method:?}");
        }
        let error = CodeChallenge::parse(None, Some("S256")).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidRequest);
        assert_eq!(CodeChallenge::parse(None, None), Ok(None));
    }

    /// A-TOK-08 (d): a verifier of 42 or 129 characters, or of other characters.
    #[test]
    fn a_verifier_has_43_to_128_unreserved_characters() {
        for length in [43, 128] {
            assert!(CodeVerifier::parse(&"a".repeat(length)).is_ok());
        }
        let malformed = [
            "a".repeat(42),
            "a".repeat(129),
            format!("{}+", "a".repeat(43)),
            format!("{} ", "a".repeat(43)),
            "吳".repeat(20),
        ];
        for text in malformed {
            let error = CodeVerifier::parse(&text).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidGrant, "{text}");
        }
    }

    /// A-TOK-08 (e): the challenge itself, sent as the verifier.
    #[test]
    fn the_challenge_is_not_its_own_verifier() {
        assert!(!challenge().is_met_by(&CodeVerifier::parse(CHALLENGE).unwrap()));
    }

    #[test]
    fn a_challenge_is_exactly_a_sha_256_digest() {
        let malformed = [
            CHALLENGE[1..].to_owned(),
            format!("{CHALLENGE}A"),
            format!("{CHALLENGE}="),
            CHALLENGE.replace('-', "+"),
            // The last character carries four bits only: another spelling of the same bytes is refused.
            CHALLENGE.replace("cM", "cN"),
        ];
        for text in malformed {
            assert!(CodeChallenge::parse(Some(&text), Some("S256")).is_err(), "{text}");
        }
    }

    #[test]
    fn a_challenge_is_stored_as_its_text_and_a_verifier_never_shows() {
        let stored = serde_json::to_string(&challenge()).unwrap();
        assert_eq!(stored, format!("\"{CHALLENGE}\""));
        assert_eq!(serde_json::from_str::<CodeChallenge>(&stored).unwrap(), challenge());
        let shown = format!("{:?}", CodeVerifier::parse(VERIFIER).unwrap());
        assert!(!shown.contains(VERIFIER));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,140}") {
            let _ = CodeVerifier::parse(&text);
            let _ = CodeChallenge::parse(Some(&text), Some("S256"));
        }

        #[test]
        fn every_well_formed_verifier_meets_the_challenge_made_from_it(text in "[A-Za-z0-9._~-]{43,128}") {
            let challenge = base64url(&Sha256::digest(text.as_bytes()));
            let challenge = CodeChallenge::parse(Some(&challenge), Some("S256")).unwrap().unwrap();
            prop_assert!(challenge.is_met_by(&CodeVerifier::parse(&text).unwrap()));
        }
    }
}
