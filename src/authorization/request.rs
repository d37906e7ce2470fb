//! The authorization request: the checks in the order they run, each from a weaker type to a stronger one.
//!
//! OAuth 2.0 §4.1.1, OpenID Connect Core §3.1.2.1, PKCE §4.3. Until client and redirect URI are known an error can only
//! be a page; from then on it can only be a redirect to that URI. What comes in a request object is read by
//! `request_object` and judged here like everything else.

use serde::{Deserialize, Serialize};

use crate::authorization::request_object;
use crate::authorization::response::Delivery;
use crate::base::internal::Internal;
use crate::base::limits;
use crate::base::time::Lifetime;
use crate::context::Context;
use crate::model::client::Client;
use crate::oauth::acr::AcrValues;
use crate::oauth::claim::Claim;
use crate::oauth::claims_request::ClaimsRequest;
use crate::oauth::display::Display;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::grant_type::GrantType;
use crate::oauth::max_age;
use crate::oauth::parameter::Parameters;
use crate::oauth::pkce::CodeChallenge;
use crate::oauth::prompt::Prompts;
use crate::oauth::redirect_uri::VerifiedRedirect;
use crate::oauth::response_mode::ResponseMode;
use crate::oauth::response_type::ResponseType;
use crate::oauth::scope::{Scope, ScopeSet};
use crate::oauth::ui_locales::UiLocales;
use crate::oauth::weak_feature::{WeakFeature, WeakFeatures};
use crate::token::gate::Signature;
use crate::token::id_token;

/// A request in which nothing is wrong.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: crate::base::id::ClientId,
    /// Where the answer goes.
    #[serde(deserialize_with = "VerifiedRedirect::deserialize_sealed")]
    pub redirect: VerifiedRedirect,
    /// What the answer gives.
    #[serde(default)]
    pub response_type: ResponseType,
    /// How it travels.
    pub response_mode: ResponseMode,
    /// Echoed in the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Echoed in the ID token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// What is asked for.
    pub scope: ScopeSet,
    /// Single claims that are asked for.
    #[serde(default, skip_serializing_if = "ClaimsRequest::is_empty")]
    pub claims: ClaimsRequest,
    /// What the token request must know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_challenge: Option<CodeChallenge>,
    /// What the person must or must not be asked.
    #[serde(default, skip_serializing_if = "Prompts::is_empty")]
    pub prompts: Prompts,
    /// How old the sign-in may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Lifetime>,
    /// The levels of assurance that are wished for.
    #[serde(default)]
    pub acr_values: AcrValues,
    /// The languages that are wished for.
    #[serde(default, skip_serializing_if = "UiLocales::is_empty")]
    pub ui_locales: UiLocales,
    /// The account name to begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<String>,
    /// The subject that is meant, as the client knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Whether it came in a request object that nobody signed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_unsigned_object: bool,
}

impl AuthorizationRequest {
    /// The weak features that the answer would rest on.
    pub fn weak_features(&self) -> WeakFeatures {
        let waiver = self.response_type.has_code() && self.code_challenge.is_none();
        let waiver = waiver.then_some(WeakFeature::NoPkce);
        let unsigned = self.in_unsigned_object.then_some(WeakFeature::UnsignedRequestObject);
        self.response_type.weak_feature().into_iter().chain(waiver).chain(unsigned).collect()
    }
}

/// Why a request cannot be redirected anywhere: an open redirect does not type-check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// The query or form is not well-formed, or a parameter that names the client or the way back came twice.
    #[error("the request is malformed")]
    Malformed,
    /// No `client_id`, or none that is registered.
    #[error("the client is unknown")]
    ClientUnknown,
    /// No `redirect_uri`.
    #[error("the redirect_uri is missing")]
    RedirectUriMissing,
    /// A `redirect_uri` that is not registered.
    #[error("the redirect_uri is not registered")]
    RedirectUriNotRegistered,
}

