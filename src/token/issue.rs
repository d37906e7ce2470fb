//! The issuing gate, and the making of token responses.
//!
//! Every path that gives a code or a token ends in [`gate`], which looks at the account, the session and the consent as
//! they are now. Only it makes an [`Admission`], and nothing here works without one. OAuth 2.0 §5.1, OpenID Connect
//! Core §2, §3.1.3.3.

use serde::Serialize;

use crate::base::id::GrantId;
use crate::base::internal::Internal;
use crate::base::metric;
use crate::context::Context;
use crate::jose::id_token::{IdToken, RequestedClaims};
use crate::jose::signer::Signer;
use crate::model::account::Account;
use crate::model::client::Client;
use crate::model::consent::Consent;
use crate::model::grant::{GrantRow, Terms};
use crate::oauth::claim::Claim;
use crate::oauth::claims_request::ClaimsRequest;
use crate::oauth::client_metadata::SigningAlgorithm;
use crate::oauth::grant_type::GrantType;
use crate::oauth::response_type::ResponseType;
use crate::oauth::scope::{Scope, ScopeSet};
use crate::oauth::weak_feature::WeakFeatures;
use crate::store::Durable;
use crate::token::access_token::{AccessToken, Holder};
use crate::token::grant_token::{Code, RefreshToken};
use crate::token::{claims, sid, subject};

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

/// The gate's word that something may be issued to this client about this account.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Admission<'a> {
    client: &'a Client,
    account: &'a Account,
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
}

/// Looks at every fact, on every path.
pub fn gate<'a>(ctx: &Context, facts: &Facts<'a>) -> Result<Admission<'a>, Refused> {
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
    Ok(Admission { client: facts.client, account: facts.account })
}

/// The successful answer of the token endpoint (OAuth 2.0 §5.1).
#[derive(Debug, Serialize)]
pub struct TokenResponse {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    scope: String,
}

/// Tokens that are made, but not committed: nobody is given them yet.
#[derive(Debug)]
#[must_use]
pub struct Prepared {
    response: TokenResponse,
    grant_type: GrantType,
}

impl Prepared {
    /// The answer, once the change it rests on is committed.
    pub fn answer<T>(self, _: Durable<T>) -> TokenResponse {
        metrics::counter!(metric::TOKENS, "grant_type" => self.grant_type.as_str()).increment(1);
        self.response
    }

    /// The answer of a grant type that changes nothing (`client_credentials`).
    pub(super) fn answer_without_change(self) -> TokenResponse {
        metrics::counter!(metric::TOKENS, "grant_type" => self.grant_type.as_str()).increment(1);
        self.response
    }

    pub(super) fn of_client(access_token: &AccessToken, ctx: &Context) -> Self {
        Self {
            response: response(ctx, access_token, None, None),
            grant_type: GrantType::ClientCredentials,
        }
    }
}

/// What a grant's tokens are made from.
#[derive(Debug)]
pub struct Order<'a> {
    /// How the client came.
    pub grant_type: GrantType,
    /// The grant.
    pub row: &'a GrantRow,
    /// The access token's scopes: the grant's, or fewer.
    pub scope: ScopeSet,
    /// The refresh token that goes with it.
    pub refresh_token: Option<&'a RefreshToken>,
    /// Whether the ID token repeats the request's `nonce`: at the code, not at a refresh (Core §12.2).
    pub with_nonce: bool,
}

/// Makes a grant's tokens; signs before the store's writer is asked. At most one statement: the person's data, where
/// the ID token was asked to hold some.
pub async fn tokens(
    ctx: &Context,
    admission: Admission<'_>,
    order: Order<'_>,
) -> Result<Prepared, Internal> {
    let row = order.row;
    let id_token = if row.terms.scope.contains(&Scope::OPENID) {
        let beside = Beside { nonce: order.with_nonce, ..Beside::default() };
        Some(id_token(ctx, admission, row, beside).await?)
    } else {
        None
    };
    let access_token =
        AccessToken::new(Holder::Grant(row.id), order.scope, ctx.now, ctx.policy.access_token);
    let refresh_token = order.refresh_token.map(|token| token.expose().to_owned());
    Ok(Prepared {
        response: response(ctx, &access_token, refresh_token, id_token),
        grant_type: order.grant_type,
    })
}

