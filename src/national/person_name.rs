//! A person's name, kept as it was given: no normalisation, no replacement, never "?".
//!
//! Han characters outside the Basic Multilingual Plane, variation selectors and compatibility ideographs (which NFC
//! would replace) are ordinary characters here. `requirements`: PRO-9, PRO-10.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::limits;

/// A name of 1 to [`limits::PERSON_NAME`] bytes without control characters, byte for byte as entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(String);

impl PersonName {
    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing, or nothing but white space.
    #[error("a name has at least one character")]
    Empty,
    /// Over the limit of bytes.
    #[error("a name has at most {} bytes", limits::PERSON_NAME)]
    TooLong,
    /// A control character, a line break, or the character that stands for a lost one (U+FFFD).
    #[error("a name has no control or replacement characters")]
    NotText,
}

impl TryFrom<String> for PersonName {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        if text.trim().is_empty() {
            return Err(Error::Empty);
        }
        if text.len() > limits::PERSON_NAME {
            return Err(Error::TooLong);
        }
        if text.chars().any(|c| c.is_control() || c == '\u{fffd}') {
            return Err(Error::NotText);
        }
        Ok(Self(text))
    }
}

impl From<PersonName> for String {
    fn from(name: PersonName) -> Self {
        name.0
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PRO-9, PRO-10
    #[test]
    fn rare_characters_stay_what_they_are() {
        for name in
            ["吳𣲚翔", "堦", "涂", "凃", "𪚥", "𫝀", "𬎼", "葛\u{e0100}", "\u{f900}", "伊萬‧納威"]
        {
            assert_eq!(
                PersonName::try_from(name.to_owned()).unwrap().as_str().as_bytes(),
                name.as_bytes()
            );
        }
    }

    #[test]
    fn a_lost_character_is_not_a_name() {
        assert_eq!(PersonName::try_from("吳\u{fffd}翔".to_owned()), Err(Error::NotText));
        assert_eq!(PersonName::try_from("吳\n翔".to_owned()), Err(Error::NotText));
        assert_eq!(PersonName::try_from("　".to_owned()), Err(Error::Empty));
        assert!(PersonName::try_from("a".repeat(limits::PERSON_NAME)).is_ok());
        assert_eq!(PersonName::try_from("a".repeat(limits::PERSON_NAME + 1)), Err(Error::TooLong));
    }
}
