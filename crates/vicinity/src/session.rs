//! A device's session: its key stays in memory for a while, so that commands open it without a PIN.

use std::path::{Path, PathBuf};

use vicinity_client::vault::{FileSecret, Opened, RamFolder, Session, VaultError};

use crate::machine;

/// Where folders in memory are looked for, beside the one that the system names.
const SHARED_MEMORY: &str = "/dev/shm";
/// Names this user's folder in memory.
const RUNTIME_DIR: &str = "XDG_RUNTIME_DIR";

/// The folder in memory that holds sessions.
pub fn memory() -> Result<RamFolder, VaultError> {
    let places: Vec<PathBuf> = std::env::var_os(RUNTIME_DIR)
        .map(PathBuf::from)
        .into_iter()
        .chain([SHARED_MEMORY.into()])
        .collect();
    // Where the system tells neither mounts nor user, nothing is known to be in memory.
    let (Ok(mounts), Some(user)) = (
        std::fs::read_to_string("/proc/self/mounts"),
        machine::user(),
    ) else {
        return Err(VaultError::NoMemoryFolder);
    };
    RamFolder::find(&places, &mounts, user)
}

/// Does something with the session of a device, where there can be one.
fn with_session<T>(
    home: &Path,
    secret: &FileSecret,
    act: impl FnOnce(&Session<'_>) -> Result<T, VaultError>,
) -> Result<Option<T>, VaultError> {
    match memory() {
        Err(VaultError::NoMemoryFolder) => Ok(None),
        other => act(&Session::of(home, secret, &other?)?).map(Some),
    }
}

/// The open vault, if the device was unlocked a short while ago.
pub fn resume(home: &Path, secret: &FileSecret) -> Result<Option<Opened>, VaultError> {
    let Some(since_boot) = machine::since_boot() else {
        return Ok(None);
    };
    Ok(with_session(home, secret, |session| {
        session.resume(since_boot, &mut machine::fill)
    })?
    .flatten())
}

/// Ends the session. A device that is gone has none.
pub fn end(home: &Path, secret: &FileSecret) -> Result<bool, VaultError> {
    if home.exists() {
        Ok(with_session(home, secret, |session| session.end())?.unwrap_or(false))
    } else {
        Ok(false)
    }
}

/// A PIN was given although a session may be open: it continues only if the PIN opened the same profile.
pub fn end_unless_of(
    home: &Path,
    secret: &FileSecret,
    opened: &Result<Opened, VaultError>,
) -> Result<(), VaultError> {
    let same = |kept: Opened| opened.as_ref().is_ok_and(|opened| opened.key == kept.key);
    if resume(home, secret)?.is_some_and(|kept| !same(kept)) {
        end(home, secret).map(drop)
    } else {
        Ok(())
    }
}
