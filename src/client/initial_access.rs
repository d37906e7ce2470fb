//! Initial access tokens: an operator's word that its bearer may register so many clients of such a kind (RFC 7591 §1.2).
//!
//! Made and revoked by command only. A token is told once; what is kept is its digest.

use crate::audit::{Event, Record};
use crate::base::id::InitialAccessId;
use crate::base::internal::Internal;
use crate::base::time::Lifetime;
use crate::context::Context;
use crate::model::registration::{InitialAccessRecord, InitialAccessToken};
use crate::oauth::registration_policy::RegistrationPolicy;

/// What a token is made for.
#[derive(Debug)]
pub struct Terms {
    /// Whom it is for, in the operator's words.
    pub name: String,
    /// How far it reaches.
    pub policy: RegistrationPolicy,
    /// How many clients it may register.
    pub clients: u32,
    /// How long it lasts.
    pub lifetime: Lifetime,
}

/// Makes a token, which is shown here and never again.
pub async fn make(
    ctx: &Context,
    terms: Terms,
) -> Result<(InitialAccessRecord, InitialAccessToken), Internal> {
    let token = InitialAccessToken::random();
    let record = InitialAccessRecord {
        id: InitialAccessId::new(ctx.now),
        name: terms.name,
        policy: terms.policy,
        clients_left: terms.clients,
        created_at: ctx.now,
        expires_at: ctx.now.plus(terms.lifetime),
        revoked_at: None,
    };
    let event = Event::InitialAccessTokenMade {
        token: record.id,
        policy: record.policy.clone(),
        clients: record.clients_left,
    };
    let audit = Record::new(event, ctx.now).row();
    ctx.store.put_initial_access_token(&record, token.digest(), audit).await?.committed();
    Ok((record, token))
}

/// Revokes a token. Its clients stay as they are: they can be read and deleted, and not replaced. `false` if there is none
/// such.
pub async fn revoke(ctx: &Context, id: InitialAccessId) -> Result<bool, Internal> {
    let audit = Record::new(Event::InitialAccessTokenRevoked { token: id }, ctx.now).row();
    Ok(ctx.store.revoke_initial_access_token(id, ctx.now, audit).await?.committed())
}
