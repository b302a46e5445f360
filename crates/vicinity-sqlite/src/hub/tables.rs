//! The hub's count tables, and what national has of them.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Row;
use vicinity_core::counts::due::Difference;
use vicinity_core::counts::{Contribution, MonthTable, mark_of_all};
use vicinity_store::tables::{CountedIncident, HubTables, TableChanges};

use crate::db::{Db, Result};
use crate::hub::SqliteHub;
use crate::hub::uplink;

/// A duplicate is not counted while the incident that it links to is here; of two that link to each other the first counts. Neither is one
/// that a person here said is counted elsewhere, while national has the other row.
pub(crate) const ONCE: &str = "doc NOT IN (SELECT links.doc FROM links JOIN documents AS other ON other.incident = links.target
    WHERE kind = 'duplicate_of' AND other.doc <> links.doc AND (other.doc < links.doc OR NOT EXISTS (
        SELECT 1 FROM links AS back JOIN documents AS own ON own.incident = back.target
            WHERE back.doc = other.doc AND back.kind = 'duplicate_of' AND own.doc = links.doc)))
    AND doc NOT IN (SELECT doc FROM questions WHERE answer = 'counted_elsewhere' AND other IS NOT NULL AND over = 0)";

/// The setting that is there while something that national counts was erased.
const ERASED: &str = "tables_erased";

type Marks = BTreeMap<String, [u8; 16]>;

/// A responder wrote in a document, or a person at the board did.
pub(crate) fn note_seen(db: &Db, doc: i64) -> Result<()> {
    let query = "UPDATE documents SET seen = 1 WHERE doc = ?1 AND seen = 0";
    db.execute("noting who has seen a document", query, &[&doc])
        .map(drop)
}

/// As [`note_seen`], if a responder's device wrote anything that the document's log has.
pub(crate) fn note_seen_by_log(db: &Db, doc: i64) -> Result<()> {
    let query = include_str!("../../queries/hub_tables_note_seen_by_log.sql");
    db.execute("noting who has seen a document", query, &[&doc])
        .map(drop)
}

/// Forgets what of an erased document is in the tables at national, and that something was.
pub(crate) fn forget(db: &Db, doc: i64) -> Result<()> {
    if db.execute(
        "erasing what was counted",
        "DELETE FROM counted WHERE doc = ?1",
        &[&doc],
    )? > 0
    {
        db.set_setting(ERASED, &[1])?;
    }
    Ok(())
}

fn contributions(db: &Db) -> Result<Vec<(i64, Contribution)>> {
    let areas = uplink::told_areas(db)?;
    let query = format!(
        "SELECT doc, month, facets, survivor, seen FROM board JOIN documents USING (doc) WHERE countable = 1 AND {ONCE}"
    );
    let read = |row: &Row<'_>| {
        let (doc, facets): (i64, String) = (row.get(0)?, row.get(2)?);
        let survivor: String = row.get(3)?;
        let facets: Vec<(String, String)> = facets
            .lines()
            .filter_map(|facet| facet.split_once(' '))
            .map(|(dimension, code)| (dimension.to_owned(), code.to_owned()))
            .collect();
        let area = facets
            .iter()
            .find(|(dimension, _)| dimension == "admin1")
            .map_or("", |(_, code)| code);
        // An incident without a code is a survivor of its own.
        let survivor = if survivor.is_empty() {
            doc.to_be_bytes().to_vec()
        } else {
            survivor.into_bytes()
        };
        Ok((
            doc,
            Contribution {
                month: row.get(1)?,
                area: areas.named(area).to_owned(),
                facets,
                is_seen: row.get(4)?,
                survivor,
            },
        ))
    };
    db.all("reading what is counted", &query, &[], read)
}

