//! Batches and bodies: what was sent comes out again, whatever it was, and nothing that comes in takes down the receiver.
#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use proptest::prelude::*;
use support::any_groups;
use vicinity_core::batch::{Group, GroupChange};
use vicinity_core::chunk::{Chunk, put_uleb};
use vicinity_core::document::SKELETON;
use vicinity_core::ids::{ChangeHash, IncidentId};
use vicinity_sync::codec::{CodecError, decode, encode};

fn group(chunks: Vec<Vec<u8>>) -> Group {
    Group {
        incident: IncidentId::from_bytes([5; 16]),
        relayed: false,
        changes: chunks
            .into_iter()
            .map(|chunk| GroupChange { chunk, by: 0 })
            .collect(),
    }
}

fn mutate(bytes: &mut Vec<u8>, mutations: &[(prop::sample::Index, u8, u8)]) {
    for (at, how, byte) in mutations {
        let at = at.index(bytes.len().max(1)).min(bytes.len());
        match how % 4 {
            0 if at < bytes.len() => bytes[at] ^= byte | 1,
            1 => bytes.insert(at, *byte),
            2 if at < bytes.len() => drop(bytes.remove(at)),
            _ => bytes.truncate(at),
        }
    }
}

/// Bytes of the changes that came out.
fn rebuilt(groups: &[Group]) -> usize {
    groups
        .iter()
        .flat_map(|group| &group.changes)
        .map(|change| change.chunk.len())
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn any_groups_of_changes_come_out_byte_for_byte(groups in any_groups()) {
        prop_assert_eq!(decode(&encode(&groups)).unwrap(), groups);
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = decode(&bytes);
    }

    #[test]
    fn mutated_batches_are_refused_or_give_other_changes(
        groups in any_groups(),
        mutations in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<u8>()), 1..4),
    ) {
        let sent = encode(&groups);
        let mut bytes = sent.clone();
        mutate(&mut bytes, &mutations);
        if let Ok(decoded) = decode(&bytes) {
            prop_assert!(rebuilt(&decoded) <= 4 << 21);
            // The proof covers every change; who it is reported to be of is the envelope's to prove.
            let of = |groups: &[Group]| groups.iter().flat_map(|group| &group.changes).map(|change| change.chunk.clone()).collect::<Vec<_>>();
            prop_assert!(bytes == sent || of(&decoded).iter().all(|chunk| of(&groups).contains(chunk)));
        }
    }
}

#[test]
fn bytes_that_are_no_change_travel_unchanged() {
    let mut compressed = SKELETON.to_vec();
    compressed[8] = 2;
    let groups = vec![group(vec![
        Vec::new(),
        b"no change at all".to_vec(),
        vec![0xff; 100_000],
        compressed,
        SKELETON.to_vec(),
        SKELETON[..40].to_vec(),
    ])];
    assert_eq!(decode(&encode(&groups)).unwrap(), groups);
}

#[test]
fn a_change_without_dependencies_is_the_guards_to_refuse_and_not_the_codecs() {
    let mut chunk = Chunk::parse(SKELETON).unwrap();
    let actor = [9; 8];
    chunk.actor = &actor;
    let groups = vec![group(vec![
        chunk.assemble(),
        Chunk { seq: 2, ..chunk }.assemble(),
    ])];
    assert_eq!(decode(&encode(&groups)).unwrap(), groups);
}

#[test]
fn a_change_before_its_ancestor_travels_too() {
    let skeleton = Chunk::parse(SKELETON).unwrap();
    let first = Chunk {
        actor: &[9; 8],
        deps: vec![skeleton.hash],
        ..skeleton.clone()
    }
    .assemble();
    let second = Chunk {
        actor: &[9; 8],
        seq: 2,
        deps: vec![ChangeHash::of(&first[8..])],
        ..skeleton
    }
    .assemble();
    let groups = vec![group(vec![second.clone(), first.clone(), second])];
    assert_eq!(decode(&encode(&groups)).unwrap(), groups);
}

#[test]
fn what_rebuilds_to_far_more_than_was_sent_is_refused() {
    // 10,000 changes of 256 dependencies each, one byte a dependency.
    let mut batch = vec![1];
    batch.extend_from_slice(&[5; 16]);
    batch.extend_from_slice(&[0, 0, 0]);
    put_uleb(&mut batch, 7_000);
    for _ in 0..7_000 {
        batch.extend_from_slice(&[0, 0, 1, 1, 0]);
        put_uleb(&mut batch, 256);
        batch.extend_from_slice(&[1; 256]);
        batch.extend_from_slice(&[0, 0, 0, 0]);
    }
    assert!(
        matches!(decode(&batch), Err(CodecError::Malformed(malformed)) if malformed.what == "the rebuilt changes are too large")
    );
}
