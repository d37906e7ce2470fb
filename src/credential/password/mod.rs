//! Account name and password.

pub mod change;
pub mod verify;
