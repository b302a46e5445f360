//! Secrets that a person types: from files for scripts, or at a terminal. Never from arguments, which
//! every process of the machine can read.

use std::io::IsTerminal;
use std::path::Path;

use anyhow::{Context, Result, bail};
use vicinity_client::vault::{FileSecret, Pin};
use vicinity_core::text;
use vicinity_server::keyring::{self, LockKind, Passphrase, Unlock};
use zeroize::Zeroizing;

/// Names the file that holds a server's passphrase.
const PASSPHRASE_FILE: &str = "VICINITY_PASSPHRASE_FILE";
/// Names the file, on a stick, that holds a server's identity.
const IDENTITY_FILE: &str = "VICINITY_IDENTITY_FILE";
/// Names the file that holds a device's PIN.
const PIN_FILE: &str = "VICINITY_PIN_FILE";
/// Names the file that is for the device's keystore; beside the device's folder unless it is reported.
const SECRET_FILE: &str = "VICINITY_SECRET_FILE";

/// The file in place of a device's keystore.
pub fn device_secret(home: &Path) -> Result<FileSecret> {
    Ok(match std::env::var_os(SECRET_FILE) {
        Some(path) => FileSecret::at(path),
        None => FileSecret::beside(home)?,
    })
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
    let bytes = std::fs::read(file)
        .map(Zeroizing::new)
        .with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Zeroizing::new(
        text::utf8(&bytes)
            .with_context(|| format!("cannot read {}", file.display()))?
            .to_owned(),
    ))
}

/// The PIN of the file that was named, by an option or by the variable.
pub fn given_pin(file: Option<&Path>) -> Result<Option<Pin>> {
    let file = file
        .map(Path::to_owned)
        .or_else(|| std::env::var_os(PIN_FILE).map(Into::into));
    file.map(|file| read_pin(&file)).transpose()
}

/// The key to a server's folder: from the file that fits its lock, asked for at a terminal where a passphrase locks it, or
/// nothing.
pub fn unlock(data: &Path) -> Result<Option<Unlock>> {
    // What opens without anything stays so: a server's start, or `relock`, locks a folder, and no other command does.
    if keyring::lock_of(data)? == Some(LockKind::None) {
        Ok(None)
    } else {
        given(data)
    }
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
        return Ok(Some(Unlock::Passphrase(Passphrase::new(&ask(
            "Passphrase: ",
        )?)?)));
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

/// The new key to a folder: an identity or a passphrase from a file.
pub fn new_unlock(identity: Option<&Path>, passphrase: Option<&Path>) -> Result<Unlock> {
    match (identity, passphrase) {
        (Some(file), _) => Ok(Unlock::identity(&read_secret(file)?)?),
        (None, Some(file)) => Ok(Unlock::Passphrase(Passphrase::new(&read_secret(file)?)?)),
        (None, None) => {
            bail!("name what is to open this folder: --identity-file or --passphrase-file")
        }
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
    let Some(path) = std::env::var_os(variable) else {
        return Ok(None);
    };
    read_secret(Path::new(&path))
        .with_context(|| variable.to_owned())
        .map(Some)
}

fn ask(prompt: &str) -> Result<String> {
    rpassword::prompt_password(prompt).context("cannot read from the terminal")
}
