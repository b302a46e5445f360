//! Taking changes at the hub: log, row, digest, projection and feed move together or not at all.

use sha2::{Digest, Sha256};
use vicinity_core::access::Action;
use vicinity_core::admit::{Verdict, View};
use vicinity_core::batch::Group;
use vicinity_core::chunk::Chunk;
use vicinity_core::consent;
use vicinity_core::guard::Refusal;
use vicinity_core::ids::{ChangeHash, IncidentId, ScopeDigest};
use vicinity_core::incident::Incident;
use vicinity_core::reading::{self, Reading};
use vicinity_core::time::Timestamp;

use super::hub_evidence::Taking;
use super::{Db, Result, digest_of, hub_board, hub_erase, hub_leaving, hub_shares, hub_times, hub_uplink};
use crate::StoreError;
use crate::evidence::SignedRequest;
use crate::hub::{DEVICE_REFUSED_BYTES, Peer, REFUSED_ROW_BYTES, Random, Role};
use crate::policy::{self, ClockKnown, LogRow};
use crate::row;

pub(super) const KIND_CHANGE: i64 = 0;
pub(super) const KIND_ENTERED: i64 = 1;
pub(super) const KIND_LEFT: i64 = 2;

/// The head of the feed.
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub(super) seq: u64,
    pub(super) chain: [u8; 16],
}

impl Head {
    pub(super) fn read(db: &Db) -> Result<Self> {
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 16]>(1)?));
        let found = db.one("reading the feed", "SELECT seq, chain FROM feed ORDER BY seq DESC LIMIT 1", &[], read)?;
        Ok(found.map_or(Self { seq: 0, chain: [0; 16] }, |(seq, chain)| Self { seq: seq.cast_unsigned(), chain }))
    }

    pub(super) fn next(self, incident: IncidentId, hash: ChangeHash) -> Self {
        let seq = self.seq + 1;
        let mut hasher = Sha256::new();
        hasher.update(self.chain);
        hasher.update(seq.to_be_bytes());
        hasher.update(incident.as_bytes());
        hasher.update(hash.0);
        let full: [u8; 32] = hasher.finalize().into();
        let mut chain = [0; 16];
        chain.copy_from_slice(&full[..16]);
        Self { seq, chain }
    }
}

struct Known {
    doc: Option<i64>,
    first_at: Timestamp,
    term: ScopeDigest,
    log: Vec<LogRow>,
    waiting: Vec<Waiting>,
}

/// A change that waits, with the life of the device that sent it (that life is not to be given it back) and its envelope.
struct Waiting {
    row: LogRow,
    incarnation: i64,
    envelope: Option<i64>,
}

impl Waiting {
    fn is(&self, hash: ChangeHash) -> bool {
        ChangeHash::of(self.row.chunk.get(8..).unwrap_or_default()) == hash
    }
}

pub(super) fn accept(
    db: &mut Db,
    peer: &Peer,
    request: Option<SignedRequest<'_>>,
    groups: &[Group],
    now: Timestamp,
    random: &mut dyn Random,
) -> Result<Vec<Verdict>> {
    let mut verdicts = Vec::new();
    let mut envelope = Taking::begin(db, request)?;
    let clock = hub_times::clock_of(db, peer)?;
    for group in groups {
        let given = accept_group(db, &Sender { peer, clock, envelope: envelope.id }, group, now, random)?;
        envelope.note(group.incident, &given);
        verdicts.extend(given);
    }
    envelope.keep(db, peer)?;
    Ok(verdicts)
}

/// Who sends, by which clock, and in which envelope.
struct Sender<'a> {
    peer: &'a Peer,
    clock: ClockKnown,
    envelope: Option<i64>,
}

impl Sender<'_> {
    /// A change as its log will have it. Of what others wrote it knows no clock.
    fn row(&self, group: &Group, chunk: &[u8], now: Timestamp) -> LogRow {
        let written = Chunk::parse(chunk).ok().filter(|_| !group.relayed).map(|chunk| chunk.time);
        let skew_seconds = written.and_then(|written| self.clock.skew_of(written, now));
        LogRow { chunk: chunk.to_vec(), device: self.peer.number, relayed: group.relayed, skew_seconds, received_at: now }
    }
}

