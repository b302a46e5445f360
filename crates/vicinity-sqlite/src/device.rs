//! The device's engine.

pub(crate) mod documents;
pub(crate) mod erase;
pub(crate) mod leaving;
pub(crate) mod once;
pub(crate) mod statements;
pub(crate) mod states;
pub(crate) mod tombstones;

use std::collections::BTreeMap;
use std::path::Path;

use vicinity_core::admit::{self, Verdict};
use vicinity_core::batch::{self, DocumentHeads, Erasure, Group, GroupChange, HeadsPage};
use vicinity_core::chunk::Chunk;
use vicinity_core::consent;
use vicinity_core::guard::Refusal;
use vicinity_core::ids::{ChangeHash, IncidentId, ScopeDigest};
use vicinity_core::time::Timestamp;

use crate::db::{Db, Result, digest_of, sql};
use documents::{KnownDocument, NewRow, chunks, known, move_digest, put_change, put_document};
use states::{HELD_BY_HUB, REFUSED, UNSENT};
use vicinity_store::device::{
    Delivered, DeviceSetting, DeviceStanding, DeviceStore, LoggedLines, Logging, OutboxPage,
    Written,
};
use vicinity_store::error::Damage;
use vicinity_store::row::{self, IncidentRow};
use vicinity_store::{DatabaseKey, StoreError};

/// The database's file name.
pub const DATABASE_FILE: &str = "device.db";

/// A device on SQLite: `device.db` in its home.
pub struct SqliteDevice {
    pub(crate) db: Db,
    writes: bool,
}

const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/device_0001.sql"),
    include_str!("../migrations/device_0002_once.sql"),
];

impl SqliteDevice {
    /// Looks at every page of the file, whatever lies on it: whether one is damaged. Takes some 4 seconds a gigabyte.
    ///
    /// # Errors
    /// The file cannot be read at all.
    pub fn damaged(&self) -> Result<Option<Damage>> {
        self.db.damaged()
    }
}

impl SqliteDevice {
    /// Opens or makes the device's store in a folder. Where that cannot be written, what is there can be read.
    ///
    /// # Errors
    /// The folder or its files cannot be used, or are of a newer version.
    pub fn open(folder: &Path, key: &DatabaseKey) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|source| StoreError::File {
            path: folder.display().to_string(),
            source,
        })?;
        let (db, writes) = Db::open_or_read(&folder.join(DATABASE_FILE), key, MIGRATIONS)?;
        Ok(Self { db, writes })
    }

    /// Whether it can be written: if not, every method that writes says [`StoreError::ReadOnly`].
    #[must_use]
    pub fn writes(&self) -> bool {
        self.writes
    }
}