/// What is wrong with a request.
#[derive(Debug)]
pub enum AuthorizeError {
    /// Told to the person, on a page.
    Page(PageError),
    /// Told to the client, at its verified redirect URI.
    Redirect(Box<(Client, Delivery)>),
    /// Ours.
    Internal(Internal),
}

impl From<Internal> for AuthorizeError {
    fn from(error: Internal) -> Self {
        Self::Internal(error)
    }
}

/// A request whose client and way back are known: whatever else is wrong goes there.
struct ClientKnown {
    client: Client,
    redirect: VerifiedRedirect,
    response_mode: ResponseMode,
    state: Option<String>,
}

/// Reads a request: every check, in order. A request object is read before the way back is known, as it says where that
/// leads; of one that is refused nothing counts, and what stands beside it says it.
pub async fn read(
    ctx: &Context,
    outside: &Parameters,
) -> Result<(Client, AuthorizationRequest), AuthorizeError> {
    let client = client(ctx, outside).await?;
    let (asked, refused) = match request_object::read(ctx, &client, outside).await {
        Ok(asked) => (asked, None),
        Err(error) => {
            tracing::info!(client.id = %client.id, reason = %error, "a request object was refused");
            (None, Some(OAuthError::from(error)))
        }
    };
    let parameters = asked.as_ref().map_or(outside, |asked| &asked.parameters);
    let known = way_back(client, parameters)?;
    match refused.map_or_else(|| the_rest(ctx, &known, parameters), Err) {
        Ok(mut request) => {
            request.in_unsigned_object = asked.is_some_and(|asked| !asked.is_signed);
            Ok((known.client, request))
        }
        Err(error) => {
            let ClientKnown { client, redirect, response_mode, state, .. } = known;
            let delivery = Delivery::error(ctx, redirect, response_mode, state.as_deref(), &error);
            Err(AuthorizeError::Redirect(Box::new((client, delivery))))
        }
    }
}

/// Who asks: always said in the address, never in a request object alone (RFC 9101 §5).
async fn client(ctx: &Context, outside: &Parameters) -> Result<Client, AuthorizeError> {
    let page = AuthorizeError::Page;
    let id = outside.one("client_id").map_err(|_| page(PageError::Malformed))?;
    let id = id.and_then(|id| id.parse().ok()).ok_or(page(PageError::ClientUnknown))?;
    ctx.client(id).await?.ok_or(page(PageError::ClientUnknown))
}

/// OAuth 2.0 §3.1.2.4: nothing is redirected before this returned.
fn way_back(client: Client, parameters: &Parameters) -> Result<ClientKnown, AuthorizeError> {
    let page = AuthorizeError::Page;
    let uri = parameters.one("redirect_uri").map_err(|_| page(PageError::Malformed))?;
    let uri = uri.ok_or(page(PageError::RedirectUriMissing))?;
    let redirect =
        client.registration.redirect(uri).ok_or(page(PageError::RedirectUriNotRegistered))?;
    // How and with what an error travels: where these are wrong themselves, the plainest way.
    let sent = |name| parameters.one(name).ok().flatten();
    let response_type = sent("response_type").and_then(ResponseType::from_words);
    let response_mode = [sent("response_mode"), None]
        .into_iter()
        .find_map(|mode| ResponseMode::parse(mode, response_type.unwrap_or_default()).ok())
        .unwrap_or(ResponseMode::Query);
    let state = sent("state").filter(|state| state.len() <= limits::STATE);
    let state = state.map(str::to_owned);
    Ok(ClientKnown { client, redirect, response_mode, state })
}

