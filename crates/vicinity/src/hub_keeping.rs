//! Backup, restore and the end of a hub.

use std::path::Path;

use anyhow::{Result, bail};
use vicinity_core::access::Action;
use vicinity_server::{backup, destroy, keyring};

use crate::{hub_store, machine, output, secrets, stopping};

/// `vicinity hub backup`.
pub fn backup(data: &Path, file: &Path) -> Result<()> {
    let mut store = hub_store::open(data, Action::Keep)?;
    let passphrase = secrets::needed_passphrase("Passphrase of the backup: ")?;
    backup::write(&mut store, file, &passphrase, &machine::server())?;
    let keys = backup::keys_file(file);
    output::line(format!(
        "{} holds the hub as it is now, {} what opens its statements, for 30 days; both open with the passphrase alone",
        file.display(),
        keys.display()
    ))
}

/// `vicinity hub restore`.
pub fn restore(data: &Path, file: &Path) -> Result<()> {
    if file.extension().is_some_and(|ending| ending == "keys") {
        bail!(
            "{} holds what opens statements: name the backup beside it, without .keys",
            file.display()
        );
    }
    let passphrase = secrets::needed_passphrase("Passphrase of the backup: ")?;
    let with_keys = backup::restore(file, data, &passphrase, &machine::server())?;
    let statements = if with_keys {
        ""
    } else {
        "; statements cannot be opened: their keys were not there, or older than 30 days"
    };
    output::line(format!(
        "{} is a hub again{statements}; start it at its old address and have every device sync",
        data.display()
    ))
}

/// `vicinity hub relock`.
pub fn relock(data: &Path, identity: Option<&Path>, passphrase: Option<&Path>) -> Result<()> {
    let new = secrets::new_unlock(identity, passphrase)?;
    // Opened first: who may not open it may not lock it.
    drop(hub_store::open(data, Action::Keep)?);
    keyring::relock(
        data,
        "hub.db",
        secrets::unlock(data)?.as_ref(),
        &new,
        &machine::server(),
    )?;
    output::line(
        "the folder opens to this alone from now on; destroy old copies of its file keyring, which open as before",
    )
}

/// `vicinity hub panic`: no question is asked, since there may be no time to answer one. Each step is done, whatever happens
/// to the others; it fails only if something remains.
pub fn panic(data: &Path) -> Result<()> {
    if !data.join("hub.db").exists() && !data.join(keyring::FILE).exists() {
        bail!("{} holds no hub", data.display());
    }
    // A server that runs comes first: it has the key in its memory, even where the file is gone.
    let stopped = stopping::stop(data);
    let mut left: Vec<String> = destroy::folder(data)
        .iter()
        .map(|left| format!("{left}: destroy the disk or stick that holds it"))
        .collect();
    let with_key = !left.is_empty();
    left.extend(stopped.err().map(|error| format!("the hub that runs has its key in memory and could not be stopped ({error:#}): cut its power")));
    if !left.is_empty() {
        let key = if with_key {
            "the databases beside the key were destroyed where nothing else is said"
        } else {
            "the key is destroyed"
        };
        bail!(
            "{key}, but not everything could be done:\n{}",
            left.join("\n")
        );
    }
    output::line(
        "the key is destroyed: nothing in this folder opens any more; copies of the folder from before do, with what opened it",
    )
}
