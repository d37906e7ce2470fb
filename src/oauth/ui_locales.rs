//! `ui_locales`: the languages that the client would like pages in, best first. OpenID Connect Core §3.1.2.1.
//!
//! A wish, not a rule: what is no language tag is left out, and further values than we read are too. Which language a
//! page then has is decided by `i18n`.

use serde::{Deserialize, Serialize};

use crate::base::limits;

/// Longest tag that is kept: no registered one comes near.
const TAG: usize = 35;

/// Language tags (BCP 47), best first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct UiLocales(Vec<String>);

impl UiLocales {
    /// Reads the parameter.
    pub fn parse(text: Option<&str>) -> Self {
        let tags = text.unwrap_or_default().split(' ').filter(|tag| is_tag(tag));
        Self(tags.take(limits::LIST_VALUES).map(str::to_owned).collect())
    }

    /// The tags, best first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether it has the outer form of a tag: subtags of one to eight letters and digits between hyphens.
fn is_tag(text: &str) -> bool {
    text.len() <= TAG
        && text.split('-').all(|subtag| {
            (1..=8).contains(&subtag.len()) && subtag.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

impl From<String> for UiLocales {
    fn from(text: String) -> Self {
        Self::parse(Some(&text))
    }
}

impl From<UiLocales> for String {
    fn from(locales: UiLocales) -> Self {
        locales.0.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_keep_their_order_and_the_rest_is_left_out() {
        let locales = UiLocales::parse(Some("zh-Hant-TW <script> en  e\u{301} toolongsubtag -x"));
        assert_eq!(locales.iter().collect::<Vec<_>>(), ["zh-Hant-TW", "en"]);
        assert!(UiLocales::parse(None).is_empty());
    }

    #[test]
    fn only_the_first_values_are_read() {
        let many = vec!["en"; limits::LIST_VALUES + 1].join(" ");
        assert_eq!(UiLocales::parse(Some(&many)).iter().count(), limits::LIST_VALUES);
    }

    proptest! {
        #[test]
        fn what_is_read_is_stored_and_read_again(text in ".{0,60}|[a-zA-Z0-9 -]{0,60}") {
            let locales = UiLocales::parse(Some(&text));
            prop_assert_eq!(UiLocales::from(String::from(locales.clone())), locales);
        }
    }
}
