//! How many rows a hub has of each month, kept as rows come and go; and by what rows are compared.

use std::collections::BTreeMap;

use vicinity_store::national::ProjectionBody;

use crate::db::{Db, Result};

/// Rows that came and went by hub and month, summed up before they are written.
#[derive(Default)]
pub(crate) struct Tally(BTreeMap<(u32, String), i64>);

/// Dimension and code of a row, one a line.
pub(crate) fn kept_facets(body: &ProjectionBody) -> String {
    let mut facets: Vec<String> = body
        .facets
        .iter()
        .map(|(dimension, code)| format!("{dimension} {code}"))
        .collect();
    facets.sort_unstable();
    facets.dedup();
    facets.join("\n")
}

/// The first-level area of a row; empty if it names none.
pub(crate) fn area_of(body: &ProjectionBody) -> &str {
    body.facets
        .iter()
        .find(|(dimension, _)| *dimension == "admin1")
        .map_or("", |(_, code)| code)
}

impl Tally {
    pub(crate) fn add(&mut self, hub: u32, month: &str, by: i64) {
        *self.0.entry((hub, month.to_owned())).or_default() += by;
    }

    pub(crate) fn write(self, db: &Db) -> Result<()> {
        for ((hub, month), by) in self.0.into_iter().filter(|(_, by)| *by != 0) {
            let query = "INSERT INTO row_counts (hub, month, n) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET n = n + excluded.n";
            db.execute("counting rows", query, &[&hub, &month, &by])?;
            if by < 0 {
                let query = "DELETE FROM row_counts WHERE hub = ?1 AND month = ?2 AND n <= 0";
                db.execute("counting rows", query, &[&hub, &month])?;
            }
        }
        Ok(())
    }
}