/// Takes changes from the hub; how many were new.
fn take(db: &Db, group: &Group) -> Result<u64> {
    if tombstones::is_erased(db, group.incident)? {
        return Ok(0);
    }
    let known = known(db, group.incident)?;
    let stored = known
        .as_ref()
        .map(|known| chunks(db, known.doc))
        .transpose()?
        .unwrap_or_default();
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, u32>(1)?));
    let waiting = db.all(
        "reading changes that wait",
        "SELECT chunk, written_by FROM waiting WHERE incident = ?1",
        &[group.incident.as_bytes()],
        read,
    )?;
    let waiting_chunks: Vec<Vec<u8>> = waiting.iter().map(|(chunk, _)| chunk.clone()).collect();
    let incoming: Vec<Vec<u8>> = group
        .changes
        .iter()
        .map(|change| change.chunk.clone())
        .collect();
    if let Some(known) = &known
        && admit::is_other(
            stored.iter().map(Vec::as_slice),
            incoming.iter().map(Vec::as_slice),
        )
    {
        return once::set_apart(db, known.doc).map(|()| 0);
    }
    let admission = admit::admit(&stored, &waiting_chunks, &incoming);
    for (hash, _) in &admission.dropped {
        db.execute(
            "forgetting a change that waited",
            "DELETE FROM waiting WHERE incident = ?1 AND hash = ?2",
            &[group.incident.as_bytes(), &hash.0],
        )?;
    }
    let doc = match (&admission.view, &known) {
        (Some(view), _) => {
            // What comes from the hub the hub may have: the device's own rule of consent is for what it wrote itself.
            let granted = consent::ever_granted(&view.incident, "hub_response");
            put_document(
                db,
                known.as_ref(),
                &NewRow {
                    incident: group.incident,
                    view: &view.incident,
                    heads: &view.heads,
                    granted,
                    shared: true,
                },
            )?
        }
        // Nothing is new, or the document does not load any more: the log takes what came, the row stays until somebody repairs it.
        (None, Some(known)) => {
            // What the hub gives back it has, also where no acknowledgement came.
            if !known.shared && admission.verdicts.contains(&Verdict::Duplicate) {
                share(db, group.incident, known)?;
            }
            known.doc
        }
        (None, None) => return keep_waiting(db, group, &admission.verdicts).map(|()| 0),
    };
    for hash in &admission.stored {
        let named = |chunk: &[u8]| ChangeHash::of_chunk(chunk) == Some(*hash);
        let found = group
            .changes
            .iter()
            .map(|change| (&change.chunk, change.by))
            .chain(waiting.iter().map(|(chunk, by)| (chunk, *by)))
            .find(|(chunk, _)| named(chunk));
        if let Some((chunk, by)) = found {
            put_change(db, doc, chunk, false, by, HELD_BY_HUB)?;
            db.execute(
                "forgetting a change that waited",
                "DELETE FROM waiting WHERE incident = ?1 AND hash = ?2",
                &[group.incident.as_bytes(), &hash.0],
            )?;
        }
    }
    keep_waiting(db, group, &admission.verdicts)?;
    Ok(admission.stored.len() as u64)
}

fn keep_waiting(db: &Db, group: &Group, verdicts: &[Verdict]) -> Result<()> {
    for (change, verdict) in group.changes.iter().zip(verdicts) {
        if *verdict == Verdict::Pending {
            let Some(hash) = ChangeHash::of_chunk(&change.chunk) else {
                continue;
            };
            let query = "INSERT INTO waiting (incident, hash, written_by, chunk) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
            db.execute(
                "keeping a change that waits",
                query,
                &[
                    group.incident.as_bytes(),
                    &hash.0,
                    &change.by,
                    &change.chunk,
                ],
            )?;
            if let Some(known) = known(db, group.incident)? {
                leaving::unsettle(db, known.doc)?;
            }
        }
    }
    Ok(())
}

/// Acknowledged changes: the outbox rows go, and the document counts as shared from now on.
fn acknowledge(db: &Db, acked: &[(IncidentId, ChangeHash)]) -> Result<()> {
    for group in acked.chunk_by(|left, right| left.0 == right.0) {
        let incident = group[0].0;
        let Some(before) = known(db, incident)? else {
            continue;
        };
        leaving::unsettle(db, before.doc)?;
        if !before.shared {
            share(db, incident, &before)?;
        }
        for (_, hash) in group {
            let query = "UPDATE changes SET state = ?3 WHERE doc = ?1 AND hash = ?2";
            db.execute(
                "noting an acknowledgement",
                query,
                &[&before.doc, &hash.0, &HELD_BY_HUB],
            )?;
        }
    }
    Ok(())
}

/// The hub has a part of a document of which it was not known: the days until it may leave begin now.
fn share(db: &Db, incident: IncidentId, before: &KnownDocument) -> Result<()> {
    leaving::unsettle(db, before.doc)?;
    db.execute(
        "noting that the hub has a document",
        "UPDATE documents SET shared = 1 WHERE doc = ?1",
        &[&before.doc],
    )?;
    let after = known(db, incident)?
        .map(|known| known.term)
        .unwrap_or_default();
    move_digest(db, ScopeDigest::default(), after)
}

