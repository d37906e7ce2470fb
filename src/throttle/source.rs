//! Where an attempt comes from, as a class: one household or office, not one address.

use std::net::IpAddr;

use crate::base::master_key::MacKey;
use crate::base::secret::Digest;

/// The network of a client's address: /24 of IPv4, /56 of IPv6 (what one subscriber is given).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source([u8; 8]);

impl Source {
    /// The class of an address.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                Self([4, a, b, c, 0, 0, 0, 0])
            }
            IpAddr::V6(v6) => {
                let mut class = [6; 8];
                for (to, from) in class.iter_mut().skip(1).zip(v6.octets()) {
                    *to = from;
                }
                Self(class)
            }
        }
    }

    /// The class as bytes.
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }

    /// What the store counts by.
    pub fn digest(&self, key: &MacKey) -> Digest {
        key.code(&[&self.0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_a_class_and_strangers_do_not() {
        let of = |text: &str| Source::of(text.parse().unwrap());
        assert_eq!(of("203.0.113.7"), of("203.0.113.250"));
        assert_eq!(of("::ffff:203.0.113.7"), of("203.0.113.7"));
        assert_ne!(of("203.0.113.7"), of("203.0.114.7"));
        assert_eq!(of("2001:db8:0:ab01::1"), of("2001:db8:0:abff::9"));
        assert_ne!(of("2001:db8:0:ab01::1"), of("2001:db8:0:ac01::1"));
    }
}
