//! `vicinity device alerts` and `vicinity device alert`.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::json;
use vicinity_client::device::Device;
use vicinity_core::alert::{Alert, TEXT_MAX_LETTERS};
use vicinity_core::text::{self, LETTER_MAX_BYTES};
use vicinity_core::time::{self, TimeZone};
use vicinity_core::{hex, local};

use crate::output;

fn end(alert: &Alert) -> String {
    Timestamp::from_second(alert.ends).map_or_else(|_| alert.ends.to_string(), |at| at.to_string())
}

/// When an alert ends: at a time, or when a day ends where its hub is.
fn end_of(until: &str, zone: &TimeZone) -> Option<Timestamp> {
    let end_of_day = || {
        let day = time::parse_local(until)
            .filter(|local| !local.has_time && local.offset_seconds.is_none())?;
        zone.to_ambiguous_timestamp(day.wall.date().at(23, 59, 59, 0))
            .later()
            .ok()
    };
    until.parse().ok().or_else(end_of_day)
}

/// Lists what stands.
pub fn list(device: &mut Device, json: bool) -> Result<()> {
    let alerts = device.alerts()?;
    if json {
        return alerts
            .iter()
            .try_for_each(|alert| output::line(json!({"id": hex::write(&alert.id), "area": alert.area, "text": alert.text, "until": end(alert)})));
    }
    if alerts.is_empty() {
        return output::line("no alerts, as of the last sync");
    }
    let zone = device.zone()?;
    let until = |alert: &Alert| {
        Timestamp::from_second(alert.ends)
            .map_or_else(|_| alert.ends.to_string(), |at| local::minute(at, &zone))
    };
    let row = |alert: &Alert| {
        [
            alert.area.clone(),
            until(alert),
            hex::write(&alert.id),
            alert.text.clone(),
        ]
    };
    output::line(output::table(
        ["area", &output::of_zone("until", &zone), "id", "what"],
        alerts.iter().map(row),
    ))
}

/// Publishes one; prints its id.
pub fn publish(
    device: &mut Device,
    incident: &str,
    area: &str,
    until: &str,
    file: &Path,
) -> Result<()> {
    let ends = end_of(until, &device.zone()?)
        .context("--until: expected a day as 2026-12-24, or a time as 2026-12-24T18:00:00Z")?;
    let mut bytes = Vec::new();
    // More than fits, so that what is too long is seen to be.
    let limit = (TEXT_MAX_LETTERS * LETTER_MAX_BYTES) as u64 + 64;
    if file == Path::new("-") {
        std::io::stdin()
            .take(limit)
            .read_to_end(&mut bytes)
            .context("cannot read the text")?;
    } else {
        let opened =
            std::fs::File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
        opened
            .take(limit)
            .read_to_end(&mut bytes)
            .with_context(|| format!("cannot read {}", file.display()))?;
    }
    let id = device.publish_alert(
        incident.parse()?,
        area,
        text::utf8(&bytes).context("cannot read the text")?,
        ends,
    )?;
    output::line(hex::write(&id))
}

/// Withdraws one.
pub fn withdraw(device: &mut Device, id: &str) -> Result<()> {
    device.withdraw_alert(
        hex::read(id)
            .context("not an alert: expected 32 hexadecimal digits, as `alerts` prints them")?,
    )?;
    output::line("withdrawn at the hub; everybody else forgets it at their next contact")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_until_a_day_ends_with_that_day_at_the_hub() {
        let zone = |name: &str| vicinity_core::zone::named(name).unwrap();
        let ends = |until: &str, name: &str| end_of(until, &zone(name)).map(|at| at.to_string());
        assert_eq!(
            ends("2026-12-24", "Asia/Phnom_Penh").as_deref(),
            Some("2026-12-24T16:59:59Z")
        );
        assert_eq!(
            ends("2026-12-24", "UTC").as_deref(),
            Some("2026-12-24T23:59:59Z")
        );
        assert_eq!(
            ends("2026-12-24T18:00:00Z", "Asia/Phnom_Penh").as_deref(),
            Some("2026-12-24T18:00:00Z")
        );
        for bad in ["2026-12-24T18:00", "tomorrow", "2026-02-30", ""] {
            assert_eq!(ends(bad, "UTC"), None, "{bad}");
        }
    }
}
