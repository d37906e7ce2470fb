//! Which addresses are public: whether a packet to one can only end at a host of the open Internet.
//!
//! The registries of special-purpose addresses (RFC 6890; RFC 8190 for IPv6) as data. IPv4 is public unless listed; IPv6
//! only within 2000::/3 and unless listed. An IPv6 form that leads to an IPv4 address is judged by that one where such
//! forms are in use (mapped, NAT64), and refused where they are history (compatible, 6to4, Teredo).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address that is not public is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// `0.0.0.0/8`, `::`: leads to this very host.
    Unspecified,
    /// This very host.
    Loopback,
    /// A private network, RFC 1918.
    Private,
    /// A provider's network behind carrier-grade NAT, RFC 6598.
    Shared,
    /// A private IPv6 network, RFC 4193.
    UniqueLocal,
    /// This link only: where clouds keep their metadata services.
    LinkLocal,
    /// A group of hosts, or all hosts.
    Multicast,
    /// Examples in texts.
    Documentation,
    /// Measurements in laboratories, RFC 2544.
    Benchmarking,
    /// Protocols between hosts and their networks.
    Protocol,
    /// An old form that hides an IPv4 address.
    Embedded,
    /// Not given to anybody.
    Unassigned,
}

impl Reserved {
    /// Whether a host of `outbound.private_hosts` may have it. The others are nobody's site, whoever lists them.
    pub(super) const fn may_be_listed(self) -> bool {
        matches!(self, Self::Loopback | Self::Private | Self::Shared | Self::UniqueLocal)
    }
}

impl fmt::Display for Reserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "unspecified",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::Shared => "shared (carrier-grade NAT)",
            Self::UniqueLocal => "unique local",
            Self::LinkLocal => "link-local",
            Self::Multicast => "multicast or broadcast",
            Self::Documentation => "documentation",
            Self::Benchmarking => "benchmarking",
            Self::Protocol => "protocol assignment",
            Self::Embedded => "a form that hides an IPv4 address",
            Self::Unassigned => "unassigned",
        })
    }
}

const V4: &[(Ipv4Addr, u32, Reserved)] = &[
    (Ipv4Addr::UNSPECIFIED, 8, Reserved::Unspecified),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Reserved::Private),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Reserved::Shared),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Reserved::Loopback),
    (Ipv4Addr::new(169, 254, 0, 0), 16, Reserved::LinkLocal),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Reserved::Private),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Reserved::Protocol),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Reserved::Documentation),
    (Ipv4Addr::new(192, 88, 99, 0), 24, Reserved::Protocol),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Reserved::Private),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Reserved::Benchmarking),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Reserved::Documentation),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Reserved::Documentation),
    (Ipv4Addr::new(224, 0, 0, 0), 4, Reserved::Multicast),
    (Ipv4Addr::BROADCAST, 32, Reserved::Multicast),
    (Ipv4Addr::new(240, 0, 0, 0), 4, Reserved::Unassigned),
];

/// The first network that holds the address counts. The last one is everything outside 2000::/3, in its three parts.
const V6: &[(Ipv6Addr, u32, Reserved)] = &[
    (Ipv6Addr::UNSPECIFIED, 128, Reserved::Unspecified),
    (Ipv6Addr::LOCALHOST, 128, Reserved::Loopback),
    (Ipv6Addr::UNSPECIFIED, 96, Reserved::Embedded),
    // NAT64 within one network, RFC 8215: nobody outside it knows where it leads.
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, Reserved::Embedded),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32, Reserved::Embedded),
    (Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48, Reserved::Benchmarking),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, Reserved::Protocol),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, Reserved::Documentation),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, Reserved::Embedded),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, Reserved::Documentation),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Reserved::UniqueLocal),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, Reserved::LinkLocal),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, Reserved::Multicast),
    (Ipv6Addr::UNSPECIFIED, 3, Reserved::Unassigned),
    (Ipv6Addr::new(0x4000, 0, 0, 0, 0, 0, 0, 0), 2, Reserved::Unassigned),
    (Ipv6Addr::new(0x8000, 0, 0, 0, 0, 0, 0, 0), 1, Reserved::Unassigned),
];

/// What the address is reserved for; `None` if it is public.
pub(super) fn reserved(address: IpAddr) -> Option<Reserved> {
    match address.to_canonical() {
        IpAddr::V4(address) => reserved_v4(address),
        IpAddr::V6(address) => match address.octets() {
            // The well-known prefix of NAT64, RFC 6052: how an IPv6-only host reaches the sites of IPv4.
            [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d] => {
                reserved_v4(Ipv4Addr::new(a, b, c, d))
            }
            _ => reserved_v6(address),
        },
    }
}

fn reserved_v4(address: Ipv4Addr) -> Option<Reserved> {
    V4.iter()
        .find(|(network, length, _)| {
            (address.to_bits() ^ network.to_bits()).leading_zeros() >= *length
        })
        .map(|(_, _, reserved)| *reserved)
}

