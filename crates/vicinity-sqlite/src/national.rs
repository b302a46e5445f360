//! National's engine.

pub(crate) mod country;
pub(crate) mod review;
pub(crate) mod tables;
pub(crate) mod tally;

use std::collections::BTreeSet;
use std::path::Path;

use vicinity_core::ids::{DeviceId, ProjectionId};
use vicinity_core::time::Timestamp;

use crate::db::{Db, Result, sql};
use crate::national::tally::{Tally, area_of, kept_facets};
use vicinity_store::error::Damage;
use vicinity_store::hub::{Credentials, PeerRefused, Role};
use vicinity_store::national::{
    HubRow, NationalStore, NewProjection, ProjectionBody, ProjectionListing, QuestionRow,
};
use vicinity_store::{DatabaseKey, StoreError};

/// National on SQLite: `national.db`.
pub struct SqliteNational {
    pub(crate) db: Db,
}

const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/national_0001.sql"),
    include_str!("../migrations/national_0002_alerts.sql"),
    include_str!("../migrations/national_0003_review.sql"),
    include_str!("../migrations/hub_0005_national_0004_advocacy.sql"),
    include_str!("../migrations/national_0005_countries.sql"),
    include_str!("../migrations/national_0006_revoked.sql"),
    include_str!("../migrations/hub_0010_national_0007_forms.sql"),
    include_str!("../migrations/national_0008_hub_areas.sql"),
    include_str!("../migrations/national_0009_queue.sql"),
    include_str!("../migrations/national_0010_names.sql"),
    include_str!("../migrations/national_0011_reached.sql"),
    include_str!("../migrations/national_0012_tables.sql"),
    include_str!("../migrations/national_0013_schema3.sql"),
];

impl SqliteNational {
    /// Looks at every page of the file, whatever lies on it: whether one is damaged. Takes some 4 seconds a gigabyte.
    ///
    /// # Errors
    /// The file cannot be read at all.
    pub fn damaged(&self) -> Result<Option<Damage>> {
        self.db.damaged()
    }
}

impl SqliteNational {
    /// Opens or makes national's store in a folder.
    ///
    /// # Errors
    /// The folder or its files cannot be used, or are of a newer version.
    pub fn open(folder: &Path, key: &DatabaseKey) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|source| StoreError::File {
            path: folder.display().to_string(),
            source,
        })?;
        Ok(Self {
            db: Db::open(&folder.join("national.db"), key, MIGRATIONS)?,
        })
    }

    /// The same connection, which from now on cannot write: any step that tries fails.
    ///
    /// # Errors
    /// Storage.
    pub fn only_reading(self) -> Result<Self> {
        self.db.only_reading()?;
        Ok(self)
    }

    /// Runs one step under one commit, and keeps none of it if it says `false` or panics. Not to be nested.
    ///
    /// # Errors
    /// The commit failed: nothing of the step was kept.
    pub fn commit_one(&mut self, step: &mut dyn FnMut(&mut Self) -> bool) -> Result<()> {
        sql("beginning", self.db.conn.execute_batch("BEGIN IMMEDIATE"))?;
        let wanted = step(self);
        self.db.end(wanted)
    }

    /// Reads from one snapshot, while others write.
    ///
    /// # Errors
    /// Storage.
    pub fn read_together(&mut self, step: &mut dyn FnMut(&mut Self)) -> Result<()> {
        sql("beginning", self.db.conn.execute_batch("BEGIN DEFERRED"))?;
        step(self);
        sql("ending", self.db.conn.execute_batch("ROLLBACK"))
    }
}

/// What is known of a row.
struct KnownRow {
    row: i64,
    owner: u32,
    version: u64,
    /// What it says now; nothing once it was withdrawn.
    standing: Option<Standing>,
    review: String,
}

struct Standing {
    json: String,
    month: String,
}

fn known(db: &Db, projection: ProjectionId) -> Result<Option<KnownRow>> {
    let query = "SELECT row, hub, version, coalesce(kept_review, review), json, month FROM projections WHERE projection = ?1";
    db.one(
        "reading a projection",
        query,
        &[projection.as_bytes()],
        |row| {
            let standing = match row.get::<_, Option<String>>(4)? {
                Some(json) => Some(Standing {
                    json,
                    month: row.get(5)?,
                }),
                None => None,
            };
            Ok(KnownRow {
                row: row.get(0)?,
                owner: row.get(1)?,
                version: row.get::<_, i64>(2)?.cast_unsigned(),
                standing,
                review: row.get(3)?,
            })
        },
    )
}

