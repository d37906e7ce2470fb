//! Languages: which one a person reads, every text in both, and dates as each writes them.
//!
//! Owns the Fluent files under `locales/` (one per group of pages, the same names in both languages) and the choice of
//! language. Does not own what a page says where; templates name keys. `tests.rs` holds both languages equal: the same
//! keys, the same variables, no text left untranslated, none missing and none unused.

pub mod date;
pub mod locale;
pub mod text;

#[cfg(test)]
mod tests;

pub use locale::Locale;
