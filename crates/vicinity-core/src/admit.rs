//! Admission of changes into one document's log: what is stored, what waits, what is refused, and the view after it.
//!
//! The log of original change bytes is the truth; the view is made from it and thrown away. All engines, on devices
//! and hubs, call the one function here and write down what it decides.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::chunk::Chunk;
use crate::document::{Document, SKELETON};
use crate::guard::{self, Checked, Refusal};
use crate::ids::ChangeHash;
use crate::incident::Incident;

/// Bytes of the largest document, as the sum of its changes.
pub const DOCUMENT_MAX_BYTES: usize = 1024 * 1024;
/// Changes of the largest document.
pub const DOCUMENT_MAX_CHANGES: usize = 10_000;
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
}

/// A document after admission.
#[derive(Debug, Clone)]
pub struct View {
    /// Sorted heads.
    pub heads: Vec<ChangeHash>,
    /// What it says.
    pub incident: Incident,
}

/// What to write down.
#[derive(Debug)]
pub struct Admission {
    /// One a change that came, in their order.
    pub verdicts: Vec<Verdict>,
    /// Hashes of those that came and of those that had waited, which are part of the document now, ancestors first.
    pub stored: Vec<ChangeHash>,
    /// The document now, if anything was stored. `None` also if what was there before cannot be loaded any more.
    pub view: Option<View>,
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

/// Admits `incoming` into a document whose log holds `stored` (ancestors first) and `waiting`.
#[must_use]
pub fn admit(stored: &[Vec<u8>], waiting: &[Vec<u8>], incoming: &[Vec<u8>]) -> Admission {
    let mut index = Index::of_skeleton();
    for chunk in stored {
        index.add_trusted(chunk);
    }
    let before = index.known.len();
    let mut admitting = Admitting { index, verdicts: BTreeMap::new(), candidates: Vec::new(), accepted: Vec::new() };
    let verdicts = admitting.sort_out(incoming, waiting);
    admitting.settle();
    if before == 1 && admitting.accepted.is_empty() {
        return admitting.finish(verdicts, None);
    }
    let view = admitting.materialise(stored);
    admitting.finish(verdicts, view)
}

/// What a document's changes say of its causal order.
struct Index {
    known: BTreeMap<ChangeHash, usize>,
    /// For each change: per actor the number of its changes that are ancestors or itself, and the highest counter.
    clocks: Vec<(BTreeMap<usize, u64>, u64)>,
    actors: BTreeMap<Vec<u8>, usize>,
    /// Per actor, by sequence number, the first and last operation.
    ops: Vec<Vec<(u64, u64)>>,
    bytes: usize,
}

impl Index {
    fn of_skeleton() -> Self {
        let mut index = Self { known: BTreeMap::new(), clocks: Vec::new(), actors: BTreeMap::new(), ops: Vec::new(), bytes: 0 };
        index.add_trusted(SKELETON);
        index
    }

    /// A change that was admitted before.
    fn add_trusted(&mut self, bytes: &[u8]) {
        if let Ok(chunk) = Chunk::parse(bytes)
            && let Ok(max_op) = chunk.max_op()
        {
            self.add(&chunk, max_op, bytes.len());
        }
    }

    fn actor(&mut self, actor: &[u8]) -> usize {
        if let Some(index) = self.actors.get(actor) {
            return *index;
        }
        let index = self.actors.len();
        self.actors.insert(actor.to_vec(), index);
        self.ops.push(Vec::new());
        index
    }

    fn next_seq(&self, actor: &[u8]) -> u64 {
        self.actors.get(actor).map_or(0, |index| self.ops[*index].len() as u64) + 1
    }

    /// The causal past of a change that has these dependencies.
    fn past(&self, deps: &[ChangeHash]) -> Option<(BTreeMap<usize, u64>, u64)> {
        let mut past: (BTreeMap<usize, u64>, u64) = (BTreeMap::new(), 0);
        for dep in deps {
            let (clock, max_op) = &self.clocks[*self.known.get(dep)?];
            past.1 = past.1.max(*max_op);
            for (actor, seq) in clock {
                let mine = past.0.entry(*actor).or_default();
                *mine = (*mine).max(*seq);
            }
        }
        Some(past)
    }

    fn add(&mut self, chunk: &Chunk<'_>, max_op: u64, bytes: usize) {
        let actor = self.actor(chunk.actor);
        let (mut clock, _) = self.past(&chunk.deps).unwrap_or_default();
        clock.insert(actor, chunk.seq);
        self.ops[actor].push((chunk.start_op, max_op));
        self.known.insert(chunk.hash, self.clocks.len());
        self.clocks.push((clock, max_op));
        self.bytes += bytes;
    }

