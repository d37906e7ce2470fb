//! What people are told outside the pages, by mail or SMS: who is written to, and in which words.
//!
//! Owns the choice of recipient and language (`outbox`) and the texts (`text`). The row itself is written by the store, in
//! the transaction of what it tells of, and waits there: nothing in this release takes it any further, so nothing leaves
//! the house. Does not decide when somebody is told; flows do, and only after a success: a notice of failures would let
//! anybody fill somebody's mailbox, and would tell by its time which names exist.

pub mod outbox;
pub mod text;
