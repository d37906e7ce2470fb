//! One attempt at a password, before it is judged: locked, human check due, or reserved.
//!
//! The answer depends on counters alone, never on whether the name exists, so known and unknown names cannot be told
//! apart at an equal count.

use crate::base::internal::Internal;
use crate::base::master_key::{MacKey, SealKey};
use crate::base::secret::Digest;
use crate::base::time::{Lifetime, Timestamp};
use crate::config::Policy;
use crate::store::{Budget, Counters, NameThrottle, Reservation, ReservationLimits, Store};
use crate::throttle::human_check::{self, Challenge};
use crate::throttle::source::Source;

/// How long failures of a source count together.
pub const SOURCE_WINDOW: Lifetime = Lifetime::minutes(10);
/// Failures of one source in a window after which each of its attempts needs a human check, whatever the name: many
/// people share an address, so there is no lock by source.
pub const SOURCE_LIMIT: i64 = 50;

/// An attempt as it is submitted.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The keyed digest of the folded name.
    pub name: Digest,
    /// Where from.
    pub source: Source,
    /// On which budget.
    pub budget: Budget,
    /// In which interaction; the human check is good for this one only.
    pub interaction: crate::base::id::GrantId,
    /// The sealed human check, if the form held one.
    pub challenge: Option<String>,
    /// The answer to it, if a script found one.
    pub answer: Option<String>,
}

/// What attempts are held against.
#[derive(Clone, Copy, Debug)]
pub struct Throttle<'a> {
    /// Where the counters are.
    pub store: &'a Store,
    /// The limits.
    pub policy: &'a Policy,
    /// The key of sealed human checks.
    pub human_check: &'a SealKey,
    /// The key of sources' digests.
    pub source: &'a MacKey,
}

/// Why an attempt is not judged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The budget is paused.
    #[error("paused")]
    Paused {
        /// Until then.
        until: Timestamp,
    },
    /// Too many consecutive failures over both budgets (A-PWD-16).
    #[error("too many consecutive failures")]
    HardLimit,
    /// A human check is due and was not passed.
    #[error("a human check is due")]
    CheckDue(CheckProblem),
    /// Ours.
    #[error(transparent)]
    Internal(#[from] Internal),
}

/// What was wrong with the human check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckProblem {
    /// There was none, or one for another attempt.
    Missing,
    /// The wait is not over; the same challenge is good then.
    Early,
    /// The answer does not fit.
    WrongAnswer,
    /// Its time is over.
    Expired,
    /// It was used.
    Spent,
}

impl Throttle<'_> {
    /// Counts the attempt, or says why it may not be made. Two statements; three with a human check.
    pub async fn reserve(&self, attempt: &Attempt, now: Timestamp) -> Result<Reservation, Error> {
        let source = attempt.source.digest(self.source);
        let state = self.store.name_throttle(&attempt.name, &source, now).await?;
        self.is_open(&state, attempt.budget, now)?;
        let passed = if self.challenge_is_due(&state, attempt.budget) {
            self.take_check(attempt, now).await?;
            true
        } else {
            false
        };
        let limits = ReservationLimits {
            lock_after: self.policy.lock_after.into(),
            lock: self.policy.lock,
            challenge_after: self.policy.challenge_after.into(),
            hard_limit: self.policy.disable_after.into(),
            challenge_passed: passed,
        };
        let reserved =
            self.store.reserve_attempt(attempt.name, attempt.budget, limits, now).await?;
        match reserved.committed() {
            Some(reservation) => Ok(reservation),
            // Others were counted in between: what stands in the way now?
            None => {
                let state = self.store.name_throttle(&attempt.name, &source, now).await?;
                self.is_open(&state, attempt.budget, now)?;
                Err(Error::CheckDue(CheckProblem::Missing))
            }
        }
    }

    fn is_open(&self, state: &NameThrottle, budget: Budget, now: Timestamp) -> Result<(), Error> {
        if state.consecutive >= i64::from(self.policy.disable_after) {
            return Err(Error::HardLimit);
        }
        let counters = counters(state, budget);
        if counters.locked_until > now {
            Err(Error::Paused { until: counters.locked_until })
        } else {
            Ok(())
        }
    }

    fn challenge_is_due(&self, state: &NameThrottle, budget: Budget) -> bool {
        let counters = counters(state, budget);
        let pause_is_over = counters.locked_until > Timestamp::default();
        let by_name = !pause_is_over && counters.failures >= i64::from(self.policy.challenge_after);
        by_name || state.source_failures >= SOURCE_LIMIT
    }

    /// Takes a human check, once.
    async fn take_check(&self, attempt: &Attempt, now: Timestamp) -> Result<(), Error> {
        let due = |problem| Error::CheckDue(problem);
        let text = attempt.challenge.as_deref().ok_or(due(CheckProblem::Missing))?;
        let about = human_check::Attempt {
            name: attempt.name,
            source: attempt.source.as_bytes(),
            interaction: attempt.interaction,
        };
        let passed = Challenge::open(self.human_check, text, &about, now)
            .and_then(|challenge| challenge.accept(attempt.answer.as_deref(), now))
            .map_err(|error| due(error.into()))?;
        if self.store.spend_challenge(*passed.ticket(), passed.expires()).await?.committed() {
            Ok(())
        } else {
            Err(due(CheckProblem::Spent))
        }
    }
}

fn counters(state: &NameThrottle, budget: Budget) -> Counters {
    match budget {
        Budget::KnownDevice => state.known,
        Budget::Other => state.other,
    }
}

impl From<human_check::Error> for CheckProblem {
    fn from(error: human_check::Error) -> Self {
        match error {
            human_check::Error::Expired => Self::Expired,
            human_check::Error::NotYet { .. } => Self::Early,
            human_check::Error::WrongAnswer => Self::WrongAnswer,
            human_check::Error::Forged
            | human_check::Error::OtherName
            | human_check::Error::OtherSource
            | human_check::Error::OtherInteraction => Self::Missing,
        }
    }
}
