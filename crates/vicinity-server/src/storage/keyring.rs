//! How a server's database key lies on disk: wrapped in the file `keyring` of its folder, by a passphrase or to an `age`
//! identity that lies on a stick.
//!
//! The key is random and never changes; passphrase and identity only unwrap it. Without either the key is in the file as it
//! is: then anyone who takes the folder can read it, and the program says so at each start. Destroying the file
//! destroys the database and every copy of it.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::Aead;
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use vicinity_core::{hex, text};
use vicinity_seal::keys::Opener;
use vicinity_seal::lockbox;
use vicinity_seal::seal::OpenError;
use vicinity_store::DatabaseKey;
use zeroize::Zeroizing;

use crate::machine::Machine;

/// The file's name.
pub const FILE: &str = "keyring";
/// Least characters of a passphrase.
pub const PASSPHRASE_MIN_CHARS: usize = 8;
/// Argon2id's memory in KiB and passes: the second of the settings that OWASP recommends, some 40 ms.
const COST: (u32, u32) = (19 * 1024, 2);

/// What a person types to open a server, as [`text::secret`] folds it.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// A passphrase.
    ///
    /// # Errors
    /// Fewer than [`PASSPHRASE_MIN_CHARS`] characters, once folded.
    pub fn new(text: &str) -> Result<Self, KeyringError> {
        let folded = text::secret(text);
        if folded.chars().count() < PASSPHRASE_MIN_CHARS {
            Err(KeyringError::TooShort)
        } else {
            Ok(Self(folded))
        }
    }
}

impl core::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Passphrase")
    }
}

/// What opens a server's folder.
#[derive(Clone, Debug)]
pub enum Unlock {
    /// What a person types.
    Passphrase(Passphrase),
    /// What lies on a stick: an `age` identity.
    Identity(Arc<Opener>),
}

impl Unlock {
    /// The identity of a file's text, as `vicinity hub keygen` and `age-keygen` write it.
    ///
    /// # Errors
    /// Any other text.
    pub fn identity(text: &str) -> Result<Self, KeyringError> {
        let text = text::secret(text);
        let line = text
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with('#'))
            .unwrap_or_default();
        Opener::from_secret_string(line)
            .map(|opener| Self::Identity(Arc::new(opener)))
            .map_err(|_| KeyringError::NoIdentity)
    }
}

/// How a folder is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockKind {
    /// Not at all.
    None,
    /// By a passphrase.
    Passphrase,
    /// By an identity.
    Identity,
}

/// Why a server's key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// It is locked.
    #[error(
        "this folder is locked: give its passphrase, with VICINITY_PASSPHRASE_FILE or at a terminal"
    )]
    Locked,
    /// It is locked, and not by a passphrase.
    #[error(
        "this folder is locked by an identity: put in the stick that holds it and name its file in VICINITY_IDENTITY_FILE"
    )]
    LockedByIdentity,
    /// Another passphrase.
    #[error("the passphrase is wrong")]
    Wrong,
    /// Another identity.
    #[error("the identity is not the one that this folder is locked by")]
    WrongIdentity,
    /// A file that holds something else.
    #[error(
        "this is no identity: expected a file with a line beginning with AGE-SECRET-KEY-1, as `vicinity hub keygen` makes it"
    )]
    NoIdentity,
    /// A bad new passphrase.
    #[error("a passphrase has at least {PASSPHRASE_MIN_CHARS} characters")]
    TooShort,
    /// There is a database, and no key.
    #[error("the key of this folder was destroyed: restore a backup into a new folder")]
    Destroyed,
    /// The file says something else.
    #[error("the file keyring is damaged: restore it from a backup of the folder")]
    Damaged,
    /// The disk.
    #[error("the file {} cannot be used: {source}", .path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "lock", rename_all = "lowercase")]
enum Lock {
    None {
        key: String,
    },
    Passphrase {
        salt: String,
        memory_kib: u32,
        passes: u32,
        nonce: String,
        wrapped: String,
    },
    Identity {
        recipient: String,
        wrapped: String,
    },
}

/// How a folder's key is locked; `None` if there is no key yet.
///
/// # Errors
/// The file.
pub fn lock_of(folder: &Path) -> Result<Option<LockKind>, KeyringError> {
    let kind = |lock| match lock {
        Lock::None { .. } => LockKind::None,
        Lock::Passphrase { .. } => LockKind::Passphrase,
        Lock::Identity { .. } => LockKind::Identity,
    };
    Ok(read(&folder.join(FILE))?.map(kind))
}

