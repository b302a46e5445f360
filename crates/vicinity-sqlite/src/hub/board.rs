//! The hub's board: places of incidents, kept where documents are written, and what pages ask.

use std::collections::HashMap;

use rusqlite::{Row, ToSql};
use vicinity_core::board::{self, Placement};
use vicinity_core::ids::{ChangeHash, IncidentId, ProjectionId};
use vicinity_core::incident::Incident;
use vicinity_core::published::Cell;
use vicinity_core::time::{TimeZone, Timestamp};
use vicinity_core::triage::Level;

use crate::db::{Db, Result, sql};
use crate::hub::SqliteHub;
use crate::hub::tables::{self, ONCE};
use crate::hub::times::{self, AtHub};
use vicinity_store::advocacy::Patterns;
use vicinity_store::board::{
    AskedHere, BoardFilter, BoardPage, BoardStore, Case, HeldSealed, LoggedChange, PAGE_ROWS,
    RefusedHere,
};
use vicinity_store::national::ProjectionListing;
use vicinity_store::row::{self, IncidentRow};

/// Places worked out again under one commit: a first start after an update has tens of thousands.
const REFRESHED_MAX: i64 = 2000;

/// Most urgent first; `closed`, because what is closed comes after all that is open.
const ORDER: &str = "ORDER BY closed, rank, sort, doc";

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Codes so that one can be found among them.
fn spaced<T: AsRef<str>>(codes: &[T]) -> String {
    codes
        .iter()
        .fold(String::from(" "), |text, code| text + code.as_ref() + " ")
}

/// Red is 0.
fn level_number(level: Level) -> i64 {
    match level {
        Level::Red => 0,
        Level::Amber => 1,
        Level::Green => 2,
    }
}

/// Writes a document's place, in the transaction that wrote the document.
pub(crate) fn write(db: &Db, doc: i64, incident: &Incident, now: Timestamp) -> Result<()> {
    let place = board::place(incident, now);
    let rank = place.rank();
    let Placement {
        group: _,
        sort,
        closed,
        status,
        level,
        clock,
        due_at,
        reported_at,
        area,
        setting,
        kinds,
        groups,
        conflicts,
        month,
        facets,
        countable,
        survivor,
        response_minutes,
        turns_at,
    } = place;
    let query = include_str!("../../queries/hub_board_write.sql");
    let seconds = |at: Option<Timestamp>| at.map(Timestamp::as_second);
    let (due_at, reported_at, turns_at) =
        (seconds(due_at), seconds(reported_at), seconds(turns_at));
    let (level, kinds, groups) = (level_number(level), spaced(&kinds), spaced(&groups));
    let facets = facets
        .iter()
        .map(|(dimension, code)| format!("{dimension} {code}"))
        .collect::<Vec<_>>()
        .join("\n");
    let placed_at = now.as_second();
    let columns: [&dyn ToSql; 21] = [
        &doc,
        &closed,
        &level,
        &status,
        &clock,
        &due_at,
        &reported_at,
        &area,
        &setting,
        &kinds,
        &groups,
        &conflicts,
        &turns_at,
        &month,
        &facets,
        &response_minutes,
        &countable,
        &rank,
        &sort,
        &placed_at,
        &survivor,
    ];
    db.execute("writing a place on the board", query, &columns)?;
    db.execute(
        "forgetting links",
        "DELETE FROM links WHERE doc = ?1",
        &[&doc],
    )?;
    for (kind, target) in incident
        .codes("links")
        .filter_map(|link| link.split_once(':'))
    {
        if let Ok(target) = target.parse::<IncidentId>() {
            db.execute(
                "writing a link",
                "INSERT INTO links (target, doc, kind) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                &[target.as_bytes(), &doc, &kind],
            )?;
        }
    }
    Ok(())
}

/// A condition and what it asks for.
struct Where {
    text: String,
    values: Vec<Box<dyn ToSql>>,
}

impl Where {
    fn and(&mut self, condition: &str, value: impl ToSql + 'static) {
        self.values.push(Box::new(value));
        self.text.push_str(&format!(
            " AND {}",
            condition.replace('?', &format!("?{}", self.values.len()))
        ));
    }

    fn values(&self) -> Vec<&dyn ToSql> {
        self.values.iter().map(AsRef::as_ref).collect()
    }
}

