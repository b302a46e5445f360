//! Published tables: counts by a row's code and a column's, with small cells left out.
//!
//! A cell below k is left out, whether it is 0 or 9: nobody can tell the two apart. There are no totals, so that no
//! cell can be had back by subtracting.

use std::collections::{BTreeMap, BTreeSet};

/// The smallest count that is published.
pub use crate::published::K;

/// A table with its small cells left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Codes of the rows, in order.
    pub rows: Vec<String>,
    /// Codes of the columns, in order.
    pub columns: Vec<String>,
    cells: BTreeMap<(String, String), u64>,
    /// How many cells were left out, zeros among them.
    pub left_out: usize,
}

impl Table {
    /// A table of column, row and count.
    #[must_use]
    pub fn suppressed(counts: &[(String, String, u64)], k: u64) -> Self {
        let columns: BTreeSet<&String> = counts.iter().map(|(column, ..)| column).collect();
        let rows: BTreeSet<&String> = counts.iter().map(|(_, row, _)| row).collect();
        let kept = counts.iter().filter(|(.., count)| *count >= k);
        let cells: BTreeMap<(String, String), u64> = kept.map(|(column, row, count)| ((row.clone(), column.clone()), *count)).collect();
        let left_out = columns.len() * rows.len() - cells.len();
        Self { rows: rows.into_iter().cloned().collect(), columns: columns.into_iter().cloned().collect(), cells, left_out }
    }

    /// A cell that is published.
    #[must_use]
    pub fn cell(&self, row: &str, column: &str) -> Option<u64> {
        self.cells.get(&(row.to_owned(), column.to_owned())).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_below_k_cannot_be_told_from_nothing() {
        let counts = [("2026-10", "police", 12), ("2026-10", "client", 9), ("2026-11", "police", 10)];
        let counts: Vec<_> = counts.iter().map(|(month, kind, count)| ((*month).to_owned(), (*kind).to_owned(), *count)).collect();
        let table = Table::suppressed(&counts, K);
        assert_eq!(table.cell("police", "2026-10"), Some(12));
        assert_eq!(table.cell("police", "2026-11"), Some(10));
        assert_eq!(table.cell("client", "2026-10"), None);
        assert_eq!(table.cell("client", "2026-11"), None);
        assert_eq!(table.left_out, 2);
    }
}
