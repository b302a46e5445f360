//! The admission guard: decides from the bytes alone whether a change may ever reach automerge.
//!
//! Automerge panics on some changes, accepts some it can never load again, and allocates gigabytes for others. So
//! nothing from outside gets near it before its columns were decoded here, within caps, and found canonical: exactly
//! the bytes that automerge itself would write for these operations. Documents are maps of scalars, two levels deep:
//! lists, texts, counters and marks are refused.

use crate::chunk::{ACTION_SPEC, Chunk, Malformed, OPS_MAX, Reader};
use crate::ids::ORDINAL_MAX;
use crate::skeleton::SKELETON_ACTOR;
use crate::value::KEY_MAX_BYTES;

/// Bytes of the longest scalar.
pub const SCALAR_MAX_BYTES: usize = 8 * 1024;
/// Bytes that an operation takes at the least, the change's header included. Runs could write thousands in a few bytes,
/// and each takes hundreds once it is loaded; what people write names a key.
pub const OP_MIN_BYTES: usize = 2;
/// Earlier operations that one change may replace.
pub const PREDS_MAX: usize = 1024;

/// Why a change is refused permanently. The code crosses the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Refusal {
    /// The bytes are no uncompressed change chunk within the limits.
    #[error("the bytes are no uncompressed change")]
    Malformed,
    /// Not the bytes automerge would write for these operations.
    #[error("the change is not in canonical form")]
    NotCanonical,
    /// Lists, texts, counters, marks, unknown types, or maps nested too deep.
    #[error("the change makes something a document cannot hold")]
    NotAllowed,
    /// A reference to an actor, object or operation that the change cannot know.
    #[error("the change refers to something that is not there")]
    BadReference,
    /// Another change of this actor has that number.
    #[error("another change of this actor has the same number")]
    SeqReused,
    /// The actor belongs to another device.
    #[error("the actor belongs to another device")]
    ForeignActor,
    /// The document would pass its size or number of changes.
    #[error("the document is full")]
    DocumentFull,
    /// Too many changes wait for ancestors.
    #[error("too many changes of the document wait for ancestors")]
    TooManyOrphans,
    /// Automerge does not take it.
    #[error("the change cannot be applied")]
    Unappliable,
    /// The incident lacks the consent `hub_response`.
    #[error("the incident has no consent to leave the phone")]
    ConsentMissing,
    /// The document is outside what the device may see.
    #[error("the incident is outside this device's scope")]
    OutOfScope,
    /// The incident was erased, and none of it is ever taken again.
    #[error("the incident was erased")]
    Erased,
    /// The hub has another incident under this id: the two are never merged.
    #[error("the hub has another incident under this id")]
    OtherIncident,
}

impl Refusal {
    /// All of them, in the order of their wire codes.
    pub const ALL: [Self; 13] = [
        Self::Malformed,
        Self::NotCanonical,
        Self::NotAllowed,
        Self::BadReference,
        Self::SeqReused,
        Self::ForeignActor,
        Self::DocumentFull,
        Self::TooManyOrphans,
        Self::Unappliable,
        Self::ConsentMissing,
        Self::OutOfScope,
        Self::Erased,
        Self::OtherIncident,
    ];

    /// Whether the same change may be accepted later: consent can be given, and an incident can be assigned again. The
    /// sender keeps it in the outbox.
    #[must_use]
    pub fn may_pass(self) -> bool {
        matches!(self, Self::ConsentMissing | Self::OutOfScope)
    }

    /// Its name in JSON and metrics.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::NotCanonical => "not_canonical",
            Self::NotAllowed => "not_allowed",
            Self::BadReference => "bad_reference",
            Self::SeqReused => "seq_reused",
            Self::ForeignActor => "foreign_actor",
            Self::DocumentFull => "document_full",
            Self::TooManyOrphans => "too_many_orphans",
            Self::Unappliable => "unappliable",
            Self::ConsentMissing => "consent_missing",
            Self::OutOfScope => "out_of_scope",
            Self::Erased => "erased",
            Self::OtherIncident => "other_incident",
        }
    }
}

