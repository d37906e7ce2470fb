//! Authentication as events: how, when and in which interaction someone proved who they are.
//!
//! Sessions hold events; what tokens say (`acr`, `amr`, `auth_time`) is computed from them in
//! `authentication::assurance` and stored nowhere as a claim of intent.

use serde::{Deserialize, Serialize};

use crate::base::id::GrantId;
use crate::base::time::Timestamp;
use crate::oauth::acr::Acr;
use crate::oauth::amr::Amr;

/// One proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authentication {
    /// How.
    pub method: Method,
    /// When.
    pub at: Timestamp,
    /// In which interaction: `prompt=login` and `max_age=0` are met by an event of this one only. `None` where nobody
    /// asked (the signed-in home).
    pub interaction: Option<GrantId>,
}

/// How someone proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Account name and password.
    Password,
}

/// What tokens say of an authentication, computed from events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assurance {
    /// The level reached.
    pub acr: Acr,
    /// The methods used (RFC 8176).
    pub amr: Vec<Amr>,
    /// When the newest event that counts took place.
    pub at: Timestamp,
}
