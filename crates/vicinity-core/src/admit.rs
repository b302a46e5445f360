//! Admission of changes into one document's log: what is stored, what waits, what is refused, and the view after it.
//!
//! The log of original change bytes is the source of truth; the view is a cache made from it. Every storage engine, on devices and
//! hubs, calls [`admit`] or [`admit_within`] and stores what it decides.

mod candidate;
mod index;
mod sift;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use self::candidate::{Candidate, ops_of, survives};
use self::index::Index;
use self::sift::sift;
use crate::chunk::Chunk;
use crate::document::Document;
use crate::guard::{self, Refusal};
use crate::ids::ChangeHash;
use crate::incident::Incident;
use crate::reading::Written;
use crate::skeleton::SKELETON;

pub use crate::room::{DOCUMENT_MAX_BYTES, DOCUMENT_MAX_CHANGES, DOCUMENT_MAX_OPS};

/// Changes of one document that may wait for ancestors.
pub const ORPHANS_MAX: usize = 64;

/// The limits of one admission. Changes beyond them get [`Verdict::NotYet`], and the next admission continues there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// Changes that may be visited on the way back to what a change refers to.
    pub steps: u64,
    /// Operations that may be loaded to find the changes that automerge refuses.
    pub sifted: u64,
}

impl Work {
    /// No limit: for devices, whose changes come from their own hub.
    pub const ALL: Self = Self {
        steps: u64::MAX,
        sifted: u64::MAX,
    };
    /// The limits for one document in one request to a hub. With the trials before and after, at most five times
    /// [`DOCUMENT_MAX_OPS`] operations are loaded.
    pub const OF_A_REQUEST: Self = Self {
        steps: 2_000_000,
        sifted: DOCUMENT_MAX_OPS,
    };
}

/// The outcome of one change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// New, and part of the document now.
    Stored,
    /// Part of the document already.
    Duplicate,
    /// Stored apart until its ancestors arrive.
    Pending,
    /// Refused, and refused again whenever it is sent.
    Rejected(Refusal),
    /// Not examined: the limits in [`Work`] were reached first. The sender sends it again.
    NotYet,
}

/// A document after admission.
#[derive(Debug, Clone)]
pub struct View {
    /// Sorted heads.
    pub heads: Vec<ChangeHash>,
    /// What it says.
    pub incident: Incident,
    /// Its times, with the changes that wrote them.
    pub written: Vec<Written>,
}

/// The result of an admission: what the engine stores.
#[derive(Debug)]
pub struct Admission {
    /// One for each incoming change, in the same order.
    pub verdicts: Vec<Verdict>,
    /// Hashes of the incoming and the waiting changes that are part of the document now, ancestors first.
    pub stored: Vec<ChangeHash>,
    /// Waiting changes whose ancestors arrived, and which are refused.
    pub dropped: Vec<(ChangeHash, Refusal)>,
    /// The document now, if anything was stored; `None` also if the stored changes can no longer be loaded.
    pub view: Option<View>,
    /// Operations in the document's log now.
    pub ops: u64,
    /// Operations that automerge loaded, which is what the admission cost: 0 if nothing is new.
    pub loaded: u64,
}

/// Sorted heads of a document from the headers of its changes.
#[must_use]
pub fn heads_of(chunks: &[Chunk<'_>]) -> Vec<ChangeHash> {
    let mut heads: BTreeSet<ChangeHash> = chunks.iter().map(|chunk| chunk.hash).collect();
    for chunk in chunks {
        for dep in &chunk.deps {
            heads.remove(dep);
        }
    }
    heads.into_iter().collect()
}

/// Whether the incoming changes are of another incident than the stored ones, though both have one id: their first changes differ.
/// Two people who log under one id log two incidents, which are never merged.
#[must_use]
pub fn is_other<'a>(
    stored: impl Iterator<Item = &'a [u8]>,
    incoming: impl Iterator<Item = &'a [u8]>,
) -> bool {
    let skeleton = ChangeHash::of_chunk(SKELETON);
    let begins = |bytes: &'a [u8]| {
        Chunk::parse(bytes)
            .ok()
            .filter(|chunk| chunk.deps.iter().all(|dep| Some(*dep) == skeleton))
            .map(|chunk| chunk.hash)
    };
    let first: BTreeSet<ChangeHash> = stored.filter_map(begins).collect();
    !first.is_empty()
        && incoming
            .filter_map(begins)
            .any(|hash| !first.contains(&hash))
}

/// Admits `incoming` into a document whose log holds `stored` (ancestors first) and `waiting`, without a limit on work.
#[must_use]
pub fn admit(stored: &[Vec<u8>], waiting: &[Vec<u8>], incoming: &[Vec<u8>]) -> Admission {
    admit_within(stored, waiting, incoming, Work::ALL)
}