/// Where the review of a row stands once it says something else.
fn review_after(known: &KnownRow, body: Option<&ProjectionBody>) -> &'static str {
    match (&known.standing, body) {
        (_, None) => "gone",
        // A row of an older schema comes again with the review that it had.
        (None, Some(_)) => review_of(&known.review),
        (Some(old), Some(new)) if old.json == new.json => review_of(&known.review),
        (Some(_), Some(_)) if known.review == "new" => "new",
        (Some(_), Some(_)) if known.review == "duplicate" => "duplicate",
        (Some(_), Some(_)) => "changed",
    }
}

fn review_of(code: &str) -> &'static str {
    match code {
        "verified" => "verified",
        "queried" => "queried",
        "duplicate" => "duplicate",
        "changed" => "changed",
        _ => "new",
    }
}

fn upsert_one(
    db: &Db,
    hub: u32,
    new: &NewProjection,
    now: Timestamp,
    tally: &mut Tally,
) -> Result<Option<u64>> {
    let Ok(version) = i64::try_from(new.version) else {
        return Ok(None);
    };
    let known = known(db, new.projection)?;
    if let Some(known) = &known {
        if known.owner != hub {
            return Ok(None);
        }
        if known.version > new.version || (known.version == new.version && known.standing.is_none())
        {
            return Ok(Some(known.version));
        }
        if let Some(old) = &known.standing {
            tally.add(hub, &old.month, -1);
        }
    }
    let review = known
        .as_ref()
        .map_or(if new.body.is_some() { "new" } else { "gone" }, |known| {
            review_after(known, new.body.as_ref())
        });
    let (json, month) = new
        .body
        .as_ref()
        .map_or((None, None), |body| (Some(&body.json), Some(&body.month)));
    let (area, facets) = new.body.as_ref().map_or(("", String::new()), |body| {
        (area_of(body), kept_facets(body))
    });
    if let Some(month) = month {
        tally.add(hub, month, 1);
    }
    if new.body.is_none() {
        end_questions(db, "other = ?1", &[new.projection.as_bytes()])?;
    }
    let seconds = now.as_second();
    match known {
        Some(known) => {
            // A row that comes again as it was did not change.
            let query = include_str!("../queries/national_upsert_one.sql");
            db.execute(
                "writing a projection",
                query,
                &[
                    &known.row, &version, &json, &month, &area, &facets, &seconds, &review,
                ],
            )?;
        }
        None => {
            let query = include_str!("../queries/national_upsert_one_insert.sql");
            db.execute(
                "writing a projection",
                query,
                &[
                    new.projection.as_bytes(),
                    &hub,
                    &version,
                    &json,
                    &month,
                    &area,
                    &facets,
                    &seconds,
                    &review,
                ],
            )?;
        }
    }
    Ok(Some(new.version))
}

/// Columns of a question.
pub(crate) const QUESTION: &str = "id, projection, code, answer, other, over";

/// A question that waits for nothing is over: its other row is gone, or is no duplicate.
pub(crate) fn end_questions(
    db: &Db,
    condition: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<()> {
    let query = format!("UPDATE questions SET over = 1 WHERE over = 0 AND {condition}");
    db.execute("ending questions", &query, values).map(drop)
}

pub(crate) fn question(row: &rusqlite::Row<'_>) -> rusqlite::Result<QuestionRow> {
    Ok(QuestionRow {
        id: row.get::<_, i64>(0)?.cast_unsigned(),
        projection: ProjectionId::from_bytes(row.get(1)?),
        code: row.get(2)?,
        answer: row.get(3)?,
        other: row
            .get::<_, Option<[u8; 16]>>(4)?
            .map(ProjectionId::from_bytes),
        is_over: row.get::<_, i64>(5)? > 0,
    })
}

/// What is needed to check the proof of a server of a table's.
pub(crate) fn credentials(db: &Db, table: &str, device: DeviceId) -> Result<Option<Credentials>> {
    let query = format!("SELECT public_key, revoked_at IS NOT NULL FROM {table} WHERE device = ?1");
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Credentials {
            public_key: row.get(0)?,
            revoked: row.get(1)?,
        })
    };
    db.one("reading who asks", &query, &[device.as_bytes()], read)
}

/// Revokes a server of a table's.
pub(crate) fn revoke(db: &Db, table: &str, number: u32, now: Timestamp) -> Result<bool> {
    let query =
        format!("UPDATE {table} SET revoked_at = coalesce(revoked_at, ?2) WHERE number = ?1");
    Ok(db.execute("revoking a server", &query, &[&number, &now.as_second()])? == 1)
}

