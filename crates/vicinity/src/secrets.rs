//! What a person types and nobody else may know: from files for scripts, or at a terminal. Never from arguments, which
//! every process of the machine can read.

use std::io::IsTerminal;
use std::path::Path;

use anyhow::{Context, Result, bail};
use vicinity_client::ClientError;
use vicinity_client::device::Device;
use vicinity_client::leased::{self, Leased};
use vicinity_client::vault::{self, Cost, DeviceSecret, FileSecret, Opened, Pin, VaultError};
use vicinity_core::text;
use vicinity_server::keyring::{self, LockKind, Passphrase, Unlock};
use zeroize::Zeroizing;

use crate::{machine, output, session};

/// Names the file that holds a server's passphrase.
const PASSPHRASE_FILE: &str = "VICINITY_PASSPHRASE_FILE";
/// Names the file, on a stick, that holds a server's identity.
const IDENTITY_FILE: &str = "VICINITY_IDENTITY_FILE";
/// Names the file that holds a device's PIN.
const PIN_FILE: &str = "VICINITY_PIN_FILE";
/// Names the file that stands for the device's keystore; beside the device's folder unless it is said.
const SECRET_FILE: &str = "VICINITY_SECRET_FILE";

/// What stands for the keystore of a device.
pub fn device_secret(home: &Path) -> Result<FileSecret> {
    Ok(match std::env::var_os(SECRET_FILE) {
        Some(path) => FileSecret::at(path),
        None => FileSecret::beside(home)?,
    })
}

