//! Distinguished names as texts: the subject that a client's certificate must have (`tls_client_auth_subject_dn`).
//!
//! RFC 4514 §2 and §3, read strictly, but for spaces around separators, which RFC 2253 wrote. Owns the reading only: when
//! two names are equal is `pki`'s, since it depends on how a certificate writes its own.

use serde::{Deserialize, Serialize};

use crate::base::limits;

/// The attribute types that have a name (RFC 4514 §3), and others that certificates of organisations and people have.
const NAMED: [(&str, &str); 19] = [
    ("cn", "2.5.4.3"),
    ("l", "2.5.4.7"),
    ("st", "2.5.4.8"),
    ("o", "2.5.4.10"),
    ("ou", "2.5.4.11"),
    ("c", "2.5.4.6"),
    ("street", "2.5.4.9"),
    ("dc", "0.9.2342.19200300.100.1.25"),
    ("uid", "0.9.2342.19200300.100.1.1"),
    ("sn", "2.5.4.4"),
    ("surname", "2.5.4.4"),
    ("serialnumber", "2.5.4.5"),
    ("title", "2.5.4.12"),
    ("businesscategory", "2.5.4.15"),
    ("postalcode", "2.5.4.17"),
    ("gn", "2.5.4.42"),
    ("givenname", "2.5.4.42"),
    ("organizationidentifier", "2.5.4.97"),
    ("emailaddress", "1.2.840.113549.1.9.1"),
];

/// Why a text is no distinguished name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Every certificate without a subject would have it.
    #[error("the distinguished name is empty")]
    Empty,
    /// Longer than `limits::CLIENT_TEXT`.
    #[error("the distinguished name is too long")]
    TooLong,
    /// An attribute type that is neither known by name nor an object identifier.
    #[error("the distinguished name has an attribute type that is not known; write its OID")]
    TypeUnknown,
    /// A character that has to be escaped, an escape that is none, or no `=`.
    #[error(
        "the distinguished name is not written as RFC 4514 asks, such as CN=client,O=Agency,C=TW"
    )]
    Malformed,
}

/// A distinguished name, as it was registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DistinguishedName {
    text: String,
    parts: Vec<Vec<Attribute>>,
}

/// One attribute of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The object identifier of its type, as DER writes the inside of one.
    pub kind: Vec<u8>,
    /// Its value.
    pub value: Value,
}

/// What an attribute says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text, in whatever kind of string.
    Text(String),
    /// A value in DER, written as `#` and hexadecimal digits.
    Der(Vec<u8>),
}

impl DistinguishedName {
    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > limits::CLIENT_TEXT {
            return Err(Error::TooLong);
        }
        if text.trim().is_empty() {
            return Err(Error::Empty);
        }
        let mut rest = text;
        let mut parts = vec![Vec::new()];
        loop {
            let (attribute, separator, after) = attribute(rest)?;
            if let Some(part) = parts.last_mut() {
                part.push(attribute);
            }
            match separator {
                None => return Ok(Self { text: text.to_owned(), parts }),
                Some(',') => parts.push(Vec::new()),
                Some(_) => {}
            }
            rest = after;
        }
    }

    /// The name as it was registered.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its relative names, each a set of attributes, from the most particular to the root: as in the text.
    pub fn parts(&self) -> &[Vec<Attribute>] {
        &self.parts
    }
}

/// The first attribute, the separator behind it (`,` or `+`), and the rest.
fn attribute(text: &str) -> Result<(Attribute, Option<char>, &str), Error> {
    let (kind, rest) = text.split_once('=').ok_or(Error::Malformed)?;
    let kind = kind.trim_matches(' ').to_ascii_lowercase();
    let known = NAMED.iter().find(|(name, _)| *name == kind).map(|(_, identifier)| *identifier);
    let kind = object_identifier(known.unwrap_or(&kind)).ok_or(Error::TypeUnknown)?;
    let rest = rest.trim_start_matches(' ');
    let (value, separator, rest) = match rest.strip_prefix('#') {
        Some(digits) => {
            let end = digits.find([',', '+']).unwrap_or(digits.len());
            let (digits, rest) = digits.split_at_checked(end).ok_or(Error::Malformed)?;
            let der = hexadecimal(digits.trim_end_matches(' ')).ok_or(Error::Malformed)?;
            let mut after = rest.chars();
            (Value::Der(der), after.next(), after.as_str())
        }
        None => string(rest)?,
    };
    Ok((Attribute { kind, value }, separator, rest))
}

/// A value that is a text: RFC 4514 §3, `string`.
fn string(text: &str) -> Result<(Value, Option<char>, &str), Error> {
    let (mut bytes, mut kept) = (Vec::new(), 0);
    let mut rest = text.chars();
    let separator = loop {
        match rest.next() {
            None => break None,
            Some(separator @ (',' | '+')) => break Some(separator),
            Some('\\') => {
                bytes.push(escaped(&mut rest).ok_or(Error::Malformed)?);
                kept = bytes.len();
            }
            Some('"' | ';' | '<' | '>' | '\0') => return Err(Error::Malformed),
            Some(' ') => bytes.push(b' '),
            Some(other) => {
                bytes.extend(other.encode_utf8(&mut [0; 4]).bytes());
                kept = bytes.len();
            }
        }
    };
    // Spaces at the end that nobody escaped are not the value's.
    bytes.truncate(kept);
    let text = String::from_utf8(bytes).map_err(|_| Error::Malformed)?;
    Ok((Value::Text(text), separator, rest.as_str()))
}

