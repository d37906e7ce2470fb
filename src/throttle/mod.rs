//! How often may one try: by submitted name (known or not), by source and by kind.
//!
//! Owns the order of an attempt: look, human check, reserve, judge, settle. Counters are rows (`store::throttles`), so
//! that nodes share them and a restart forgets nothing. An operator's lock is an account's state, not a throttle.
//! LCK-1 to LCK-4; A-PWD-03, -04, -06, -12, -13, -16.

pub mod attempt;
pub mod human_check;
pub mod known_device;
pub mod source;