/// Opens a device's vault: with a PIN that was given, by a session, with the PIN of the person at the terminal, or without
/// one where it has none. A new folder gets a vault, locked by the PIN that was given if there is one.
pub fn open_vault(home: &Path, pin_file: Option<&Path>) -> Result<Opened> {
    let secret = device_secret(home)?;
    match vault::has_pin(home) {
        Err(VaultError::Missing) => return make_vault(home, given_pin(pin_file)?),
        // A script's PIN stands for all devices, also for those that have none.
        Ok(false) => return Ok(vault::unlock(home, &secret, None)?),
        Ok(true) => {}
        Err(error) => return Err(error.into()),
    }
    if let Some(pin) = given_pin(pin_file)? {
        return unlock_device(home, &secret, &pin);
    }
    match session::resume(home, &secret)? {
        Some(opened) => Ok(opened),
        None => unlock_device(home, &secret, &known_pin(pin_file)?),
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

/// What a device is opened for.
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
    let secret = device_secret(home)?;
    let mut leased = match purpose {
        Purpose::Use => leased::open(home, &secret, &opened, machine::device()).inspect_err(|error| end_if_over(home, &secret, error))?,
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
pub fn end_if_over(home: &Path, secret: &FileSecret, error: &ClientError) {
    if matches!(error, ClientError::LeaseOver | ClientError::LeaseLocked { .. } | ClientError::ClockSetBack)
        && let Err(error) = session::end(home, secret)
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
        eprintln!("vicinity: this device has no PIN: whoever takes it, with what lies beside its folder, reads all of it; `vicinity device init` locks it");
    }
    Ok(())
}

/// Makes a device's vault.
pub fn make_vault(home: &Path, pin: Option<Pin>) -> Result<Opened> {
    let secret = device_secret(home)?;
    if matches!(secret.get(), Err(VaultError::SecretGone)) {
        if let Some(folder) = home.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        secret.make(&machine::device().bytes())?;
    }
    let opened = vault::create(home, &secret, pin.as_ref(), Cost::STANDARD, &mut machine::fill)?;
    leased::fill_profiles(home, &opened, machine::device)?;
    Ok(opened)
}

/// A new PIN: of a file, or asked for twice.
pub fn new_pin(file: Option<&Path>) -> Result<Pin> {
    if let Some(pin) = given_pin(file)? {
        return Ok(pin);
    }
    if !std::io::stdin().is_terminal() {
        bail!("no PIN: name a file that holds it with --pin-file or {PIN_FILE}");
    }
    let pin = Pin::new(&ask("Choose a PIN: ")?)?;
    if !Pin::new(&ask("Once more: ")?).is_ok_and(|again| again == pin) {
        bail!("the two are not the same; nothing was changed");
    }
    Ok(pin)
}

/// The PIN of a second profile: never of the file that has the first.
pub fn new_second_pin(file: Option<&Path>) -> Result<Pin> {
    match file {
        Some(file) => read_pin(file),
        None if std::io::stdin().is_terminal() => Ok(Pin::new(&ask("Second PIN: ")?)?),
        None => bail!("no second PIN: name a file that holds it with --second-pin-file"),
    }
}

/// The PIN that the device has.
pub fn known_pin(file: Option<&Path>) -> Result<Pin> {
    match given_pin(file)? {
        Some(pin) => Ok(pin),
        None if std::io::stdin().is_terminal() => Ok(Pin::new(&ask("PIN: ")?)?),
        None => bail!("no PIN: name a file that holds it with --pin-file or {PIN_FILE}"),
    }
}

fn read_pin(file: &Path) -> Result<Pin> {
    Ok(Pin::new(&read_secret(file)?)?)
}

/// The text of a secret's file. Who makes a secret of it folds it.
pub fn read_secret(file: &Path) -> Result<Zeroizing<String>> {
    let bytes = std::fs::read(file).map(Zeroizing::new).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Zeroizing::new(text::utf8(&bytes).with_context(|| format!("cannot read {}", file.display()))?.to_owned()))
}

/// The PIN of the file that was named, by an option or by the variable.
fn given_pin(file: Option<&Path>) -> Result<Option<Pin>> {
    let file = file.map(Path::to_owned).or_else(|| std::env::var_os(PIN_FILE).map(Into::into));
    file.map(|file| read_pin(&file)).transpose()
}

/// What opens a server's folder: from the file that fits its lock, asked for at a terminal where a passphrase locks it, or
/// nothing.
pub fn unlock(data: &Path) -> Result<Option<Unlock>> {
    // What opens without anything stays so: a server's start, or `relock`, locks a folder, and no other command does.
    if keyring::lock_of(data)? == Some(LockKind::None) { Ok(None) } else { given(data) }
}

fn given(data: &Path) -> Result<Option<Unlock>> {
    let lock = keyring::lock_of(data)?;
    if lock != Some(LockKind::Passphrase)
        && let Some(text) = from_file(IDENTITY_FILE)?
    {
        return Ok(Some(Unlock::identity(&text)?));
    }
    if lock == Some(LockKind::Identity) {
        return Ok(None);
    }
    if let Some(text) = from_file(PASSPHRASE_FILE)? {
        return Ok(Some(Unlock::Passphrase(Passphrase::new(&text)?)));
    }
    if lock == Some(LockKind::Passphrase) && std::io::stdin().is_terminal() {
        return Ok(Some(Unlock::Passphrase(Passphrase::new(&ask("Passphrase: ")?)?)));
    }
    Ok(None)
}

/// The same for the start of a server: a new folder gets the passphrase that is chosen here.
pub fn unlock_at_start(data: &Path) -> Result<Option<Unlock>> {
    if let Some(known) = given(data)? {
        return Ok(Some(known));
    }
    if keyring::lock_of(data)?.is_none() && std::io::stdin().is_terminal() {
        let text = ask("Choose a passphrase (Enter for none): ")?;
        if !text.is_empty() {
            if *text::secret(&text) != *text::secret(&ask("Once more: ")?) {
                bail!("the two are not the same; nothing was made");
            }
            return Ok(Some(Unlock::Passphrase(Passphrase::new(&text)?)));
        }
    }
    Ok(None)
}

/// What a folder is to be opened by from now on: an identity or a passphrase of a file.
pub fn new_unlock(identity: Option<&Path>, passphrase: Option<&Path>) -> Result<Unlock> {
    match (identity, passphrase) {
        (Some(file), _) => Ok(Unlock::identity(&read_secret(file)?)?),
        (None, Some(file)) => Ok(Unlock::Passphrase(Passphrase::new(&read_secret(file)?)?)),
        (None, None) => bail!("name what is to open this folder: --identity-file or --passphrase-file"),
    }
}

/// A passphrase that must be there.
pub fn needed_passphrase(prompt: &str) -> Result<Passphrase> {
    match from_file(PASSPHRASE_FILE)? {
        Some(text) => Ok(Passphrase::new(&text)?),
        None if std::io::stdin().is_terminal() => Ok(Passphrase::new(&ask(prompt)?)?),
        None => bail!("no passphrase: name a file that holds it in {PASSPHRASE_FILE}"),
    }
}

/// The text of the file that a variable names.
fn from_file(variable: &str) -> Result<Option<Zeroizing<String>>> {
    let Some(path) = std::env::var_os(variable) else { return Ok(None) };
    read_secret(Path::new(&path)).with_context(|| variable.to_owned()).map(Some)
}

fn ask(prompt: &str) -> Result<String> {
    rpassword::prompt_password(prompt).context("cannot read from the terminal")
}
