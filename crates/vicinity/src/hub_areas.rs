//! `vicinity hub areas`: which areas the hub's rows may name.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;
use vicinity_core::access::Action;
use vicinity_core::areas::Areas;
use vicinity_server::store::hub::HubStore;

use crate::args::AreasCommand;
use crate::{hub_store, machine, output};

pub fn run(data: &Path, command: &AreasCommand) -> Result<()> {
    match command {
        AreasCommand::Set { file } => set(data, file),
        AreasCommand::List { json } => list(data, *json),
    }
}

fn set(data: &Path, file: &Path) -> Result<()> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let listed = Areas::parse(&text).with_context(|| file.display().to_string())?;
    let damaged = hub_store::open(data, Action::Keep)?.list_areas(
        &listed,
        machine::now(),
        &mut machine::server(),
    )?;
    for document in damaged {
        eprintln!("vicinity: document {document} cannot be read: its row at national is withdrawn");
    }
    output::line(format!(
        "{} listed; of any other area, rows say unknown from now on, and those that national has are made again",
        listed.len()
    ))
}

fn list(data: &Path, json: bool) -> Result<()> {
    let areas = hub_store::open(data, Action::Inspect)?.told_areas()?;
    let is_listed = !areas.listed.is_empty();
    if json {
        return output::line(json!({"listed": is_listed, "areas": areas.told()}));
    }
    if !is_listed {
        eprintln!("vicinity: nobody has listed any; these were met first and count");
    }
    areas.told().iter().try_for_each(output::line)
}