    /// The checks that need the document: its operations follow on its past and refer to nothing outside it.
    fn check(&self, checked: &Checked<'_>) -> Result<(), Refusal> {
        let chunk = &checked.chunk;
        let (clock, max_op) = self.past(&chunk.deps).ok_or(Refusal::BadReference)?;
        let own = self.actors.get(chunk.actor).and_then(|actor| clock.get(actor)).copied().unwrap_or(0);
        if own + 1 != chunk.seq || chunk.start_op != max_op + 1 {
            return Err(Refusal::BadReference);
        }
        for (actor, counter) in &checked.references {
            let actor = checked.actor(*actor).and_then(|actor| self.actors.get(actor)).ok_or(Refusal::BadReference)?;
            let seen = clock.get(actor).copied().unwrap_or(0) as usize;
            let ranges = &self.ops[*actor][..seen.min(self.ops[*actor].len())];
            let after = ranges.partition_point(|(_, last)| last < counter);
            if !ranges.get(after).is_some_and(|(first, _)| first <= counter) {
                return Err(Refusal::BadReference);
            }
        }
        Ok(())
    }
}

struct Candidate<'a> {
    checked: Checked<'a>,
    bytes: &'a [u8],
}

struct Admitting<'a> {
    index: Index,
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
        let mut early = Vec::with_capacity(incoming.len());
        for bytes in incoming {
            early.push(match guard::check(bytes) {
                Err(refusal) => Early::Now(Verdict::Rejected(refusal)),
                Ok(checked) if self.index.known.contains_key(&checked.chunk.hash) => Early::Now(Verdict::Duplicate),
                Ok(checked) => {
                    let hash = checked.chunk.hash;
                    if seen.insert(hash) {
                        self.candidates.push(Candidate { checked, bytes });
                    }
                    Early::Later(hash)
                }
            });
        }
        for bytes in waiting {
            if let Ok(checked) = guard::check(bytes)
                && !self.index.known.contains_key(&checked.chunk.hash)
                && seen.insert(checked.chunk.hash)
            {
                self.candidates.push(Candidate { checked, bytes });
            }
        }
        early
    }

    /// Takes candidates whose ancestors are there, until no more can be taken.
    fn settle(&mut self) {
        loop {
            let mut left = Vec::new();
            let mut moved = false;
            for candidate in core::mem::take(&mut self.candidates) {
                let chunk = &candidate.checked.chunk;
                if chunk.deps.iter().any(|dep| !self.index.known.contains_key(dep)) {
                    left.push(candidate);
                    continue;
                }
                moved = true;
                match self.judge(&candidate) {
                    Ok(()) => {
                        self.index.add(chunk, chunk.start_op + candidate.checked.ops - 1, candidate.bytes.len());
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
        for (place, candidate) in self.candidates.iter().enumerate() {
            let verdict = if place < ORPHANS_MAX { Verdict::Pending } else { Verdict::Rejected(Refusal::TooManyOrphans) };
            self.verdicts.insert(candidate.checked.chunk.hash, verdict);
        }
    }

    fn judge(&self, candidate: &Candidate<'_>) -> Result<(), Refusal> {
        if candidate.checked.chunk.seq < self.index.next_seq(candidate.checked.chunk.actor) {
            return Err(Refusal::SeqReused);
        }
        if self.index.clocks.len() > DOCUMENT_MAX_CHANGES || self.index.bytes + candidate.bytes.len() > DOCUMENT_MAX_BYTES {
            return Err(Refusal::DocumentFull);
        }
        self.index.check(&candidate.checked)
    }

    /// The trial: everything together first; where that fails, one change after the other.
    fn materialise(&mut self, stored: &[Vec<u8>]) -> Option<View> {
        let all = || stored.iter().map(Vec::as_slice);
        let accepted: Vec<&[u8]> = self.accepted.iter().map(|candidate| candidate.bytes).collect();
        if let Some(view) = load(all().chain(accepted.iter().copied())) {
            return Some(view);
        }
        let mut view = if stored.is_empty() { None } else { Some(load(all())?) };
        let mut good: Vec<&[u8]> = Vec::new();
        let mut bad: BTreeSet<ChangeHash> = BTreeSet::new();
        let mut kept = Vec::new();
        for candidate in core::mem::take(&mut self.accepted) {
            let chunk = &candidate.checked.chunk;
            let tried = if chunk.deps.iter().any(|dep| bad.contains(dep)) { None } else { load(all().chain(good.iter().copied()).chain([candidate.bytes])) };
            if let Some(tried) = tried {
                view = Some(tried);
                good.push(candidate.bytes);
                kept.push(candidate);
            } else {
                bad.insert(chunk.hash);
                self.verdicts.insert(chunk.hash, Verdict::Rejected(Refusal::Unappliable));
            }
        }
        self.accepted = kept;
        view
    }

    fn finish(self, early: Vec<Early>, view: Option<View>) -> Admission {
        let verdict = |early: Early| match early {
            Early::Now(verdict) => verdict,
            Early::Later(hash) => self.verdicts.get(&hash).copied().unwrap_or(Verdict::Rejected(Refusal::Unappliable)),
        };
        let stored: Vec<ChangeHash> = self.accepted.iter().map(|candidate| candidate.checked.chunk.hash).collect();
        Admission { verdicts: early.into_iter().map(verdict).collect(), stored, view }
    }
}

/// The view of these changes, or nothing if automerge cannot make one, by error or by panic.
#[must_use]
pub fn load<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Option<View> {
    let load = AssertUnwindSafe(|| {
        let document = Document::from_changes(chunks).ok()?;
        Some(View { heads: document.heads(), incident: document.incident() })
    });
    catch_unwind(load).ok().flatten()
}
