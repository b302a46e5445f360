//! The advocacy log at a hub and at national: one table in both. What was written here has hub 0.

use rusqlite::{Row, ToSql};
use vicinity_core::advocacy::Advocacy;
use vicinity_core::ids::AdvocacyId;
use vicinity_core::time::Timestamp;

use crate::db::{Db, Result};
use crate::hub::SqliteHub;
use crate::national::SqliteNational;
use vicinity_store::advocacy::{
    AdvocacyLog, Asks, HubLogs, LOG_ROWS, LogFilter, LogPage, LoggedAdvocacy,
};
use vicinity_store::review::COUNTED_MAX;

const COLUMNS: &str = "id, day, action, kind, area, outcome";

fn entry(row: &Row<'_>) -> rusqlite::Result<Advocacy> {
    Ok(Advocacy {
        id: AdvocacyId::from_bytes(row.get(0)?),
        day: row.get(1)?,
        action: row.get(2)?,
        kind: row.get(3)?,
        area: row.get(4)?,
        outcome: row.get(5)?,
    })
}

fn write(
    db: &Db,
    hub: u32,
    entry: &Advocacy,
    note: &str,
    person: &str,
    now: Timestamp,
) -> Result<()> {
    let Advocacy {
        id,
        day,
        action,
        kind,
        area,
        outcome,
    } = entry;
    let query = include_str!("../queries/advocacy_write.sql");
    db.execute(
        "writing an action",
        query,
        &[
            id.as_bytes(),
            &hub,
            day,
            action,
            kind,
            area,
            outcome,
            &note,
            &person,
            &now.as_second(),
        ],
    )
    .map(drop)
}

fn log(db: &mut Db, logged: &LoggedAdvocacy, max: usize, now: Timestamp) -> Result<bool> {
    db.immediate(|db| {
        if db.count(
            "counting actions",
            "SELECT count(*) FROM advocacy WHERE hub = 0",
        )? >= max as u64
        {
            return Ok(false);
        }
        write(db, 0, &logged.entry, &logged.note, &logged.person, now).map(|()| true)
    })
}

fn note_outcome(db: &mut Db, id: AdvocacyId, outcome: &str) -> Result<bool> {
    db.immediate(|db| {
        Ok(db.execute(
            "noting an outcome",
            "UPDATE advocacy SET outcome = ?2 WHERE hub = 0 AND id = ?1",
            &[id.as_bytes(), &outcome],
        )? == 1)
    })
}

fn remove(db: &mut Db, id: AdvocacyId) -> Result<bool> {
    db.immediate(|db| {
        Ok(db.execute(
            "taking an action out",
            "DELETE FROM advocacy WHERE hub = 0 AND id = ?1",
            &[id.as_bytes()],
        )? == 1)
    })
}

/// The order is the index's, except for actions of one day: what is after the page is not read.
fn page_of(db: &Db, filter: &LogFilter, page: u32) -> Result<LogPage> {
    let condition = "advocacy WHERE day >= ?1 AND day <= ?2 AND (?3 = '' OR kind IN ('', ?3)) AND (?4 = '' OR area IN ('', ?4))";
    let values: [&dyn ToSql; 4] = [&filter.from, &filter.to, &filter.kind, &filter.area];
    let query = format!(
        "SELECT count(*) FROM (SELECT 1 FROM {condition} LIMIT {})",
        COUNTED_MAX + 1
    );
    let total = db
        .one("counting actions", &query, &values, |row| {
            row.get::<_, i64>(0)
        })?
        .unwrap_or(0)
        .cast_unsigned();
    let pages = u32::try_from(total.div_ceil(LOG_ROWS as u64)).unwrap_or(u32::MAX);
    let page = page.min(pages.saturating_sub(1));
    let query = format!(
        "SELECT {COLUMNS}, hub, note, person FROM {condition} ORDER BY day DESC, written_at DESC, hub, id LIMIT {LOG_ROWS} OFFSET {}",
        page as usize * LOG_ROWS
    );
    let lines = db.all("reading the advocacy log", &query, &values, |row| {
        let hub: u32 = row.get(6)?;
        Ok(LoggedAdvocacy {
            entry: entry(row)?,
            hub: (hub > 0).then_some(hub),
            note: row.get(7)?,
            person: row.get(8)?,
        })
    })?;
    Ok(LogPage {
        lines,
        total,
        page,
        pages,
    })
}