impl From<Malformed> for Refusal {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// An operation's name: which actor of the change's table, and its counter.
pub type OpRef = (usize, u64);

/// What a change refers to outside itself, for the checks that need the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked<'a> {
    /// The parsed header.
    pub chunk: Chunk<'a>,
    /// How many operations it has.
    pub ops: u64,
    /// Operations of earlier changes it refers to, by index into author-then-others, ascending.
    pub references: Vec<OpRef>,
    pub(crate) operations: Ops<'a>,
}

impl Checked<'_> {
    /// The actor of an index: the author first, then the others.
    #[must_use]
    pub fn actor(&self, index: usize) -> Option<&[u8]> {
        if index == 0 {
            Some(self.chunk.actor)
        } else {
            self.chunk.other_actors.get(index - 1).copied()
        }
    }
}

const OBJ_ACTOR: u32 = 0x01;
const OBJ_CTR: u32 = 0x02;
const KEY_STR: u32 = 0x15;
const INSERT: u32 = 0x34;
const VAL_META: u32 = 0x56;
const VAL_RAW: u32 = 0x57;
const PRED_GROUP: u32 = 0x70;
const PRED_ACTOR: u32 = 0x71;
const PRED_CTR: u32 = 0x73;
const ALLOWED: [u32; 10] = [
    OBJ_ACTOR,
    OBJ_CTR,
    KEY_STR,
    INSERT,
    ACTION_SPEC,
    VAL_META,
    VAL_RAW,
    PRED_GROUP,
    PRED_ACTOR,
    PRED_CTR,
];

pub(crate) const MAKE_MAP: u64 = 0;
const SET: u64 = 1;
pub(crate) const DELETE: u64 = 3;

/// Checks everything about a change that its own bytes can tell.
///
/// # Errors
/// Why it is refused.
pub fn check(bytes: &[u8]) -> Result<Checked<'_>, Refusal> {
    let chunk = Chunk::parse(bytes)?;
    check_header(&chunk)?;
    let operations = operations(&chunk)?;
    check_order(&chunk, &operations)?;
    let references = check_references(&chunk, &operations)?;
    let ops = operations.actions.len();
    if ops * OP_MIN_BYTES > bytes.len() {
        return Err(Refusal::NotAllowed);
    }
    Ok(Checked {
        ops: ops as u64,
        references,
        operations,
        chunk,
    })
}

fn check_header(chunk: &Chunk<'_>) -> Result<(), Refusal> {
    if !chunk.message.is_empty()
        || !chunk.extra.is_empty()
        || chunk.actor == SKELETON_ACTOR
        || chunk.actor.is_empty()
    {
        return Err(Refusal::NotAllowed);
    }
    if chunk.deps.is_empty()
        || chunk.seq == 0
        || chunk.seq > ORDINAL_MAX
        || chunk.start_op == 0
        || chunk.start_op > u64::from(u32::MAX) - OPS_MAX as u64
    {
        return Err(Refusal::BadReference);
    }
    let ascending = chunk.deps.is_sorted_by(|left, right| left < right)
        && chunk.other_actors.is_sorted_by(|left, right| left < right);
    if !ascending
        || chunk.other_actors.contains(&chunk.actor)
        || chunk.other_actors.iter().any(|actor| actor.is_empty())
    {
        return Err(Refusal::NotCanonical);
    }
    Ok(())
}

struct Columns<'a> {
    bytes: [&'a [u8]; ALLOWED.len()],
}

impl<'a> Columns<'a> {
    fn split(chunk: &Chunk<'a>) -> Result<Self, Refusal> {
        let mut data = Reader::new(chunk.column_data);
        let mut columns = Self {
            bytes: [&[]; ALLOWED.len()],
        };
        let mut previous = None;
        for (spec, len) in &chunk.columns {
            let place = ALLOWED
                .iter()
                .position(|allowed| allowed == spec)
                .ok_or(Refusal::NotAllowed)?;
            if *len == 0 || previous.is_some_and(|previous| previous >= *spec) {
                return Err(Refusal::NotCanonical);
            }
            previous = Some(*spec);
            columns.bytes[place] = data.take(*len)?;
        }
        Ok(columns)
    }