fn the_rest(
    ctx: &Context,
    known: &ClientKnown,
    parameters: &Parameters,
) -> Result<AuthorizationRequest, OAuthError> {
    no_parameter_twice(parameters)?;
    nothing_unsupported(parameters)?;
    let client = &known.client;
    let one = |name| parameters.one(name).map_err(OAuthError::from);
    let response_type = ResponseType::parse(one("response_type")?)?;
    ResponseMode::parse(one("response_mode")?, response_type)?;
    may_ask_for(ctx, client, response_type)?;
    let claims = claims(client, one("claims")?)?;
    let pkce = (one("code_challenge")?, one("code_challenge_method")?);
    let default_max_age = client.settings().default_max_age.map(Lifetime::seconds);
    Ok(AuthorizationRequest {
        client_id: client.id,
        redirect: known.redirect.clone(),
        response_type,
        response_mode: known.response_mode,
        state: bounded(one("state")?, limits::STATE, "The parameter state is too long.")?,
        nonce: nonce(response_type, one("nonce")?)?,
        scope: scope(client, response_type, one("scope")?)?,
        code_challenge: code_challenge(ctx, client, response_type, pkce)?,
        prompts: Prompts::parse(one("prompt")?)?,
        max_age: max_age::parse(one("max_age")?)?.or(default_max_age),
        acr_values: acr_values(client, one("acr_values")?, &claims),
        claims,
        ui_locales: UiLocales::parse(one("ui_locales")?),
        login_hint: one("login_hint")?
            .filter(|hint| hint.len() <= limits::ACCOUNT_NAME)
            .map(str::to_owned),
        hint: hint(ctx, client, one("id_token_hint")?)?,
        in_unsigned_object: false,
    })
    .inspect(|_| {
        // Every page is narrow and whole; no display asks for another.
        let _ = one("display").map(Display::parse);
    })
}

/// OAuth 2.0 §3.1: a parameter that comes twice makes the request invalid, known or not.
fn no_parameter_twice(parameters: &Parameters) -> Result<(), OAuthError> {
    const TWICE: OAuthError = OAuthError::invalid_request("A parameter came more than once.");
    parameters.first_repeated().map_or(Ok(()), |_| Err(TWICE))
}

/// OpenID Connect Core §7.2.1: what is not supported has an error of its own.
fn nothing_unsupported(parameters: &Parameters) -> Result<(), OAuthError> {
    const REGISTRATION: OAuthError = OAuthError::new(
        ErrorCode::RegistrationNotSupported,
        "The parameter registration is not supported.",
    );
    parameters.one("registration")?.map_or(Ok(()), |_| Err(REGISTRATION))
}

/// RFC 7591 §2: a client asks for what it is registered for. What this deployment does not offer does not exist here.
fn may_ask_for(
    ctx: &Context,
    client: &Client,
    response_type: ResponseType,
) -> Result<(), OAuthError> {
    const MAY_NOT: OAuthError = OAuthError::new(
        ErrorCode::UnauthorizedClient,
        "The client is not registered for this response_type.",
    );
    const SIGNATURE: OAuthError = OAuthError::new(
        ErrorCode::UnauthorizedClient,
        "ID tokens are not signed any more as the client is registered.",
    );
    let weak = response_type.weak_feature();
    if weak.is_some_and(|feature| !ctx.policy.weak_features.contains(feature)) {
        return Err(ResponseType::UNSUPPORTED);
    }
    let is_open = weak.is_none_or(|feature| ctx.permits(client, feature));
    if !is_open || !client.registration.may_ask_for(response_type) {
        return Err(MAY_NOT);
    }
    Signature::of(ctx, client).map(|_| ()).map_err(|_| SIGNATURE)
}

/// Core §3.2.2.1, §3.3.2.11: an ID token that comes through the browser is bound to its request.
fn nonce(response_type: ResponseType, text: Option<&str>) -> Result<Option<String>, OAuthError> {
    const MISSING: OAuthError = OAuthError::invalid_request("The parameter nonce is missing.");
    match bounded(text, limits::NONCE, "The parameter nonce is too long.")? {
        None if response_type.has_id_token() => Err(MISSING),
        nonce => Ok(nonce),
    }
}

