//! How many fetches may be under way, for one purpose and to one host; and which hosts, and which addresses at them, are
//! left alone because they keep failing.
//!
//! A fetch waits for its host's place before it takes one of its purpose's, so a host that hangs holds at most its few,
//! and whoever has many hosts holds at most one purpose's. What is remembered is a bounded cache: a restart forgets it,
//! another node does not share it, and that is enough.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use url::Host;

use super::error::{Blame, Error};
use super::purpose::Purpose;
use super::target::Target;
use crate::base::limits;

/// After so long without a fetch a host is forgotten.
const FORGOTTEN: Duration = Duration::from_mins(10);

/// All hosts that were asked lately.
pub(super) struct Hosts {
    known: moka::sync::Cache<(Purpose, Host<String>, u16), Arc<Record>>,
    addresses: moka::sync::Cache<String, Arc<Health>>,
    places: [(Purpose, Arc<Semaphore>); Purpose::ALL.len()],
    rest: Duration,
}

/// What is known of one host and port, for one purpose: strangers can have request objects fetched, and must not use up
/// the places of a logout.
struct Record {
    queue: Arc<Semaphore>,
    places: Arc<Semaphore>,
    health: Health,
}

/// How a host, or an address at one, has been doing.
#[derive(Default)]
struct Health(Mutex<Failures>);

#[derive(Default)]
struct Failures {
    count: u32,
    rests_until: Option<Instant>,
}

/// The right to fetch from one host.
pub(super) struct Place {
    record: Arc<Record>,
    address: Arc<Health>,
    rest: Duration,
    _held: [OwnedSemaphorePermit; 3],
}

impl Hosts {
    /// None yet. After enough failures a host is left alone for `rest`.
    pub(super) fn new(rest: Duration) -> Self {
        let places = Purpose::ALL
            .map(|purpose| (purpose, Arc::new(Semaphore::new(limits::OUTBOUND_FETCHES))));
        Self { known: remembered(), addresses: remembered(), places, rest }
    }

    /// Waits, until `end` at most, for a place to fetch this from its host.
    pub(super) async fn enter(
        &self,
        purpose: Purpose,
        target: &Target,
        end: Instant,
    ) -> Result<Place, Error> {
        let host = (purpose, target.host.clone(), target.port);
        let record = self.known.get_with(host, || Arc::new(Record::new()));
        let address = self.addresses.get_with(target.address(), Arc::default);
        record.health.is_awake()?;
        address.is_awake()?;
        let queued = record.queue.clone().try_acquire_owned().map_err(|_| Error::HostBusy)?;
        let own = within(&record.places, end).await.ok_or(Error::HostBusy)?;
        // It may have failed those who were before us.
        record.health.is_awake()?;
        address.is_awake()?;
        let places = self.places.iter().find(|(of, _)| *of == purpose);
        let (_, places) = places.ok_or(Error::Busy)?;
        let any = within(places, end).await.ok_or(Error::Busy)?;
        Ok(Place { record, address, rest: self.rest, _held: [queued, own, any] })
    }
}

fn remembered<K, V>() -> moka::sync::Cache<K, V>
where
    K: std::hash::Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    moka::sync::Cache::builder()
        .max_capacity(limits::OUTBOUND_HOSTS)
        // A new one must not be the one that is left out when the table is full.
        .eviction_policy(moka::policy::EvictionPolicy::lru())
        .time_to_idle(FORGOTTEN)
        .build()
}

async fn within(places: &Arc<Semaphore>, end: Instant) -> Option<OwnedSemaphorePermit> {
    timeout_at(end, places.clone().acquire_owned()).await.ok()?.ok()
}

impl Record {
    fn new() -> Self {
        Self {
            queue: Arc::new(Semaphore::new(limits::OUTBOUND_QUEUE_OF_HOST)),
            places: Arc::new(Semaphore::new(limits::OUTBOUND_FETCHES_OF_HOST)),
            health: Health::default(),
        }
    }
}

