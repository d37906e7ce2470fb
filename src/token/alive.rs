//! Whether what an access token hangs on is alive now: looked at for every token of ours that comes back, whatever its
//! form.
//!
//! RFC 9700 §2.2.1: revocation is immediate, because no seal and no signature is trusted alone. One read. Does not own who
//! may be told about it.

use uuid::Uuid;

use crate::base::id::{ClientId, GrantId};
use crate::base::internal::Internal;
use crate::context::Context;
use crate::model::client::Client;
use crate::store::TokenStanding;

/// A grant that is alive, as one of its access tokens finds it.
#[derive(Debug)]
pub struct AliveGrant {
    /// The grant, its account and its session.
    pub standing: TokenStanding,
    /// The client that it was given to.
    pub client: Client,
}

/// The grant that a token hangs on: neither it nor the token is revoked, the account is active, the session lives unless
/// the grant outlives it, the client is there, and no weak feature that the grant rests on was closed since.
pub async fn grant(
    ctx: &Context,
    id: GrantId,
    token: Uuid,
) -> Result<Option<AliveGrant>, Internal> {
    let Some(standing) = ctx.store.find_grant_of_token(id, token, ctx.now).await? else {
        return Ok(None);
    };
    let row = &standing.row;
    let is_alive = !standing.token_revoked
        && standing.account.state.is_active()
        && row.stands(standing.session_alive);
    let client = ctx.client(row.client_id).await?;
    let client = client.filter(|of| is_alive && ctx.permits_all(of, &row.terms.weak_features));
    Ok(client.map(|client| AliveGrant { standing, client }))
}

/// The client that a token hangs on, where nobody is involved: it is there, and the token is not revoked.
pub async fn client(ctx: &Context, id: ClientId, token: Uuid) -> Result<Option<Client>, Internal> {
    let Some(client) = ctx.client(id).await? else { return Ok(None) };
    let is_revoked = ctx.store.is_access_token_revoked(token).await?;
    Ok((!is_revoked).then_some(client))
}