fn conditions(filter: &BoardFilter, now: Timestamp) -> Where {
    let mut conditions = Where {
        text: "1".to_owned(),
        values: Vec::new(),
    };
    match filter.status.as_str() {
        "" => {}
        "open" => conditions.and("closed = ?", false),
        "closed" => conditions.and("closed = ?", true),
        status => conditions.and("status = ?", status.to_owned()),
    }
    if let Some(level) = Level::from_code(&filter.level) {
        conditions.and("level = ?", level_number(level));
    }
    let contains = |code: &str| format!(" {code} ");
    for (condition, value) in [
        (
            "instr(kinds, ?)",
            (!filter.kind.is_empty()).then(|| contains(&filter.kind)),
        ),
        (
            "instr(groups, ?)",
            (!filter.group.is_empty()).then(|| contains(&filter.group)),
        ),
        (
            "instr(area, ?) = 1",
            (!filter.area.is_empty()).then(|| filter.area.clone()),
        ),
        (
            "setting = ?",
            (!filter.setting.is_empty()).then(|| filter.setting.clone()),
        ),
        (
            "clock = ?",
            (!filter.clock.is_empty()).then(|| filter.clock.clone()),
        ),
    ] {
        if let Some(value) = value {
            conditions.and(condition, value);
        }
    }
    match filter.only.as_str() {
        "overdue" => conditions.and("closed = 0 AND due_at < ?", now.as_second()),
        "conflicts" => conditions.and("conflicts > ?", 0),
        "questions" => conditions.and(
            "doc IN (SELECT doc FROM questions WHERE answer IS NULL AND ?)",
            true,
        ),
        _ => {}
    }
    conditions
}

/// The documents of a page, by the index of the board's order: whatever the filter, nothing is sorted.
fn page_of(conditions: &str, page: u32) -> String {
    format!(
        "SELECT doc, closed, rank, sort FROM board WHERE {conditions} {ORDER} LIMIT {PAGE_ROWS} OFFSET {}",
        page as usize * PAGE_ROWS
    )
}

type Found = (i64, [u8; 16], AtHub, Vec<u8>);

/// `doc, incident, facts, disputes, times, first_at, heads`.
fn found(row: &Row<'_>) -> rusqlite::Result<Found> {
    Ok((row.get(0)?, row.get(1)?, AtHub::read(row, 2)?, row.get(6)?))
}

fn read((_, id, row, heads): Found, zone: Option<&TimeZone>) -> Result<(IncidentId, IncidentRow)> {
    Ok((
        IncidentId::from_bytes(id),
        IncidentRow {
            incident: row.incident(zone)?,
            heads: row::heads(&heads),
        },
    ))
}

impl SqliteHub {
    fn doc_of(&self, incident: IncidentId) -> Result<Option<i64>> {
        self.db.one(
            "reading a document",
            "SELECT doc FROM documents WHERE incident = ?1",
            &[incident.as_bytes()],
            |row| row.get(0),
        )
    }

    /// Counts of what a query gives, as month and facets, of a range of months.
    fn counted(&self, query: &str, from: &str, to: &str) -> Result<Vec<(String, Cell, u64)>> {
        let step = "reading counts";
        let mut statement = sql(step, self.db.conn.prepare_cached(query))?;
        let mut rows = sql(step, statement.query([from, to]))?;
        let (mut counts, mut key) = (HashMap::<String, u64>::new(), String::new());
        while let Some(row) = sql(step, rows.next())? {
            let (month, facets) = sql(
                step,
                row.get_ref(0)
                    .and_then(|month| Ok((month.as_str()?, row.get_ref(1)?.as_str()?))),
            )?;
            let area = facets
                .lines()
                .find_map(|facet| facet.strip_prefix("admin1 "))
                .unwrap_or_default();
            for facet in facets
                .lines()
                .filter(|facet| !facet.starts_with("admin1 "))
                .chain([" "])
            {
                // One text for all of them: tens of thousands of rows have a score of facets each.
                key.clear();
                [month, "\n", area, "\n", facet]
                    .into_iter()
                    .for_each(|part| key.push_str(part));
                match counts.get_mut(&key) {
                    Some(count) => *count += 1,
                    None => drop(counts.insert(key.clone(), 1)),
                }
            }
        }
        let cell = |(key, count): (String, u64)| {
            let mut parts = key.splitn(3, '\n');
            let (month, area, facet) = (parts.next()?, parts.next()?, parts.next()?);
            let (dimension, code) = facet.split_once(' ')?;
            Some((
                month.to_owned(),
                (area.to_owned(), dimension.to_owned(), code.to_owned()),
                count,
            ))
        };
        let mut cells: Vec<(String, Cell, u64)> = counts.into_iter().filter_map(cell).collect();
        cells.sort_unstable();
        Ok(cells)
    }

