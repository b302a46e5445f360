//! What a person sees before she publishes a month, and what is published then.

use std::collections::{BTreeMap, BTreeSet};

use super::{Count, MonthTable, two_of};
use crate::published::{ALL, COUNTRY, Cell, K, Month};

/// A hub has too much of a cell above this share, in percent: the cell is nearly its own.
pub const SHARE_MAX_PERCENT: u64 = 85;

/// What of the hubs' tables is published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// Hubs that are left out.
    pub without: BTreeSet<u32>,
    /// Whether only incidents that a responder has seen are counted.
    pub seen_only: bool,
}

/// What a hub adds to a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubShare {
    /// The hub.
    pub hub: u32,
    /// Its incidents.
    pub incidents: Count,
    /// Cells of the whole country that would show and of which the hub has more than [`SHARE_MAX_PERCENT`].
    pub own_cells: usize,
}

/// What would be published: the sum of these tables, with small counts and all from which they could be inferred left out.
#[must_use]
pub fn month(tables: &[(u32, MonthTable)], choice: &Choice) -> Month {
    Month::of(&sum(tables, choice))
}

/// The sum of these tables by area, dimension and code, without pairs.
#[must_use]
pub fn sum(tables: &[(u32, MonthTable)], choice: &Choice) -> BTreeMap<Cell, u64> {
    let mut cells: BTreeMap<Cell, u64> = BTreeMap::new();
    for (_, table) in chosen(tables, choice) {
        for (cell, count) in single(table) {
            *cells.entry(cell.clone()).or_default() += counted(*count, choice);
        }
    }
    cells.retain(|_, count| *count > 0);
    cells
}

/// What each hub adds, by hub. Hubs that are left out are listed, too, with no cell of their own.
#[must_use]
pub fn shares(tables: &[(u32, MonthTable)], choice: &Choice) -> Vec<HubShare> {
    let mut country: BTreeMap<(&str, &str), BTreeMap<u32, u64>> = BTreeMap::new();
    for (hub, table) in chosen(tables, choice) {
        for ((_, dimension, code), count) in single(table) {
            *country
                .entry((dimension, code))
                .or_default()
                .entry(*hub)
                .or_default() += counted(*count, choice);
        }
    }
    let is_own = |hub: u32, cell: &BTreeMap<u32, u64>| {
        let whole: u64 = cell.values().sum();
        let own = cell.get(&hub).copied().unwrap_or(0);
        whole >= K && own * 100 > whole * SHARE_MAX_PERCENT
    };
    tables
        .iter()
        .map(|(hub, table)| HubShare {
            hub: *hub,
            incidents: table.incidents(),
            own_cells: country.values().filter(|cell| is_own(*hub, cell)).count(),
        })
        .collect()
}

/// All incidents of a country's month, as they would be published.
#[must_use]
pub fn incidents(month: &Month) -> Option<u64> {
    month.cell(COUNTRY, ALL, "")
}

fn chosen<'a>(
    tables: &'a [(u32, MonthTable)],
    choice: &'a Choice,
) -> impl Iterator<Item = &'a (u32, MonthTable)> {
    tables
        .iter()
        .filter(|(hub, _)| !choice.without.contains(hub))
}

fn single(table: &MonthTable) -> impl Iterator<Item = (&Cell, &Count)> {
    table
        .cells
        .iter()
        .filter(|((_, dimension, _), _)| two_of(dimension).is_none())
}

fn counted(count: Count, choice: &Choice) -> u64 {
    if choice.seen_only {
        count.seen
    } else {
        count.all
    }
}
