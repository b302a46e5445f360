//! Count tables on their way from a hub to national.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use vicinity_core::counts::{Count, MonthTable};
use vicinity_core::published::Cell;

use crate::message::Refused;

/// Cells of one part, about: a part has whole months, and at least one.
const PART_CELLS: usize = 12_000;
/// Cells of one part, at most.
const CELLS_MAX: usize = 60_000;
/// Distinct names of one part, at most.
const NAMES_MAX: usize = 2_000;
/// Months of one part, at most.
const MONTHS_MAX: usize = 1_300;

/// Some months of a set that counts as a whole once its last part has come.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Default)]
#[cbor(array)]
pub struct TablesPart {
    /// Whether it begins a set.
    #[n(0)]
    pub is_first: bool,
    /// Whether it ends the set.
    #[n(1)]
    pub is_last: bool,
    /// Dimension and code, with a space between them.
    #[n(2)]
    names: Vec<String>,
    #[n(3)]
    months: Vec<MonthRow>,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
struct MonthRow {
    #[n(0)]
    month: String,
    #[n(1)]
    survivors: u64,
    #[n(2)]
    areas: Vec<AreaRow>,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
struct AreaRow {
    #[n(0)]
    area: String,
    /// Three numbers a cell: the place of its name, all incidents, and those that a responder has seen.
    #[n(1)]
    counts: Vec<u64>,
}

/// Numbers of one cell.
const NUMBERS: usize = 3;

impl TablesPart {
    /// The parts of a set, in their order. A set without months has none.
    #[must_use]
    pub fn of(tables: &[MonthTable]) -> Vec<Self> {
        let mut parts: Vec<Self> = Vec::new();
        let mut rest = tables;
        while !rest.is_empty() {
            let mut cells = 0;
            let whole = rest
                .iter()
                .take_while(|table| {
                    cells += table.cells.len();
                    cells <= PART_CELLS
                })
                .count()
                .clamp(1, MONTHS_MAX);
            let (now, later) = rest.split_at(whole);
            parts.push(Self::with(now, parts.is_empty(), later.is_empty()));
            rest = later;
        }
        parts
    }

    fn with(tables: &[MonthTable], is_first: bool, is_last: bool) -> Self {
        let mut places: BTreeMap<String, u64> = BTreeMap::new();
        let mut names = Vec::new();
        let mut months = Vec::new();
        for table in tables {
            let mut areas: Vec<AreaRow> = Vec::new();
            for ((area, dimension, code), count) in &table.cells {
                if areas.last().is_none_or(|last| last.area != *area) {
                    areas.push(AreaRow {
                        area: area.clone(),
                        counts: Vec::new(),
                    });
                }
                let place = *places
                    .entry(format!("{dimension} {code}"))
                    .or_insert_with_key(|name| {
                        names.push(name.clone());
                        names.len() as u64 - 1
                    });
                if let Some(last) = areas.last_mut() {
                    last.counts.extend([place, count.all, count.seen]);
                }
            }
            months.push(MonthRow {
                month: table.month.clone(),
                survivors: table.survivors,
                areas,
            });
        }
        Self {
            is_first,
            is_last,
            names,
            months,
        }
    }

    /// How many cells it has.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.months
            .iter()
            .flat_map(|month| &month.areas)
            .map(|area| area.counts.len() / NUMBERS)
            .sum()
    }

