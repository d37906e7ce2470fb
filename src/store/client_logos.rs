//! Clients' pictures as we made them: PNG, found by their content's digest, which is also their address.

use super::Store;
use super::database::{Connection, execute, read};
use crate::base::id::ClientId;
use crate::base::internal::Internal;
use crate::base::secret::Digest;
use crate::model::client::Logo;

const PUT: &str = "INSERT INTO client_logos (client_id, digest, png) VALUES ($1, $2, $3)
    ON CONFLICT (client_id) DO UPDATE SET digest = excluded.digest, png = excluded.png";

const FIND: &str = "SELECT png FROM client_logos WHERE digest = $1 LIMIT 1";

const FIND_OF_CLIENT: &str = "SELECT digest FROM client_logos WHERE client_id = $1";

/// Keeps a client's picture, within the write that registers it.
pub(super) async fn put_logo(
    connection: &mut Connection<'_>,
    client: ClientId,
    logo: &Logo,
) -> sqlx::Result<()> {
    execute!(
        *connection,
        sqlx::query(PUT).bind(client.uuid()).bind(logo.digest.to_vec()).bind(logo.png.to_vec())
    )
}

impl Store {
    /// The picture of this digest. One statement.
    pub async fn find_logo(&self, digest: Digest) -> Result<Option<Vec<u8>>, Internal> {
        let row: Option<(Vec<u8>,)> =
            read!(self, |c| sqlx::query_as(FIND).bind(digest.to_vec()).fetch_optional(c))?;
        Ok(row.map(|(png,)| png))
    }

    /// The digest of a client's picture. One statement; callers go through the cache in `context`.
    pub async fn find_logo_of(&self, client: ClientId) -> Result<Option<Digest>, Internal> {
        let row: Option<(Vec<u8>,)> =
            read!(self, |c| sqlx::query_as(FIND_OF_CLIENT).bind(client.uuid()).fetch_optional(c))?;
        let fault = || Internal::fault("client_logos.digest");
        row.map(|(digest,)| Digest::from_slice(&digest).ok_or_else(fault)).transpose()
    }
}
