//! What national holds of its hubs' count tables, and their sums.

use std::collections::BTreeMap;

use rusqlite::Row;
use vicinity_core::counts::{Count, MonthTable, mark_of_all};
use vicinity_core::published::Cell;
use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;
use vicinity_store::tables::{HubTablesRow, NationalTables, TablePart};

use crate::db::{Db, Result};
use crate::national::SqliteNational;

/// Seconds of a day.
const DAY: i64 = 24 * 3600;

/// Changes of sums, by month and cell: all and seen.
type Sums = BTreeMap<(String, Cell), (i64, i64)>;

fn cells_text(table: &MonthTable) -> String {
    let line = |((area, dimension, code), count): (&Cell, &Count)| {
        format!("{area} {dimension} {code} {} {}\n", count.all, count.seen)
    };
    table.cells.iter().map(line).collect()
}

fn table_of(month: String, survivors: i64, cells: &str) -> Result<MonthTable> {
    let cell = |line: &str| {
        let mut parts = line.split(' ');
        let mut name = || parts.next().map(str::to_owned);
        let cell = (name()?, name()?, name()?);
        let mut number = || parts.next()?.parse().ok();
        let (all, seen) = (number()?, number()?);
        Some((cell, Count { all, seen }))
    };
    let cells = cells.lines().map(cell).collect::<Option<BTreeMap<_, _>>>();
    Ok(MonthTable {
        month,
        survivors: survivors.cast_unsigned(),
        cells: cells.ok_or(StoreError::Damaged("table"))?,
    })
}

fn add(sums: &mut Sums, table: &MonthTable, by: i64) {
    for (cell, count) in &table.cells {
        let sum = sums.entry((table.month.clone(), cell.clone())).or_default();
        sum.0 += by * count.all.cast_signed();
        sum.1 += by * count.seen.cast_signed();
    }
}

fn write_sums(db: &Db, sums: Sums) -> Result<()> {
    for ((month, (area, dimension, code)), (all, seen)) in sums {
        if (all, seen) == (0, 0) {
            continue;
        }
        let query = include_str!("../../queries/national_tables_write_sums.sql");
        let cell: [&dyn rusqlite::ToSql; 6] = [&month, &area, &dimension, &code, &all, &seen];
        db.execute("adding a count", query, &cell)?;
        if all < 0 {
            let query = "DELETE FROM counts WHERE month = ?1 AND area = ?2 AND dimension = ?3 AND code = ?4 AND n <= 0";
            db.execute("dropping a count", query, &cell[..4])?;
        }
    }
    Ok(())
}

fn stage(db: &Db, hub: u32, part: &TablePart) -> Result<()> {
    if part.is_first {
        db.execute(
            "dropping staged tables",
            "DELETE FROM staged_tables WHERE hub = ?1",
            &[&hub],
        )?;
    }
    for table in &part.tables {
        let query = include_str!("../../queries/national_tables_stage.sql");
        let survivors = table.survivors.cast_signed();
        db.execute(
            "staging a table",
            query,
            &[&hub, &table.month, &survivors, &cells_text(table)],
        )?;
    }
    Ok(())
}

/// A stored table: month, survivors, cells.
fn stored(row: &Row<'_>, first: usize) -> rusqlite::Result<(String, i64, String)> {
    Ok((row.get(first)?, row.get(first + 1)?, row.get(first + 2)?))
}

