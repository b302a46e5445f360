//! Admission of changes into one document's log: what is stored, what waits, what is refused, and the view after it.
//!
//! The log of original change bytes is the truth; the view is made from it and thrown away. All engines, on devices
//! and hubs, call the one function here and write down what it decides.

mod index;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{Automerge, Change};

use crate::admit::index::Index;
use crate::chunk::Chunk;
use crate::document::{Document, SKELETON};
use crate::guard::{self, Checked, Refusal};
use crate::ids::ChangeHash;
use crate::incident::Incident;
use crate::reading::Written;

/// Bytes of the largest document, as the sum of its changes.
pub const DOCUMENT_MAX_BYTES: usize = 1024 * 1024;
/// Changes of the largest document.
pub const DOCUMENT_MAX_CHANGES: usize = 10_000;
/// Operations of the largest document: loaded, each takes some hundreds of bytes.
pub const DOCUMENT_MAX_OPS: u64 = 100_000;
/// Changes of one document that may wait for ancestors.
pub const ORPHANS_MAX: usize = 64;

/// What became of one change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// New, and part of the document now.
    Stored,
    /// Part of the document already.
    Duplicate,
    /// Kept until its ancestors come.
    Pending,
    /// Refused for ever.
    Rejected(Refusal),
    /// Not looked at: the work of one request was done before its turn came. To be sent again.
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

/// What to write down.
#[derive(Debug)]
pub struct Admission {
    /// One a change that came, in their order.
    pub verdicts: Vec<Verdict>,
    /// Hashes of those that came and of those that had waited, which are part of the document now, ancestors first.
    pub stored: Vec<ChangeHash>,
    /// Those that had waited, whose ancestors are there now, and which are refused all the same.
    pub dropped: Vec<(ChangeHash, Refusal)>,
    /// The document now, if anything was stored. `None` also if what was there before cannot be loaded any more.
    pub view: Option<View>,
    /// Operations of the document's log now.
    pub ops: u64,
    /// Operations that automerge was given: 0 where nothing is new. It is what admission costs.
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

/// Whether somebody sends another incident under the id of one that is stored: its first change is another one. Two people who
/// log under one id log two incidents, and nothing of them may be merged.
#[must_use]
pub fn is_other<'a>(stored: impl Iterator<Item = &'a [u8]>, incoming: impl Iterator<Item = &'a [u8]>) -> bool {
    let skeleton = ChangeHash::of(SKELETON.get(8..).unwrap_or_default());
    let begins = |bytes: &'a [u8]| Chunk::parse(bytes).ok().filter(|chunk| chunk.deps.iter().all(|dep| *dep == skeleton)).map(|chunk| chunk.hash);
    let first: BTreeSet<ChangeHash> = stored.filter_map(begins).collect();
    !first.is_empty() && incoming.filter_map(begins).any(|hash| !first.contains(&hash))
}

/// Admits `incoming` into a document whose log holds `stored` (ancestors first) and `waiting`.
#[must_use]
pub fn admit(stored: &[Vec<u8>], waiting: &[Vec<u8>], incoming: &[Vec<u8>]) -> Admission {
    let mut index = Index::of_skeleton();
    for chunk in stored {
        index.add_trusted(chunk);
    }
    let (before, loaded) = (index.ops, Cell::new(0));
    let mut admitting = Admitting { index, before, loaded, waited: BTreeSet::new(), verdicts: BTreeMap::new(), candidates: Vec::new(), accepted: Vec::new() };
    let verdicts = admitting.sort_out(incoming, waiting);
    admitting.settle();
    // A document that nothing is added to says what it said before: whoever holds its row need not load it.
    let view = if admitting.accepted.is_empty() { None } else { admitting.materialise(stored) };
    admitting.finish(verdicts, view)
}

struct Candidate<'a> {
    checked: Checked<'a>,
    bytes: &'a [u8],
}

struct Admitting<'a> {
    index: Index<'a>,
    /// Operations of the log as it was.
    before: u64,
    loaded: Cell<u64>,
    waited: BTreeSet<ChangeHash>,
    verdicts: BTreeMap<ChangeHash, Verdict>,
    candidates: Vec<Candidate<'a>>,
    accepted: Vec<Candidate<'a>>,
}