fn accept_group(db: &mut Db, sender: &Sender<'_>, group: &Group, now: Timestamp, random: &mut dyn Random) -> Result<Vec<Verdict>> {
    let peer = sender.peer;
    let refused_as_erased = || vec![Verdict::Rejected(Refusal::Erased); group.changes.len()];
    if hub_erase::is_erased(db, group.incident)? {
        hub_erase::order_again(db, group.incident, peer)?;
        return Ok(refused_as_erased());
    }
    let known = read_known(db, group.incident, now)?;
    if let Some(doc) = known.doc
        && !policy::may_reach(peer.role, Action::WriteIncident, || in_scope(db, doc, peer.number))?
    {
        if hub_leaving::has_departed(db, doc, peer.number)? {
            // It has something to say of it after all, or was restored and still holds it.
            hub_leaving::forget(db, doc, peer.number)?;
            hub_shares::note_lasting(db, peer.number, 1)?;
        } else if !lost_scope(db, doc, peer.number)? || !policy::proves_possession(&known.log, &group.changes) {
            return Ok(policy::out_of_scope(&known.log, &group.changes));
        }
        enter(db, doc, group.incident, peer.number, known.term, now)?;
    }
    let waiting: Vec<Vec<u8>> = known.waiting.iter().map(|waiting| waiting.row.chunk.clone()).collect();
    let judged = policy::judge(&known.log, &waiting, &group.changes, peer.number, group.relayed);
    if !judged.consented {
        return Ok(judged.verdicts);
    }
    for (hash, refusal) in &judged.dropped {
        if let Some(waiting) = known.waiting.iter().find(|waiting| waiting.is(*hash)) {
            quarantine(db, waiting.row.device, group.incident, *hash, &waiting.row.chunk, *refusal, now)?;
            hub_shares::move_stored(db, waiting.row.device, -(waiting.row.chunk.len() as i64))?;
        }
        db.execute("forgetting a change that waited", "DELETE FROM waiting WHERE incident = ?1 AND hash = ?2", &[group.incident.as_bytes(), &hash.0])?;
    }
    if let Some(view) = &judged.view {
        if let Some(doc) = known.doc {
            hub_leaving::bring_back(db, doc, group.incident, known.term, now)?;
        }
        let came: Vec<LogRow> = group.changes.iter().map(|change| sender.row(group, &change.chunk, now)).collect();
        let waited = known.waiting.iter().map(|waiting| &waiting.row);
        let reading = Reading {
            zone: hub_times::zone(db)?,
            received_at: Some(known.first_at),
            times: policy::times(&view.written, known.log.iter().chain(waited).chain(&came)),
        };
        let incident = view.incident.clone().read_by(reading);
        let doc = write_document(db, group.incident, &known, view, &incident, peer, now)?;
        append(db, doc, sender, group, &known, &judged.stored, now)?;
        if policy::recalled(&view.incident) {
            // Taken first, so that its sender is among those who hold it.
            let is_new = known.doc.is_none() && known.waiting.is_empty() && !group.relayed;
            hub_erase::recall(db, group.incident, peer, is_new, now)?;
            return Ok(refused_as_erased());
        }
        hub_uplink::project(db, doc, group.incident, &incident, now, random)?;
    } else if let Some(doc) = known.doc {
        // A document that does not load any more: the log takes what came, the row stays until somebody mends it.
        append(db, doc, sender, group, &known, &judged.stored, now)?;
    }
    for (change, verdict) in group.changes.iter().zip(&judged.verdicts) {
        let hash = ChangeHash::of(change.chunk.get(8..).unwrap_or_default());
        match verdict {
            Verdict::Pending => {
                let query = "INSERT INTO waiting (incident, hash, device, incarnation, relayed, chunk, envelope, skew) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";
                let skew = sender.row(group, &change.chunk, now).skew_seconds;
                let is_new = db.execute(
                    "keeping a change that waits",
                    query,
                    &[
                        group.incident.as_bytes(),
                        &hash.0,
                        &peer.number,
                        &peer.incarnation.cast_signed(),
                        &group.relayed,
                        &change.chunk,
                        &sender.envelope,
                        &skew,
                    ],
                )?;
                if is_new == 1 {
                    hub_shares::move_stored(db, peer.number, change.chunk.len() as i64)?;
                }
            }
            Verdict::Rejected(refusal) => quarantine(db, peer.number, group.incident, hash, &change.chunk, *refusal, now)?,
            Verdict::Stored | Verdict::Duplicate => {}
        }
    }
    Ok(judged.verdicts)
}

fn read_known(db: &Db, incident: IncidentId, now: Timestamp) -> Result<Known> {
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?, row.get::<_, i64>(2)?));
    let found = db.one("reading a document", "SELECT doc, heads, first_at FROM documents WHERE incident = ?1", &[incident.as_bytes()], read)?;
    let wait = |row: &rusqlite::Row<'_>| {
        // What waits counts as taken when it is part of the document.
        let held = LogRow { chunk: row.get(0)?, device: row.get(1)?, relayed: row.get(2)?, skew_seconds: row.get(5)?, received_at: now };
        Ok(Waiting { row: held, incarnation: row.get(3)?, envelope: row.get(4)? })
    };
    let waiting = db.all(
        "reading changes that wait",
        "SELECT chunk, device, relayed, incarnation, envelope, skew FROM waiting WHERE incident = ?1",
        &[incident.as_bytes()],
        wait,
    )?;
    let Some((doc, heads, first_at)) = found else { return Ok(Known { doc: None, first_at: now, term: ScopeDigest::default(), log: Vec::new(), waiting }) };
    let query = "SELECT chunk, device, relayed, skew, received_at FROM feed WHERE kind = 0 AND doc = ?1 ORDER BY seq";
    let log = db.all("reading changes", query, &[&doc], hub_times::log_row)?;
    let first_at = Timestamp::from_second(first_at).unwrap_or(now);
    Ok(Known { doc: Some(doc), first_at, term: ScopeDigest::term(incident, &row::heads(&heads)), log, waiting })
}