/// Lets a proven request of a table's in and moves its counter.
pub(crate) fn let_in(
    db: &Db,
    table: &str,
    device: DeviceId,
    incarnation: u64,
    counter: u64,
    now: Timestamp,
) -> Result<core::result::Result<u32, PeerRefused>> {
    let read = |row: &rusqlite::Row<'_>| {
        Ok((
            row.get::<_, u32>(0)?,
            row.get::<_, i64>(1)?.cast_unsigned(),
            row.get::<_, i64>(2)?.cast_unsigned(),
            row.get::<_, bool>(3)?,
        ))
    };
    let query = format!(
        "SELECT number, incarnation, counter, revoked_at IS NOT NULL FROM {table} WHERE device = ?1"
    );
    let Some((number, life, last, revoked)) =
        db.one("reading who asks", &query, &[device.as_bytes()], read)?
    else {
        return Ok(Err(PeerRefused::Unknown));
    };
    if revoked {
        return Ok(Err(PeerRefused::Revoked));
    }
    let Ok(count) = i64::try_from(counter) else {
        return Ok(Err(PeerRefused::TooHigh));
    };
    if life == incarnation && counter <= last {
        return Ok(Err(PeerRefused::not_above(counter, last)));
    }
    let query = format!(
        "UPDATE {table} SET incarnation = ?2, counter = ?3, last_seen = ?4 WHERE number = ?1"
    );
    db.execute(
        "moving a counter",
        &query,
        &[
            &number,
            &incarnation.cast_signed(),
            &count,
            &now.as_second(),
        ],
    )?;
    Ok(Ok(number))
}

impl NationalStore for SqliteNational {
    fn invite(&mut self, code_hash: [u8; 32], role: Role, expires: Timestamp) -> Result<()> {
        self.db.invite(code_hash, role.code(), expires.as_second())
    }

    fn cut_invites(&mut self, now: Timestamp) -> Result<u64> {
        self.db.immediate(|db| db.cut_invites(now.as_second()))
    }

