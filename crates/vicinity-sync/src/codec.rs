//! How changes travel: with their envelopes stripped.
//!
//! Most of a small change is envelope: magic, checksum, 32 bytes a dependency, actors. Here a group of one incident's
//! changes carries a table of actors and a table of hashes from outside the group; dependencies are numbers, and where
//! a change follows on the one before it, nothing at all. The receiver rebuilds the bytes, and eight bytes of SHA-256
//! over the rebuilt hashes prove them. The skeleton, root of every document, is entry 0 of both tables and never
//! travels.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use vicinity_core::batch::{Group, GroupChange};
use vicinity_core::chunk::{Chunk, Malformed, Reader, put_bytes, put_leb, put_uleb};
use vicinity_core::document::{SKELETON, SKELETON_ACTOR};
use vicinity_core::ids::{ChangeHash, IncidentId};

use crate::compress::INFLATED_MAX_BYTES;

/// Groups of one batch.
pub const GROUPS_MAX: usize = 20_000;
/// Changes of one group.
pub const CHANGES_MAX: usize = 10_000;

/// Bytes of the longest change that travels as it is: above the limit of a change, so that the guard says so.
const RAW_MAX_BYTES: usize = 128 * 1024;
/// Bytes that the rebuilt changes of one batch take together: a back-reference of one byte becomes a hash of 32.
const REBUILT_MAX_BYTES: usize = 4 * INFLATED_MAX_BYTES;
/// Bytes that a change takes in memory in addition to its own.
const CHANGE_OVERHEAD_BYTES: usize = 64;
const RELAYED: u64 = 1;

/// Why a batch cannot be read. The whole batch is refused: it was altered, or its sender has a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes are no batch.
    #[error("the batch cannot be read: {0}")]
    Malformed(#[from] Malformed),
    /// The rebuilt changes are not those that were sent.
    #[error("the rebuilt changes are not those that were sent")]
    WrongHash,
}

fn skeleton_hash() -> ChangeHash {
    ChangeHash::of(&SKELETON[8..])
}

/// Encodes groups of changes. Bytes that are no change travel as they are: their outcome is the receiver's guard
/// to decide, one verdict a change.
#[must_use]
pub fn encode(groups: &[Group]) -> Vec<u8> {
    let mut out = Vec::new();
    put_uleb(&mut out, groups.len() as u64);
    let skeleton = skeleton_hash();
    for group in groups {
        encode_group(&mut out, group, skeleton);
    }
    out
}

fn encode_group(out: &mut Vec<u8>, group: &Group, skeleton: ChangeHash) {
    let parsed: Vec<Option<Chunk<'_>>> = group
        .changes
        .iter()
        .map(|change| strippable(&change.chunk))
        .collect();
    let mut actors: Table<&[u8]> = Table::of(&SKELETON_ACTOR);
    let mut hashes = Table::of(skeleton);
    let mut inside = BTreeSet::new();
    for chunk in parsed.iter().flatten() {
        core::iter::once(&chunk.actor)
            .chain(&chunk.other_actors)
            .for_each(|actor| actors.add(*actor));
        chunk
            .deps
            .iter()
            .filter(|dep| !inside.contains(*dep))
            .for_each(|dep| hashes.add(*dep));
        inside.insert(chunk.hash);
    }
    out.extend_from_slice(group.incident.as_bytes());
    put_uleb(out, if group.relayed { RELAYED } else { 0 });
    put_uleb(out, actors.items.len() as u64 - 1);
    actors.items[1..]
        .iter()
        .for_each(|actor| put_bytes(out, actor));
    put_uleb(out, hashes.items.len() as u64 - 1);
    hashes.items[1..]
        .iter()
        .for_each(|hash| out.extend_from_slice(&hash.0));
    put_uleb(out, parsed.len() as u64);
    let mut previous = Previous::default();
    let mut proven = Vec::with_capacity(parsed.len());
    for (chunk, change) in parsed.iter().zip(&group.changes) {
        put_uleb(out, u64::from(change.by) << 1 | u64::from(chunk.is_none()));
        if let Some(chunk) = chunk {
            encode_change(out, chunk, &actors, &hashes, &mut previous);
            hashes.push(chunk.hash);
            proven.push(chunk.hash);
        } else {
            put_bytes(out, &change.chunk);
            hashes.push(name_of(&change.chunk));
            proven.push(ChangeHash::of(&change.chunk));
        }
    }
    out.extend_from_slice(&proof(&proven));
}

