//! `[password_hash]`: the cost of one Argon2id hash and the size of the pool that computes them.
//!
//! RFC 9106 names the parameters; the floor is OWASP's series of equal settings (19456 × 2, … 7168 × 5).

use super::problem::Fault;
use super::source::{Reported, Source};

/// Memory times passes of OWASP's cheapest setting.
const LEAST_WORK: u32 = 35_840;

/// What one hash costs, and how many run or wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordHash {
    /// Memory of one hash, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes of one hash.
    pub parallelism: u32,
    /// Hashes that run at once.
    pub threads: u32,
    /// Hashes that may wait.
    pub queue: u32,
}

impl PasswordHash {
    pub(super) fn read(source: &mut Source) -> Result<Self, Reported> {
        const MEMORY: &str = "password_hash.memory_kib";
        let memory_kib = source.number(MEMORY);
        let iterations = source.number("password_hash.iterations");
        let parallelism = source.number("password_hash.parallelism");
        let threads = source.find_number("password_hash.threads");
        let queue = source.number("password_hash.queue");
        let (memory_kib, iterations) = (memory_kib?, iterations?);
        if memory_kib.saturating_mul(iterations) < LEAST_WORK {
            source.refuse(MEMORY, Fault::WeakHash { least: LEAST_WORK });
        }
        Ok(Self {
            memory_kib,
            iterations,
            parallelism: parallelism?,
            threads: threads?.unwrap_or_else(cores),
            queue: queue?,
        })
    }
}

fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1))
}
