//! The proof that something unsigned may pass: an ID token with `alg` none, or a request object without a signature.
//!
//! OpenID Connect Core §3.1.3.7, §6.1. Only the code that reads both locks (the deployment's switch and the client's
//! registration policy) makes one, so whoever looks for `both_locks_are_open` finds every place that could let
//! something unsigned through. Does not own the locks.

/// Both locks are open for this client, now. Not to be kept: they are read again for each request.
#[derive(Clone, Copy, Debug)]
pub struct UnsignedAllowed(());

impl UnsignedAllowed {
    /// The proof. Whoever calls this has just read both locks.
    pub const fn both_locks_are_open() -> Self {
        Self(())
    }
}
