//! `[server]`: who the provider is, where it listens, whose forwarding headers it believes.
//!
//! The issuer is configuration, never taken from a request. OpenID Connect Discovery 1.0 §2; RFC 7239 §8.1 (proxies).

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use super::problem::Fault;
use super::source::{Reported, Source};
use crate::base::time::Lifetime;
use crate::oauth::issuer::Issuer;

/// Who the provider is and where it listens.
#[derive(Clone, Debug)]
pub struct Server {
    /// The address that people and agencies see.
    pub issuer: Issuer,
    /// Where requests are accepted.
    pub listen: SocketAddr,
    /// Where metrics are served; nowhere if `None`.
    pub metrics_listen: Option<SocketAddr>,
    /// The proxies whose word about the client's address is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How long requests in flight may finish.
    pub shutdown: Lifetime,
}

impl Server {
    pub(super) fn read(source: &mut Source) -> Result<Self, Reported> {
        const METRICS: &str = "server.metrics_listen";
        let issuer =
            source.parse("server.issuer", |text| Issuer::parse(text).map_err(Fault::NotAnIssuer));
        let listen = source.parse("server.listen", address);
        let metrics_listen = source.find(METRICS, address);
        let trusted_proxies = source.parse_each("server.trusted_proxies", network);
        let shutdown = source.number("server.shutdown_seconds");
        if let Ok(Some(metrics)) = metrics_listen
            && listen == Ok(metrics)
        {
            source.refuse(METRICS, Fault::MetricsInPublic);
        }
        Ok(Self {
            issuer: issuer?,
            listen: listen?,
            metrics_listen: metrics_listen?,
            trusted_proxies: trusted_proxies?,
            shutdown: Lifetime::seconds(shutdown?),
        })
    }
}

pub(super) fn address(text: &str) -> Result<SocketAddr, Fault> {
    text.parse().map_err(|_| Fault::NotAnAddress)
}

/// A network; a bare address is the network of that one address.
fn network(text: &str) -> Result<IpNet, Fault> {
    let network = text
        .parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| Fault::NotANetwork)?;
    if network.prefix_len() == 0 { Err(Fault::EveryNetwork) } else { Ok(network.trunc()) }
}
