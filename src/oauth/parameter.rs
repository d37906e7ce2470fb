//! Parameters of a query or of a form body (`application/x-www-form-urlencoded`), decoded strictly and bounded.
//!
//! RFC 6749 §3.1 and §3.2: a parameter must not be given twice, and one without a value counts as absent. Unlike a
//! browser's decoder this one repairs nothing: a broken escape, bad UTF-8 or a NUL is refused, so that no two parts of
//! the provider can read one request differently. What a parameter means is the other files' matter.

use std::collections::BTreeSet;
use std::fmt;

use crate::base::limits;
use crate::oauth::error::OAuthError;

/// The parameters of one request, in the order in which they came.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    pairs: Vec<(String, String)>,
}

/// Why a query or a form cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// More parameters than `limits::PARAMETERS`.
    #[error("too many parameters")]
    TooMany,
    /// A name or a value longer than `limits::PARAMETER`.
    #[error("a parameter is too long")]
    TooLong,
    /// A percent sign without two hexadecimal digits.
    #[error("broken percent encoding")]
    BrokenEscape,
    /// The decoded bytes are no UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// U+0000, which no parameter needs and PostgreSQL cannot hold.
    #[error("a parameter contains NUL")]
    Nul,
    /// A parameter is given more than once.
    #[error("the parameter {name} is given more than once")]
    Repeated {
        /// The parameter that was asked for.
        name: &'static str,
    },
}

impl Parameters {
    /// Reads a query string (without its question mark) or a form body.
    pub fn parse(encoded: &[u8]) -> Result<Self, Error> {
        let mut pairs = Vec::new();
        for pair in encoded.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()) {
            if pairs.len() == limits::PARAMETERS {
                return Err(Error::TooMany);
            }
            let mut halves = pair.splitn(2, |&byte| byte == b'=');
            let name = decoded(halves.next().unwrap_or_default())?;
            let value = decoded(halves.next().unwrap_or_default())?;
            pairs.push((name, value));
        }
        Ok(Self { pairs })
    }

    /// Parameters that did not come in a query, within the same bounds.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        let pairs: Vec<_> = pairs.into_iter().take(limits::PARAMETERS + 1).collect();
        if pairs.len() > limits::PARAMETERS {
            return Err(Error::TooMany);
        }
        for (name, value) in &pairs {
            bounded(name)?;
            bounded(value)?;
        }
        Ok(Self { pairs })
    }

    /// The one value of this name. Empty counts as absent; a second one, empty or not, is refused.
    pub fn one(&self, name: &'static str) -> Result<Option<&str>, Error> {
        let mut values = self.iter().filter(|(given, _)| *given == name).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(Error::Repeated { name }),
            (value, None) => Ok(value.filter(|value| !value.is_empty())),
        }
    }

    /// Names and values, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first name that comes a second time.
    pub fn first_repeated(&self) -> Option<&str> {
        let mut seen = BTreeSet::new();
        self.iter().map(|(name, _)| name).find(|name| !seen.insert(*name))
    }
}

/// Names only: values may be codes, secrets or personal data.
impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

fn decoded(encoded: &[u8]) -> Result<String, Error> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    loop {
        rest = match rest {
            [] => break,
            [b'%', high, low, tail @ ..] => {
                bytes.push(escaped(*high, *low)?);
                tail
            }
            [b'%', ..] => return Err(Error::BrokenEscape),
            [b'+', tail @ ..] => {
                bytes.push(b' ');
                tail
            }
            [byte, tail @ ..] => {
                bytes.push(*byte);
                tail
            }
        };
    }
    let text = String::from_utf8(bytes).map_err(|_| Error::NotUtf8)?;
    bounded(&text).map(|()| text)
}

fn bounded(text: &str) -> Result<(), Error> {
    match text {
        _ if text.len() > limits::PARAMETER => Err(Error::TooLong),
        _ if text.contains('\0') => Err(Error::Nul),
        _ => Ok(()),
    }
}

fn escaped(high: u8, low: u8) -> Result<u8, Error> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    match (digit(high), digit(low)) {
        (Some(high), Some(low)) => Ok(high << 4 | low),
        _ => Err(Error::BrokenEscape),
    }
}

