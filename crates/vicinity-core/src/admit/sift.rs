//! Finds the changes that automerge refuses, after it refused all of them together.

use std::collections::BTreeSet;

use automerge::{Automerge, Change};

use super::candidate::{Candidate, ops_of, survives};
use crate::chunk::Chunk;
use crate::ids::ChangeHash;

/// The result of [`sift`].
#[derive(Debug)]
pub(super) struct Sifted {
    /// How many candidates were tried, from the first on.
    pub(super) decided: usize,
    /// Those of them that are refused, with the ones that depend on them.
    pub(super) bad: BTreeSet<ChangeHash>,
}

/// Tries changes on a document of `ops` operations, ancestors first. The batch doubles after each success and halves after each
/// failure, so that one bad change among thousands is found in a few steps. Each try loads the document, so thousands of bad
/// changes would take hours: the search stops once `max_ops` operations are loaded, but always decides at least one change.
pub(super) fn sift(
    mut doc: Automerge,
    mut ops: u64,
    candidates: &[Candidate<'_>],
    max_ops: u64,
    note: &dyn Fn(u64),
) -> Sifted {
    let (mut sifted, mut loaded, mut step) = (
        Sifted {
            decided: 0,
            bad: BTreeSet::new(),
        },
        0u64,
        1,
    );
    while sifted.decided < candidates.len() && (sifted.decided == 0 || loaded < max_ops) {
        let follows_on_bad =
            |chunk: &Chunk<'_>| chunk.deps.iter().any(|dep| sifted.bad.contains(dep));
        let rest = candidates.iter().skip(sifted.decided).take(step);
        let count = rest
            .take_while(|candidate| !follows_on_bad(&candidate.checked.chunk))
            .count();
        let some = candidates
            .get(sifted.decided..sifted.decided + count.max(1))
            .unwrap_or_default();
        let grown = if count == 0 {
            None
        } else {
            let cost = ops.saturating_add(ops_of(some));
            loaded = loaded.saturating_add(cost);
            note(cost);
            survives(|| with(&doc, some))
        };
        if let Some(grown) = grown {
            doc = grown;
            ops = ops.saturating_add(ops_of(some));
            sifted.decided += count;
            step = step.saturating_mul(2);
        } else if let [bad] = some {
            sifted.bad.insert(bad.checked.chunk.hash);
            sifted.decided += 1;
            step = 1;
        } else {
            step = count / 2;
        }
    }
    sifted
}

/// The document with these changes added, if automerge takes them and returns them unaltered.
fn with(doc: &Automerge, candidates: &[Candidate<'_>]) -> Option<Automerge> {
    let mut doc = doc.clone();
    let before = doc.get_heads();
    let changes: Vec<Change> = candidates
        .iter()
        .map(|candidate| Change::from_bytes(candidate.bytes.to_vec()).ok())
        .collect::<Option<_>>()?;
    doc.apply_changes(changes).ok()?;
    let written: BTreeSet<ChangeHash> = doc
        .get_changes(&before)
        .iter()
        .map(|change| ChangeHash(change.hash().0))
        .collect();
    candidates
        .iter()
        .all(|candidate| written.contains(&candidate.checked.chunk.hash))
        .then_some(doc)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::admit::tests::change;
    use crate::document::{Document, SKELETON};
    use crate::guard;

    /// The outcome of these on an empty document that counts as one of `ops` operations, and what was loaded.
    fn sifted(chunks: &[Vec<u8>], ops: u64, max_ops: u64) -> (Vec<ChangeHash>, Sifted, u64) {
        let candidates: Vec<Candidate<'_>> = chunks
            .iter()
            .map(|bytes| Candidate {
                checked: guard::check(bytes).unwrap(),
                bytes,
            })
            .collect();
        let document = Document::from_changes(core::iter::empty()).unwrap();
        let loaded = Cell::new(0);
        let sifted = sift(
            document.as_automerge().clone(),
            ops,
            &candidates,
            max_ops,
            &|ops| loaded.set(loaded.get() + ops),
        );
        (
            candidates
                .iter()
                .map(|candidate| candidate.checked.chunk.hash)
                .collect(),
            sifted,
            loaded.get(),
        )
    }

    /// The index refuses these already: this is what happens to one it does not see through.
    #[test]
    fn the_bad_and_what_follows_on_them_are_sifted_out() {
        let root = ChangeHash::of(&SKELETON[8..]);
        let bad = change(3, root, true);
        let follower = change(4, ChangeHash::of(&bad[8..]), false);
        let chunks = [
            change(1, root, false),
            change(2, root, false),
            bad,
            change(5, root, false),
            follower,
            change(6, root, false),
        ];
        let (hashes, sifted, _) = sifted(&chunks, 40, u64::MAX);
        assert_eq!(
            (sifted.decided, sifted.bad),
            (6, [2, 4].map(|at: usize| hashes[at]).into())
        );
    }

    #[test]
    fn one_bad_change_among_many_is_found_in_a_few_steps() {
        let root = ChangeHash::of(&SKELETON[8..]);
        for at in [0, 1, 77, 199] {
            let chunks: Vec<Vec<u8>> = (0..200)
                .map(|number| change(number + 1, root, usize::from(number) == at))
                .collect();
            let (hashes, sifted, loaded) = sifted(&chunks, 10_000, u64::MAX);
            assert_eq!((sifted.decided, sifted.bad), (200, [hashes[at]].into()));
            assert!(loaded < 32 * 10_200, "{loaded}");
        }
    }

    #[test]
    fn bad_changes_by_the_hundred_load_no_more_than_the_bound_and_what_is_not_reached_is_not_refused()
     {
        let root = ChangeHash::of(&SKELETON[8..]);
        let chunks: Vec<Vec<u8>> = (1..=250).map(|actor| change(actor, root, true)).collect();
        let (hashes, first, loaded) = sifted(&chunks, 10_000, 100_000);
        assert!(loaded < 100_000 + 10_300, "{loaded}");
        assert_eq!((first.decided, first.bad.len()), (10, 10));
        assert!(hashes[..10].iter().all(|hash| first.bad.contains(hash)));
        // However large the document: one at a time gets on.
        let (_, first, _) = sifted(&chunks, 10_000_000, 100_000);
        assert_eq!((first.decided, first.bad.len()), (1, 1));
    }
}
