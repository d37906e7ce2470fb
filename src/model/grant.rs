//! A grant: what one answered request gave one client. It lives from its code through all its tokens in one row.
//!
//! Its id is its interaction's id, so a double submit updates the same row. [`Grant`] speaks of the code only; a grant
//! is alive while it is not revoked and not expired. OAuth 2.0 §4.1, §6.

use serde::{Deserialize, Serialize};

use crate::base::id::{AccountId, ClientId, GrantId, SessionId};
use crate::base::secret::Digest;
use crate::base::time::Timestamp;
use crate::model::authentication::Assurance;
use crate::oauth::claims_request::ClaimsRequest;
use crate::oauth::pkce::CodeChallenge;
use crate::oauth::scope::ScopeSet;
use crate::oauth::weak_feature::WeakFeatures;

/// What was agreed when the request was answered. Nothing later widens it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// The scopes granted.
    pub scope: ScopeSet,
    /// Single claims granted.
    #[serde(default)]
    pub claims: ClaimsRequest,
    /// Where the code went; the token request must name the same.
    pub redirect_uri: String,
    /// The PKCE challenge, where the client sent one.
    pub code_challenge: Option<CodeChallenge>,
    /// Echoed in the ID token.
    pub nonce: Option<String>,
    /// How the person was authenticated.
    pub assurance: Assurance,
    /// Which of it the client asked to be told (`max_age`, `acr_values`).
    pub told: Told,
    /// The weak features that the answer rested on: where one is closed since, nothing more is given.
    #[serde(default, skip_serializing_if = "WeakFeatures::is_empty")]
    pub weak_features: WeakFeatures,
}

/// What of the authentication the ID token tells besides what `claims` asks: nothing that was not asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// `auth_time`: `max_age` was given, or the client is registered with `require_auth_time`.
    pub auth_time: bool,
    /// `acr`: `acr_values` was given.
    pub acr: bool,
}

/// Whose a grant is and what it says: common to every state.
#[derive(Clone, Debug)]
pub struct GrantRow {
    /// Also its interaction's id.
    pub id: GrantId,
    /// Given to.
    pub client_id: ClientId,
    /// About.
    pub account_id: AccountId,
    /// Made in.
    pub session_id: SessionId,
    /// What was agreed.
    pub terms: Terms,
    /// Whether it outlives its session (`offline_access`).
    pub offline: bool,
    /// The digest of its newest code.
    pub code_digest: Digest,
    /// The end of everything it gave.
    pub expires_at: Timestamp,
}

impl GrantRow {
    /// Whether it stands, as far as its session goes: that lives, or the grant outlives it.
    pub const fn stands(&self, session_alive: bool) -> bool {
        session_alive || self.offline
    }
}

/// A live grant, by the state of its code.
#[derive(Clone, Debug)]
pub enum Grant {
    /// The code waits to be redeemed.
    Pending(PendingGrant),
    /// The code was redeemed; a second time is a replay.
    Redeemed(RedeemedGrant),
    /// The code lapsed unredeemed.
    Lapsed(GrantRow),
}

/// A grant whose code waits.
#[derive(Clone, Debug)]
pub struct PendingGrant(pub GrantRow);

/// A grant whose code was redeemed.
#[derive(Clone, Debug)]
pub struct RedeemedGrant {
    /// The grant.
    pub row: GrantRow,
    /// When.
    pub redeemed_at: Timestamp,
    /// How often its refresh token was renewed.
    pub refresh_generation: i64,
    /// The digest of its newest refresh token.
    pub refresh_digest: Option<Digest>,
}

impl Grant {
    /// The grant, whatever the state of its code.
    pub const fn row(&self) -> &GrantRow {
        match self {
            Self::Pending(PendingGrant(row)) | Self::Lapsed(row) => row,
            Self::Redeemed(redeemed) => &redeemed.row,
        }
    }
}
