//! Giving a device what it lacks: by the feed, or by comparing heads.

use std::collections::{BTreeMap, BTreeSet};

use vicinity_core::access::Action;
use vicinity_core::batch::{self, Cursor, DocumentHeads, Group, GroupChange, HeadsPage, Pull};
use vicinity_core::chunk::Chunk;
use vicinity_core::ids::{ChangeHash, IncidentId, ScopeDigest};

use crate::db::{Db, Result, digest_of};
use crate::hub::feed::{Head, KIND_CHANGE, KIND_ENTERED, KIND_LEFT};
use crate::hub::scope::{in_scope, lost_scope};
use crate::hub::tombstones;
use vicinity_store::hub::{Peer, Role};
use vicinity_store::policy;
use vicinity_store::policy::giving::{self, Compared, CursorPlace, Given, PullWork, Row};
use vicinity_store::row;

pub(crate) fn pull(
    db: &mut Db,
    epoch: [u8; 16],
    peer: &Peer,
    cursor: Option<Cursor>,
    page: Option<&HeadsPage>,
    pushed: &[IncidentId],
    raw_bytes: usize,
) -> Result<Option<Pull>> {
    let mut work = PullWork::new(raw_bytes);
    let head = Head::read(db)?;
    let key = db.setting(policy::CURSOR_KEY)?;
    let at_head = policy::cursor(key.as_deref(), epoch, head.seq, head.chain);
    let mut pull = Pull {
        groups: Vec::new(),
        removed: Vec::new(),
        need: Vec::new(),
        cursor: at_head,
        more: false,
        rebased_until: None,
        digest: digest(db, peer)?,
    };
    if let Some(page) = page {
        compare(db, peer, page, &mut work, &mut pull)?;
    } else {
        let Some(cursor) = cursor else {
            return Ok(None);
        };
        if !stands(db, epoch, &cursor)? {
            return Ok(None);
        }
        follow(db, peer, cursor, head, &mut work, &mut pull)?;
        pull.cursor = policy::cursor(key.as_deref(), epoch, pull.cursor.seq, pull.cursor.chain);
    }
    work.looked(pushed.len());
    needed(db, peer, pushed, &mut pull)?;
    db.loaded.set(db.loaded.get().saturating_add(work.ops()));
    Ok(Some(pull))
}

fn digest(db: &Db, peer: &Peer) -> Result<ScopeDigest> {
    match peer.role {
        Role::Educator => digest_of(db.one(
            "reading a digest",
            "SELECT digest FROM devices WHERE number = ?1",
            &[&peer.number],
            |row| row.get(0),
        )?),
        Role::Responder | Role::Hub => digest_of(db.setting("digest")?),
    }
}

/// Whether a cursor is of this feed. One that shows that the hub was restored is noted as such.
pub(crate) fn stands(db: &Db, epoch: [u8; 16], cursor: &Cursor) -> Result<bool> {
    let is_ours = policy::is_own_cursor(db.setting(policy::CURSOR_KEY)?.as_deref(), cursor);
    let place = giving::place(is_ours, cursor.epoch == epoch, || fits(db, cursor))?;
    if place == CursorPlace::ShowsRestore {
        db.set_setting(policy::RESTORED, &[1])?;
    }
    Ok(place == CursorPlace::Fits)
}

fn fits(db: &Db, cursor: &Cursor) -> Result<bool> {
    if cursor.seq == 0 {
        return Ok(cursor.chain == [0; 16]);
    }
    let chain = db.one(
        "reading the feed",
        "SELECT chain FROM feed WHERE seq = ?1",
        &[&cursor.seq.cast_signed()],
        |row| row.get::<_, [u8; 16]>(0),
    )?;
    Ok(chain == Some(cursor.chain))
}

/// Whether a device may be given a document.
fn sees(peer: &Peer, in_scope: impl FnOnce() -> Result<bool>) -> Result<bool> {
    policy::may_reach(peer.role, Action::ReadIncident, in_scope)
}

struct FeedRow {
    seq: u64,
    chain: [u8; 16],
    kind: i64,
    doc: i64,
    device: u32,
    incarnation: u64,
    relayed: bool,
    chunk: Option<Vec<u8>>,
}

impl FeedRow {
    fn about(&self, peer: &Peer) -> Row {
        let is_here = self.device == peer.number;
        match self.kind {
            KIND_CHANGE => Row::Change {
                is_own: is_here && self.incarnation == peer.incarnation,
            },
            KIND_ENTERED => Row::Entered { is_here },
            KIND_LEFT => Row::Left { is_here },
            _ => Row::Other,
        }
    }
}

