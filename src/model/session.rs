//! A browser's session with the provider: opaque, server-side, bound to the events that made it.
//!
//! The cookie holds a secret; the row holds its digest. Rotation replaces the secret, never the id. The idle limit
//! ends silent sign-in only; sign-out, revocation and the absolute limit end the tokens that hang on it, too.

use crate::base::id::{AccountId, SessionId};
use crate::base::secret::{Digest, Kind, Token};
use crate::base::time::{Lifetime, Timestamp};
use crate::model::authentication::Authentication;

/// What the session cookie holds.
#[derive(Debug)]
pub enum SessionSecret {}

impl Kind for SessionSecret {
    const PREFIX: &'static str = "fxs_";
}

/// A session that is neither ended nor past its absolute limit.
#[derive(Clone, Debug)]
pub struct Session {
    /// Permanent through rotations.
    pub id: SessionId,
    /// Whose.
    pub account_id: AccountId,
    /// The digest of the secret in its cookie.
    pub secret: Digest,
    /// What it rests on, newest last.
    pub authentications: Vec<Authentication>,
    /// When the person began it.
    pub created_at: Timestamp,
    /// When it last served a sign-in or a page, to the minute.
    pub last_used_at: Timestamp,
    /// Its absolute limit.
    pub expires_at: Timestamp,
}

impl Session {
    /// Whether it may sign someone in silently: used within the idle limit.
    pub fn is_fresh(&self, idle: Lifetime, now: Timestamp) -> bool {
        self.last_used_at.plus(idle) > now
    }
}

/// A fresh session secret.
pub type SessionToken = Token<SessionSecret>;
