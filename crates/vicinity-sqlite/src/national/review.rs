//! The national review: counts, queue, marks.

use rusqlite::{Row, ToSql};
use vicinity_core::ids::ProjectionId;
use vicinity_core::published::Cell;
use vicinity_core::time::Timestamp;

use crate::db::Result;
use crate::national::{QUESTION, SqliteNational, end_questions, question};
use vicinity_store::advocacy::Patterns;
use vicinity_store::national::QuestionRow;
use vicinity_store::review::{
    COUNTED_MAX, News, QUEUE_ROWS, QueueFilter, Review, ReviewStore, Reviewed,
};

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

const COLUMNS: &str =
    "projection, hub, json, received_at, changed_at, review, duplicate_of, reviewer, reviewed_at";

// `INDEXED BY`: a query that cannot use its index fails, instead of reading a million rows.
const NEW: &str =
    "projections INDEXED BY projections_received WHERE received_at > ?1 AND review <> 'gone'";
/// Rows that were known at ?1 and changed since.
const CHANGED: &str = "projections INDEXED BY projections_changed
    WHERE changed_at > received_at AND changed_at > ?1 AND received_at <= ?1 AND review <> 'gone'";
const GONE: &str =
    "projections INDEXED BY projections_gone WHERE review = 'gone' AND changed_at > ?1";
const ANSWERED: &str = "questions WHERE answered_at > ?1";
const WAITING: &str =
    "projections INDEXED BY projections_waiting WHERE review IN ('new', 'changed')";

/// Table and conditions of a filter. Its values, in this order: review, hub, area, each only if the filter names one.
fn queue_rows(filter: &QueueFilter) -> String {
    let mut number = 0;
    let mut equals = |column: &str| {
        number += 1;
        format!(" AND {column} = ?{number}")
    };
    let mut rows = if filter.review.is_empty() {
        WAITING.to_owned()
    } else {
        "projections INDEXED BY projections_reviewed WHERE review <> 'gone'".to_owned()
            + &equals("review")
    };
    if filter.hub.is_some() {
        rows.push_str(&equals("hub"));
    }
    if !filter.area.is_empty() {
        rows.push_str(&equals("area"));
    }
    rows
}

fn queue_page(rows: &str, page: u32) -> String {
    format!(
        "SELECT {COLUMNS} FROM {rows} ORDER BY received_at, row LIMIT {QUEUE_ROWS} OFFSET {}",
        page as usize * QUEUE_ROWS
    )
}

/// At most [`COUNTED_MAX`] and one of these rows, as one number.
fn capped_count(rows: &str) -> String {
    format!(
        "SELECT count(*) FROM (SELECT 1 FROM {rows} LIMIT {})",
        COUNTED_MAX + 1
    )
}

fn reviewed(row: &Row<'_>) -> rusqlite::Result<Reviewed> {
    let review: String = row.get(5)?;
    let other: Option<[u8; 16]> = row.get(6)?;
    let review = match (review.as_str(), other) {
        ("duplicate", Some(other)) => Review::Duplicate(ProjectionId::from_bytes(other)),
        ("verified", _) => Review::Verified,
        ("queried", _) => Review::Queried,
        ("changed", _) => Review::Changed,
        _ => Review::New,
    };
    let (person, at): (Option<String>, Option<i64>) = (row.get(7)?, row.get(8)?);
    Ok(Reviewed {
        projection: ProjectionId::from_bytes(row.get(0)?),
        hub: row.get(1)?,
        json: row.get(2)?,
        received_at: time(row.get(3)?),
        changed_at: time(row.get(4)?),
        review,
        reviewer: person.zip(at.map(time)),
    })
}

impl SqliteNational {
    fn capped(&self, rows: &str, values: &[&dyn ToSql]) -> Result<u64> {
        Ok(self
            .db
            .one("counting rows", &capped_count(rows), values, |row| {
                row.get::<_, i64>(0)
            })?
            .unwrap_or(0)
            .cast_unsigned())
    }
}

impl Patterns for SqliteNational {
    fn window(&mut self, from: &str, to: &str) -> Result<Vec<(String, Cell, u64)>> {
        let query = "SELECT month, area, dimension, code, n FROM counts WHERE month >= ?1 AND month <= ?2 AND instr(dimension, '/') = 0";
        self.db.all("reading counts", query, &[&from, &to], |row| {
            Ok((
                row.get(0)?,
                (row.get(1)?, row.get(2)?, row.get(3)?),
                row.get::<_, i64>(4)?.cast_unsigned(),
            ))
        })
    }
}

impl ReviewStore for SqliteNational {
    fn months(&mut self) -> Result<Option<(String, String)>> {
        let query = "SELECT min(month), max(month) FROM (SELECT month FROM counts UNION SELECT month FROM row_counts) WHERE month <> 'unknown'";
        let ends = self.db.one("reading months", query, &[], |row| {
            Ok((
                row.get::<_, Option<String>>(0)?,
                row.get::<_, Option<String>>(1)?,
            ))
        })?;
        Ok(ends.and_then(|(first, last)| first.zip(last)))
    }