/// Says so in the log if a folder opens to anybody.
///
/// # Errors
/// The file.
pub fn warn_if_open(folder: &Path) -> Result<(), KeyringError> {
    if lock_of(folder)? == Some(LockKind::None) {
        tracing::warn!(
            "this folder opens without a passphrase: whoever takes it can read it; VICINITY_PASSPHRASE_FILE or VICINITY_IDENTITY_FILE locks it"
        );
    }
    Ok(())
}

/// The key of a folder, made when the folder is new. What is given to a folder that had no lock locks it from then on.
///
/// # Errors
/// A locked folder and nothing that opens it, or the disk.
pub fn open(
    folder: &Path,
    database: &str,
    unlock: Option<&Unlock>,
    machine: &Machine,
) -> Result<DatabaseKey, KeyringError> {
    let path = folder.join(FILE);
    match (read(&path)?, unlock) {
        (None, _) if folder.join(database).exists() => Err(KeyringError::Destroyed),
        (None, unlock) => {
            let key = Zeroizing::new(machine.bytes::<32>());
            std::fs::create_dir_all(folder).map_err(|source| KeyringError::File {
                path: folder.to_owned(),
                source,
            })?;
            write(&path, &lock(&key, unlock, machine)?)?;
            Ok(DatabaseKey::new(*key))
        }
        (Some(Lock::None { key }), unlock) => {
            let key = Zeroizing::new(bytes::<[u8; 32]>(&key)?);
            if unlock.is_some() {
                write(&path, &lock(&key, unlock, machine)?)?;
            }
            Ok(DatabaseKey::new(*key))
        }
        (Some(Lock::Passphrase { .. }), None | Some(Unlock::Identity(_))) => {
            Err(KeyringError::Locked)
        }
        (Some(Lock::Identity { .. }), None | Some(Unlock::Passphrase(_))) => {
            Err(KeyringError::LockedByIdentity)
        }
        (Some(lock), Some(Unlock::Passphrase(passphrase))) => unwrapped(&lock, passphrase),
        (Some(lock), Some(Unlock::Identity(opener))) => unboxed(&lock, opener),
    }
}

/// Locks a folder by something else from now on. The key itself stays: an old copy of the file `keyring` still opens with
/// what opened it then.
///
/// # Errors
/// Nothing changed then.
pub fn relock(
    folder: &Path,
    database: &str,
    unlock: Option<&Unlock>,
    new: &Unlock,
    machine: &Machine,
) -> Result<(), KeyringError> {
    if !folder.join(database).exists() {
        return Err(KeyringError::Destroyed);
    }
    let key = open(folder, database, unlock, machine)?;
    write(&folder.join(FILE), &lock(key.bytes(), Some(new), machine)?)
}

/// A key locked by a passphrase, as a text that may lie beside what it encrypts.
///
/// # Errors
/// Never except for want of memory.
pub fn locked(
    key: &DatabaseKey,
    passphrase: &Passphrase,
    machine: &Machine,
) -> Result<String, KeyringError> {
    serde_json::to_string(&wrapped(key.bytes(), passphrase, machine)?)
        .map_err(|_| KeyringError::Damaged)
}

/// The key of such a text.
///
/// # Errors
/// Another passphrase, or another text.
pub fn unlocked(text: &str, passphrase: &Passphrase) -> Result<DatabaseKey, KeyringError> {
    unwrapped(
        &serde_json::from_str(text).map_err(|_| KeyringError::Damaged)?,
        passphrase,
    )
}

/// Puts a key into a folder that has none.
///
/// # Errors
/// The disk.
pub fn place(
    folder: &Path,
    key: &DatabaseKey,
    passphrase: &Passphrase,
    machine: &Machine,
) -> Result<(), KeyringError> {
    write(
        &folder.join(FILE),
        &wrapped(key.bytes(), passphrase, machine)?,
    )
}

fn unwrapped(lock: &Lock, passphrase: &Passphrase) -> Result<DatabaseKey, KeyringError> {
    let Lock::Passphrase {
        salt,
        memory_kib,
        passes,
        nonce,
        wrapped,
    } = lock
    else {
        return Err(KeyringError::Damaged);
    };
    let kek = stretched(
        passphrase,
        &bytes::<[u8; 16]>(salt)?,
        (*memory_kib, *passes),
    )?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*kek));
    let key = cipher
        .decrypt(
            &XNonce::from(bytes::<[u8; 24]>(nonce)?),
            bytes::<[u8; 48]>(wrapped)?.as_slice(),
        )
        .map_err(|_| KeyringError::Wrong)?;
    let key = Zeroizing::new(key);
    Ok(DatabaseKey::new(
        key.as_slice()
            .try_into()
            .map_err(|_| KeyringError::Damaged)?,
    ))
}

