//! Counts by month, area, dimension and code, kept as rows come and go.

use std::collections::BTreeMap;

use vicinity_store::national::ProjectionBody;

use crate::db::{Db, Result};

/// The dimension of hubs: of all rows, whether or not they may be counted elsewhere. It is in no published table.
pub(crate) const HUB: &str = "hub";

/// Counts that rows add and take, summed up before they are written.
#[derive(Default)]
pub(crate) struct Tally(BTreeMap<(String, String, String, String), i64>);

/// By what a row is counted, as it is kept.
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

/// A row as far as counts go.
pub(crate) struct Counted<'a> {
    pub(crate) hub: u32,
    pub(crate) month: &'a str,
    pub(crate) area: &'a str,
    pub(crate) facets: &'a str,
    /// May be counted, and is no duplicate.
    pub(crate) counts: bool,
}

impl Tally {
    pub(crate) fn add(&mut self, row: &Counted<'_>, by: i64) {
        let mut put = |area: &str, dimension: &str, code: &str| {
            *self
                .0
                .entry((
                    row.month.to_owned(),
                    area.to_owned(),
                    dimension.to_owned(),
                    code.to_owned(),
                ))
                .or_default() += by;
        };
        put("", HUB, &row.hub.to_string());
        if row.counts {
            put(row.area, "", "");
            for (dimension, code) in row.facets.lines().filter_map(|facet| facet.split_once(' ')) {
                put(row.area, dimension, code);
            }
        }
    }

    pub(crate) fn write(self, db: &Db) -> Result<()> {
        for ((month, area, dimension, code), by) in self.0.into_iter().filter(|(_, by)| *by != 0) {
            let query =
                "INSERT INTO counts (month, area, dimension, code, n) VALUES (?1, ?2, ?3, ?4, ?5)
                ON CONFLICT DO UPDATE SET n = n + excluded.n";
            db.execute("counting", query, &[&month, &area, &dimension, &code, &by])?;
            if by < 0 {
                let query = "DELETE FROM counts WHERE month = ?1 AND area = ?2 AND dimension = ?3 AND code = ?4 AND n <= 0";
                db.execute("counting", query, &[&month, &area, &dimension, &code])?;
            }
        }
        Ok(())
    }
}
