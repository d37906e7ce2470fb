//! A remembered consent: what a person agreed to give to a client, and to which client as it was then.

use crate::base::secret::Digest;
use crate::base::time::Timestamp;
use crate::model::client::Client;
use crate::oauth::claims_request::ClaimsRequest;
use crate::oauth::scope::ScopeSet;

/// A consent, one for each account and client; a later one replaces it.
#[derive(Clone, Debug)]
pub struct Consent {
    /// The scopes agreed to.
    pub scope: ScopeSet,
    /// The single claims agreed to.
    pub claims: ClaimsRequest,
    /// The client's identity at that time.
    pub client: Digest,
    /// When.
    pub given_at: Timestamp,
}

impl Consent {
    /// Whether this consent, given to `client` as it is now, covers these scopes and single claims.
    pub fn covers(&self, client: &Client, scope: &ScopeSet, claims: &ClaimsRequest) -> bool {
        scope.is_subset_of(&self.scope)
            && claims.userinfo.keys().all(|claim| self.claims.userinfo.contains_key(claim))
            && claims.id_token.keys().all(|claim| self.claims.id_token.contains_key(claim))
            && self.client.is(&client.identity())
    }
}
