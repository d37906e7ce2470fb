//! How many fetches may be under way, in all and to one host; and which hosts are left alone because they keep failing.
//!
//! A fetch waits for its host's place before it takes one of all, so a host that hangs holds at most its few. What is
//! remembered of hosts is a bounded cache: a restart forgets it, another node does not share it, and that is enough.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use url::Host;

use super::error::{Blame, Error};
use crate::base::limits;

/// After so long without a fetch a host is forgotten.
const FORGOTTEN: Duration = Duration::from_mins(10);

/// All hosts that were asked lately.
pub(super) struct Hosts {
    known: moka::future::Cache<(Host<String>, u16), Arc<Record>>,
    places: Arc<Semaphore>,
    rest: Duration,
}

/// What is known of one host and port.
struct Record {
    queue: Arc<Semaphore>,
    places: Arc<Semaphore>,
    health: Mutex<Health>,
}

#[derive(Default)]
struct Health {
    failures: u32,
    rests_until: Option<Instant>,
}

/// The right to fetch from one host.
pub(super) struct Place {
    record: Arc<Record>,
    rest: Duration,
    _held: [OwnedSemaphorePermit; 3],
}

impl Hosts {
    /// None yet. After enough failures a host is left alone for `rest`.
    pub(super) fn new(rest: Duration) -> Self {
        let known = moka::future::Cache::builder()
            .max_capacity(limits::OUTBOUND_HOSTS)
            // A new host must not be the one that is left out when the table is full.
            .eviction_policy(moka::policy::EvictionPolicy::lru())
            .time_to_idle(FORGOTTEN)
            .build();
        Self { known, places: Arc::new(Semaphore::new(limits::OUTBOUND_FETCHES)), rest }
    }

    /// Waits, until `end` at most, for a place to fetch from this host.
    pub(super) async fn enter(
        &self,
        host: &Host<String>,
        port: u16,
        end: Instant,
    ) -> Result<Place, Error> {
        let new = async { Arc::new(Record::new()) };
        let record = self.known.get_with((host.clone(), port), new).await;
        record.is_awake()?;
        let queued = record.queue.clone().try_acquire_owned().map_err(|_| Error::HostBusy)?;
        let own = within(&record.places, end).await.ok_or(Error::HostBusy)?;
        // It may have failed those who were before us.
        record.is_awake()?;
        let any = within(&self.places, end).await.ok_or(Error::Busy)?;
        Ok(Place { record, rest: self.rest, _held: [queued, own, any] })
    }
}

async fn within(places: &Arc<Semaphore>, end: Instant) -> Option<OwnedSemaphorePermit> {
    timeout_at(end, places.clone().acquire_owned()).await.ok()?.ok()
}

impl Record {
    fn new() -> Self {
        Self {
            queue: Arc::new(Semaphore::new(limits::OUTBOUND_QUEUE_OF_HOST)),
            places: Arc::new(Semaphore::new(limits::OUTBOUND_FETCHES_OF_HOST)),
            health: Mutex::default(),
        }
    }

    fn is_awake(&self) -> Result<(), Error> {
        let health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        match health.rests_until {
            Some(end) if Instant::now() < end => Err(Error::HostResting),
            _ => Ok(()),
        }
    }
}

impl Place {
    /// Remembers how the fetch went, and hands the outcome on.
    pub(super) fn settle<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        let mut health = self.record.health.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome.as_ref().err().map_or(Blame::HostAnswers, Error::blame) {
            Blame::HostAnswers => *health = Health::default(),
            Blame::HostFails => {
                health.failures = health.failures.saturating_add(1);
                // The count stays: after the rest one more failure is enough for another.
                if health.failures >= limits::OUTBOUND_FAILURES {
                    health.rests_until = Some(Instant::now() + self.rest);
                }
            }
            Blame::Nobody => {}
        }
        drop(health);
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: Duration = Duration::from_millis(200);

    fn host(name: &str) -> Host<String> {
        Host::Domain(name.to_owned())
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(30)
    }

