//! The states of a change in the outbox.

pub(crate) const UNSENT: i64 = 0;
pub(crate) const HELD_BY_HUB: i64 = 1;
pub(crate) const REFUSED: i64 = 2;