    fn get(&self, spec: u32) -> &'a [u8] {
        ALLOWED
            .iter()
            .position(|allowed| *allowed == spec)
            .map_or(&[], |place| self.bytes[place])
    }
}

/// The operations of a change, by place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ops<'a> {
    pub(crate) actions: Vec<u64>,
    pub(crate) keys: Vec<&'a str>,
    pub(crate) objects: Vec<Option<OpRef>>,
    /// Each with the place of the operation that replaces it, in that order.
    pub(crate) preds: Vec<(usize, OpRef)>,
}

/// Decodes a change's operations.
pub(crate) fn operations<'a>(chunk: &Chunk<'a>) -> Result<Ops<'a>, Refusal> {
    let columns = Columns::split(chunk)?;
    let actions = required(rle(columns.get(ACTION_SPEC), OPS_MAX, Reader::uleb)?)?;
    let count = actions.len();
    if count == 0 {
        return Err(Refusal::NotAllowed);
    }
    let keys = required(rle(columns.get(KEY_STR), count, key)?)?;
    let metas = required(rle(columns.get(VAL_META), count, Reader::uleb)?)?;
    let objects = objects(&columns, count)?;
    if keys.len() != count || metas.len() != count {
        return Err(Refusal::NotCanonical);
    }
    no_inserts(columns.get(INSERT), count)?;
    check_values(&actions, &metas, columns.get(VAL_RAW))?;
    Ok(Ops {
        actions,
        keys,
        objects,
        preds: preds(&columns, count)?,
    })
}

/// Checks what the operations refer to within the change, and lists what they refer to outside it.
fn check_references(chunk: &Chunk<'_>, ops: &Ops<'_>) -> Result<Vec<OpRef>, Refusal> {
    let mut used = vec![false; chunk.other_actors.len() + 1];
    used[0] = true;
    let mut references = Vec::new();
    for (at, object) in ops.objects.iter().enumerate() {
        if let Some(object) = object {
            used[object.0] = true;
            check_object(chunk, ops, at, *object)?;
            references.extend((!is_own(chunk, at, *object)).then_some(*object));
        }
    }
    for (at, pred) in &ops.preds {
        used[pred.0] = true;
        check_pred(chunk, ops, *at, *pred)?;
        references.extend((!is_own(chunk, *at, *pred)).then_some(*pred));
    }
    if used.contains(&false) {
        return Err(Refusal::NotCanonical);
    }
    references.sort_unstable();
    references.dedup();
    Ok(references)
}

/// Whether a reference is to an earlier operation of the same change.
fn is_own(chunk: &Chunk<'_>, at: usize, op: OpRef) -> bool {
    op.0 == 0 && op.1 >= chunk.start_op && op.1 < chunk.start_op + at as u64
}

/// Maps are made in the root or in the skeleton's containers only, so no document nests deeper than two.
fn check_object(chunk: &Chunk<'_>, ops: &Ops<'_>, at: usize, object: OpRef) -> Result<(), Refusal> {
    let in_skeleton = object.0 > 0 && chunk.other_actors[object.0 - 1] == SKELETON_ACTOR;
    if ops.actions[at] == MAKE_MAP && !in_skeleton {
        return Err(Refusal::NotAllowed);
    }
    if object.1 == 0 || object.1 >= chunk.start_op + at as u64 {
        return Err(Refusal::BadReference);
    }
    if is_own(chunk, at, object) && ops.actions[(object.1 - chunk.start_op) as usize] != MAKE_MAP {
        return Err(Refusal::BadReference);
    }
    Ok(())
}

/// What an operation replaces came before it and, in the same change, wrote the same key.
fn check_pred(chunk: &Chunk<'_>, ops: &Ops<'_>, at: usize, pred: OpRef) -> Result<(), Refusal> {
    if pred.1 == 0 || pred.1 >= chunk.start_op + at as u64 {
        return Err(Refusal::BadReference);
    }
    if is_own(chunk, at, pred) {
        let replaced = (pred.1 - chunk.start_op) as usize;
        if ops.actions[replaced] == DELETE
            || ops.keys[replaced] != ops.keys[at]
            || ops.objects[replaced] != ops.objects[at]
        {
            return Err(Refusal::BadReference);
        }
    }
    Ok(())
}

