//! Signing in with account and password.

mod expired_password;
mod failures;
mod refused_accounts;
mod way;
mod with_a_password;
