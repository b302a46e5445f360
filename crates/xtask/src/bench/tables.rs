//! Count tables for benches of national: each hub counts a few incidents of each month and area.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use vicinity_core::counts::review::Choice;
use vicinity_core::counts::{Contribution, MonthTable};
use vicinity_core::projection::Projection;
use vicinity_core::published::last_closed;
use vicinity_core::time::{Timestamp, month_number, numbered_month};
use vicinity_server::published;
use vicinity_server::sqlite::SqliteNational;
use vicinity_server::store::tables::{NationalTables, TablePart};

/// What hubs count: each of them the same number of incidents in each month and each of its areas.
pub struct Counting<'a> {
    /// Incidents that are counted again and again.
    pub patterns: &'a [Projection],
    /// How many hubs there are, from 1.
    pub hubs: u32,
    /// Months up to this one.
    pub months: u32,
    /// Incidents of a hub, a month and an area.
    pub incidents: usize,
}

impl Counting<'_> {
    /// Fills national with the tables of all hubs, and publishes every closed month. `areas`: those of a hub. Gives how many cells a
    /// second were taken.
    pub fn fill(
        &self,
        store: &mut SqliteNational,
        now: Timestamp,
        areas: impl Fn(u32) -> Vec<String>,
    ) -> Result<f64> {
        let this = month_number(&now.to_string()[..7]).context("no month")?;
        let months: Vec<String> = (this + 1 - self.months..=this)
            .map(numbered_month)
            .collect();
        let (mut cells, mut spent) = (0, std::time::Duration::ZERO);
        for hub in 1..=self.hubs {
            let tables = self.tables(hub, &months, &areas(hub));
            cells += tables.iter().map(|table| table.cells.len()).sum::<usize>();
            ensure!(
                tables.iter().all(|table| table.is_well_formed(now)),
                "a table cannot be"
            );
            let part = TablePart {
                is_first: true,
                is_last: true,
                tables,
            };
            let start = std::time::Instant::now();
            store.take_tables(hub, &part, now)?;
            spent += start.elapsed();
        }
        let closed = last_closed(now);
        for month in months
            .iter()
            .filter(|month| **month <= closed)
            .rev()
            .skip(1)
        {
            let choice = Choice::default();
            let draft = published::draft(store, month, &choice, now, false)?;
            published::publish(store, draft, choice, "bench", now)?;
        }
        Ok(cells as f64 / spent.as_secs_f64())
    }

    fn tables(&self, hub: u32, months: &[String], areas: &[String]) -> Vec<MonthTable> {
        let mut counted = Vec::new();
        let mut next = hub as usize;
        let facets: Vec<Vec<(String, String)>> = self
            .patterns
            .iter()
            .map(|row| {
                let facets = row.facets().into_iter();
                facets
                    .map(|(dimension, code)| (dimension.to_owned(), code))
                    .collect()
            })
            .collect();
        let areas: BTreeSet<&String> = areas.iter().collect();
        for month in months {
            for area in &areas {
                for _ in 0..self.incidents {
                    next += 1;
                    counted.push(Contribution {
                        month: month.clone(),
                        area: (*area).clone(),
                        facets: facets[next % facets.len()].clone(),
                        is_seen: next % 3 > 0,
                        survivor: next.to_be_bytes().to_vec(),
                    });
                }
            }
        }
        MonthTable::of(&counted).into_values().collect()
    }
}
