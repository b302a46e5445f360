//! A hub's backup: two files, locked by a passphrase, while the hub runs. `FILE` holds the database, `FILE.keys` what opens
//! sealed statements: it is good for 30 days, so that what was erased cannot be opened from old backups permanently.
//!
//! ```text
//! vicinity-backup 2 SECONDS\n                  when, in seconds since 1970
//! the backup's own key, locked by the passphrase (one line of JSON)\n
//! the database, encrypted under that key
//! HMAC-SHA-256 under that key of all before     32 bytes: a file that was cut or damaged is not restored
//! ```
//! The epoch is not in it: a hub that is restored draws a new one, so that its devices find out and bring what it lost.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use vicinity_sqlite::SqliteHub;
use vicinity_store::board::BoardStore;
use vicinity_store::hub::HubStore;
use vicinity_store::policy;
use vicinity_store::{DatabaseKey, StoreError};

use crate::machine::Machine;
use crate::storage::clock_record;
use crate::storage::keyring::{self, KeyringError, Passphrase};

const MAGIC: &str = "vicinity-backup 2 ";
/// Seconds after which the keys of statements are not restored any more.
const KEYS_TERM_SECONDS: i64 = 30 * 24 * 3600;
/// Bytes of the longest line before the database.
const LINE_MAX_BYTES: u64 = 4096;
/// Bytes of the proof at the end.
const PROOF_BYTES: usize = 32;

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
    /// Cut, or altered.
    #[error("{} is damaged or not whole, and nothing was restored; take another copy of it, or an older backup", .0.display())]
    Damaged(PathBuf),
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

/// Writes a backup. Durable, and each file complete or not at all, when this returns.
///
/// # Errors
/// The store or the disk.
pub fn write(
    store: &mut SqliteHub,
    file: &Path,
    passphrase: &Passphrase,
    machine: &Machine,
) -> Result<(), BackupError> {
    // The keys first: a statement whose key is missing could never be opened, a key too many opens nothing.
    write_one(&keys_file(file), passphrase, machine, &mut |path, key| {
        store.copy_keys_into(path, key)
    })?;
    write_one(file, passphrase, machine, &mut |path, key| {
        store.copy_into(path, key)
    })
}

type Copy<'a> = &'a mut dyn FnMut(&Path, &DatabaseKey) -> Result<(), StoreError>;

fn write_one(
    file: &Path,
    passphrase: &Passphrase,
    machine: &Machine,
    copy_into: Copy<'_>,
) -> Result<(), BackupError> {
    let key = DatabaseKey::new(machine.bytes());
    let (copy, partial) = (beside(file, "copy"), beside(file, "partial"));
    // What a killed backup left behind.
    remove(&copy)?;
    copy_into(&copy, &key)?;
    let mut out = Proven {
        out: File::create(&partial).map_err(at(&partial))?,
        proof: proof_under(&key),
    };
    let locked = keyring::locked(&key, passphrase, machine)?;
    let written = writeln!(out, "{MAGIC}{}\n{locked}", (machine.now)().as_second())
        .and_then(|()| std::io::copy(&mut File::open(&copy)?, &mut out))
        .and_then(|_| out.finish())
        .and_then(|()| std::fs::rename(&partial, file))
        .and_then(|()| sync_folder(file));
    written.map_err(at(file))?;
    remove(&copy)
}

/// A file, and the proof of what was written to it.
struct Proven {
    out: File,
    proof: Hmac<Sha256>,
}

