//! Front-channel logout: pages of the clients, shown in frames, with which they end their own sessions in this browser.
//!
//! OpenID Connect Front-Channel Logout 1.0 §2 and §3. A browser that gives no cookies to frames of other sites breaks it,
//! which nobody here can notice: a client that must be sure registers a `backchannel_logout_uri`.

use crate::base::id::SessionId;
use crate::base::internal::Internal;
use crate::context::Context;
use crate::model::client::Client;
use crate::token::sid;

/// A client's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its address.
    pub address: String,
    /// The origin that the page's policy must allow.
    pub origin: String,
}

/// The pages of the clients that were given something in this session. One statement.
pub async fn frames(ctx: &Context, session: SessionId) -> Result<Vec<Frame>, Internal> {
    let mut frames = Vec::new();
    for id in ctx.store.clients_of_session(session).await? {
        if let Some(client) = ctx.client(id).await? {
            frames.extend(frame(ctx, &client, session));
        }
    }
    Ok(frames)
}

fn frame(ctx: &Context, client: &Client, session: SessionId) -> Option<Frame> {
    let settings = client.settings();
    let page = settings.frontchannel_logout_uri.as_ref()?;
    let mut address = page.as_str().to_owned();
    if settings.frontchannel_logout_session_required {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("iss", ctx.issuer.as_str())
            .append_pair("sid", &sid::of(ctx, client, session))
            .finish();
        let joint = match address.split_once('?') {
            None => "?",
            Some((_, own)) if own.is_empty() || own.ends_with('&') => "",
            Some(_) => "&",
        };
        address = format!("{address}{joint}{query}");
    }
    Some(Frame { address, origin: page.origin() })
}
