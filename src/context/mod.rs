//! What every flow is given: the store, the keys, the policy, the hasher, the derived secrets, and the time.
//!
//! Built once at start ([`Provider`]); a request's [`Context`] is that and one reading of the clock. Flows never see
//! more of the application than this.

pub mod client_keys;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::base::id::ClientId;
use crate::base::internal::Internal;
use crate::base::limits;
use crate::base::master_key::{MacKey, MasterKey, SealKey};
use crate::base::secret::{Digest, Secret};
use crate::base::time::Timestamp;
use crate::config::{Config, Policy};
use crate::hasher::Hasher;
use crate::key::KeyRing;
use crate::model::client::Client;
use crate::oauth::issuer::Issuer;
use crate::oauth::weak_feature::{WeakFeature, WeakFeatures};
use crate::outbound::Outbound;
use crate::pki::client_authorities::ClientAuthorities;
use crate::store::Store;

/// How long a client is kept in memory at most. A read that began before a change may be kept after `forget_clients`
/// swept; it must not stay until the next change.
const CLIENT_KEPT: Duration = Duration::from_secs(30);

/// The provider as flows see it.
#[derive(Debug)]
pub struct Provider {
    /// Where every state is.
    pub store: Store,
    /// Who we are: the URL.
    pub issuer: Issuer,
    /// The rules in force.
    pub policy: Policy,
    /// The signing keys.
    pub keys: KeyRing,
    /// The pool that hashes passwords.
    pub hasher: Hasher,
    /// The keys derived for each purpose.
    pub secrets: Secrets,
    /// What fetches from clients' sites.
    pub outbound: Outbound,
    /// Told when a session may have ended of which clients must hear: whoever delivers that need not wait.
    pub session_ended: Notify,
    /// Who vouches for clients' certificates; nobody if `None`.
    pub client_authorities: Option<ClientAuthorities>,
    clients: moka::sync::Cache<ClientId, Option<Client>>,
    client_keys: client_keys::Fetched,
    in_use: moka::sync::Cache<ClientId, ()>,
}

impl Provider {
    /// Puts the parts together; who we are and the rules are the configuration's.
    pub fn new(
        config: &Config,
        store: Store,
        keys: KeyRing,
        hasher: Hasher,
        secrets: Secrets,
        outbound: Outbound,
    ) -> Self {
        let (issuer, policy) = (config.server.issuer.clone(), config.policy.clone());
        let authorities = config.tls.as_ref().and_then(|tls| tls.client_authorities.as_ref());
        let client_authorities = authorities.map(|(_, authorities)| authorities.clone());
        let clients = moka::sync::Cache::builder()
            .max_capacity(limits::CLIENT_CACHE)
            .time_to_live(CLIENT_KEPT)
            .build();
        Self {
            store,
            issuer,
            policy,
            keys,
            hasher,
            secrets,
            outbound,
            session_ended: Notify::new(),
            client_authorities,
            clients,
            client_keys: client_keys::cache(),
            in_use: moka::sync::Cache::new(limits::CLIENT_CACHE),
        }
    }

    /// A client that is registered and not switched off. Kept in memory until the version of the clients changes,
    /// which `job::watch` notices within a second; unknown ids are kept as well, so guessing costs no statements. Where
    /// the deployment has closed registration, a client that registered itself is none, whatever it comes with.
    pub async fn client(&self, id: ClientId) -> Result<Option<Client>, Internal> {
        if let Some(known) = self.clients.get(&id) {
            return Ok(known);
        }
        let is_open = self.policy.weak_features.contains(WeakFeature::DynamicRegistration);
        let client = self.store.find_client(id).await?;
        let client = client.filter(|client| is_open || !client.registration.is_dynamic());
        self.clients.insert(id, client.clone());
        Ok(client)
    }

