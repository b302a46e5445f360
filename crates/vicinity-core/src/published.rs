//! What may be published of one month: counts by area, dimension and code. Small counts are left out, with enough others that no
//! small count can be inferred.
//!
//! A month is a window of its own and shares no incident with another, so nothing can be had by comparing months; a longer
//! time is the sum of what its months show. Within a month every cell is tied to others: the codes of a partition add up to
//! all incidents, the areas add up to the country, and a code with its complement adds up to all. From such lines a cell that
//! is left out could be inferred, from one of them or from many together. So more is left out until all lines at once give
//! no count below [`K`] that is not 0, and no line's parts that stay unknown are fewer than [`K`] together.
//!
//! A code of one dimension may contain a code of another: extortion is economic violence. Their difference counts incidents too,
//! and is protected like a cell: see `published/differences.rs`.
//!
//! The work for a month is bounded, whatever hubs report: at most [`AREAS_MAX`] areas are counted separately, the largest, and the
//! others count as `unknown`. If that is still too much work, no area is counted separately.

pub(crate) mod cells;
mod differences;
mod span;
mod suppression;
mod table;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use self::suppression::Suppression;
use crate::projection::UNKNOWN;
use crate::{form, gate, time};

pub use self::cells::{ALL, COUNTRY, COVERS, Cell, K, PARTITIONS};

/// Areas of one month that are counted separately, including the unknown one.
pub const AREAS_MAX: usize = 40;
/// Cells and terms examined for one month, at most, before its areas are no longer counted separately. A country of 30 areas and 20,000
/// incidents takes a hundredth, one of 40 areas with a few in each a tenth.
const WORK_MAX: u64 = 10_000_000;
/// The largest count that is accepted.
const COUNT_MAX: u64 = 1_000_000_000;
/// One month as it may be published.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Month {
    cells: BTreeMap<Cell, u64>,
}

impl Month {
    /// What may be published of these counts. Cells of dimensions that are in neither list are left out.
    #[must_use]
    pub fn of(counts: &BTreeMap<Cell, u64>) -> Self {
        Self::worked_out(counts, WORK_MAX).0
    }

    /// As [`Month::of`], with at most `max` work before areas are no longer counted separately. Also returns the work, in cells and terms
    /// examined.
    fn worked_out(counts: &BTreeMap<Cell, u64>, max: u64) -> (Self, u64) {
        let mut work = 0;
        for areas in [AREAS_MAX, 1] {
            let counts = bounded(counts, areas);
            let mut window = Suppression::new(&counts);
            let is_safe = window.protect(max);
            work += window.work();
            if is_safe {
                return (
                    Self {
                        cells: window.shown().collect(),
                    },
                    work,
                );
            }
        }
        (Self::default(), work)
    }

    /// The count of a cell, if it is published.
    #[must_use]
    pub fn cell(&self, area: &str, dimension: &str, code: &str) -> Option<u64> {
        self.cells
            .get(&(area.to_owned(), dimension.to_owned(), code.to_owned()))
            .copied()
    }

    /// All incidents of an area, if that is published.
    #[must_use]
    pub fn incidents(&self, area: &str) -> Option<u64> {
        self.cell(area, ALL, "")
    }

    /// Every cell that is published, to keep.
    #[must_use]
    pub fn into_cells(self) -> BTreeMap<Cell, u64> {
        self.cells
    }

    /// Its cells as they are kept: one a line, as area, dimension, code and count.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.cells
            .iter()
            .map(|((area, dimension, code), count)| format!("{area} {dimension} {code} {count}\n"))
            .collect()
    }

    /// A month as it was kept. Lines that are not a cell are left out.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let cell = |line: &str| {
            let mut parts = line.splitn(4, ' ');
            let mut next = || parts.next().map(str::to_owned);
            Some(((next()?, next()?, next()?), next()?.parse().ok()?))
        };
        Self {
            cells: text.lines().filter_map(cell).collect(),
        }
    }

    /// Every cell that is published.
    #[must_use]
    pub fn cells(&self) -> &BTreeMap<Cell, u64> {
        &self.cells
    }
}

/// What a country publishes of one month, once: counts of the whole country by dimension and code. No area, no row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Window {
    /// The month, as `2026-11`.
    pub month: String,
    /// Dimension and code, and how many.
    pub cells: BTreeMap<(String, String), u64>,
}

impl Window {
    /// The country's cells of a published month.
    #[must_use]
    pub fn of(month: &str, published: &Month) -> Self {
        let of_country = published
            .cells
            .iter()
            .filter(|((area, ..), _)| area == COUNTRY);
        Self {
            month: month.to_owned(),
            cells: of_country
                .map(|((_, dimension, code), count)| ((dimension.clone(), code.clone()), *count))
                .collect(),
        }
    }

    /// Whether it is a month with nothing but counts that may be published, by dimensions that are known.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        form::is_month(&self.month)
            && self.cells.iter().all(|((dimension, code), count)| {
                gate::is_counted_by(dimension, code) && (K..=COUNT_MAX).contains(count)
            })
    }

    /// Its cells as they are kept, and as [`Month::of_text`] reads them.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.cells
            .iter()
            .map(|((dimension, code), count)| format!("{COUNTRY} {dimension} {code} {count}\n"))
            .collect()
    }
}

/// The last month that may be published once and for all: one whole month has passed since it ended, so that most late reports are in it.
#[must_use]
pub fn last_closed(now: Timestamp) -> String {
    let month = time::month(jiff::tz::Offset::UTC.to_datetime(now).date());
    time::month_number(&month).map_or_else(String::new, |number| time::numbered_month(number - 2))
}

/// Counts of at most `max` areas: the largest ones, and `unknown` for all others. Of two equal areas, the first by name stays.
fn bounded(counts: &BTreeMap<Cell, u64>, max: usize) -> Cow<'_, BTreeMap<Cell, u64>> {
    let mut sizes: BTreeMap<&str, u64> = BTreeMap::new();
    for ((area, dimension, _), count) in counts {
        *sizes.entry(area).or_default() += if dimension == ALL { *count } else { 0 };
    }
    if sizes.len() <= max {
        return Cow::Borrowed(counts);
    }
    let mut sizes: Vec<(&str, u64)> = sizes
        .into_iter()
        .filter(|(area, _)| *area != UNKNOWN)
        .collect();
    sizes.sort_by_key(|(area, count)| (Reverse(*count), *area));
    let apart: BTreeSet<&str> = sizes
        .into_iter()
        .take(max - 1)
        .map(|(area, _)| area)
        .collect();
    let mut merged = BTreeMap::new();
    for ((area, dimension, code), count) in counts {
        let area = if apart.contains(area.as_str()) {
            area
        } else {
            UNKNOWN
        };
        *merged
            .entry((area.to_owned(), dimension.clone(), code.clone()))
            .or_insert(0) += count;
    }
    Cow::Owned(merged)
}

#[cfg(test)]
mod tests;
