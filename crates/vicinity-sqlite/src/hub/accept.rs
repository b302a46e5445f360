//! Taking changes at the hub: log, row, digest, projection and feed move together or not at all.

use std::collections::BTreeMap;

use vicinity_core::admit::{Verdict, View};
use vicinity_core::batch::Group;
use vicinity_core::chunk::Chunk;
use vicinity_core::consent;
use vicinity_core::guard::Refusal;
use vicinity_core::ids::{ChangeHash, IncidentId, ScopeDigest};
use vicinity_core::incident::Incident;
use vicinity_core::reading::{self, Reading};
use vicinity_core::time::{TimeZone, Timestamp};

use crate::db::{Db, Result};
use crate::hub::board;
use crate::hub::erase;
use crate::hub::evidence::Taking;
use crate::hub::feed::{Head, append_change};
use crate::hub::known::{
    KnownIncident, are_all_known, forget_waiting, may_write, read_known, read_log,
};
use crate::hub::leaving;
use crate::hub::scope::{enter, in_scope, leave, lost_scope, move_digests};
use crate::hub::shares;
use crate::hub::tables;
use crate::hub::times;
use crate::hub::tombstones;
use crate::hub::uplink;
use vicinity_store::StoreError;
use vicinity_store::evidence::SignedRequest;
use vicinity_store::hub::{DEVICE_REFUSED_BYTES, Peer, REFUSED_ROW_BYTES, Random, Role};
use vicinity_store::policy::holding::{self, Assignment};
use vicinity_store::policy::{self, Brought, ClockKnown, Judgement, LogRow};
use vicinity_store::row;

/// The number under which the hub writes itself.
const HUB_ITSELF: u32 = 0;

pub(crate) fn accept(
    db: &mut Db,
    peer: &Peer,
    request: Option<SignedRequest<'_>>,
    groups: &[Group],
    now: Timestamp,
    random: &mut dyn Random,
) -> Result<Vec<Verdict>> {
    let mut verdicts = vec![Verdict::NotYet; groups.iter().map(|group| group.changes.len()).sum()];
    let mut envelope = Taking::begin(db, request)?;
    let (clock, zone) = (times::clock_of(db, peer)?, times::zone(db)?);
    for (incident, changes) in policy::by_incident(groups) {
        let given = accept_document(
            db,
            &Sender {
                peer,
                clock,
                zone: zone.clone(),
                envelope: envelope.id,
            },
            incident,
            &changes,
            now,
            random,
        )?;
        envelope.note(incident, &given);
        for (brought, verdict) in changes.iter().zip(given) {
            verdicts[brought.place] = verdict;
        }
    }
    envelope.keep(db, peer)?;
    Ok(verdicts)
}

/// Who sends, by which clock, and in which envelope.
struct Sender<'a> {
    peer: &'a Peer,
    clock: ClockKnown,
    /// The hub's, looked up once a request: finding it reads the time zone database.
    zone: Option<TimeZone>,
    envelope: Option<i64>,
}

impl Sender<'_> {
    /// A change as its log will have it. Of what others wrote it knows no clock.
    fn row(&self, brought: &Brought<'_>, now: Timestamp) -> LogRow {
        let written = Chunk::parse(&brought.change.chunk)
            .ok()
            .filter(|_| !brought.relayed)
            .map(|chunk| chunk.time);
        let skew_seconds = written.and_then(|written| self.clock.skew_of(written, now));
        LogRow {
            chunk: brought.change.chunk.clone(),
            device: self.peer.number,
            relayed: brought.relayed,
            skew_seconds,
            received_at: now,
        }
    }
}

/// What one document's step knows.
struct Accepting<'a> {
    incident: IncidentId,
    changes: &'a [Brought<'a>],
    known: &'a KnownIncident,
    log: &'a [LogRow],
    judged: &'a Judgement,
    now: Timestamp,
}