impl Health {
    fn is_awake(&self) -> Result<(), Error> {
        let failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match failures.rests_until {
            Some(end) if Instant::now() < end => Err(Error::HostResting),
            _ => Ok(()),
        }
    }

    fn fails(&self, rest: Duration) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.count = failures.count.saturating_add(1);
        // The count stays: after the rest one more failure is enough for another.
        if failures.count >= limits::OUTBOUND_FAILURES {
            failures.rests_until = Some(Instant::now() + rest);
        }
    }

    fn works(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Failures::default();
    }
}

impl Place {
    /// Remembers how the fetch went, and hands the outcome on.
    pub(super) fn settle<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        match outcome.as_ref().err().map_or(Blame::HostAnswers, Error::blame) {
            Blame::HostAnswers => {
                self.record.health.works();
                self.address.works();
            }
            Blame::HostFails => self.record.health.fails(self.rest),
            Blame::AddressFails => {
                self.record.health.works();
                self.address.fails(self.rest);
            }
            Blame::Nobody => {}
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PrivateHost;

    const REST: Duration = Duration::from_millis(200);

    const PURPOSE: Purpose = Purpose::ClientKeys;

    fn at(url: &str) -> Target {
        let host = |port| PrivateHost { host: Host::Domain("a.test".to_owned()), port };
        Target::parse(url, &[host(8443)]).unwrap()
    }

    fn host(name: &str) -> Target {
        at(&format!("https://{name}/"))
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(30)
    }

    async fn outcome_of(hosts: &Hosts, name: &str, outcome: Result<(), Error>) {
        let place = hosts.enter(PURPOSE, &host(name), soon()).await.unwrap();
        drop(place.settle(outcome));
    }

    async fn rests(hosts: &Hosts, name: &str) -> bool {
        matches!(hosts.enter(PURPOSE, &host(name), soon()).await, Err(Error::HostResting))
    }

    /// E-08: the breaker. At the limit it opens, one before it does not, and a success closes it.
    #[tokio::test(start_paused = true)]
    async fn a_host_that_keeps_failing_is_left_alone_for_a_while() {
        let hosts = Hosts::new(REST);
        for _ in 1..limits::OUTBOUND_FAILURES {
            outcome_of(&hosts, "bad.test", Err(Error::ConnectTooSlow)).await;
        }
        assert!(!rests(&hosts, "bad.test").await);
        outcome_of(&hosts, "bad.test", Err(Error::ConnectTooSlow)).await;
        assert!(rests(&hosts, "bad.test").await);
        assert!(!rests(&hosts, "good.test").await);
        tokio::time::sleep(REST).await;
        assert!(!rests(&hosts, "bad.test").await);
        outcome_of(&hosts, "bad.test", Err(Error::ConnectTooSlow)).await;
        assert!(rests(&hosts, "bad.test").await, "one failure after the rest is enough");
        tokio::time::sleep(REST).await;
        outcome_of(&hosts, "bad.test", Ok(())).await;
        outcome_of(&hosts, "bad.test", Err(Error::ConnectTooSlow)).await;
        assert!(!rests(&hosts, "bad.test").await, "a success begins the count anew");
    }

    #[tokio::test(start_paused = true)]
    async fn only_failures_in_a_row_count_and_only_those_of_the_host() {
        let hosts = Hosts::new(REST);
        let not_found = || Error::StatusNotOk(hyper::StatusCode::NOT_FOUND);
        for _ in 0..3 * limits::OUTBOUND_FAILURES {
            outcome_of(&hosts, "a.test", Err(not_found())).await;
            outcome_of(&hosts, "b.test", Err(Error::Busy)).await;
        }
        assert!(!rests(&hosts, "a.test").await && !rests(&hosts, "b.test").await);
        for _ in 1..limits::OUTBOUND_FAILURES {
            outcome_of(&hosts, "a.test", Err(Error::ConnectTooSlow)).await;
        }
        outcome_of(&hosts, "a.test", Err(not_found())).await;
        outcome_of(&hosts, "a.test", Err(Error::ConnectTooSlow)).await;
        assert!(!rests(&hosts, "a.test").await);
    }

    /// E-08: a client cannot make a host rest that others share, by an address of its own there.
    #[tokio::test(start_paused = true)]
    async fn an_address_that_keeps_failing_is_left_alone_and_its_host_is_not() {
        let hosts = Hosts::new(REST);
        let (bad, good) = (at("https://a.test/slow?x=1"), at("https://a.test/jwks"));
        for _ in 0..limits::OUTBOUND_FAILURES {
            let place = hosts.enter(PURPOSE, &bad, soon()).await.unwrap();
            drop(place.settle(Err::<(), _>(Error::TooSlow)));
        }
        let resting = hosts.enter(PURPOSE, &bad, soon()).await;
        assert!(matches!(resting, Err(Error::HostResting)));
        hosts.enter(PURPOSE, &good, soon()).await.unwrap();
        tokio::time::sleep(REST).await;
        hosts.enter(PURPOSE, &bad, soon()).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn one_host_has_its_places_and_leaves_the_others_theirs() {
        let hosts = Hosts::new(REST);
        let mut held = Vec::new();
        for _ in 0..limits::OUTBOUND_FETCHES_OF_HOST {
            held.push(hosts.enter(PURPOSE, &host("a.test"), soon()).await.unwrap());
        }
        let full = hosts.enter(PURPOSE, &host("a.test"), soon()).await;
        assert!(matches!(full, Err(Error::HostBusy)));
        hosts.enter(PURPOSE, &host("b.test"), soon()).await.unwrap();
        hosts.enter(PURPOSE, &at("https://a.test:8443/"), soon()).await.unwrap();
        held.pop();
        hosts.enter(PURPOSE, &host("a.test"), soon()).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_queue_at_its_limit_turns_the_next_away_at_once() {
        let hosts = Hosts::new(REST);
        let a = host("a.test");
        let late = Instant::now() + Duration::from_mins(1);
        let mut waiting: Vec<_> = (0..limits::OUTBOUND_QUEUE_OF_HOST)
            .map(|_| Box::pin(hosts.enter(PURPOSE, &a, late)))
            .collect();
        let mut places = Vec::new();
        for wait in &mut waiting {
            tokio::select! {
                biased;
                place = wait => places.push(place.unwrap()),
                () = tokio::time::sleep(Duration::from_millis(1)) => {}
            }
        }
        assert_eq!(places.len(), limits::OUTBOUND_FETCHES_OF_HOST);
        let one_more = hosts.enter(PURPOSE, &a, late);
        let turned_away = tokio::time::timeout(Duration::from_secs(1), one_more).await.unwrap();
        assert!(matches!(turned_away, Err(Error::HostBusy)));
        waiting.pop();
        let waits = tokio::time::timeout(Duration::from_millis(20), hosts.enter(PURPOSE, &a, late));
        assert!(waits.await.is_err(), "there is room in the queue again");
    }

    #[tokio::test(start_paused = true)]
    async fn all_hosts_together_have_a_bound_for_each_purpose() {
        let hosts = Hosts::new(REST);
        let mut held = Vec::new();
        for number in 0..limits::OUTBOUND_FETCHES {
            let name = host(&format!("{number}.test"));
            held.push(hosts.enter(PURPOSE, &name, soon()).await.unwrap());
        }
        let full = hosts.enter(PURPOSE, &host("one.more.test"), soon()).await;
        assert!(matches!(full, Err(Error::Busy)));
        let other = hosts.enter(Purpose::BackchannelLogout, &host("one.more.test"), soon()).await;
        other.unwrap();
        held.pop();
        hosts.enter(PURPOSE, &host("one.more.test"), soon()).await.unwrap();
    }
}
