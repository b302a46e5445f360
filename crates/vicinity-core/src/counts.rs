//! Count tables: what a hub counts of each month, and sends to national.
//!
//! Counts travel as counts, never as rows: a hub adds up its own incidents, and national adds up its hubs' tables. A survivor's consent to
//! `aggregate_count` decides whether an incident is in them; consent to `national_deid` decides about rows, and neither decides the other.
//!
//! ```text
//! incident ──► Contribution (month, area, codes, seen) ──► MonthTable, one for each month ──► national
//! ```
//!
//! A table has a [`Count`] for each first-level area, dimension and code: of every single dimension that is published, and of the pairs
//! of dimensions in [`PAIRS`], which coordinators see and nobody publishes. Whether the tables are sent is decided by [`due`].

pub mod due;
mod form;
pub mod review;

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::published::cells::{self, ALL, Cell};

/// Pairs of dimensions that are counted together.
pub const PAIRS: [(&str, &str); 7] = [
    ("gender", "violation_group"),
    ("gender", "perpetrator"),
    ("age_band", "violation_group"),
    ("perpetrator", "violation_group"),
    ("perpetrator", "response"),
    ("gender", "pep"),
    ("gender", "ec"),
];
/// Between the two names of a pair, and between its two codes.
pub const PAIR: char = '/';

/// A number of incidents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// All of them.
    pub all: u64,
    /// Those that a responder has seen: a responder's device or a person at the board wrote in them.
    pub seen: u64,
}

impl Count {
    fn add(&mut self, is_seen: bool) {
        self.all += 1;
        self.seen += u64::from(is_seen);
    }
}

/// What one incident adds to its hub's tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contribution {
    /// The month it is counted in, as `2026-11`, or `unknown`.
    pub month: String,
    /// The first-level area, as national may learn it.
    pub area: String,
    /// Dimension and code. Dimensions that are not published are left out of the tables.
    pub facets: Vec<(String, String)>,
    /// Whether a responder has seen it.
    pub is_seen: bool,
    /// Its survivor: the same bytes for each incident of one survivor.
    pub survivor: Vec<u8>,
}

impl Contribution {
    /// Every dimension and code in which it is counted: all incidents, single dimensions, pairs.
    #[must_use]
    pub fn names(&self) -> BTreeSet<(String, String)> {
        let single = || {
            self.facets
                .iter()
                .filter(|(dimension, _)| cells::is_known(dimension))
        };
        let codes = |of: &'static str| single().filter(move |(dimension, _)| dimension == of);
        let pairs = PAIRS.into_iter().flat_map(|(one, other)| {
            codes(one).flat_map(move |(_, code)| {
                codes(other).map(move |(_, with)| {
                    (format!("{one}{PAIR}{other}"), format!("{code}{PAIR}{with}"))
                })
            })
        });
        [(ALL.to_owned(), String::new())]
            .into_iter()
            .chain(single().cloned())
            .chain(pairs)
            .collect()
    }

    /// 16 bytes that change when what the incident adds changes. Its survivor is no part of it.
    #[must_use]
    pub fn mark(&self) -> [u8; 16] {
        let mut hasher = Sha256::new();
        let mut absorb = |text: &str| {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text);
        };
        absorb(&self.month);
        absorb(&self.area);
        absorb(if self.is_seen { "seen" } else { "" });
        for (dimension, code) in self.names() {
            absorb(&dimension);
            absorb(&code);
        }
        first16(hasher)
    }
}

/// The first 16 bytes of a hash.
fn first16(hasher: Sha256) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize()[..16]);
    bytes
}

/// A hub's counts of one month.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MonthTable {
    /// The month, as `2026-11`, or `unknown`.
    pub month: String,
    /// Distinct survivors of the whole hub. It is never published.
    pub survivors: u64,
    /// Counts by first-level area, dimension and code. Only cells with incidents are there.
    pub cells: BTreeMap<Cell, Count>,
}

impl MonthTable {
    /// A month without incidents.
    #[must_use]
    pub fn empty(month: &str) -> Self {
        Self {
            month: month.to_owned(),
            ..Self::default()
        }
    }

    /// The tables of these incidents, by month.
    #[must_use]
    pub fn of<'a>(
        contributions: impl IntoIterator<Item = &'a Contribution>,
    ) -> BTreeMap<String, Self> {
        let mut tables: BTreeMap<String, Self> = BTreeMap::new();
        let mut survivors: BTreeSet<(&str, &[u8])> = BTreeSet::new();
        for of in contributions {
            let table = tables
                .entry(of.month.clone())
                .or_insert_with(|| Self::empty(&of.month));
            for (dimension, code) in of.names() {
                let cell = (of.area.clone(), dimension, code);
                table.cells.entry(cell).or_default().add(of.is_seen);
            }
            table.survivors += u64::from(survivors.insert((&of.month, &of.survivor)));
        }
        tables
    }

    /// All incidents of the month.
    #[must_use]
    pub fn incidents(&self) -> Count {
        let of_areas = self
            .cells
            .iter()
            .filter(|((_, dimension, _), _)| dimension == ALL);
        of_areas.fold(Count::default(), |sum, (_, count)| Count {
            all: sum.all + count.all,
            seen: sum.seen + count.seen,
        })
    }

    /// 16 bytes that differ when any count differs.
    #[must_use]
    pub fn mark(&self) -> [u8; 16] {
        let mut hasher = Sha256::new();
        hasher.update(self.month.as_bytes());
        hasher.update(self.survivors.to_be_bytes());
        for ((area, dimension, code), count) in &self.cells {
            for text in [area, dimension, code] {
                hasher.update((text.len() as u64).to_be_bytes());
                hasher.update(text);
            }
            hasher.update(count.all.to_be_bytes());
            hasher.update(count.seen.to_be_bytes());
        }
        first16(hasher)
    }
}

/// One mark of several months' marks, in the order of the months: equal where both ends hold the same tables.
#[must_use]
pub fn mark_of_all(marks: &BTreeMap<String, [u8; 16]>) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for (month, mark) in marks {
        hasher.update((month.len() as u64).to_be_bytes());
        hasher.update(month);
        hasher.update(mark);
    }
    first16(hasher)
}

/// The two names of a pair of dimensions, or the two codes of one of its cells.
#[must_use]
pub fn two_of(pair: &str) -> Option<(&str, &str)> {
    pair.split_once(PAIR)
}

#[cfg(test)]
mod tests;