fn apply(db: &Db, hub: u32, now: Timestamp) -> Result<()> {
    let query = "SELECT month, survivors, cells FROM staged_tables WHERE hub = ?1";
    let staged = db.all("reading staged tables", query, &[&hub], |row| {
        stored(row, 0)
    })?;
    let mut sums = Sums::new();
    for (month, survivors, cells) in staged {
        let query = "SELECT month, survivors, cells FROM hub_tables WHERE hub = ?1 AND month = ?2";
        let old = db.one("reading a table", query, &[&hub, &month], |row| {
            stored(row, 0)
        })?;
        if let Some((month, survivors, cells)) = old {
            add(&mut sums, &table_of(month, survivors, &cells)?, -1);
        }
        let table = table_of(month, survivors, &cells)?;
        add(&mut sums, &table, 1);
        if table.cells.is_empty() {
            let query = "DELETE FROM hub_tables WHERE hub = ?1 AND month = ?2";
            db.execute("dropping a table", query, &[&hub, &table.month])?;
            continue;
        }
        let query = include_str!("../../queries/national_tables_apply.sql");
        db.execute(
            "keeping a table",
            query,
            &[&hub, &table.month, &survivors, &cells, &table.mark()],
        )?;
    }
    write_sums(db, sums)?;
    db.execute(
        "dropping staged tables",
        "DELETE FROM staged_tables WHERE hub = ?1",
        &[&hub],
    )?;
    let day = now.as_second().div_euclid(DAY) * DAY;
    db.execute(
        "noting a day",
        "UPDATE hubs SET tables_at = ?2 WHERE number = ?1",
        &[&hub, &day],
    )
    .map(drop)
}

impl NationalTables for SqliteNational {
    fn take_tables(&mut self, hub: u32, part: &TablePart, now: Timestamp) -> Result<()> {
        self.db.immediate(|db| {
            stage(db, hub, part)?;
            if part.is_last {
                apply(db, hub, now)?;
            }
            Ok(())
        })
    }

    fn tables_mark_of(&mut self, hub: u32) -> Result<[u8; 16]> {
        let query = "SELECT month, mark FROM hub_tables WHERE hub = ?1";
        let marks = self
            .db
            .all("reading marks of months", query, &[&hub], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        Ok(mark_of_all(&marks.into_iter().collect()))
    }

    fn tables_of(&mut self, month: &str) -> Result<Vec<(u32, MonthTable)>> {
        let query =
            "SELECT hub, month, survivors, cells FROM hub_tables WHERE month = ?1 ORDER BY hub";
        let found = self.db.all("reading tables", query, &[&month], |row| {
            Ok((row.get::<_, u32>(0)?, stored(row, 1)?))
        })?;
        found
            .into_iter()
            .map(|(hub, (month, survivors, cells))| Ok((hub, table_of(month, survivors, &cells)?)))
            .collect()
    }

    fn tables_by_hub(&mut self) -> Result<Vec<HubTablesRow>> {
        let query =
            "SELECT number, tables_at FROM hubs WHERE tables_at IS NOT NULL ORDER BY number";
        self.db.all("reading hubs", query, &[], |row| {
            let taken_at = Timestamp::from_second(row.get(1)?).unwrap_or(Timestamp::UNIX_EPOCH);
            Ok(HubTablesRow {
                hub: row.get(0)?,
                taken_at,
            })
        })
    }

    fn survivors(&mut self, from: &str, to: &str) -> Result<BTreeMap<String, u64>> {
        let query = "SELECT month, sum(survivors) FROM hub_tables WHERE month >= ?1 AND month <= ?2 GROUP BY month";
        by_month(&self.db, query, from, to)
    }

    fn pairs(&mut self, from: &str, to: &str) -> Result<BTreeMap<Cell, u64>> {
        let query = include_str!("../../queries/national_tables_pairs.sql");
        let cells = self.db.all("reading pairs", query, &[&from, &to], |row| {
            let cell = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((cell, row.get::<_, i64>(3)?.cast_unsigned()))
        })?;
        Ok(cells.into_iter().collect())
    }

    fn seen(&mut self, from: &str, to: &str) -> Result<BTreeMap<String, u64>> {
        let query = "SELECT month, sum(seen) FROM counts WHERE month >= ?1 AND month <= ?2 AND dimension = '' GROUP BY month";
        by_month(&self.db, query, from, to)
    }
}

fn by_month(db: &Db, query: &str, from: &str, to: &str) -> Result<BTreeMap<String, u64>> {
    let counts = db.all("reading counts", query, &[&from, &to], |row| {
        Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
    })?;
    Ok(counts.into_iter().collect())
}
