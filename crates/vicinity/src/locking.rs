//! `vicinity device lock` and `unlock`, and the process that ends a session in time.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};
use vicinity_client::leased;
use vicinity_client::vault::{self, SESSION_IDLE, SESSION_MAX, Session, VaultError};

use crate::{machine, opening, output, secrets, session};

/// Keeps the device open for a while.
pub fn unlock(home: &Path, pin_file: Option<&Path>) -> Result<ExitCode> {
    let memory = session::memory()?;
    if !vault::has_pin(home)? {
        return Err(VaultError::NoPin.into());
    }
    let secret = secrets::device_secret(home)?;
    let opened = opening::unlock_device(home, &secret, &secrets::known_pin(pin_file)?)?;
    opening::warn(
        &leased::open(home, &secret, &opened, machine::device())
            .inspect_err(|error| opening::end_if_over(home, &secret, error))?,
    );
    let kept = Session::of(home, &secret, &memory)?;
    kept.begin(
        &opened,
        machine::since_boot().ok_or(VaultError::NoMemoryFolder)?,
        &mut machine::fill,
    )?;
    if let Err(error) = spawn_watch(home) {
        kept.end()?;
        return Err(error);
    }
    let (idle, most) = (SESSION_IDLE.as_secs() / 60, SESSION_MAX.as_secs() / 60);
    output::line(format!(
        "open for {idle} minutes after each command, {most} at most; `vicinity device lock` closes it at once"
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Closes the device at once.
pub fn lock(home: &Path) -> Result<ExitCode> {
    let was_open = session::end(home, &secrets::device_secret(home)?)?;
    output::line(if was_open {
        "locked: the next command asks for the PIN"
    } else {
        "this device was not unlocked"
    })?;
    Ok(ExitCode::SUCCESS)
}

/// A process of its own that outlives the command and ends the session in time.
fn spawn_watch(home: &Path) -> Result<()> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let home = home
        .canonicalize()
        .context("cannot find the device's folder")?;
    let mut command = Command::new(program);
    command
        .arg("device")
        .arg("--home")
        .arg(home)
        .arg("watch-session")
        .current_dir("/");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
        .spawn()
        .context("cannot start what ends the session in time")?;
    Ok(())
}

/// Ends the session in time; what `unlock` leaves running.
pub fn watch(home: &Path) -> Result<ExitCode> {
    let secret = secrets::device_secret(home)?;
    let since_boot = &mut || machine::since_boot().unwrap_or(std::time::Duration::MAX);
    Session::of(home, &secret, &session::memory()?)?.watch(since_boot, &mut std::thread::sleep)?;
    Ok(ExitCode::SUCCESS)
}
