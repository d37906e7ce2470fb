//! The application: everything a request may use, built once from the configuration.
//!
//! Flows do not see this; they are given a `Context`.

use std::convert::Infallible;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use ipnet::IpNet;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::{Semaphore, oneshot};

use crate::base::internal::Internal;
use crate::base::limits;
use crate::base::time::{Clock, Lifetime};
use crate::config::{Config, Location as ConfiguredLocation, ServiceDesk};
use crate::context::{Context, Provider, Secrets};
use crate::hasher::Hasher;
use crate::key::{self, KeyRing};
use crate::model::password::HashParameters;
use crate::oauth::provider_metadata::ProviderMetadata;
use crate::store::{Location, Schema, Store};

/// The application. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

struct Parts {
    provider: Arc<Provider>,
    clock: Arc<dyn Clock>,
    metadata: String,
    service_desk: ServiceDesk,
    trusted_proxies: Vec<IpNet>,
    metrics: Option<PrometheusHandle>,
    /// A place for each piece of work that comes to its end whoever waits for it.
    places: Arc<Semaphore>,
}

/// The request that began a piece of work.
#[derive(Debug)]
pub struct Asker(oneshot::Sender<Infallible>);

impl Asker {
    /// Whether it went away.
    pub fn is_gone(&self) -> bool {
        self.0.is_closed()
    }
}

/// As many as there are connections: each has one request under way.
const PLACES: usize = limits::CONNECTIONS;

/// Why the application does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database's schema is older than this program.
    #[error(
        "the database is {0} migrations behind; run `fuxin migrate` with the same configuration"
    )]
    Behind(usize),
    /// Ours.
    #[error(transparent)]
    Internal(#[from] Internal),
}

impl App {
    /// Opens the store, reads the keys and starts the hasher. Makes the first signing keys where there are none.
    pub async fn build(
        config: &Config,
        clock: Arc<dyn Clock>,
        metrics: Option<PrometheusHandle>,
    ) -> Result<Self, Error> {
        let store = open_store(config).await?;
        if let Schema::Behind(count) = store.schema().await? {
            return Err(Error::Behind(count));
        }
        let seal = config.secrets.master_key.seal(key::SEAL);
        key::ensure(&store, &seal, clock.now()).await?;
        let keys = KeyRing::load(&store, seal, clock.now()).await?;
        let secrets = Secrets::derive(&config.secrets.master_key, &config.secrets.pairwise_salt);
        let hasher = start_hasher(config)?;
        let issuer = config.server.issuer.clone();
        let metadata = serde_json::to_string(&ProviderMetadata::new(&issuer))
            .map_err(|error| Internal::fault("the provider's metadata").because(error))?;
        let provider = Provider::new(store, issuer, config.policy.clone(), keys, hasher, secrets);
        Ok(Self(Arc::new(Parts {
            provider: Arc::new(provider),
            clock,
            metadata,
            service_desk: config.service_desk.clone(),
            trusted_proxies: config.server.trusted_proxies.clone(),
            metrics,
            places: Arc::new(Semaphore::new(PLACES)),
        })))
    }

    /// The context of something that begins now: the one reading of the clock.
    pub fn context(&self) -> Context {
        Context::new(self.0.provider.clone(), self.0.clock.now())
    }

    /// The provider, where no moment is meant.
    pub fn provider(&self) -> &Arc<Provider> {
        &self.0.provider
    }

    /// The provider metadata document.
    pub fn metadata(&self) -> &str {
        &self.0.metadata
    }

    /// Whom people are told to call.
    pub fn service_desk(&self) -> &ServiceDesk {
        &self.0.service_desk
    }

    /// The proxies whose word about a client's address is believed.
    pub fn trusted_proxies(&self) -> &[IpNet] {
        &self.0.trusted_proxies
    }

    /// Runs work to its end, even if the request that began it goes away meanwhile: a handler is dropped with its
    /// connection, and what it has counted must be judged. The work can ask whether anybody waits for it still.
    pub async fn to_its_end<T: Send + 'static, W: Future<Output = T> + Send + 'static>(
        &self,
        work: impl FnOnce(Asker) -> W,
    ) -> Result<T, Internal> {
        let (asker, _waits) = oneshot::channel();
        let work = work(Asker(asker));
        let place = self.0.places.clone().acquire_owned().await;
        let work = tokio::spawn(async move {
            let _place = place;
            work.await
        });
        work.await.map_err(|error| Internal::fault("work was broken off").because(error))
    }

    /// Waits until all such work has ended, for at most `patience`: the last thing before the store is closed.
    pub async fn at_rest(&self, patience: Lifetime) {
        let all = u32::try_from(PLACES).unwrap_or(u32::MAX);
        let rest = tokio::time::timeout(patience.to_duration(), self.0.places.acquire_many(all));
        if rest.await.is_err() {
            tracing::warn!("work was still under way when the time to stop was over");
        }
    }

    /// The metrics, where they are recorded.
    pub fn metrics(&self) -> Option<&PrometheusHandle> {
        self.0.metrics.as_ref()
    }
}

fn start_hasher(config: &Config) -> Result<Hasher, Internal> {
    let cost = &config.password_hash;
    let parameters = HashParameters::new(cost.memory_kib, cost.iterations, cost.parallelism)
        .map_err(|error| Internal::fault("[password_hash]").because(error))?;
    let threads =
        usize::try_from(cost.threads).ok().and_then(NonZeroUsize::new).unwrap_or(NonZeroUsize::MIN);
    Hasher::start(parameters, threads, usize::try_from(cost.queue).unwrap_or(limits::HASH_QUEUE))
}

/// Opens the configured database.
pub async fn open_store(config: &Config) -> Result<Store, Internal> {
    let connections = config.database.connections;
    let location = match &config.database.location {
        ConfiguredLocation::Sqlite(file) => {
            Location::Sqlite { file: file.clone(), readers: connections }
        }
        ConfiguredLocation::Postgres { url, password } => {
            Location::Postgres { url: url.to_string(), password: password.clone(), connections }
        }
    };
    Store::open(&location, &config.secrets.master_key).await
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("App")
    }
}