/// Checks that actors are in the table, that an operation's predecessors are sorted by counter, then by their actors'
/// bytes, each once, and that a delete has at least one: without one it would leave no trace.
fn check_order(chunk: &Chunk<'_>, ops: &Ops<'_>) -> Result<(), Refusal> {
    let others = chunk.other_actors.len();
    let mut named = ops
        .objects
        .iter()
        .flatten()
        .chain(ops.preds.iter().map(|(_, pred)| pred));
    if named.any(|(actor, _)| *actor > others) {
        return Err(Refusal::BadReference);
    }
    let place = |(at, (actor, counter)): &(usize, OpRef)| {
        (
            *at,
            *counter,
            if *actor == 0 {
                chunk.actor
            } else {
                chunk.other_actors[actor - 1]
            },
        )
    };
    if !ops
        .preds
        .is_sorted_by(|left, right| place(left) < place(right))
    {
        return Err(Refusal::NotCanonical);
    }
    let idle = |at: usize| ops.preds.binary_search_by_key(&at, |(of, _)| *of).is_err();
    let idle_delete = ops
        .actions
        .iter()
        .enumerate()
        .any(|(at, action)| *action == DELETE && idle(at));
    if idle_delete {
        Err(Refusal::BadReference)
    } else {
        Ok(())
    }
}

fn objects(columns: &Columns<'_>, ops: usize) -> Result<Vec<Option<OpRef>>, Refusal> {
    let actors = rle(columns.get(OBJ_ACTOR), ops, Reader::uleb)?;
    let counters = rle(columns.get(OBJ_CTR), ops, Reader::uleb)?;
    if actors.len() != counters.len() || !(actors.is_empty() || actors.len() == ops) {
        return Err(Refusal::NotCanonical);
    }
    if actors.is_empty() {
        return Ok(vec![None; ops]);
    }
    let pair = |(actor, counter): (Option<u64>, Option<u64>)| match (actor, counter) {
        (None, None) => Ok(None),
        (Some(actor), Some(counter)) => Ok(Some((
            usize::try_from(actor).map_err(|_| Refusal::BadReference)?,
            counter,
        ))),
        _ => Err(Refusal::NotCanonical),
    };
    actors.into_iter().zip(counters).map(pair).collect()
}

/// Each operation's index with one operation it replaces.
fn preds(columns: &Columns<'_>, ops: usize) -> Result<Vec<(usize, OpRef)>, Refusal> {
    let groups = required(rle(columns.get(PRED_GROUP), ops, Reader::uleb)?)?;
    if groups.len() != ops {
        return Err(Refusal::NotCanonical);
    }
    let total = groups.iter().try_fold(0usize, |sum, group| {
        usize::try_from(*group)
            .ok()
            .and_then(|group| sum.checked_add(group))
    });
    let total = total
        .filter(|total| *total <= PREDS_MAX)
        .ok_or(Refusal::NotAllowed)?;
    let actors = required(rle(columns.get(PRED_ACTOR), total, Reader::uleb)?)?;
    let deltas = required(rle(columns.get(PRED_CTR), total, Reader::leb)?)?;
    if actors.len() != total || deltas.len() != total {
        return Err(Refusal::NotCanonical);
    }
    let mut counter = 0i64;
    let mut pairs = actors.into_iter().zip(deltas);
    let mut all = Vec::with_capacity(total);
    for (at, group) in groups.iter().enumerate() {
        for (actor, delta) in pairs.by_ref().take(*group as usize) {
            counter = counter.checked_add(delta).ok_or(Refusal::BadReference)?;
            let op = (
                usize::try_from(actor).map_err(|_| Refusal::BadReference)?,
                u64::try_from(counter).map_err(|_| Refusal::BadReference)?,
            );
            all.push((at, op));
        }
    }
    Ok(all)
}

fn required<T>(values: Vec<Option<T>>) -> Result<Vec<T>, Refusal> {
    values
        .into_iter()
        .collect::<Option<Vec<T>>>()
        .ok_or(Refusal::NotAllowed)
}

