//! The sector of a client that registers itself: which clients know a person by the same pairwise identifier.
//!
//! OpenID Connect Core §8.1, Registration §5. Whoever names a document must be listed in it: so nobody enters a sector
//! whose owner does not say so.

use crate::context::Context;
use crate::oauth::client_metadata::ClientMetadata;
use crate::outbound::{self, Purpose};

/// Why a document does not speak for a client.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody gave it. Why is for the log: it would tell of our network.
    #[error("sector_identifier_uri cannot be read")]
    Fetch(#[from] outbound::Error),
    /// It is no JSON array of texts.
    #[error("the document at sector_identifier_uri is not a JSON array of redirect URIs")]
    Malformed,
    /// A redirect URI of the client is not in it.
    #[error("the document at sector_identifier_uri does not list every redirect URI")]
    NotListed,
}

/// Reads the document that the settings name, if any, and looks for each redirect URI in it.
pub async fn confirm(ctx: &Context, settings: &ClientMetadata) -> Result<(), Error> {
    let Some(uri) = &settings.sector_identifier_uri else { return Ok(()) };
    let document = ctx.outbound.get(Purpose::SectorIdentifier, uri.as_str()).await?;
    let listed: Vec<String> =
        serde_json::from_slice(&document.body).map_err(|_| Error::Malformed)?;
    let is_listed = |own: &str| listed.iter().any(|uri| uri == own);
    if settings.redirect_uris.iter().all(|own| is_listed(own.as_str())) {
        Ok(())
    } else {
        Err(Error::NotListed)
    }
}
