//! `vicinity device lock` and `unlock`: the device stays open for a while, with its key in memory.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};
use vicinity_client::leased;
use vicinity_client::vault::{self, FileSecret, Opened, RamFolder, SESSION_IDLE, SESSION_MAX, Session, VaultError};

use crate::{machine, output, secrets};

/// Where folders in memory are looked for, besides the one that the system names.
const SHARED_MEMORY: &str = "/dev/shm";
/// Names this user's folder in memory.
const RUNTIME_DIR: &str = "XDG_RUNTIME_DIR";

fn memory() -> Result<RamFolder, VaultError> {
    let places: Vec<PathBuf> = std::env::var_os(RUNTIME_DIR).map(PathBuf::from).into_iter().chain([SHARED_MEMORY.into()]).collect();
    // Where the system tells neither mounts nor user, nothing is known to be in memory.
    let (Ok(mounts), Some(user)) = (std::fs::read_to_string("/proc/self/mounts"), machine::user()) else { return Err(VaultError::NoMemoryFolder) };
    RamFolder::find(&places, &mounts, user)
}

/// Does something with the session of a device, where there can be one.
fn with_session<T>(home: &Path, secret: &FileSecret, act: impl FnOnce(&Session<'_>) -> Result<T, VaultError>) -> Result<Option<T>, VaultError> {
    match memory() {
        Err(VaultError::NoMemoryFolder) => Ok(None),
        other => act(&Session::of(home, secret, &other?)?).map(Some),
    }
}

/// What is open, if the device was unlocked a short while ago.
pub fn resume(home: &Path, secret: &FileSecret) -> Result<Option<Opened>, VaultError> {
    let Some(since_boot) = machine::since_boot() else { return Ok(None) };
    Ok(with_session(home, secret, |session| session.resume(since_boot, &mut machine::fill))?.flatten())
}

/// Ends the session. A device that is gone has none.
pub fn end(home: &Path, secret: &FileSecret) -> Result<bool, VaultError> {
    if home.exists() { Ok(with_session(home, secret, |session| session.end())?.unwrap_or(false)) } else { Ok(false) }
}

/// A PIN was given although a session may be open: it goes on only if the PIN opened the same profile.
pub fn end_unless_of(home: &Path, secret: &FileSecret, opened: &Result<Opened, VaultError>) -> Result<(), VaultError> {
    let same = |kept: Opened| opened.as_ref().is_ok_and(|opened| opened.key == kept.key);
    if resume(home, secret)?.is_some_and(|kept| !same(kept)) { end(home, secret).map(drop) } else { Ok(()) }
}

/// Keeps the device open for a while.
pub fn unlock(home: &Path, pin_file: Option<&Path>) -> Result<ExitCode> {
    let memory = memory()?;
    if !vault::has_pin(home)? {
        return Err(VaultError::NoPin.into());
    }
    let secret = secrets::device_secret(home)?;
    let opened = secrets::unlock_device(home, &secret, &secrets::known_pin(pin_file)?)?;
    secrets::warn(&leased::open(home, &secret, &opened, machine::device()).inspect_err(|error| secrets::end_if_over(home, &secret, error))?);
    let session = Session::of(home, &secret, &memory)?;
    session.begin(&opened, machine::since_boot().ok_or(VaultError::NoMemoryFolder)?, &mut machine::fill)?;
    if let Err(error) = spawn_watch(home) {
        session.end()?;
        return Err(error);
    }
    let (idle, most) = (SESSION_IDLE.as_secs() / 60, SESSION_MAX.as_secs() / 60);
    output::line(format!("open for {idle} minutes after each command, {most} at most; `vicinity device lock` closes it at once"))?;
    Ok(ExitCode::SUCCESS)
}

/// Closes the device at once.
pub fn lock(home: &Path) -> Result<ExitCode> {
    let was_open = end(home, &secrets::device_secret(home)?)?;
    output::line(if was_open { "locked: the next command asks for the PIN" } else { "this device was not unlocked" })?;
    Ok(ExitCode::SUCCESS)
}

/// A process of its own that outlives the command and ends the session in time.
fn spawn_watch(home: &Path) -> Result<()> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let home = home.canonicalize().context("cannot find the device's folder")?;
    let mut command = Command::new(program);
    command.arg("device").arg("--home").arg(home).arg("watch-session").current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().context("cannot start what ends the session in time")?;
    Ok(())
}

/// Ends the session in time; what `unlock` leaves running.
pub fn watch(home: &Path) -> Result<ExitCode> {
    let secret = secrets::device_secret(home)?;
    let since_boot = &mut || machine::since_boot().unwrap_or(std::time::Duration::MAX);
    Session::of(home, &secret, &memory()?)?.watch(since_boot, &mut std::thread::sleep)?;
    Ok(ExitCode::SUCCESS)
}
