//! Backup, restore and the end of a hub.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use vicinity_core::access::Action;
use vicinity_server::{backup, keyring};

use crate::{hub, machine, output, secrets};

/// `vicinity hub backup`.
pub fn backup(data: &Path, file: &Path) -> Result<()> {
    let mut store = hub::open(data, Action::Keep)?;
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
        bail!("{} holds what opens statements: name the backup beside it, without .keys", file.display());
    }
    let passphrase = secrets::needed_passphrase("Passphrase of the backup: ")?;
    let with_keys = backup::restore(file, data, &passphrase, &machine::server())?;
    let statements = if with_keys { "" } else { "; statements cannot be opened: their keys were not there, or older than 30 days" };
    output::line(format!("{} is a hub again{statements}; start it at its old address and have every device sync", data.display()))
}

/// `vicinity hub relock`.
pub fn relock(data: &Path, identity: Option<&Path>, passphrase: Option<&Path>) -> Result<()> {
    let new = secrets::new_unlock(identity, passphrase)?;
    // Opened first: who may not open it may not lock it.
    drop(hub::open(data, Action::Keep)?);
    keyring::relock(data, "hub.db", secrets::unlock(data)?.as_ref(), &new, &machine::server())?;
    output::line("the folder opens to this alone from now on; destroy old copies of its file keyring, which open as before")
}

/// `vicinity hub panic`: no question is asked, since there may be no time to answer one.
pub fn panic(data: &Path) -> Result<()> {
    if !data.join("hub.db").exists() {
        bail!("{} holds no hub", data.display());
    }
    keyring::destroy(data)?;
    stop(data)?;
    output::line("the key is destroyed: nothing in this folder opens any more; copies of the folder from before do, with what opened it")
}

/// A hub that runs has the key in its memory.
fn stop(data: &Path) -> Result<()> {
    let Ok(pid) = std::fs::read_to_string(data.join(hub::PID_FILE)) else { return Ok(()) };
    let pid: u32 = pid.trim().parse().context("the pid file is damaged: stop the hub by hand")?;
    let file = File::open(data.join(hub::PID_FILE)).context("the pid file is gone: stop the hub by hand")?;
    // Not held: nobody serves the folder, and the number may be another process's by now.
    if file.try_lock().is_ok() {
        return Ok(());
    }
    std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status().context("cannot stop the hub that runs: cut its power")?;
    for _ in 0..100 {
        if file.try_lock().is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    bail!("the key is destroyed, but the hub that runs still has it: cut its power")
}
