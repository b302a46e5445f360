//! What a pull gives a device: by the feed, or by comparing heads. An engine reads the rows, and does what these decide.

use vicinity_core::access::{self, Action, Resource};
use vicinity_core::batch::GroupChange;
use vicinity_core::ids::ChangeHash;

use super::in_one_piece;
use crate::peer::Role;

/// What one pull may cost, in operations: a device that was away for a year, or that asks for one very large incident again and
/// again, must not block the writer for long. One for each row of the feed, document or change that is checked.
pub const PULL_OPS_MAX: u64 = 20_000;
/// Bytes given that cost as much as one more operation: they are written into a frame and compressed.
const OP_BYTES: usize = 1024;

/// How much a pull has given and cost so far, and how much it may.
#[derive(Debug)]
pub struct PullWork {
    bytes: usize,
    raw_bytes: usize,
    ops: u64,
}

impl PullWork {
    /// Nothing yet, of at most that many bytes of changes. Room for less than one byte would never give anything.
    #[must_use]
    pub fn new(raw_bytes: usize) -> Self {
        Self {
            bytes: 0,
            raw_bytes: raw_bytes.max(1),
            ops: 0,
        }
    }

    /// Whether another row may be checked.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.bytes < self.raw_bytes && self.ops < PULL_OPS_MAX
    }

    /// Rows were checked.
    pub fn looked(&mut self, rows: usize) {
        self.ops = self.ops.saturating_add(rows as u64);
    }

    /// A document of that many changes was read in one piece.
    pub fn read(&mut self, changes: usize) {
        self.ops = self.ops.saturating_add(in_one_piece(changes as u64));
    }

    /// Changes were given.
    pub fn gave(&mut self, changes: &[GroupChange]) {
        let bytes: usize = changes.iter().map(|change| change.chunk.len()).sum();
        self.bytes += bytes;
        self.looked(changes.len() + bytes / OP_BYTES);
    }

    /// What it cost, in operations.
    #[must_use]
    pub fn ops(&self) -> u64 {
        self.ops
    }
}

/// Who wrote a change, as a device learns it; 0 is nobody. Responders learn it. An educator's phone that is searched has nothing
/// to tell. Of a change that was only passed on, the writer is unknown.
#[must_use]
pub fn writer(role: Role, device: u32, relayed: bool) -> u32 {
    if !relayed && access::decide(role.actor(), Action::ReadWriters, Resource::Server).is_ok() {
        device
    } else {
        0
    }
}

/// What a cursor that a device shows says of the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CursorPlace {
    /// The hub did not give it out: anybody could have made it up, and it says nothing.
    NotOurs,
    /// It is of this feed, and the device continues from there.
    Fits,
    /// The hub gave it out and it does not fit: the whole folder was put back, epoch and all.
    ShowsRestore,
}

/// What a cursor says. `fits` is asked only where it matters.
///
/// # Errors
/// What `fits` says.
pub fn place<E>(
    is_ours: bool,
    is_epoch: bool,
    fits: impl FnOnce() -> Result<bool, E>,
) -> Result<CursorPlace, E> {
    Ok(if !is_ours {
        CursorPlace::NotOurs
    } else if is_epoch && fits()? {
        CursorPlace::Fits
    } else {
        CursorPlace::ShowsRestore
    })
}

/// What a row of the feed is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// A change, and whether this device's present life brought it.
    Change {
        /// Whether it did.
        is_own: bool,
    },
    /// The document entered a device's scope.
    Entered {
        /// Whether it is this device.
        is_here: bool,
    },
    /// The document left a device's scope.
    Left {
        /// Whether it is this device.
        is_here: bool,
    },
    /// Anything else: an erased row.
    Other,
}

/// What a device is given of a row of the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// The change.
    Change,
    /// The whole document up to here; what came later has rows of its own.
    Document,
    /// Word that the document is no longer its business.
    Removal,
    /// Nothing.
    Nothing,
}

/// What a device is given of a row of a document that it `sees` or does not.
#[must_use]
pub fn of_row(row: Row, sees: bool) -> Given {
    match row {
        Row::Change { is_own: false } if sees => Given::Change,
        Row::Entered { is_here: true } if sees => Given::Document,
        Row::Left { is_here: true } if !sees => Given::Removal,
        _ => Given::Nothing,
    }
}

