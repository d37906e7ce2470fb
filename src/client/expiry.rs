//! Clients that registered themselves and that nobody ever used: deleted after a while, so that tries and tests leave
//! nothing behind. RFC 7591 §5; a client that was used once stays, and so does one that is switched off.

use crate::audit::{Event, Record};
use crate::base::internal::Internal;
use crate::base::limits;
use crate::base::time::Lifetime;
use crate::client::dynamic_registration::is_open;
use crate::context::Context;

/// How many one step deletes.
const STEP: u32 = 50;

/// Deletes one step of them; whether there may be more. While registration is closed nobody can use such a client, so none
/// is deleted then.
pub async fn delete_unused(ctx: &Context) -> Result<bool, Internal> {
    if !is_open(ctx) {
        return Ok(false);
    }
    let before = ctx.now.minus(Lifetime::days(limits::UNUSED_CLIENT_DAYS));
    let unused = ctx.store.unused_clients(before, STEP).await?;
    for id in &unused {
        let audit = Record::new(Event::UnusedClientDeleted, ctx.now).client(*id).row();
        // Another node may have been faster, or the client's first person.
        ctx.store.delete_unused_client(*id, ctx.now, audit).await?.committed();
    }
    if !unused.is_empty() {
        ctx.forget_clients();
    }
    Ok(u32::try_from(unused.len()).is_ok_and(|count| count == STEP))
}