/// As [`admit`], within limits. Waiting changes are always examined: there are at most [`ORPHANS_MAX`].
#[must_use]
pub fn admit_within(
    stored: &[Vec<u8>],
    waiting: &[Vec<u8>],
    incoming: &[Vec<u8>],
    work: Work,
) -> Admission {
    let mut index = Index::of_skeleton();
    for chunk in stored {
        index.add_trusted(chunk);
    }
    let (before, loaded) = (index.ops, Cell::new(0));
    let mut admitting = Admitting {
        index,
        work,
        before,
        loaded,
        waited: BTreeSet::new(),
        verdicts: BTreeMap::new(),
        candidates: Vec::new(),
        accepted: Vec::new(),
    };
    let verdicts = admitting.sort_out(incoming, waiting);
    admitting.settle();
    // Nothing was added, so the view is the one that the caller has.
    let view = if admitting.accepted.is_empty() {
        None
    } else {
        admitting.materialise(stored)
    };
    admitting.finish(verdicts, view)
}

struct Admitting<'a> {
    index: Index<'a>,
    work: Work,
    /// Operations of the log as it was.
    before: u64,
    loaded: Cell<u64>,
    waited: BTreeSet<ChangeHash>,
    verdicts: BTreeMap<ChangeHash, Verdict>,
    candidates: Vec<Candidate<'a>>,
    accepted: Vec<Candidate<'a>>,
}

/// The verdict on an incoming change: known at once, or later by the change's hash.
enum Early {
    Now(Verdict),
    Later(ChangeHash),
}

impl<'a> Admitting<'a> {
    fn sort_out(&mut self, incoming: &'a [Vec<u8>], waiting: &'a [Vec<u8>]) -> Vec<Early> {
        let mut seen = BTreeSet::new();
        for bytes in waiting {
            if let Ok(checked) = guard::check(bytes)
                && !self.index.knows(&checked.chunk.hash)
                && seen.insert(checked.chunk.hash)
            {
                self.waited.insert(checked.chunk.hash);
                self.candidates.push(Candidate { checked, bytes });
            }
        }
        let mut early = Vec::with_capacity(incoming.len());
        for bytes in incoming {
            early.push(match guard::check(bytes) {
                Err(refusal) => Early::Now(Verdict::Rejected(refusal)),
                Ok(checked) if self.index.knows(&checked.chunk.hash) => {
                    Early::Now(Verdict::Duplicate)
                }
                Ok(checked) => {
                    let hash = checked.chunk.hash;
                    if seen.insert(hash) {
                        self.candidates.push(Candidate { checked, bytes });
                    }
                    Early::Later(hash)
                }
            });
        }
        early
    }

    /// Takes candidates whose ancestors are there.
    fn settle(&mut self) {
        // A descendant's operations have the higher numbers, so the first pass takes all that can be taken. The second refuses
        // those that say lower ones.
        self.candidates
            .sort_by_key(|candidate| candidate.checked.chunk.start_op);
        self.pass();
        self.pass();
        self.refuse_other_incident();
        let is_spent = self.is_spent();
        // Those that wait already keep their place.
        let waited =
            |candidate: &Candidate<'_>| self.waited.contains(&candidate.checked.chunk.hash);
        self.candidates.sort_by_key(|candidate| !waited(candidate));
        for (place, candidate) in self.candidates.iter().enumerate() {
            let verdict = match waited(candidate) {
                true => Verdict::Pending,
                // Its ancestors may be among those that were not looked at.
                false if is_spent => Verdict::NotYet,
                false if place < ORPHANS_MAX => Verdict::Pending,
                false => Verdict::Rejected(Refusal::TooManyOrphans),
            };
            self.verdicts.insert(candidate.checked.chunk.hash, verdict);
        }
    }

    /// Judges candidates whose ancestors are there, in order.
    fn pass(&mut self) {
        for candidate in core::mem::take(&mut self.candidates) {
            let hash = candidate.checked.chunk.hash;
            let is_due = self.waited.contains(&hash) || !self.is_spent();
            if !is_due
                || candidate
                    .checked
                    .chunk
                    .deps
                    .iter()
                    .any(|dep| !self.index.knows(dep))
            {
                self.candidates.push(candidate);
                continue;
            }
            match self.judge(&candidate) {
                Ok(()) => {
                    self.index.add(&candidate.checked, candidate.bytes);
                    self.verdicts.insert(hash, Verdict::Stored);
                    self.accepted.push(candidate);
                }
                Err(refusal) => {
                    self.verdicts.insert(hash, Verdict::Rejected(refusal));
                }
            }
        }
    }

