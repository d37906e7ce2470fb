//! Logout: clients hear that a session here has ended.
//!
//! Owns what each client is told and how it is tried again: pages in frames (`front_channel`), a signed token to the
//! client's server (`back_channel`), and a value that shows a change in the browser (`session_state`). That a client must be
//! told is written by `store`, in the transaction that ends the session. Does not own the pages, nor the rhythm (`job`).

pub mod back_channel;
pub mod front_channel;
pub mod session_state;

use crate::authentication::session;
use crate::base::internal::Internal;
use crate::context::Context;
use crate::model::session::Session;
use front_channel::Frame;

/// Ends the session, and says which clients' pages are to be shown in frames. Those are looked for when nothing more can be
/// given in it, so that none is left out. Four statements.
pub async fn end(ctx: &Context, session: &Session) -> Result<Vec<Frame>, Internal> {
    session::end(ctx, session).await?;
    front_channel::frames(ctx, session.id).await
}
