//! Where a request comes from: the connection's address, or what a trusted proxy says.
//!
//! `X-Forwarded-For` is read from the right, over listed proxies only; the first address that is not one of them is the
//! client (A-PWD-04). No other forwarding header is believed.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;

/// The address of the client.
pub fn of(peer: SocketAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let peer = peer.ip().to_canonical();
    if !is_trusted(&peer) {
        return peer;
    }
    let said: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    let mut client = peer;
    for text in said.iter().rev() {
        // What is no address was not written by a proxy of ours: nothing left of it is believed.
        let Ok(address) = text.parse::<IpAddr>() else { break };
        client = address.to_canonical();
        if !is_trusted(&client) {
            break;
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        headers.insert("x-real-ip", "6.6.6.6".parse().unwrap());
        headers.insert("forwarded", "for=6.6.6.6".parse().unwrap());
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        of(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    /// A-PWD-04
    #[test]
    fn only_listed_proxies_are_believed() {
        assert_eq!(client("203.0.113.9:1", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(client("10.0.0.1:1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1:1", &["6.6.6.6, 198.51.100.1, 10.0.0.2"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1:1", &["6.6.6.6", "198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1:1", &["6.6.6.6, junk, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(client("10.0.0.1:1", &[]), "10.0.0.1");
        assert_eq!(client("10.0.0.1:1", &["::ffff:198.51.100.1"]), "198.51.100.1");
    }
}
