//! What a client of a killed server was answered, and what it asked last without an answer.

use std::fmt;

use crate::ledger::Lent;
use crate::relying_party::{Code, Tokens};

/// One thing to confirm after the restart.
#[derive(Debug)]
pub enum Thing {
    /// A grant whose newest refresh token this is; the ones before it, oldest first.
    Renewed {
        /// The grant.
        lent: Lent,
        /// What is spent.
        before: Vec<String>,
    },
    /// A code that nobody redeemed.
    Given {
        /// Whose: an index into the ledger's clients.
        client: usize,
        /// The code.
        code: Code,
    },
    /// A code that was redeemed, and what for.
    Redeemed {
        /// Whose.
        client: usize,
        /// The spent code.
        code: Code,
        /// What it gave.
        tokens: Tokens,
    },
    /// A code that was sent and never answered.
    RedemptionUnanswered {
        /// Whose.
        client: usize,
        /// The code.
        code: Code,
    },
    /// A grant that was revoked.
    Revoked(Lent),
}

/// The things of one round.
#[derive(Debug, Default)]
pub struct Journal(Vec<Thing>);

impl Journal {
    /// Notes one thing.
    pub fn add(&mut self, thing: Thing) {
        self.0.push(thing);
    }

    /// Takes over another client's.
    pub fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Whether nothing was noted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Everything, the codes first: they live for a minute only.
    pub fn into_things(mut self) -> Vec<Thing> {
        self.0.sort_by_key(|thing| !matches!(thing, Thing::Given { .. }));
        self.0
    }
}

impl fmt::Display for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |of: fn(&Thing) -> bool| self.0.iter().filter(|thing| of(thing)).count();
        let renewals: usize = self
            .0
            .iter()
            .map(|thing| if let Thing::Renewed { before, .. } = thing { before.len() } else { 0 })
            .sum();
        write!(
            f,
            "answered: {renewals} renewals, {} codes, {} redemptions, {} revocations; \
             redemptions unanswered: {}",
            count(|thing| matches!(thing, Thing::Given { .. })),
            count(|thing| matches!(thing, Thing::Redeemed { .. })),
            count(|thing| matches!(thing, Thing::Revoked(_))),
            count(|thing| matches!(thing, Thing::RedemptionUnanswered { .. })),
        )
    }
}
