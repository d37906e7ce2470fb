//! The public keys of clients, wherever a client keeps them: in its registration, or behind its `jwks_uri`.
//!
//! OpenID Connect Core §10.1.1: fetched keys are used for a while, and fetched again when a token names a key that is not
//! among them, since its owner may have changed them a moment ago. Does not own what is verified or encrypted with them.

use std::sync::{Arc, Mutex, PoisonError};
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

impl Error {
    /// Whether a newer document may be better: this one was had, and is of no use.
    pub const fn may_be_an_old_set(&self) -> bool {
        matches!(self, Self::Unusable(_))
    }
}

/// A client's keys, read.
#[derive(Debug)]
pub struct ClientKeys {
    /// The set, for `jose::encryption`; of a fetched one only the members of keys.
    pub set: Value,
    verifying: Result<PublicKeySet, key_set::Error>,
}

impl ClientKeys {
    /// Those of the keys that can verify a signature.
    pub fn verifying(&self) -> Result<&PublicKeySet, Error> {
        self.verifying.as_ref().map_err(|error| Error::Unusable(*error))
    }

    fn registered(set: &Value) -> Self {
        Self { set: set.clone(), verifying: PublicKeySet::parse(set) }
    }

    /// Reads a fetched document. What is wrong with its keys for signatures leaves those for encryption as they are; a
    /// document that is no set, or that shows a private key, is of no use at all.
    fn fetched(document: &[u8]) -> Result<Self, key_set::Error> {
        use key_set::Error::{NotASet, NotJson, PrivateMember, TooManyKeys};
        let verifying = PublicKeySet::parse_fetched(document);
        if let Err(error @ (NotJson | NotASet | TooManyKeys | PrivateMember(_))) = verifying {
            return Err(error);
        }
        let set: Value = serde_json::from_slice(document).map_err(|_| NotJson)?;
        Ok(Self { set: plain_keys(&set), verifying })
    }
}

/// The keys of a set with those members that are text or lists of text, as all members of RFC 7517 §4 are: what else a
/// document has is not kept in memory.
fn plain_keys(set: &Value) -> Value {
    let is_plain = |value: &Value| match value {
        Value::String(_) => true,
        Value::Array(values) => values.iter().all(Value::is_string),
        _ => false,
    };
    let keys = set.get("keys").and_then(Value::as_array).into_iter().flatten();
    let keys: Vec<Value> = keys
        .filter_map(Value::as_object)
        .map(|key| {
            let members = key.iter().filter(|(_, value)| is_plain(value));
            Value::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect())
        })
        .collect();
    serde_json::json!({ "keys": keys })
}

/// What is known of one `jwks_uri`. Whoever finds keys there does not wait for a fetch that is under way.
#[derive(Debug, Default)]
pub(super) struct Place {
    known: Mutex<Known>,
    /// Held by whoever fetches.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug, Default)]
struct Known {
    keys: Option<(Arc<ClientKeys>, Instant)>,
    /// The last fetch, if it failed.
    failed: Option<(Error, Instant)>,
}

impl Known {
    fn keys(&self) -> Option<Arc<ClientKeys>> {
        let (keys, read_at) = self.keys.as_ref()?;
        (read_at.elapsed() < seconds(limits::CLIENT_KEYS_SECONDS)).then(|| keys.clone())
    }

    /// What a fetch of the last few seconds found, good or bad: it is not made again so soon.
    fn lately(&self) -> Option<Result<Arc<ClientKeys>, Error>> {
        let again = seconds(limits::CLIENT_KEYS_AGAIN_SECONDS);
        match (&self.failed, &self.keys) {
            (Some((error, at)), _) if at.elapsed() < again => {
                Some(self.keys().ok_or_else(|| error.clone()))
            }
            (_, Some((keys, at))) if at.elapsed() < again => Some(Ok(keys.clone())),
            _ => None,
        }
    }
}

impl Place {
    fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps what a fetch found. A failure leaves keys that were good a moment ago as they are.
    fn keep(&self, fetched: Result<Arc<ClientKeys>, Error>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match fetched {
            Ok(keys) => *known = Known { keys: Some((keys, Instant::now())), failed: None },
            Err(error) => known.failed = Some((error, Instant::now())),
        }
    }
}

fn seconds(number: u32) -> Duration {
    Duration::from_secs(u64::from(number))
}

/// The places that were asked. Another address is another place, so a changed registration needs no sweep.
pub(super) type Fetched = moka::sync::Cache<HttpsUri, Arc<Place>>;

pub(super) fn cache() -> Fetched {
    moka::sync::Cache::builder()
        .max_capacity(limits::CLIENT_KEYS_CACHE)
        // A new client must not be the one that is left out when the table is full.
        .eviction_policy(moka::policy::EvictionPolicy::lru())
        .time_to_idle(seconds(limits::CLIENT_KEYS_SECONDS))
        .build()
}

impl Provider {
    /// The client's keys. Behind a `jwks_uri`, one fetch for all who ask at once.
    pub async fn client_keys(&self, client: &Client) -> Result<Arc<ClientKeys>, Error> {
        let settings = client.settings();
        match (&settings.jwks, &settings.jwks_uri) {
            (Some(set), _) => Ok(Arc::new(ClientKeys::registered(set))),
            (None, Some(uri)) => self.fetched_keys(uri).await,
            (None, None) => Err(Error::NotRegistered),
        }
    }