fn accept_document(
    db: &mut Db,
    sender: &Sender<'_>,
    incident: IncidentId,
    changes: &[Brought<'_>],
    now: Timestamp,
    random: &mut dyn Random,
) -> Result<Vec<Verdict>> {
    let peer = sender.peer;
    if tombstones::is_erased(db, incident)? {
        tombstones::order_again(db, incident, peer)?;
        return Ok(vec![Verdict::Rejected(Refusal::Erased); changes.len()]);
    }
    let known = read_known(db, incident)?;
    let in_scope = may_write(db, &known, peer)?;
    if in_scope && are_all_known(db, &known, peer, changes)? {
        return Ok(vec![Verdict::Duplicate; changes.len()]);
    }
    let log = read_log(db, &known)?;
    if let Some(verdicts) = policy::other_incident(&log, changes) {
        return Ok(verdicts);
    }
    if let Some(doc) = known.doc
        && !in_scope
    {
        if leaving::has_departed(db, doc, peer.number)? {
            // It has something to say of it after all, or was restored and still holds it.
            leaving::forget(db, doc, peer.number)?;
            shares::note_lasting(db, peer.number, 1)?;
        } else if !lost_scope(db, doc, peer.number)? || !policy::proves_possession(&log, changes) {
            return Ok(policy::out_of_scope(&log, changes));
        }
        enter(db, doc, incident, peer.number, known.term, now)?;
    }
    let waiting: Vec<Vec<u8>> = known
        .waiting
        .iter()
        .map(|waiting| waiting.row.chunk.clone())
        .collect();
    let judged = policy::judge(&log, &waiting, changes, peer.number);
    db.loaded.set(
        db.loaded
            .get()
            .saturating_add(policy::in_one_piece(judged.loaded)),
    );
    if !judged.consented {
        return Ok(judged.verdicts);
    }
    for (hash, refusal) in &judged.dropped {
        if let Some(waiting) = known.waiting.iter().find(|waiting| waiting.hash == *hash) {
            quarantine(
                db,
                waiting.row.device,
                incident,
                *hash,
                &waiting.row.chunk,
                *refusal,
                now,
            )?;
            shares::move_stored(db, waiting.row.device, -(waiting.row.chunk.len() as i64))?;
        }
        forget_waiting(db, incident, *hash)?;
    }
    let step = Accepting {
        incident,
        changes,
        known: &known,
        log: &log,
        judged: &judged,
        now,
    };
    if keep(db, sender, &step, random)? {
        return Ok(vec![Verdict::Rejected(Refusal::Erased); changes.len()]);
    }
    keep_aside(db, sender, incident, changes, &judged.verdicts, now)?;
    Ok(judged.verdicts)
}

/// Records what is part of the document now. `true` if its survivor took all consent back with it: it is erased then.
fn keep(
    db: &mut Db,
    sender: &Sender<'_>,
    step: &Accepting<'_>,
    random: &mut dyn Random,
) -> Result<bool> {
    let Accepting {
        incident,
        changes,
        known,
        log,
        judged,
        now,
    } = *step;
    let Some(view) = &judged.view else {
        if let Some(doc) = known.doc {
            // A document that does not load any more: the log takes what came, the row stays until somebody repairs it.
            append(db, doc, sender, step)?;
        }
        return Ok(false);
    };
    let peer = sender.peer;
    if let Some(doc) = known.doc {
        leaving::bring_back(db, doc, incident, known.term, now)?;
    }
    let came: Vec<LogRow> = changes
        .iter()
        .map(|brought| sender.row(brought, now))
        .chain(known.waiting.iter().map(|waiting| waiting.taken(now)))
        .collect();
    let times = policy::times(&view.written, log.iter().chain(&came));
    let read = view.incident.clone().read_by(Reading {
        zone: sender.zone.clone(),
        received_at: Some(known.first_at.unwrap_or(now)),
        times,
    });
    let doc = write_document(db, step, view, &read, peer)?;
    append(db, doc, sender, step)?;
    if peer.number != HUB_ITSELF && (peer.role == Role::Responder || !known.waiting.is_empty()) {
        tables::note_seen_by_log(db, doc)?;
    }
    if policy::recalled(&view.incident) {
        // Taken first, so that its sender is among those who hold it.
        let is_new = known.doc.is_none()
            && known.waiting.is_empty()
            && changes.iter().all(|brought| !brought.relayed);
        erase::recall(db, incident, peer, is_new, now)?;
        return Ok(true);
    }
    uplink::project(db, doc, incident, &read, now, random)?;
    Ok(false)
}

/// Keeps what waits and what is refused.
fn keep_aside(
    db: &Db,
    sender: &Sender<'_>,
    incident: IncidentId,
    changes: &[Brought<'_>],
    verdicts: &[Verdict],
    now: Timestamp,
) -> Result<()> {
    let peer = sender.peer;
    for (brought, verdict) in changes.iter().zip(verdicts) {
        let chunk = &brought.change.chunk;
        match verdict {
            Verdict::Pending => {
                let query = "INSERT INTO waiting (incident, hash, device, incarnation, relayed, chunk, envelope, skew) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";
                let skew = sender.row(brought, now).skew_seconds;
                let is_new = db.execute(
                    "keeping a change that waits",
                    query,
                    &[
                        incident.as_bytes(),
                        &brought.hash().0,
                        &peer.number,
                        &peer.incarnation.cast_signed(),
                        &brought.relayed,
                        chunk,
                        &sender.envelope,
                        &skew,
                    ],
                )?;
                if is_new == 1 {
                    shares::move_stored(db, peer.number, chunk.len() as i64)?;
                }
            }
            Verdict::Rejected(refusal) => quarantine(
                db,
                peer.number,
                incident,
                brought.hash(),
                chunk,
                *refusal,
                now,
            )?,
            Verdict::Stored | Verdict::Duplicate | Verdict::NotYet => {}
        }
    }
    Ok(())
}

fn write_document(
    db: &Db,
    step: &Accepting<'_>,
    view: &View,
    read: &Incident,
    peer: &Peer,
) -> Result<i64> {
    let Accepting {
        incident,
        known,
        judged,
        now,
        ..
    } = *step;
    let ops = judged.ops.cast_signed();
    let (recheck, ended) = (
        consent::next_expiry(&view.incident, now),
        consent::last_expiry(&view.incident, now),
    );
    let (recheck, ended) = (
        recheck.map(Timestamp::as_second),
        ended.map(Timestamp::as_second),
    );
    let (heads, facts, disputes) = (
        row::heads_bytes(&view.heads),
        row::facts(&view.incident),
        row::disputes(&view.incident),
    );
    let times = reading::to_json(&read.reading().times);
    let doc = if let Some(doc) = known.doc {
        let query = "UPDATE documents SET heads = ?2, facts = ?3, disputes = ?4, recheck_at = ?5, ended_at = ?6, ops = ?7, times = ?8 WHERE doc = ?1";
        db.execute(
            "writing a document",
            query,
            &[
                &doc, &heads, &facts, &disputes, &recheck, &ended, &ops, &times,
            ],
        )?;
        doc
    } else {
        let query = include_str!("../../queries/hub_accept_write_document.sql");
        db.execute(
            "writing a document",
            query,
            &[
                incident.as_bytes(),
                &heads,
                &facts,
                &disputes,
                &now.as_second(),
                &recheck,
                &ended,
                &ops,
                &times,
            ],
        )?;
        let doc = db.conn.last_insert_rowid();
        if peer.role == Role::Educator {
            db.execute(
                "writing scope",
                "INSERT INTO scope (doc, device) VALUES (?1, ?2)",
                &[&doc, &peer.number],
            )?;
        }
        doc
    };
    board::write(db, doc, read, now)?;
    move_digests(
        db,
        doc,
        known.term,
        ScopeDigest::term(incident, &view.heads),
    )?;
    Ok(doc)
}

fn append(db: &Db, doc: i64, sender: &Sender<'_>, step: &Accepting<'_>) -> Result<()> {
    let Accepting {
        incident,
        changes,
        known,
        judged,
        now,
        ..
    } = *step;
    let mut head = Head::read(db)?;
    let mut bytes = 0;
    // A change that is named more than once counts as it was named first.
    let taken = changes
        .iter()
        .zip(&judged.verdicts)
        .filter(|(_, verdict)| **verdict == Verdict::Stored)
        .rev();
    let came: BTreeMap<ChangeHash, &Brought<'_>> = taken
        .map(|(brought, _)| (brought.hash(), brought))
        .collect();
    for hash in &judged.stored {
        let waited = known.waiting.iter().find(|waiting| waiting.hash == *hash);
        head = head.next(incident, *hash);
        if let Some(brought) = came.get(hash) {
            bytes += brought.change.chunk.len() as i64;
            if let Some(waited) = waited {
                shares::move_stored(db, waited.row.device, -(brought.change.chunk.len() as i64))?;
            }
            append_change(
                db,
                head,
                doc,
                &sender.row(brought, now),
                sender.peer.incarnation.cast_signed(),
                sender.envelope,
            )?;
        } else if let Some(waiting) = waited {
            append_change(
                db,
                head,
                doc,
                &waiting.taken(now),
                waiting.incarnation,
                waiting.envelope,
            )?;
        }
        if waited.is_some() {
            forget_waiting(db, incident, *hash)?;
        }
    }
    // What had waited is in its sender's share already.
    shares::move_stored(db, sender.peer.number, bytes)
}

fn quarantine(
    db: &Db,
    device: u32,
    incident: IncidentId,
    hash: ChangeHash,
    chunk: &[u8],
    refusal: Refusal,
    now: Timestamp,
) -> Result<()> {
    let bytes = chunk.len() as u64 + REFUSED_ROW_BYTES;
    if shares::refused(db, device)? + bytes > DEVICE_REFUSED_BYTES {
        return Ok(());
    }
    let query = "INSERT INTO quarantine (incident, device, reason, at, hash, chunk) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
    if db.execute(
        "keeping a refused change",
        query,
        &[
            incident.as_bytes(),
            &device,
            &refusal.code(),
            &now.as_second(),
            &hash.0,
            &chunk,
        ],
    )? == 1
    {
        shares::move_refused(db, device, bytes.cast_signed())?;
    }
    Ok(())
}

pub(crate) fn assign(
    db: &mut Db,
    incident: IncidentId,
    device: u32,
    assigned: bool,
    now: Timestamp,
) -> Result<bool> {
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?));
    let found = db.one(
        "reading a document",
        "SELECT doc, heads FROM documents WHERE incident = ?1",
        &[incident.as_bytes()],
        read,
    )?;
    let role = db.one(
        "reading a device",
        "SELECT role FROM devices WHERE number = ?1",
        &[&device],
        |row| row.get::<_, String>(0),
    )?;
    let (Some((doc, heads)), Some(role)) = (found, role) else {
        return Ok(false);
    };
    leaving::forget(db, doc, device)?;
    let role = Role::from_code(&role).ok_or(StoreError::Damaged("device"))?;
    let term = ScopeDigest::term(incident, &row::heads(&heads));
    match holding::assign(role, in_scope(db, doc, device)?, assigned) {
        Assignment::Nothing => {}
        Assignment::Enters => enter(db, doc, incident, device, term, now)?,
        Assignment::Leaves => leave(db, doc, incident, device, term, now)?,
    }
    Ok(true)
}