/// A document that left the scope goes, but never with work in it that the hub does not have.
fn remove(db: &Db, incident: IncidentId) -> Result<()> {
    let Some(known) = known(db, incident)? else {
        return Ok(());
    };
    let kept = db.one(
        "reading the outbox",
        "SELECT 1 FROM changes WHERE doc = ?1 AND state <> ?2 LIMIT 1",
        &[&known.doc, &HELD_BY_HUB],
        |_| Ok(()),
    )?;
    let texts = db.one(
        "reading statements",
        "SELECT 1 FROM statements WHERE doc = ?1 AND delivered = 0 LIMIT 1",
        &[&known.doc],
        |_| Ok(()),
    )?;
    move_digest(db, known.term, ScopeDigest::default())?;
    if kept.is_some() || texts.is_some() {
        return db
            .execute(
                "removing a document",
                "UPDATE documents SET shared = 0 WHERE doc = ?1",
                &[&known.doc],
            )
            .map(drop);
    }
    once::forget(db, known.doc)?;
    for query in [
        "DELETE FROM changes WHERE doc = ?1",
        "DELETE FROM statements WHERE doc = ?1",
        "DELETE FROM documents WHERE doc = ?1",
        "DELETE FROM unhashed_codes WHERE doc = ?1",
    ] {
        db.execute("removing a document", query, &[&known.doc])?;
    }
    db.execute(
        "removing a document",
        "DELETE FROM waiting WHERE incident = ?1",
        &[incident.as_bytes()],
    )?;
    leaving::note_departed(db, incident)
}

fn standing(db: &Db) -> Result<DeviceStanding> {
    let unsent = db.count("counting the outbox", "SELECT count(*) FROM changes JOIN documents USING (doc) WHERE state = 0 AND (granted OR shared)")?;
    let rejected = db.count(
        "counting refusals",
        "SELECT count(*) FROM changes WHERE state = 2",
    )?;
    let untold = db.count(
        "counting erasures",
        "SELECT count(*) FROM tombstones WHERE told = 0",
    )?;
    Ok(DeviceStanding {
        digest: digest_of(db.setting("digest")?)?,
        unsent,
        rejected,
        untold,
        ..DeviceStanding::default()
    })
}

pub(crate) fn write_one(db: &Db, written: &Written) -> Result<()> {
    if tombstones::is_erased(db, written.incident)? {
        return Err(StoreError::Erased);
    }
    once::check_attached(db, written)?;
    let before = known(db, written.incident)?;
    let shared = before.as_ref().is_some_and(|known| known.shared);
    let new = NewRow {
        incident: written.incident,
        view: &written.view,
        heads: &written.heads,
        granted: written.granted,
        shared,
    };
    let doc = put_document(db, before.as_ref(), &new)?;
    for chunk in &written.chunks {
        put_change(db, doc, chunk, true, 0, UNSENT)?;
    }
    if once::is_apart(db, doc)? {
        once::set_apart(db, doc)?;
    }
    for (entry, body) in &written.statements {
        let class = written
            .view
            .entries("statements")
            .find(|named| named.id() == entry)
            .and_then(|named| named.text("class"))
            .unwrap_or_default();
        let query = "INSERT INTO statements (doc, entry, class, bytes, body, delivered, attached) VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6)";
        db.execute(
            "keeping a statement",
            query,
            &[
                &doc,
                entry,
                &class,
                &(body.len() as i64),
                body,
                &written.attached,
            ],
        )?;
    }
    if let Some(code) = &written.unhashed_code {
        let query = "INSERT INTO unhashed_codes (doc, code) VALUES (?1, ?2) ON CONFLICT (doc) DO UPDATE SET code = excluded.code";
        db.execute("keeping a code", query, &[&doc, code])?;
    } else if written.view.text("survivor.code").is_some() {
        db.execute(
            "forgetting a code",
            "DELETE FROM unhashed_codes WHERE doc = ?1",
            &[&doc],
        )?;
    }
    Ok(())
}

