//! What the hub knows of an incident before it reads its log: how much it would cost to load it, and whether anything that a
//! device brings of it is new.

use std::collections::BTreeSet;

use vicinity_core::access::Action;
use vicinity_core::chunk::Chunk;
use vicinity_core::ids::{ChangeHash, IncidentId, ScopeDigest};
use vicinity_core::time::Timestamp;

use crate::db::{Db, Result};
use crate::hub::scope::in_scope;
use crate::hub::times::log_row;
use crate::hub::tombstones;
use vicinity_store::hub::Peer;
use vicinity_store::policy::{self, Brought, LogRow};
use vicinity_store::row;

/// What is known of an incident before its log is read.
pub(crate) struct KnownIncident {
    pub(crate) doc: Option<i64>,
    /// When the hub first had it.
    pub(crate) first_at: Option<Timestamp>,
    pub(crate) term: ScopeDigest,
    /// Operations of its log.
    ops: u64,
    pub(crate) waiting: Vec<Waiting>,
}

/// A change that waits, with the life of the device that sent it (that life is not to be given it back) and its envelope.
pub(crate) struct Waiting {
    pub(crate) hash: ChangeHash,
    pub(crate) row: LogRow,
    pub(crate) incarnation: i64,
    pub(crate) envelope: Option<i64>,
}

impl Waiting {
    /// Its row in the log once its ancestors are there: what waits counts as taken then.
    pub(crate) fn taken(&self, now: Timestamp) -> LogRow {
        LogRow {
            received_at: now,
            ..self.row.clone()
        }
    }
}

/// What it costs to take these changes ([`policy::weight`]).
pub(crate) fn weigh(
    db: &Db,
    peer: &Peer,
    incident: IncidentId,
    changes: &[Brought<'_>],
) -> Result<u64> {
    if tombstones::is_erased(db, incident)? {
        return policy::weight(changes, 0, |_| Ok(true));
    }
    let known = read_known(db, incident)?;
    let in_scope = may_write(db, &known, peer)?;
    // What waits may come in with it; a change of one operation has about sixteen bytes or more for each.
    let waiting: usize = known
        .waiting
        .iter()
        .map(|waiting| waiting.row.chunk.len())
        .sum();
    policy::weight(changes, known.ops + waiting as u64 / 16, |brought| {
        Ok(in_scope && is_known(db, &known, peer, brought)?)
    })
}

pub(crate) fn may_write(db: &Db, known: &KnownIncident, peer: &Peer) -> Result<bool> {
    let Some(doc) = known.doc else {
        return Ok(true);
    };
    policy::may_reach(peer.role, Action::WriteIncident, || {
        in_scope(db, doc, peer.number)
    })
}

/// Whether nothing of this is new, found out without reading the log.
pub(crate) fn are_all_known(
    db: &Db,
    known: &KnownIncident,
    peer: &Peer,
    changes: &[Brought<'_>],
) -> Result<bool> {
    let mut seen = BTreeSet::new();
    for brought in changes {
        if seen.insert((brought.change.chunk.as_slice(), brought.relayed))
            && !is_known(db, known, peer, brought)?
        {
            return Ok(false);
        }
    }
    Ok(known.doc.is_some())
}

/// Whether a change is in the log, and its sender may have that said: it passes it on, or brought it itself.
fn is_known(db: &Db, known: &KnownIncident, peer: &Peer, brought: &Brought<'_>) -> Result<bool> {
    let (Some(doc), Ok(chunk)) = (known.doc, Chunk::parse(&brought.change.chunk)) else {
        return Ok(false);
    };
    let query = "SELECT chunk, device, relayed, skew, received_at FROM feed WHERE kind = 0 AND doc = ?1 AND actor = ?2 AND actor_seq = ?3";
    let row = db.one(
        "looking for a change",
        query,
        &[&doc, &chunk.actor, &chunk.seq.cast_signed()],
        log_row,
    )?;
    Ok(row.is_some_and(|row| {
        row.chunk == brought.change.chunk
            && (brought.relayed || (!row.relayed && row.device == peer.number))
    }))
}

pub(crate) fn read_known(db: &Db, incident: IncidentId) -> Result<KnownIncident> {
    let read = |row: &rusqlite::Row<'_>| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, Vec<u8>>(1)?,
            row.get::<_, i64>(2)?,
            row.get::<_, i64>(3)?,
        ))
    };
    let found = db.one(
        "reading a document",
        "SELECT doc, heads, ops, first_at FROM documents WHERE incident = ?1",
        &[incident.as_bytes()],
        read,
    )?;
    let wait = |row: &rusqlite::Row<'_>| {
        Ok(Waiting {
            row: log_row(row)?,
            incarnation: row.get(5)?,
            envelope: row.get(6)?,
            hash: ChangeHash(row.get(7)?),
        })
    };
    let waiting = db.all(
        "reading changes that wait",
        "SELECT chunk, device, relayed, skew, 0, incarnation, envelope, hash FROM waiting WHERE incident = ?1",
        &[incident.as_bytes()],
        wait,
    )?;
    let Some((doc, heads, ops, first_at)) = found else {
        return Ok(KnownIncident {
            doc: None,
            first_at: None,
            term: ScopeDigest::default(),
            ops: 0,
            waiting,
        });
    };
    let first_at = Timestamp::from_second(first_at).ok();
    Ok(KnownIncident {
        doc: Some(doc),
        first_at,
        term: ScopeDigest::term(incident, &row::heads(&heads)),
        ops: ops.cast_unsigned(),
        waiting,
    })
}

pub(crate) fn read_log(db: &Db, known: &KnownIncident) -> Result<Vec<LogRow>> {
    let Some(doc) = known.doc else {
        return Ok(Vec::new());
    };
    db.all("reading changes", "SELECT chunk, device, relayed, skew, received_at FROM feed WHERE kind = 0 AND doc = ?1 ORDER BY seq", &[&doc], log_row)
}

pub(crate) fn forget_waiting(db: &Db, incident: IncidentId, hash: ChangeHash) -> Result<()> {
    db.execute(
        "forgetting a change that waited",
        "DELETE FROM waiting WHERE incident = ?1 AND hash = ?2",
        &[incident.as_bytes(), &hash.0],
    )
    .map(drop)
}