/// The verdict of one that came: known at once, or by its hash in the end.
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
                Ok(checked) if self.index.knows(&checked.chunk.hash) => Early::Now(Verdict::Duplicate),
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

    /// Takes candidates whose ancestors are there, until no more can be taken.
    fn settle(&mut self) {
        // A descendant's operations have the higher numbers, so the first pass takes all that can be taken.
        self.candidates.sort_by_key(|candidate| candidate.checked.chunk.start_op);
        loop {
            let mut left = Vec::new();
            let mut moved = false;
            for candidate in core::mem::take(&mut self.candidates) {
                let chunk = &candidate.checked.chunk;
                if chunk.deps.iter().any(|dep| self.verdicts.get(dep) == Some(&Verdict::Rejected(Refusal::OtherIncident))) {
                    moved = true;
                    self.verdicts.insert(chunk.hash, Verdict::Rejected(Refusal::OtherIncident));
                    continue;
                }
                if chunk.deps.iter().any(|dep| !self.index.knows(dep)) {
                    left.push(candidate);
                    continue;
                }
                moved = true;
                match self.judge(&candidate) {
                    Ok(()) => {
                        self.index.add(&candidate.checked, candidate.bytes);
                        self.verdicts.insert(chunk.hash, Verdict::Stored);
                        self.accepted.push(candidate);
                    }
                    Err(refusal) => {
                        self.verdicts.insert(chunk.hash, Verdict::Rejected(refusal));
                    }
                }
            }
            self.candidates = left;
            if !moved {
                break;
            }
        }
        // Those that wait already keep their place.
        let waited = |candidate: &Candidate<'_>| self.waited.contains(&candidate.checked.chunk.hash);
        self.candidates.sort_by_key(|candidate| !waited(candidate));
        for (place, candidate) in self.candidates.iter().enumerate() {
            let verdict = if waited(candidate) || place < ORPHANS_MAX { Verdict::Pending } else { Verdict::Rejected(Refusal::TooManyOrphans) };
            self.verdicts.insert(candidate.checked.chunk.hash, verdict);
        }
    }

    fn judge(&self, candidate: &Candidate<'_>) -> Result<(), Refusal> {
        let checked = &candidate.checked;
        if self.index.changes() > 0 && self.index.begins(&checked.chunk) {
            return Err(Refusal::OtherIncident);
        }
        if checked.chunk.seq <= self.index.seq(checked.chunk.actor) {
            return Err(Refusal::SeqReused);
        }
        let full = self.index.changes() >= DOCUMENT_MAX_CHANGES || self.index.bytes + candidate.bytes.len() > DOCUMENT_MAX_BYTES;
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
        // What was there before does not load: nothing can be said against what came.
        self.note_loaded(self.before);
        let document = survives(|| Document::from_changes(stored.iter().map(Vec::as_slice)).ok())?;
        let mut bad = BTreeSet::new();
        let note = |candidates: &[Candidate<'_>]| self.note_loaded(self.before + ops_of(candidates));
        sift(document.as_automerge().clone(), &self.accepted, &mut bad, &note);
        self.refuse(|hash| bad.contains(hash));
        let view = self.trial(stored);
        if view.is_none() {
            self.refuse(|_| true);
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
        let ours: BTreeSet<ChangeHash> = self.accepted.iter().map(|candidate| candidate.checked.chunk.hash).collect();
        let deps = self.accepted.iter().flat_map(|candidate| &candidate.checked.chunk.deps);
        let before: Vec<automerge::ChangeHash> = deps.filter(|dep| !ours.contains(*dep)).map(|dep| automerge::ChangeHash(dep.0)).collect();
        survives(|| {
            let document = Document::from_changes(stored.iter().map(Vec::as_slice).chain(self.accepted.iter().map(|candidate| candidate.bytes))).ok()?;
            let written: BTreeSet<ChangeHash> = document.as_automerge().get_changes(&before).iter().map(|change| ChangeHash(change.hash().0)).collect();
            ours.is_subset(&written).then(|| View { heads: document.heads(), incident: document.incident(), written: document.written() })
        })
    }

    fn refuse(&mut self, is_bad: impl Fn(&ChangeHash) -> bool) {
        let (bad, good) = core::mem::take(&mut self.accepted).into_iter().partition(|candidate| is_bad(&candidate.checked.chunk.hash));
        self.accepted = good;
        let bad: Vec<Candidate<'_>> = bad;
        self.verdicts.extend(bad.iter().map(|candidate| (candidate.checked.chunk.hash, Verdict::Rejected(Refusal::Unappliable))));
    }

    fn finish(self, early: Vec<Early>, view: Option<View>) -> Admission {
        let verdict = |early: Early| match early {
            Early::Now(verdict) => verdict,
            Early::Later(hash) => self.verdicts.get(&hash).copied().unwrap_or(Verdict::Rejected(Refusal::Unappliable)),
        };
        let stored: Vec<ChangeHash> = self.accepted.iter().map(|candidate| candidate.checked.chunk.hash).collect();
        let dropped = self.waited.iter().filter_map(|hash| match self.verdicts.get(hash) {
            Some(Verdict::Rejected(refusal)) => Some((*hash, *refusal)),
            _ => None,
        });
        let ops = self.before + ops_of(&self.accepted);
        Admission { dropped: dropped.collect(), verdicts: early.into_iter().map(verdict).collect(), stored, view, ops, loaded: self.loaded.get() }
    }
}

fn ops_of(candidates: &[Candidate<'_>]) -> u64 {
    candidates.iter().map(|candidate| candidate.checked.ops).sum()
}

/// The view of these changes, or nothing if automerge cannot make one, by error or by panic.
#[must_use]
pub fn load<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Option<View> {
    survives(|| {
        let document = Document::from_changes(chunks).ok()?;
        Some(View { heads: document.heads(), incident: document.incident(), written: document.written() })
    })
}

/// The document with the good ones of these changes. The bad, and what follows on them, go into `bad`. Halves what does
/// not go in as a whole, so that one bad change among thousands is found in a few steps.
fn sift(doc: Automerge, candidates: &[Candidate<'_>], bad: &mut BTreeSet<ChangeHash>, note: &dyn Fn(&[Candidate<'_>])) -> Automerge {
    let follows_on_bad = |chunk: &Chunk<'_>| chunk.deps.iter().any(|dep| bad.contains(dep));
    if !candidates.iter().any(|candidate| follows_on_bad(&candidate.checked.chunk)) {
        note(candidates);
        if let Some(grown) = survives(|| with(&doc, candidates)) {
            return grown;
        }
    }
    if let [candidate] = candidates {
        bad.insert(candidate.checked.chunk.hash);
        return doc;
    }
    let (first, second) = candidates.split_at(candidates.len() / 2);
    let doc = sift(doc, first, bad, note);
    sift(doc, second, bad, note)
}

/// The document with some changes more, if it takes them and gives them back unaltered.
fn with(doc: &Automerge, candidates: &[Candidate<'_>]) -> Option<Automerge> {
    let mut doc = doc.clone();
    let before = doc.get_heads();
    let changes: Vec<Change> = candidates.iter().map(|candidate| Change::from_bytes(candidate.bytes.to_vec()).ok()).collect::<Option<_>>()?;
    doc.apply_changes(changes).ok()?;
    let written: BTreeSet<ChangeHash> = doc.get_changes(&before).iter().map(|change| ChangeHash(change.hash().0)).collect();
    candidates.iter().all(|candidate| written.contains(&candidate.checked.chunk.hash)).then_some(doc)
}

/// Automerge panics on some changes.
fn survives<T>(body: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(body)).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::SKELETON;

    /// A change that writes to the root's key `k`; the bad one replaces what the skeleton wrote elsewhere.
    fn change(actor: u8, dep: ChangeHash, is_bad: bool) -> Vec<u8> {
        let skeleton = Chunk::parse(SKELETON).unwrap();
        let start_op = skeleton.max_op().unwrap() + if dep == skeleton.hash { 1 } else { 2 };
        let preds: &[(u32, &[u8])] = if is_bad { &[(0x70, &[0x7f, 1]), (0x71, &[0x7f, 1]), (0x73, &[0x7f, 2])] } else { &[(0x70, &[0x7f, 0])] };
        let columns = [&[(0x15, &b"\x7f\x01k"[..]), (0x34, &[1]), (0x42, &[0x7f, 1]), (0x56, &[0x7f, 0])], preds].concat();
        let chunk = Chunk {
            hash: dep,
            deps: vec![dep],
            actor: &[actor; 8],
            seq: 1,
            start_op,
            time: 0,
            message: &[],
            other_actors: if is_bad { vec![&[0; 8]] } else { Vec::new() },
            columns: columns.iter().map(|(spec, column)| (*spec, column.len())).collect(),
            column_data: &columns.iter().map(|(_, column)| *column).collect::<Vec<_>>().concat(),
            extra: &[],
        };
        chunk.assemble()
    }

    #[test]
    fn what_brings_nothing_new_loads_nothing() {
        let root = ChangeHash::of(&SKELETON[8..]);
        let first = change(1, root, false);
        let begun = ChangeHash::of(&first[8..]);
        let (stored, orphan) = ([first, change(2, begun, false)], change(3, ChangeHash([7; 32]), false));
        let again = admit(&stored, &[], &[stored[1].clone(), stored[0].clone(), stored[1].clone()]);
        assert_eq!((again.verdicts, again.loaded, again.view.is_some()), (vec![Verdict::Duplicate; 3], 0, false));
        let waits = admit(&stored, &[], std::slice::from_ref(&orphan));
        assert_eq!((waits.verdicts, waits.loaded), (vec![Verdict::Pending], 0));
        assert_eq!(admit(&stored, std::slice::from_ref(&orphan), std::slice::from_ref(&orphan)).loaded, 0);
        let more = admit(&stored, &[], &[change(4, begun, false)]);
        assert_eq!((more.verdicts, more.loaded), (vec![Verdict::Stored], more.ops));
    }

    /// The index refuses these already: this is what happens to one it does not see through.
    #[test]
    fn the_bad_and_what_follows_on_them_are_sifted_out() {
        let root = ChangeHash::of(&SKELETON[8..]);
        let bad = change(3, root, true);
        let follower = change(4, ChangeHash::of(&bad[8..]), false);
        let chunks = [change(1, root, false), change(2, root, false), bad, change(5, root, false), follower, change(6, root, false)];
        let candidates: Vec<Candidate<'_>> = chunks.iter().map(|bytes| Candidate { checked: guard::check(bytes).unwrap(), bytes }).collect();
        let document = Document::from_changes(core::iter::empty()).unwrap();
        let mut bad = BTreeSet::new();
        let sifted = sift(document.as_automerge().clone(), &candidates, &mut bad, &|_| {});
        assert_eq!(bad, [2, 4].map(|at: usize| candidates[at].checked.chunk.hash).into());
        assert_eq!(sifted.get_heads().len(), 4);
    }
}
