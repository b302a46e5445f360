//! A hub's backup: two files, locked by a passphrase, while the hub runs. `FILE` holds the database, `FILE.keys` what opens
//! sealed statements: it is good for 30 days, so that what was erased cannot be opened from old backups for ever.
//!
//! ```text
//! vicinity-backup 1 SECONDS\n                  when, in seconds since 1970
//! the backup's own key, locked by the passphrase (one line of JSON)\n
//! the database, encrypted under that key
//! ```
//! The epoch is not in it: a hub that is restored draws a new one, so that its devices find out and bring what it lost.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use vicinity_store::sqlite::SqliteHub;
use vicinity_store::{DatabaseKey, StoreError};

use crate::keyring::{self, KeyringError, Passphrase};
use crate::machine::Machine;

const MAGIC: &str = "vicinity-backup 1 ";
/// Seconds after which the keys of statements are not restored any more.
const KEYS_TERM_SECONDS: i64 = 30 * 24 * 3600;
/// Bytes of the longest line before the database.
const LINE_MAX_BYTES: u64 = 4096;

/// Why a backup was not made or not restored. Nothing is left half done under the name that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The key.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file is something else.
    #[error("this is no backup of a hub")]
    NoBackup,
    /// There is something already.
    #[error("{} is there already; restore into a folder that does not exist", .0.display())]
    Occupied(PathBuf),
    /// The disk.
    #[error("{} cannot be used: {source}", .path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::File { path, source }
}

/// Where the keys of a backup lie.
#[must_use]
pub fn keys_file(file: &Path) -> PathBuf {
    beside(file, "keys")
}

/// Writes a backup. Durable, and each file whole or not at all, when this returns.
///
/// # Errors
/// The store or the disk.
pub fn write(store: &mut SqliteHub, file: &Path, passphrase: &Passphrase, machine: &Machine) -> Result<(), BackupError> {
    // The keys first: a statement whose key is missing could never be opened, a key too many opens nothing.
    write_one(&keys_file(file), passphrase, machine, &mut |path, key| store.copy_keys_into(path, key))?;
    write_one(file, passphrase, machine, &mut |path, key| store.copy_into(path, key))
}

type Copy<'a> = &'a mut dyn FnMut(&Path, &DatabaseKey) -> Result<(), StoreError>;

fn write_one(file: &Path, passphrase: &Passphrase, machine: &Machine, copy_into: Copy<'_>) -> Result<(), BackupError> {
    let key = DatabaseKey::new(machine.bytes());
    let (copy, partial) = (beside(file, "copy"), beside(file, "partial"));
    // What a killed backup left behind.
    remove(&copy)?;
    copy_into(&copy, &key)?;
    let mut out = File::create(&partial).map_err(at(&partial))?;
    let locked = keyring::locked(&key, passphrase, machine)?;
    let written = writeln!(out, "{MAGIC}{}\n{locked}", (machine.now)().as_second())
        .and_then(|()| std::io::copy(&mut File::open(&copy)?, &mut out))
        .and_then(|_| out.sync_all())
        .and_then(|()| std::fs::rename(&partial, file))
        .and_then(|()| sync_folder(file));
    written.map_err(at(file))?;
    remove(&copy)
}

/// Restores a backup into a folder that does not exist, locked by the same passphrase. Whole or not at all. Says whether the
/// keys of statements came with it: they do not where their file is not there or older than 30 days.
///
/// # Errors
/// Another passphrase, another file, or the disk.
pub fn restore(file: &Path, folder: &Path, passphrase: &Passphrase, machine: &Machine) -> Result<bool, BackupError> {
    if folder.exists() {
        return Err(BackupError::Occupied(folder.to_owned()));
    }
    let partial = beside(folder, "partial");
    if partial.exists() {
        std::fs::remove_dir_all(&partial).map_err(at(&partial))?;
    }
    std::fs::create_dir_all(&partial).map_err(at(&partial))?;
    let (_, key) = read_one(file, &partial.join("hub.db"), passphrase)?;
    keyring::place(&partial, &key, passphrase, machine)?;
    // A database that does not open must not stand where a hub is looked for.
    drop(SqliteHub::open(&partial, &key, machine.bytes())?);
    let with_keys = keys_file(file).exists() && restore_keys(&keys_file(file), &partial, &key, passphrase, machine)?;
    remove(&partial.join("epoch"))?;
    std::fs::rename(&partial, folder).and_then(|()| sync_folder(folder)).map_err(at(folder))?;
    Ok(with_keys)
}

/// The keys' copy has a key of its own: it is opened in a folder of its own and written under the restored hub's.
fn restore_keys(file: &Path, partial: &Path, key: &DatabaseKey, passphrase: &Passphrase, machine: &Machine) -> Result<bool, BackupError> {
    let apart = partial.join("apart");
    std::fs::create_dir_all(&apart).map_err(at(&apart))?;
    let (made_at, own) = read_one(file, &apart.join("keys.db"), passphrase)?;
    let is_due = (machine.now)().as_second().saturating_sub(made_at) <= KEYS_TERM_SECONDS;
    if is_due {
        for old in ["keys.db", "keys.db-wal", "keys.db-shm"] {
            remove(&partial.join(old))?;
        }
        SqliteHub::open(&apart, &own, machine.bytes())?.copy_keys_into(&partial.join("keys.db"), key)?;
    }
    std::fs::remove_dir_all(&apart).map_err(at(&apart))?;
    Ok(is_due)
}

/// Takes a file of a backup apart: when it was made, its key, and the database under it.
fn read_one(file: &Path, database: &Path, passphrase: &Passphrase) -> Result<(i64, DatabaseKey), BackupError> {
    let mut input = BufReader::new(File::open(file).map_err(at(file))?);
    let made_at = line(&mut input, file)?.trim_end().strip_prefix(MAGIC).and_then(|seconds| seconds.parse().ok()).ok_or(BackupError::NoBackup)?;
    let key = keyring::unlocked(line(&mut input, file)?.trim_end(), passphrase)?;
    let mut out = File::create(database).map_err(at(database))?;
    std::io::copy(&mut input, &mut out).and_then(|_| out.sync_all()).map_err(at(database))?;
    Ok((made_at, key))
}

fn line(input: &mut impl BufRead, file: &Path) -> Result<String, BackupError> {
    let mut text = Vec::new();
    std::io::Read::take(&mut *input, LINE_MAX_BYTES).read_until(b'\n', &mut text).map_err(at(file))?;
    String::from_utf8(text).map_err(|_| BackupError::NoBackup)
}

fn beside(path: &Path, kind: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(kind);
    path.with_file_name(name)
}

fn remove(path: &Path) -> Result<(), BackupError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(at(path)(error)),
        _ => Ok(()),
    }
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