    fn queue(&mut self, filter: &QueueFilter, page: u32) -> Result<(Vec<Reviewed>, u64)> {
        let rows = queue_rows(filter);
        let mut values: Vec<&dyn ToSql> = Vec::new();
        if !filter.review.is_empty() {
            values.push(&filter.review);
        }
        values.extend(filter.hub.as_ref().map(|hub| hub as &dyn ToSql));
        if !filter.area.is_empty() {
            values.push(&filter.area);
        }
        let total = self.capped(&rows, &values)?;
        let query = queue_page(&rows, page);
        Ok((
            self.db
                .all("reading the queue", &query, &values, reviewed)?,
            total,
        ))
    }

    fn reviewed(&mut self, projection: ProjectionId) -> Result<Option<Reviewed>> {
        let query =
            format!("SELECT {COLUMNS} FROM projections WHERE projection = ?1 AND json IS NOT NULL");
        self.db
            .one("reading a row", &query, &[projection.as_bytes()], reviewed)
    }

    fn alike(&mut self, projection: ProjectionId) -> Result<Vec<Reviewed>> {
        let query = "SELECT month, area, facets FROM projections WHERE projection = ?1 AND json IS NOT NULL";
        let read = |row: &Row<'_>| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
            ))
        };
        let Some((month, area, facets)) =
            self.db
                .one("reading a row", query, &[projection.as_bytes()], read)?
        else {
            return Ok(Vec::new());
        };
        let query = format!(
            "SELECT {COLUMNS}, facets FROM projections WHERE month = ?1 AND area = ?2 AND json IS NOT NULL AND projection <> ?3 LIMIT 2000"
        );
        let rows = self.db.all(
            "reading rows",
            &query,
            &[&month, &area, projection.as_bytes()],
            |row| Ok((reviewed(row)?, row.get::<_, String>(9)?)),
        )?;
        let own: Vec<&str> = facets.lines().collect();
        let mut rows: Vec<(usize, Reviewed)> = rows
            .into_iter()
            .map(|(row, facets)| {
                (
                    facets.lines().filter(|facet| own.contains(facet)).count(),
                    row,
                )
            })
            .collect();
        rows.retain(|(common, _)| *common * 10 >= own.len() * 8);
        rows.sort_by_key(|(common, row)| (core::cmp::Reverse(*common), row.received_at));
        Ok(rows.into_iter().take(5).map(|(_, row)| row).collect())
    }

    fn mark(
        &mut self,
        projection: ProjectionId,
        review: Review,
        person: &str,
        now: Timestamp,
    ) -> Result<bool> {
        self.db.immediate(|db| {
            let other = if let Review::Duplicate(other) = review { Some(*other.as_bytes()) } else { None };
            let query = "UPDATE projections SET review = ?2, duplicate_of = ?3, reviewer = ?4, reviewed_at = ?5 WHERE projection = ?1 AND json IS NOT NULL";
            if db.execute("marking a row", query, &[projection.as_bytes(), &review.code(), &other, &person, &now.as_second()])? == 0 {
                return Ok(false);
            }
            let id = projection.as_bytes();
            end_questions(db, "projection = ?1 AND other IS NOT NULL AND other IS NOT ?2", &[id, &other])?;
            let query = "INSERT INTO questions (projection, hub, code, asked_at, received, other) SELECT projection, hub, 'possible_duplicate', ?3, 0, ?2
                FROM projections WHERE projection = ?1 AND ?2 IS NOT NULL AND NOT EXISTS (SELECT 1 FROM questions WHERE projection = ?1 AND other = ?2 AND over = 0)";
            db.execute("asking about a duplicate", query, &[id, &other, &now.as_second()])?;
            Ok(true)
        })
    }

    fn news(&mut self, since: Timestamp) -> Result<News> {
        let since = since.as_second();
        Ok(News {
            new: self.capped(NEW, &[&since])?,
            changed: self.capped(CHANGED, &[&since])?,
            gone: self.capped(GONE, &[&since])?,
            answered: self.capped(ANSWERED, &[&since])?,
            waiting: self.capped(WAITING, &[])?,
        })
    }

    fn questions_about(&mut self, projection: ProjectionId) -> Result<Vec<QuestionRow>> {
        let query = format!("SELECT {QUESTION} FROM questions WHERE projection = ?1 ORDER BY id");
        self.db.all(
            "reading questions",
            &query,
            &[projection.as_bytes()],
            question,
        )
    }

    fn hub_months(&mut self, from: &str, to: &str) -> Result<Vec<(u32, String, u64)>> {
        let query = "SELECT hub, month, n FROM row_counts WHERE month >= ?1 AND month <= ?2";
        self.db.all("reading counts", query, &[&from, &to], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get::<_, i64>(2)?.cast_unsigned(),
            ))
        })
    }
}

#[cfg(test)]
mod tests;
