//! The certificate of a client, whose key the TLS handshake has proved; nothing else is known of it until it is judged.
//!
//! RFC 8705 §2.1.2: the name that a client registered stands in its certificate, in exactly the place that was registered.
//! RFC 5280 §4.2.1.6 (alternative names).

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use openssl::pkey::{PKey, Public};
use openssl::x509::{GeneralNameRef, X509, X509Ref};

use super::client_authorities::ClientAuthorities;
use super::name;
use crate::base::limits;
use crate::oauth::distinguished_name::DistinguishedName;

/// A certificate of which the peer of a TLS connection holds the key, and what it sent besides. It is in a request's
/// extensions, where no peer can write. Cheap to clone.
#[derive(Clone)]
pub struct ClientCertificate(Arc<Sent>);

struct Sent {
    own: X509,
    between: Vec<X509>,
}

/// Why a certificate is not a client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The configured authorities do not vouch for it.
    #[error("the client's certificate: {0}")]
    Untrusted(&'static str),
    /// It does not have the registered name.
    #[error("the client's certificate does not have the registered name")]
    NameWrong,
    /// Its key is none of the registered ones.
    #[error("the key of the client's certificate is not registered")]
    KeyUnregistered,
}

/// The name that a certificate must have.
#[derive(Clone, Copy, Debug)]
pub enum Name<'a> {
    /// The subject.
    Subject(&'a DistinguishedName),
    /// A DNS name. A wildcard is a name like any other.
    Dns(&'a str),
    /// A URI.
    Uri(&'a str),
    /// An IP address.
    Ip(IpAddr),
    /// A mail address.
    Email(&'a str),
}

impl ClientCertificate {
    /// The certificate that a finished handshake was made with, and the others that were sent, of which a few count.
    pub fn proved(own: X509, sent: impl IntoIterator<Item = X509>) -> Self {
        let between = sent.into_iter().take(limits::CLIENT_CERTIFICATES).collect();
        Self(Arc::new(Sent { own, between }))
    }

    /// Whether these authorities vouch for it, for this name.
    pub fn require(&self, authorities: &ClientAuthorities, name: &Name<'_>) -> Result<(), Error> {
        authorities.judge(self)?;
        if self.carries(name) { Ok(()) } else { Err(Error::NameWrong) }
    }

    /// Its public key, if it is of a kind that OpenSSL knows.
    pub fn key(&self) -> Option<PKey<Public>> {
        self.0.own.public_key().ok()
    }

    pub(super) fn own(&self) -> &X509Ref {
        &self.0.own
    }

    pub(super) fn between(&self) -> &[X509] {
        &self.0.between
    }

    fn carries(&self, wanted: &Name<'_>) -> bool {
        if let Name::Subject(registered) = wanted {
            return name::is(registered, self.0.own.subject_name());
        }
        let names = self.0.own.subject_alt_names();
        names.is_some_and(|names| names.iter().any(|name| is_alternative(wanted, name)))
    }
}

fn is_alternative(wanted: &Name<'_>, name: &GeneralNameRef) -> bool {
    match wanted {
        Name::Subject(_) => false,
        Name::Dns(wanted) => name.dnsname().is_some_and(|own| own.eq_ignore_ascii_case(wanted)),
        Name::Uri(wanted) => name.uri() == Some(wanted),
        Name::Ip(IpAddr::V4(wanted)) => name.ipaddress() == Some(&wanted.octets()),
        Name::Ip(IpAddr::V6(wanted)) => name.ipaddress() == Some(&wanted.octets()),
        Name::Email(wanted) => name.email().is_some_and(|own| is_mailbox(own, wanted)),
    }
}

/// RFC 5280 §7.5: the host's case makes no difference, that of the name before it does.
fn is_mailbox(one: &str, other: &str) -> bool {
    match (one.rsplit_once('@'), other.rsplit_once('@')) {
        (Some((name, host)), Some((other_name, other_host))) => {
            name == other_name && host.eq_ignore_ascii_case(other_host)
        }
        _ => false,
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Its names may be a person's.
        f.write_str("ClientCertificate")
    }
}

#[cfg(test)]
mod tests {
    use openssl::hash::MessageDigest;

    use super::*;

    #[test]
    fn so_many_certificates_count_and_no_more() {
        let key = PKey::generate_ed25519().unwrap();
        let mut builder = X509::builder().unwrap();
        builder.set_pubkey(&key).unwrap();
        builder.sign(&key, MessageDigest::null()).unwrap();
        let own = builder.build();
        let counted = |sent: usize| {
            let sent = std::iter::repeat_n(own.clone(), sent);
            ClientCertificate::proved(own.clone(), sent).between().len()
        };
        assert_eq!(counted(limits::CLIENT_CERTIFICATES), limits::CLIENT_CERTIFICATES);
        assert_eq!(counted(limits::CLIENT_CERTIFICATES + 1), limits::CLIENT_CERTIFICATES);
    }

    #[test]
    fn a_mailbox_is_the_same_in_another_case_of_its_host_only() {
        assert!(is_mailbox("a@x.tw", "a@X.TW"));
        for other in ["A@x.tw", "a@y.tw", "a", "@x.tw", "a@x.tw.", ""] {
            assert!(!is_mailbox("a@x.tw", other), "{other}");
        }
    }
}