fn recheck_grants(db: &Db, now: Timestamp) -> Result<()> {
    let query = "SELECT doc, facts, disputes FROM documents WHERE NOT granted AND NOT shared AND facts LIKE '%\"expires_at\"%'";
    let read = |row: &rusqlite::Row<'_>| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, String>(2)?,
        ))
    };
    for (doc, facts, disputes) in db.all("reading what is held back", query, &[], read)? {
        // A row that cannot be read stays held back.
        if row::incident(&facts, &disputes)
            .is_ok_and(|incident| consent::granted(&incident, consent::HUB_RESPONSE, now))
        {
            db.execute(
                "letting an incident leave",
                "UPDATE documents SET granted = 1 WHERE doc = ?1",
                &[&doc],
            )?;
        }
    }
    Ok(())
}

impl DeviceStore for SqliteDevice {
    fn write(&mut self, written: &[Written]) -> Result<()> {
        self.db.immediate(|db| {
            written
                .iter()
                .try_for_each(|written| write_one(db, written))
        })
    }

    fn log(&mut self, lines: &LoggedLines<'_>) -> Result<Logging> {
        self.db.immediate(|db| once::log(db, lines))
    }

    fn apart(&mut self) -> Result<Vec<IncidentId>> {
        once::apart(&self.db)
    }

