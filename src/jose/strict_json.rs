//! One JSON object, strictly: complete, and no object in it has two members of one name.
//!
//! RFC 7515 §4 and RFC 7519 §4 let a parser refuse duplicate members or keep the last. Keeping the last lets two parsers
//! see two different tokens, so they are refused, at every depth. Depth is bounded by `serde_json` (128), size by
//! `limits::JWT`.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

/// Why the bytes are not such an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Error {
    NotAnObject,
    DuplicateMember,
}

/// Reads one object that fills all of `bytes`.
pub(super) fn object(bytes: &[u8]) -> Result<Map<String, Value>, Error> {
    match serde_json::from_slice(bytes) {
        Ok(Strict(Value::Object(members))) => Ok(members),
        // `Strict` takes every kind of value, so the only error of this category is its own.
        Err(error) if error.classify() == Category::Data => Err(Error::DuplicateMember),
        Ok(Strict(_)) | Err(_) => Err(Error::NotAnObject),
    }
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without duplicate members")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = elements.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, Strict(value))) = entries.next_entry::<String, Strict>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("duplicate member"));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_read_as_it_stands() {
        let text = r#"{"a":1,"b":[{"a":-2},{"a":1.5}],"c":null,"d":true,"e":"\u7b26"}"#;
        let members = object(text.as_bytes()).unwrap();
        assert_eq!(Value::Object(members), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn duplicate_members_are_refused_at_every_depth_and_in_every_spelling() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"b":2,"\u0061":3}"#,
            r#"{"x":{"a":1,"a":2}}"#,
            r#"{"x":[[{"a":1,"a":2}]]}"#,
        ] {
            assert_eq!(object(text.as_bytes()), Err(Error::DuplicateMember), "{text}");
        }
        assert!(object(br#"{"a":1,"A":1,"x":{"a":1}}"#).is_ok());
    }

    #[test]
    fn anything_but_one_whole_object_is_refused() {
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(200), "]".repeat(200));
        for text in
            ["", "[]", "1", "\"a\"", "null", "{", "{}{}", "{} x", "{\"a\":1,}", "\u{feff}{}", &deep]
        {
            assert_eq!(object(text.as_bytes()), Err(Error::NotAnObject), "{text}");
        }
        assert_eq!(object(b"{\"a\":\"\xff\"}"), Err(Error::NotAnObject));
        assert_eq!(object(br#"{"a":"\ud800"}"#), Err(Error::NotAnObject));
        assert!(object(b" {} ").is_ok());
    }
}
