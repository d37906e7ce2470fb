//! Clients: registered by an operator (here), or by themselves with a token of an operator's (`dynamic_registration`).
//!
//! Owns the making of ids and secrets, and what is looked at elsewhere before a client is believed. What fits together is
//! `oauth::client_registration`, what one may have `oauth::registration_policy`.

pub mod dynamic_registration;
pub mod expiry;
pub mod initial_access;
pub mod keys;
pub mod logo;
pub mod sector;

use std::sync::Arc;

use crate::audit::{Event, Record};
use crate::base::id::ClientId;
use crate::base::internal::Internal;
use crate::base::secret::Secret;
use crate::context::Context;
use crate::model::client::Client;
use crate::oauth::client_registration::ClientRegistration;
use crate::token::client_secret;

/// Why a new client is not registered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its keys could never be used.
    #[error(transparent)]
    Keys(#[from] keys::Error),
    /// Ours.
    #[error(transparent)]
    Internal(#[from] Internal),
}

/// Registers a new client. Its secret, where its method has one, is shown here and never again.
pub async fn register(
    ctx: &Context,
    registration: ClientRegistration,
) -> Result<(Client, Option<Secret<String>>), Error> {
    keys::confirm(&registration)?;
    let id = ClientId::new(ctx.now);
    let secret = client_secret::fresh(&registration);
    let client = put(ctx, id, registration, secret.as_ref()).await?;
    Ok((client, secret))
}

/// Replaces what is registered of a client, or registers it under a given id and secret.
pub async fn put(
    ctx: &Context,
    id: ClientId,
    registration: ClientRegistration,
    secret: Option<&Secret<String>>,
) -> Result<Client, Internal> {
    let event = Event::ClientRegistered {
        may_introspect: registration.settings().may_introspect,
        skip_consent: registration.settings().skip_consent,
        weak_features: registration.settings().weak_features.clone(),
    };
    let secret = secret.map(|secret| client_secret::stored(ctx, id, &registration, secret));
    let client = Client { id, registration: Arc::new(registration), secret };
    let audit = Record::new(event, ctx.now).client(id).row();
    ctx.store.put_client(&client, ctx.now, audit).await?.committed();
    Ok(client)
}
