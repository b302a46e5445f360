//! `vicinity device alerts` and `vicinity device alert`.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde_json::json;
use vicinity_client::device::Device;
use vicinity_core::alert::{Alert, TEXT_MAX_BYTES};

use crate::output;

fn hex(id: &[u8; 16]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn id_of(text: &str) -> Result<[u8; 16]> {
    let mut id = [0; 16];
    if text.len() != 32 || !text.is_ascii() {
        bail!("not an alert: expected 32 hexadecimal digits, as `alerts` prints them");
    }
    for (at, byte) in id.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).context("not an alert: expected hexadecimal digits")?;
    }
    Ok(id)
}

fn end(alert: &Alert) -> String {
    Timestamp::from_second(alert.ends).map_or_else(|_| alert.ends.to_string(), |at| at.to_string())
}

/// Lists what stands.
pub fn list(device: &mut Device, json: bool) -> Result<()> {
    let alerts = device.alerts()?;
    if json {
        return alerts.iter().try_for_each(|alert| output::line(json!({"id": hex(&alert.id), "area": alert.area, "text": alert.text, "until": end(alert)})));
    }
    if alerts.is_empty() {
        return output::line("no alerts, as of the last sync");
    }
    let row = |alert: &Alert| [alert.area.clone(), end(alert), hex(&alert.id), alert.text.clone()];
    output::line(output::table(["area", "until", "id", "what"], alerts.iter().map(row)))
}

/// Publishes one; prints its id.
pub fn publish(device: &mut Device, incident: &str, area: &str, until: &str, file: &Path) -> Result<()> {
    let ends = match until.parse::<Timestamp>() {
        Ok(at) => at,
        Err(_) => format!("{until}T23:59:59Z").parse().context("--until: expected a day as 2026-12-24, or a time as 2026-12-24T18:00:00Z")?,
    };
    let mut text = String::new();
    let limit = TEXT_MAX_BYTES as u64 + 16;
    if file == Path::new("-") {
        std::io::stdin().take(limit).read_to_string(&mut text).context("cannot read the text")?;
    } else {
        let opened = std::fs::File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
        opened.take(limit).read_to_string(&mut text).with_context(|| format!("cannot read {}", file.display()))?;
    }
    let id = device.publish_alert(incident.parse()?, area, &text, ends)?;
    output::line(hex(&id))
}

/// Withdraws one.
pub fn withdraw(device: &mut Device, id: &str) -> Result<()> {
    device.withdraw_alert(id_of(id)?)?;
    output::line("withdrawn at the hub; everybody else forgets it at their next contact")
}
