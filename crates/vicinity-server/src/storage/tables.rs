//! A hub's count tables: when they are due, in which parts they go, and what national says of them.
//!
//! Where a function here fails, storage did.

use std::collections::VecDeque;

use vicinity_core::counts::due;
use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;
use vicinity_store::board::BoardStore;
use vicinity_store::review::ReviewStore;
use vicinity_store::tables::{TableChanges, TablePart};
use vicinity_sync::tables::TablesPart;

/// The setting with the number of the week in which tables were looked at last.
const WEEK: &str = "tables_week";
/// The setting with the number of the week since which a difference waits.
const WAITS_SINCE: &str = "tables_wait_since";
/// The setting that is there while a person wants the tables to go at once.
const NOW: &str = "tables_now";
/// Areas of one hub's month, at most: what a hub may list, and `unknown`.
const AREAS_MAX: usize = vicinity_core::areas::LISTED_MAX + 1;

/// Tables on their way up.
#[derive(Default)]
pub struct Upload {
    changes: TableChanges,
    parts: VecDeque<TablesPart>,
}

impl Upload {
    /// The next part.
    #[must_use]
    pub fn next_part(&mut self) -> Option<TablesPart> {
        self.parts.pop_front()
    }

    /// Whether parts are left.
    #[must_use]
    pub fn is_left(&self) -> bool {
        !self.parts.is_empty()
    }

    /// What is sent.
    #[must_use]
    pub fn into_changes(self) -> TableChanges {
        self.changes
    }
}

fn number(store: &mut (dyn BoardStore + 'static), key: &str) -> Result<Option<i64>, StoreError> {
    let bytes = store.setting(key)?;
    Ok(bytes
        .and_then(|bytes| bytes.try_into().ok())
        .map(i64::from_be_bytes))
}

/// Lets the tables go with the next contact, whatever they differ in.
///
/// # Errors
/// Storage.
pub fn want_now(store: &mut (dyn BoardStore + 'static)) -> Result<(), StoreError> {
    store.set_setting(NOW, &[1])
}

/// Whether a person wants the tables to go at once.
///
/// # Errors
/// Storage.
pub fn is_wanted(store: &mut (dyn BoardStore + 'static)) -> Result<bool, StoreError> {
    Ok(store.setting(NOW)?.is_some_and(|now| !now.is_empty()))
}

/// What goes up now: the months that differ, if they are due. A new hub waits for the next week, as every hub does.
///
/// # Errors
/// Storage.
pub fn due(
    store: &mut (dyn BoardStore + 'static),
    now: Timestamp,
) -> Result<Option<Upload>, StoreError> {
    let week = due::week(now);
    let is_wanted = is_wanted(store)?;
    let looked = number(store, WEEK)?;
    if looked.is_none() {
        store.set_setting(WEEK, &week.to_be_bytes())?;
    }
    if !is_wanted && looked.is_none_or(|looked| week <= looked) {
        return Ok(None);
    }
    let changes = store.table_changes()?;
    let waits = number(store, WAITS_SINCE)?;
    if changes.difference.any && (is_wanted || due::is_due(changes.difference, waits, now)) {
        let parts = TablesPart::of(&changes.tables).into();
        return Ok(Some(Upload { changes, parts }));
    }
    store.set_setting(WEEK, &week.to_be_bytes())?;
    store.set_setting(NOW, &[])?;
    if waits.is_none() && changes.difference.any {
        store.set_setting(WAITS_SINCE, &week.to_be_bytes())?;
    }
    Ok(None)
}

/// National has all parts.
///
/// # Errors
/// Storage.
pub fn sent(
    store: &mut (dyn BoardStore + 'static),
    changes: &TableChanges,
    now: Timestamp,
) -> Result<(), StoreError> {
    store.tables_sent(changes)?;
    store.set_setting(WAITS_SINCE, &[])?;
    looked(store, now)
}

/// National refused a part: they go again in the next week.
///
/// # Errors
/// Storage.
pub fn looked(store: &mut (dyn BoardStore + 'static), now: Timestamp) -> Result<(), StoreError> {
    store.set_setting(WEEK, &due::week(now).to_be_bytes())?;
    store.set_setting(NOW, &[])
}

/// The mark of the tables that the hub believes national has.
///
/// # Errors
/// Storage.
pub fn mark(store: &mut (dyn BoardStore + 'static)) -> Result<[u8; 16], StoreError> {
    store.tables_mark()
}

/// National takes a part, if every table in it can be one by its clock. `false`: none of it was taken.
///
/// # Errors
/// Storage.
pub fn take(
    store: &mut (dyn ReviewStore + 'static),
    hub: u32,
    part: TablesPart,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (is_first, is_last) = (part.is_first, part.is_last);
    let Ok(tables) = part.into_tables() else {
        return Ok(false);
    };
    let areas = |table: &vicinity_core::counts::MonthTable| {
        let mut areas: Vec<&str> = table.cells.keys().map(|(area, ..)| area.as_str()).collect();
        areas.dedup();
        areas.len()
    };
    if !tables
        .iter()
        .all(|table| table.is_well_formed(now) && areas(table) <= AREAS_MAX)
    {
        return Ok(false);
    }
    let part = TablePart {
        is_first,
        is_last,
        tables,
    };
    store.take_tables(hub, &part, now).map(|()| true)
}

/// Whether national has other tables of a hub than the hub says.
///
/// # Errors
/// Storage.
pub fn are_lost(
    store: &mut (dyn ReviewStore + 'static),
    hub: u32,
    mark: Option<[u8; 16]>,
) -> Result<bool, StoreError> {
    match mark {
        Some(mark) => Ok(store.tables_mark_of(hub)? != mark),
        None => Ok(false),
    }
}

#[cfg(test)]
mod tests;
