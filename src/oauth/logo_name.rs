//! The name of our copy of a client's logo: the digest of its content, in hexadecimal digits. The provider's own setting.

use serde::{Deserialize, Serialize};

/// The text is no such name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a logo")]
pub struct NotALogoName;

/// A name: 64 hexadecimal digits in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogoName(String);

impl LogoName {
    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, NotALogoName> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == 64 && text.bytes().all(is_digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotALogoName)
        }
    }

    /// The name of this content.
    pub fn of(content: &[u8]) -> Self {
        use sha2::{Digest, Sha256};
        Self(crate::base::encoding::hexadecimal(&Sha256::digest(content)))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for LogoName {
    type Error = NotALogoName;

    fn try_from(text: String) -> Result<Self, NotALogoName> {
        Self::parse(&text)
    }
}

impl From<LogoName> for String {
    fn from(name: LogoName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_digest_of_its_content_and_nothing_else() {
        let name = LogoName::of(b"a picture");
        assert_eq!(LogoName::parse(name.as_str()), Ok(name.clone()));
        assert_ne!(LogoName::of(b"another"), name);
        for text in ["", "../../etc/passwd", &name.as_str()[1..], &name.as_str().to_uppercase()] {
            assert_eq!(LogoName::parse(text), Err(NotALogoName), "{text}");
        }
    }
}
