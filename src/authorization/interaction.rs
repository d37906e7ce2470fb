//! An interaction: a paused authorization request, sealed into the page's address and forms. No row.
//!
//! Bound to the browser it began in by a cookie of its own, which sign-in never changes. Its id becomes the grant's id,
//! so answering twice updates one grant.

use serde::{Deserialize, Serialize};

use crate::authorization::request::AuthorizationRequest;
use crate::base::encoding::{base64url, from_base64url};
use crate::base::id::{AccountId, GrantId};
use crate::base::limits;
use crate::base::secret::{Digest, Kind, Token};
use crate::base::time::{Lifetime, Timestamp};
use crate::context::Context;
use crate::model::client::Client;

/// How long after its end an interaction can still be begun anew with one button.
const RESTARTABLE: Lifetime = Lifetime::days(1);

/// Bytes that a consent adds to the text: a request that could not carry them is too long from the beginning.
const CONSENT: usize = 80;

/// What the cookie holds that binds interactions to a browser.
#[derive(Debug)]
pub enum BrowserSecret {}

impl Kind for BrowserSecret {
    const PREFIX: &'static str = "fxb_";
}

/// The browser's binding secret.
pub type BrowserToken = Token<BrowserSecret>;

/// A paused request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Interaction {
    /// Also the id of the grant it leads to.
    pub id: GrantId,
    /// What a client asked; `None` where someone signs in to the provider itself.
    pub request: Option<AuthorizationRequest>,
    /// Who consented in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consented: Option<AccountId>,
    /// Until when its pages work.
    pub expires_at: Timestamp,
    browser: String,
}

/// A client's question: a paused request and who asked it.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The interaction.
    pub interaction: &'a Interaction,
    /// What was asked in it.
    pub request: &'a AuthorizationRequest,
    /// By whom.
    pub client: &'a Client,
}

/// Why a sealed interaction does not go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not sealed by us, or damaged.
    #[error("not an interaction of ours")]
    Malformed,
    /// Begun in another browser, or the cookies are off.
    #[error("the interaction belongs to another browser")]
    OtherBrowser,
    /// Over; one button begins it anew.
    #[error("the interaction has expired")]
    Expired(Box<Interaction>),
}

/// The request has more in it than an address may carry.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the request is too long")]
pub struct TooLong;

impl Interaction {
    /// A request that begins now, in this browser.
    pub fn begin(
        ctx: &Context,
        request: Option<AuthorizationRequest>,
        browser: &BrowserToken,
    ) -> Self {
        Self {
            id: GrantId::new(ctx.now),
            request,
            consented: None,
            expires_at: ctx.now.plus(ctx.policy.interaction),
            browser: base64url(browser.digest().as_bytes()),
        }
    }

    /// The same request, begun anew.
    #[must_use]
    pub fn renewed(&self, ctx: &Context) -> Self {
        Self {
            id: GrantId::new(ctx.now),
            consented: None,
            expires_at: ctx.now.plus(ctx.policy.interaction),
            ..self.clone()
        }
    }

    /// The same interaction, in which this person has consented.
    #[must_use]
    pub fn with_consent(&self, account: AccountId) -> Self {
        Self { consented: Some(account), ..self.clone() }
    }

    /// The text for addresses and forms.
    pub fn seal(&self, ctx: &Context) -> Result<String, TooLong> {
        let plain = serde_json::to_vec(self).map_err(|_| TooLong)?;
        let text = base64url(&ctx.secrets.interaction.seal(&[], &plain));
        let room = if self.consented.is_some() { 0 } else { CONSENT };
        if text.len() + room <= limits::SEALED_INTERACTION { Ok(text) } else { Err(TooLong) }
    }

    /// Reads the text back, in the browser that it began in.
    pub fn open(ctx: &Context, text: &str, browser: Option<&BrowserToken>) -> Result<Self, Error> {
        let interaction = Self::unsealed(ctx, text).ok_or(Error::Malformed)?;
        let bound =
            from_base64url(&interaction.browser).and_then(|bytes| Digest::from_slice(&bytes));
        match (bound, browser) {
            (Some(bound), Some(browser)) if bound.is(&browser.digest()) => {}
            _ => return Err(Error::OtherBrowser),
        }
        if interaction.expires_at > ctx.now {
            Ok(interaction)
        } else if interaction.expires_at.plus(RESTARTABLE) > ctx.now {
            Err(Error::Expired(Box::new(interaction)))
        } else {
            Err(Error::Malformed)
        }
    }

    fn unsealed(ctx: &Context, text: &str) -> Option<Self> {
        if text.len() > limits::SEALED_INTERACTION {
            return None;
        }
        let plain = ctx.secrets.interaction.open(&[], &from_base64url(text)?)?;
        serde_json::from_slice(&plain).ok()
    }
}
