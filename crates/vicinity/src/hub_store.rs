//! Opens a hub's database for a command, and reads what several commands print of it.

use std::path::Path;

use anyhow::{Result, bail};
use serde_json::Value;
use vicinity_client::device::{Conflict, Side};
use vicinity_core::access::{self, Action, Actor, Resource};
use vicinity_core::show;
use vicinity_core::time::TimeZone;
use vicinity_server::hub;
use vicinity_server::sqlite::SqliteHub;
use vicinity_server::store::error::Damage;
use vicinity_server::store::hub::HubStore;

use crate::{machine, secrets};

/// Opens a hub that is there, for an admin who names what is to be done.
pub fn open(data: &Path, action: Action) -> Result<SqliteHub> {
    access::decide(Actor::Admin, action, Resource::Server)?;
    if !data.join("hub.db").exists() {
        bail!(
            "{} holds no hub; start one with `vicinity hub --data … --listen 127.0.0.1:7311`",
            data.display()
        );
    }
    Ok(hub::open(
        data,
        secrets::unlock(data)?.as_ref(),
        &machine::server(),
    )?)
}

/// Those of a hub's files that are damaged.
pub fn damaged(data: &Path, action: Action) -> Result<Vec<Damage>> {
    access::decide(Actor::Admin, action, Resource::Server)?;
    if !data.join("hub.db").exists() {
        bail!(
            "{} holds no hub; start one with `vicinity hub --data … --listen 127.0.0.1:7311`",
            data.display()
        );
    }
    Ok(hub::damaged(
        data,
        secrets::unlock(data)?.as_ref(),
        &machine::server(),
    )?)
}

/// The zone whose time a hub speaks; UTC while it is unknown.
pub fn zone(store: &mut dyn HubStore) -> Result<TimeZone> {
    Ok(vicinity_server::zone::of(store)?.unwrap_or(TimeZone::UTC))
}

/// Every incident in one line.
pub fn lines(store: &mut dyn HubStore, now: jiff::Timestamp) -> Result<Vec<Value>> {
    let mut lines = Vec::new();
    store.each_incident(&mut |id, row| {
        lines.push(show::list_line(id, &row.incident, now));
        Ok(())
    })?;
    Ok(lines)
}

/// Every conflict, with the numbers of the devices that disagree.
pub fn conflicts(store: &mut dyn HubStore) -> Result<Vec<Conflict>> {
    let mut disputed = Vec::new();
    store.each_incident(&mut |id, row| {
        disputed.extend(
            row.incident
                .disputes()
                .iter()
                .map(|dispute| (id, dispute.clone())),
        );
        Ok(())
    })?;
    let mut conflicts = Vec::new();
    for (incident, dispute) in disputed {
        let mut sides = Vec::new();
        for claim in dispute.claims {
            let author = claim
                .change
                .map(|change| store.author(incident, change))
                .transpose()?
                .flatten();
            let device = author.map_or("unknown".to_owned(), |number| {
                if number == 0 {
                    "the hub".to_owned()
                } else {
                    format!("device {number}")
                }
            });
            sides.push(Side {
                value: claim.value,
                at: claim.at,
                device,
            });
        }
        conflicts.push(Conflict {
            incident,
            field: dispute.field,
            sides,
        });
    }
    Ok(conflicts)
}
