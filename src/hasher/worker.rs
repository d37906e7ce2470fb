//! One hashing thread and the memory that it fills again and again.
//!
//! Fresh memory costs nearly as much as the hash itself (page faults), so a thread keeps its own while it has work and
//! gives it back after a while without.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroize;

use crate::base::internal::Internal;
use crate::base::secret::Secret;
use crate::hasher::pool::{Job, Next, Output, Queue};

/// Blocks of address space that a buffer takes at least: 33 MiB, of which only what a hash uses becomes memory.
///
/// glibc maps what is larger than 32 MiB on its own and gives it back when freed; smaller buffers may stay with the
/// process for good once the first was freed.
const LEAST_RESERVED: usize = 33 * 1024;

/// Starts a thread that takes jobs until the queue is closed, and frees its memory when none came for `idle`.
pub(super) fn start(queue: &Arc<Queue>, idle: Duration) -> Result<(), Internal> {
    let queue = Arc::clone(queue);
    thread::Builder::new()
        .name("password-hash".into())
        .spawn(move || serve(&queue, idle))
        .map(|_| ())
        .map_err(|error| Internal::fault("a hashing thread could not be started").because(error))
}

fn serve(queue: &Queue, idle: Duration) {
    let mut memory = Memory::default();
    loop {
        let patience = (!memory.is_empty()).then_some(idle);
        match queue.next(patience) {
            Next::Job(job) => {
                let output = memory.compute(&job);
                queue.count_performed();
                job.answer(output);
            }
            Next::Nothing => memory.release(),
            Next::Closed => return,
        }
    }
}

/// The blocks of one thread.
#[derive(Default)]
struct Memory(Vec<Block>);

impl Memory {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn compute(&mut self, job: &Job) -> Result<Output, Internal> {
        let cost = job.recipe.parameters;
        let params = Params::new(
            cost.memory_kib(),
            cost.iterations(),
            cost.parallelism(),
            Some(job.recipe.length),
        )
        .map_err(refused)?;
        let blocks = self.blocks(params.block_count())?;
        let mut output = vec![0; job.recipe.length];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(
                job.password.expose().as_bytes(),
                &job.recipe.salt,
                &mut output,
                blocks,
            )
            .map_err(refused)?;
        Ok(Secret::new(output))
    }

    fn blocks(&mut self, count: usize) -> Result<&mut [Block], Internal> {
        if self.0.len() < count {
            self.release();
            self.0.try_reserve_exact(count.max(LEAST_RESERVED)).map_err(|error| {
                Internal::unavailable("no memory for a password hash").because(error)
            })?;
            self.0.resize(count, Block::new());
        }
        Ok(&mut self.0)
    }

    /// Erases the blocks, for they were computed from passwords, and frees them. Each block is erased, not the vector:
    /// that would write to the reserved rest, too, and so make memory of it.
    fn release(&mut self) {
        for block in &mut self.0 {
            block.zeroize();
        }
        self.0 = Vec::new();
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.release();
    }
}

fn refused(error: argon2::Error) -> Internal {
    Internal::fault("a password hash could not be computed").because(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_kept_between_hashes_grows_when_it_must_and_is_given_back() {
        let mut memory = Memory::default();
        let first = memory.blocks(8).unwrap().as_ptr();
        assert_eq!(memory.blocks(8).unwrap().as_ptr(), first);
        assert_eq!(memory.blocks(4).unwrap().as_ptr(), first);
        assert_eq!(memory.blocks(16).unwrap().len(), 16);
        assert!(memory.0.capacity() >= LEAST_RESERVED);
        memory.release();
        assert!(memory.is_empty());
        assert_eq!(memory.0.capacity(), 0);
    }
}
