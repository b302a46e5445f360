//! What the changes of a document say of its causal order and its operations, without automerge.

use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use crate::chunk::Chunk;
use crate::guard::{self, Checked, OpRef, Ops, Refusal};
use crate::ids::ChangeHash;
use crate::skeleton::SKELETON;

/// The changes of a document, ancestors first, from the skeleton on.
pub(super) struct Index<'a> {
    /// Places in `changes`, by hash.
    known: BTreeMap<ChangeHash, usize>,
    changes: Vec<Indexed<'a>>,
    actors: BTreeMap<Vec<u8>, usize>,
    /// Per actor, by sequence number, the places of its changes.
    written: Vec<Vec<usize>>,
    /// Bytes of all changes.
    pub(super) bytes: usize,
    /// Operations of all changes.
    pub(super) ops: u64,
    /// Changes that were passed on the way back from one to another.
    steps: Cell<u64>,
}

struct Indexed<'a> {
    deps: Vec<usize>,
    start_op: u64,
    max_op: u64,
    bytes: &'a [u8],
    /// Its operations, decoded when another change refers to one of them.
    decoded: OnceCell<Option<(Chunk<'a>, Ops<'a>)>>,
}

/// One operation of an earlier change.
struct Earlier<'a> {
    action: u64,
    key: &'a str,
    object: Option<(&'a [u8], u64)>,
}

impl<'a> Index<'a> {
    /// Nothing but the skeleton.
    pub(super) fn of_skeleton() -> Self {
        let mut index = Self {
            known: BTreeMap::new(),
            changes: Vec::new(),
            actors: BTreeMap::new(),
            written: Vec::new(),
            bytes: 0,
            ops: 0,
            steps: Cell::new(0),
        };
        index.add_trusted(SKELETON);
        index
    }

    /// How many changes there are, without the skeleton.
    pub(super) fn changes(&self) -> usize {
        self.changes.len() - 1
    }

    /// How many changes were passed on the way back, all checks together: what they cost.
    pub(super) fn steps(&self) -> u64 {
        self.steps.get()
    }

    pub(super) fn knows(&self, hash: &ChangeHash) -> bool {
        self.known.contains_key(hash)
    }

    /// How many changes an actor has written.
    pub(super) fn seq(&self, actor: &[u8]) -> u64 {
        self.written_by(actor).len() as u64
    }

    /// Whether a change would begin the document: nothing but the skeleton is before it. Each incident has one such change.
    pub(super) fn begins(&self, chunk: &Chunk<'_>) -> bool {
        chunk.deps.iter().all(|dep| self.known.get(dep) == Some(&0))
    }

    /// A change that was admitted before.
    pub(super) fn add_trusted(&mut self, bytes: &'a [u8]) {
        if let Ok(chunk) = Chunk::parse(bytes)
            && let Ok(max_op) = chunk.max_op()
        {
            self.put(&chunk, max_op, bytes);
        }
    }

    /// A change that is admitted now.
    pub(super) fn add(&mut self, checked: &Checked<'a>, bytes: &'a [u8]) {
        self.put(
            &checked.chunk,
            checked.chunk.start_op + checked.ops - 1,
            bytes,
        );
    }

    fn put(&mut self, chunk: &Chunk<'a>, max_op: u64, bytes: &'a [u8]) {
        let actor = self
            .actors
            .get(chunk.actor)
            .copied()
            .unwrap_or(self.written.len());
        if actor == self.written.len() {
            self.actors.insert(chunk.actor.to_vec(), actor);
            self.written.push(Vec::new());
        }
        self.written[actor].push(self.changes.len());
        let deps = chunk
            .deps
            .iter()
            .filter_map(|dep| self.known.get(dep).copied())
            .collect();
        self.known.insert(chunk.hash, self.changes.len());
        self.changes.push(Indexed {
            deps,
            start_op: chunk.start_op,
            max_op,
            bytes,
            decoded: OnceCell::new(),
        });
        self.bytes += bytes.len();
        self.ops += (max_op + 1).saturating_sub(chunk.start_op);
    }

    /// The places of an actor's changes, by sequence number.
    fn written_by(&self, actor: &[u8]) -> &[usize] {
        self.actors
            .get(actor)
            .map_or(&[], |actor| &self.written[*actor])
    }