fn follow(
    db: &Db,
    peer: &Peer,
    cursor: Cursor,
    head: Head,
    work: &mut PullWork,
    pull: &mut Pull,
) -> Result<()> {
    pull.cursor = cursor;
    if cursor.seq == head.seq {
        return Ok(());
    }
    let step = "reading the feed";
    let mut statement = crate::db::sql(
        step,
        db.conn.prepare_cached("SELECT seq, chain, kind, doc, device, incarnation, chunk, relayed FROM feed WHERE seq > ?1 ORDER BY seq"),
    )?;
    let mut rows = crate::db::sql(step, statement.query([cursor.seq.cast_signed()]))?;
    let mut places: BTreeMap<i64, usize> = BTreeMap::new();
    let mut scope: BTreeMap<i64, bool> = BTreeMap::new();
    while let Some(found) = crate::db::sql(step, rows.next())? {
        let row = crate::db::sql(step, read_row(found))?;
        if !work.has_room() {
            pull.more = true;
            break;
        }
        work.looked(1);
        let visible = sees(peer, || {
            Ok(match scope.get(&row.doc) {
                Some(known) => *known,
                None => *scope
                    .entry(row.doc)
                    .or_insert(in_scope(db, row.doc, peer.number)?),
            })
        })?;
        match giving::of_row(row.about(peer), visible) {
            Given::Change => {
                let change = GroupChange {
                    chunk: row.chunk.unwrap_or_default(),
                    by: giving::writer(peer.role, row.device, row.relayed),
                };
                work.gave(std::slice::from_ref(&change));
                let at = place(db, row.doc, &mut places, &mut pull.groups)?;
                pull.groups[at].changes.push(change);
            }
            Given::Document => {
                let at = place(db, row.doc, &mut places, &mut pull.groups)?;
                pull.groups[at].changes = whole(db, peer, row.doc, row.seq, work)?;
                work.gave(&pull.groups[at].changes);
            }
            Given::Removal => pull.removed.extend(incident_of(db, row.doc)?),
            Given::Nothing => {}
        }
        (pull.cursor.seq, pull.cursor.chain) = (row.seq, row.chain);
    }
    Ok(())
}

fn read_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<FeedRow> {
    Ok(FeedRow {
        seq: row.get::<_, i64>(0)?.cast_unsigned(),
        chain: row.get(1)?,
        kind: row.get(2)?,
        doc: row.get(3)?,
        device: row.get(4)?,
        incarnation: row.get::<_, i64>(5)?.cast_unsigned(),
        chunk: row.get(6)?,
        relayed: row.get(7)?,
    })
}

/// The group of a document, made when it first shows.
fn place(
    db: &Db,
    doc: i64,
    places: &mut BTreeMap<i64, usize>,
    groups: &mut Vec<Group>,
) -> Result<usize> {
    if let Some(at) = places.get(&doc) {
        return Ok(*at);
    }
    let incident = incident_of(db, doc)?.ok_or(vicinity_store::StoreError::Damaged("feed"))?;
    groups.push(Group {
        incident,
        relayed: false,
        changes: Vec::new(),
    });
    places.insert(doc, groups.len() - 1);
    Ok(groups.len() - 1)
}

fn incident_of(db: &Db, doc: i64) -> Result<Option<IncidentId>> {
    let found = db.one(
        "reading a document",
        "SELECT incident FROM documents WHERE doc = ?1",
        &[&doc],
        |row| row.get::<_, [u8; 16]>(0),
    )?;
    Ok(found.map(IncidentId::from_bytes))
}

fn whole(
    db: &Db,
    peer: &Peer,
    doc: i64,
    until: u64,
    work: &mut PullWork,
) -> Result<Vec<GroupChange>> {
    let query = "SELECT chunk, device, relayed FROM feed WHERE kind = 0 AND doc = ?1 AND seq <= ?2 ORDER BY seq";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(GroupChange {
            chunk: row.get(0)?,
            by: giving::writer(peer.role, row.get(1)?, row.get(2)?),
        })
    };
    let changes = db.all(
        "reading changes",
        query,
        &[&doc, &until.cast_signed()],
        read,
    )?;
    work.read(changes.len());
    Ok(changes)
}

