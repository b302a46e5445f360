//! Opens a device: its vault, by a PIN or by a session, and then its lease.

use std::path::Path;

use anyhow::{Context, Result};
use vicinity_client::OpenError;
use vicinity_client::device::Device;
use vicinity_client::leased::{self, Leased};
use vicinity_client::vault::{self, Cost, DeviceSecret, FileSecret, Opened, Pin, VaultError};

use crate::{machine, output, secrets, session};

/// Opens a device's vault: with a PIN that was given, by a session, with the PIN of the person at the terminal, or without
/// one where it has none. A new folder gets a vault, locked by the PIN that was given if there is one.
pub fn open_vault(home: &Path, pin_file: Option<&Path>) -> Result<Opened> {
    let secret = secrets::device_secret(home)?;
    match vault::has_pin(home) {
        Err(VaultError::Missing) => return make_vault(home, secrets::given_pin(pin_file)?),
        // A script's PIN stands for all devices, also for those that have none.
        Ok(false) => return Ok(vault::unlock(home, &secret, None)?),
        Ok(true) => {}
        Err(error) => return Err(error.into()),
    }
    if let Some(pin) = secrets::given_pin(pin_file)? {
        return unlock_device(home, &secret, &pin);
    }
    match session::resume(home, &secret)? {
        Some(opened) => Ok(opened),
        None => unlock_device(home, &secret, &secrets::known_pin(pin_file)?),
    }
}

/// Opens a vault with a PIN. Whatever it opens or fails to open, a session of another profile is over.
pub fn unlock_device(home: &Path, secret: &FileSecret, pin: &Pin) -> Result<Opened> {
    let opened = vault::unlock(home, secret, Some(pin));
    match &opened {
        // Nothing that a session is sealed under is left.
        Err(VaultError::Destroyed | VaultError::SecretGone) => drop(session::end(home, secret)?),
        opened => session::end_unless_of(home, secret, opened)?,
    }
    Ok(opened?)
}

/// The use that a device is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Anything: its lease must allow it.
    Use,
    /// Contact with its hub, which renews the lease. Nothing that is on the device is shown.
    Contact,
}

/// Opens a device under its lease, with a word about the days where they run out.
pub fn open_device(home: &Path, pin_file: Option<&Path>, purpose: Purpose) -> Result<Device> {
    let opened = open_vault(home, pin_file)?;
    let secret = secrets::device_secret(home)?;
    let mut leased = match purpose {
        Purpose::Use => leased::open(home, &secret, &opened, machine::device())
            .inspect_err(|error| end_if_over(home, &secret, error))?,
        Purpose::Contact => leased::open_for_contact(home, &opened, machine::device())?,
    };
    warn(&leased);
    if let Some(damage) = leased.device.damaged()? {
        output::warn(damage);
    }
    Ok(leased.device)
}

/// A device whose lease has ended, or that locked itself, has no session any more. It opens nothing already, so a failure
/// changes nothing.
pub fn end_if_over(home: &Path, secret: &FileSecret, error: &OpenError) {
    if matches!(
        error,
        OpenError::LeaseOver | OpenError::LeaseLocked { .. } | OpenError::ClockSetBack
    ) && let Err(error) = session::end(home, secret)
    {
        output::warn(error);
    }
}

/// Says how many days are left.
pub fn warn(leased: &Leased) {
    if let Some(days) = leased.days_left {
        eprintln!(
            "vicinity: no contact with the hub for long: in {days} days this device locks itself, and soon after that it destroys what the hub does not have; sync it"
        );
    }
}

/// Says once, when a device joins a hub, that nothing locks it.
pub fn warn_without_pin(home: &Path) -> Result<()> {
    if !vault::has_pin(home)? {
        eprintln!(
            "vicinity: this device has no PIN: anyone who takes it, and the files beside its folder, can read all of it; `vicinity device init` locks it"
        );
    }
    Ok(())
}

/// Makes a device's vault.
pub fn make_vault(home: &Path, pin: Option<Pin>) -> Result<Opened> {
    let secret = secrets::device_secret(home)?;
    if matches!(secret.get(), Err(VaultError::SecretGone)) {
        if let Some(folder) = home.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        secret.make(&machine::device().bytes())?;
    }
    let opened = vault::create(
        home,
        &secret,
        pin.as_ref(),
        Cost::STANDARD,
        &mut machine::fill,
    )?;
    leased::fill_profiles(home, &opened, machine::device)?;
    Ok(opened)
}
