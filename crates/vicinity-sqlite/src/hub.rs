//! The hub's engine: devices, invitations, reading.

pub(crate) mod accept;
pub(crate) mod board;
pub(crate) mod erase;
pub(crate) mod evidence;
pub(crate) mod feed;
pub(crate) mod known;
pub(crate) mod leaving;
pub(crate) mod pull;
pub(crate) mod scope;
pub(crate) mod shares;
pub(crate) mod statements;
pub(crate) mod tables;
pub(crate) mod times;
pub(crate) mod tombstones;
pub(crate) mod uplink;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use vicinity_core::admit::Verdict;
use vicinity_core::areas::Areas;
use vicinity_core::batch::{Cursor, DocumentHeads, Group, HeadsPage, Pull};
use vicinity_core::guard::Refusal;
use vicinity_core::ids::{ChangeHash, DeviceId, IncidentId, ProjectionId};
use vicinity_core::time::Timestamp;

use crate::db::{Db, Result, id16};
use times::AtHub;
use vicinity_store::error::Damage;
use vicinity_store::evidence::SignedRequest;
use vicinity_store::hub::{
    Credentials, DeviceRow, ErasureRow, HubCounts, HubStore, LIVES_MAX, Peer, PeerRefused,
    ProjectionRow, Random, Role, SentProjection,
};
use vicinity_store::policy::{self, Brought};
use vicinity_store::row::{self, IncidentRow};
use vicinity_store::{DatabaseKey, StoreError};

/// A hub on SQLite: `hub.db`, `keys.db` and, outside the databases and their backups, `epoch`.
pub struct SqliteHub {
    pub(crate) db: Db,
    pub(crate) epoch: [u8; 16],
    /// What opens statements: a file of its own, with backups of its own.
    pub(crate) keys: Db,
}

const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/hub_0001.sql"),
    include_str!("../migrations/hub_0002_alerts.sql"),
    include_str!("../migrations/hub_0003_envelopes.sql"),
    include_str!("../migrations/hub_0004_board.sql"),
    include_str!("../migrations/hub_0005_national_0004_advocacy.sql"),
    include_str!("../migrations/hub_0006_counts.sql"),
    include_str!("../migrations/hub_0007_under_way.sql"),
    include_str!("../migrations/hub_0008_order.sql"),
    include_str!("../migrations/hub_0009_clock.sql"),
    include_str!("../migrations/hub_0010_national_0007_forms.sql"),
    include_str!("../migrations/hub_0011_ops.sql"),
    include_str!("../migrations/hub_0012_times.sql"),
    include_str!("../migrations/hub_0013_names.sql"),
    include_str!("../migrations/hub_0014_reached.sql"),
    include_str!("../migrations/hub_0015_tables.sql"),
    include_str!("../migrations/hub_0016_schema3.sql"),
];
const KEYS_MIGRATIONS: &[&str] = &[include_str!("../migrations/keys_0001.sql")];

impl SqliteHub {
    /// Opens or makes the hub's store in a folder. `new_epoch` is used where the folder has none: a database that came
    /// without its epoch file was restored, and its feed must not be taken for the old one.
    ///
    /// # Errors
    /// The folder or its files cannot be used, or are of a newer version.
    pub fn open(folder: &Path, key: &DatabaseKey, new_epoch: [u8; 16]) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|source| file_error(folder, source))?;
        let mut db = Db::open(&folder.join("hub.db"), key, MIGRATIONS)?;
        let epoch = folder.join("epoch");
        // Devices alone are enough: a backup of the first day has them, and an empty feed.
        if !epoch.exists()
            && (feed::Head::read(&db)?.seq > 0
                || db.count("counting", "SELECT count(*) FROM devices")? > 0)
        {
            db.immediate(|db| db.set_setting(policy::RESTORED, &[1]))?;
        }
        let mut keys = Db::open(&folder.join("keys.db"), key, KEYS_MIGRATIONS)?;
        erase::finish(&mut db, &mut keys)?;
        Ok(Self {
            db,
            epoch: read_epoch(&epoch, new_epoch)?,
            keys,
        })
    }
}

impl SqliteHub {
    /// Which life of the database this is: another one after a restore.
    #[must_use]
    pub fn epoch(&self) -> [u8; 16] {
        self.epoch
    }
}

