//! The only opener of outbound HTTP: what a client's registration makes Fuxin fetch is fetched here, under one guard.
//!
//! https on port 443, from public addresses, without redirects, proxies, cookies and encodings, within bounds of time,
//! size and number. The one exception is told by the operator, host by host (`outbound.private_hosts`); there is no way to
//! switch the guard off. OWASP's "Server-Side Request Forgery Prevention"; RFC 9700 §4; `docs/adr/0012-one-guarded-client.md`.
//! Does not own what a document means, nor how long it is kept: that is its flow's.

mod address;
mod error;
mod exchange;
mod host;
mod purpose;
mod resolver;
mod target;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use tokio::time::{Instant, timeout_at};
use tokio_native_tls::TlsConnector;

pub use address::Reserved;
pub use error::Error;
pub use exchange::Document;
pub use purpose::Purpose;

use crate::base::internal::Internal;
use crate::base::{limits, metric};
use crate::config::{self, PrivateHost};
use exchange::Connection;
use host::{Hosts, Place};
use resolver::Resolver;
use target::Target;

/// The guarded client. One for the whole program.
pub struct Outbound {
    resolver: Resolver,
    tls: TlsConnector,
    private_hosts: Vec<PrivateHost>,
    hosts: Hosts,
    patience: Patience,
}

/// How long things may take.
#[derive(Clone, Copy)]
struct Patience {
    all: Duration,
    connect: Duration,
    rest: Duration,
}

impl Patience {
    const fn usual() -> Self {
        Self {
            all: Duration::from_secs(limits::OUTBOUND_SECONDS as u64),
            connect: Duration::from_secs(limits::OUTBOUND_CONNECT_SECONDS as u64),
            rest: Duration::from_secs(limits::OUTBOUND_REST_SECONDS as u64),
        }
    }
}

impl Outbound {
    /// The client of this configuration.
    pub fn build(config: &config::Outbound) -> Result<Self, Internal> {
        Self::new(config, Resolver::of_system(), Patience::usual())
    }

    fn new(
        config: &config::Outbound,
        resolver: Resolver,
        patience: Patience,
    ) -> Result<Self, Internal> {
        Ok(Self {
            resolver,
            tls: exchange::tls(config)?,
            private_hosts: config.private_hosts.clone(),
            hosts: Hosts::new(patience.rest),
            patience,
        })
    }

    /// Fetches a document.
    pub async fn get(&self, purpose: Purpose, url: &str) -> Result<Document, Error> {
        let fetched = self
            .guarded(purpose, url, async |target, mut connection| {
                let response = connection.ask(exchange::question(purpose, target)?).await?;
                exchange::document(purpose, response).await
            })
            .await;
        told(purpose, url, fetched)
    }

    /// Posts a form. Of the answer only its status is read, whatever it is, unless it is a redirect.
    pub async fn post_form(
        &self,
        purpose: Purpose,
        url: &str,
        fields: &[(&str, &str)],
    ) -> Result<StatusCode, Error> {
        let posted = self
            .guarded(purpose, url, async |target, mut connection| {
                Ok(connection.ask(exchange::form(target, fields)?).await?.status())
            })
            .await;
        told(purpose, url, posted)
    }

    /// The order of the guard: the URL's text, the host's record, the addresses, the connection, and then the talk. The
    /// wait for a place has a bound of its own, so that no host is blamed for our queue.
    async fn guarded<T>(
        &self,
        purpose: Purpose,
        url: &str,
        talk: impl AsyncFnOnce(&Target, Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let target = Target::parse(url, &self.private_hosts)?;
        let patient_until = Instant::now() + self.patience.all;
        let place = Arc::new(self.hosts.enter(purpose, &target, patient_until).await?);
        let end = Instant::now() + self.patience.all;
        let whole = async {
            let connection = self.connection(&target, &place, end).await?;
            talk(&target, connection).await
        };
        place.settle(timeout_at(end, whole).await.unwrap_or(Err(Error::TooSlow)))
    }

    async fn connection(
        &self,
        target: &Target,
        place: &Arc<Place>,
        end: Instant,
    ) -> Result<Connection, Error> {
        let end = end.min(Instant::now() + self.patience.connect);
        let resolved = timeout_at(end, self.resolver.resolve(target, place)).await;
        let judged = resolved.map_err(|_| Error::ConnectTooSlow)??;
        Connection::open(&self.tls, target, &judged, end).await
    }
}

/// Counts the outcome, and tells the log of a failure: where from, without the URL's query, and which rule.
fn told<T>(purpose: Purpose, url: &str, outcome: Result<T, Error>) -> Result<T, Error> {
    let word = outcome.as_ref().map_or_else(Error::outcome, |_| "ok");
    metrics::counter!(metric::OUTBOUND, "purpose" => purpose.as_str(), "outcome" => word)
        .increment(1);
    if let Err(error) = &outcome {
        let (purpose, from) = (purpose.as_str(), target::shown(url));
        if error.is_refused_by_guard() {
            tracing::warn!(fetch.purpose = purpose, fetch.url = from, reason = %error, "an outbound fetch was refused");
        } else {
            tracing::info!(fetch.purpose = purpose, fetch.url = from, reason = %error, "an outbound fetch failed");
        }
    }
    outcome
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outbound")
    }
}
