//! The two languages, and which of them a request is answered in.
//!
//! What a person chose by the switch on a page comes first (`http::visit`), then the client's `ui_locales` (OpenID Connect
//! Core §3.1.2.1), then the browser's `Accept-Language` (RFC 9110 §12.5.4). Whoever asks for neither language reads
//! Chinese.

use crate::base::limits;

/// A language that every page exists in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Locale {
    /// Chinese as written in Taiwan.
    #[default]
    ZhHant,
    /// English.
    En,
}

impl Locale {
    /// Both, the first one first.
    pub const ALL: [Self; 2] = [Self::ZhHant, Self::En];

    /// The BCP 47 tag: `<html lang>`, `Content-Language` and `ui_locales_supported`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::ZhHant => "zh-Hant-TW",
            Self::En => "en",
        }
    }

    /// The other language, for the switch on every page.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::ZhHant => Self::En,
            Self::En => Self::ZhHant,
        }
    }

    /// The language of a BCP 47 tag, by its primary subtag. Simplified script reads the Chinese pages, too.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("zh") {
            Some(Self::ZhHant)
        } else if primary.eq_ignore_ascii_case("en") {
            Some(Self::En)
        } else {
            None
        }
    }

    /// The first language of ours in a `ui_locales` value: tags in order of preference, separated by spaces.
    pub fn from_ui_locales(value: &str) -> Option<Self> {
        value.split(' ').take(limits::LIST_VALUES).find_map(Self::from_tag)
    }

    /// The language of ours with the highest weight in an `Accept-Language` value; the earlier one where weights tie.
    pub fn from_accept_language(value: &str) -> Option<Self> {
        let mut best: Option<(u16, Self)> = None;
        for range in value.split(',').take(limits::LIST_VALUES) {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let Some(weight) = weight(parameters) else { continue };
            let tag = tag.trim();
            let locale = if tag == "*" { Some(Self::default()) } else { Self::from_tag(tag) };
            let Some(locale) = locale else { continue };
            if weight > best.map_or(0, |(highest, _)| highest) {
                best = Some((weight, locale));
            }
        }
        best.map(|(_, locale)| locale)
    }

    /// The language of an answer to someone who chose none.
    pub fn negotiate(ui_locales: Option<&str>, accept_language: Option<&str>) -> Self {
        ui_locales
            .and_then(Self::from_ui_locales)
            .or_else(|| accept_language.and_then(Self::from_accept_language))
            .unwrap_or_default()
    }
}

/// The weight in thousandths; 1000 where none is written; `None` for anything that is not a weight.
fn weight(parameters: &str) -> Option<u16> {
    let parameters = parameters.trim();
    if parameters.is_empty() {
        return Some(1000);
    }
    let value = parameters.strip_prefix("q=").or_else(|| parameters.strip_prefix("Q="))?;
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{fraction:0<3}").parse().ok()?;
    match (whole, thousandths) {
        ("1", 0) => Some(1000),
        ("0", thousandths) => Some(thousandths),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ui_locales_are_tried_in_order() {
        assert_eq!(Locale::from_ui_locales("ja fr-CA en-GB zh-TW"), Some(Locale::En));
        assert_eq!(Locale::from_ui_locales("zh-Hant-TW en"), Some(Locale::ZhHant));
        assert_eq!(Locale::from_ui_locales("ZH_tw"), Some(Locale::ZhHant));
        assert_eq!(Locale::from_ui_locales("ja zhx english"), None);
        assert_eq!(Locale::from_ui_locales(""), None);
    }

    #[test]
    fn accept_language_is_read_by_weight_then_by_place() {
        let read = Locale::from_accept_language;
        assert_eq!(read("zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7"), Some(Locale::ZhHant));
        assert_eq!(read("zh;q=0.5, en;q=0.8"), Some(Locale::En));
        assert_eq!(read("en, zh"), Some(Locale::En));
        assert_eq!(read("ja, en;q=0.1"), Some(Locale::En));
        assert_eq!(read("ja, *;q=0.3"), Some(Locale::ZhHant));
        assert_eq!(read("en;q=0"), None);
        assert_eq!(read("en;q=1.5, zh;q=0.001"), Some(Locale::ZhHant));
        assert_eq!(read("en;q=0.1234"), None);
        assert_eq!(read("ja"), None);
    }

    #[test]
    fn a_list_is_read_to_its_limit_and_no_further() {
        let read =
            |others: usize| Locale::from_accept_language(&format!("{}en", "ja,".repeat(others)));
        assert_eq!(read(limits::LIST_VALUES - 1), Some(Locale::En));
        assert_eq!(read(limits::LIST_VALUES), None);
    }

    #[test]
    fn the_client_asks_before_the_browser() {
        use Locale::{En, ZhHant};
        assert_eq!(Locale::negotiate(Some("en"), Some("zh")), En);
        assert_eq!(Locale::negotiate(Some("ja"), Some("en")), En);
        assert_eq!(Locale::negotiate(None, Some("en")), En);
        assert_eq!(Locale::negotiate(Some("ja"), Some("fr")), ZhHant);
        assert_eq!(Locale::negotiate(None, None), ZhHant);
    }
}
