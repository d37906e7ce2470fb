//! What registration over the network goes by: the token that lets somebody register clients, and the token by which a
//! client shows and changes its own registration (RFC 7591 §1.2, RFC 7592 §1.2).

use crate::base::id::InitialAccessId;
use crate::base::secret::{Kind, Token};
use crate::base::time::Timestamp;
use crate::oauth::registration_policy::RegistrationPolicy;

/// The kind of a token that an operator hands out.
#[derive(Debug)]
pub enum InitialAccess {}

impl Kind for InitialAccess {
    const PREFIX: &'static str = "fxia_";
}

/// An initial access token's text: random, shown once.
pub type InitialAccessToken = Token<InitialAccess>;

/// The kind of a token that a client is given with its registration.
#[derive(Debug)]
pub enum RegistrationAccess {}

impl Kind for RegistrationAccess {
    const PREFIX: &'static str = "fxra_";
}

/// A registration access token's text.
pub type RegistrationAccessToken = Token<RegistrationAccess>;

/// An initial access token as it is kept.
#[derive(Clone, Debug)]
pub struct InitialAccessRecord {
    /// Its id: operators name it by this, and audit rows do.
    pub id: InitialAccessId,
    /// Whom it was made for, in an operator's words.
    pub name: String,
    /// How far it reaches.
    pub policy: RegistrationPolicy,
    /// How many clients it may register still.
    pub clients_left: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Since when it is revoked.
    pub revoked_at: Option<Timestamp>,
}

impl InitialAccessRecord {
    /// Whether it would let somebody register a client now.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.clients_left > 0 && now < self.expires_at
    }
}