/// Things that are named by their place.
struct Table<T> {
    items: Vec<T>,
    places: BTreeMap<T, usize>,
}

impl<T: Ord + Copy> Table<T> {
    fn of(first: T) -> Self {
        Self {
            items: vec![first],
            places: BTreeMap::from([(first, 0)]),
        }
    }

    fn add(&mut self, item: T) {
        if !self.places.contains_key(&item) {
            self.push(item);
        }
    }

    fn push(&mut self, item: T) {
        self.places.insert(item, self.items.len());
        self.items.push(item);
    }

    fn place(&self, item: T) -> usize {
        self.places.get(&item).copied().unwrap_or(0)
    }
}

/// The chunk, if it comes out the same after it was taken apart. No dependencies is how "the one before it" is written.
fn strippable(bytes: &[u8]) -> Option<Chunk<'_>> {
    Chunk::parse(bytes)
        .ok()
        .filter(|chunk| !chunk.deps.is_empty() && chunk.assemble() == bytes)
}

/// What later changes of the group refer to this one by. Bytes without a hash take a place, too: the format has the hash of no bytes
/// there, and nothing can refer to it.
fn name_of(bytes: &[u8]) -> ChangeHash {
    ChangeHash::of_chunk(bytes).unwrap_or_else(|| ChangeHash::of(&[]))
}

/// What a change is written against: the one before it in the group.
#[derive(Default)]
struct Previous {
    seq: u64,
    start_op: u64,
    time: i64,
}

fn encode_change(
    out: &mut Vec<u8>,
    chunk: &Chunk<'_>,
    actors: &Table<&[u8]>,
    hashes: &Table<ChangeHash>,
    previous: &mut Previous,
) {
    put_uleb(out, actors.place(chunk.actor) as u64);
    put_leb(out, chunk.seq.wrapping_sub(previous.seq) as i64);
    put_leb(out, chunk.start_op.wrapping_sub(previous.start_op) as i64);
    put_leb(out, chunk.time.wrapping_sub(previous.time));
    *previous = Previous {
        seq: chunk.seq,
        start_op: chunk.start_op,
        time: chunk.time,
    };
    // 0: it follows on the change before it, or on the skeleton if it is the first.
    if chunk.deps.len() == 1 && hashes.items.last() == chunk.deps.first() {
        put_uleb(out, 0);
    } else {
        put_uleb(out, chunk.deps.len() as u64);
        chunk
            .deps
            .iter()
            .for_each(|dep| put_uleb(out, (hashes.items.len() - hashes.place(*dep)) as u64));
    }
    put_uleb(out, chunk.other_actors.len() as u64);
    chunk
        .other_actors
        .iter()
        .for_each(|actor| put_uleb(out, actors.place(actor) as u64));
    put_uleb(out, chunk.columns.len() as u64);
    for (spec, len) in &chunk.columns {
        put_uleb(out, u64::from(*spec));
        put_uleb(out, *len as u64);
    }
    out.extend_from_slice(chunk.column_data);
    put_bytes(out, chunk.message);
    put_bytes(out, chunk.extra);
}

/// Decodes groups and rebuilds the changes' bytes.
///
/// # Errors
/// Bytes that are no batch, or whose rebuilt changes have other hashes than those that were sent.
pub fn decode(bytes: &[u8]) -> Result<Vec<Group>, CodecError> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let mut reader = Reader::new(bytes);
    let skeleton = skeleton_hash();
    let count = reader.count(GROUPS_MAX, "too many groups")?;
    let mut groups = Vec::new();
    let mut left = REBUILT_MAX_BYTES;
    for _ in 0..count {
        groups.push(decode_group(&mut reader, skeleton, &mut left)?);
    }
    if reader.is_done() {
        Ok(groups)
    } else {
        Err(reader.bad("bytes behind the batch").into())
    }
}