    fn is_spent(&self) -> bool {
        self.index.steps() >= self.work.steps
    }

    /// Refuses what follows on another incident, each with one look: a chain of them may be as long as a request.
    fn refuse_other_incident(&mut self) {
        let other = Verdict::Rejected(Refusal::OtherIncident);
        let mut open: Vec<ChangeHash> = self
            .verdicts
            .iter()
            .filter(|(_, verdict)| **verdict == other)
            .map(|(hash, _)| *hash)
            .collect();
        if open.is_empty() {
            return;
        }
        let mut followers: BTreeMap<ChangeHash, Vec<ChangeHash>> = BTreeMap::new();
        for chunk in self
            .candidates
            .iter()
            .map(|candidate| &candidate.checked.chunk)
        {
            chunk
                .deps
                .iter()
                .for_each(|dep| followers.entry(*dep).or_default().push(chunk.hash));
        }
        while let Some(hash) = open.pop() {
            self.verdicts.insert(hash, other);
            open.extend(followers.remove(&hash).unwrap_or_default());
        }
        self.candidates
            .retain(|candidate| self.verdicts.get(&candidate.checked.chunk.hash) != Some(&other));
    }

    fn judge(&self, candidate: &Candidate<'_>) -> Result<(), Refusal> {
        let checked = &candidate.checked;
        if self.index.changes() > 0 && self.index.begins(&checked.chunk) {
            return Err(Refusal::OtherIncident);
        }
        if checked.chunk.seq <= self.index.seq(checked.chunk.actor) {
            return Err(Refusal::SeqReused);
        }
        let full = self.index.changes() >= DOCUMENT_MAX_CHANGES
            || self.index.bytes + candidate.bytes.len() > DOCUMENT_MAX_BYTES;
        if full || self.index.ops + checked.ops > DOCUMENT_MAX_OPS {
            return Err(Refusal::DocumentFull);
        }
        self.index.check(checked)
    }

    /// The trial: everything together first; where that fails, the bad are sifted out.
    fn materialise(&mut self, stored: &[Vec<u8>]) -> Option<View> {
        let view = self.trial(stored);
        if view.is_some() {
            return view;
        }
        // What was there before does not load: nothing can be reported against what came.
        self.note_loaded(self.before);
        let document = survives(|| Document::from_changes(stored.iter().map(Vec::as_slice)).ok())?;
        let sifted = sift(
            document.as_automerge().clone(),
            self.before,
            &self.accepted,
            self.work.sifted,
            &|ops| self.note_loaded(ops),
        );
        let not_yet: BTreeSet<ChangeHash> = self
            .accepted
            .iter()
            .skip(sifted.decided)
            .map(|candidate| candidate.checked.chunk.hash)
            .collect();
        self.take_back(Verdict::NotYet, |hash| not_yet.contains(hash));
        self.take_back(Verdict::Rejected(Refusal::Unappliable), |hash| {
            sifted.bad.contains(hash)
        });
        let view = if self.accepted.is_empty() {
            None
        } else {
            self.trial(stored)
        };
        if view.is_none() {
            self.take_back(Verdict::Rejected(Refusal::Unappliable), |_| true);
        }
        view
    }

    fn note_loaded(&self, ops: u64) {
        self.loaded.set(self.loaded.get().saturating_add(ops));
    }

    /// The view of everything, if automerge makes one and would write every accepted change again as it came: what comes
    /// out with another hash, or not at all, could never be loaded from what automerge saves.
    fn trial(&self, stored: &[Vec<u8>]) -> Option<View> {
        self.note_loaded(self.before + ops_of(&self.accepted));
        let ours: BTreeSet<ChangeHash> = self
            .accepted
            .iter()
            .map(|candidate| candidate.checked.chunk.hash)
            .collect();
        let deps = self
            .accepted
            .iter()
            .flat_map(|candidate| &candidate.checked.chunk.deps);
        let before: Vec<automerge::ChangeHash> = deps
            .filter(|dep| !ours.contains(*dep))
            .map(|dep| automerge::ChangeHash(dep.0))
            .collect();
        survives(|| {
            let document = Document::from_changes(
                stored
                    .iter()
                    .map(Vec::as_slice)
                    .chain(self.accepted.iter().map(|candidate| candidate.bytes)),
            )
            .ok()?;
            let written: BTreeSet<ChangeHash> = document
                .as_automerge()
                .get_changes(&before)
                .iter()
                .map(|change| ChangeHash(change.hash().0))
                .collect();
            ours.is_subset(&written).then(|| View {
                heads: document.heads(),
                incident: document.incident(),
                written: document.written(),
            })
        })
    }