fn unboxed(lock: &Lock, opener: &Opener) -> Result<DatabaseKey, KeyringError> {
    let Lock::Identity { wrapped, .. } = lock else {
        return Err(KeyringError::Damaged);
    };
    let key = lockbox::open(opener, &bytes::<Vec<u8>>(wrapped)?).map_err(|error| match error {
        OpenError::NotForUs => KeyringError::WrongIdentity,
        OpenError::Damaged => KeyringError::Damaged,
    })?;
    Ok(DatabaseKey::new(*key))
}

fn lock(key: &[u8; 32], unlock: Option<&Unlock>, machine: &Machine) -> Result<Lock, KeyringError> {
    match unlock {
        None => Ok(Lock::None {
            key: hex::write(key),
        }),
        Some(Unlock::Passphrase(passphrase)) => wrapped(key, passphrase, machine),
        Some(Unlock::Identity(opener)) => {
            let recipient = opener.recipient();
            let wrapped = lockbox::close(&recipient, key).map_err(|_| KeyringError::Damaged)?;
            Ok(Lock::Identity {
                recipient: recipient.to_string(),
                wrapped: hex::write(&wrapped),
            })
        }
    }
}

fn wrapped(
    key: &[u8; 32],
    passphrase: &Passphrase,
    machine: &Machine,
) -> Result<Lock, KeyringError> {
    let (salt, nonce) = (machine.bytes::<16>(), machine.bytes::<24>());
    let kek = stretched(passphrase, &salt, COST)?;
    let wrapped = XChaCha20Poly1305::new(&Key::from(*kek))
        .encrypt(&XNonce::from(nonce), key.as_slice())
        .map_err(|_| KeyringError::Damaged)?;
    Ok(Lock::Passphrase {
        salt: hex::write(&salt),
        memory_kib: COST.0,
        passes: COST.1,
        nonce: hex::write(&nonce),
        wrapped: hex::write(&wrapped),
    })
}

fn stretched(
    passphrase: &Passphrase,
    salt: &[u8; 16],
    (memory_kib, passes): (u32, u32),
) -> Result<Zeroizing<[u8; 32]>, KeyringError> {
    // A file that was tampered with must not eat the machine's memory.
    if memory_kib > 1024 * 1024 || passes > 16 {
        return Err(KeyringError::Damaged);
    }
    let params = Params::new(memory_kib, passes, 1, Some(32)).map_err(|_| KeyringError::Damaged)?;
    let mut kek = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.0.as_bytes(), salt, kek.as_mut_slice())
        .map_err(|_| KeyringError::Damaged)?;
    Ok(kek)
}

fn read(path: &Path) -> Result<Option<Lock>, KeyringError> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|_| KeyringError::Damaged),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeyringError::File {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Where a file is written before it takes the place of another.
fn fresh(path: &Path) -> PathBuf {
    path.with_extension("new")
}

/// Complete or not at all, and for its owner alone.
fn write(path: &Path, lock: &Lock) -> Result<(), KeyringError> {
    let text = Zeroizing::new(serde_json::to_vec(lock).map_err(|_| KeyringError::Damaged)?);
    let fresh = fresh(path);
    let write = || -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&fresh)?;
        file.write_all(&text)?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)?;
        path.parent()
            .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    write().map_err(|source| KeyringError::File {
        path: path.to_owned(),
        source,
    })
}

fn bytes<T: TryFrom<Vec<u8>>>(text: &str) -> Result<T, KeyringError> {
    hex::read(text).ok_or(KeyringError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_is_the_same_from_every_keyboard_and_editor() {
        let key = DatabaseKey::new([5; 32]);
        let machine = Machine {
            now: Arc::new(|| vicinity_core::time::Timestamp::UNIX_EPOCH),
            running: Arc::new(|| None),
            random: Arc::new(|bytes| bytes.fill(3)),
        };
        let locked = locked(&key, &Passphrase::new("un café à 10 h").unwrap(), &machine).unwrap();
        for written in [
            "\u{feff}un café à 10 h\r\n",
            "un cafe\u{301} a\u{300} 10 h",
            "un café à ១០ h",
            "un\u{a0}café à 10\u{202f}h",
            "un café\u{200b} à 10 h",
        ] {
            assert_eq!(
                unlocked(&locked, &Passphrase::new(written).unwrap())
                    .unwrap()
                    .bytes(),
                key.bytes(),
                "{written:?}"
            );
        }
        assert!(matches!(
            unlocked(&locked, &Passphrase::new("un cafe à 10 h").unwrap()),
            Err(KeyringError::Wrong)
        ));
        assert!(matches!(
            Passphrase::new("\u{feff}1234567\r\n"),
            Err(KeyringError::TooShort)
        ));
    }
}
