//! Small changes in large numbers: what one admission may cost.

use vicinity_core::admit::{ORPHANS_MAX, Verdict, admit};
use vicinity_core::chunk::Chunk;
use vicinity_core::document::SKELETON;
use vicinity_core::guard::Refusal;
use vicinity_core::ids::ChangeHash;

/// A chain of changes of one operation each, every one by another actor, on top of a change that may be missing.
fn chain(length: u64, mut dep: ChangeHash, first_op: u64) -> Vec<Vec<u8>> {
    let mut chunks = Vec::new();
    for number in 0..length {
        let columns = [(0x15, &b"\x7f\x01k"[..]), (0x34, &[1]), (0x42, &[0x7f, 1]), (0x56, &[0x7f, 0]), (0x70, &[0x7f, 0])];
        let chunk = Chunk {
            hash: dep,
            deps: vec![dep],
            actor: &(number + (1 << 60)).to_be_bytes(),
            seq: 1,
            start_op: first_op + number,
            time: 0,
            message: &[],
            other_actors: Vec::new(),
            columns: columns.iter().map(|(spec, column)| (*spec, column.len())).collect(),
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
    assert!(admission.verdicts.iter().all(|verdict| *verdict == Verdict::Stored));
    assert_eq!(admission.stored.first(), chunks.last().map(|chunk| ChangeHash::of(&chunk[8..])).as_ref());
}

#[test]
fn new_orphans_do_not_push_out_those_that_wait() {
    let waiting = chain(ORPHANS_MAX as u64, ChangeHash([7; 32]), 100);
    let incoming = chain(3, ChangeHash([8; 32]), 100);
    let admission = admit(&[], &waiting[..ORPHANS_MAX - 1], &incoming);
    assert_eq!(admission.verdicts, [Verdict::Pending, Verdict::Rejected(Refusal::TooManyOrphans), Verdict::Rejected(Refusal::TooManyOrphans)]);
    assert_eq!(admit(&[], &waiting, &waiting).verdicts, vec![Verdict::Pending; ORPHANS_MAX]);
}
