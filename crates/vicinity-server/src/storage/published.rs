//! The months that national may show: the same for pages, tables and exports, so that no two of them tell more together.
//!
//! Where a function here fails, storage did.

use std::collections::BTreeMap;

use vicinity_core::published::{ALL, COUNTRY, Cell, Month};
use vicinity_core::tables::Table;
use vicinity_store::StoreError;
use vicinity_store::review::ReviewStore;

/// What may be shown of each month of a stretch, both ends included.
pub fn months(
    store: &mut dyn ReviewStore,
    from: &str,
    to: &str,
) -> Result<BTreeMap<String, Month>, StoreError> {
    let mut counts: BTreeMap<String, BTreeMap<Cell, u64>> = BTreeMap::new();
    for (month, cell, count) in store.window(from, to)? {
        counts.entry(month).or_default().insert(cell, count);
    }
    Ok(counts
        .into_iter()
        .map(|(month, counts)| (month, Month::of(&counts)))
        .collect())
}

/// Everything that may be shown, of every month.
pub fn all(store: &mut dyn ReviewStore) -> Result<BTreeMap<String, Month>, StoreError> {
    months(store, "", "\u{ffff}")
}

/// A table of what may be shown: of the country by a code, or of its areas.
#[must_use]
pub fn table(months: &BTreeMap<String, Month>, dimension: &str) -> Table {
    let of_areas = dimension == "admin1";
    let mut shown = Vec::new();
    for (month, published) in months {
        let cells = published.cells().iter().filter(|((area, of, _), _)| {
            if of_areas {
                area != COUNTRY && of == ALL
            } else {
                area == COUNTRY && of == dimension
            }
        });
        shown.extend(cells.map(|((area, _, code), count)| {
            (
                month.clone(),
                if of_areas { area } else { code }.clone(),
                *count,
            )
        }));
    }
    Table::of(shown)
}