fn of_hub(db: &Db, hub: u32) -> Result<Vec<Advocacy>> {
    db.all(
        "reading a hub's log",
        &format!("SELECT {COLUMNS} FROM advocacy WHERE hub = ?1 ORDER BY id"),
        &[&hub],
        entry,
    )
}

fn asks(db: &Db, quarter: &str) -> Result<Option<Asks>> {
    db.one(
        "reading asks",
        "SELECT text, person FROM asks WHERE quarter = ?1",
        &[&quarter],
        |row| {
            Ok(Asks {
                text: row.get(0)?,
                person: row.get(1)?,
            })
        },
    )
}

fn set_asks(db: &mut Db, quarter: &str, asks: &Asks, now: Timestamp) -> Result<()> {
    db.immediate(|db| {
        db.execute(
            "forgetting asks",
            "DELETE FROM asks WHERE quarter = ?1",
            &[&quarter],
        )?;
        if asks.text.is_empty() {
            return Ok(());
        }
        let query = "INSERT INTO asks (quarter, text, person, written_at) VALUES (?1, ?2, ?3, ?4)";
        db.execute(
            "writing asks",
            query,
            &[&quarter, &asks.text, &asks.person, &now.as_second()],
        )
        .map(drop)
    })
}

macro_rules! logs {
    ($($store:ty),*) => {
        $(
            impl AdvocacyLog for $store {
                fn log_advocacy(&mut self, logged: &LoggedAdvocacy, max: usize, now: Timestamp) -> Result<bool> {
                    log(&mut self.db, logged, max, now)
                }

                fn note_outcome(&mut self, id: AdvocacyId, outcome: &str) -> Result<bool> {
                    note_outcome(&mut self.db, id, outcome)
                }

                fn drop_advocacy(&mut self, id: AdvocacyId) -> Result<bool> {
                    remove(&mut self.db, id)
                }

                fn advocacy(&mut self, filter: &LogFilter, page: u32) -> Result<LogPage> {
                    page_of(&self.db, filter, page)
                }

                fn own_advocacy(&mut self) -> Result<Vec<Advocacy>> {
                    of_hub(&self.db, 0)
                }

                fn asks(&mut self, quarter: &str) -> Result<Option<Asks>> {
                    asks(&self.db, quarter)
                }

                fn set_asks(&mut self, quarter: &str, asks: &Asks, now: Timestamp) -> Result<()> {
                    set_asks(&mut self.db, quarter, asks, now)
                }
            }
        )*
    };
}
logs!(SqliteHub, SqliteNational);

/// The setting that holds the hash of a hub's log.
fn hash_name(hub: u32) -> String {
    format!("log_hash_{hub}")
}

impl HubLogs for SqliteNational {
    fn hub_log_hash(&mut self, hub: u32) -> Result<u64> {
        let kept = self
            .db
            .setting(&hash_name(hub))?
            .and_then(|bytes| bytes.try_into().ok());
        Ok(kept.map_or(0, u64::from_be_bytes))
    }

    fn set_hub_log(&mut self, hub: u32, log: &[Advocacy], hash: u64) -> Result<()> {
        self.db.immediate(|db| {
            db.execute(
                "forgetting a hub's log",
                "DELETE FROM advocacy WHERE hub = ?1",
                &[&hub],
            )?;
            db.set_setting(&hash_name(hub), &hash.to_be_bytes())?;
            log.iter()
                .try_for_each(|entry| write(db, hub, entry, "", "", Timestamp::UNIX_EPOCH))
        })
    }

    fn hub_log(&mut self, hub: u32) -> Result<Vec<Advocacy>> {
        of_hub(&self.db, hub)
    }
}
