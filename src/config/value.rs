//! One value as it was given: read from TOML or from the text of an environment variable by its described form.

use toml::de::DeValue;

use super::describe::{Form, Range};
use super::nearest;
use super::problem::Fault;

/// A value of the right form and within its described bounds.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Number(u32),
    List(Vec<String>),
}

impl Value {
    /// Reads a value of the file.
    pub(super) fn from_toml(form: Form, value: &DeValue<'_>) -> Result<Self, Fault> {
        match (form, value) {
            (Form::Number(range), DeValue::Integer(integer)) => {
                // What does not even fit is beyond every bound.
                let beyond = if integer.as_str().starts_with('-') { i64::MIN } else { i64::MAX };
                number(
                    range,
                    i64::from_str_radix(integer.as_str(), integer.radix()).unwrap_or(beyond),
                )
            }
            (Form::List(of), DeValue::Array(entries)) => {
                let texts = entries.iter().map(|entry| match entry.get_ref() {
                    DeValue::String(text) => text_of(text),
                    _ => Err(Fault::WrongForm { expected: format!("a list of texts: each {of}") }),
                });
                Ok(Self::List(texts.collect::<Result<_, _>>()?))
            }
            (Form::Text(_) | Form::SecretFile, DeValue::String(text)) => {
                text_of(text).map(Self::Text)
            }
            (Form::Choice(known), DeValue::String(text)) => choice(known, text),
            _ => Err(Fault::WrongForm { expected: in_words(form) }),
        }
    }

    /// Reads the text of an environment variable, or of a described default. A list's entries are separated by commas.
    pub(super) fn from_text(form: Form, text: &str) -> Result<Self, Fault> {
        match form {
            Form::Number(range) => {
                let wrong = || Fault::WrongForm { expected: in_words(form) };
                number(range, text.trim().parse().map_err(|_| wrong())?)
            }
            Form::List(_) if text.trim().is_empty() => Ok(Self::List(Vec::new())),
            Form::List(_) => {
                let texts = text.split(',').map(|entry| text_of(entry.trim()));
                Ok(Self::List(texts.collect::<Result<_, _>>()?))
            }
            Form::Text(_) | Form::SecretFile => text_of(text).map(Self::Text),
            Form::Choice(known) => choice(known, text),
        }
    }

    pub(super) fn number(&self) -> Option<u32> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) | Self::List(_) => None,
        }
    }

    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Number(_) | Self::List(_) => "",
        }
    }

    pub(super) fn list(&self) -> &[String] {
        match self {
            Self::List(list) => list,
            Self::Number(_) | Self::Text(_) => &[],
        }
    }

    /// The value as TOML.
    pub(super) fn to_toml(&self) -> String {
        match self {
            Self::Text(text) => format!("{text:?}"),
            Self::Number(number) => number.to_string(),
            Self::List(list) => format!("{list:?}"),
        }
    }
}

fn text_of(text: &str) -> Result<String, Fault> {
    if text.trim().is_empty() { Err(Fault::Empty) } else { Ok(text.to_owned()) }
}

fn choice(known: &'static [&'static str], text: &str) -> Result<Value, Fault> {
    if known.contains(&text) {
        return Ok(Value::Text(text.to_owned()));
    }
    Err(Fault::UnknownChoice { known, nearest: nearest(text, known.iter().copied()) })
}

fn number(range: Range, number: i64) -> Result<Value, Fault> {
    let Range { unit, least, most, why_least, why_most } = range;
    if number < i64::from(least) {
        return Err(Fault::TooSmall { least, unit, because: why_least });
    }
    match u32::try_from(number) {
        Ok(number) if number <= most => Ok(Value::Number(number)),
        _ => Err(Fault::TooLarge { most, unit, because: why_most }),
    }
}

/// The form, for a sentence that begins with "must be".
fn in_words(form: Form) -> String {
    match form {
        Form::Text(of) => format!("text in quotation marks: {of}"),
        Form::Choice(known) => format!("one of these words: {}", known.join(", ")),
        Form::Number(range) => format!("a whole number of {}", range.unit),
        Form::List(of) => format!("a list of texts: each {of}"),
        Form::SecretFile => "text in quotation marks: a file's path".to_owned(),
    }
}
