//! What a vault can fail at.

use std::path::{Path, PathBuf};

/// A step at the vault that failed.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// Another PIN. At none left the key is destroyed.
    #[error("wrong PIN; {left} attempts left, then this device's data is destroyed")]
    WrongPin {
        /// How many attempts are left.
        left: u8,
    },
    /// Too many wrong PINs, or a wipe. Permanently.
    #[error(
        "this device's key was destroyed; nothing on it opens any more; remove its folder and enrol again"
    )]
    Destroyed,
    /// The vault asks for a PIN and none was given. Not counted.
    #[error("this device asks for a PIN")]
    PinNeeded,
    /// The vault cannot be written: a wrong PIN would not be counted.
    #[error(
        "this folder cannot be written, so that a wrong PIN could not be counted: none is tried on it; a device that is unlocked goes on, and a copy of the folder on another disk opens there"
    )]
    Uncounted,
    /// A PIN was given, and the vault has none. Not counted.
    #[error("this device has no PIN")]
    NoPin,
    /// A PIN out of bounds.
    #[error("a PIN has at least 4 characters and at most 256 bytes")]
    PinLength,
    /// The two profiles' PINs would be the same.
    #[error("the two PINs must differ")]
    SamePin,
    /// Not to be done from the profile that this PIN opens.
    #[error("this cannot be set here")]
    NotHere,
    /// No vault in the folder.
    #[error("there is no vault in this folder")]
    Missing,
    /// A vault in the folder, or a secret in its place.
    #[error("there is one already, and it is not overwritten")]
    AlreadyThere,
    /// Not what was written, or written under another device's secret.
    #[error("the {0} is damaged, or belongs to another device")]
    Damaged(&'static str),
    /// From a newer program.
    #[error("the vault is of version {0}; this program is too old for it")]
    UnknownVersion(u8),
    /// Key derivation outside its bounds.
    #[error(
        "the cost of a PIN must be from 19 MiB, 2 passes and 1 lane to 1 GiB, 64 passes and 16 lanes"
    )]
    BadCost,
    /// Not enough memory for the key derivation.
    #[error("not enough memory to check a PIN")]
    Memory,
    /// No device secret: never made, destroyed, or the folder is a copy.
    #[error("the device's secret is not there; without it nothing here opens")]
    SecretGone,
    /// Nowhere to keep a session.
    #[error(
        "there is no folder in memory that is yours alone, so the device cannot be kept open: set XDG_RUNTIME_DIR to one, or give the PIN to each command"
    )]
    NoMemoryFolder,
    /// What the platform's keystore said.
    #[error("the keystore failed: {0}")]
    Keystore(Box<dyn core::error::Error + Send + Sync>),
    /// A wipe that destroyed all that it could.
    #[error("{}", told(.0))]
    Remains(Vec<Remains>),
    /// A file or a folder.
    #[error("cannot {step} {}: {source}", path.display())]
    Io {
        /// What was tried.
        step: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// What a wipe could not destroy.
#[derive(Debug)]
pub struct Remains {
    /// What it is, in words.
    pub what: &'static str,
    /// Whether a person who has the PIN can still open the device with it.
    pub opens: bool,
    /// Why it remains.
    pub why: Box<VaultError>,
}

fn told(remains: &[Remains]) -> String {
    let each: Vec<String> = remains
        .iter()
        .map(|remains| format!("{} remains ({})", remains.what, remains.why))
        .collect();
    let opens = if remains.iter().any(|remains| remains.opens) {
        "the device may still open"
    } else {
        "nothing opens any more"
    };
    format!(
        "{}; all else is destroyed, and {opens}: make it writable and wipe once more, or remove it by hand",
        each.join("; ")
    )
}

impl VaultError {
    pub(super) fn io(step: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { step, path, source }
    }
}