/// Compares heads in a range of ids: what the sender lacks is given, what the hub lacks is asked for.
fn compare(
    db: &Db,
    peer: &Peer,
    page: &HeadsPage,
    work: &mut PullWork,
    pull: &mut Pull,
) -> Result<()> {
    let mut have: BTreeMap<IncidentId, &[ChangeHash]> = page
        .have
        .iter()
        .map(|document| (document.incident, document.heads.as_slice()))
        .collect();
    work.looked(page.have.len());
    for document in &page.have {
        if tombstones::is_erased(db, document.incident)? {
            tombstones::order_again(db, document.incident, peer)?;
            have.remove(&document.incident);
        }
    }
    let after = page
        .after
        .map(|id| id.as_bytes().to_vec())
        .unwrap_or_default();
    let until = page
        .until
        .map_or(vec![0xff; 17], |id| id.as_bytes().to_vec());
    let query = "SELECT doc, incident, heads FROM documents WHERE incident > ?1 AND incident <= ?2 ORDER BY incident";
    let step = "comparing heads";
    let mut statement = crate::db::sql(step, db.conn.prepare_cached(query))?;
    let mut rows = crate::db::sql(step, statement.query([&after, &until]))?;
    let mut last = None;
    let mut cut = false;
    while let Some(found) = crate::db::sql(step, rows.next())? {
        let (doc, incident, heads): (i64, [u8; 16], Vec<u8>) = (
            crate::db::sql(step, found.get(0))?,
            crate::db::sql(step, found.get(1))?,
            crate::db::sql(step, found.get(2))?,
        );
        let (incident, heads) = (IncidentId::from_bytes(incident), row::heads(&heads));
        if !work.has_room() {
            cut = true;
            break;
        }
        work.looked(1);
        last = Some(incident);
        let theirs = have.remove(&incident);
        let visible = sees(peer, || in_scope(db, doc, peer.number))?;
        let lost = || lost_scope(db, doc, peer.number);
        match giving::compare(theirs, &heads, visible, lost)? {
            Compared::Same => {}
            Compared::Removed => pull.removed.push(incident),
            Compared::Proof => pull.need.push(DocumentHeads {
                incident,
                heads: Vec::new(),
            }),
            Compared::Differs => {
                let ours = DocumentHeads { incident, heads };
                difference(db, peer, doc, ours, theirs.unwrap_or_default(), work, pull)?;
            }
        }
    }
    // What is left over, the sender has and the hub does not know at all.
    let covered = |incident: &IncidentId| !cut || last.is_some_and(|last| *incident <= last);
    pull.need.extend(
        have.keys()
            .filter(|incident| covered(incident))
            .map(|incident| DocumentHeads {
                incident: *incident,
                heads: Vec::new(),
            }),
    );
    pull.rebased_until = if cut { last } else { page.until };
    pull.more = pull.rebased_until.is_some();
    Ok(())
}

fn difference(
    db: &Db,
    peer: &Peer,
    doc: i64,
    ours: DocumentHeads,
    theirs: &[ChangeHash],
    work: &mut PullWork,
    pull: &mut Pull,
) -> Result<()> {
    let changes = whole(db, peer, doc, i64::MAX.cast_unsigned(), work)?;
    let chunks: Vec<Chunk<'_>> = changes
        .iter()
        .filter_map(|change| Chunk::parse(&change.chunk).ok())
        .collect();
    let lacks = batch::missing(&chunks, theirs);
    let here: BTreeSet<ChangeHash> = chunks.iter().map(|chunk| chunk.hash).collect();
    let unknown = theirs.iter().any(|head| !here.contains(head));
    drop(chunks);
    let mut changes: Vec<Option<GroupChange>> = changes.into_iter().map(Some).collect();
    let given: Vec<GroupChange> = lacks
        .into_iter()
        .filter_map(|at| changes.get_mut(at).and_then(Option::take))
        .collect();
    work.gave(&given);
    if !given.is_empty() {
        pull.groups.push(Group {
            incident: ours.incident,
            relayed: false,
            changes: given,
        });
    }
    if unknown {
        pull.need.push(ours);
    }
    Ok(())
}

/// Asks for the ancestors that pushed changes wait for, by document.
fn needed(db: &Db, peer: &Peer, pushed: &[IncidentId], pull: &mut Pull) -> Result<()> {
    let mut asked: BTreeSet<IncidentId> = pull.need.iter().map(|need| need.incident).collect();
    for incident in pushed {
        if db
            .one(
                "reading changes that wait",
                "SELECT 1 FROM waiting WHERE incident = ?1 LIMIT 1",
                &[incident.as_bytes()],
                |_| Ok(()),
            )?
            .is_none()
        {
            continue;
        }
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?));
        let found = db.one(
            "reading a document",
            "SELECT doc, heads FROM documents WHERE incident = ?1",
            &[incident.as_bytes()],
            read,
        )?;
        if let Some((doc, _)) = &found
            && !sees(peer, || in_scope(db, *doc, peer.number))?
        {
            continue;
        }
        if asked.insert(*incident) {
            pull.need.push(DocumentHeads {
                incident: *incident,
                heads: found
                    .map(|(_, heads)| row::heads(&heads))
                    .unwrap_or_default(),
            });
        }
    }
    Ok(())
}
