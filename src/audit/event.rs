//! Every event of the audit record, and the row it becomes.

use serde_json::{Value, json};

use crate::base::id::{AccountId, AuditId, ClientId, GrantId, InitialAccessId, SessionId};
use crate::base::time::Timestamp;
use crate::oauth::registration_policy::RegistrationPolicy;
use crate::oauth::weak_feature::WeakFeatures;
use crate::store::AuditRow;

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// Someone signed in.
    SignedIn {
        /// By a device that had signed in to the account before.
        known_device: bool,
    },
    /// A sign-in was refused.
    SignInFailed(SignInFailure),
    /// Failures paused a name's password sign-in.
    PasswordPaused,
    /// Too many consecutive failures switched a password off.
    PasswordDisabled,
    /// A right password had expired; the change is due before any session.
    PasswordExpired,
    /// A password was changed.
    PasswordChanged,
    /// One source failed at so many names that its attempts now need a human check.
    SprayingSuspected,
    /// Someone signed out, or a client did it for them.
    SignedOut,
    /// A code was presented again: what it produced is revoked.
    CodeReplayed,
    /// A refresh token older than the one used last was presented: its grant is revoked.
    RefreshTokenReplayed,
    /// A client revoked a refresh token, and so its grant.
    GrantRevoked,
    /// A client revoked one access token.
    AccessTokenRevoked,
    /// A person agreed to what a client is given.
    ConsentGiven,
    /// A person took that back.
    ConsentWithdrawn,
    /// The first signing keys were made.
    SigningKeysMade,
    /// A waiting key began to sign.
    SigningKeyRotated {
        /// The key that signs now.
        kid: String,
    },
    /// An account was opened.
    AccountOpened,
    /// An operator locked an account.
    AccountLocked,
    /// An operator disabled an account for its national id.
    AccountDisabledForNationalId,
    /// An operator unlocked an account.
    AccountUnlocked,
    /// A client was registered, or its registration replaced.
    ClientRegistered {
        /// Whether it may introspect other clients' tokens.
        may_introspect: bool,
        /// Whether its people are not asked for consent.
        skip_consent: bool,
        /// The weak features that it may use where they are offered.
        weak_features: WeakFeatures,
    },
    /// A client registered itself.
    ClientRegisteredItself {
        /// With which token.
        token: InitialAccessId,
        /// The sector of its pairwise subjects.
        sector: String,
        /// The weak features that it may use where they are offered.
        weak_features: WeakFeatures,
    },
    /// A client replaced its registration.
    ClientReplacedItself {
        /// The weak features that it may use from then on.
        weak_features: WeakFeatures,
    },
    /// A client deleted itself; what it held is revoked.
    ClientDeletedItself,
    /// A client that registered itself was never used, and is deleted.
    UnusedClientDeleted,
    /// An operator made a token that lets its bearer register clients.
    InitialAccessTokenMade {
        /// Which.
        token: InitialAccessId,
        /// How far it reaches.
        policy: RegistrationPolicy,
        /// How many clients it may register.
        clients: u32,
    },
    /// An operator revoked such a token.
    InitialAccessTokenRevoked {
        /// Which.
        token: InitialAccessId,
    },
}

/// Why a sign-in was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInFailure {
    /// No such account, or not its password: one word for both.
    WrongNameOrPassword,
    /// The right password of an account that an operator locked.
    Locked,
    /// The right password of an account that is disabled for its national id.
    DisabledForNationalId,
    /// The right password of a deleted account.
    Deleted,
    /// The right password, which had been switched off.
    PasswordDisabled,
}

impl SignInFailure {
    /// The word in the record and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WrongNameOrPassword => "wrong_name_or_password",
            Self::Locked => "locked",
            Self::DisabledForNationalId => "disabled_for_national_id",
            Self::Deleted => "deleted",
            Self::PasswordDisabled => "password_disabled",
        }
    }
}