fn write_document(db: &Db, incident: IncidentId, known: &Known, view: &View, read: &Incident, peer: &Peer, now: Timestamp) -> Result<i64> {
    let recheck = consent::next_expiry(&view.incident, now).map(Timestamp::as_second);
    let (heads, facts, disputes) = (row::heads_bytes(&view.heads), row::facts(&view.incident), row::disputes(&view.incident));
    let times = reading::to_json(&read.reading().times);
    let doc = if let Some(doc) = known.doc {
        let query = "UPDATE documents SET heads = ?2, facts = ?3, disputes = ?4, recheck_at = ?5, times = ?6 WHERE doc = ?1";
        db.execute("writing a document", query, &[&doc, &heads, &facts, &disputes, &recheck, &times])?;
        doc
    } else {
        let query = "INSERT INTO documents (incident, heads, facts, disputes, first_at, recheck_at, times) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        db.execute("writing a document", query, &[incident.as_bytes(), &heads, &facts, &disputes, &now.as_second(), &recheck, &times])?;
        let doc = db.conn.last_insert_rowid();
        if peer.role == Role::Educator {
            db.execute("writing scope", "INSERT INTO scope (doc, device) VALUES (?1, ?2)", &[&doc, &peer.number])?;
        }
        doc
    };
    hub_board::write(db, doc, read, now)?;
    move_digests(db, doc, known.term, ScopeDigest::term(incident, &view.heads))?;
    Ok(doc)
}

/// Everyone who sees the document sees its digest move.
pub(super) fn move_digests(db: &Db, doc: i64, old: ScopeDigest, new: ScopeDigest) -> Result<()> {
    let all = digest_of(db.meta("digest")?)?.replace(old, new);
    db.set_meta("digest", &all.0.to_be_bytes())?;
    for device in db.all("reading scope", "SELECT device FROM scope WHERE doc = ?1", &[&doc], |row| row.get::<_, u32>(0))? {
        move_device_digest(db, device, old, new)?;
    }
    Ok(())
}

fn move_device_digest(db: &Db, device: u32, old: ScopeDigest, new: ScopeDigest) -> Result<()> {
    let digest = db.one("reading a digest", "SELECT digest FROM devices WHERE number = ?1", &[&device], |row| row.get(0))?;
    let digest = digest_of(digest)?.replace(old, new).0.to_be_bytes();
    db.execute("writing a digest", "UPDATE devices SET digest = ?2 WHERE number = ?1", &[&device, &digest]).map(drop)
}

fn append(db: &Db, doc: i64, sender: &Sender<'_>, group: &Group, known: &Known, stored: &[ChangeHash], now: Timestamp) -> Result<()> {
    let mut head = Head::read(db)?;
    let mut bytes = 0;
    for hash in stored {
        let waited = known.waiting.iter().find(|waiting| waiting.is(*hash));
        head = head.next(group.incident, *hash);
        if let Some(change) = group.changes.iter().find(|change| ChangeHash::of(change.chunk.get(8..).unwrap_or_default()) == *hash) {
            bytes += change.chunk.len() as i64;
            if let Some(waited) = waited {
                hub_shares::move_stored(db, waited.row.device, -(change.chunk.len() as i64))?;
            }
            let row = sender.row(group, &change.chunk, now);
            append_change(db, head, doc, &row, sender.peer.incarnation.cast_signed(), sender.envelope)?;
        } else if let Some(Waiting { row, incarnation, envelope }) = waited {
            append_change(db, head, doc, row, *incarnation, *envelope)?;
        }
        if waited.is_some() {
            db.execute("forgetting a change that waited", "DELETE FROM waiting WHERE incident = ?1 AND hash = ?2", &[group.incident.as_bytes(), &hash.0])?;
        }
    }
    // What had waited is in its sender's share already.
    hub_shares::move_stored(db, sender.peer.number, bytes)
}

