//! The content still to be sent, in this order: heads of a rebase, changes that the hub lacks, the outbox.

use std::collections::VecDeque;

use vicinity_core::batch::{Cursor, DocumentHeads, Pull};
use vicinity_core::ids::IncidentId;

use super::effects::{Gather, Gathered};
use super::pace::Pace;
use super::tally::Tally;
use crate::message::DOCUMENTS_MAX;

/// Bytes that one document's heads take in a page.
const HEADS_BYTES: usize = 56;

struct Rebase {
    after: Option<IncidentId>,
    /// The hub's place when the rebase began: valid when it is over.
    cursor: Option<Cursor>,
}

struct Missing {
    need: DocumentHeads,
    skip: usize,
}

/// The content still to be sent.
#[derive(Default)]
pub(super) struct Agenda {
    rebase: Option<Rebase>,
    missing: VecDeque<Missing>,
    outbox_at: i64,
    /// Whether everything in the outbox was sent once.
    outbox_gone: bool,
    /// Whether the hub gave changes since the outbox last began.
    was_given: bool,
}

impl Agenda {
    /// Begins with all documents again.
    pub(super) fn begin_rebase(&mut self) {
        self.rebase = Some(Rebase {
            after: None,
            cursor: None,
        });
        self.missing.clear();
        self.outbox_at = 0;
        self.outbox_gone = false;
    }

    pub(super) fn is_rebasing(&self) -> bool {
        self.rebase.is_some()
    }

    pub(super) fn has_missing(&self) -> bool {
        !self.missing.is_empty()
    }

    /// The content of the next request.
    pub(super) fn next(&self, pace: Pace) -> Gather {
        let raw_bytes = pace.raw_bytes();
        if let Some(rebase) = &self.rebase {
            Gather::Heads {
                after: rebase.after,
                max_documents: (pace.batch_bytes() as usize / HEADS_BYTES).min(DOCUMENTS_MAX),
            }
        } else if let Some(missing) = self.missing.front() {
            Gather::Missing {
                need: missing.need.clone(),
                skip: missing.skip,
                raw_bytes,
            }
        } else {
            Gather::Outbox {
                after: self.outbox_at,
                raw_bytes,
            }
        }
    }

    pub(super) fn note_given(&mut self, given: bool) {
        self.was_given |= given;
    }

    /// The place that an answer makes valid: its own, or after a rebase the one at which the rebase began.
    pub(super) fn cursor_of(&mut self, pull: &Pull) -> Option<Cursor> {
        match &mut self.rebase {
            None => Some(pull.cursor),
            Some(rebase) => {
                let begun = *rebase.cursor.get_or_insert(pull.cursor);
                pull.rebased_until.is_none().then_some(begun)
            }
        }
    }

    /// Takes off what a request carried, once its answer is written, and adds what the hub needs. Whether there is certainly more to do.
    pub(super) fn tick_off(
        &mut self,
        sent: &Gathered,
        pull: Pull,
        cursor: Option<Cursor>,
        tally: Tally,
    ) -> bool {
        let mut behind = false;
        if let Some(rebase) = &mut self.rebase {
            rebase.after = pull.rebased_until;
            behind = true;
            if rebase.after.is_none() {
                // The feed may have moved since the rebase began.
                behind = cursor != Some(pull.cursor);
                self.rebase = None;
            }
        } else if let Some(missing) = self.missing.front_mut() {
            missing.skip += sent
                .groups
                .iter()
                .map(|group| group.changes.len())
                .sum::<usize>()
                .saturating_sub(tally.not_yet);
            if !sent.more && !tally.goes_on() {
                self.missing.pop_front();
            }
        } else if !tally.goes_on() {
            // What was settled has left the outbox: the same place gives the rest.
            self.outbox_at = sent.outbox_at;
            self.outbox_gone = !sent.more;
        }
        for need in pull.need {
            if !self
                .missing
                .iter()
                .any(|missing| missing.need.incident == need.incident)
            {
                self.missing.push_back(Missing { need, skip: 0 });
            }
        }
        behind
    }

    /// Whether the outbox is still to go, in a device that `differs` from its hub.
    pub(super) fn outbox_again(&mut self, differs: bool) -> bool {
        // What came in may have brought back what the outbox was waiting for: consent, or scope.
        if core::mem::take(&mut self.was_given) && differs && self.outbox_gone {
            self.outbox_at = 0;
            self.outbox_gone = false;
        }
        // A rebase and what the hub needs come first; the outbox is still to go then.
        differs && !self.outbox_gone
    }
}
