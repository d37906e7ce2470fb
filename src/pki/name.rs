//! When the subject of a certificate is a registered name (RFC 5280 §7.1, RFC 4518).
//!
//! The registered name is written as a certificate would write it, and OpenSSL compares the two in its canonical form: the
//! kind of string, the case of ASCII letters and the number of spaces make no difference; order and grouping do.

use std::cmp::Ordering;

use openssl::x509::{X509Name, X509NameRef};

use crate::oauth::distinguished_name::{DistinguishedName, Value};

const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// Whether the two are one name.
pub(super) fn is(registered: &DistinguishedName, subject: &X509NameRef) -> bool {
    let name = X509Name::from_der(&der(registered));
    // An empty subject is nobody's.
    subject.entries().next().is_some()
        && name.is_ok_and(|name| name.try_cmp(subject).is_ok_and(Ordering::is_eq))
}

/// The name in DER, root first (RFC 4514 §2.1).
fn der(name: &DistinguishedName) -> Vec<u8> {
    let mut names = Vec::new();
    for part in name.parts().iter().rev() {
        let mut set = Vec::new();
        for attribute in part {
            let mut pair = element(OBJECT_IDENTIFIER, &attribute.kind);
            match &attribute.value {
                Value::Text(text) => pair.extend(element(UTF8_STRING, text.as_bytes())),
                Value::Der(bytes) => pair.extend(bytes),
            }
            set.extend(element(SEQUENCE, &pair));
        }
        names.extend(element(SET, &set));
    }
    element(SEQUENCE, &names)
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    let length = content.len().to_be_bytes();
    match u8::try_from(content.len()) {
        Ok(short @ 0..=0x7f) => bytes.push(short),
        _ => {
            let significant: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
            bytes.push(0x80 | u8::try_from(significant.len()).unwrap_or(0));
            bytes.extend(significant);
        }
    }
    bytes.extend(content);
    bytes
}

#[cfg(test)]
mod tests {
    use openssl::asn1::Asn1Type;
    use openssl::nid::Nid;

    use super::*;

    /// CN=人事 Service,O=Agency,C=TW, as certificates have it: the root first, in strings of several kinds.
    fn subject() -> X509Name {
        let mut builder = X509Name::builder().unwrap();
        let country = Asn1Type::PRINTABLESTRING;
        builder.append_entry_by_nid_with_type(Nid::COUNTRYNAME, "TW", country).unwrap();
        builder.append_entry_by_nid(Nid::ORGANIZATIONNAME, "Agency").unwrap();
        builder.append_entry_by_nid(Nid::COMMONNAME, "人事 Service").unwrap();
        builder.build()
    }

    fn is_subject(text: &str) -> bool {
        is(&DistinguishedName::parse(text).unwrap(), &subject())
    }

    #[test]
    fn a_name_is_the_same_however_it_is_written() {
        for same in [
            "CN=人事 Service,O=Agency,C=TW",
            "cn=人事   service, o=AGENCY, c=tw",
            "2.5.4.3=人事 Service,2.5.4.10=Agency,2.5.4.6=TW",
            r"CN=\E4\BA\BA\E4\BA\8B Service,O=Agency,C=TW",
            "CN=人事 Service,O=Agency,C=#13025457",
        ] {
            assert!(is_subject(same), "{same}");
        }
    }

    #[test]
    fn another_name_is_another_name() {
        for other in [
            "CN=人事 Service,O=Agency",
            "O=Agency,C=TW",
            "C=TW,O=Agency,CN=人事 Service",
            "CN=人事 Service,O=Agency,OU=x,C=TW",
            "CN=人事 Service+O=Agency,C=TW",
            "CN=人事Service,O=Agency,C=TW",
            "CN=人事 Service,OU=Agency,C=TW",
            "CN=人事 Service\\00,O=Agency,C=TW",
            "CN=人事 Service,O=Agency,C=#0500",
        ] {
            assert!(!is_subject(other), "{other}");
        }
        let empty = X509Name::builder().unwrap().build();
        assert!(!is(&DistinguishedName::parse("C=").unwrap(), &empty));
    }

    #[test]
    fn a_long_name_is_written_with_its_length() {
        let long = "x".repeat(300);
        let mut builder = X509Name::builder().unwrap();
        builder.append_entry_by_nid(Nid::DESCRIPTION, &long).unwrap();
        let name = DistinguishedName::parse(&format!("2.5.4.13={long}")).unwrap();
        assert!(is(&name, &builder.build()));
    }
}
