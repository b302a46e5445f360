//! How a server's database key lies on disk: wrapped by a passphrase in the file `keyring` of its folder.
//!
//! The key is random and never changes; a passphrase only unwraps it. Without a passphrase the key lies in the file as it
//! is: then whoever takes the folder has what is in it, and the program says so at each start. Destroying the file
//! destroys the database and every copy of it.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::Aead;
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use vicinity_store::DatabaseKey;
use zeroize::Zeroizing;

use crate::machine::Machine;

/// The file's name.
pub const FILE: &str = "keyring";
/// Least characters of a passphrase.
pub const PASSPHRASE_MIN_CHARS: usize = 8;
/// Argon2id's memory in KiB and passes: the second of the settings that OWASP recommends, some 40 ms.
const COST: (u32, u32) = (19 * 1024, 2);

/// What a person types to open a server.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// A passphrase, without the line's end.
    ///
    /// # Errors
    /// Fewer than [`PASSPHRASE_MIN_CHARS`] characters.
    pub fn new(text: &str) -> Result<Self, KeyringError> {
        let text = text.trim_end_matches(['\r', '\n']);
        if text.chars().count() < PASSPHRASE_MIN_CHARS {
            return Err(KeyringError::TooShort);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

impl core::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Passphrase")
    }
}

/// Why a server's key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// It is locked.
    #[error("this folder is locked: give its passphrase, with VICINITY_PASSPHRASE_FILE or at a terminal")]
    Locked,
    /// Another passphrase.
    #[error("the passphrase is wrong")]
    Wrong,
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
    None { key: String },
    Passphrase { salt: String, memory_kib: u32, passes: u32, nonce: String, wrapped: String },
}

/// Whether a folder's key is locked by a passphrase; `None` if there is no key yet.
///
/// # Errors
/// The file.
pub fn is_locked(folder: &Path) -> Result<Option<bool>, KeyringError> {
    Ok(read(&folder.join(FILE))?.map(|lock| matches!(lock, Lock::Passphrase { .. })))
}

/// Says so in the log if a folder opens without a passphrase.
///
/// # Errors
/// The file.
pub fn warn_if_open(folder: &Path) -> Result<(), KeyringError> {
    if is_locked(folder)? == Some(false) {
        tracing::warn!("this folder opens without a passphrase: whoever takes it can read it; VICINITY_PASSPHRASE_FILE sets one");
    }
    Ok(())
}

/// The key of a folder, made when the folder is new. A passphrase given to a folder that had none locks it from then on.
///
/// # Errors
/// A locked folder and no passphrase or another, or the disk.
pub fn open(folder: &Path, database: &str, passphrase: Option<&Passphrase>, machine: &Machine) -> Result<DatabaseKey, KeyringError> {
    let path = folder.join(FILE);
    match (read(&path)?, passphrase) {
        (None, _) if folder.join(database).exists() => Err(KeyringError::Destroyed),
        (None, passphrase) => {
            let key = Zeroizing::new(machine.bytes::<32>());
            std::fs::create_dir_all(folder).map_err(|source| KeyringError::File { path: folder.to_owned(), source })?;
            write(&path, &lock(&key, passphrase, machine)?)?;
            Ok(DatabaseKey::new(*key))
        }
        (Some(Lock::None { key }), passphrase) => {
            let key = Zeroizing::new(bytes::<32>(&key)?);
            if passphrase.is_some() {
                write(&path, &lock(&key, passphrase, machine)?)?;
            }
            Ok(DatabaseKey::new(*key))
        }
        (Some(Lock::Passphrase { .. }), None) => Err(KeyringError::Locked),
        (Some(lock), Some(passphrase)) => unlock(&lock, passphrase),
    }
}

/// A key locked by a passphrase, as a text that may lie beside what it encrypts.
///
/// # Errors
/// Never but for want of memory.
pub fn locked(key: &DatabaseKey, passphrase: &Passphrase, machine: &Machine) -> Result<String, KeyringError> {
    serde_json::to_string(&lock(key.bytes(), Some(passphrase), machine)?).map_err(|_| KeyringError::Damaged)
}