impl From<Error> for OAuthError {
    fn from(error: Error) -> Self {
        Self::invalid_request(match error {
            Error::TooMany => "The request has too many parameters.",
            Error::TooLong => "A parameter is too long.",
            Error::BrokenEscape => "A parameter is not percent-encoded correctly.",
            Error::NotUtf8 => "A parameter is not UTF-8.",
            Error::Nul => "A parameter contains a NUL character.",
            Error::Repeated { .. } => "A parameter is given more than once.",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Parameters, Error> {
        Parameters::parse(text.as_bytes())
    }

    #[test]
    fn plus_and_escapes_are_decoded_and_empty_is_absent() {
        let parameters = parse("scope=openid+profile&&name=%E5%A0%83&state=&flag&a=b=c").unwrap();
        assert_eq!(parameters.one("scope"), Ok(Some("openid profile")));
        assert_eq!(parameters.one("name"), Ok(Some("堃")));
        assert_eq!(parameters.one("state"), Ok(None));
        assert_eq!(parameters.one("flag"), Ok(None));
        assert_eq!(parameters.one("a"), Ok(Some("b=c")));
        assert_eq!(parameters.one("absent"), Ok(None));
    }

    #[test]
    fn a_parameter_given_twice_is_refused_even_if_one_is_empty() {
        for text in ["a=1&a=1", "a=&a=1", "a=1&b=2&%61=3"] {
            let parameters = parse(text).unwrap();
            assert_eq!(parameters.one("a"), Err(Error::Repeated { name: "a" }), "{text}");
            assert_eq!(parameters.first_repeated(), Some("a"));
        }
        assert_eq!(parse("a=1&b=1").unwrap().first_repeated(), None);
    }

    #[test]
    fn nothing_broken_is_repaired() {
        for text in ["a=%", "a=%4", "a=%zz", "a=%+1", "%=1"] {
            assert_eq!(parse(text), Err(Error::BrokenEscape), "{text}");
        }
        assert_eq!(parse("a=%ff"), Err(Error::NotUtf8));
        assert_eq!(Parameters::parse(b"a=\xE5\xA0"), Err(Error::NotUtf8));
        assert_eq!(parse("a=x%00y"), Err(Error::Nul));
    }

    #[test]
    fn count_and_length_are_bounded() {
        let many = |count: usize| vec!["a=1"; count].join("&");
        assert!(parse(&many(limits::PARAMETERS)).is_ok());
        assert_eq!(parse(&many(limits::PARAMETERS + 1)), Err(Error::TooMany));
        let long = |length: usize| format!("a={}", "%41".repeat(length));
        assert!(parse(&long(limits::PARAMETER)).is_ok());
        assert_eq!(parse(&long(limits::PARAMETER + 1)), Err(Error::TooLong));
    }

    #[test]
    fn parameters_from_elsewhere_are_bounded_as_those_of_a_query() {
        let of = |count: usize, value: &str| {
            let one = |n: usize| (format!("a{n}"), value.to_owned());
            Parameters::from_pairs((0..count).map(one))
        };
        assert_eq!(of(2, "x y").unwrap().one("a1"), Ok(Some("x y")));
        assert!(of(limits::PARAMETERS, "1").is_ok());
        assert_eq!(of(limits::PARAMETERS + 1, "1"), Err(Error::TooMany));
        assert!(of(1, &"x".repeat(limits::PARAMETER)).is_ok());
        assert_eq!(of(1, &"x".repeat(limits::PARAMETER + 1)), Err(Error::TooLong));
        assert_eq!(of(1, "x\0"), Err(Error::Nul));
    }

    #[test]
    fn values_do_not_show_in_debug() {
        assert_eq!(format!("{:?}", parse("code=s3cret").unwrap()), r#"["code"]"#);
    }

    #[test]
    fn each_rule_is_answered_with_invalid_request() {
        let errors = [
            Error::TooMany,
            Error::TooLong,
            Error::BrokenEscape,
            Error::NotUtf8,
            Error::Nul,
            Error::Repeated { name: "code" },
        ];
        for error in errors {
            assert_eq!(OAuthError::from(error).code.as_str(), "invalid_request");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Parameters::parse(&bytes);
        }

        #[test]
        fn what_a_form_encoder_writes_is_read_back(pairs in prop::collection::vec(("[^\0]{1,8}", "[^\0]{0,8}"), 0..8)) {
            let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            let read = parse(&encoded).unwrap();
            let read: Vec<_> = read.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            prop_assert_eq!(read, pairs);
        }
    }
}
