//! Signing in.

mod with_a_password;