/// What stands after a backslash: a special character, or a byte in hexadecimal.
fn escaped(rest: &mut std::str::Chars<'_>) -> Option<u8> {
    let first = rest.next()?;
    if "\\\"+,;<> #=".contains(first) {
        return u8::try_from(first).ok();
    }
    let digits = [first, rest.next()?].map(|digit| digit.to_digit(16));
    let [Some(high), Some(low)] = digits else { return None };
    u8::try_from(high * 16 + low).ok()
}

fn hexadecimal(digits: &str) -> Option<Vec<u8>> {
    let mut rest = digits.chars();
    let mut bytes = Vec::new();
    while let Some(high) = rest.next() {
        let (high, low) = (high.to_digit(16)?, rest.next()?.to_digit(16)?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    if bytes.is_empty() { None } else { Some(bytes) }
}

/// The inside of an object identifier in DER (X.690 §8.19).
fn object_identifier(text: &str) -> Option<Vec<u8>> {
    let is_number = |arc: &str| {
        !arc.is_empty()
            && arc.bytes().all(|digit| digit.is_ascii_digit())
            && (arc == "0" || !arc.starts_with('0'))
    };
    let arcs: Vec<u64> = text
        .split('.')
        .map(|arc| if is_number(arc) { arc.parse().ok() } else { None })
        .collect::<Option<_>>()?;
    let [first, second, rest @ ..] = arcs.as_slice() else { return None };
    if *first > 2 || (*first < 2 && *second > 39) {
        return None;
    }
    let mut bytes = Vec::new();
    for arc in std::iter::once(&first.checked_mul(40)?.checked_add(*second)?).chain(rest) {
        let groups = (64 - arc.leading_zeros()).div_ceil(7).max(1);
        for group in (0..groups).rev() {
            let seven = u8::try_from((arc >> (7 * group)) & 0x7f).ok()?;
            bytes.push(if group == 0 { seven } else { seven | 0x80 });
        }
    }
    Some(bytes)
}

impl TryFrom<String> for DistinguishedName {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<DistinguishedName> for String {
    fn from(name: DistinguishedName) -> Self {
        name.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<Vec<String>> {
        let name = DistinguishedName::parse(text).unwrap();
        let shown = |attribute: &Attribute| match &attribute.value {
            Value::Text(text) => text.clone(),
            Value::Der(bytes) => format!("{bytes:?}"),
        };
        name.parts().iter().map(|part| part.iter().map(shown).collect()).collect()
    }

    /// The examples of RFC 4514 §4.
    #[test]
    fn the_examples_of_the_rfc_are_read() {
        assert_eq!(values("UID=jsmith,DC=example,DC=net"), [["jsmith"], ["example"], ["net"]]);
        assert_eq!(values("OU=Sales+CN=J.  Smith,DC=net")[0], ["Sales", "J.  Smith"]);
        assert_eq!(values(r#"CN=James \"Jim\" Smith\, III"#), [[r#"James "Jim" Smith, III"#]]);
        assert_eq!(values(r"CN=Before\0dAfter,DC=net")[0], ["Before\rAfter"]);
        assert_eq!(values("1.3.6.1.4.1.1466.0=#04024869"), [["[4, 2, 72, 105]"]]);
        assert_eq!(values(r"CN=Lu\C4\8Di\C4\87"), [["Lučić"]]);
    }

    #[test]
    fn spaces_are_the_values_only_where_they_are_escaped() {
        assert_eq!(values("CN = 數位 部 , C = TW"), [["數位 部"], ["TW"]]);
        assert_eq!(values(r"CN=\ a\ ,C=TW"), [[" a "], ["TW"]]);
        assert_eq!(values("CN=a,C="), [["a"], [""]]);
    }

    #[test]
    fn types_are_names_in_any_case_or_object_identifiers() {
        let kind =
            |text: &str| DistinguishedName::parse(text).map(|name| name.parts()[0][0].kind.clone());
        assert_eq!(kind("cn=a"), Ok(vec![0x55, 4, 3]));
        assert_eq!(kind("CN=a"), kind("2.5.4.3=a"));
        let email = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];
        assert_eq!(kind("emailAddress=a"), Ok(email.to_vec()));
        assert_eq!(kind("2.999=a"), Ok(vec![0x88, 0x37]));
        for unknown in ["X=a", "=a", "2=a", "3.1=a", "1.40=a", "2.5.04=a", "2..5=a", "+1.2=a"] {
            assert_eq!(kind(unknown), Err(Error::TypeUnknown), "{unknown}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for (text, error) in [
            ("", Error::Empty),
            ("  ", Error::Empty),
            ("CN", Error::Malformed),
            ("CN=a,", Error::Malformed),
            ("CN=a+", Error::Malformed),
            ("CN=a;O=b", Error::Malformed),
            ("CN=<a>", Error::Malformed),
            ("CN=\"a\"", Error::Malformed),
            ("CN=a\\", Error::Malformed),
            ("CN=a\\x", Error::Malformed),
            ("CN=\\ff", Error::Malformed),
            ("CN=#", Error::Malformed),
            ("CN=#0", Error::Malformed),
            ("CN=#0g", Error::Malformed),
        ] {
            assert_eq!(DistinguishedName::parse(text), Err(error), "{text}");
        }
        let long = |length: usize| format!("CN={}", "x".repeat(length - 3));
        assert!(DistinguishedName::parse(&long(limits::CLIENT_TEXT)).is_ok());
        let refused = DistinguishedName::parse(&long(limits::CLIENT_TEXT + 1));
        assert_eq!(refused, Err(Error::TooLong));
    }
}