    fn linked_from(&self, incident: IncidentId) -> Result<Vec<(IncidentId, String)>> {
        let query = "SELECT incident, kind FROM links JOIN documents USING (doc) WHERE target = ?1 AND incident <> ?1 ORDER BY doc, kind LIMIT 20";
        self.db
            .all("reading links", query, &[incident.as_bytes()], |row| {
                Ok((IncidentId::from_bytes(row.get(0)?), row.get(1)?))
            })
    }

    fn held_sealed(&self, doc: i64) -> Result<Vec<HeldSealed>> {
        let query = "SELECT entry, class, bytes, received_at FROM statements WHERE doc = ?1 ORDER BY received_at, entry";
        self.db.all("reading statements", query, &[&doc], |row| {
            Ok(HeldSealed {
                entry: row.get(0)?,
                class: row.get(1)?,
                bytes: row.get::<_, i64>(2)?.cast_unsigned(),
                received_at: time(row.get(3)?),
            })
        })
    }
}

impl Patterns for SqliteHub {
    fn window(&mut self, from: &str, to: &str) -> Result<Vec<(String, Cell, u64)>> {
        self.counted(
            &format!(
                "SELECT month, facets FROM board WHERE month >= ?1 AND month <= ?2 AND {ONCE}"
            ),
            from,
            to,
        )
    }
}

impl BoardStore for SqliteHub {
    fn board_commit(
        &mut self,
        next: &mut dyn FnMut(&mut (dyn BoardStore + 'static)) -> Option<bool>,
    ) -> Result<()> {
        self.commit_each(&mut |hub| next(hub))
    }

    fn refresh_board(&mut self, now: Timestamp) -> Result<u64> {
        self.db.immediate(|db| {
            let query = "SELECT doc, facts, disputes, times, first_at FROM board JOIN documents USING (doc) WHERE turns_at <= ?1 OR placed_at > ?1 LIMIT ?2";
            let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, AtHub::read(row, 1)?));
            let zone = times::zone(db)?;
            let due = db.all("reading the board", query, &[&now.as_second(), &REFRESHED_MAX], read)?;
            for (doc, row) in &due {
                match row.incident(zone.as_ref()) {
                    Ok(incident) => write(db, *doc, &incident, now)?,
                    // A row that cannot be read keeps its place, and nobody else waits for it.
                    Err(_) => drop(db.execute("passing a damaged row", "UPDATE board SET turns_at = NULL, placed_at = 0 WHERE doc = ?1", &[doc])?),
                }
            }
            Ok(due.len() as u64)
        })
    }

    fn board(&mut self, filter: &BoardFilter, page: u32, now: Timestamp) -> Result<BoardPage> {
        let conditions = conditions(filter, now);
        let total = format!("SELECT count(*) FROM board WHERE {}", conditions.text);
        let total = self
            .db
            .one("counting the board", &total, &conditions.values(), |row| {
                row.get::<_, i64>(0)
            })?
            .unwrap_or(0)
            .cast_unsigned();
        let docs = page_of(&conditions.text, page);
        let query = format!(
            "SELECT doc, incident, facts, disputes, times, first_at, heads FROM ({docs}) JOIN documents USING (doc) {ORDER}"
        );
        let rows = self
            .db
            .all("reading the board", &query, &conditions.values(), found)?;
        let zone = times::zone(&self.db)?;
        // One damaged row keeps no other off the board; it is missing among the rows and counted in the total.
        let rows = rows
            .into_iter()
            .filter_map(|row| read(row, zone.as_ref()).ok())
            .collect();
        let mut open = [0; 3];
        let count =
            |row: &Row<'_>| Ok((row.get::<_, u32>(0)?, row.get::<_, i64>(1)?.cast_unsigned()));
        for (level, count) in self.db.all(
            "counting the board",
            "SELECT level, count(*) FROM board WHERE closed = 0 GROUP BY level",
            &[],
            count,
        )? {
            if let Some(slot) = open.get_mut(level as usize) {
                *slot = count;
            }
        }
        let overdue = "SELECT count(*) FROM board WHERE closed = 0 AND due_at < ?1";
        let overdue = self
            .db
            .one("counting the board", overdue, &[&now.as_second()], |row| {
                row.get::<_, i64>(0)
            })?
            .unwrap_or(0)
            .cast_unsigned();
        Ok(BoardPage {
            rows,
            total,
            open,
            overdue,
        })
    }

