//! The only opaque error: something of ours failed, and the person or client can do nothing about it but try again.
//!
//! `store`, `jose`, `hasher` and the like return it, so `?` is one hop. The whole chain goes to the log, once, in
//! `http`; the client sees `server_error` (or 503) and a request id.

use std::fmt;

/// A failure of ours: what it means for the answer, and the chain for the log.
pub struct Internal {
    kind: Kind,
    context: &'static str,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Fault,
    Unavailable,
}

impl Internal {
    /// A fault: a defect or a broken promise. Answered 500.
    pub fn fault(context: &'static str) -> Self {
        Self { kind: Kind::Fault, context, source: None }
    }

    /// Something that Fuxin needs is away or overloaded; the same request may work later. Answered 503.
    pub fn unavailable(context: &'static str) -> Self {
        Self { kind: Kind::Unavailable, context, source: None }
    }

    /// The same failure with its cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Whether the same request may work in a moment (503 with `Retry-After`, not 500).
    pub fn is_unavailable(&self) -> bool {
        self.kind == Kind::Unavailable
    }
}

impl fmt::Display for Internal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.context)?;
        let mut cause: Option<&(dyn std::error::Error + 'static)> =
            self.source.as_deref().map(|source| source as _);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl fmt::Debug for Internal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Internal {}
