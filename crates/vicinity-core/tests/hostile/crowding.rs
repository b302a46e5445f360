//! Small changes in large numbers: what one admission may cost.

use vicinity_core::admit::{ORPHANS_MAX, Verdict, Work, admit, admit_within};
use vicinity_core::chunk::Chunk;
use vicinity_core::document::SKELETON;
use vicinity_core::guard::Refusal;
use vicinity_core::ids::ChangeHash;

/// A chain of changes of one operation each, every one by another actor, on top of a change that may be missing.
fn chain(length: u64, dep: ChangeHash, first_op: u64) -> Vec<Vec<u8>> {
    chain_of(length, dep, |number| first_op + number)
}

/// The same with any numbers of operations.
fn chain_of(length: u64, mut dep: ChangeHash, start_op: impl Fn(u64) -> u64) -> Vec<Vec<u8>> {
    let mut chunks = Vec::new();
    for number in 0..length {
        let columns = [
            (0x15, &b"\x7f\x01k"[..]),
            (0x34, &[1]),
            (0x42, &[0x7f, 1]),
            (0x56, &[0x7f, 0]),
            (0x70, &[0x7f, 0]),
        ];
        let chunk = Chunk {
            hash: dep,
            deps: vec![dep],
            actor: &(number + (1 << 60)).to_be_bytes(),
            seq: 1,
            start_op: start_op(number),
            time: 0,
            message: &[],
            other_actors: Vec::new(),
            columns: columns
                .iter()
                .map(|(spec, column)| (*spec, column.len()))
                .collect(),
            column_data: &columns.map(|(_, column)| column).concat(),
            extra: &[],
        };
        let bytes = chunk.assemble();
        dep = ChangeHash::of(&bytes[8..]);
        chunks.push(bytes);
    }
    chunks
}

fn skeleton() -> (ChangeHash, u64) {
    let chunk = Chunk::parse(SKELETON).unwrap();
    (chunk.hash, chunk.max_op().unwrap() + 1)
}

#[test]
fn a_long_chain_of_many_actors_is_admitted_back_to_front() {
    let (dep, first_op) = skeleton();
    let mut chunks = chain(2_000, dep, first_op);
    chunks.reverse();
    let admission = admit(&[], &[], &chunks);
    assert!(
        admission
            .verdicts
            .iter()
            .all(|verdict| *verdict == Verdict::Stored)
    );
    assert_eq!(
        admission.stored.first(),
        chunks
            .last()
            .map(|chunk| ChangeHash::of(&chunk[8..]))
            .as_ref()
    );
}

#[test]
fn new_orphans_do_not_push_out_those_that_wait() {
    let waiting = chain(ORPHANS_MAX as u64, ChangeHash([7; 32]), 100);
    let incoming = chain(3, ChangeHash([8; 32]), 100);
    let admission = admit(&[], &waiting[..ORPHANS_MAX - 1], &incoming);
    assert_eq!(
        admission.verdicts,
        [
            Verdict::Pending,
            Verdict::Rejected(Refusal::TooManyOrphans),
            Verdict::Rejected(Refusal::TooManyOrphans)
        ]
    );
    assert_eq!(
        admit(&[], &waiting, &waiting).verdicts,
        vec![Verdict::Pending; ORPHANS_MAX]
    );
}

#[test]
#[allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "what it costs shows in time alone"
)]
fn a_chain_behind_another_incident_is_refused_with_one_look_at_each_whatever_numbers_it_says() {
    let (dep, first_op) = skeleton();
    let stored = chain(1, dep, first_op);
    // The second change stands before the first in the order of numbers, and so on: a pass over all would refuse one.
    let other = chain_of(10_000, dep, |number| 20_000 - number);
    let begun = std::time::Instant::now();
    let admission = admit(&stored, &[], &other);
    assert_eq!(
        admission.verdicts,
        vec![Verdict::Rejected(Refusal::OtherIncident); 10_000]
    );
    // 17 seconds where each pass looks at all.
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
}

/// Changes that each replace what the first one of a long chain wrote: the way back
/// to it is walked for each.
fn far(count: u8, first: &[u8], newest: &[u8]) -> Vec<Vec<u8>> {
    let (first, newest) = (Chunk::parse(first).unwrap(), Chunk::parse(newest).unwrap());
    let change = |number: u8| {
        let mut counter = vec![0x7f];
        let mut left = first.start_op;
        while left >= 0x40 {
            counter.push((left & 0x7f) as u8 | 0x80);
            left >>= 7;
        }
        counter.push(left as u8);
        let columns = [
            (0x15, &b"\x7f\x01k"[..]),
            (0x34, &[1]),
            (0x42, &[0x7f, 1]),
            (0x56, &[0x7f, 0]),
            (0x70, &[0x7f, 1]),
            (0x71, &[0x7f, 1]),
            (0x73, &counter),
        ];
        let chunk = Chunk {
            hash: newest.hash,
            deps: vec![newest.hash],
            actor: &[0xf0, number, 1, 1, 1, 1, 1, 1],
            seq: 1,
            start_op: newest.max_op().unwrap() + 1,
            time: 0,
            message: &[],
            other_actors: vec![first.actor],
            columns: columns
                .iter()
                .map(|(spec, column)| (*spec, column.len()))
                .collect(),
            column_data: &columns.map(|(_, column)| column).concat(),
            extra: &[],
        };
        chunk.assemble()
    };
    (0..count).map(change).collect()
}

#[test]
fn ways_back_through_a_long_document_are_bounded_and_what_is_not_reached_comes_the_next_time() {
    let (dep, first_op) = skeleton();
    let mut stored = chain(2_000, dep, first_op);
    let far = far(100, &stored[0], stored.last().unwrap());
    let work = Work {
        steps: 50_000,
        ..Work::ALL
    };
    let (mut left, mut rounds) = (far.clone(), 0);
    while !left.is_empty() {
        let admission = admit_within(&stored, &[], &left, work);
        let count = |verdict| {
            admission
                .verdicts
                .iter()
                .filter(|one| **one == verdict)
                .count()
        };
        assert_eq!(count(Verdict::Stored), 25, "2,000 steps each");
        assert_eq!(count(Verdict::NotYet), left.len() - 25);
        let (taken, rest): (Vec<_>, Vec<_>) = left
            .iter()
            .cloned()
            .zip(&admission.verdicts)
            .partition(|(_, verdict)| **verdict == Verdict::Stored);
        stored.extend(taken.into_iter().map(|(bytes, _)| bytes));
        left = rest.into_iter().map(|(bytes, _)| bytes).collect();
        rounds += 1;
    }
    assert_eq!(rounds, 4);
    // Also what follows on them, and what has unknown ancestors.
    let behind = chain(100, ChangeHash::of(&far[99][8..]), first_op + 2_001);
    let admission = admit_within(&stored[..2_000], &[], &[far, behind].concat(), work);
    assert!(
        admission.verdicts[25..]
            .iter()
            .all(|verdict| *verdict == Verdict::NotYet)
    );
}

#[test]
fn what_waited_is_looked_at_whatever_it_costs() {
    let (dep, first_op) = skeleton();
    let stored = chain(2_000, dep, first_op);
    let waiting = far(ORPHANS_MAX as u8, &stored[0], stored.last().unwrap());
    let (stored, last) = stored.split_at(1_999);
    let admission = admit_within(
        stored,
        &waiting,
        last,
        Work {
            steps: 1,
            ..Work::ALL
        },
    );
    assert_eq!(
        (admission.verdicts, admission.stored.len()),
        (vec![Verdict::Stored], 1 + ORPHANS_MAX)
    );
}