impl SqliteHub {
    /// Looks at every page of `hub.db`, whatever lies on it. Takes some 4 seconds a gigabyte.
    ///
    /// # Errors
    /// The file cannot be read at all.
    pub fn damaged(&self) -> Result<Option<Damage>> {
        self.db.damaged()
    }

    /// The same of `keys.db`, which is small.
    ///
    /// # Errors
    /// The file cannot be read at all.
    pub fn damaged_keys(&self) -> Result<Option<Damage>> {
        self.keys.damaged()
    }
}

impl SqliteHub {
    /// Writes a copy into a new file under another key, from one snapshot. Durable when this returns. Statements that are in
    /// progress are not in it, for what opens them comes with them; their devices bring them again.
    ///
    /// # Errors
    /// Storage; the file may be there in part then.
    pub fn copy_into(&mut self, path: &Path, key: &DatabaseKey) -> Result<()> {
        self.db.copy_into(
            path,
            key,
            "DELETE FROM copy.pieces; DELETE FROM copy.blobs WHERE refused IS NULL",
        )
    }

    /// The same of what opens statements, which is never in the other copy.
    ///
    /// # Errors
    /// Storage; the file may be there in part then.
    pub fn copy_keys_into(&mut self, path: &Path, key: &DatabaseKey) -> Result<()> {
        self.keys.copy_into(path, key, "")
    }
}

impl SqliteHub {
    /// Runs several steps under one commit, and keeps nothing if they say `false`.
    pub(crate) fn commit_together(
        &mut self,
        steps: &mut dyn FnMut(&mut Self) -> bool,
    ) -> Result<()> {
        crate::db::sql("beginning", self.db.conn.execute_batch("BEGIN IMMEDIATE"))?;
        let wanted = steps(self);
        let committed = self.db.end(wanted).and_then(|()| {
            if wanted {
                Ok(())
            } else {
                Err(StoreError::RolledBack)
            }
        });
        // What was committed stays so; a log that could not be emptied is tried again after the next commit.
        erase::finish(&mut self.db, &mut self.keys).ok();
        committed
    }

    /// Runs steps under one commit until there are no more. Each that says `false` is undone, and only that.
    pub(crate) fn commit_each(
        &mut self,
        next: &mut dyn FnMut(&mut Self) -> Option<bool>,
    ) -> Result<()> {
        let mut ran = Ok(());
        let committed = self.commit_together(&mut |hub| {
            ran = crate::db::one_by_one(hub, |hub| &hub.db, next);
            ran.is_ok()
        });
        ran.and(committed)
    }

    /// The same connections, which from now on cannot write: any step that tries fails.
    ///
    /// # Errors
    /// Storage.
    pub fn only_reading(self) -> Result<Self> {
        self.db.only_reading()?;
        self.keys.only_reading()?;
        Ok(self)
    }

    /// Reads from one snapshot, while others write.
    ///
    /// # Errors
    /// Storage.
    pub fn read_together(&mut self, step: &mut dyn FnMut(&mut Self)) -> Result<()> {
        crate::db::sql("beginning", self.db.conn.execute_batch("BEGIN DEFERRED"))?;
        step(self);
        crate::db::sql("ending", self.db.conn.execute_batch("ROLLBACK"))
    }
}

fn file_error(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::File {
        path: path.display().to_string(),
        source,
    }
}