fn reserved_v6(address: Ipv6Addr) -> Option<Reserved> {
    V6.iter()
        .find(|(network, length, _)| {
            (address.to_bits() ^ network.to_bits()).leading_zeros() >= *length
        })
        .map(|(_, _, reserved)| *reserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A-NET-01, A-NET-02: each class, with a public address beside it.
    #[test]
    fn each_reserved_network_is_refused_and_its_neighbour_is_public() {
        use Reserved::{
            Benchmarking, Documentation, Embedded, LinkLocal, Loopback, Multicast, Private,
            Protocol, Shared, Unassigned, UniqueLocal, Unspecified,
        };
        for (refused, why, public) in [
            ("0.0.0.0", Unspecified, "1.0.0.0"),
            ("0.255.255.255", Unspecified, "1.0.0.1"),
            ("10.0.0.0", Private, "9.255.255.255"),
            ("10.255.255.255", Private, "11.0.0.0"),
            ("100.64.0.0", Shared, "100.63.255.255"),
            ("100.127.255.255", Shared, "100.128.0.0"),
            ("127.0.0.1", Loopback, "126.255.255.255"),
            ("127.255.255.255", Loopback, "128.0.0.0"),
            ("169.254.169.254", LinkLocal, "169.253.255.255"),
            ("169.254.255.255", LinkLocal, "169.255.0.0"),
            ("172.16.0.0", Private, "172.15.255.255"),
            ("172.31.255.255", Private, "172.32.0.0"),
            ("192.0.0.255", Protocol, "192.0.1.0"),
            ("192.0.2.1", Documentation, "192.0.3.0"),
            ("192.88.99.1", Protocol, "192.88.98.255"),
            ("192.168.0.1", Private, "192.167.255.255"),
            ("192.168.255.255", Private, "192.169.0.0"),
            ("198.18.0.0", Benchmarking, "198.17.255.255"),
            ("198.19.255.255", Benchmarking, "198.20.0.0"),
            ("198.51.100.7", Documentation, "198.51.101.0"),
            ("203.0.113.7", Documentation, "203.0.114.0"),
            ("224.0.0.1", Multicast, "223.255.255.255"),
            ("239.255.255.255", Multicast, "8.8.8.8"),
            ("240.0.0.1", Unassigned, "1.1.1.1"),
            ("255.255.255.255", Multicast, "210.69.0.1"),
            ("::", Unspecified, "2001:4860::"),
            ("::1", Loopback, "2001:4860::1"),
            ("::7f00:1", Embedded, "2606:4700::7f00:1"),
            ("::808:808", Embedded, "::ffff:8.8.8.8"),
            ("::ffff:127.0.0.1", Loopback, "::ffff:126.0.0.1"),
            ("::ffff:10.0.0.1", Private, "::ffff:11.0.0.1"),
            ("::ffff:169.254.169.254", LinkLocal, "::ffff:169.253.0.1"),
            ("64:ff9b::7f00:1", Loopback, "64:ff9b::808:808"),
            ("64:ff9b::a9fe:a9fe", LinkLocal, "64:ff9b::a9fd:1"),
            ("64:ff9b:1::808:808", Embedded, "64:ff9b::101:101"),
            ("100::1", Unassigned, "2400:cb00::1"),
            ("2001::1", Embedded, "2001:200::1"),
            ("2001:2::1", Benchmarking, "2001:200:2::1"),
            ("2001:1ff::1", Protocol, "2001:218::1"),
            ("2001:db8::1", Documentation, "2001:db9::1"),
            ("2002:7f00:1::1", Embedded, "2003::1"),
            ("3fff:fff::1", Documentation, "3fff:1000::1"),
            ("5f00::1", Unassigned, "2a00::1"),
            ("4000::1", Unassigned, "3ffe::1"),
            ("fc00::1", UniqueLocal, "2c00::1"),
            ("fdff::1", UniqueLocal, "2b00::1"),
            ("fe80::1", LinkLocal, "2600::fe80:1"),
            ("fec0::1", Unassigned, "2600::fec0:1"),
            ("ff02::1", Multicast, "2600::ff02:1"),
        ] {
            let address = |text: &str| text.parse::<IpAddr>().unwrap();
            assert_eq!(reserved(address(refused)), Some(why), "{refused}");
            assert_eq!(reserved(address(public)), None, "{public}");
        }
    }

    #[test]
    fn a_listed_host_may_be_on_a_private_network_but_not_a_metadata_service() {
        let may = |text: &str| reserved(text.parse().unwrap()).unwrap().may_be_listed();
        for listable in ["127.0.0.1", "::1", "10.1.2.3", "172.17.0.2", "100.64.1.1", "fd00::1"] {
            assert!(may(listable), "{listable}");
        }
        for never in ["169.254.169.254", "fe80::1", "0.0.0.0", "::", "224.0.0.1", "ff02::1"] {
            assert!(!may(never), "{never}");
        }
    }
}
