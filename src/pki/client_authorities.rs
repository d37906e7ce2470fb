//! The authorities that vouch for clients' certificates, and the verdict on one of these.
//!
//! RFC 5280 §6 by OpenSSL: a path to a configured authority, every link valid now, for TLS clients (`clientAuth`, or no
//! extended key usage), with keys and signatures of 112 bits at least. Nobody else's authorities count, not the system's.

use std::fmt;
use std::sync::Arc;

use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509PurposeId, X509StoreContext, X509VerifyResult};

use super::client_certificate::{ClientCertificate, Error};

/// Certificates between a client's and an authority's.
const DEPTH: i32 = 4;
/// OpenSSL's level of security for what is 112 bits strong: RSA with 2048 bits, SHA-256 (NIST SP 800-57).
const LEVEL: i32 = 2;

/// Who may vouch for clients. Cheap to clone.
#[derive(Clone)]
pub struct ClientAuthorities(Arc<X509Store>);

impl ClientAuthorities {
    /// These, each of which is trusted as it stands, be it a root or not.
    pub fn new(certificates: &[X509]) -> Result<Self, ErrorStack> {
        let mut parameters = X509VerifyParam::new()?;
        parameters.set_purpose(X509PurposeId::SSL_CLIENT)?;
        parameters.set_flags(X509VerifyFlags::PARTIAL_CHAIN)?;
        parameters.set_depth(DEPTH);
        parameters.set_auth_level(LEVEL);
        let mut store = X509StoreBuilder::new()?;
        store.set_param(&parameters)?;
        for certificate in certificates {
            store.add_cert(certificate.clone())?;
        }
        Ok(Self(Arc::new(store.build())))
    }

    /// Whether they vouch for a certificate now, perhaps through what was sent with it.
    pub(super) fn judge(&self, certificate: &ClientCertificate) -> Result<(), Error> {
        let verified = || {
            let mut between = Stack::new()?;
            for link in certificate.between() {
                between.push(link.clone())?;
            }
            let (store, own) = (&self.0, certificate.own());
            X509StoreContext::new()?
                .init(store, own, &between, |path| Ok((path.verify_cert()?, path.error())))
        };
        let verdict = verified();
        // A path that is refused leaves its reasons in this thread's queue, where the next connection would find them.
        drop(ErrorStack::get());
        match verdict {
            Ok((true, X509VerifyResult::OK)) => Ok(()),
            Ok((_, reason)) => Err(Error::Untrusted(reason.error_string())),
            Err(_) => Err(Error::Untrusted("it cannot be verified")),
        }
    }
}

impl fmt::Debug for ClientAuthorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientAuthorities")
    }
}
