//! `[outbound]`: whom fetches from agencies' sites trust besides the system's authorities, and which hosts may be private.
//!
//! The guard itself is no preference: `outbound` owns it, and nothing here weakens it for a host that is not named.

use std::fmt;
use std::path::{Path, PathBuf};

use openssl::x509::X509;
use url::Host;

use super::problem::Fault;
use super::source::{Reported, Source};

/// What a deployment says about fetches.
#[derive(Clone, Debug, Default)]
pub struct Outbound {
    /// Trusted besides the system's authorities.
    pub extra_ca: Option<ExtraCa>,
    /// Hosts that may have a private address and another port.
    pub private_hosts: Vec<PrivateHost>,
}

/// Certificates of further authorities.
#[derive(Clone, Debug)]
pub struct ExtraCa {
    /// Where they lie.
    pub file: PathBuf,
    /// At least one.
    pub certificates: Vec<X509>,
}

/// A host on one port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateHost {
    /// A name or an address, spelled as in URLs.
    pub host: Host<String>,
    /// Its port.
    pub port: u16,
}

impl fmt::Display for PrivateHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl Outbound {
    pub(super) fn read(source: &mut Source) -> Result<Self, Reported> {
        const CA: &str = "outbound.extra_ca_file";
        let file = source.find(CA, |text| Ok(PathBuf::from(text)));
        let private_hosts = source.parse_each("outbound.private_hosts", private_host);
        let extra_ca = match file? {
            None => None,
            Some(file) => {
                let file = source.path(CA, file);
                let certificates = certificates(&file).map_err(|fault| source.refuse(CA, fault))?;
                Some(ExtraCa { file, certificates })
            }
        };
        Ok(Self { extra_ca, private_hosts: private_hosts? })
    }
}

/// The certificates in a file, one at least.
pub(super) fn certificates(file: &Path) -> Result<Vec<X509>, Fault> {
    let text = super::read_file(file)?;
    match X509::stack_from_pem(text.as_bytes()) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(Fault::NotCertificates { path: file.to_owned() }),
    }
}

/// `host:port`, in the one spelling that a URL's host has once it is parsed: an entry that could never match is a mistake.
fn private_host(text: &str) -> Result<PrivateHost, Fault> {
    let (name, port) = text.rsplit_once(':').ok_or(Fault::NotAHostWithPort)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    let host = Host::parse(name).map_err(|_| Fault::NotAHostWithPort)?;
    if host.to_string() != name || !name.bytes().all(is_plain) || name.ends_with('.') {
        return Err(Fault::NotAHostWithPort);
    }
    match port.parse() {
        Ok(number) if number != 0 && u16::to_string(&number) == port => {
            Ok(PrivateHost { host, port: number })
        }
        _ => Err(Fault::NotAHostWithPort),
    }
}
