//! Argon2id in a bounded pool of its own threads: admission, the same work for every name, memory that is reused.
//!
//! Hashing is the one thing here that costs milliseconds, so it never runs on the server's own threads, and when more
//! requests wait than the queue holds the next is told so at once (503). Does not own what a password is
//! (`model::password`), how often one may try (`throttle`), nor what an answer means. RFC 9106.

mod pool;
mod worker;

use std::num::NonZeroUsize;
use std::time::Duration;

use subtle::ConstantTimeEq;

use crate::base::internal::Internal;
use crate::base::random;
use crate::hasher::pool::{Pool, Recipe};
use crate::model::password::{HashParameters, OUTPUT, Password, PasswordHash, SALT};

/// How long a thread without work keeps its memory.
const IDLE: Duration = Duration::from_secs(10);

/// Verifies and makes password hashes. Its threads end when it is dropped.
#[derive(Debug)]
pub struct Hasher {
    pool: Pool,
    parameters: HashParameters,
    /// What a password is verified against where no account, or no password, is known. Nobody knows a password that
    /// gives it: its output is random.
    dummy: PasswordHash,
}

/// What verifying a password found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not the password, or there is none.
    Wrong,
    /// The password.
    Right,
    /// The password; its hash should be replaced by one of today's cost.
    RightButOutdated,
}

impl Hasher {
    /// Starts `threads` threads. At most `queue` requests wait for them.
    pub fn start(
        parameters: HashParameters,
        threads: NonZeroUsize,
        queue: usize,
    ) -> Result<Self, Internal> {
        let hasher = Self::without_threads(parameters, queue)?;
        for _ in 0..threads.get() {
            worker::start(hasher.pool.queue(), IDLE)?;
        }
        Ok(hasher)
    }

    fn without_threads(parameters: HashParameters, queue: usize) -> Result<Self, Internal> {
        let salt: [u8; SALT] = random::bytes();
        let output: [u8; OUTPUT] = random::bytes();
        let dummy = PasswordHash::argon2id(parameters, &salt, &output)?;
        Ok(Self { pool: Pool::new(queue), parameters, dummy })
    }

    /// Verifies a password against a hash or, where there is none, against the dummy hash: the same queue, the same
    /// work, and always [`Verdict::Wrong`]. The work is the same as long as the hash is not outdated.
    pub async fn verify(
        &self,
        password: Password,
        hash: Option<PasswordHash>,
    ) -> Result<Verdict, Internal> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.dummy.clone());
        let recipe = Recipe {
            parameters: hash.parameters(),
            salt: hash.salt().to_vec(),
            length: hash.output().len(),
        };
        let output = self.pool.compute(password, recipe).await?;
        let equal: bool = output.expose().as_slice().ct_eq(hash.output()).into();
        Ok(match (equal && known, hash.needs_upgrade(&self.parameters)) {
            (false, _) => Verdict::Wrong,
            (true, false) => Verdict::Right,
            (true, true) => Verdict::RightButOutdated,
        })
    }

    /// Makes the hash of a new password, or of the right one whose hash was outdated.
    pub async fn hash(&self, password: impl Into<Password>) -> Result<PasswordHash, Internal> {
        let salt: [u8; SALT] = random::bytes();
        let recipe = Recipe { parameters: self.parameters, salt: salt.to_vec(), length: OUTPUT };
        let output = self.pool.compute(password.into(), recipe).await?;
        Ok(PasswordHash::argon2id(self.parameters, &salt, output.expose())?)
    }

    /// The hashes computed so far, for the tests of equal work: a request that was refused adds nothing.
    pub fn performed(&self) -> u64 {
        self.pool.queue().performed()
    }
}

#[cfg(test)]
mod tests;
