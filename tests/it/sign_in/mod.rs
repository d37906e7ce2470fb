//! Stories of signing in with account and password.
//!
//! What people meet, what stops them, and how they go on.

mod expired_password;
mod failures;
mod hanging_up;
mod notices;
mod outbox;
mod refused_accounts;
mod way;
mod with_a_password;