    fn case(&mut self, incident: IncidentId) -> Result<Option<Case>> {
        let query = "SELECT doc, incident, facts, disputes, times, first_at, heads FROM documents WHERE incident = ?1";
        let row = self.db.one(
            "reading an incident",
            query,
            &[incident.as_bytes()],
            |row| Ok((found(row)?, row.get::<_, i64>(5)?)),
        )?;
        let Some((row, first_at)) = row else {
            return Ok(None);
        };
        let doc = row.0;
        let devices = self.db.all(
            "reading scope",
            "SELECT device FROM scope WHERE doc = ?1 ORDER BY device",
            &[&doc],
            |row| row.get(0),
        )?;
        let (statements, linked_from) = (self.held_sealed(doc)?, self.linked_from(incident)?);
        Ok(Some(Case {
            row: read(row, times::zone(&self.db)?.as_ref())?.1,
            first_at: time(first_at),
            devices,
            statements,
            linked_from,
        }))
    }

    fn between(
        &mut self,
        first: IncidentId,
        last: IncidentId,
        max: usize,
    ) -> Result<Vec<(IncidentId, IncidentRow)>> {
        let query = "SELECT doc, incident, facts, disputes, times, first_at, heads FROM documents WHERE incident BETWEEN ?1 AND ?2 ORDER BY incident LIMIT ?3";
        let zone = times::zone(&self.db)?;
        let rows = self.db.all(
            "reading incidents",
            query,
            &[first.as_bytes(), last.as_bytes(), &(max as i64)],
            found,
        )?;
        Ok(rows
            .into_iter()
            .filter_map(|row| read(row, zone.as_ref()).ok())
            .collect())
    }

