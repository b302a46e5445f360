//! The months that national may show: the same for pages, tables and exports, so that no two of them tell more together.

use std::collections::BTreeMap;

use vicinity_core::published::{Cell, Month};
use vicinity_store::StoreError;
use vicinity_store::review::ReviewStore;

/// What may be shown of each month of a stretch, both ends included.
///
/// # Errors
/// Storage.
pub fn months(store: &mut dyn ReviewStore, from: &str, to: &str) -> Result<BTreeMap<String, Month>, StoreError> {
    let mut counts: BTreeMap<String, BTreeMap<Cell, u64>> = BTreeMap::new();
    for (month, cell, count) in store.window(from, to)? {
        counts.entry(month).or_default().insert(cell, count);
    }
    Ok(counts.into_iter().map(|(month, counts)| (month, Month::of(&counts))).collect())
}