fn decode_group(
    reader: &mut Reader<'_>,
    skeleton: ChangeHash,
    left: &mut usize,
) -> Result<Group, CodecError> {
    let incident = IncidentId::from_bytes(reader.array()?);
    let flags = reader.uleb()?;
    if flags > RELAYED {
        return Err(reader.bad("unknown flags").into());
    }
    let mut actors: Vec<&[u8]> = vec![&SKELETON_ACTOR];
    for _ in 0..reader.count(CHANGES_MAX, "too many actors")? {
        let len = reader.count(vicinity_core::chunk::ACTOR_MAX_BYTES, "actor too long")?;
        actors.push(reader.take(len)?);
    }
    let mut hashes = vec![skeleton];
    for _ in 0..reader.count(CHANGES_MAX, "too many hashes")? {
        hashes.push(ChangeHash(reader.array()?));
    }
    let mut proven = Vec::new();
    let mut changes = Vec::new();
    let mut previous = Previous::default();
    for _ in 0..reader.count(CHANGES_MAX, "too many changes")? {
        let head = reader.uleb()?;
        let by = u32::try_from(head >> 1).map_err(|_| reader.bad("device number too large"))?;
        let chunk = if head & 1 == 0 {
            decode_change(reader, &actors, &hashes, &mut previous)?
        } else {
            let len = reader.count(RAW_MAX_BYTES, "change too long")?;
            reader.take(len)?.to_vec()
        };
        *left = left
            .checked_sub(chunk.len() + CHANGE_OVERHEAD_BYTES)
            .ok_or(reader.bad("the rebuilt changes are too large"))?;
        hashes.push(name_of(&chunk));
        // A rebuilt change is named by everything in it; of raw bytes the first eight are in no name.
        proven.push(if head & 1 == 0 {
            name_of(&chunk)
        } else {
            ChangeHash::of(&chunk)
        });
        changes.push(GroupChange { chunk, by });
    }
    if reader.array::<8>()? != proof(&proven) {
        return Err(CodecError::WrongHash);
    }
    Ok(Group {
        incident,
        relayed: flags & RELAYED != 0,
        changes,
    })
}

fn decode_change(
    reader: &mut Reader<'_>,
    actors: &[&[u8]],
    hashes: &[ChangeHash],
    previous: &mut Previous,
) -> Result<Vec<u8>, CodecError> {
    let actor = *actors
        .get(reader.count(CHANGES_MAX, "no such actor")?)
        .ok_or(reader.bad("no such actor"))?;
    let seq = previous.seq.wrapping_add(reader.leb()? as u64);
    let start_op = previous.start_op.wrapping_add(reader.leb()? as u64);
    let time = previous.time.wrapping_add(reader.leb()?);
    *previous = Previous {
        seq,
        start_op,
        time,
    };
    let deps = match reader.count(vicinity_core::chunk::DEPS_MAX, "too many dependencies")? {
        0 => hashes.last().copied().into_iter().collect(),
        count => (0..count)
            .map(|_| dep(reader, hashes))
            .collect::<Result<Vec<_>, _>>()?,
    };
    let mut other_actors = Vec::new();
    for _ in 0..reader.count(vicinity_core::chunk::OTHER_ACTORS_MAX, "too many actors")? {
        other_actors.push(
            *actors
                .get(reader.count(CHANGES_MAX, "no such actor")?)
                .ok_or(reader.bad("no such actor"))?,
        );
    }
    let mut columns = Vec::new();
    let mut total = 0usize;
    for _ in 0..reader.count(vicinity_core::chunk::COLUMNS_MAX, "too many columns")? {
        let spec = u32::try_from(reader.uleb()?)
            .map_err(|_| reader.bad("column specification too large"))?;
        let len = reader.count(vicinity_core::chunk::CHANGE_MAX_BYTES, "column too long")?;
        total += len;
        columns.push((spec, len));
    }
    let column_data = reader.take(total)?;
    let message_len = reader.count(vicinity_core::chunk::CHANGE_MAX_BYTES, "message too long")?;
    let message = reader.take(message_len)?;
    let extra_len = reader.count(vicinity_core::chunk::CHANGE_MAX_BYTES, "too long")?;
    let extra = reader.take(extra_len)?;
    let chunk = Chunk {
        hash: ChangeHash([0; 32]),
        deps,
        actor,
        seq,
        start_op,
        time,
        message,
        other_actors,
        columns,
        column_data,
        extra,
    };
    Ok(chunk.assemble())
}

fn dep(reader: &mut Reader<'_>, hashes: &[ChangeHash]) -> Result<ChangeHash, Malformed> {
    let back = reader.count(2 * CHANGES_MAX + 1, "no such dependency")?;
    hashes
        .len()
        .checked_sub(back)
        .and_then(|at| hashes.get(at))
        .copied()
        .ok_or(reader.bad("no such dependency"))
}

fn proof(hashes: &[ChangeHash]) -> [u8; 8] {
    let mut hasher = Sha256::new();
    hashes.iter().for_each(|hash| hasher.update(hash.0));
    let hash: [u8; 32] = hasher.finalize().into();
    let mut proof = [0; 8];
    proof.copy_from_slice(&hash[..8]);
    proof
}
