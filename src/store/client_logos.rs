//! Clients' pictures as we made them: PNG, found by the name that their content gives them.

use super::Store;
use super::database::{Connection, execute, read};
use crate::base::id::ClientId;
use crate::base::internal::Internal;
use crate::model::client::Logo;
use crate::oauth::logo_name::LogoName;

const PUT: &str = "INSERT INTO client_logos (client_id, name, png) VALUES ($1, $2, $3)
    ON CONFLICT (client_id) DO UPDATE SET name = excluded.name, png = excluded.png";

const REMOVE: &str = "DELETE FROM client_logos WHERE client_id = $1";

const FIND: &str = "SELECT png FROM client_logos WHERE name = $1 LIMIT 1";

/// Keeps a client's picture, within the write that registers it.
pub(super) async fn put_logo(
    connection: &mut Connection<'_>,
    client: ClientId,
    logo: &Logo,
) -> sqlx::Result<()> {
    execute!(
        *connection,
        sqlx::query(PUT).bind(client.uuid()).bind(logo.name.as_str()).bind(logo.png.to_vec())
    )
}

/// Forgets a client's picture.
pub(super) async fn remove_logo(
    connection: &mut Connection<'_>,
    client: ClientId,
) -> sqlx::Result<()> {
    execute!(*connection, sqlx::query(REMOVE).bind(client.uuid()))
}

impl Store {
    /// The picture of this name. One statement.
    pub async fn find_logo(&self, name: &LogoName) -> Result<Option<Vec<u8>>, Internal> {
        let row: Option<(Vec<u8>,)> =
            read!(self, |c| sqlx::query_as(FIND).bind(name.as_str()).fetch_optional(c))?;
        Ok(row.map(|(png,)| png))
    }
}
