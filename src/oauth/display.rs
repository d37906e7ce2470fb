//! `display`: how the client would like pages to look. OpenID Connect Core §3.1.2.1.
//!
//! A wish, not a rule: every page fits every window, so an unknown value is a page and never an error.

use crate::oauth::words::words;

words! {
    /// The window that the client opened.
    pub enum Display {
        /// A whole page.
        Page = "page",
        /// A small window.
        Popup = "popup",
        /// A touch screen.
        Touch = "touch",
        /// A feature phone.
        Wap = "wap",
    }
}

impl Display {
    /// Reads the parameter; absent or unknown is a page.
    pub fn parse(text: Option<&str>) -> Self {
        text.and_then(Self::from_word).unwrap_or(Self::Page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_display_is_a_page() {
        assert_eq!(Display::parse(None), Display::Page);
        assert_eq!(Display::parse(Some("hologram")), Display::Page);
        assert_eq!(Display::parse(Some("popup")), Display::Popup);
    }
}
