//! `vicinity national risk`: how many rows are alone, to readers who know something about a person.

use anyhow::{Context, Result};
use serde_json::json;
use vicinity_core::access::Action;
use vicinity_core::projection::Projection;
use vicinity_core::risk::{self, Found};
use vicinity_server::store::national::NationalStore as _;

use crate::args::RiskArguments;
use crate::{national_store, output};

pub fn run(arguments: &RiskArguments) -> Result<()> {
    let mut store = national_store::open(&arguments.data, Action::PrintProjections)?;
    let mut rows = Vec::new();
    store.each_projection(None, None, &mut |row| {
        rows.push((row.hub, row.json));
        Ok(())
    })?;
    let read = |(hub, json): (u32, String)| {
        Ok((hub, serde_json::from_str(&json).context("a damaged row")?))
    };
    let rows: Vec<(u32, Projection)> = rows.into_iter().map(read).collect::<Result<_>>()?;
    let found = risk::of(rows.iter().map(|(hub, row)| (*hub, row)));
    if arguments.json {
        return found.iter().try_for_each(|found| {
            output::line(json!({"reader": found.reader.name(), "rows": found.rows, "unique": found.unique, "below_5": found.few, "smallest": found.smallest}))
        });
    }
    let percent = |found: &Found, count: usize| {
        let share = 100.0 * count as f64 / found.rows.max(1) as f64;
        format!("{share:.1} %")
    };
    let row = |found: &Found| {
        [
            found.reader.name().to_owned(),
            found.rows.to_string(),
            percent(found, found.unique),
            percent(found, found.few),
            found.smallest.to_string(),
        ]
    };
    output::line(output::table(
        ["reader", "rows", "unique", "below 5", "smallest"],
        found.iter().map(row),
    ))
}
