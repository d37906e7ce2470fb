//! The texts: one Fluent bundle per language, made once from the files that are part of the program.
//!
//! A key is a message's id (`sign-in-title`) or an attribute of one (`LGN-101.now`). Marks that isolate the direction of
//! inserted text are off: both languages run from left to right, and the marks would end up in titles and in tests.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use crate::i18n::Locale;

macro_rules! files {
    ($language:literal: $($name:literal)+) => {
        [$(($name, include_str!(concat!("locales/", $language, "/", $name, ".ftl")))),+]
    };
}

/// One file's name and text.
pub(super) type File = (&'static str, &'static str);

/// Every file of one language. The names are the same in both.
pub(super) const fn files(locale: Locale) -> &'static [File] {
    match locale {
        Locale::ZhHant => {
            &files!("zh-Hant": "site" "sign-in" "problem" "consent" "session" "error" "message" "outbox")
        }
        Locale::En => {
            &files!("en": "site" "sign-in" "problem" "consent" "session" "error" "message" "outbox")
        }
    }
}

static ZH_HANT: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle(Locale::ZhHant));
static EN: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle(Locale::En));

/// What a text speaks about: the values of its variables.
#[derive(Debug, Default)]
pub struct Args(FluentArgs<'static>);

impl Args {
    /// The same with one more value.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Value) -> Self {
        self.0.set(name, value.fluent());
        self
    }
}

/// What may stand in a text: words and counts.
pub trait Value {
    /// As Fluent has it: a count chooses the plural, words are inserted as they are.
    fn fluent(&self) -> FluentValue<'static>;
}

impl Value for str {
    fn fluent(&self) -> FluentValue<'static> {
        FluentValue::String(Cow::Owned(self.to_owned()))
    }
}

impl Value for String {
    fn fluent(&self) -> FluentValue<'static> {
        self.as_str().fluent()
    }
}

impl Value for Cow<'_, str> {
    fn fluent(&self) -> FluentValue<'static> {
        self.as_ref().fluent()
    }
}

impl Value for u32 {
    fn fluent(&self) -> FluentValue<'static> {
        FluentValue::from(*self)
    }
}

impl<T: Value + ?Sized> Value for &T {
    fn fluent(&self) -> FluentValue<'static> {
        T::fluent(self)
    }
}

/// The text of a key that has no variables.
pub fn text(locale: Locale, key: &str) -> Cow<'static, str> {
    find(locale, key, None).unwrap_or_else(|| Cow::Owned(key.to_owned()))
}

/// The text of a key, its variables filled in.
pub fn text_with(locale: Locale, key: &str, args: &Args) -> Cow<'static, str> {
    find(locale, key, Some(&args.0)).unwrap_or_else(|| Cow::Owned(key.to_owned()))
}

/// Whether both languages have this key.
pub fn exists(key: &str) -> bool {
    Locale::ALL.iter().all(|locale| find(*locale, key, None).is_some())
}

fn find(locale: Locale, key: &str, args: Option<&FluentArgs<'_>>) -> Option<Cow<'static, str>> {
    let bundle = bundle_of(locale);
    let pattern = match key.split_once('.') {
        Some((id, attribute)) => bundle.get_message(id)?.get_attribute(attribute)?.value(),
        None => bundle.get_message(key)?.value()?,
    };
    // An error means a variable without a value; Fluent then shows the variable's name.
    Some(bundle.format_pattern(pattern, args, &mut Vec::new()))
}

fn bundle_of(locale: Locale) -> &'static FluentBundle<FluentResource> {
    match locale {
        Locale::ZhHant => &ZH_HANT,
        Locale::En => &EN,
    }
}

/// A line that does not parse is left out here and found by a test, as is a message defined twice.
fn bundle(locale: Locale) -> FluentBundle<FluentResource> {
    let language = locale.tag().parse::<LanguageIdentifier>().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    bundle.set_use_isolating(false);
    for (_, source) in files(locale) {
        let resource =
            FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(some, _)| some);
        bundle.add_resource_overriding(resource);
    }
    bundle
}
