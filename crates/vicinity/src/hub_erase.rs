//! `vicinity hub revoke`, `erase` and `erasures`.

use std::path::Path;

use anyhow::{Result, bail};
use serde_json::{Value, json};
use vicinity_core::access::Action;
use vicinity_core::ids::IncidentId;
use vicinity_core::local;
use vicinity_core::time::TimeZone;
use vicinity_server::keyset;
use vicinity_server::store::hub::{ErasurePlace, ErasureRow, HubStore};
use vicinity_server::uplink;

use crate::{hub_store, machine, output};

/// Revokes a device. Its next request is answered with the order to wipe itself.
pub fn revoke(data: &Path, device: u32) -> Result<()> {
    let mut store = hub_store::open(data, Action::Revoke)?;
    if !store.revoke(device, machine::now())? {
        bail!("no such device; see `vicinity hub devices`");
    }
    // From now on statements are sealed to the others only.
    keyset::renew(&mut store, machine::now())?;
    output::line(format!(
        "device {device} is revoked; at its next contact it wipes itself"
    ))
}

/// Erases an incident, beside a hub that runs or not.
pub fn erase(data: &Path, id: &str, unknown: bool) -> Result<()> {
    let incident: IncidentId = id.parse()?;
    let mut store = hub_store::open(data, Action::Erase)?;
    let is_known = store.incident(incident)?.is_some()
        || store.erasures()?.iter().any(|row| row.incident == incident);
    if !is_known && !unknown {
        bail!("this hub holds no such incident; with --unknown it is refused should it ever come");
    }
    store.erase(incident, machine::now())?;
    let row = store
        .erasures()?
        .into_iter()
        .find(|row| row.incident == incident);
    let (joined, zone) = (uplink::is_joined(&mut store)?, hub_store::zone(&mut store)?);
    output::line(row.map_or_else(String::new, |row| summary(&row, joined, &zone)))
}

/// "erased on 3 of 4 places; device 7 not seen since 2026-05-12".
fn summary(row: &ErasureRow, has_national: bool, zone: &TimeZone) -> String {
    // The hub is a place too, and national where there is one.
    let national_owes = has_national && row.national_owes;
    let confirmed = 1
        + usize::from(has_national && !national_owes)
        + row
            .places
            .iter()
            .filter(|place| place.confirmed_at.is_some())
            .count();
    let mut text = format!(
        "erased on {confirmed} of {} places",
        row.places.len() + 1 + usize::from(has_national)
    );
    if national_owes {
        text += "; national has not confirmed";
    }
    for place in row
        .places
        .iter()
        .filter(|place| place.confirmed_at.is_none())
    {
        text += &format!("; {}", outstanding(place, zone));
    }
    text
}

fn outstanding(place: &ErasurePlace, zone: &TimeZone) -> String {
    let seen = place.last_seen.map_or("never seen".to_owned(), |at| {
        format!("not seen since {}", local::instant(at, zone))
    });
    format!(
        "device {} {}",
        place.device,
        if place.revoked {
            "is revoked".to_owned()
        } else {
            seen
        }
    )
}

/// Lists what was erased.
pub fn erasures(data: &Path, json: bool) -> Result<()> {
    let mut store = hub_store::open(data, Action::Inspect)?;
    let (rows, joined, zone) = (
        store.erasures()?,
        uplink::is_joined(&mut store)?,
        hub_store::zone(&mut store)?,
    );
    if json {
        return rows
            .iter()
            .map(|row| line(row, joined))
            .try_for_each(output::line);
    }
    if rows.is_empty() {
        return output::line("nothing was erased");
    }
    rows.iter().try_for_each(|row| {
        output::line(format!(
            "{}  {}  {}",
            row.incident,
            local::minute(row.erased_at, &zone),
            summary(row, joined, &zone)
        ))
    })?;
    output::line(format!("\ntimes are of {}", local::name(&zone)))
}

fn line(row: &ErasureRow, has_national: bool) -> Value {
    let place = |place: &ErasurePlace| {
        json!({
            "device": place.device, "role": place.role.code(), "confirmed_at": place.confirmed_at.map(|at| at.to_string()),
            "last_seen": place.last_seen.map(|at| at.to_string()), "revoked": place.revoked,
        })
    };
    json!({
        "id": row.incident.to_string(), "erased_at": row.erased_at.to_string(), "national_confirmed": has_national.then_some(!row.national_owes),
        "devices": row.places.iter().map(place).collect::<Vec<_>>(),
    })
}
