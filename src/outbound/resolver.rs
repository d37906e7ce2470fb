//! From a target to addresses that were judged: the only way to a value that a connection can be opened to.
//!
//! A name is looked up once a fetch, every address of the answer is judged, and the connection goes to one of exactly
//! these. So a name server that gives another answer a moment later (DNS rebinding) is never asked again. An address in
//! the URL is judged by the same function.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use url::Host;

use super::address::reserved;
use super::error::Error;
use super::host::Place;
use super::target::Target;
use crate::base::limits;

/// Looks a name up; may block.
type Lookup = dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync;

/// What looks names up.
pub(super) struct Resolver(Arc<Lookup>);

/// Addresses of one target, all of them judged. Nothing else can be connected to.
#[derive(Debug)]
pub(super) struct Judged(Vec<SocketAddr>);

impl Judged {
    /// The addresses that are tried, in this order.
    pub(super) fn addresses(&self) -> &[SocketAddr] {
        self.0.get(..limits::OUTBOUND_ADDRESSES).unwrap_or(&self.0)
    }
}

impl Resolver {
    /// The system's: hosts file, name servers.
    pub(super) fn of_system() -> Self {
        Self::new(|name| Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect()))
    }

    pub(super) fn new(
        lookup: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(lookup))
    }

    /// Finds the target's addresses and judges each. One that is refused refuses them all.
    ///
    /// A look-up that hangs goes on when nobody waits for it any more, and keeps the fetch's place so long: that bounds
    /// the threads that name servers can hold.
    pub(super) async fn resolve(
        &self,
        target: &Target,
        place: &Arc<Place>,
    ) -> Result<Judged, Error> {
        let found = match &target.host {
            Host::Ipv4(address) => vec![IpAddr::V4(*address)],
            Host::Ipv6(address) => vec![IpAddr::V6(*address)],
            Host::Domain(name) => {
                let (lookup, name, place) = (self.0.clone(), name.clone(), place.clone());
                let looked_up = tokio::task::spawn_blocking(move || {
                    let _place = place;
                    lookup(&name)
                });
                looked_up.await.map_err(io::Error::other).flatten().map_err(Error::Unresolved)?
            }
        };
        judge(target, &found)
    }
}

fn judge(target: &Target, found: &[IpAddr]) -> Result<Judged, Error> {
    if found.is_empty() {
        return Err(Error::NoAddress);
    }
    let judged = found.iter().map(|address| match reserved(*address) {
        Some(why) if !(target.is_listed && why.may_be_listed()) => {
            Err(Error::AddressNotPublic(why))
        }
        _ => Ok(SocketAddr::new(address.to_canonical(), target.port)),
    });
    judged.collect::<Result<_, _>>().map(Judged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PrivateHost;
    use crate::outbound::address::Reserved;

    fn judged(url: &str, found: &[&str]) -> Result<Vec<String>, Error> {
        let local = Host::parse("local.test").unwrap();
        let target = Target::parse(url, &[PrivateHost { host: local, port: 8443 }]).unwrap();
        let found: Vec<IpAddr> = found.iter().map(|text| text.parse().unwrap()).collect();
        judge(&target, &found)
            .map(|judged| judged.addresses().iter().map(ToString::to_string).collect())
    }

    /// A-NET-01: one private address among public ones refuses them all, wherever it stands.
    #[test]
    fn every_address_is_judged() {
        const URL: &str = "https://rp.test/";
        assert_eq!(judged(URL, &["8.8.8.8", "2600::1"]).unwrap(), ["8.8.8.8:443", "[2600::1]:443"]);
        for mixed in [
            &["8.8.8.8", "127.0.0.1"][..],
            &["10.0.0.1", "8.8.8.8"],
            &["8.8.8.8", "8.8.4.4", "1.1.1.1", "9.9.9.9", "::1"],
            &["8.8.8.8", "::ffff:10.0.0.1"],
        ] {
            assert!(matches!(judged(URL, mixed), Err(Error::AddressNotPublic(_))), "{mixed:?}");
        }
        assert!(matches!(judged(URL, &[]), Err(Error::NoAddress)));
    }

    #[test]
    fn a_listed_host_may_be_private_and_nothing_worse() {
        const URL: &str = "https://local.test:8443/";
        assert_eq!(judged(URL, &["127.0.0.1"]).unwrap(), ["127.0.0.1:8443"]);
        assert!(matches!(
            judged(URL, &["169.254.169.254"]),
            Err(Error::AddressNotPublic(Reserved::LinkLocal))
        ));
        assert!(matches!(
            judged("https://local.test/", &["127.0.0.1"]),
            Err(Error::AddressNotPublic(Reserved::Loopback))
        ));
    }

    #[test]
    fn a_few_addresses_are_tried_of_many() {
        let many = ["8.8.8.1", "8.8.8.2", "8.8.8.3", "8.8.8.4"];
        assert_eq!(judged("https://rp.test/", &many[..3]).unwrap().len(), 3);
        assert_eq!(judged("https://rp.test/", &many).unwrap().len(), limits::OUTBOUND_ADDRESSES);
    }

    #[test]
    fn a_mapped_address_is_connected_to_as_what_it_is() {
        assert_eq!(judged("https://rp.test/", &["::ffff:8.8.8.8"]).unwrap(), ["8.8.8.8:443"]);
    }
}
