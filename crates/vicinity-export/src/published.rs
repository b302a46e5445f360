//! Published tables for exports: the shown cells of a range of months.

use vicinity_core::codes::{CodeList, PERPETRATOR_KINDS, POPULATIONS, SETTINGS, ViolationGroup};
use vicinity_core::projection::{OTHER_UNLISTED, UNKNOWN};
use vicinity_core::tables::Table;

use crate::months::Months;

/// The dimension of a published table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// First-level area.
    Admin1,
    /// Kind of perpetrator.
    Perpetrator,
    /// Group of violations.
    ViolationGroup,
    /// Setting.
    Setting,
    /// Population.
    Population,
}

impl By {
    /// All of them, in the order of exports.
    pub const ALL: [Self; 5] = [
        Self::Admin1,
        Self::Perpetrator,
        Self::ViolationGroup,
        Self::Setting,
        Self::Population,
    ];

    /// Its name in the store, in tables and in mappings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Admin1 => "admin1",
            Self::Perpetrator => "perpetrator",
            Self::ViolationGroup => "violation_group",
            Self::Setting => "setting",
            Self::Population => "population",
        }
    }

    /// All codes of the dimension; empty for areas, which have no fixed list.
    #[must_use]
    pub fn codes(self) -> Vec<&'static str> {
        let of = |list: &CodeList, more: &[&'static str]| {
            list.codes.iter().chain(more).copied().collect()
        };
        match self {
            Self::Admin1 => Vec::new(),
            Self::Perpetrator => of(&PERPETRATOR_KINDS, &[OTHER_UNLISTED]),
            Self::ViolationGroup => ViolationGroup::ALL
                .iter()
                .map(|(group, _)| group.name())
                .collect(),
            Self::Setting => of(&SETTINGS, &[OTHER_UNLISTED]),
            Self::Population => of(&POPULATIONS, &[OTHER_UNLISTED]),
        }
    }
}

/// Whether a code of the table by area is an area and not the code for an unknown one.
#[must_use]
pub fn is_area(code: &str) -> bool {
    code != UNKNOWN && code != OTHER_UNLISTED
}

/// A cell that a table shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell<'a> {
    /// The month, or `unknown`.
    pub month: &'a str,
    /// The code.
    pub code: &'a str,
    /// The count.
    pub count: u64,
}

/// A table without its small cells. No code here sums its cells.
#[derive(Debug, Clone)]
pub struct Published {
    by: By,
    table: Table,
}

impl Published {
    /// A table with its dimension.
    #[must_use]
    pub fn new(by: By, table: Table) -> Self {
        Self { by, table }
    }

    /// The table's dimension.
    #[must_use]
    pub fn by(&self) -> By {
        self.by
    }

    /// The shown cells of some months, by code and month. The range selects cells and changes none, so combining two ranges
    /// reveals no more than the range that covers both.
    pub fn cells<'a>(&'a self, months: &'a Months) -> impl Iterator<Item = Cell<'a>> {
        let columns = move |code: &'a str| {
            let held = self.table.columns.iter().filter(|month| months.hold(month));
            held.filter_map(move |month| {
                Some(Cell {
                    month,
                    code,
                    count: self.table.cell(code, month)?,
                })
            })
        };
        self.table.rows.iter().flat_map(move |code| columns(code))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use vicinity_core::published::K;

    pub(crate) fn table(by: By, counts: &[(&str, &str, u64)]) -> Published {
        let counts: Vec<_> = counts
            .iter()
            .map(|(month, code, count)| ((*month).to_owned(), (*code).to_owned(), *count))
            .collect();
        Published::new(
            by,
            Table::of(
                counts
                    .into_iter()
                    .filter(|(.., count)| *count >= K)
                    .collect(),
            ),
        )
    }

    pub(crate) fn months(from: &str, to: &str) -> Months {
        Months::new(from.parse().ok(), to.parse().ok()).unwrap()
    }

    const COUNTS: [(&str, &str, u64); 5] = [
        ("2026-10", "police", 12),
        ("2026-10", "client", 9),
        ("2026-11", "police", 10),
        ("2026-12", "client", 30),
        ("unknown", "police", 11),
    ];

    #[test]
    fn only_what_the_table_shows_is_a_cell() {
        let table = table(By::Perpetrator, &COUNTS);
        let whole = Months::default();
        let cells: Vec<_> = table
            .cells(&whole)
            .map(|cell| (cell.month, cell.code, cell.count))
            .collect();
        assert_eq!(
            cells,
            [
                ("2026-12", "client", 30),
                ("2026-10", "police", 12),
                ("2026-11", "police", 10),
                ("unknown", "police", 11)
            ]
        );
    }

    #[test]
    fn no_two_stretches_of_months_tell_more_than_the_whole() {
        let table = table(By::Perpetrator, &COUNTS);
        let whole = Months::default();
        let shown: Vec<_> = table.cells(&whole).collect();
        let ends = ["", "2026-09", "2026-10", "2026-11", "2026-12"];
        let stretches = ends
            .iter()
            .flat_map(|from| ends.iter().map(move |to| (*from, *to)))
            .filter(|(from, to)| to.is_empty() || from <= to);
        for (from, to) in stretches {
            let months = months(from, to);
            let expected: Vec<_> = shown
                .iter()
                .copied()
                .filter(|cell| months.hold(cell.month))
                .collect();
            assert_eq!(
                table.cells(&months).collect::<Vec<_>>(),
                expected,
                "{from} {to}"
            );
        }
    }
}
