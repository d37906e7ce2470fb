//! `acr`: how sure the provider is that it is the person. OpenID Connect Core §2 and §3.1.2.1.
//!
//! Three levels, ordered. Which authentication reaches which is computed in `authentication`, never asked for here.

use serde::{Deserialize, Serialize};

use crate::base::limits;
use crate::oauth::words::words;

words! {
    /// An assurance level; a higher one satisfies whoever asks for a lower one.
    pub enum Acr {
        /// A password or its like.
        Password = "urn:fuxin:assurance:1",
        /// Two factors of different kinds.
        TwoFactor = "urn:fuxin:assurance:2",
        /// A certificate on a card.
        Certificate = "urn:fuxin:assurance:3",
    }
}

/// `acr_values`: the levels that a client would like, best first. A wish: unknown ones are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcrValues {
    known: Vec<Acr>,
    asked: bool,
}

impl AcrValues {
    /// Reads the parameter; further values than `limits::LIST_VALUES` are not read.
    pub fn parse(text: Option<&str>) -> Self {
        let words = || text.unwrap_or_default().split(' ').filter(|word| !word.is_empty());
        let known = words().take(limits::LIST_VALUES).filter_map(Acr::from_word).collect();
        Self { known, asked: words().next().is_some() }
    }

    /// The levels that exist, best first.
    pub fn known(&self) -> &[Acr] {
        &self.known
    }

    /// Whether the client asked at all, if only for levels that nobody knows: it is then told the one it got.
    pub const fn asked(&self) -> bool {
        self.asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered() {
        assert!(Acr::Password < Acr::TwoFactor && Acr::TwoFactor < Acr::Certificate);
    }

    #[test]
    fn unknown_levels_are_left_out_but_remembered_as_a_question() {
        let values = AcrValues::parse(Some("1 urn:fuxin:assurance:2  urn:fuxin:assurance:1"));
        assert_eq!(values.known(), [Acr::TwoFactor, Acr::Password]);
        let values = AcrValues::parse(Some("1 2"));
        assert!(values.asked() && values.known().is_empty());
        assert!(!AcrValues::parse(None).asked());
    }

    #[test]
    fn only_the_first_values_are_read() {
        let many = vec!["urn:fuxin:assurance:1"; limits::LIST_VALUES + 1].join(" ");
        assert_eq!(AcrValues::parse(Some(&many)).known().len(), limits::LIST_VALUES);
    }
}
