//! `prompt`: which pages the client wants shown, or none. OpenID Connect Core §3.1.2.1.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::oauth::error::OAuthError;
use crate::oauth::words::words;

words! {
    /// One value of `prompt`.
    pub enum Prompt {
        /// No page may be shown.
        None = "none",
        /// The person must sign in again.
        Login = "login",
        /// The person must be asked for consent again.
        Consent = "consent",
        /// The person must be able to choose another account.
        SelectAccount = "select_account",
    }
}

/// The values of `prompt`; `none` stands alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prompts(BTreeSet<Prompt>);

impl Prompts {
    /// Reads the parameter; absent asks for nothing in particular.
    pub fn parse(text: Option<&str>) -> Result<Self, OAuthError> {
        const UNKNOWN: OAuthError =
            OAuthError::invalid_request("The parameter prompt has an unknown value.");
        const NOT_ALONE: OAuthError =
            OAuthError::invalid_request("The value none of prompt must stand alone.");
        let prompts = text
            .unwrap_or_default()
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(|word| Prompt::from_word(word).ok_or(UNKNOWN))
            .collect::<Result<BTreeSet<_>, _>>()?;
        if prompts.contains(&Prompt::None) && prompts.len() > 1 {
            return Err(NOT_ALONE);
        }
        Ok(Self(prompts))
    }

    /// Whether this value is among them. `contains(Prompt::None)` means that no page may be shown.
    pub fn contains(&self, prompt: Prompt) -> bool {
        self.0.contains(&prompt)
    }

    /// Whether nothing in particular was asked.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<String> for Prompts {
    type Error = OAuthError;

    fn try_from(text: String) -> Result<Self, OAuthError> {
        Self::parse(Some(&text))
    }
}

impl From<Prompts> for String {
    fn from(prompts: Prompts) -> Self {
        prompts.0.into_iter().map(Prompt::as_str).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_pages_can_be_asked_for() {
        let prompts = Prompts::parse(Some("consent login")).unwrap();
        assert!(prompts.contains(Prompt::Login) && prompts.contains(Prompt::Consent));
        assert!(!prompts.contains(Prompt::SelectAccount));
        assert!(Prompts::parse(None).unwrap().is_empty());
    }

    #[test]
    fn none_stands_alone() {
        assert!(Prompts::parse(Some("none")).unwrap().contains(Prompt::None));
        for text in ["none login", "consent none"] {
            let error = Prompts::parse(Some(text)).unwrap_err();
            assert_eq!(error.code.as_str(), "invalid_request", "{text}");
        }
    }

    #[test]
    fn an_unknown_value_is_an_invalid_request() {
        for text in ["create", "Login", "login,consent"] {
            let error = Prompts::parse(Some(text)).unwrap_err();
            assert_eq!(error.code.as_str(), "invalid_request", "{text}");
        }
    }

    #[test]
    fn prompts_are_stored_as_their_text() {
        let prompts = Prompts::parse(Some("select_account login")).unwrap();
        let text = serde_json::to_string(&prompts).unwrap();
        assert_eq!(text, "\"login select_account\"");
        assert_eq!(serde_json::from_str::<Prompts>(&text).unwrap(), prompts);
        assert_eq!(serde_json::from_str::<Prompts>("\"\"").unwrap(), Prompts::default());
    }
}
