//! `grant_type=authorization_code`: a client redeems a code for tokens. One read, one write.
//!
//! OAuth 2.0 §4.1.3, PKCE (RFC 7636) §4.6, OpenID Connect Core §3.1.3. The endpoint has already authenticated the
//! client and checked that it may use this grant type.

use crate::audit::{Event, Record};
use crate::base::internal::Internal;
use crate::base::metric;
use crate::context::Context;
use crate::model::grant::{Grant, GrantRow, PendingGrant};
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::grant_type::GrantType;
use crate::oauth::parameter::Parameters;
use crate::oauth::pkce::CodeVerifier;
use crate::token::client_authentication::AuthenticatedClient;
use crate::token::gate::{self, Facts, Refused};
use crate::token::grant_token::{Code, RefreshToken};
use crate::token::issue::{self, Order, TokenResponse};

/// What the client sends.
#[derive(Debug)]
pub struct Request {
    code: Code,
    redirect_uri: Option<String>,
    code_verifier: Option<CodeVerifier>,
}

/// Why a code is not redeemed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A parameter is missing, malformed or came twice.
    #[error("{0}")]
    Malformed(OAuthError),
    /// Not a code of ours, of another client, replaced by a later one, or of a grant that is revoked.
    #[error("the code is unknown")]
    CodeUnknown,
    /// Redeemed too late.
    #[error("the code has lapsed")]
    CodeLapsed,
    /// Redeemed a second time by its client: everything the first use produced is revoked.
    #[error("the code was redeemed before; its tokens are revoked")]
    CodeReplayed,
    /// The request names another redirect URI than the authorization request did.
    #[error("the redirect_uri is not the one the code went to")]
    RedirectUriWrong,
    /// There was a challenge and there is no verifier.
    #[error("the code_verifier is missing")]
    VerifierMissing,
    /// There was no challenge and there is a verifier: the challenge may have been taken out on the way (A-TOK-08).
    #[error("there was no code_challenge")]
    VerifierUnexpected,
    /// The verifier does not meet the challenge.
    #[error("the code_verifier is wrong")]
    VerifierWrong,
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
        const CODE_MISSING: OAuthError =
            OAuthError::invalid_request("The parameter code is missing.");
        let one = |name| body.one(name).map_err(|error| Error::Malformed(error.into()));
        let code = one("code")?.ok_or(Error::Malformed(CODE_MISSING))?;
        Ok(Self {
            code: Code::open(&ctx.secrets.grant_token, code).ok_or(Error::CodeUnknown)?,
            redirect_uri: one("redirect_uri")?.map(str::to_owned),
            code_verifier: one("code_verifier")?
                .map(CodeVerifier::parse)
                .transpose()
                .map_err(Error::Malformed)?,
        })
    }
}

/// A grant whose request named the right redirect URI and verifier: nothing else becomes tokens.
struct BoundGrant<'a>(&'a GrantRow);

/// Redeems the code, once. A replay by its own client revokes everything the first use produced.
pub async fn redeem(
    ctx: &Context,
    client: &AuthenticatedClient,
    request: Request,
) -> Result<TokenResponse, Error> {
    let standing =
        ctx.store.find_grant(request.code.grant(), ctx.now).await?.ok_or(Error::CodeUnknown)?;
    let pending = match &standing.grant {
        Grant::Pending(pending) if is_of(&pending.0, client, &request.code) => pending,
        Grant::Redeemed(first) if is_of(&first.row, client, &request.code) => {
            return Err(replayed(ctx, &first.row).await?);
        }
        Grant::Lapsed(row) if is_of(row, client, &request.code) => return Err(Error::CodeLapsed),
        Grant::Pending(_) | Grant::Redeemed(_) | Grant::Lapsed(_) => {
            return Err(Error::CodeUnknown);
        }
    };
    // A thief's attempt fails here, before anything is written, and does not burn the owner's code.
    let BoundGrant(row) = bind(pending, &request)?;
    let facts = Facts::of_grant(client.client(), &standing);
    let admission = gate::admit(ctx, &facts)?;
    let refresh_token = issue::first_refresh_token(ctx, client.client(), row.id);
    let order = Order {
        grant_type: GrantType::AuthorizationCode,
        row,
        scope: row.terms.scope.clone(),
        refresh_token: refresh_token.as_ref(),
        with_nonce: true,
    };
    let tokens = issue::tokens(ctx, admission, order).await?;
    let refresh = refresh_token.as_ref().map(RefreshToken::digest);
    match ctx.store.redeem(row, refresh, ctx.now).await?.when() {
        Some(committed) => Ok(tokens.answer(committed)),
        None => Err(lost(ctx, row, &request.code).await?),
    }
}

fn is_of(row: &GrantRow, client: &AuthenticatedClient, code: &Code) -> bool {
    row.client_id == client.id() && row.code_digest.is(&code.digest())
}

fn bind<'a>(
    PendingGrant(row): &'a PendingGrant,
    request: &Request,
) -> Result<BoundGrant<'a>, Error> {
    if request.redirect_uri.as_deref() != Some(row.terms.redirect_uri.as_str()) {
        return Err(Error::RedirectUriWrong);
    }
    match (&row.terms.code_challenge, &request.code_verifier) {
        (Some(challenge), Some(verifier)) if challenge.is_met_by(verifier) => Ok(BoundGrant(row)),
        (Some(_), Some(_)) => Err(Error::VerifierWrong),
        (Some(_), None) => Err(Error::VerifierMissing),
        (None, Some(_)) => Err(Error::VerifierUnexpected),
        (None, None) => Ok(BoundGrant(row)),
    }
}

/// The write found nothing: reads why. Redeemed in between is a replay like any other.
async fn lost(ctx: &Context, row: &GrantRow, code: &Code) -> Result<Error, Internal> {
    match ctx.store.find_grant(row.id, ctx.now).await?.map(|standing| standing.grant) {
        Some(Grant::Redeemed(first)) if first.row.code_digest.is(&code.digest()) => {
            replayed(ctx, &first.row).await
        }
        Some(Grant::Lapsed(_)) => Ok(Error::CodeLapsed),
        Some(_) | None => Ok(Error::CodeUnknown),
    }
}

async fn replayed(ctx: &Context, row: &GrantRow) -> Result<Error, Internal> {
    let audit = Record::new(Event::CodeReplayed, ctx.now)
        .account(row.account_id)
        .client(row.client_id)
        .session(row.session_id)
        .grant(row.id)
        .row();
    ctx.store.revoke_grant(row.id, row.client_id, ctx.now, audit).await?.committed();
    metrics::counter!(metric::REPLAYS, "kind" => "code").increment(1);
    Ok(Error::CodeReplayed)
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
        let grant = |description| OAuthError::new(ErrorCode::InvalidGrant, description);
        Ok(match self {
            Self::Internal(internal) => return Err(internal),
            Self::Malformed(error) => error,
            // One answer for every code that is not good: a stranger learns nothing from it.
            Self::CodeUnknown | Self::CodeLapsed | Self::CodeReplayed => {
                grant("The code is unknown, has lapsed or was used.")
            }
            Self::RedirectUriWrong => {
                grant("The redirect_uri is not the one the code was sent to.")
            }
            Self::VerifierMissing => grant("The code_verifier is missing."),
            Self::VerifierUnexpected => {
                grant("There was no code_challenge, so there can be no code_verifier.")
            }
            Self::VerifierWrong => grant("The code_verifier does not meet the code_challenge."),
            Self::Refused(refused) => refused.into_oauth(),
        })
    }
}
