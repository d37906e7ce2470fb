//! `max_age`: how old a sign-in may be, in seconds. OpenID Connect Core §3.1.2.1.

use crate::base::time::Lifetime;
use crate::oauth::error::OAuthError;

/// Reads the parameter: decimal digits. What does not fit 32 bits is more than any sign-in's age and means their maximum.
pub fn parse(text: Option<&str>) -> Result<Option<Lifetime>, OAuthError> {
    const MALFORMED: OAuthError =
        OAuthError::invalid_request("The parameter max_age is not a number of seconds.");
    let Some(text) = text else { return Ok(None) };
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(MALFORMED);
    }
    Ok(Some(Lifetime::seconds(text.parse().unwrap_or(u32::MAX))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_of_seconds_is_read() {
        assert_eq!(parse(None), Ok(None));
        assert_eq!(parse(Some("0")), Ok(Some(Lifetime::seconds(0))));
        assert_eq!(parse(Some("15000")), Ok(Some(Lifetime::seconds(15_000))));
        assert_eq!(parse(Some("99999999999999999999")), Ok(Some(Lifetime::seconds(u32::MAX))));
    }

    #[test]
    fn anything_but_digits_is_an_invalid_request() {
        for text in ["-1", "+1", "1.0", "1e3", " 1", "", "forever", "１"] {
            let error = parse(Some(text)).unwrap_err();
            assert_eq!(error.code.as_str(), "invalid_request", "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,30}") {
            let _ = parse(Some(&text));
        }
    }
}