    /// Whether a weak feature is open to this client: the deployment lists it, and so does the client's registration. Codes
    /// without PKCE are open only to a client that proves who it is, and that asked for the waiver.
    pub fn permits(&self, client: &Client, feature: WeakFeature) -> bool {
        let settings = client.settings();
        let fits = match feature {
            WeakFeature::NoPkce => !settings.require_pkce && !client.registration.is_public(),
            WeakFeature::ImplicitFlow
            | WeakFeature::HybridFlow
            | WeakFeature::UnsignedRequestObject
            | WeakFeature::UnsignedIdToken
            | WeakFeature::Hs256
            | WeakFeature::ClientSecretJwt
            | WeakFeature::CompatAudience
            | WeakFeature::DynamicRegistration => true,
        };
        fits && self.policy.weak_features.contains(feature)
            && settings.weak_features.contains(feature)
    }

    /// Whether each of these is open to this client.
    pub fn permits_all(&self, client: &Client, features: &WeakFeatures) -> bool {
        features.iter().all(|feature| self.permits(client, feature))
    }

    /// Notes that a client which registered itself is in use: one that never is does not stay. One statement for each such
    /// client in the life of a process.
    pub async fn note_use(&self, client: &Client, now: Timestamp) -> Result<(), Internal> {
        if client.registration.is_dynamic() && !self.in_use.contains_key(&client.id) {
            self.store.note_first_use(client.id, now).await?.committed();
            self.in_use.insert(client.id, ());
        }
        Ok(())
    }

    /// Forgets every client kept in memory.
    pub fn forget_clients(&self) {
        self.clients.invalidate_all();
    }
}

/// The provider, at one moment.
#[derive(Clone, Debug)]
pub struct Context {
    provider: Arc<Provider>,
    /// The clock, read once for this request.
    pub now: Timestamp,
}

impl Context {
    /// The context of a request that began at `now`.
    pub const fn new(provider: Arc<Provider>, now: Timestamp) -> Self {
        Self { provider, now }
    }
}

impl Deref for Context {
    type Target = Provider;

    fn deref(&self) -> &Provider {
        &self.provider
    }
}

/// The keys of each purpose, derived once. A new meaning gets a new label.
#[derive(Debug)]
pub struct Secrets {
    /// Digests of client secrets.
    pub client_secret: MacKey,
    /// Client secrets that must stay readable.
    pub sealed_client_secret: SealKey,
    /// Digests of submitted names, for the throttle and the device cookie.
    pub name: MacKey,
    /// Digests of source classes, for the throttle.
    pub source: MacKey,
    /// Tokens of forms.
    pub form: MacKey,
    /// The MAC in codes and refresh tokens.
    pub grant_token: MacKey,
    /// The MAC in access tokens.
    pub access_token: MacKey,
    /// Sealed interactions.
    pub interaction: SealKey,
    /// Sealed human checks.
    pub human_check: SealKey,
    /// The cookie of a device that has signed in.
    pub known_device: SealKey,
    /// Sessions, as each client knows them.
    pub client_session: MacKey,
    /// Pairwise subjects: from a salt of its own, which never changes.
    pub pairwise: MacKey,
}

impl Secrets {
    /// Derives everything from the master key and the pairwise salt.
    pub fn derive(master: &MasterKey, pairwise_salt: &Secret<String>) -> Self {
        Self {
            client_secret: master.mac("client secret v1"),
            sealed_client_secret: master.seal("sealed client secret v1"),
            name: master.mac("name v1"),
            source: master.mac("source v1"),
            form: master.mac("form v1"),
            grant_token: master.mac("grant token v1"),
            access_token: master.mac("access token v1"),
            interaction: master.seal("interaction v1"),
            human_check: master.seal("human check v1"),
            known_device: master.seal("known device v1"),
            client_session: master.mac("client session v1"),
            // Not from the master key: that one may change, subjects may not.
            pairwise: MasterKey::from_bytes(
                *Digest::of("pairwise salt", pairwise_salt.expose().as_bytes()).as_bytes(),
            )
            .mac("pairwise v1"),
        }
    }
}