    fn logged(&mut self, incident: IncidentId) -> Result<Vec<LoggedChange>> {
        let Some(doc) = self.doc_of(incident)? else {
            return Ok(Vec::new());
        };
        let query =
            "SELECT chunk, device, received_at FROM feed WHERE kind = 0 AND doc = ?1 ORDER BY seq";
        let read = |row: &Row<'_>| {
            Ok((
                row.get::<_, Vec<u8>>(0)?,
                row.get::<_, u32>(1)?,
                row.get::<_, i64>(2)?,
            ))
        };
        let changes = self.db.all("reading changes", query, &[&doc], read)?;
        let query = "SELECT hash, person FROM desk_changes WHERE doc = ?1";
        let people = self.db.all("reading who wrote", query, &[&doc], |row| {
            Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, String>(1)?))
        })?;
        let logged = changes.into_iter().map(|(chunk, device, received_at)| {
            let hash = ChangeHash::of_chunk(&chunk);
            let person = people
                .iter()
                .find(|(own, _)| hash.is_some_and(|hash| *own == hash.0))
                .map(|(_, person)| person.clone());
            LoggedChange {
                chunk,
                device,
                person,
                received_at: time(received_at),
            }
        });
        Ok(logged.collect())
    }

    fn note_desk_change(
        &mut self,
        incident: IncidentId,
        change: ChangeHash,
        person: &str,
    ) -> Result<()> {
        let query = "INSERT INTO desk_changes (doc, hash, person) SELECT doc, ?2, ?3 FROM documents WHERE incident = ?1 ON CONFLICT DO NOTHING";
        let doc = self.doc_of(incident)?;
        self.db.immediate(|db| {
            db.execute(
                "noting who wrote",
                query,
                &[incident.as_bytes(), &change.0, &person],
            )?;
            doc.map_or(Ok(()), |doc| tables::note_seen(db, doc))
        })
    }

    fn conflicted(&mut self, max: usize) -> Result<Vec<(IncidentId, IncidentRow)>> {
        // Places are sorted first, so that no document is read and sorted without success.
        let docs = format!(
            "SELECT doc, closed, rank, sort FROM board WHERE conflicts > 0 {ORDER} LIMIT ?1"
        );
        let query = format!(
            "SELECT doc, incident, facts, disputes, times, first_at, heads FROM ({docs}) JOIN documents USING (doc) {ORDER}"
        );
        let rows = self
            .db
            .all("reading conflicts", &query, &[&(max as i64)], found)?;
        let zone = times::zone(&self.db)?;
        // As on the board: a damaged row hides no other.
        Ok(rows
            .into_iter()
            .filter_map(|row| read(row, zone.as_ref()).ok())
            .collect())
    }

    fn asked(&mut self) -> Result<Vec<AskedHere>> {
        let query = "SELECT id, incident, answer, other FROM questions JOIN documents USING (doc) ORDER BY answer IS NOT NULL, id DESC LIMIT 500";
        self.db.all("reading questions", query, &[], |row| {
            Ok(AskedHere {
                id: row.get::<_, i64>(0)?.cast_unsigned(),
                incident: IncidentId::from_bytes(row.get(1)?),
                answer: row.get(2)?,
                other: row
                    .get::<_, Option<[u8; 16]>>(3)?
                    .map(ProjectionId::from_bytes),
            })
        })
    }

    fn refused(&mut self, max: usize) -> Result<Vec<RefusedHere>> {
        let query = "SELECT incident, device, reason, max(at), count(*) FROM quarantine GROUP BY incident, device, reason ORDER BY max(at) DESC LIMIT ?1";
        let read = |row: &Row<'_>| {
            Ok((
                row.get::<_, [u8; 16]>(0)?,
                row.get(1)?,
                row.get::<_, String>(2)?,
                row.get(3)?,
                row.get::<_, i64>(4)?,
            ))
        };
        let rows = self
            .db
            .all("reading what was refused", query, &[&(max as i64)], read)?;
        let refused = rows
            .into_iter()
            .map(|(incident, device, reason, at, changes)| RefusedHere {
                incident: IncidentId::from_bytes(incident),
                device,
                reason,
                at: time(at),
                changes: changes.cast_unsigned(),
            });
        Ok(refused.collect())
    }

    fn waiting_by_device(&mut self) -> Result<Vec<(u32, u64)>> {
        let query = "SELECT device, count(*) FROM waiting GROUP BY device";
        self.db.all("reading what waits", query, &[], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
        })
    }

    fn areas(&mut self, max: usize) -> Result<Vec<String>> {
        let query = "SELECT area FROM board WHERE area <> '' GROUP BY area ORDER BY count(*) DESC, area LIMIT ?1";
        self.db
            .all("reading areas", query, &[&(max as i64)], |row| row.get(0))
    }

    fn countable_window(&mut self, from: &str, to: &str) -> Result<Vec<(String, Cell, u64)>> {
        self.counted(&format!("SELECT month, facets FROM board WHERE month >= ?1 AND month <= ?2 AND countable = 1 AND {ONCE}"), from, to)
    }

    fn each_own_projection(
        &mut self,
        each: &mut dyn FnMut(ProjectionListing, &Incident) -> Result<()>,
    ) -> Result<()> {
        let query = include_str!("../../queries/hub_board_each_own_projection.sql");
        let read = |row: &Row<'_>| {
            let version = row.get::<_, i64>(1)?.cast_unsigned();
            let listing = ProjectionListing {
                projection: ProjectionId::from_bytes(row.get(0)?),
                hub: 0,
                version,
                json: row.get(2)?,
            };
            Ok((listing, row.get::<_, String>(3)?))
        };
        for (listing, facts) in self.db.all("reading projections", query, &[], read)? {
            each(listing, &row::incident(&facts, "[]")?)?;
        }
        Ok(())
    }

    fn response_minutes(&mut self, from: &str, to: &str) -> Result<Vec<u32>> {
        let query = "SELECT response_minutes FROM board WHERE month >= ?1 AND month <= ?2 AND response_minutes IS NOT NULL ORDER BY response_minutes";
        self.db
            .all("reading response times", query, &[&from, &to], |row| {
                row.get(0)
            })
    }
}

#[cfg(test)]
mod tests;