/// What comparing the heads of one document comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// Both have the same, or the device neither has nor sees it.
    Same,
    /// Each may lack something of the other.
    Differs,
    /// The device has it and does not see it.
    Removed,
    /// The device has it, and its scope was lost by a restore: who can push it was in scope.
    Proof,
}

/// Compares the heads that a device has of a document, if it has it, with the hub's. `lost_scope` is asked only where it matters.
///
/// # Errors
/// What `lost_scope` says.
pub fn compare<E>(
    theirs: Option<&[ChangeHash]>,
    ours: &[ChangeHash],
    sees: bool,
    lost_scope: impl FnOnce() -> Result<bool, E>,
) -> Result<Compared, E> {
    Ok(match theirs {
        Some(_) if !sees => {
            if lost_scope()? {
                Compared::Proof
            } else {
                Compared::Removed
            }
        }
        None if !sees => Compared::Same,
        Some(theirs) if theirs == ours => Compared::Same,
        _ => Compared::Differs,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::convert::Infallible;

    fn sure(answer: bool) -> impl FnOnce() -> Result<bool, Infallible> {
        move || Ok(answer)
    }

    #[test]
    fn only_a_cursor_that_the_hub_gave_out_says_anything_of_its_feed() {
        let place = |ours, epoch, fits| place(ours, epoch, sure(fits)).unwrap();
        assert_eq!(place(false, true, true), CursorPlace::NotOurs);
        assert_eq!(place(true, true, true), CursorPlace::Fits);
        assert_eq!(place(true, false, true), CursorPlace::ShowsRestore);
        assert_eq!(place(true, true, false), CursorPlace::ShowsRestore);
    }

    #[test]
    fn a_device_is_given_what_it_sees_and_did_not_bring_itself() {
        let (own, others) = (Row::Change { is_own: true }, Row::Change { is_own: false });
        assert_eq!(of_row(others, true), Given::Change);
        assert_eq!(of_row(others, false), Given::Nothing);
        assert_eq!(of_row(own, true), Given::Nothing);
        let (here, there) = (
            Row::Entered { is_here: true },
            Row::Entered { is_here: false },
        );
        assert_eq!(of_row(here, true), Given::Document);
        assert_eq!(of_row(here, false), Given::Nothing, "it left again since");
        assert_eq!(of_row(there, true), Given::Nothing);
        let (here, there) = (Row::Left { is_here: true }, Row::Left { is_here: false });
        assert_eq!(of_row(here, false), Given::Removal);
        assert_eq!(of_row(here, true), Given::Nothing, "it came back since");
        assert_eq!(of_row(there, false), Given::Nothing);
        assert_eq!(of_row(Row::Other, true), Given::Nothing);
    }

    #[test]
    fn a_device_that_has_what_it_does_not_see_removes_it_or_proves_that_it_saw_it() {
        let (one, two) = ([ChangeHash::of(b"1")], [ChangeHash::of(b"2")]);
        let compare = |theirs: Option<&[ChangeHash]>, sees, lost| {
            compare(theirs, &one, sees, sure(lost)).unwrap()
        };
        assert_eq!(compare(Some(&one), true, false), Compared::Same);
        assert_eq!(compare(Some(&two), true, false), Compared::Differs);
        assert_eq!(compare(None, true, false), Compared::Differs);
        assert_eq!(compare(None, false, true), Compared::Same);
        assert_eq!(compare(Some(&one), false, false), Compared::Removed);
        assert_eq!(compare(Some(&one), false, true), Compared::Proof);
    }

    #[test]
    fn a_pull_ends_where_its_bytes_or_its_operations_are_used_up() {
        let change = |bytes: usize| GroupChange {
            chunk: vec![0; bytes],
            by: 0,
        };
        let mut work = PullWork::new(0);
        assert!(work.has_room(), "at least one row");
        work.gave(&[change(1)]);
        assert!(!work.has_room());
        let mut work = PullWork::new(usize::MAX);
        work.gave(&[change(3 * OP_BYTES)]);
        assert_eq!(work.ops(), 4);
        work.read(40);
        assert_eq!(work.ops(), 4 + 44);
        work.looked(PULL_OPS_MAX as usize);
        assert!(!work.has_room());
    }

    #[test]
    fn an_educator_does_not_learn_who_wrote_what() {
        assert_eq!(writer(Role::Responder, 7, false), 7);
        assert_eq!(writer(Role::Responder, 7, true), 0);
        assert_eq!(writer(Role::Educator, 7, false), 0);
    }
}