    async fn outcome_of(hosts: &Hosts, name: &str, outcome: Result<(), Error>) {
        let place = hosts.enter(&host(name), 443, soon()).await.unwrap();
        drop(place.settle(outcome));
    }

    async fn rests(hosts: &Hosts, name: &str) -> bool {
        matches!(hosts.enter(&host(name), 443, soon()).await, Err(Error::HostResting))
    }

    /// E-08: the breaker. At the limit it opens, one before it does not, and a success closes it.
    #[tokio::test(start_paused = true)]
    async fn a_host_that_keeps_failing_is_left_alone_for_a_while() {
        let hosts = Hosts::new(REST);
        for _ in 1..limits::OUTBOUND_FAILURES {
            outcome_of(&hosts, "bad.test", Err(Error::TooSlow)).await;
        }
        assert!(!rests(&hosts, "bad.test").await);
        outcome_of(&hosts, "bad.test", Err(Error::TooSlow)).await;
        assert!(rests(&hosts, "bad.test").await);
        assert!(!rests(&hosts, "good.test").await);
        tokio::time::sleep(REST).await;
        assert!(!rests(&hosts, "bad.test").await);
        outcome_of(&hosts, "bad.test", Err(Error::TooSlow)).await;
        assert!(rests(&hosts, "bad.test").await, "one failure after the rest is enough");
        tokio::time::sleep(REST).await;
        outcome_of(&hosts, "bad.test", Ok(())).await;
        outcome_of(&hosts, "bad.test", Err(Error::TooSlow)).await;
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
            outcome_of(&hosts, "a.test", Err(Error::TooSlow)).await;
        }
        outcome_of(&hosts, "a.test", Err(not_found())).await;
        outcome_of(&hosts, "a.test", Err(Error::TooSlow)).await;
        assert!(!rests(&hosts, "a.test").await);
    }

    #[tokio::test(start_paused = true)]
    async fn one_host_has_its_places_and_leaves_the_others_theirs() {
        let hosts = Hosts::new(REST);
        let mut held = Vec::new();
        for _ in 0..limits::OUTBOUND_FETCHES_OF_HOST {
            held.push(hosts.enter(&host("a.test"), 443, soon()).await.unwrap());
        }
        let full = hosts.enter(&host("a.test"), 443, soon()).await;
        assert!(matches!(full, Err(Error::HostBusy)));
        hosts.enter(&host("b.test"), 443, soon()).await.unwrap();
        hosts.enter(&host("a.test"), 8443, soon()).await.unwrap();
        held.pop();
        hosts.enter(&host("a.test"), 443, soon()).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_queue_at_its_limit_turns_the_next_away_at_once() {
        let hosts = Hosts::new(REST);
        let a = host("a.test");
        let late = Instant::now() + Duration::from_mins(1);
        let mut waiting: Vec<_> = (0..limits::OUTBOUND_QUEUE_OF_HOST)
            .map(|_| Box::pin(hosts.enter(&a, 443, late)))
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
        let one_more = hosts.enter(&a, 443, late);
        let turned_away = tokio::time::timeout(Duration::from_secs(1), one_more).await.unwrap();
        assert!(matches!(turned_away, Err(Error::HostBusy)));
        waiting.pop();
        let waits = tokio::time::timeout(Duration::from_millis(20), hosts.enter(&a, 443, late));
        assert!(waits.await.is_err(), "there is room in the queue again");
    }

    #[tokio::test(start_paused = true)]
    async fn all_hosts_together_have_a_bound() {
        let hosts = Hosts::new(REST);
        let mut held = Vec::new();
        for number in 0..limits::OUTBOUND_FETCHES {
            let name = host(&format!("{number}.test"));
            held.push(hosts.enter(&name, 443, soon()).await.unwrap());
        }
        let full = hosts.enter(&host("one.more.test"), 443, soon()).await;
        assert!(matches!(full, Err(Error::Busy)));
        held.pop();
        hosts.enter(&host("one.more.test"), 443, soon()).await.unwrap();
    }
}