    /// The place of the change that made an operation.
    fn place(&self, actor: &[u8], counter: u64) -> Option<usize> {
        let written = self.written_by(actor);
        let after = written.partition_point(|place| self.changes[*place].max_op < counter);
        written
            .get(after)
            .copied()
            .filter(|place| self.changes[*place].start_op <= counter)
    }

    /// The checks that need the document: a change follows on its author's last one, its operations on its past, and
    /// they refer to nothing outside that.
    pub(super) fn check(&self, checked: &Checked<'_>) -> Result<(), Refusal> {
        let chunk = &checked.chunk;
        let deps = chunk
            .deps
            .iter()
            .map(|dep| self.known.get(dep).copied())
            .collect::<Option<Vec<_>>>()
            .ok_or(Refusal::BadReference)?;
        let max_op = deps
            .iter()
            .map(|dep| self.changes[*dep].max_op)
            .max()
            .unwrap_or(0);
        let written = self.written_by(chunk.actor);
        if chunk.seq != written.len() as u64 + 1 || chunk.start_op != max_op + 1 {
            return Err(Refusal::BadReference);
        }
        let mut needed: BTreeSet<usize> = written.last().copied().into_iter().collect();
        for (actor, counter) in &checked.references {
            let place = self.place(checked.actor(*actor).unwrap_or_default(), *counter);
            needed.insert(place.ok_or(Refusal::BadReference)?);
        }
        if self.are_past(needed, deps) && self.fit(checked) {
            Ok(())
        } else {
            Err(Refusal::BadReference)
        }
    }

    /// Whether all these changes are among `deps` and their ancestors. Walks back only as far as the oldest of them: a
    /// vector clock a change would take memory by the square of a document's actors.
    fn are_past(&self, mut needed: BTreeSet<usize>, deps: Vec<usize>) -> bool {
        needed.remove(&0);
        let mut open = BinaryHeap::from(deps);
        while let Some(oldest) = needed.first() {
            self.steps.set(self.steps.get().saturating_add(1));
            match open.pop() {
                Some(place) if place >= *oldest => {
                    while open.peek() == Some(&place) {
                        self.steps.set(self.steps.get().saturating_add(1));
                        open.pop();
                    }
                    needed.remove(&place);
                    open.extend(&self.changes[place].deps);
                }
                _ => return false,
            }
        }
        true
    }

    /// Whether objects are maps, and whatever is replaced wrote the same key of the same object.
    fn fit(&self, checked: &Checked<'_>) -> bool {
        let ops = &checked.operations;
        let of_others = |op: &OpRef| checked.references.binary_search(op).is_ok();
        let mut objects = ops
            .objects
            .iter()
            .flatten()
            .filter(|object| of_others(object));
        let maps = objects.all(|object| {
            self.earlier(checked, *object)
                .is_some_and(|made| made.action == guard::MAKE_MAP)
        });
        let mut preds = ops.preds.iter().filter(|(_, pred)| of_others(pred));
        maps && preds.all(|(at, pred)| {
            let object = ops.objects[*at]
                .map(|(actor, counter)| (checked.actor(actor).unwrap_or_default(), counter));
            let replaced = self.earlier(checked, *pred);
            replaced.is_some_and(|replaced| {
                replaced.action != guard::DELETE
                    && replaced.key == ops.keys[*at]
                    && replaced.object == object
            })
        })
    }

    fn earlier(&self, checked: &Checked<'_>, (actor, counter): OpRef) -> Option<Earlier<'a>> {
        let change = &self.changes[self.place(checked.actor(actor)?, counter)?];
        let decode = || {
            let chunk = Chunk::parse(change.bytes).ok()?;
            let ops = guard::operations(&chunk).ok()?;
            Some((chunk, ops))
        };
        let (chunk, ops) = change.decoded.get_or_init(decode).as_ref()?;
        let at = (counter - change.start_op) as usize;
        let object = match *ops.objects.get(at)? {
            Some((0, counter)) => Some((chunk.actor, counter)),
            Some((other, counter)) => Some((*chunk.other_actors.get(other - 1)?, counter)),
            None => None,
        };
        Some(Earlier {
            action: *ops.actions.get(at)?,
            key: ops.keys.get(at)?,
            object,
        })
    }
}
