//! The view: what every page is given, whatever it is about.
//!
//! A template asks it for texts (`view.t("sign-in-title")`), for texts with values (`view.with("agency",
//! name).t("…")`) and for addresses of assets. It holds plain values only; who fills it has read the request.

use std::borrow::Cow;

use crate::http::asset;
use crate::i18n::Locale;
use crate::i18n::text::{self, Args, Value};

/// What every page is given.
#[derive(Clone, Debug)]
pub struct View {
    /// The language of the page.
    pub locale: Locale,
    /// The nonce of this answer's Content-Security-Policy.
    pub nonce: String,
    /// The name of whoever is signed in, exactly as the account has it.
    pub signed_in_as: Option<String>,
    /// This page in the other language: the same address, `language` replaced.
    pub other_locale_href: String,
    /// Whom to call.
    pub service_desk: ServiceDesk,
    /// The end of this request's identifier, which a person reads out and an operator searches for.
    pub reference: String,
}

/// The service desk, as configured, in the language of the page.
#[derive(Clone, Debug)]
pub struct ServiceDesk {
    /// The telephone number, as people write it.
    pub phone: String,
    /// When somebody answers.
    pub hours: String,
}

impl ServiceDesk {
    /// The number as a link: digits and a leading plus sign only.
    pub fn phone_href(&self) -> String {
        let digits = self.phone.chars().filter(|c| c.is_ascii_digit() || *c == '+');
        format!("tel:{}", digits.collect::<String>())
    }
}

impl View {
    /// A text without variables.
    pub fn t(&self, key: &str) -> Cow<'static, str> {
        text::text(self.locale, key)
    }

    /// Begins a text with variables: `view.with("agency", name).t(key)`.
    pub fn with(&self, name: &'static str, value: impl Value) -> Filled {
        Filled { locale: self.locale, args: Args::default().with(name, value) }
    }

    /// The address of a style sheet, script or icon.
    pub fn asset(&self, name: &str) -> String {
        asset::url(name)
    }
}

/// Values that wait for their text.
#[derive(Debug)]
pub struct Filled {
    locale: Locale,
    args: Args,
}

impl Filled {
    /// The same with one more value.
    #[must_use]
    pub fn with(self, name: &'static str, value: impl Value) -> Self {
        Self { locale: self.locale, args: self.args.with(name, value) }
    }

    /// The text.
    pub fn t(&self, key: &str) -> Cow<'static, str> {
        text::text_with(self.locale, key, &self.args)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_as_people_write_it_becomes_a_link() {
        let desk = |phone: &str| ServiceDesk { phone: phone.into(), hours: String::new() };
        assert_eq!(desk("(02)2192-7111").phone_href(), "tel:0221927111");
        assert_eq!(desk("+886 2 2192 7111").phone_href(), "tel:+886221927111");
    }
}
