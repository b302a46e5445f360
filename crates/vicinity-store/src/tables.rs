//! Count tables: a hub's own, and what national holds of its hubs'. Every method is one transaction, durable when it returns; it fails
//! where the database cannot be read or written.

use std::collections::BTreeMap;

use vicinity_core::counts::MonthTable;
use vicinity_core::counts::due::Difference;
use vicinity_core::published::Cell;
use vicinity_core::time::Timestamp;

use crate::StoreError;

type Result<T> = core::result::Result<T, StoreError>;

/// One incident as it is in a hub's tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedIncident {
    /// The hub's number of its document.
    pub document: u64,
    /// Its survivor, as in [`Contribution`](vicinity_core::counts::Contribution).
    pub survivor: Vec<u8>,
    /// [`Contribution::mark`](vicinity_core::counts::Contribution::mark).
    pub mark: [u8; 16],
}

/// A hub's tables against those that national has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableChanges {
    /// What differs.
    pub difference: Difference,
    /// The months that differ, ascending; a month that is empty now is among them, without cells.
    pub tables: Vec<MonthTable>,
    /// All incidents as they are in the tables: to be kept once national has them.
    pub incidents: Vec<CountedIncident>,
}

/// A hub's tables.
///
/// Every method fails with [`StoreError`] if the database cannot be read or written.
pub trait HubTables {
    /// Compares the tables of all incidents that may be counted with those that national has.
    fn table_changes(&mut self) -> Result<TableChanges>;

    /// National has these tables. What was erased in between counts as withdrawn.
    fn tables_sent(&mut self, sent: &TableChanges) -> Result<()>;

    /// [`mark_of_all`](vicinity_core::counts::mark_of_all) the tables that national has, as far as the hub knows.
    fn tables_mark(&mut self) -> Result<[u8; 16]>;

    /// National lost some: all months count as different from now on.
    fn tables_lost(&mut self) -> Result<()>;
}

/// Some of the months that a hub sent together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TablePart {
    /// Whether it begins a set: what was staged before is dropped.
    pub is_first: bool,
    /// Whether it ends the set: all of it counts from now on.
    pub is_last: bool,
    /// The months.
    pub tables: Vec<MonthTable>,
}

/// What a hub's tables are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubTablesRow {
    /// The hub.
    pub hub: u32,
    /// When national took its tables last; the day alone is kept.
    pub taken_at: Timestamp,
}

/// What national holds of its hubs' tables.
///
/// Every method fails with [`StoreError`] if the database cannot be read or written.
pub trait NationalTables {
    /// Stages a part. With the last one, all months of the set replace those that the hub sent before: no older version is kept.
    fn take_tables(&mut self, hub: u32, part: &TablePart, now: Timestamp) -> Result<()>;

    /// [`mark_of_all`](vicinity_core::counts::mark_of_all) the tables of a hub.
    fn tables_mark_of(&mut self, hub: u32) -> Result<[u8; 16]>;

    /// The tables of a month, by hub.
    fn tables_of(&mut self, month: &str) -> Result<Vec<(u32, MonthTable)>>;

    /// Each hub that sent tables, by number.
    fn tables_by_hub(&mut self) -> Result<Vec<HubTablesRow>>;

    /// Distinct survivors, by month, of a range of months, both ends included: the sum of what hubs counted, each for itself.
    fn survivors(&mut self, from: &str, to: &str) -> Result<BTreeMap<String, u64>>;

    /// Pairs of dimensions of a range of months, both ends included: area, dimension and code as in
    /// [`PAIRS`](vicinity_core::counts::PAIRS), and incidents.
    fn pairs(&mut self, from: &str, to: &str) -> Result<BTreeMap<Cell, u64>>;

    /// Incidents that a responder has seen, by month, of a range of months, both ends included.
    fn seen(&mut self, from: &str, to: &str) -> Result<BTreeMap<String, u64>>;
}