impl Write for Proven {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.proof.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

impl Proven {
    /// Puts the proof behind it. Durable when this returns.
    fn finish(mut self) -> std::io::Result<()> {
        let proof = self.proof.finalize().into_bytes();
        self.out.write_all(&proof)?;
        self.out.sync_all()
    }
}

fn proof_under(key: &DatabaseKey) -> Hmac<Sha256> {
    // A key of any length is one; of these 32 bytes it cannot fail.
    Hmac::new_from_slice(key.bytes()).unwrap_or_else(|_| Hmac::new(&Default::default()))
}

/// Restores a backup into a folder that does not exist, locked by the same passphrase. Complete or not at all. Says whether the
/// keys of statements came with it: they do not where their file is not there or older than 30 days.
///
/// # Errors
/// Another passphrase, another file, or the disk.
pub fn restore(
    file: &Path,
    folder: &Path,
    passphrase: &Passphrase,
    machine: &Machine,
) -> Result<bool, BackupError> {
    if folder.exists() {
        return Err(BackupError::Occupied(folder.to_owned()));
    }
    let partial = beside(folder, "partial");
    if partial.exists() {
        std::fs::remove_dir_all(&partial).map_err(at(&partial))?;
    }
    std::fs::create_dir_all(&partial).map_err(at(&partial))?;
    let restored = restore_into(&partial, file, folder, passphrase, machine);
    if restored.is_err() {
        // What failed is reported; a folder that cannot be removed is removed by the next try.
        std::fs::remove_dir_all(&partial).ok();
    }
    restored
}

fn restore_into(
    partial: &Path,
    file: &Path,
    folder: &Path,
    passphrase: &Passphrase,
    machine: &Machine,
) -> Result<bool, BackupError> {
    let (_, key) = read_one(file, &partial.join("hub.db"), passphrase)?;
    keyring::place(partial, &key, passphrase, machine)?;
    // A database that does not open must not stand where a hub is looked for.
    let mut store = SqliteHub::open(partial, &key, machine.bytes())?;
    // Said outright: an empty feed would not tell, and what the hub did since the backup is lost anyway.
    HubStore::set_setting(&mut store, policy::RESTORED, &[1])?;
    clock_record::forget::<dyn BoardStore>(&mut store)?;
    drop(store);
    let with_keys = keys_file(file).exists()
        && restore_keys(&keys_file(file), partial, &key, passphrase, machine)?;
    remove(&partial.join("epoch"))?;
    std::fs::rename(partial, folder)
        .and_then(|()| sync_folder(folder))
        .map_err(at(folder))?;
    Ok(with_keys)
}

/// The keys' copy has a key of its own: it is opened in a folder of its own and written under the restored hub's.
fn restore_keys(
    file: &Path,
    partial: &Path,
    key: &DatabaseKey,
    passphrase: &Passphrase,
    machine: &Machine,
) -> Result<bool, BackupError> {
    let apart = partial.join("apart");
    std::fs::create_dir_all(&apart).map_err(at(&apart))?;
    let (made_at, own) = read_one(file, &apart.join("keys.db"), passphrase)?;
    let is_due = (machine.now)().as_second().saturating_sub(made_at) <= KEYS_TERM_SECONDS;
    if is_due {
        for old in ["keys.db", "keys.db-wal", "keys.db-shm"] {
            remove(&partial.join(old))?;
        }
        SqliteHub::open(&apart, &own, machine.bytes())?
            .copy_keys_into(&partial.join("keys.db"), key)?;
    }
    std::fs::remove_dir_all(&apart).map_err(at(&apart))?;
    Ok(is_due)
}

/// Takes a file of a backup apart: when it was made, its key, and the database under it.
fn read_one(
    file: &Path,
    database: &Path,
    passphrase: &Passphrase,
) -> Result<(i64, DatabaseKey), BackupError> {
    let size = file.metadata().map_err(at(file))?.len();
    let mut input = BufReader::new(File::open(file).map_err(at(file))?);
    let (first, second) = (line(&mut input, file)?, line(&mut input, file)?);
    let made_at = first
        .trim_end()
        .strip_prefix(MAGIC)
        .and_then(|seconds| seconds.parse().ok())
        .ok_or(BackupError::NoBackup)?;
    let key = keyring::unlocked(second.trim_end(), passphrase)?;
    let mut out = Proven {
        out: File::create(database).map_err(at(database))?,
        proof: proof_under(&key),
    };
    [&first, &second]
        .into_iter()
        .for_each(|line| out.proof.update(line.as_bytes()));
    let body = size.saturating_sub((first.len() + second.len() + PROOF_BYTES) as u64);
    let mut proof = [0; PROOF_BYTES];
    let read = std::io::copy(&mut (&mut input).take(body), &mut out)
        .and_then(|_| input.read_exact(&mut proof));
    if read.is_err() || out.proof.clone().verify_slice(&proof).is_err() {
        return Err(BackupError::Damaged(file.to_owned()));
    }
    out.out.sync_all().map_err(at(database))?;
    Ok((made_at, key))
}

fn line(input: &mut impl BufRead, file: &Path) -> Result<String, BackupError> {
    let mut text = Vec::new();
    Read::take(&mut *input, LINE_MAX_BYTES)
        .read_until(b'\n', &mut text)
        .map_err(at(file))?;
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
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
