//! The application: everything a request may use, built once from the configuration.
//!
//! Flows do not see this; they are given a `Context`.

use std::convert::Infallible;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::base::internal::Internal;
use crate::base::limits;
use crate::base::time::{Clock, Lifetime};
use crate::config::{Config, Location as ConfiguredLocation, ServiceDesk};
use crate::context::{Context, Provider, Secrets};
use crate::hasher::Hasher;
use crate::key::{self, KeyRing};
use crate::model::password::HashParameters;
use crate::oauth::provider_metadata::ProviderMetadata;
use crate::outbound::Outbound;
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
    places: Places,
}

/// How long the store may take to close once everything else has stopped.
const CLOSING: Duration = Duration::from_millis(500);

/// The request that began a piece of work.
#[derive(Debug)]
pub struct Asker(oneshot::Sender<Infallible>);

impl Asker {
    /// Whether it went away.
    pub fn is_gone(&self) -> bool {
        self.0.is_closed()
    }
}

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
        let outbound = Outbound::build(&config.outbound)?;
        let tls = config.tls.as_ref().map(|tls| &tls.url);
        let metadata =
            ProviderMetadata::new(&config.server.issuer, &config.policy.weak_features, tls);
        let metadata = if config.policy.session_management {
            metadata.with_session_management()
        } else {
            metadata
        };
        let metadata = serde_json::to_string(&metadata)
            .map_err(|error| Internal::fault("the provider's metadata").because(error))?;
        let provider = Provider::new(config, store, keys, hasher, secrets, outbound);
        Ok(Self(Arc::new(Parts {
            provider: Arc::new(provider),
            clock,
            metadata,
            service_desk: config.service_desk.clone(),
            trusted_proxies: config.server.trusted_proxies.clone(),
            metrics,
            places: Places::new(limits::WORK),
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
        self.0
            .places
            .take(work(Asker(asker)))?
            .await
            .map_err(|error| Internal::fault("work was broken off").because(error))
    }

    /// Waits until all such work has ended, for at most `patience`.
    pub async fn at_rest(&self, patience: Lifetime) {
        self.0.places.at_rest(Instant::now() + patience.to_duration()).await;
    }

    /// The last thing: waits until `end` for such work, lets no more begin, and closes the store.
    pub async fn stop(&self, end: Instant) {
        self.0.places.at_rest(end).await;
        self.0.places.close();
        if timeout_at(end + CLOSING, self.0.provider.store.close()).await.is_err() {
            tracing::warn!("the database was still open when the time to stop was over");
        }
    }

    /// The metrics, where they are recorded.
    pub fn metrics(&self) -> Option<&PrometheusHandle> {
        self.0.metrics.as_ref()
    }
}

/// Places for work that comes to its end whoever waits for it. It outlives its connection, so the bound on connections is
/// none for it.
struct Places {
    free: Arc<Semaphore>,
    all: u32,
}

impl Places {
    fn new(all: u32) -> Self {
        Self { free: Arc::new(Semaphore::new(all as usize)), all }
    }

    /// Begins work in a place, if one is free.
    fn take<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<JoinHandle<T>, Internal> {
        let place = self.free.clone().try_acquire_owned().map_err(|error| {
            Internal::unavailable("as much work is under way as may be").because(error)
        })?;
        Ok(tokio::spawn(async move {
            let _place = place;
            work.await
        }))
    }

    /// Waits until `end` for every place to be free; nothing begins meanwhile.
    async fn at_rest(&self, end: Instant) {
        if timeout_at(end, self.free.acquire_many(self.all)).await.is_err() {
            tracing::warn!("work was still under way when the time to stop was over");
        }
    }

    fn close(&self) {
        self.free.close();
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

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn work_that_finds_no_place_is_told_at_once() {
        let places = Places::new(2);
        let (one, other) = (places.take(pending::<()>()).unwrap(), places.take(ready(7)).unwrap());
        assert!(places.take(ready(())).unwrap_err().is_unavailable());
        assert_eq!(other.await.unwrap(), 7);
        places.take(ready(())).unwrap().await.unwrap();
        one.abort();
    }

    #[tokio::test]
    async fn a_stop_waits_for_work_and_lets_none_begin_after_it() {
        let places = Places::new(2);
        let (go, told) = tokio::sync::oneshot::channel::<()>();
        let work = places.take(told).unwrap();
        let soon = Instant::now() + Duration::from_millis(20);
        places.at_rest(soon).await;
        assert!(Instant::now() >= soon && !work.is_finished());
        go.send(()).unwrap();
        places.at_rest(Instant::now() + Duration::from_mins(1)).await;
        assert!(work.is_finished());
        places.close();
        assert!(places.take(ready(())).unwrap_err().is_unavailable());
    }
}