fn key<'a>(reader: &mut Reader<'a>) -> Result<&'a str, Malformed> {
    let len = reader.count(KEY_MAX_BYTES * 2, "key too long")?;
    let bytes = reader.take(len)?;
    core::str::from_utf8(bytes)
        .ok()
        .filter(|key| !key.is_empty())
        .ok_or(reader.bad("key is no text"))
}

fn no_inserts(column: &[u8], ops: usize) -> Result<(), Refusal> {
    let mut reader = Reader::new(column);
    if reader.uleb()? == ops as u64 && reader.is_done() {
        Ok(())
    } else {
        Err(Refusal::NotAllowed)
    }
}

fn check_values(actions: &[u64], metas: &[u64], raw: &[u8]) -> Result<(), Refusal> {
    let mut raw = Reader::new(raw);
    for (action, meta) in actions.iter().zip(metas) {
        let len = usize::try_from(meta >> 4)
            .ok()
            .filter(|len| *len <= SCALAR_MAX_BYTES)
            .ok_or(Refusal::NotAllowed)?;
        match *action {
            MAKE_MAP | DELETE if *meta != 0 => return Err(Refusal::NotCanonical),
            MAKE_MAP | DELETE => {}
            SET => check_scalar(meta & 15, raw.take(len)?)?,
            _ => return Err(Refusal::NotAllowed),
        }
    }
    if raw.is_done() {
        Ok(())
    } else {
        Err(Refusal::NotCanonical)
    }
}

fn check_scalar(kind: u64, bytes: &[u8]) -> Result<(), Refusal> {
    let mut reader = Reader::new(bytes);
    let fits = match kind {
        0..=2 => bytes.is_empty(),
        3 => reader.uleb().is_ok() && reader.is_done(),
        4 | 9 => reader.leb().is_ok() && reader.is_done(),
        5 => bytes.len() == 8,
        6 => core::str::from_utf8(bytes).is_ok(),
        7 => true,
        _ => return Err(Refusal::NotAllowed),
    };
    if fits {
        Ok(())
    } else {
        Err(Refusal::NotCanonical)
    }
}

#[derive(PartialEq, Clone, Copy)]
enum Run {
    Values,
    Literal,
    Nulls,
}

/// Decodes a run-length column of at most `max` values, and refuses every form but the one automerge writes: no run of
/// one, no literal that could be a run, no two neighbours that could be one, no column of nothing but nulls.
fn rle<'a, T: Clone + PartialEq>(
    column: &'a [u8],
    max: usize,
    read: impl Fn(&mut Reader<'a>) -> Result<T, Malformed>,
) -> Result<Vec<Option<T>>, Refusal> {
    let mut reader = Reader::new(column);
    let mut values: Vec<Option<T>> = Vec::new();
    let mut previous = None;
    while !reader.is_done() {
        let run = reader.leb()?;
        let kind = if run > 0 {
            Run::Values
        } else if run < 0 {
            Run::Literal
        } else {
            Run::Nulls
        };
        let count = if kind == Run::Nulls {
            reader.uleb()?
        } else {
            run.unsigned_abs()
        };
        let count = usize::try_from(count)
            .ok()
            .filter(|count| *count <= max - values.len())
            .ok_or(Refusal::NotAllowed)?;
        let too_short = count == 0 || (kind == Run::Values && count == 1);
        if too_short || (previous == Some(kind) && kind != Run::Values) {
            return Err(Refusal::NotCanonical);
        }
        previous = Some(kind);
        match kind {
            Run::Nulls => values.extend(core::iter::repeat_n(None, count)),
            Run::Values => {
                let value = Some(read(&mut reader)?);
                if values.last() == Some(&value) {
                    return Err(Refusal::NotCanonical);
                }
                values.extend(core::iter::repeat_n(value, count));
            }
            Run::Literal => {
                for _ in 0..count {
                    let value = Some(read(&mut reader)?);
                    if values.last() == Some(&value) {
                        return Err(Refusal::NotCanonical);
                    }
                    values.push(value);
                }
            }
        }
    }
    if !values.is_empty() && values.iter().all(Option::is_none) {
        Err(Refusal::NotCanonical)
    } else {
        Ok(values)
    }
}
