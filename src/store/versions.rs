//! Version numbers of what nodes keep in memory: clients and signing keys. A change raises one in its transaction;
//! every node asks twice a second.

use super::Store;
use super::database::read;
use crate::base::internal::Internal;

/// Raises the version of one kind of thing.
pub(super) const VERSION_RAISE: &str = "UPDATE versions SET version = version + 1 WHERE name = $1";

/// The same, unless it was raised since it was read: whoever rests on what there was, or was not, has lost then.
pub(super) const VERSION_RAISE_FROM: &str =
    "UPDATE versions SET version = version + 1 WHERE name = $1 AND version = $2 RETURNING version";

const READ: &str = "SELECT name, version FROM versions";

/// The versions at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// Of the registered clients.
    pub clients: i64,
    /// Of the signing keys.
    pub signing_keys: i64,
}

impl Store {
    /// The versions now. One statement.
    pub async fn versions(&self) -> Result<Versions, Internal> {
        let rows: Vec<(String, i64)> = read!(self, |c| sqlx::query_as(READ).fetch_all(c))?;
        let mut versions = Versions::default();
        for (name, version) in rows {
            match name.as_str() {
                "clients" => versions.clients = version,
                "signing_keys" => versions.signing_keys = version,
                _ => {}
            }
        }
        Ok(versions)
    }
}