fn months(db: &Db) -> Result<Marks> {
    let marks = db.all(
        "reading marks of months",
        "SELECT month, mark FROM counted_months",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(marks.into_iter().collect())
}

/// Survivors of whose incidents something differs, and whether an incident is in the tables no more.
fn compare(
    before: &BTreeMap<u64, CountedIncident>,
    now: &[CountedIncident],
) -> (BTreeSet<Vec<u8>>, bool) {
    let changed = now
        .iter()
        .filter(|of| {
            before
                .get(&of.document)
                .is_none_or(|old| old.mark != of.mark)
        })
        .map(|of| of.survivor.clone());
    let left: BTreeSet<u64> = now.iter().map(|of| of.document).collect();
    let gone: Vec<Vec<u8>> = before
        .values()
        .filter(|old| !left.contains(&old.document))
        .map(|old| old.survivor.clone())
        .collect();
    let is_gone = !gone.is_empty();
    (changed.chain(gone).collect(), is_gone)
}

impl HubTables for SqliteHub {
    fn table_changes(&mut self) -> Result<TableChanges> {
        let db = &self.db;
        let contributions = contributions(db)?;
        let incidents: Vec<CountedIncident> = contributions
            .iter()
            .map(|(doc, of)| CountedIncident {
                document: doc.cast_unsigned(),
                survivor: of.survivor.clone(),
                mark: of.mark(),
            })
            .collect();
        let read = |row: &Row<'_>| {
            let document = row.get::<_, i64>(0)?.cast_unsigned();
            let (survivor, mark) = (row.get(1)?, row.get(2)?);
            Ok((
                document,
                CountedIncident {
                    document,
                    survivor,
                    mark,
                },
            ))
        };
        let query = "SELECT doc, survivor, mark FROM counted";
        let before = db.all("reading what was counted", query, &[], read)?;
        let (survivors, is_gone) = compare(&before.into_iter().collect(), &incidents);
        let mut own = MonthTable::of(contributions.iter().map(|(_, of)| of));
        let held = months(db)?;
        for month in held.keys() {
            own.entry(month.clone())
                .or_insert_with(|| MonthTable::empty(month));
        }
        let differs = |table: &MonthTable| held.get(&table.month) != Some(&table.mark());
        let tables: Vec<MonthTable> = own.into_values().filter(differs).collect();
        Ok(TableChanges {
            difference: Difference {
                survivors: survivors.len(),
                is_withdrawn: is_gone || db.setting(ERASED)?.is_some(),
                any: !tables.is_empty(),
            },
            tables,
            incidents,
        })
    }

    fn tables_sent(&mut self, sent: &TableChanges) -> Result<()> {
        self.db.immediate(|db| {
            db.execute("forgetting what was counted", "DELETE FROM counted", &[])?;
            db.execute(
                "forgetting an erasure",
                "DELETE FROM meta WHERE key = ?1",
                &[&ERASED],
            )?;
            for of in &sent.incidents {
                let query = "INSERT INTO counted (doc, survivor, mark) SELECT doc, ?2, ?3 FROM documents WHERE doc = ?1";
                let doc = of.document.cast_signed();
                if db.execute("noting what is counted", query, &[&doc, &of.survivor, &of.mark])? == 0 {
                    // Erased since: national counts it.
                    db.set_setting(ERASED, &[1])?;
                }
            }
            for table in &sent.tables {
                let query = "INSERT INTO counted_months (month, mark) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET mark = excluded.mark";
                db.execute("noting a month", query, &[&table.month, &table.mark()])?;
                if table.cells.is_empty() {
                    db.execute("forgetting a month", "DELETE FROM counted_months WHERE month = ?1", &[&table.month])?;
                }
            }
            Ok(())
        })
    }

    fn tables_mark(&mut self) -> Result<[u8; 16]> {
        Ok(mark_of_all(&months(&self.db)?))
    }

    fn tables_lost(&mut self) -> Result<()> {
        self.db.immediate(|db| {
            db.execute(
                "forgetting months",
                "UPDATE counted_months SET mark = zeroblob(16)",
                &[],
            )
            .map(drop)
        })
    }
}
