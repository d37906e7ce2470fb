//! The public keys of clients, wherever a client keeps them: in its registration, or behind its `jwks_uri`.
//!
//! OpenID Connect Core §10.1.1: fetched keys are used for a while, and fetched again when a token names a key that is not
//! among them, since its owner may have changed them a moment ago. Does not own what is verified or encrypted with them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::Provider;
use crate::base::limits;
use crate::jose::key_set::{self, PublicKeySet};
use crate::model::client::Client;
use crate::oauth::https_uri::HttpsUri;
use crate::outbound::{self, Purpose};

/// Why a client's keys are not there.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The client has neither `jwks` nor `jwks_uri`.
    #[error("the client has registered no keys")]
    NotRegistered,
    /// Its `jwks_uri` gave no document.
    #[error("the client's jwks_uri: {0}")]
    Fetch(Arc<outbound::Error>),
    /// The document is no set of keys that anything here can use.
    #[error("the client's keys: {0}")]
    Unusable(#[from] key_set::Error),
}

/// A client's keys, read.
#[derive(Debug)]
pub struct ClientKeys {
    /// The set as it stands there, for `jose::encryption`.
    pub set: Value,
    verifying: Result<PublicKeySet, key_set::Error>,
    read_at: Instant,
}

impl ClientKeys {
    /// Those of the keys that can verify a signature.
    pub fn verifying(&self) -> Result<&PublicKeySet, Error> {
        self.verifying.as_ref().map_err(|error| Error::Unusable(*error))
    }

    fn fetched(document: &[u8]) -> Result<Self, key_set::Error> {
        let set = serde_json::from_slice(document).map_err(|_| key_set::Error::NotJson)?;
        match PublicKeySet::parse_fetched(document) {
            // A set of keys for encryption only is one, too.
            Err(key_set::Error::NoKey) => Ok(Self::read(set, Err(key_set::Error::NoKey))),
            Err(error) => Err(error),
            verifying => Ok(Self::read(set, verifying)),
        }
    }

    fn read(set: Value, verifying: Result<PublicKeySet, key_set::Error>) -> Self {
        Self { set, verifying, read_at: Instant::now() }
    }
}

/// The sets that were fetched. Another address is another set, so a changed registration needs no sweep.
pub(super) type Fetched = moka::future::Cache<HttpsUri, Arc<ClientKeys>>;

pub(super) fn cache() -> Fetched {
    moka::future::Cache::builder()
        .max_capacity(limits::CLIENT_KEYS_CACHE)
        .time_to_live(Duration::from_secs(u64::from(limits::CLIENT_KEYS_SECONDS)))
        .build()
}

impl Provider {
    /// The client's keys. Behind a `jwks_uri`, one fetch for all who ask at once.
    pub async fn client_keys(&self, client: &Client) -> Result<Arc<ClientKeys>, Error> {
        let settings = client.settings();
        match (&settings.jwks, &settings.jwks_uri) {
            (Some(set), _) => Ok(Arc::new(ClientKeys::read(set.clone(), PublicKeySet::parse(set)))),
            (None, Some(uri)) => self.fetched_keys(uri).await,
            (None, None) => Err(Error::NotRegistered),
        }
    }

    /// What `verify` says with the client's keys; said again with freshly fetched ones where it knew no such key.
    pub async fn verified_with_keys_of<T, E>(
        &self,
        client: &Client,
        verify: impl Fn(&ClientKeys) -> Result<T, E>,
        knew_no_key: impl Fn(&E) -> bool,
    ) -> Result<Result<T, E>, Error> {
        let keys = self.client_keys(client).await?;
        let Some(uri) = &client.settings().jwks_uri else { return Ok(verify(&keys)) };
        match verify(&keys) {
            Err(error) if knew_no_key(&error) => {
                let rest = Duration::from_secs(u64::from(limits::CLIENT_KEYS_AGAIN_SECONDS));
                if keys.read_at.elapsed() < rest {
                    return Ok(Err(error));
                }
                self.client_keys.invalidate(uri).await;
                Ok(verify(&*self.fetched_keys(uri).await?))
            }
            verified => Ok(verified),
        }
    }

    async fn fetched_keys(&self, uri: &HttpsUri) -> Result<Arc<ClientKeys>, Error> {
        let fetch = async {
            let document = self
                .outbound
                .get(Purpose::ClientKeys, uri.as_str())
                .await
                .map_err(|error| Error::Fetch(Arc::new(error)))?;
            Ok::<_, Error>(Arc::new(ClientKeys::fetched(&document.body)?))
        };
        let keys = self.client_keys.try_get_with(uri.clone(), fetch).await;
        keys.map_err(|error| (*error).clone())
    }
}