    fn incident(&mut self, incident: IncidentId) -> Result<Option<IncidentRow>> {
        let read = |row: &rusqlite::Row<'_>| {
            Ok((
                row.get::<_, Vec<u8>>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
            ))
        };
        let found = self.db.one(
            "reading an incident",
            "SELECT heads, facts, disputes FROM documents WHERE incident = ?1",
            &[incident.as_bytes()],
            read,
        )?;
        found
            .map(|(heads, facts, disputes)| {
                Ok(IncidentRow {
                    incident: row::incident(&facts, &disputes)?,
                    heads: row::heads(&heads),
                })
            })
            .transpose()
    }

    fn each_incident(
        &mut self,
        each: &mut dyn FnMut(IncidentId, IncidentRow) -> Result<()>,
    ) -> Result<()> {
        let read = |row: &rusqlite::Row<'_>| {
            Ok((
                row.get::<_, Vec<u8>>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, String>(3)?,
            ))
        };
        let query = "SELECT incident, heads, facts, disputes FROM documents ORDER BY incident";
        let walked = crate::hub::each_incident(&self.db, query, read, &mut |id,
                                                                            (
            heads,
            facts,
            disputes,
        )| {
            each(
                id,
                IncidentRow {
                    incident: row::incident(&facts, &disputes)?,
                    heads: row::heads(&heads),
                },
            )
        });
        self.db.told(walked)
    }

    fn chunks(&mut self, incident: IncidentId) -> Result<Vec<Vec<u8>>> {
        Ok(known(&self.db, incident)?
            .map(|known| chunks(&self.db, known.doc))
            .transpose()?
            .unwrap_or_default())
    }

    fn statements(&mut self, incident: IncidentId) -> Result<Vec<(String, String)>> {
        let query = "SELECT entry, body FROM statements WHERE doc = (SELECT doc FROM documents WHERE incident = ?1) AND body IS NOT NULL AND class NOT IN ('photo', 'audio') ORDER BY entry";
        let rows = self
            .db
            .all("reading statements", query, &[incident.as_bytes()], |row| {
                Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?))
            })?;
        Ok(rows
            .into_iter()
            .filter_map(|(entry, body)| Some((entry, String::from_utf8(body).ok()?)))
            .collect())
    }

    fn unhashed_codes(&mut self) -> Result<Vec<(IncidentId, String)>> {
        let query =
            "SELECT incident, code FROM unhashed_codes JOIN documents USING (doc) ORDER BY doc";
        self.db.all("reading codes", query, &[], |row| {
            Ok((IncidentId::from_bytes(row.get(0)?), row.get(1)?))
        })
    }

    fn author(&mut self, incident: IncidentId, change: ChangeHash) -> Result<Option<(bool, u32)>> {
        let query = "SELECT own, written_by FROM changes WHERE doc = (SELECT doc FROM documents WHERE incident = ?1) AND hash = ?2";
        self.db.one(
            "reading a change",
            query,
            &[incident.as_bytes(), &change.0],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    fn setting(&mut self, setting: DeviceSetting) -> Result<Option<Vec<u8>>> {
        self.db.setting(setting.key())
    }

    fn set_settings(&mut self, settings: &[(DeviceSetting, Option<Vec<u8>>)]) -> Result<()> {
        self.db.immediate(|db| {
            settings
                .iter()
                .try_for_each(|(setting, value)| match value {
                    Some(value) => db.set_setting(setting.key(), value),
                    None => db
                        .execute(
                            "forgetting a setting",
                            "DELETE FROM meta WHERE key = ?1",
                            &[&setting.key()],
                        )
                        .map(drop),
                })
        })
    }

    fn heads(&mut self, after: Option<IncidentId>, max_documents: usize) -> Result<HeadsPage> {
        let above = after.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
        let query = "SELECT incident, heads FROM documents WHERE shared AND incident > ?1 ORDER BY incident LIMIT ?2";
        let read =
            |row: &rusqlite::Row<'_>| Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, Vec<u8>>(1)?));
        let mut rows = self.db.all(
            "reading heads",
            query,
            &[&above, &(max_documents as i64 + 1)],
            read,
        )?;
        let cut = rows.len() > max_documents;
        rows.truncate(max_documents);
        let have: Vec<DocumentHeads> = rows
            .into_iter()
            .map(|(incident, heads)| DocumentHeads {
                incident: IncidentId::from_bytes(incident),
                heads: row::heads(&heads),
            })
            .collect();
        let until = if cut {
            have.last().map(|document| document.incident)
        } else {
            None
        };
        Ok(HeadsPage { after, until, have })
    }

    fn missing(
        &mut self,
        need: &DocumentHeads,
        skip: usize,
        raw_bytes: usize,
    ) -> Result<(Vec<Group>, bool)> {
        let query = "SELECT doc FROM documents WHERE incident = ?1 AND (granted OR shared)";
        let Some(doc) = self.db.one(
            "reading a document",
            query,
            &[need.incident.as_bytes()],
            |row| row.get::<_, i64>(0),
        )?
        else {
            return Ok((Vec::new(), false));
        };
        let read =
            |row: &rusqlite::Row<'_>| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, bool>(1)?));
        let rows = self.db.all(
            "reading changes",
            "SELECT chunk, own FROM changes WHERE doc = ?1 AND state <> 2 ORDER BY id",
            &[&doc],
            read,
        )?;
        let parsed: Vec<Chunk<'_>> = rows
            .iter()
            .filter_map(|(chunk, _)| Chunk::parse(chunk).ok())
            .collect();
        let lacks = batch::missing(&parsed, &need.heads);
        let (mut groups, mut bytes): (Vec<Group>, usize) = (Vec::new(), 0);
        for (at, index) in lacks.iter().enumerate().skip(skip) {
            let Some((chunk, own)) = rows.get(*index) else {
                continue;
            };
            if bytes > 0 && bytes + chunk.len() > raw_bytes {
                return Ok((groups, at < lacks.len()));
            }
            bytes += chunk.len();
            if groups.last().is_none_or(|group| group.relayed == *own) {
                groups.push(Group {
                    incident: need.incident,
                    relayed: !own,
                    changes: Vec::new(),
                });
            }
            if let Some(group) = groups.last_mut() {
                group.changes.push(GroupChange {
                    chunk: chunk.clone(),
                    by: 0,
                });
            }
        }
        Ok((groups, false))
    }

    fn outbox(&mut self, after: i64, raw_bytes: usize) -> Result<OutboxPage> {
        let step = "reading the outbox";
        let query = "SELECT changes.id, incident, chunk FROM changes JOIN documents USING (doc) WHERE state = 0 AND changes.id > ?1 AND (granted OR shared) ORDER BY changes.id";
        let mut statement = sql(step, self.db.conn.prepare_cached(query))?;
        let mut rows = sql(step, statement.query([after]))?;
        let mut page = OutboxPage {
            at: after,
            ..OutboxPage::default()
        };
        let mut places: BTreeMap<IncidentId, usize> = BTreeMap::new();
        let mut bytes = 0usize;
        while let Some(found) = sql(step, rows.next())? {
            let (id, incident, chunk): (i64, [u8; 16], Vec<u8>) = (
                sql(step, found.get(0))?,
                sql(step, found.get(1))?,
                sql(step, found.get(2))?,
            );
            let incident = IncidentId::from_bytes(incident);
            if bytes > 0 && bytes + chunk.len() > raw_bytes {
                page.more = true;
                break;
            }
            bytes += chunk.len();
            page.at = id;
            // One group an incident: its consent may come in a later change, and the hub decides by the group.
            let at = *places.entry(incident).or_insert_with(|| {
                page.groups.push(Group {
                    incident,
                    relayed: false,
                    changes: Vec::new(),
                });
                page.groups.len() - 1
            });
            page.groups[at].changes.push(GroupChange { chunk, by: 0 });
        }
        Ok(page)
    }

    fn erasures(&mut self, again: bool, max: usize) -> Result<Vec<Erasure>> {
        self.db.immediate(|db| erase::untold(db, again, max))
    }

    fn recheck_grants(&mut self, now: Timestamp) -> Result<()> {
        self.db.immediate(|db| recheck_grants(db, now))
    }

    fn leaving(&mut self, now: Timestamp, max: usize) -> Result<Vec<DocumentHeads>> {
        self.db.immediate(|db| leaving::leaving(db, now, max))
    }

    fn has_left(&mut self, incident: IncidentId) -> Result<bool> {
        leaving::has_left(&self.db, incident)
    }

    fn deliver(&mut self, delivered: &Delivered<'_>) -> Result<DeviceStanding> {
        let standing = self.db.immediate(|db| {
            acknowledge(db, delivered.acked)?;
            // The hub had not seen the consent yet; it asks for the whole when it has.
            for (incident, hash, refusal) in delivered
                .rejected
                .iter()
                .filter(|(.., refusal)| !refusal.may_pass())
            {
                let Some(known) = known(db, *incident)? else {
                    continue;
                };
                let query =
                    "UPDATE changes SET state = ?3, refusal = ?4 WHERE doc = ?1 AND hash = ?2";
                db.execute(
                    "noting a refusal",
                    query,
                    &[&known.doc, &hash.0, &REFUSED, &refusal.code()],
                )?;
                if *refusal == Refusal::OtherIncident {
                    once::set_apart(db, known.doc)?;
                }
            }
            erase::note_told(db, delivered.told)?;
            let erased = erase::erase(db, delivered.erase)?;
            let mut received = 0;
            for group in delivered.groups {
                received += take(db, group)?;
            }
            delivered
                .removed
                .iter()
                .try_for_each(|incident| remove(db, *incident))?;
            if let Some(cursor) = delivered.cursor {
                db.set_setting(
                    DeviceSetting::Cursor.key(),
                    &vicinity_store::device::cursor_bytes(&cursor),
                )?;
            }
            delivered
                .settings
                .iter()
                .try_for_each(|(setting, value)| db.set_setting(setting.key(), value))?;
            Ok(DeviceStanding {
                received,
                erased,
                ..standing(db)?
            })
        })?;
        if !delivered.erase.is_empty() || !delivered.removed.is_empty() {
            // What was written is durable; an older page that another process still reads goes when the last one closes.
            self.db.truncate_log().ok();
        }
        Ok(standing)
    }

    fn standing(&mut self) -> Result<DeviceStanding> {
        standing(&self.db)
    }
}