/// OAuth 2.0 §3.3. Scopes that nobody knows are ignored (Core §3.1.2.1); one that exists but is not registered for the
/// client is an error that its developer should see.
fn scope(
    client: &Client,
    response_type: ResponseType,
    text: Option<&str>,
) -> Result<ScopeSet, OAuthError> {
    const MISSING: OAuthError =
        OAuthError::new(ErrorCode::InvalidScope, "The parameter scope is missing.");
    const MALFORMED: OAuthError =
        OAuthError::new(ErrorCode::InvalidScope, "The parameter scope is malformed.");
    const NOT_REGISTERED: OAuthError = OAuthError::new(
        ErrorCode::InvalidScope,
        "The client is not registered for a scope it asks for.",
    );
    const OPENID_MISSING: OAuthError = OAuthError::new(
        ErrorCode::InvalidScope,
        "An ID token needs the scope openid, in the request and in the client's registration.",
    );
    let asked = ScopeSet::parse(text.ok_or(MISSING)?).map_err(|_| MALFORMED)?;
    let own = &client.settings().scope;
    if Scope::KNOWN.iter().any(|scope| asked.contains(scope) && !own.contains(scope)) {
        return Err(NOT_REGISTERED);
    }
    let granted = asked.intersection(own);
    // Access without the person present is a refresh token; a client that cannot use one is not asked about it.
    let renewed = response_type.has_code() && client.registration.allows(GrantType::RefreshToken);
    let granted = if renewed { granted } else { granted.without(&Scope::OFFLINE_ACCESS) };
    match response_type.has_id_token() && !granted.contains(&Scope::OPENID) {
        true => Err(OPENID_MISSING),
        false if granted.is_empty() => Err(NOT_REGISTERED),
        false => Ok(granted),
    }
}

/// Core §5.5: single claims that the client's registered scopes cover; others are ignored, as unknown ones are.
fn claims(client: &Client, text: Option<&str>) -> Result<ClaimsRequest, OAuthError> {
    let mut asked = ClaimsRequest::parse(text)?;
    let own = &client.settings().scope;
    asked.userinfo.retain(|claim, _| claim.is_covered_by(own));
    asked.id_token.retain(|claim, _| claim.is_covered_by(own));
    Ok(asked)
}

/// Registration §2, `default_acr_values`: what the client wishes for where the request says nothing of a level.
fn acr_values(client: &Client, text: Option<&str>, claims: &ClaimsRequest) -> AcrValues {
    let named = AcrValues::parse(text);
    if named.asked() || claims.id_token.contains_key(&Claim::Acr) {
        return named;
    }
    AcrValues::parse(Some(&client.settings().default_acr_values.join(" ")))
}

/// PKCE §4.4.1, RFC 9700 §2.1.1: S256, wherever a code is given; only a confidential client for which the waiver is open
/// may do without.
fn code_challenge(
    ctx: &Context,
    client: &Client,
    response_type: ResponseType,
    (challenge, method): (Option<&str>, Option<&str>),
) -> Result<Option<CodeChallenge>, OAuthError> {
    const MISSING: OAuthError =
        OAuthError::invalid_request("The parameter code_challenge is missing.");
    let waived = ctx.permits(client, WeakFeature::NoPkce);
    match CodeChallenge::parse(challenge, method)? {
        None if response_type.has_code() && !waived => Err(MISSING),
        challenge => Ok(challenge.filter(|_| response_type.has_code())),
    }
}

/// Core §3.1.2.1: an ID token that we gave this client, expired or not.
fn hint(ctx: &Context, client: &Client, jwt: Option<&str>) -> Result<Option<String>, OAuthError> {
    const NOT_OURS: OAuthError = OAuthError::invalid_request(
        "The parameter id_token_hint is not an ID token that the client was given.",
    );
    let Some(jwt) = jwt else { return Ok(None) };
    id_token::hint(ctx, client, jwt).map(|hint| Some(hint.subject)).ok_or(NOT_OURS)
}

fn bounded(
    text: Option<&str>,
    limit: usize,
    too_long: &'static str,
) -> Result<Option<String>, OAuthError> {
    match text {
        Some(text) if text.len() > limit => Err(OAuthError::invalid_request(too_long)),
        text => Ok(text.map(str::to_owned)),
    }
}
