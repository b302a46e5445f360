//! Prints conflicts, of a device and of a hub.

use anyhow::Result;
use serde_json::{Value, json};
use vicinity_client::device::Conflict;
use vicinity_core::time::TimeZone;
use vicinity_core::{local, text};

use crate::output;

/// Prints conflicts, for people or as JSON lines.
pub fn print(conflicts: &[Conflict], zone: &TimeZone, json: bool) -> Result<()> {
    if json {
        for conflict in conflicts {
            let sides: Vec<Value> = conflict
                .sides
                .iter()
                .map(|side| json!({"value": side.value, "at": side.at.map(|at| local::instant(at, zone)), "device": side.device}))
                .collect();
            output::line(
                json!({"id": conflict.incident.to_string(), "field": conflict.field, "values": sides, "time_zone": local::name(zone)}),
            )?;
        }
        return Ok(());
    }
    if conflicts.is_empty() {
        return output::line("no conflicts");
    }
    for conflict in conflicts {
        output::line(format!(
            "{} {}",
            conflict.incident,
            text::printable_in_line(&conflict.field)
        ))?;
        for (at, side) in conflict.sides.iter().enumerate() {
            let when = side
                .at
                .map(|at| local::minute(at, zone))
                .unwrap_or_default();
            output::line(format!(
                "  {}  {}  ({}, {when})",
                at + 1,
                output::plain(&side.value),
                side.device
            ))?;
        }
    }
    output::line(format!(
        "\ntimes are of {}; resolve one with: vicinity device --home … resolve ID FIELD --take N",
        local::name(zone)
    ))
}