    /// What `verify` says with the client's keys; said again with freshly fetched ones where the error may be that these
    /// are old.
    pub async fn verified_with_keys_of<T, E>(
        &self,
        client: &Client,
        verify: impl Fn(&ClientKeys) -> Result<T, E>,
        may_be_old: impl Fn(&E) -> bool,
    ) -> Result<Result<T, E>, Error> {
        let keys = self.client_keys(client).await?;
        let Some(uri) = &client.settings().jwks_uri else { return Ok(verify(&keys)) };
        match verify(&keys) {
            Err(error) if may_be_old(&error) => match self.keys_again(uri).await {
                Ok(newer) if !Arc::ptr_eq(&newer, &keys) => Ok(verify(&newer)),
                // The fetch failed, or was made a moment ago: what is said of the token holds.
                _ => Ok(Err(error)),
            },
            verified => Ok(verified),
        }
    }

    /// The keys at this address: the known ones, or one fetch for all who ask at once.
    async fn fetched_keys(&self, uri: &HttpsUri) -> Result<Arc<ClientKeys>, Error> {
        let place = self.client_keys.get_with(uri.clone(), Arc::default);
        match place.known().keys() {
            Some(keys) => Ok(keys),
            None => self.fetch_keys(uri, &place).await,
        }
    }

    /// The keys at this address as they are now, unless they were fetched a moment ago.
    async fn keys_again(&self, uri: &HttpsUri) -> Result<Arc<ClientKeys>, Error> {
        let place = self.client_keys.get_with(uri.clone(), Arc::default);
        self.fetch_keys(uri, &place).await
    }

    async fn fetch_keys(&self, uri: &HttpsUri, place: &Place) -> Result<Arc<ClientKeys>, Error> {
        let _fetching = place.fetching.lock().await;
        if let Some(lately) = place.known().lately() {
            return lately;
        }
        let document = self.outbound.get(Purpose::ClientKeys, uri.as_str()).await;
        let fetched = match document {
            Ok(document) => ClientKeys::fetched(&document.body).map(Arc::new).map_err(Error::from),
            Err(error) => Err(Error::Fetch(Arc::new(error))),
        };
        place.keep(fetched.clone());
        fetched
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fetched(document: &Value) -> Result<ClientKeys, key_set::Error> {
        ClientKeys::fetched(document.to_string().as_bytes())
    }

    #[test]
    fn a_set_for_encryption_only_is_one_and_verifies_nothing() {
        let key = json!({ "kty": "EC", "use": "enc", "crv": "P-256", "kid": "e" });
        let keys = fetched(&json!({ "keys": [key] })).unwrap();
        assert_eq!(keys.set["keys"][0]["kid"], "e");
        assert!(matches!(keys.verifying(), Err(Error::Unusable(key_set::Error::NoKey))));
        let leaked = fetched(&json!({ "keys": [{ "kty": "oct", "k": "x" }] }));
        assert_eq!(leaked.err(), Some(key_set::Error::PrivateMember("k")));
        assert_eq!(fetched(&json!([])).err(), Some(key_set::Error::NotJson));
    }

    /// A-DOS-03: what is kept of a document is its keys.
    #[test]
    fn what_a_document_has_besides_keys_is_not_kept() {
        let key = json!({ "kty": "EC", "use": "enc", "x5c": ["a"], "x": "y", "more": [{ "": 0 }] });
        let keys = fetched(&json!({ "keys": [key], "x": [{ "": 0 }] })).unwrap();
        let kept = json!({ "kty": "EC", "use": "enc", "x5c": ["a"], "x": "y" });
        assert_eq!(keys.set, json!({ "keys": [kept] }));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_fetch_costs_no_keys_and_is_not_repeated_at_once() {
        let place = Place::default();
        let none = || Err(Error::Unusable(key_set::Error::NotJson));
        place.keep(none());
        assert!(matches!(place.known().lately(), Some(Err(_))));
        tokio::time::advance(seconds(limits::CLIENT_KEYS_AGAIN_SECONDS)).await;
        assert!(place.known().lately().is_none() && place.known().keys().is_none());

        let keys = Arc::new(ClientKeys::registered(&json!({ "keys": [] })));
        place.keep(Ok(keys.clone()));
        assert!(matches!(place.known().lately(), Some(Ok(_))));
        tokio::time::advance(seconds(limits::CLIENT_KEYS_AGAIN_SECONDS)).await;
        assert!(place.known().lately().is_none(), "they may be fetched again");
        place.keep(none());
        assert!(matches!(place.known().lately(), Some(Ok(_))), "and are used meanwhile");
        assert!(place.known().keys().is_some_and(|known| Arc::ptr_eq(&known, &keys)));
        tokio::time::advance(seconds(limits::CLIENT_KEYS_SECONDS)).await;
        assert!(place.known().keys().is_none(), "but not for ever");
    }
}