fn read_epoch(path: &Path, new_epoch: [u8; 16]) -> Result<[u8; 16]> {
    match std::fs::read(path) {
        Ok(bytes) => id16(bytes).map_err(|_| {
            StoreError::Damaged(
                "epoch file (delete it: the devices then compare all that they have)",
            )
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let write = || -> std::io::Result<()> {
                let fresh = path.with_extension("new");
                let mut file = std::fs::File::create(&fresh)?;
                file.write_all(&new_epoch)?;
                file.sync_all()?;
                std::fs::rename(&fresh, path)?;
                if let Some(folder) = path.parent() {
                    std::fs::File::open(folder)?.sync_all()?;
                }
                Ok(())
            };
            write().map_err(|source| file_error(path, source))?;
            Ok(new_epoch)
        }
        Err(source) => Err(file_error(path, source)),
    }
}

impl HubStore for SqliteHub {
    fn group_commit(
        &mut self,
        steps: &mut dyn FnMut(&mut (dyn HubStore + 'static)) -> bool,
    ) -> Result<()> {
        self.commit_together(&mut |hub| steps(hub))
    }

    fn invite(&mut self, code_hash: [u8; 32], role: Role, expires: Timestamp) -> Result<()> {
        self.db.invite(code_hash, role.code(), expires.as_second())
    }

    fn cut_invites(&mut self, now: Timestamp) -> Result<u64> {
        self.db.immediate(|db| db.cut_invites(now.as_second()))
    }

    fn enrol(
        &mut self,
        code_hash: [u8; 32],
        device: DeviceId,
        public_key: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<Peer>> {
        self.db.immediate(|db| {
            let Some((role, name)) = db.use_invite(code_hash, device.as_bytes(), now.as_second())? else { return Ok(None) };
            let role = Role::from_code(&role).ok_or(StoreError::Damaged("invitation"))?;
            let query = include_str!("../queries/hub_enrol.sql");
            if db.execute("enrolling", query, &[device.as_bytes(), &role.code(), &public_key, &now.as_second(), &code_hash, &name])? == 0 {
                return Ok(None);
            }
            let number = db.one("enrolling", "SELECT number FROM devices WHERE device = ?1", &[device.as_bytes()], |row| row.get::<_, u32>(0))?;
            let query = "INSERT INTO device_keys (device, public_key) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            db.execute("enrolling", query, &[&number, &public_key])?;
            Ok(number.map(|number| Peer { number, incarnation: 0, role }))
        })
    }

    fn name_invited(&mut self, code_hash: [u8; 32], name: &str) -> Result<()> {
        self.db.name_invited(code_hash, name)
    }

    fn name_device(&mut self, device: u32, name: &str) -> Result<bool> {
        let query = "UPDATE devices SET name = nullif(?2, '') WHERE number = ?1";
        self.db
            .immediate(|db| Ok(db.execute("naming a device", query, &[&device, &name])? == 1))
    }

    fn credentials(&mut self, device: DeviceId) -> Result<Option<Credentials>> {
        let read =
            |row: &rusqlite::Row<'_>| Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, bool>(1)?));
        let found = self.db.one(
            "reading a device",
            "SELECT public_key, revoked_at IS NOT NULL FROM devices WHERE device = ?1",
            &[device.as_bytes()],
            read,
        )?;
        Ok(found.map(|(public_key, revoked)| Credentials {
            public_key,
            revoked,
        }))
    }

    fn revoke(&mut self, device: u32, now: Timestamp) -> Result<bool> {
        let query = "UPDATE devices SET revoked_at = coalesce(revoked_at, ?2) WHERE number = ?1";
        self.db.immediate(|db| {
            statements::forget_under_way_of(db, device)?;
            Ok(db.execute("revoking a device", query, &[&device, &now.as_second()])? == 1)
        })
    }

    fn let_in(
        &mut self,
        device: DeviceId,
        incarnation: u64,
        counter: u64,
        now: Timestamp,
    ) -> Result<core::result::Result<Peer, PeerRefused>> {
        self.db.immediate(|db| {
            let read = |row: &rusqlite::Row<'_>| {
                Ok((
                    row.get::<_, u32>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, bool>(2)?,
                ))
            };
            let found = db.one(
                "reading a device",
                "SELECT number, role, revoked_at IS NOT NULL FROM devices WHERE device = ?1",
                &[device.as_bytes()],
                read,
            )?;
            let Some((number, role, revoked)) = found else {
                return Ok(Err(PeerRefused::Unknown));
            };
            if revoked {
                return Ok(Err(PeerRefused::Revoked));
            }
            let Ok(count) = i64::try_from(counter) else {
                return Ok(Err(PeerRefused::TooHigh));
            };
            let life = incarnation.cast_signed();
            let lives = "SELECT count(*) FROM incarnations WHERE device = ?1 AND incarnation <> ?2";
            if db
                .one("counting lives", lives, &[&number, &life], |row| {
                    row.get::<_, u32>(0)
                })?
                .unwrap_or(0)
                >= LIVES_MAX
            {
                return Ok(Err(PeerRefused::TooManyLives));
            }
            let query = include_str!("../queries/hub_let_in.sql");
            if db.execute("moving a counter", query, &[&number, &life, &count])? == 0 {
                let query =
                    "SELECT counter FROM incarnations WHERE device = ?1 AND incarnation = ?2";
                let last = db.one("reading a counter", query, &[&number, &life], |row| {
                    row.get::<_, i64>(0)
                })?;
                return Ok(Err(PeerRefused::not_above(
                    counter,
                    last.map_or(0, i64::cast_unsigned),
                )));
            }
            db.execute(
                "noting a device",
                "UPDATE devices SET last_seen = ?2 WHERE number = ?1",
                &[&number, &now.as_second()],
            )?;
            let role = Role::from_code(&role).ok_or(StoreError::Damaged("device"))?;
            Ok(Ok(Peer {
                number,
                incarnation,
                role,
            }))
        })
    }

    fn heard(
        &mut self,
        device: DeviceId,
        incarnation: u64,
    ) -> Result<core::result::Result<(Peer, u64), PeerRefused>> {
        let query = include_str!("../queries/hub_heard.sql");
        let read = |row: &rusqlite::Row<'_>| {
            Ok((
                row.get::<_, u32>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, bool>(2)?,
                row.get::<_, i64>(3)?,
            ))
        };
        let found = self.db.one(
            "reading a device",
            query,
            &[device.as_bytes(), &incarnation.cast_signed()],
            read,
        )?;
        let Some((number, role, revoked, counter)) = found else {
            return Ok(Err(PeerRefused::Unknown));
        };
        if revoked {
            return Ok(Err(PeerRefused::Revoked));
        }
        let role = Role::from_code(&role).ok_or(StoreError::Damaged("device"))?;
        Ok(Ok((
            Peer {
                number,
                incarnation,
                role,
            },
            counter.cast_unsigned(),
        )))
    }

    fn note_skew(&mut self, peer: &Peer, skew_seconds: Option<i64>, now: Timestamp) -> Result<()> {
        times::note_skew(&self.db, peer, skew_seconds, now)
    }

    fn set_zone(&mut self, zone: &str) -> Result<()> {
        self.db.immediate(|db| times::set_zone(db, zone))
    }

    fn accept(
        &mut self,
        peer: &Peer,
        request: Option<SignedRequest<'_>>,
        groups: &[Group],
        now: Timestamp,
        random: &mut dyn Random,
    ) -> Result<Vec<Verdict>> {
        self.db
            .immediate(|db| accept::accept(db, peer, request, groups, now, random))
    }

    fn weigh(&mut self, peer: &Peer, incident: IncidentId, changes: &[Brought<'_>]) -> Result<u64> {
        known::weigh(&self.db, peer, incident, changes)
    }

    fn loaded(&self) -> u64 {
        self.db.loaded.get()
    }

    fn stored_bytes(&mut self, device: u32) -> Result<u64> {
        shares::stored(&self.db, device)
    }

    fn pull(
        &mut self,
        peer: &Peer,
        cursor: Option<Cursor>,
        page: Option<&HeadsPage>,
        pushed: &[IncidentId],
        raw_bytes: usize,
    ) -> Result<Option<Pull>> {
        let epoch = self.epoch;
        self.db
            .immediate(|db| pull::pull(db, epoch, peer, cursor, page, pushed, raw_bytes))
    }

    fn stands(&mut self, cursor: &Cursor) -> Result<bool> {
        let epoch = self.epoch;
        self.db.immediate(|db| pull::stands(db, epoch, cursor))
    }

    fn let_go(&mut self, peer: &Peer, documents: &[DocumentHeads], now: Timestamp) -> Result<()> {
        self.db
            .immediate(|db| leaving::let_go(db, peer, documents, now))
    }

    fn assign(
        &mut self,
        incident: IncidentId,
        device: u32,
        assigned: bool,
        now: Timestamp,
    ) -> Result<bool> {
        self.db
            .immediate(|db| accept::assign(db, incident, device, assigned, now))
    }

    fn erase(&mut self, incident: IncidentId, now: Timestamp) -> Result<bool> {
        let held = self.db.immediate(|db| erase::erase(db, incident, now))?;
        erase::finish(&mut self.db, &mut self.keys)?;
        Ok(held)
    }

    fn confirm_erased(
        &mut self,
        peer: &Peer,
        incidents: &[IncidentId],
        now: Timestamp,
    ) -> Result<()> {
        self.db
            .immediate(|db| erase::confirm(db, peer, incidents, now))
    }

    fn erase_orders(&mut self, peer: &Peer, max: usize) -> Result<Vec<IncidentId>> {
        erase::orders(&self.db, peer, max)
    }

    fn erasures(&mut self) -> Result<Vec<ErasureRow>> {
        erase::erasures(&self.db)
    }

    fn incident(&mut self, incident: IncidentId) -> Result<Option<IncidentRow>> {
        let query =
            "SELECT facts, disputes, times, first_at, heads FROM documents WHERE incident = ?1";
        let read = |row: &rusqlite::Row<'_>| Ok((AtHub::read(row, 0)?, row.get::<_, Vec<u8>>(4)?));
        let found = self
            .db
            .one("reading an incident", query, &[incident.as_bytes()], read)?;
        let zone = times::zone(&self.db)?;
        found
            .map(|(row, heads)| {
                Ok(IncidentRow {
                    incident: row.incident(zone.as_ref())?,
                    heads: row::heads(&heads),
                })
            })
            .transpose()
    }

    fn each_incident(
        &mut self,
        each: &mut dyn FnMut(IncidentId, IncidentRow) -> Result<()>,
    ) -> Result<()> {
        let zone = times::zone(&self.db)?;
        let read = |row: &rusqlite::Row<'_>| Ok((AtHub::read(row, 2)?, row.get::<_, Vec<u8>>(1)?));
        let query = "SELECT incident, heads, facts, disputes, times, first_at FROM documents ORDER BY incident";
        let walked = each_incident(&self.db, query, read, &mut |id,
                                                                (row, heads): (
            AtHub,
            Vec<u8>,
        )| {
            each(
                id,
                IncidentRow {
                    incident: row.incident(zone.as_ref())?,
                    heads: row::heads(&heads),
                },
            )
        });
        self.db.told(walked)
    }

    fn author(&mut self, incident: IncidentId, change: ChangeHash) -> Result<Option<u32>> {
        let query = "SELECT chunk, device, relayed, skew, received_at FROM feed WHERE kind = 0 AND doc = (SELECT doc FROM documents WHERE incident = ?1)";
        Ok(policy::author(
            &self.db.all(
                "reading a change",
                query,
                &[incident.as_bytes()],
                times::log_row,
            )?,
            change,
        ))
    }

    fn chunks(&mut self, incident: IncidentId) -> Result<Vec<Vec<u8>>> {
        let query = "SELECT chunk FROM feed WHERE kind = 0 AND doc = (SELECT doc FROM documents WHERE incident = ?1) ORDER BY seq";
        self.db
            .all("reading changes", query, &[incident.as_bytes()], |row| {
                row.get(0)
            })
    }

    fn devices(&mut self) -> Result<Vec<DeviceRow>> {
        type Row = (
            u32,
            Vec<u8>,
            String,
            Option<i64>,
            Option<i64>,
            bool,
            [u8; 32],
            [u8; 32],
            Option<String>,
        );
        let query = "SELECT number, device, role, last_seen, skew, revoked_at IS NOT NULL, code_hash, public_key, name FROM devices ORDER BY number";
        let rows: Vec<Row> = self.db.all("reading devices", query, &[], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
                row.get(7)?,
                row.get(8)?,
            ))
        })?;
        let device = |(
            number,
            device,
            role,
            last_seen,
            skew_seconds,
            revoked,
            code_hash,
            public_key,
            name,
        ): Row| {
            let role = Role::from_code(&role).ok_or(StoreError::Damaged("device"))?;
            let last_seen = last_seen.and_then(|at| Timestamp::from_second(at).ok());
            Ok(DeviceRow {
                number,
                device: DeviceId::from_bytes(id16(device)?),
                role,
                last_seen,
                skew_seconds,
                revoked,
                enrolled_with: (code_hash, public_key),
                name,
            })
        };
        rows.into_iter().map(device).collect()
    }

    fn quarantine(&mut self) -> Result<Vec<(Refusal, u64)>> {
        let rows = self.db.all(
            "reading the quarantine",
            "SELECT reason, count(*) FROM quarantine GROUP BY reason ORDER BY reason",
            &[],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)),
        )?;
        let refusal = |code: &str| {
            Refusal::ALL
                .into_iter()
                .find(|refusal| refusal.code() == code)
        };
        Ok(rows
            .into_iter()
            .filter_map(|(code, count)| Some((refusal(&code)?, count as u64)))
            .collect())
    }

    fn counts(&mut self) -> Result<HubCounts> {
        let db = &self.db;
        Ok(HubCounts {
            incidents: db.count("counting", "SELECT count(*) FROM documents")?,
            feed_seq: db.count("counting", "SELECT coalesce(max(seq), 0) FROM feed")?,
            devices: db.count("counting", "SELECT count(*) FROM devices")?,
            waiting: db.count("counting", "SELECT count(*) FROM waiting")?,
            quarantined: db.count("counting", "SELECT count(*) FROM quarantine")?,
            projections_unsent: db.count(
                "counting",
                "SELECT count(*) FROM projections WHERE sent < version",
            )?,
        })
    }

    fn setting(&mut self, key: &str) -> Result<Option<Vec<u8>>> {
        self.db.setting(key)
    }

    fn set_setting(&mut self, key: &str, value: &[u8]) -> Result<()> {
        self.db.immediate(|db| db.set_setting(key, value))
    }

    fn told_areas(&mut self) -> Result<Areas> {
        uplink::told_areas(&self.db)
    }

    fn list_areas(
        &mut self,
        listed: &BTreeSet<String>,
        now: Timestamp,
        random: &mut dyn Random,
    ) -> Result<Vec<u64>> {
        self.db
            .immediate(|db| uplink::list_areas(db, listed, now, random))
    }

    fn recheck_consents(&mut self, now: Timestamp, random: &mut dyn Random) -> Result<Vec<u64>> {
        self.db
            .immediate(|db| uplink::recheck_consents(db, now, random))
    }

    fn unsent_projections(&mut self, max: usize) -> Result<Vec<ProjectionRow>> {
        uplink::unsent(&self.db, max)
    }

    fn projections_sent(&mut self, rows: &[SentProjection]) -> Result<()> {
        self.db.immediate(|db| uplink::sent(db, rows))
    }

    fn projected(&mut self, projection: ProjectionId) -> Result<Option<IncidentId>> {
        let query =
            "SELECT incident FROM documents JOIN projections USING (doc) WHERE projection = ?1";
        let found = self.db.one(
            "reading a projection",
            query,
            &[projection.as_bytes()],
            |row| row.get::<_, [u8; 16]>(0),
        )?;
        Ok(found.map(IncidentId::from_bytes))
    }

    fn ask(
        &mut self,
        question: u64,
        incident: IncidentId,
        other: Option<ProjectionId>,
    ) -> Result<bool> {
        self.db.immediate(|db| {
            let query = "INSERT INTO questions (id, doc, reported, other, over) SELECT ?1, doc, 0, ?3, 0 FROM documents WHERE incident = ?2 ON CONFLICT DO NOTHING";
            let other = other.map(|other| *other.as_bytes());
            Ok(db.execute("keeping a question", query, &[&question.cast_signed(), incident.as_bytes(), &other])? == 1)
        })
    }

    fn end_question(&mut self, question: u64) -> Result<()> {
        self.db.immediate(|db| {
            db.execute(
                "ending a question",
                "UPDATE questions SET over = 1 WHERE id = ?1",
                &[&question.cast_signed()],
            )
            .map(drop)
        })
    }

    fn unreported_answers(&mut self) -> Result<Vec<(u64, String)>> {
        let query = "SELECT id, answer FROM questions WHERE answer IS NOT NULL AND reported = 0 ORDER BY id LIMIT 1000";
        let rows = self.db.all("reading answers", query, &[], |row| {
            Ok((row.get::<_, i64>(0)?, row.get(1)?))
        })?;
        Ok(rows
            .into_iter()
            .map(|(id, answer)| (id.cast_unsigned(), answer))
            .collect())
    }

    fn answers_reported(&mut self, questions: &[u64]) -> Result<()> {
        self.db.immediate(|db| {
            questions.iter().try_for_each(|id| {
                db.execute(
                    "noting an answer",
                    "UPDATE questions SET reported = 1 WHERE id = ?1",
                    &[&id.cast_signed()],
                )
                .map(drop)
            })
        })
    }
}

/// Walks all documents by id; a query gives the id first, and what `read` wants.
pub(crate) fn each_incident<T>(
    db: &Db,
    query: &str,
    read: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    each: &mut dyn FnMut(IncidentId, T) -> Result<()>,
) -> Result<()> {
    let step = "reading incidents";
    let mut statement = crate::db::sql(step, db.conn.prepare_cached(query))?;
    let mut rows = crate::db::sql(step, statement.query([]))?;
    while let Some(found) = crate::db::sql(step, rows.next())? {
        let incident = IncidentId::from_bytes(crate::db::sql(step, found.get(0))?);
        each(incident, crate::db::sql(step, read(found))?)?;
    }
    Ok(())
}