/// What the authorization endpoint gives, made but not committed: nobody is told yet.
#[derive(Debug)]
#[must_use]
pub struct Given {
    parameters: Vec<(&'static str, String)>,
    with_token: bool,
}

impl Given {
    /// The parameters of the answer, once the grant they rest on is committed.
    pub fn answer(self, _: Durable<()>) -> Vec<(&'static str, String)> {
        if self.with_token {
            let grant_type = GrantType::Implicit.as_str();
            metrics::counter!(metric::TOKENS, "grant_type" => grant_type).increment(1);
        }
        self.parameters
    }
}

/// What a response type gives at the authorization endpoint (Core §3.2.2.5, §3.3.2.5).
pub async fn at_authorization(
    ctx: &Context,
    admission: Admission<'_>,
    row: &GrantRow,
    response_type: ResponseType,
    code: Option<&Code>,
) -> Result<Given, Internal> {
    let code = code.map(|code| code.expose().to_owned());
    let mut given = Given { parameters: Vec::new(), with_token: response_type.has_token() };
    let mut tell = |name, value| given.parameters.push((name, value));
    let keys = ctx.keys.keys();
    let algorithm = of_our_keys(admission.client)?;
    let signer = Signer::from(&keys.active(algorithm)?.key);
    let c_hash = code.as_deref().map(|code| signer.hash_claim(code));
    let mut beside = Beside { nonce: true, c_hash, ..Beside::default() };
    if let Some(code) = code {
        tell("code", code);
    }
    if response_type.has_token() {
        let scope = row.terms.scope.clone();
        let token =
            AccessToken::new(Holder::Grant(row.id), scope, ctx.now, ctx.policy.access_token);
        let sealed = token.seal(&ctx.secrets.access_token);
        beside.at_hash = Some(signer.hash_claim(&sealed));
        tell("access_token", sealed);
        tell("token_type", "Bearer".to_owned());
        tell("expires_in", ctx.policy.access_token.as_seconds().to_string());
        tell("scope", token.scope.to_string());
    }
    if response_type.has_id_token() {
        // Nothing else will tell this client what it asked for (Core §5.4).
        beside.claims_of_scope = response_type == ResponseType::IdToken;
        tell("id_token", id_token(ctx, admission, row, beside).await?);
    }
    Ok(given)
}

/// What an ID token has in it because of what comes with it.
#[derive(Debug, Default)]
struct Beside {
    nonce: bool,
    at_hash: Option<String>,
    c_hash: Option<String>,
    claims_of_scope: bool,
}

fn response(
    ctx: &Context,
    access_token: &AccessToken,
    refresh_token: Option<String>,
    id_token: Option<String>,
) -> TokenResponse {
    TokenResponse {
        access_token: access_token.seal(&ctx.secrets.access_token),
        token_type: "Bearer",
        expires_in: access_token.expires_at.since(ctx.now).as_seconds(),
        refresh_token,
        id_token,
        scope: access_token.scope.to_string(),
    }
}

/// An ID token says who, for whom, by whom and when; everything else only if the client asked to be told.
async fn id_token(
    ctx: &Context,
    admission: Admission<'_>,
    row: &GrantRow,
    beside: Beside,
) -> Result<String, Internal> {
    let Admission { client, account } = admission;
    let terms = &row.terms;
    let asked = |claim| terms.claims.id_token.contains_key(&claim);
    let of_scope = beside.claims_of_scope.then_some(&terms.scope);
    let requested = if asks_for_data(terms) || of_scope.is_some() {
        let profile = ctx.store.profile(account.id).await?;
        RequestedClaims::try_from(claims::for_id_token(terms, of_scope, account, &profile))
            .map_err(|error| Internal::fault("a claim of an ID token").because(error))?
    } else {
        RequestedClaims::default()
    };
    let (subject, audience) = (subject::of(ctx, client, account), client.id.to_string());
    let assurance = &terms.assurance;
    let sid = sid::told(ctx, client, row.session_id);
    let token = IdToken {
        iss: ctx.issuer.as_str(),
        sub: &subject,
        aud: &audience,
        exp: ctx.now.plus(ctx.policy.id_token),
        iat: ctx.now,
        auth_time: (terms.told.auth_time || asked(Claim::AuthTime)).then_some(assurance.at),
        nonce: terms.nonce.as_deref().filter(|_| beside.nonce),
        acr: (terms.told.acr || asked(Claim::Acr)).then_some(assurance.acr),
        amr: if asked(Claim::Amr) { assurance.amr.clone() } else { Vec::new() },
        sid: sid.as_deref(),
        at_hash: beside.at_hash,
        c_hash: beside.c_hash,
        requested,
    };
    let keys = ctx.keys.keys();
    token.sign(&keys.active(of_our_keys(client)?)?.key)
}

fn of_our_keys(client: &Client) -> Result<SigningAlgorithm, Internal> {
    let algorithm = client.settings().id_token_signed_response_alg.of_our_keys();
    algorithm.ok_or_else(|| Internal::fault("an ID token is signed with no key of ours"))
}

fn asks_for_data(terms: &Terms) -> bool {
    terms
        .claims
        .id_token
        .keys()
        .any(|claim| !matches!(claim, Claim::Sub | Claim::Acr | Claim::AuthTime | Claim::Amr))
}

/// Whether a client is given refresh tokens with this grant, and the first one of it.
pub fn first_refresh_token(ctx: &Context, client: &Client, grant: GrantId) -> Option<RefreshToken> {
    client
        .registration
        .allows(GrantType::RefreshToken)
        .then(|| RefreshToken::random(&ctx.secrets.grant_token, grant, 0))
}