    fn enrol(
        &mut self,
        code_hash: [u8; 32],
        hub: DeviceId,
        public_key: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<u32>> {
        self.db.immediate(|db| {
            // A country's code enrols no hub, and is not used up by trying.
            let role = db.one(
                "reading an invitation",
                "SELECT role FROM invites WHERE code_hash = ?1",
                &[&code_hash],
                |row| row.get::<_, String>(0),
            )?;
            if role.as_deref() != Some(Role::Hub.code()) {
                return Ok(None);
            }
            let Some((_, name)) = db.use_invite(code_hash, hub.as_bytes(), now.as_second())? else {
                return Ok(None);
            };
            let query = include_str!("../queries/national_enrol.sql");
            if db.execute(
                "enrolling",
                query,
                &[hub.as_bytes(), &public_key, &now.as_second(), &name],
            )? == 0
            {
                return Ok(None);
            }
            db.one(
                "enrolling",
                "SELECT number FROM hubs WHERE device = ?1",
                &[hub.as_bytes()],
                |row| row.get(0),
            )
        })
    }

    fn name_invited(&mut self, code_hash: [u8; 32], name: &str) -> Result<()> {
        self.db.name_invited(code_hash, name)
    }

    fn name_hub(&mut self, hub: u32, name: &str) -> Result<bool> {
        let query = "UPDATE hubs SET name = nullif(?2, '') WHERE number = ?1";
        self.db
            .immediate(|db| Ok(db.execute("naming a hub", query, &[&hub, &name])? == 1))
    }

    fn credentials(&mut self, hub: DeviceId) -> Result<Option<Credentials>> {
        credentials(&self.db, "hubs", hub)
    }

    fn revoke(&mut self, hub: u32, now: Timestamp) -> Result<bool> {
        self.db.immediate(|db| revoke(db, "hubs", hub, now))
    }

    /// Reports are idempotent and carry no history, so a hub restored from a backup simply starts a new incarnation.
    fn let_in(
        &mut self,
        hub: DeviceId,
        incarnation: u64,
        counter: u64,
        now: Timestamp,
    ) -> Result<core::result::Result<u32, PeerRefused>> {
        self.db
            .immediate(|db| let_in(db, "hubs", hub, incarnation, counter, now))
    }

    fn upsert(
        &mut self,
        hub: u32,
        rows: &[NewProjection],
        now: Timestamp,
    ) -> Result<Vec<Option<u64>>> {
        self.db.immediate(|db| {
            let mut tally = Tally::default();
            let held = rows
                .iter()
                .map(|row| upsert_one(db, hub, row, now, &mut tally))
                .collect::<Result<_>>()?;
            tally.write(db)?;
            Ok(held)
        })
    }

    fn areas_of(&mut self, hub: u32, max: usize) -> Result<BTreeSet<String>> {
        // One step in the index for each area, however many rows name it.
        let query = include_str!("../queries/national_areas_of.sql");
        Ok(self
            .db
            .all("reading areas", query, &[&hub, &(max as i64)], |row| {
                row.get(0)
            })?
            .into_iter()
            .collect())
    }

    fn ask(&mut self, projection: ProjectionId, code: &str, now: Timestamp) -> Result<Option<u64>> {
        self.db.immediate(|db| {
            let query = "INSERT INTO questions (projection, hub, code, asked_at, received) SELECT projection, hub, ?2, ?3, 0 FROM projections WHERE projection = ?1 AND json IS NOT NULL";
            let asked = db.execute("keeping a question", query, &[projection.as_bytes(), &code, &now.as_second()])?;
            Ok((asked == 1).then(|| db.conn.last_insert_rowid().cast_unsigned()))
        })
    }

    fn questions_of(
        &mut self,
        hub: u32,
        received: &[u64],
        answers: &[(u64, String)],
        now: Timestamp,
    ) -> Result<Vec<QuestionRow>> {
        self.db.immediate(|db| {
            for id in received {
                // The second time it is the end of the question that has come.
                let query = "UPDATE questions SET over = iif(received = 1 AND over = 1, 2, over), received = 1 WHERE id = ?1 AND hub = ?2";
                db.execute("noting a question", query, &[&id.cast_signed(), &hub])?;
            }
            for (id, answer) in answers {
                let query = "UPDATE questions SET answer = ?3, answered_at = ?4 WHERE id = ?1 AND hub = ?2 AND answer IS NOT ?3";
                db.execute("noting an answer", query, &[&id.cast_signed(), &hub, answer, &now.as_second()])?;
            }
            let query = format!("SELECT {QUESTION} FROM questions WHERE hub = ?1 AND (received = 0 OR over = 1) ORDER BY id LIMIT 500");
            db.all("reading questions", &query, &[&hub], question)
        })
    }

    fn questions(&mut self) -> Result<Vec<QuestionRow>> {
        self.db.all(
            "reading questions",
            &format!("SELECT {QUESTION} FROM questions ORDER BY id"),
            &[],
            question,
        )
    }

    fn each_projection(
        &mut self,
        from: Option<&str>,
        to: Option<&str>,
        each: &mut dyn FnMut(ProjectionListing) -> Result<()>,
    ) -> Result<()> {
        let step = "reading projections";
        // A month that is not known is in no stretch of months, but in the whole.
        let to = to.unwrap_or(if from.is_none() {
            "\u{ffff}"
        } else {
            "9999-99"
        });
        let query = "SELECT projection, hub, version, json FROM projections WHERE json IS NOT NULL AND month >= ?1 AND month <= ?2 ORDER BY projection";
        let mut statement = sql(step, self.db.conn.prepare_cached(query))?;
        let mut rows = sql(step, statement.query([from.unwrap_or(""), to]))?;
        while let Some(row) = sql(step, rows.next())? {
            let read = |row: &rusqlite::Row<'_>| {
                let version = row.get::<_, i64>(2)?.cast_unsigned();
                Ok(ProjectionListing {
                    projection: ProjectionId::from_bytes(row.get(0)?),
                    hub: row.get(1)?,
                    version,
                    json: row.get(3)?,
                })
            };
            each(sql(step, read(row))?)?;
        }
        Ok(())
    }

    fn hubs(&mut self) -> Result<Vec<HubRow>> {
        let query = "SELECT number, last_seen, (SELECT coalesce(sum(n), 0) FROM row_counts WHERE hub = number), name FROM hubs ORDER BY number";
        self.db.all("reading hubs", query, &[], |row| {
            let last_seen = row
                .get::<_, Option<i64>>(1)?
                .and_then(|at| Timestamp::from_second(at).ok());
            Ok(HubRow {
                number: row.get(0)?,
                last_seen,
                projections: row.get::<_, i64>(2)?.cast_unsigned(),
                name: row.get(3)?,
            })
        })
    }

    fn setting(&mut self, key: &str) -> Result<Option<Vec<u8>>> {
        self.db.setting(key)
    }

    fn set_setting(&mut self, key: &str, value: &[u8]) -> Result<()> {
        self.db.immediate(|db| db.set_setting(key, value))
    }
}
