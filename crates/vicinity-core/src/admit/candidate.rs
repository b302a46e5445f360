//! A change on its way into a document, and a call of automerge that may panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::guard::Checked;

/// A change that passed the guard and has no verdict yet.
pub(super) struct Candidate<'a> {
    pub(super) checked: Checked<'a>,
    pub(super) bytes: &'a [u8],
}

/// How many operations these changes have together.
pub(super) fn ops_of(candidates: &[Candidate<'_>]) -> u64 {
    candidates
        .iter()
        .map(|candidate| candidate.checked.ops)
        .sum()
}

/// What `body` returns; `None` also if it panics, as automerge does on some changes.
pub(super) fn survives<T>(body: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(body)).ok().flatten()
}