impl Event {
    const fn name(&self) -> &'static str {
        match self {
            Self::SignedIn { .. } => "signed_in",
            Self::SignInFailed(_) => "sign_in_failed",
            Self::PasswordPaused => "password_paused",
            Self::PasswordDisabled => "password_disabled",
            Self::PasswordExpired => "password_expired",
            Self::PasswordChanged => "password_changed",
            Self::SprayingSuspected => "spraying_suspected",
            Self::SignedOut => "signed_out",
            Self::CodeReplayed => "code_replayed",
            Self::RefreshTokenReplayed => "refresh_token_replayed",
            Self::GrantRevoked => "grant_revoked",
            Self::AccessTokenRevoked => "access_token_revoked",
            Self::ConsentGiven => "consent_given",
            Self::ConsentWithdrawn => "consent_withdrawn",
            Self::SigningKeysMade => "signing_keys_made",
            Self::SigningKeyRotated { .. } => "signing_key_rotated",
            Self::AccountOpened => "account_opened",
            Self::AccountLocked => "account_locked",
            Self::AccountDisabledForNationalId => "account_disabled_for_national_id",
            Self::AccountUnlocked => "account_unlocked",
            Self::ClientRegistered { .. } => "client_registered",
            Self::ClientRegisteredItself { .. } => "client_registered_itself",
            Self::ClientReplacedItself { .. } => "client_replaced_itself",
            Self::ClientDeletedItself => "client_deleted_itself",
            Self::UnusedClientDeleted => "unused_client_deleted",
            Self::InitialAccessTokenMade { .. } => "initial_access_token_made",
            Self::InitialAccessTokenRevoked { .. } => "initial_access_token_revoked",
        }
    }

    fn detail(&self) -> Value {
        match self {
            Self::SignedIn { known_device } => {
                json!({ "method": "password", "known_device": known_device })
            }
            Self::SignInFailed(failure) => {
                json!({ "method": "password", "reason": failure.as_str() })
            }
            Self::SigningKeyRotated { kid } => json!({ "kid": kid }),
            Self::ClientRegistered { may_introspect, skip_consent, weak_features } => json!({
                "may_introspect": may_introspect,
                "skip_consent": skip_consent,
                "weak_features": weak_features,
            }),
            Self::ClientRegisteredItself { token, sector, weak_features } => {
                json!({ "token": token, "sector": sector, "weak_features": weak_features })
            }
            Self::ClientReplacedItself { weak_features } => {
                json!({ "weak_features": weak_features })
            }
            Self::InitialAccessTokenMade { token, policy, clients } => {
                json!({ "token": token, "policy": policy, "clients": clients })
            }
            Self::InitialAccessTokenRevoked { token } => json!({ "token": token }),
            _ => json!({}),
        }
    }
}

/// An event and what it is about.
#[derive(Clone, Debug)]
pub struct Record {
    event: Event,
    at: Timestamp,
    account: Option<AccountId>,
    client: Option<ClientId>,
    session: Option<SessionId>,
    grant: Option<GrantId>,
}

impl Record {
    /// An event that happened at `at`.
    pub const fn new(event: Event, at: Timestamp) -> Self {
        Self { event, at, account: None, client: None, session: None, grant: None }
    }

    /// About this account.
    #[must_use]
    pub fn account(mut self, id: AccountId) -> Self {
        self.account = Some(id);
        self
    }

    /// About this client.
    #[must_use]
    pub fn client(mut self, id: ClientId) -> Self {
        self.client = Some(id);
        self
    }

    /// In this session.
    #[must_use]
    pub fn session(mut self, id: SessionId) -> Self {
        self.session = Some(id);
        self
    }

    /// About this grant.
    #[must_use]
    pub fn grant(mut self, id: GrantId) -> Self {
        self.grant = Some(id);
        self
    }

    /// The row to write in the transaction of the change.
    pub fn row(self) -> AuditRow {
        AuditRow {
            id: AuditId::new(self.at),
            at: self.at,
            event: self.event.name(),
            account_id: self.account,
            client_id: self.client,
            session_id: self.session,
            grant_id: self.grant,
            detail: self.event.detail().to_string(),
        }
    }
}
