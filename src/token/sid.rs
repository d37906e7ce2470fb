//! A session, as one client knows it: `sid` of ID tokens, logout tokens and front-channel logout.
//!
//! OpenID Connect Front-Channel Logout 1.0 §3, Back-Channel Logout 1.0 §2.1. It differs by client, so that two of them
//! cannot find out by it that they speak of the same person; and it says nothing of the session's own id.

use crate::base::encoding::base64url;
use crate::base::id::SessionId;
use crate::context::Context;
use crate::model::client::Client;

/// The session, as this client knows it.
pub fn of(ctx: &Context, client: &Client, session: SessionId) -> String {
    let (session, client) = (session.uuid(), client.id.uuid());
    base64url(&ctx.secrets.client_session.short_code(&[session.as_bytes(), client.as_bytes()]))
}

/// What its ID tokens say of the session: nothing to a client that has nowhere to hear of a session's end.
pub fn told(ctx: &Context, client: &Client, session: SessionId) -> Option<String> {
    let settings = client.settings();
    let hears =
        settings.frontchannel_logout_uri.is_some() || settings.backchannel_logout_uri.is_some();
    hears.then(|| of(ctx, client, session))
}
