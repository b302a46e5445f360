//! Tables of published cells: what [`crate::published`] lets be shown, by a row's code and a column's. A cell that is not among
//! them was left out, and may be anything.

use std::collections::{BTreeMap, BTreeSet};

/// A table of cells that may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Codes of the rows, in order.
    pub rows: Vec<String>,
    /// Codes of the columns, in order.
    pub columns: Vec<String>,
    cells: BTreeMap<(String, String), u64>,
}

impl Table {
    /// A table of column, row and count.
    #[must_use]
    pub fn of(shown: Vec<(String, String, u64)>) -> Self {
        let columns: BTreeSet<String> = shown.iter().map(|(column, ..)| column.clone()).collect();
        let rows: BTreeSet<String> = shown.iter().map(|(_, row, _)| row.clone()).collect();
        let cells = shown
            .into_iter()
            .map(|(column, row, count)| ((row, column), count))
            .collect();
        Self {
            rows: rows.into_iter().collect(),
            columns: columns.into_iter().collect(),
            cells,
        }
    }

    /// A cell that is published.
    #[must_use]
    pub fn cell(&self, row: &str, column: &str) -> Option<u64> {
        self.cells
            .get(&(row.to_owned(), column.to_owned()))
            .copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_was_left_out_is_none() {
        let cell = |month: &str, kind: &str, count| (month.to_owned(), kind.to_owned(), count);
        let table = Table::of(vec![
            cell("2026-10", "police", 12),
            cell("2026-11", "client", 10),
        ]);
        assert_eq!(
            (table.rows.as_slice(), table.columns.as_slice()),
            (
                &["client".to_owned(), "police".to_owned()][..],
                &["2026-10".to_owned(), "2026-11".to_owned()][..]
            )
        );
        assert_eq!(
            (
                table.cell("police", "2026-10"),
                table.cell("police", "2026-11")
            ),
            (Some(12), None)
        );
    }
}
