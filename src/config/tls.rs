//! `[tls]`: the listener of Fuxin's own that speaks TLS and asks clients for their certificates.
//!
//! RFC 8705 §5 (the addresses of such a listener). It stands beside the plain one; without the section there is none. Its
//! certificate and key are read again while it serves, by the same rules as at the start.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use openssl::asn1::Asn1Time;
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::x509::X509;

use super::problem::Fault;
use super::source::{Reported, Source};
use super::{outbound, secrets};
use crate::oauth::issuer::Issuer;
use crate::pki::client_authorities::ClientAuthorities;

const LISTEN: &str = "tls.listen";
const URL: &str = "tls.url";
const CERTIFICATE: &str = "tls.certificate_file";
const KEY: &str = "tls.key_file";
const CLIENT_CA: &str = "tls.client_ca_file";

/// The listener that speaks TLS.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Where it accepts connections.
    pub listen: SocketAddr,
    /// How clients reach it: the base of the addresses for those that come with a certificate.
    pub url: Issuer,
    /// Its certificate, and those between that and a root.
    pub certificate_file: PathBuf,
    /// The private key of its certificate.
    pub key_file: PathBuf,
    /// Who vouches for clients' certificates, and the file that says so.
    pub client_authorities: Option<(PathBuf, ClientAuthorities)>,
}

/// What the listener shows, and proves to hold the key of.
pub struct Identity {
    /// Its own certificate.
    pub certificate: X509,
    /// Those between it and a root.
    pub between: Vec<X509>,
    /// Its key.
    pub key: PKey<Private>,
}

impl Tls {
    pub(super) fn read(source: &mut Source) -> Result<Option<Self>, Reported> {
        let Some(listen) = source.find(LISTEN, super::server::address)? else {
            let given =
                [URL, CERTIFICATE, KEY, CLIENT_CA].into_iter().find(|key| source.is_given(key));
            return match given {
                Some(key) => Err(source.refuse(key, Fault::TlsWithoutListen)),
                None => Ok(None),
            };
        };
        let url = source.find(URL, url).and_then(|url| url.ok_or_else(|| source.miss(URL)));
        let certificate = file(source, CERTIFICATE);
        let key = file(source, KEY);
        let client_authorities = client_authorities(source);
        let tls = Self {
            listen,
            url: url?,
            certificate_file: certificate?,
            key_file: key?,
            client_authorities: client_authorities?,
        };
        match tls.identity() {
            Ok(_) => Ok(Some(tls)),
            Err((key, fault)) => Err(source.refuse(key, fault)),
        }
    }

    /// Reads certificate and key, which belong together and are good now; or which of the two keys is at fault.
    pub fn identity(&self) -> Result<Identity, (&'static str, Fault)> {
        let of_certificate = |fault| (CERTIFICATE, fault);
        let chain = outbound::certificates(&self.certificate_file).map_err(of_certificate)?;
        let mut chain = chain.into_iter();
        let no_certificate = || Fault::NotCertificates { path: self.certificate_file.clone() };
        let certificate = chain.next().ok_or_else(|| of_certificate(no_certificate()))?;
        if !is_good_now(&certificate).unwrap_or(false) {
            let path = self.certificate_file.clone();
            let until = certificate.not_after().to_string();
            return Err(of_certificate(Fault::CertificateNotGoodNow { path, until }));
        }
        let key = private_key(&self.key_file).map_err(|fault| (KEY, fault))?;
        if !certificate.public_key().is_ok_and(|public| public.public_eq(&key)) {
            return Err((KEY, Fault::KeyOfAnother { path: self.key_file.clone() }));
        }
        Ok(Identity { certificate, between: chain.collect(), key })
    }
}

fn url(text: &str) -> Result<Issuer, Fault> {
    Issuer::parse(text).ok().filter(Issuer::is_secure).ok_or(Fault::NotATlsUrl)
}

fn file(source: &mut Source, key: &'static str) -> Result<PathBuf, Reported> {
    match source.find(key, |text| Ok(PathBuf::from(text)))? {
        Some(file) => Ok(source.path(key, file)),
        None => Err(source.miss(key)),
    }
}

fn client_authorities(
    source: &mut Source,
) -> Result<Option<(PathBuf, ClientAuthorities)>, Reported> {
    if !source.is_given(CLIENT_CA) {
        return Ok(None);
    }
    let file = file(source, CLIENT_CA)?;
    let authorities = outbound::certificates(&file).and_then(|certificates| {
        ClientAuthorities::new(&certificates)
            .map_err(|_| Fault::NotCertificates { path: file.clone() })
    });
    match authorities {
        Ok(authorities) => Ok(Some((file, authorities))),
        Err(fault) => Err(source.refuse(CLIENT_CA, fault)),
    }
}

fn is_good_now(certificate: &X509) -> Result<bool, ErrorStack> {
    let now = Asn1Time::days_from_now(0)?;
    Ok(certificate.not_before() <= now && certificate.not_after() > now)
}

fn private_key(path: &Path) -> Result<PKey<Private>, Fault> {
    let text = secrets::read_file(path)?;
    // A key under a passphrase is none: nobody is there to be asked for it.
    PKey::private_key_from_pem_callback(text.expose().as_bytes(), |_| Ok(0))
        .map_err(|_| Fault::NotAPrivateKey { path: path.to_owned() })
}