    /// Takes some out of those that were accepted.
    fn take_back(&mut self, verdict: Verdict, is_one: impl Fn(&ChangeHash) -> bool) {
        let hash = |candidate: &Candidate<'_>| candidate.checked.chunk.hash;
        let (back, kept): (Vec<_>, Vec<_>) = core::mem::take(&mut self.accepted)
            .into_iter()
            .partition(|candidate| is_one(&hash(candidate)));
        self.accepted = kept;
        self.verdicts
            .extend(back.iter().map(|candidate| (hash(candidate), verdict)));
    }

    fn finish(self, early: Vec<Early>, view: Option<View>) -> Admission {
        let verdict = |early: Early| match early {
            Early::Now(verdict) => verdict,
            Early::Later(hash) => self
                .verdicts
                .get(&hash)
                .copied()
                .unwrap_or(Verdict::Rejected(Refusal::Unappliable)),
        };
        let stored: Vec<ChangeHash> = self
            .accepted
            .iter()
            .map(|candidate| candidate.checked.chunk.hash)
            .collect();
        let dropped = self
            .waited
            .iter()
            .filter_map(|hash| match self.verdicts.get(hash) {
                Some(Verdict::Rejected(refusal)) => Some((*hash, *refusal)),
                _ => None,
            });
        let ops = self.before + ops_of(&self.accepted);
        Admission {
            dropped: dropped.collect(),
            verdicts: early.into_iter().map(verdict).collect(),
            stored,
            view,
            ops,
            loaded: self.loaded.get(),
        }
    }
}

/// The view of these changes, or nothing if automerge cannot make one, by error or by panic.
#[must_use]
pub fn load<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Option<View> {
    survives(|| {
        let document = Document::from_changes(chunks).ok()?;
        Some(View {
            heads: document.heads(),
            incident: document.incident(),
            written: document.written(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A change that writes to the root's key `k`; the bad one replaces what the skeleton wrote elsewhere.
    pub(super) fn change(actor: u8, dep: ChangeHash, is_bad: bool) -> Vec<u8> {
        let skeleton = Chunk::parse(SKELETON).unwrap();
        let start_op = skeleton.max_op().unwrap() + if dep == skeleton.hash { 1 } else { 2 };
        let preds: &[(u32, &[u8])] = if is_bad {
            &[(0x70, &[0x7f, 1]), (0x71, &[0x7f, 1]), (0x73, &[0x7f, 2])]
        } else {
            &[(0x70, &[0x7f, 0])]
        };
        let columns = [
            &[
                (0x15, &b"\x7f\x01k"[..]),
                (0x34, &[1]),
                (0x42, &[0x7f, 1]),
                (0x56, &[0x7f, 0]),
            ],
            preds,
        ]
        .concat();
        let chunk = Chunk {
            hash: dep,
            deps: vec![dep],
            actor: &[actor; 8],
            seq: 1,
            start_op,
            time: 0,
            message: &[],
            other_actors: if is_bad { vec![&[0; 8]] } else { Vec::new() },
            columns: columns
                .iter()
                .map(|(spec, column)| (*spec, column.len()))
                .collect(),
            column_data: &columns
                .iter()
                .map(|(_, column)| *column)
                .collect::<Vec<_>>()
                .concat(),
            extra: &[],
        };
        chunk.assemble()
    }

    #[test]
    fn what_brings_nothing_new_loads_nothing() {
        let root = ChangeHash::of(&SKELETON[8..]);
        let first = change(1, root, false);
        let begun = ChangeHash::of(&first[8..]);
        let (stored, orphan) = (
            [first, change(2, begun, false)],
            change(3, ChangeHash([7; 32]), false),
        );
        let again = admit(
            &stored,
            &[],
            &[stored[1].clone(), stored[0].clone(), stored[1].clone()],
        );
        assert_eq!(
            (again.verdicts, again.loaded, again.view.is_some()),
            (vec![Verdict::Duplicate; 3], 0, false)
        );
        let waits = admit(&stored, &[], std::slice::from_ref(&orphan));
        assert_eq!((waits.verdicts, waits.loaded), (vec![Verdict::Pending], 0));
        assert_eq!(
            admit(
                &stored,
                std::slice::from_ref(&orphan),
                std::slice::from_ref(&orphan)
            )
            .loaded,
            0
        );
        let more = admit(&stored, &[], &[change(4, begun, false)]);
        assert_eq!(
            (more.verdicts, more.loaded),
            (vec![Verdict::Stored], more.ops)
        );
    }
}
