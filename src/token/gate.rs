//! The issuing gate: every path that gives a code or a token goes through [`admit`], which looks at the account, the
//! session, the consent and the locks of weak features as they are now.
//!
//! Only it makes an [`Admission`], and `token::issue` makes nothing without one. OAuth 2.0 §5.1, RFC 9700 §2.2.

use crate::base::internal::Internal;
use crate::context::Context;
use crate::model::account::Account;
use crate::model::client::Client;
use crate::model::consent::Consent;
use crate::oauth::claims_request::ClaimsRequest;
use crate::oauth::client_metadata::{IdTokenAlgorithm, SigningAlgorithm};
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::scope::ScopeSet;
use crate::oauth::unsigned_allowed::UnsignedAllowed;
use crate::oauth::weak_feature::WeakFeatures;
use crate::store::GrantStanding;
use crate::token::encryption::NoKey;

/// What the gate looks at: everything as it is now, nothing from a cache but the client (at most a second old).
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Who would be given something.
    pub client: &'a Client,
    /// Whose account.
    pub account: &'a Account,
    /// Whether the session lives that this hangs on; true where it hangs on none (`offline_access`).
    pub session_alive: bool,
    /// What the person agreed to give this client.
    pub consent: Option<&'a Consent>,
    /// The scopes that would be given.
    pub scope: &'a ScopeSet,
    /// The single claims that would be given.
    pub claims: &'a ClaimsRequest,
    /// The weak features that this rests on.
    pub weak_features: &'a WeakFeatures,
}

impl<'a> Facts<'a> {
    /// Of a grant that was given before, as it stands now.
    pub fn of_grant(client: &'a Client, standing: &'a GrantStanding) -> Self {
        let row = standing.grant.row();
        Self {
            client,
            account: &standing.account,
            session_alive: row.stands(standing.session_alive),
            consent: standing.consent.as_ref(),
            scope: &row.terms.scope,
            claims: &row.terms.claims,
            weak_features: &row.terms.weak_features,
        }
    }
}

/// The gate's word that something may be issued to this client about this account.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Admission<'a> {
    client: &'a Client,
    account: &'a Account,
    signature: Signature,
}

impl<'a> Admission<'a> {
    /// Who is given something.
    pub const fn client(&self) -> &'a Client {
        self.client
    }

    /// Whom it is about.
    pub const fn account(&self) -> &'a Account {
        self.account
    }

    /// How its ID tokens are signed.
    pub const fn signature(&self) -> Signature {
        self.signature
    }
}

/// How a client's ID tokens are signed: as it is registered, and both locks were open a moment ago.
#[derive(Clone, Copy, Debug)]
pub enum Signature {
    /// With a key of ours.
    OurKey(SigningAlgorithm),
    /// With the client's secret.
    Secret,
    /// Not at all: from the token endpoint only.
    Unsigned(UnsignedAllowed),
}

impl Signature {
    /// Reads both locks of what the client is registered for. While one is closed the client is given nothing by any grant,
    /// with an ID token or without: it is registered otherwise first.
    pub fn of(ctx: &Context, client: &Client) -> Result<Self, Refused> {
        let algorithm = client.settings().id_token_signed_response_alg;
        let lock = algorithm.weak_feature();
        if lock.is_some_and(|feature| !ctx.permits(client, feature)) {
            return Err(Refused::WeakFeatureClosed);
        }
        Ok(match algorithm {
            IdTokenAlgorithm::Rs256 => Self::OurKey(SigningAlgorithm::Rs256),
            IdTokenAlgorithm::Es256 => Self::OurKey(SigningAlgorithm::Es256),
            IdTokenAlgorithm::Ps256 => Self::OurKey(SigningAlgorithm::Ps256),
            IdTokenAlgorithm::EdDsa => Self::OurKey(SigningAlgorithm::EdDsa),
            IdTokenAlgorithm::Hs256 => Self::Secret,
            IdTokenAlgorithm::Unsigned => Self::Unsigned(UnsignedAllowed::both_locks_are_open()),
        })
    }
}

/// Why nothing is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The account is locked, disabled or deleted.
    #[error("the account is not active")]
    AccountNotActive,
    /// The session has ended, and nothing was granted beyond it.
    #[error("the session has ended")]
    SessionEnded,
    /// The person did not agree, not to all of it, not to this client as it is now, or not any more.
    #[error("there is no consent to this")]
    ConsentMissing,
    /// The client may not ask for one of the scopes any more.
    #[error("the client is not registered for a scope of this")]
    ScopeNotRegistered,
    /// The client may not ask for this response type any more.
    #[error("the client is not registered for this response type")]
    ResponseTypeNotRegistered,
    /// This rests on a weak feature that the deployment or the client's registration does not open, or not any more.
    #[error("a weak feature of this is closed")]
    WeakFeatureClosed,
    /// The client wants its tokens encrypted and has no key for that.
    #[error(transparent)]
    NoKey(#[from] NoKey),
}

impl Refused {
    /// The same, as the client is told: what only it can mend by name, everything else as `otherwise`.
    pub const fn told(self, otherwise: OAuthError) -> OAuthError {
        const NO_KEY: OAuthError = OAuthError::invalid_request(
            "The client has no usable key for the encryption that it is registered for.",
        );
        match self {
            Self::NoKey(NoKey) => NO_KEY,
            Self::AccountNotActive
            | Self::SessionEnded
            | Self::ConsentMissing
            | Self::ScopeNotRegistered
            | Self::ResponseTypeNotRegistered
            | Self::WeakFeatureClosed => otherwise,
        }
    }

    /// The same, as the token endpoint tells it.
    pub const fn into_oauth(self) -> OAuthError {
        self.told(OAuthError::new(ErrorCode::InvalidGrant, "The grant is not in force any more."))
    }
}

/// Why no tokens are made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The gate, or what it stands before.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Ours.
    #[error(transparent)]
    Internal(#[from] Internal),
}

impl From<NoKey> for Error {
    fn from(missing: NoKey) -> Self {
        Self::Refused(missing.into())
    }
}

/// Looks at every fact, on every path.
pub fn admit<'a>(ctx: &Context, facts: &Facts<'a>) -> Result<Admission<'a>, Refused> {
    if !facts.account.state.is_active() {
        return Err(Refused::AccountNotActive);
    }
    if !facts.session_alive {
        return Err(Refused::SessionEnded);
    }
    let own = &facts.client.settings().scope;
    let mut claims = facts.claims.userinfo.keys().chain(facts.claims.id_token.keys());
    if !facts.scope.is_subset_of(own) || !claims.all(|claim| claim.is_covered_by(own)) {
        return Err(Refused::ScopeNotRegistered);
    }
    if !ctx.permits_all(facts.client, facts.weak_features) {
        return Err(Refused::WeakFeatureClosed);
    }
    let agreed = facts.client.settings().skip_consent
        || facts
            .consent
            .is_some_and(|consent| consent.covers(facts.client, facts.scope, facts.claims));
    if !agreed {
        return Err(Refused::ConsentMissing);
    }
    let signature = Signature::of(ctx, facts.client)?;
    Ok(Admission { client: facts.client, account: facts.account, signature })
}
