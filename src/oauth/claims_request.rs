//! `claims`: single claims that a client asks for, each for the ID token or for userinfo. OpenID Connect Core §5.5.
//!
//! The JSON is bounded and a name given twice is refused, as parsers differ about which one counts. Claims that nobody
//! knows, language-tagged ones included (`name#ja`), are left out: that is what the specification asks for. Whether the
//! client may have them is decided elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::base::limits;
use crate::oauth::claim::Claim;
use crate::oauth::error::OAuthError;

/// The parsed parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimsRequest {
    /// Claims for the userinfo endpoint.
    #[serde(deserialize_with = "members", skip_serializing_if = "BTreeMap::is_empty")]
    pub userinfo: BTreeMap<Claim, ClaimOptions>,
    /// Claims for the ID token.
    #[serde(deserialize_with = "members", skip_serializing_if = "BTreeMap::is_empty")]
    pub id_token: BTreeMap<Claim, ClaimOptions>,
}

/// How a claim is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimOptions {
    /// The client cannot work well without it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub essential: bool,
    /// The one value that it should have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The values of which it should have one, best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
}

impl ClaimsRequest {
    /// Reads the parameter; absent asks for nothing.
    pub fn parse(text: Option<&str>) -> Result<Self, OAuthError> {
        const TOO_LONG: OAuthError =
            OAuthError::invalid_request("The parameter claims is too long.");
        const MALFORMED: OAuthError = OAuthError::invalid_request(
            "The parameter claims is not a JSON object of requested claims.",
        );
        let Some(text) = text else { return Ok(Self::default()) };
        if text.len() > limits::CLAIMS {
            return Err(TOO_LONG);
        }
        // A struct would also be read from an array.
        if !text.trim_start().starts_with('{') {
            return Err(MALFORMED);
        }
        serde_json::from_str(text).map_err(|_| MALFORMED)
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }
}

impl ClaimOptions {
    /// Whether the client named values at all, of whatever type.
    pub fn names_values(&self) -> bool {
        self.value.is_some() || !self.values.is_empty()
    }

    /// The texts of which the claim should have one, best first; empty if any value will do.
    pub fn wanted(&self) -> impl Iterator<Item = &str> {
        self.value.iter().chain(&self.values).filter_map(Value::as_str)
    }
}

/// Reads `{"claim": null | {options}, …}`, or null for nothing.
fn members<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<Claim, ClaimOptions>, D::Error> {
    deserializer.deserialize_any(Members)
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = BTreeMap<Claim, ClaimOptions>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of requested claims")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(BTreeMap::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut names = BTreeSet::new();
        let mut claims = BTreeMap::new();
        while let Some(name) = object.next_key::<String>()? {
            if let Some(claim) = Claim::from_word(&name) {
                let options = object.next_value::<Option<ClaimOptions>>()?;
                claims.insert(claim, options.unwrap_or_default());
            } else {
                object.next_value::<IgnoredAny>()?;
            }
            if !names.insert(name) {
                return Err(A::Error::custom("a claim is requested twice"));
            }
            if names.len() > limits::CLAIMS_MEMBERS {
                return Err(A::Error::custom("too many claims"));
            }
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<ClaimsRequest, OAuthError> {
        ClaimsRequest::parse(Some(text))
    }

    #[test]
    fn the_specifications_example_is_read() {
        let request = parse(
            r#"{"userinfo": {
                    "given_name": {"essential": true},
                    "nickname": null,
                    "email": {"essential": true},
                    "http://example.info/claims/groups": null},
                "id_token": {
                    "auth_time": {"essential": true},
                    "acr": {"values": ["urn:fuxin:assurance:2", "urn:fuxin:assurance:1"]}}}"#,
        )
        .unwrap();
        assert_eq!(
            request.userinfo.keys().copied().collect::<Vec<_>>(),
            [Claim::GivenName, Claim::Nickname, Claim::Email]
        );
        assert!(request.userinfo[&Claim::Email].essential);
        assert_eq!(request.userinfo[&Claim::Nickname], ClaimOptions::default());
        assert_eq!(
            request.id_token[&Claim::Acr].wanted().collect::<Vec<_>>(),
            ["urn:fuxin:assurance:2", "urn:fuxin:assurance:1"]
        );
    }

    #[test]
    fn one_value_can_be_asked_for() {
        let request = parse(r#"{"id_token": {"sub": {"value": "248289761001"}}}"#).unwrap();
        assert_eq!(request.id_token[&Claim::Sub].wanted().collect::<Vec<_>>(), ["248289761001"]);
    }

    #[test]
    fn unknown_and_language_tagged_claims_are_left_out() {
        let request = parse(
            r#"{"userinfo": {"name#zh-Hant": 7, "x": [1]}, "id_token": null, "verified": {}}"#,
        );
        assert_eq!(request, Ok(ClaimsRequest::default()));
        let extended = r#"{"userinfo": {"name": {"essential": true, "purpose": "to greet"}}}"#;
        assert!(parse(extended).unwrap().userinfo[&Claim::Name].essential);
        assert!(ClaimsRequest::parse(None).unwrap().is_empty());
    }

    #[test]
    fn anything_else_is_an_invalid_request() {
        for text in [
            "",
            "null",
            "[]",
            "[{}, {}]",
            "{",
            "{} x",
            r#"{"userinfo": []}"#,
            r#"{"userinfo": "name"}"#,
            r#"{"userinfo": {"name": true}}"#,
            r#"{"userinfo": {"name": {"essential": "true"}}}"#,
            r#"{"userinfo": {"name": {"values": "x"}}}"#,
        ] {
            assert_eq!(parse(text).unwrap_err().code.as_str(), "invalid_request", "{text}");
        }
    }

    #[test]
    fn a_name_given_twice_is_refused_at_every_level() {
        for text in [
            r#"{"userinfo": {}, "userinfo": {}}"#,
            r#"{"userinfo": {"name": null, "name": null}}"#,
            r#"{"userinfo": {"x": null, "x": null}}"#,
            r#"{"userinfo": {"name": {"essential": true, "essential": false}}}"#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn size_and_number_are_bounded() {
        let many = |count: usize| {
            let members = (0..count).map(|n| format!("\"x{n}\":null")).collect::<Vec<_>>();
            format!("{{\"id_token\":{{{}}}}}", members.join(","))
        };
        assert!(parse(&many(limits::CLAIMS_MEMBERS)).is_ok());
        assert!(parse(&many(limits::CLAIMS_MEMBERS + 1)).is_err());
        let long = |length: usize| format!("{{}}{}", " ".repeat(length - 2));
        assert!(parse(&long(limits::CLAIMS)).is_ok());
        assert!(parse(&long(limits::CLAIMS + 1)).is_err());
        assert!(parse(&format!(r#"{{"x":{}"#, "[".repeat(4000))).is_err());
    }

    #[test]
    fn a_request_is_stored_as_what_was_asked() {
        let text = r#"{"userinfo":{"name":{"essential":true},"email":{}},"id_token":{"acr":{"value":"x"}}}"#;
        let request = parse(text).unwrap();
        assert_eq!(serde_json::to_string(&request).unwrap(), text);
        assert_eq!(serde_json::to_string(&ClaimsRequest::default()).unwrap(), "{}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in r#"[{\[]["{}\[\]:,a-z ]{0,60}|.{0,40}"#) {
            let _ = parse(&text);
        }
    }
}