    /// Its months.
    ///
    /// # Errors
    /// Too much of anything, a cell or a month that is there twice, or a cell without a name: then none of it counts.
    pub fn into_tables(self) -> Result<Vec<MonthTable>, Refused> {
        if self.names.len() > NAMES_MAX
            || self.months.len() > MONTHS_MAX
            || self.cells() > CELLS_MAX
        {
            return Err(Refused::TooLarge);
        }
        let names: Vec<(&str, &str)> = self
            .names
            .iter()
            .map(|name| name.split_once(' '))
            .collect::<Option<_>>()
            .ok_or(Refused::Malformed)?;
        let tables: Vec<MonthTable> = self
            .months
            .iter()
            .map(|month| table(month, &names))
            .collect::<Option<_>>()
            .ok_or(Refused::Malformed)?;
        let distinct: BTreeMap<&str, ()> = tables
            .iter()
            .map(|table| (table.month.as_str(), ()))
            .collect();
        if distinct.len() == tables.len() {
            Ok(tables)
        } else {
            Err(Refused::Malformed)
        }
    }
}

fn table(row: &MonthRow, names: &[(&str, &str)]) -> Option<MonthTable> {
    let mut cells: BTreeMap<Cell, Count> = BTreeMap::new();
    for area in &row.areas {
        let (counts, rest) = area.counts.as_chunks::<NUMBERS>();
        if !rest.is_empty() {
            return None;
        }
        for [place, all, seen] in counts {
            let (dimension, code) = names.get(usize::try_from(*place).ok()?)?;
            let cell = (
                area.area.clone(),
                (*dimension).to_owned(),
                (*code).to_owned(),
            );
            let count = Count {
                all: *all,
                seen: *seen,
            };
            if cells.insert(cell, count).is_some() {
                return None;
            }
        }
    }
    Some(MonthTable {
        month: row.month.clone(),
        survivors: row.survivors,
        cells,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(number: usize, cells: usize) -> MonthTable {
        let cell = |at: usize| {
            let area = format!("SN-{:03}", at / 100);
            let name = (area, "gender".to_owned(), format!("code{}", at % 100));
            (name, Count { all: 3, seen: 1 })
        };
        MonthTable {
            month: format!("20{:02}-{:02}", number / 12, number % 12 + 1),
            survivors: 2,
            cells: (0..cells).map(cell).collect(),
        }
    }

    #[test]
    fn a_set_goes_in_parts_of_whole_months_and_comes_back_as_it_was() {
        let tables = vec![
            month(0, 5_000),
            month(1, 0),
            month(2, 6_000),
            month(3, 20_000),
            month(4, 10),
        ];
        let parts = TablesPart::of(&tables);
        let sizes: Vec<usize> = parts.iter().map(TablesPart::cells).collect();
        assert_eq!(sizes, [11_000, 20_000, 10]);
        let ends: Vec<(bool, bool)> = parts
            .iter()
            .map(|part| (part.is_first, part.is_last))
            .collect();
        assert_eq!(ends, [(true, false), (false, false), (false, true)]);
        let bytes = minicbor::to_vec(&parts[1]).unwrap();
        assert!(bytes.len() < 120_000, "{} bytes", bytes.len());
        let back: Vec<MonthTable> = parts
            .into_iter()
            .flat_map(|part| part.into_tables().unwrap())
            .collect();
        assert_eq!(back, tables);
        assert_eq!(TablesPart::of(&[]), []);
    }

    #[test]
    fn a_part_that_says_one_thing_twice_or_names_nothing_is_refused() {
        let good = TablesPart::of(&[month(0, 2)]).remove(0);
        let refused = |change: &dyn Fn(&mut TablesPart)| {
            let mut part = good.clone();
            change(&mut part);
            part.into_tables().unwrap_err()
        };
        let counts = |part: &mut TablesPart, counts: &[u64]| {
            part.months[0].areas[0].counts = counts.to_vec();
        };
        for bad in [&[0, 1, 1, 0, 2, 2][..], &[7, 1, 1], &[0, 1]] {
            assert_eq!(refused(&|part| counts(part, bad)), Refused::Malformed);
        }
        assert_eq!(
            refused(&|part| part.names[0] = "gender".to_owned()),
            Refused::Malformed
        );
        assert_eq!(
            refused(&|part| part.months.push(part.months[0].clone())),
            Refused::Malformed
        );
        assert_eq!(
            refused(&|part| part.names = vec!["a b".to_owned(); NAMES_MAX + 1]),
            Refused::TooLarge
        );
        assert_eq!(
            refused(&|part| counts(part, &vec![0; NUMBERS * (CELLS_MAX + 1)])),
            Refused::TooLarge
        );
    }
}