/// The key of such a text.
///
/// # Errors
/// Another passphrase, or another text.
pub fn unlocked(text: &str, passphrase: &Passphrase) -> Result<DatabaseKey, KeyringError> {
    unlock(&serde_json::from_str(text).map_err(|_| KeyringError::Damaged)?, passphrase)
}

/// Puts a key into a folder that has none.
///
/// # Errors
/// The disk.
pub fn place(folder: &Path, key: &DatabaseKey, passphrase: &Passphrase, machine: &Machine) -> Result<(), KeyringError> {
    write(&folder.join(FILE), &lock(key.bytes(), Some(passphrase), machine)?)
}

fn unlock(lock: &Lock, passphrase: &Passphrase) -> Result<DatabaseKey, KeyringError> {
    let Lock::Passphrase { salt, memory_kib, passes, nonce, wrapped } = lock else { return Err(KeyringError::Damaged) };
    let kek = stretched(passphrase, &bytes::<16>(salt)?, (*memory_kib, *passes))?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*kek));
    let key = cipher.decrypt(&XNonce::from(bytes::<24>(nonce)?), bytes::<48>(wrapped)?.as_slice()).map_err(|_| KeyringError::Wrong)?;
    let key = Zeroizing::new(key);
    Ok(DatabaseKey::new(key.as_slice().try_into().map_err(|_| KeyringError::Damaged)?))
}

/// Destroys a folder's key: what is in its database, and in every copy of the database under this key, is gone.
///
/// # Errors
/// The disk.
pub fn destroy(folder: &Path) -> Result<(), KeyringError> {
    let path = folder.join(FILE);
    let failed = |source| KeyringError::File { path: path.clone(), source };
    if let Ok(length) = std::fs::metadata(&path).map(|file| file.len()) {
        // Overwritten first: a file that is only removed can be brought back from many disks.
        let mut file = OpenOptions::new().write(true).open(&path).map_err(failed)?;
        file.write_all(&vec![0; usize::try_from(length).unwrap_or(4096)]).and_then(|()| file.sync_all()).map_err(failed)?;
        std::fs::remove_file(&path).map_err(failed)?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    }
    Ok(())
}

fn lock(key: &[u8; 32], passphrase: Option<&Passphrase>, machine: &Machine) -> Result<Lock, KeyringError> {
    let Some(passphrase) = passphrase else { return Ok(Lock::None { key: hex(key) }) };
    let (salt, nonce) = (machine.bytes::<16>(), machine.bytes::<24>());
    let kek = stretched(passphrase, &salt, COST)?;
    let wrapped = XChaCha20Poly1305::new(&Key::from(*kek)).encrypt(&XNonce::from(nonce), key.as_slice()).map_err(|_| KeyringError::Damaged)?;
    Ok(Lock::Passphrase { salt: hex(&salt), memory_kib: COST.0, passes: COST.1, nonce: hex(&nonce), wrapped: hex(&wrapped) })
}

fn stretched(passphrase: &Passphrase, salt: &[u8; 16], (memory_kib, passes): (u32, u32)) -> Result<Zeroizing<[u8; 32]>, KeyringError> {
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
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|_| KeyringError::Damaged),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeyringError::File { path: path.to_owned(), source }),
    }
}

/// Whole or not at all, and for its owner alone.
fn write(path: &Path, lock: &Lock) -> Result<(), KeyringError> {
    let text = Zeroizing::new(serde_json::to_vec(lock).map_err(|_| KeyringError::Damaged)?);
    let fresh = path.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&fresh)?;
        file.write_all(&text)?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    write().map_err(|source| KeyringError::File { path: path.to_owned(), source })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes<const N: usize>(hex: &str) -> Result<[u8; N], KeyringError> {
    let mut bytes = [0; N];
    if hex.len() != 2 * N || !hex.is_ascii() {
        return Err(KeyringError::Damaged);
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).map_err(|_| KeyringError::Damaged)?;
    }
    Ok(bytes)
}