fn append_change(db: &Db, head: Head, doc: i64, row: &LogRow, incarnation: i64, envelope: Option<i64>) -> Result<()> {
    let parsed = Chunk::parse(&row.chunk).map_err(|_| StoreError::Damaged("change"))?;
    let query = "INSERT INTO feed (seq, chain, kind, doc, device, incarnation, relayed, actor, actor_seq, received_at, chunk, envelope, skew)
        VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    let (seq, actor_seq, received_at) = (head.seq.cast_signed(), parsed.seq.cast_signed(), row.received_at.as_second());
    let columns: [&dyn rusqlite::ToSql; 12] =
        [&seq, &head.chain, &doc, &row.device, &incarnation, &row.relayed, &parsed.actor, &actor_seq, &received_at, &row.chunk, &envelope, &row.skew_seconds];
    db.execute("appending a change", query, &columns).map(drop)
}

fn quarantine(db: &Db, device: u32, incident: IncidentId, hash: ChangeHash, chunk: &[u8], refusal: Refusal, now: Timestamp) -> Result<()> {
    let bytes = chunk.len() as u64 + REFUSED_ROW_BYTES;
    if hub_shares::refused(db, device)? + bytes > DEVICE_REFUSED_BYTES {
        return Ok(());
    }
    let query = "INSERT INTO quarantine (incident, device, reason, at, hash, chunk) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
    if db.execute("keeping a refused change", query, &[incident.as_bytes(), &device, &refusal.code(), &now.as_second(), &hash.0, &chunk])? == 1 {
        hub_shares::move_refused(db, device, bytes.cast_signed())?;
    }
    Ok(())
}

pub(super) fn in_scope(db: &Db, doc: i64, device: u32) -> Result<bool> {
    Ok(db.one("reading scope", "SELECT 1 FROM scope WHERE doc = ?1 AND device = ?2", &[&doc, &device], |_| Ok(()))?.is_some())
}

/// Whether a restore may have taken this document out of the device's scope: nobody took it back, as far as the hub knows.
pub(super) fn lost_scope(db: &Db, doc: i64, device: u32) -> Result<bool> {
    if db.meta(policy::RESTORED)?.is_none() {
        return Ok(false);
    }
    let query = "SELECT kind FROM feed WHERE kind <> 0 AND doc = ?1 AND device = ?2 ORDER BY seq DESC LIMIT 1";
    let last = db.one("reading scope", query, &[&doc, &device], |row| row.get::<_, i64>(0))?;
    Ok(last != Some(KIND_LEFT))
}

/// Lets a document into a device's scope.
pub(super) fn enter(db: &Db, doc: i64, incident: IncidentId, device: u32, term: ScopeDigest, now: Timestamp) -> Result<()> {
    db.execute("writing scope", "INSERT INTO scope (doc, device) VALUES (?1, ?2)", &[&doc, &device])?;
    move_device_digest(db, device, ScopeDigest::default(), term)?;
    append_scope(db, doc, incident, device, KIND_ENTERED, now)
}

/// Takes a document out of a device's scope.
pub(super) fn leave(db: &Db, doc: i64, incident: IncidentId, device: u32, term: ScopeDigest, now: Timestamp) -> Result<()> {
    db.execute("writing scope", "DELETE FROM scope WHERE doc = ?1 AND device = ?2", &[&doc, &device])?;
    move_device_digest(db, device, term, ScopeDigest::default())?;
    append_scope(db, doc, incident, device, KIND_LEFT, now)
}

fn append_scope(db: &Db, doc: i64, incident: IncidentId, device: u32, kind: i64, now: Timestamp) -> Result<()> {
    let head = Head::read(db)?.next(incident, ChangeHash([kind as u8; 32]));
    let query = "INSERT INTO feed (seq, chain, kind, doc, device, incarnation, relayed, received_at) VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6)";
    db.execute("appending to the feed", query, &[&head.seq.cast_signed(), &head.chain, &kind, &doc, &device, &now.as_second()]).map(drop)
}

pub(super) fn assign(db: &mut Db, incident: IncidentId, device: u32, assigned: bool, now: Timestamp) -> Result<bool> {
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?));
    let found = db.one("reading a document", "SELECT doc, heads FROM documents WHERE incident = ?1", &[incident.as_bytes()], read)?;
    let role = db.one("reading a device", "SELECT role FROM devices WHERE number = ?1", &[&device], |row| row.get::<_, String>(0))?;
    let (Some((doc, heads)), Some(role)) = (found, role) else { return Ok(false) };
    hub_leaving::forget(db, doc, device)?;
    if role != Role::Educator.code() || in_scope(db, doc, device)? == assigned {
        return Ok(true);
    }
    let term = ScopeDigest::term(incident, &row::heads(&heads));
    if assigned {
        enter(db, doc, incident, device, term, now)?;
    } else {
        leave(db, doc, incident, device, term, now)?;
    }
    Ok(true)
}
