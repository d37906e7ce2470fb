//! `grant_type=refresh_token`: the newest refresh token, or the one used last, for new tokens. One read, one write.
//!
//! OAuth 2.0 §6, RFC 9700 §4.14, OpenID Connect Core §12. A repeat of the old token before its successor was first used
//! is a lost answer or a race, not a theft: it gets a new successor, and the unused one is void. A void successor gets
//! `invalid_grant`. Anything older than the token used last revokes the grant.

use crate::audit::{Event, Record};
use crate::base::internal::Internal;
use crate::base::metric;
use crate::context::Context;
use crate::model::grant::Grant;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::grant_type::GrantType;
use crate::oauth::parameter::Parameters;
use crate::oauth::scope::ScopeSet;
use crate::store::Rotation;
use crate::token::client_authentication::AuthenticatedClient;
use crate::token::gate::{self, Facts, Refused};
use crate::token::grant_token::RefreshToken;
use crate::token::issue::{self, Order, TokenResponse};

/// What the client sends.
#[derive(Debug)]
pub struct Request {
    refresh_token: RefreshToken,
    scope: Option<ScopeSet>,
}

/// Why a grant is not refreshed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A parameter is missing, malformed or came twice.
    #[error("{0}")]
    Malformed(OAuthError),
    /// Not a refresh token of ours, of another client, void, or of a grant that is revoked or over.
    #[error("the refresh token is unknown")]
    TokenUnknown,
    /// Older than the token used last: its grant is revoked.
    #[error("the refresh token is an old one; its grant is revoked")]
    TokenReplayed,
    /// More scopes than were granted.
    #[error("the scope is wider than the grant's")]
    ScopeWider,
    /// The gate.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Ours.
    #[error(transparent)]
    Internal(#[from] Internal),
}

impl Request {
    /// Reads the parameters.
    pub fn read(ctx: &Context, body: &Parameters) -> Result<Self, Error> {
        const MISSING: OAuthError =
            OAuthError::invalid_request("The parameter refresh_token is missing.");
        const SCOPE: OAuthError =
            OAuthError::new(ErrorCode::InvalidScope, "The parameter scope is malformed.");
        let one = |name| body.one(name).map_err(|error| Error::Malformed(error.into()));
        let token = one("refresh_token")?.ok_or(Error::Malformed(MISSING))?;
        let scope =
            one("scope")?.map(str::parse).transpose().map_err(|_| Error::Malformed(SCOPE))?;
        Ok(Self {
            refresh_token: RefreshToken::open(&ctx.secrets.grant_token, token)
                .ok_or(Error::TokenUnknown)?,
            scope,
        })
    }
}

/// Renews the grant's tokens.
pub async fn renew(
    ctx: &Context,
    client: &AuthenticatedClient,
    request: Request,
) -> Result<TokenResponse, Error> {
    let presented = request.refresh_token;
    let standing =
        ctx.store.find_grant(presented.grant(), ctx.now).await?.ok_or(Error::TokenUnknown)?;
    let row = match &standing.grant {
        Grant::Redeemed(redeemed) if redeemed.row.client_id == client.id() => &redeemed.row,
        Grant::Redeemed(_) | Grant::Pending(_) | Grant::Lapsed(_) => {
            return Err(Error::TokenUnknown);
        }
    };
    // A narrower scope narrows this access token; the grant stays what it is.
    let scope = request.scope.unwrap_or_else(|| row.terms.scope.clone());
    if !scope.is_subset_of(&row.terms.scope) {
        return Err(Error::ScopeWider);
    }
    let facts = Facts::of_grant(client.client(), &standing);
    let admission = gate::admit(ctx, &facts)?;
    let generation = presented.generation().checked_add(1).ok_or(Error::TokenUnknown)?;
    let successor = RefreshToken::random(&ctx.secrets.grant_token, row.id, generation);
    let order = Order {
        grant_type: GrantType::RefreshToken,
        row,
        scope,
        refresh_token: Some(&successor),
        with_nonce: false,
    };
    let tokens = issue::tokens(ctx, admission, order).await?;
    let (digest, used) = (presented.digest(), i64::from(presented.generation()));
    let rotated =
        ctx.store.rotate_refresh_token(row, (digest, used), successor.digest(), ctx.now).await?;
    match rotated.map(|rotation| rotation != Rotation::Unknown).when() {
        Some(committed) => Ok(tokens.answer(committed)),
        None => {
            let audit = Record::new(Event::RefreshTokenReplayed, ctx.now)
                .account(row.account_id)
                .client(row.client_id)
                .grant(row.id)
                .row();
            let revoked =
                ctx.store.revoke_if_older(row.id, row.client_id, used, ctx.now, audit).await?;
            if !revoked.committed() {
                return Err(Error::TokenUnknown);
            }
            metrics::counter!(metric::REPLAYS, "kind" => "refresh_token").increment(1);
            Err(Error::TokenReplayed)
        }
    }
}

impl From<gate::Error> for Error {
    fn from(error: gate::Error) -> Self {
        match error {
            gate::Error::Refused(refused) => Self::Refused(refused),
            gate::Error::Internal(internal) => Self::Internal(internal),
        }
    }
}

impl Error {
    /// The same, as the client is told.
    pub fn into_oauth(self) -> Result<OAuthError, Internal> {
        Ok(match self {
            Self::Internal(internal) => return Err(internal),
            Self::Malformed(error) => error,
            Self::TokenUnknown | Self::TokenReplayed => OAuthError::new(
                ErrorCode::InvalidGrant,
                "The refresh token is unknown, expired or revoked.",
            ),
            Self::ScopeWider => OAuthError::new(
                ErrorCode::InvalidScope,
                "The scope is wider than what was granted.",
            ),
            Self::Refused(refused) => refused.into_oauth(),
        })
    }
}
