//! A client: a relying party as it is registered (OpenID Connect Dynamic Client Registration 1.0 §2).

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::base::id::ClientId;
use crate::base::secret::{Digest, Kind, Token};
use crate::oauth::client_metadata::ClientMetadata;
use crate::oauth::client_registration::ClientRegistration;
use crate::oauth::logo_name::LogoName;

/// A registered client. Cheap to clone: caches hand it out.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its `client_id`.
    pub id: ClientId,
    /// What is registered of it.
    pub registration: Arc<ClientRegistration>,
    /// What is kept of its secret, where it has one.
    pub secret: Option<StoredSecret>,
}

impl Client {
    /// Its settings.
    pub fn settings(&self) -> &ClientMetadata {
        self.registration.settings()
    }

    /// What a remembered consent was given to: the names and the places the answer goes. Another name or another
    /// redirect URI is another party to the person who consented.
    pub fn identity(&self) -> Digest {
        let mut text = Sha256::new();
        text.update(self.settings().client_name.as_bytes());
        if let Some(name) = &self.settings().client_name_en {
            text.update([1]);
            text.update(name.as_bytes());
        }
        for uri in &self.settings().redirect_uris {
            text.update([0]);
            text.update(uri.as_str().as_bytes());
        }
        Digest::of("client identity", &text.finalize())
    }
}

/// A client's picture, as we made it out of what its site gave.
#[derive(Clone, Debug)]
pub struct Logo {
    /// Its name.
    pub name: LogoName,
    /// The picture.
    pub png: Arc<[u8]>,
}

/// What is kept of a client's secret.
#[derive(Clone, Debug)]
pub enum StoredSecret {
    /// Its keyed digest: enough to compare.
    Digest(Digest),
    /// The secret itself, sealed: the client signs with it, or we do (`ClientRegistration::needs_secret_itself`).
    Sealed(Arc<[u8]>),
}

/// A client secret.
#[derive(Debug)]
pub enum ClientSecret {}

impl Kind for ClientSecret {
    const PREFIX: &'static str = "fxcs_";
}

/// A client secret's text: random, shown once.
pub type ClientSecretToken = Token<ClientSecret>;
