//! The cookie of a device that has signed in: which names it may try on a budget of its own.
//!
//! Sealed, so that nobody makes one up; it signs nobody in. Someone who locks a name from elsewhere does not lock out its
//! owner's own device (`security`, §2.5).

use crate::base::encoding::{base64url, from_base64url};
use crate::base::master_key::SealKey;
use crate::base::secret::Digest;
use crate::base::time::{Lifetime, Timestamp};

/// Names that one device keeps at most: a family's computer.
const NAMES: usize = 5;
const ENTRY: usize = 40;

/// The names that signed in from this device, newest first.
#[derive(Clone, Debug, Default)]
pub struct KnownDevice(Vec<(Digest, Timestamp)>);

impl KnownDevice {
    /// Reads the cookie; whatever is not ours, or too old, is no name.
    pub fn open(key: &SealKey, cookie: Option<&str>, lifetime: Lifetime, now: Timestamp) -> Self {
        let plain = cookie
            .and_then(from_base64url)
            .and_then(|sealed| key.open(&[], &sealed))
            .unwrap_or_default();
        let entries = plain.chunks_exact(ENTRY).filter_map(|entry| {
            let (digest, at) = entry.split_first_chunk::<32>()?;
            let at = Timestamp::from_seconds(i64::from_be_bytes(at.try_into().ok()?));
            (at.plus(lifetime) > now).then_some((Digest::from_bytes(*digest), at))
        });
        Self(entries.take(NAMES).collect())
    }

    /// Whether this name signed in from here.
    pub fn knows(&self, name: &Digest) -> bool {
        self.0.iter().any(|(known, _)| known.is(name))
    }

    /// The cookie's value after this name signed in.
    pub fn with(&self, key: &SealKey, name: Digest, now: Timestamp) -> String {
        let others = self.0.iter().filter(|(known, _)| !known.is(&name)).take(NAMES - 1);
        let mut plain = Vec::with_capacity(NAMES * ENTRY);
        for (digest, at) in std::iter::once(&(name, now)).chain(others) {
            plain.extend(digest.as_bytes());
            plain.extend(at.seconds().to_be_bytes());
        }
        base64url(&key.seal(&[], &plain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::master_key::MasterKey;

    #[test]
    fn a_device_knows_the_names_that_signed_in_from_it_for_a_while() {
        let master = MasterKey::random();
        let (key, names) = (master.seal("device"), master.mac("name"));
        let name = |n: u8| names.code(&[&[n]]);
        let (lifetime, now) = (Lifetime::days(90), Timestamp::from_seconds(1_700_000_000));
        let mut cookie = KnownDevice::default().with(&key, name(0), now);
        for n in 1..=5 {
            cookie = KnownDevice::open(&key, Some(&cookie), lifetime, now).with(&key, name(n), now);
        }
        let device = KnownDevice::open(&key, Some(&cookie), lifetime, now);
        assert!((1..=5).all(|n| device.knows(&name(n))));
        assert!(!device.knows(&name(0)), "the oldest of six is forgotten");
        let later = now.plus(Lifetime::days(91));
        assert!(!KnownDevice::open(&key, Some(&cookie), lifetime, later).knows(&name(5)));
        assert!(
            !KnownDevice::open(&master.seal("other"), Some(&cookie), lifetime, now).knows(&name(5))
        );
    }
}
