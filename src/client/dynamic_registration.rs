//! Clients that register themselves (RFC 7591, OpenID Connect Registration 1.0) and manage that (RFC 7592).
//!
//! A client is given the intersection of what it asks for, of the policy of the token it came with, and of what the
//! deployment offers; what lies outside is refused by name. It is never exempt from consent, and its registration access
//! token changes with each replacement. Six statements to register, one to read, at most five to replace, seven to delete.

use std::sync::Arc;

use crate::audit::{Event, Record};
use crate::base::id::ClientId;
use crate::base::internal::Internal;
use crate::base::secret::Secret;
use crate::base::time::Timestamp;
use crate::client::{keys, logo, sector};
use crate::context::Context;
use crate::model::client::{Client, StoredSecret};
use crate::model::registration::{InitialAccessToken, RegistrationAccessToken};
use crate::oauth::client_metadata::ClientMetadata;
use crate::oauth::client_registration::ClientRegistration;
use crate::oauth::registration_policy::Outside;
use crate::oauth::registration_request::{self, RegistrationRequest};
use crate::oauth::weak_feature::WeakFeature;
use crate::store::{LogoChange, RegisteredClient, RegistrationChange};
use crate::token::client_secret;

/// Why nothing is registered, shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The token is unknown, over, used up, or another client's. Nobody is told which.
    #[error("the token is not good for this")]
    TokenNotGood,
    /// The registration breaks a rule.
    #[error(transparent)]
    Request(#[from] registration_request::Error),
    /// Its keys could never be used.
    #[error(transparent)]
    Keys(#[from] keys::Error),
    /// The sector's document does not speak for the client.
    #[error(transparent)]
    Sector(#[from] sector::Error),
    /// The logo cannot be had.
    #[error(transparent)]
    Logo(logo::Error),
    /// The token that the client came with was revoked: it is read and deleted, and not changed (RFC 7592 §2.2).
    #[error(
        "the initial access token of this client was revoked, so its registration stays as it is"
    )]
    TokenRevoked,
    /// A replacement names another client, or none (RFC 7592 §2.2).
    #[error("client_id is not the client's")]
    ClientIdForeign,
    /// A replacement names another secret: a client cannot choose its own.
    #[error("client_secret is not the client's")]
    SecretForeign,
    /// Ours.
    #[error(transparent)]
    Internal(#[from] Internal),
}

/// A registration as its client is told of it.
#[derive(Debug)]
pub struct Registered {
    /// The client.
    pub client: Client,
    /// Its secret, where it has just been made.
    pub secret: Option<Secret<String>>,
    /// The registration access token that is good from now on.
    pub token: RegistrationAccessToken,
    /// When it was registered first.
    pub issued_at: Timestamp,
}

/// Whether clients may register themselves here at all.
pub fn is_open(ctx: &Context) -> bool {
    ctx.policy.weak_features.contains(WeakFeature::DynamicRegistration)
}

/// Registers a client with an initial access token.
pub async fn register(
    ctx: &Context,
    token: Option<InitialAccessToken>,
    body: &[u8],
) -> Result<Registered, Error> {
    let token = token.ok_or(Error::TokenNotGood)?;
    let access = ctx.store.find_initial_access_token(token.digest()).await?;
    let access = access.filter(|access| access.is_good(ctx.now)).ok_or(Error::TokenNotGood)?;
    let request = RegistrationRequest::parse(body)?;
    let policy = access.policy.within(&ctx.policy.weak_features);
    let registration = fitting(policy.apply(request.settings(&policy.scope)?))?;
    sector::confirm(ctx, registration.settings()).await?;
    let (registration, logo) = with_logo(ctx, registration, None).await?;
    let id = ClientId::new(ctx.now);
    let secret = client_secret::fresh(&registration);
    let stored = secret.as_ref().map(|text| client_secret::stored(ctx, id, &registration, text));
    let event = Event::ClientRegisteredItself {
        token: access.id,
        sector: registration.settings().sector.clone(),
        weak_features: registration.settings().weak_features.clone(),
    };
    let client = Client { id, registration: Arc::new(registration), secret: stored };
    let token = RegistrationAccessToken::random();
    let new =
        RegistrationChange { client: client.clone(), logo, digest: token.digest(), now: ctx.now };
    let audit = Record::new(event, ctx.now).client(id).row();
    // Another registration may have been the token's last in the meantime.
    if ctx.store.register_client(access.id, new, audit).await?.committed() {
        Ok(Registered { client, secret, token, issued_at: ctx.now })
    } else {
        Err(Error::TokenNotGood)
    }
}

/// What is registered of a client, for whoever has its registration access token.
pub async fn show(
    ctx: &Context,
    id: Option<ClientId>,
    token: Option<RegistrationAccessToken>,
) -> Result<Registered, Error> {
    let (own, token) = own(ctx, id, token).await?;
    let issued_at = own.record.created_at;
    Ok(Registered { client: own.record.client, secret: None, token, issued_at })
}

/// Replaces all that is registered of a client. What it does not name again it loses; its subjects stay, unless its sector
/// is another one by its own word. Whose word let it in must still hold.
pub async fn replace(
    ctx: &Context,
    id: Option<ClientId>,
    token: Option<RegistrationAccessToken>,
    body: &[u8],
) -> Result<Registered, Error> {
    let (own, presented) = own(ctx, id, token).await?;
    if own.token_revoked {
        return Err(Error::TokenRevoked);
    }
    let before = &own.record.client;
    let request = RegistrationRequest::parse(body)?;
    if request.text("client_id")? != Some(before.id.to_string().as_str()) {
        return Err(Error::ClientIdForeign);
    }
    if let Some(secret) = request.text("client_secret")? {
        let secret = Secret::new(secret.to_owned());
        if !client_secret::is_of(ctx, before, &secret)? {
            return Err(Error::SecretForeign);
        }
    }
    let registration = replacement(ctx, &own, &request).await?;
    let (registration, logo) = with_logo(ctx, registration, Some(before.settings())).await?;
    let (stored, secret) = secret_of(ctx, before, &registration)?;
    let weak_features = registration.settings().weak_features.clone();
    let client = Client { id: before.id, registration: Arc::new(registration), secret: stored };
    let token = RegistrationAccessToken::random();
    let new =
        RegistrationChange { client: client.clone(), logo, digest: token.digest(), now: ctx.now };
    let event = Event::ClientReplacedItself { weak_features };
    let audit = Record::new(event, ctx.now).client(client.id).row();
    let replaced = ctx.store.replace_registered_client(presented.digest(), new, audit).await?;
    if !replaced.committed() {
        // Something has changed while documents were fetched: what, is said as if the request came only now.
        let (own, _) = self::own(ctx, id, Some(presented)).await?;
        return Err(if own.token_revoked { Error::TokenRevoked } else { Error::TokenNotGood });
    }
    ctx.forget_clients();
    Ok(Registered { client, secret, token, issued_at: own.record.created_at })
}

/// Deletes a client, and with it everything that it holds.
pub async fn remove(
    ctx: &Context,
    id: Option<ClientId>,
    token: Option<RegistrationAccessToken>,
) -> Result<(), Error> {
    let (own, presented) = own(ctx, id, token).await?;
    let id = own.record.client.id;
    let audit = Record::new(Event::ClientDeletedItself, ctx.now).client(id).row();
    let deleted =
        ctx.store.delete_registered_client(id, presented.digest(), ctx.now, audit).await?;
    if !deleted.committed() {
        return Err(Error::TokenNotGood);
    }
    ctx.forget_clients();
    Ok(())
}

/// The client of a registration access token. For an unknown client as for a wrong token (RFC 7592 §2.1).
async fn own(
    ctx: &Context,
    id: Option<ClientId>,
    token: Option<RegistrationAccessToken>,
) -> Result<(RegisteredClient, RegistrationAccessToken), Error> {
    let (id, token) = id.zip(token).ok_or(Error::TokenNotGood)?;
    let own = ctx.store.find_registered_client(id).await?;
    let own = own.filter(|own| own.digest.is(&token.digest())).ok_or(Error::TokenNotGood)?;
    Ok((own, token))
}

/// What a replacement registers.
async fn replacement(
    ctx: &Context,
    own: &RegisteredClient,
    request: &RegistrationRequest,
) -> Result<ClientRegistration, Error> {
    let before = own.record.client.settings();
    let policy = own.policy.within(&ctx.policy.weak_features);
    let mut settings = request.settings(&policy.scope)?;
    if request.text("subject_type")?.is_none() {
        // People keep their identifiers: silence does not make them public.
        settings.subject_type = before.subject_type;
    }
    let registration = fitting(policy.apply(settings))?;
    let after = registration.settings();
    let same_document = after.sector_identifier_uri == before.sector_identifier_uri;
    if !same_document || after.redirect_uris != before.redirect_uris {
        sector::confirm(ctx, after).await?;
    }
    Ok(registration)
}

fn fitting(given: Result<ClientMetadata, Outside>) -> Result<ClientRegistration, Error> {
    let registration = registered(given?)?;
    keys::confirm(&registration)?;
    Ok(registration)
}

fn registered(settings: ClientMetadata) -> Result<ClientRegistration, registration_request::Error> {
    Ok(settings.register()?)
}

/// What is kept of the client's secret from now on, and the secret itself where a new one was due: where there was none,
/// or only a digest of what must now be readable.
fn secret_of(
    ctx: &Context,
    before: &Client,
    registration: &ClientRegistration,
) -> Result<(Option<StoredSecret>, Option<Secret<String>>), Internal> {
    let stored =
        |secret: &Secret<String>| client_secret::stored(ctx, before.id, registration, secret);
    if !registration.has_secret() {
        return Ok((None, None));
    }
    match &before.secret {
        Some(StoredSecret::Digest(digest)) if !registration.needs_secret_itself() => {
            Ok((Some(StoredSecret::Digest(*digest)), None))
        }
        Some(StoredSecret::Sealed(_)) => {
            Ok((client_secret::opened(ctx, before)?.as_ref().map(stored), None))
        }
        Some(StoredSecret::Digest(_)) | None => {
            let fresh = client_secret::fresh(registration);
            Ok((fresh.as_ref().map(stored), fresh))
        }
    }
}

/// The registration with the name of the logo that it asks for. One that was fetched before is not fetched again.
async fn with_logo(
    ctx: &Context,
    registration: ClientRegistration,
    before: Option<&ClientMetadata>,
) -> Result<(ClientRegistration, LogoChange), Error> {
    let settings = registration.settings();
    let known = before.filter(|before| before.logo_uri == settings.logo_uri);
    let (name, change) = match (&settings.logo_uri, known) {
        (None, _) => (None, LogoChange::Remove),
        (Some(_), Some(before)) if before.logo.is_some() => (before.logo.clone(), LogoChange::Keep),
        (Some(uri), _) => {
            let logo = logo::fetch(ctx, uri).await?;
            (Some(logo.name.clone()), LogoChange::Put(logo))
        }
    };
    let settings = ClientMetadata { logo: name, ..settings.clone() };
    Ok((registered(settings)?, change))
}

impl From<Outside> for Error {
    fn from(outside: Outside) -> Self {
        Self::Request(outside.into())
    }
}

impl From<logo::Error> for Error {
    fn from(error: logo::Error) -> Self {
        match error {
            logo::Error::Internal(internal) => Self::Internal(internal),
            logo::Error::Fetch(_) | logo::Error::Unusable => Self::Logo(error),
        }
    }
}
