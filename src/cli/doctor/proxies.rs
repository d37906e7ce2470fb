//! The proxies: whose word about a client's address is believed, and who can reach the server past them.

use std::net::SocketAddr;

use ipnet::IpNet;

use super::finding::Finding;
use crate::config::Config;

/// Fuxin speaks plain HTTP: an https issuer has a proxy in front, and all people would share its address.
pub(super) fn examine(config: &Config) -> Vec<Finding> {
    const CHECK: &str = "proxies";
    let server = &config.server;
    let trusted = &server.trusted_proxies;
    let mut findings: Vec<Finding> = trusted
        .iter()
        .filter(|network| is_broad(network))
        .map(|network| {
            let found = format!("everyone in {network} may claim any client address");
            Finding::warning(CHECK, found, "name the proxies' own addresses")
        })
        .collect();
    if server.issuer.is_secure() && trusted.is_empty() {
        let found = "the issuer is https, but no proxy is trusted: all people share one address";
        let mend = "set server.trusted_proxies to the address of the proxy that ends TLS";
        findings.push(Finding::warning(CHECK, found, mend));
    }
    if server.issuer.is_secure() && !is_private(server.listen) {
        let found = format!("{} accepts plain HTTP from everywhere", server.listen);
        let mend = "set server.listen to an address that only the proxy reaches";
        findings.push(Finding::warning(CHECK, found, mend));
    }
    let own = server.listen.ip();
    if own.is_loopback() && !trusted.is_empty() && !trusted.iter().any(|net| net.contains(&own)) {
        let found =
            format!("only this machine reaches {}, but {own} is not trusted", server.listen);
        let mend = format!("add {own} to server.trusted_proxies");
        findings.push(Finding::warning(CHECK, found, mend));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, format!("{} trusted", trusted.len())));
    }
    findings
}

fn is_broad(network: &IpNet) -> bool {
    network.prefix_len() < if network.addr().is_ipv4() { 16 } else { 48 }
}

fn is_private(address: SocketAddr) -> bool {
    match address {
        SocketAddr::V4(address) => address.ip().is_loopback() || address.ip().is_private(),
        SocketAddr::V6(address) => address.ip().is_loopback() || address.ip().is_unique_local(),
    }
}
