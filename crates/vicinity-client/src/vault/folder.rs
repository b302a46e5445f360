//! The vault's files on disk: one reader and writer at a time, replaced whole, durable when a function returns.

use std::fs::{self, DirBuilder, File, FileTimes, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use vicinity_sqlite::DATABASE_FILE;

use super::VaultError;
use super::image::{IMAGE_BYTES, Image, filler, is_name, name_text};
use super::sealed::NAME_BYTES;

const VAULT: &str = "vault";
const NEW: &str = "vault.new";
const LOCK: &str = "vault.lock";

/// A device's folder, held: two programs guessing at once must not share one count.
pub(super) struct Folder {
    path: PathBuf,
    _lock: Option<File>,
}

impl Folder {
    /// Holds a folder that has a vault, once no other program does.
    pub(super) fn hold(path: &Path) -> Result<Self, VaultError> {
        // Before the lock, whose file must not appear where there is no vault.
        if has_vault(path)? {
            Self::lock(path)
        } else {
            Err(VaultError::Missing)
        }
    }

    /// Holds a folder that has no vault yet; makes it if need be.
    pub(super) fn make(path: &Path) -> Result<Self, VaultError> {
        make_folder(path)?;
        let held = Self::lock(path)?;
        if has_vault(path)? {
            Err(VaultError::AlreadyThere)
        } else {
            Ok(held)
        }
    }

    fn lock(path: &Path) -> Result<Self, VaultError> {
        let at = path.join(LOCK);
        let file = match open_lock(path) {
            // Nothing is written here: there is nothing to wait for.
            Err(error) if is_read_only(&error) => {
                return Ok(Self {
                    path: path.to_owned(),
                    _lock: None,
                });
            }
            other => other.map_err(VaultError::io("open", &at))?,
        };
        match file.lock() {
            // Some file systems lock nothing; a device on one of them must open anyway.
            Err(error) if error.kind() != ErrorKind::Unsupported => {
                Err(VaultError::io("lock", &at)(error))
            }
            _ => Ok(Self {
                path: path.to_owned(),
                _lock: Some(file),
            }),
        }
    }

    /// The vault's bytes.
    pub(super) fn read(&self) -> Result<Vec<u8>, VaultError> {
        read(&self.path)
    }

    /// Replaces the vault whole: after a crash the old one is there, or the new one.
    pub(super) fn replace(&self, image: &Image) -> Result<(), VaultError> {
        let (vault, new) = (self.path.join(VAULT), self.path.join(NEW));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        let mut file = private(&mut options)
            .open(&new)
            .map_err(VaultError::io("make", &new))?;
        file.write_all(image.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(VaultError::io("write", &new))?;
        drop(file);
        let old = OpenOptions::new().write(true).open(&vault).ok();
        fs::rename(&new, &vault).map_err(VaultError::io("replace", &vault))?;
        sync_folder(&self.path)?;
        // The old slots may open with an old PIN. On a disk this is their end, on flash a try, so failing is no failure.
        if let Some(mut old) = old {
            let _ = zero(&mut old);
        }
        Ok(())
    }

    /// Ensures that both profiles' folders exist: copies and backups like to lose empty ones, and one folder alone
    /// would tell which profile it is.
    pub(super) fn ensure_profiles(&self, names: [[u8; NAME_BYTES]; 2]) -> Result<(), VaultError> {
        let mut made = false;
        for profile in names.map(|name| self.path.join(name_text(name))) {
            if !profile.is_dir() {
                make_folder(&profile)?;
                made = true;
            }
        }
        if made {
            sync_folder(&self.path)?;
        }
        Ok(())
    }

    /// Gives both profiles the same times.
    pub(super) fn level(&self, names: [[u8; NAME_BYTES]; 2]) {
        level(&self.path, names);
    }

    /// Empties a profile's folder. Folder and database stay where they are, the database without a byte: made again, they
    /// would be younger than the other profile's, and tell that there is a second PIN.
    pub(super) fn empty_profile(&self, name: [u8; NAME_BYTES]) -> Result<(), VaultError> {
        let profile = self.path.join(name_text(name));
        make_folder(&profile)?;
        for entry in fs::read_dir(&profile).map_err(VaultError::io("list", &profile))? {
            let path = entry.map_err(VaultError::io("list", &profile))?.path();
            let emptied = if path.file_name().is_some_and(|name| name == DATABASE_FILE) {
                OpenOptions::new()
                    .write(true)
                    .open(&path)
                    .and_then(|file| file.set_len(0).and_then(|()| file.sync_all()))
            } else if path.is_dir() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
            emptied.map_err(VaultError::io("empty", &path))?;
        }
        sync_folder(&profile)
    }
}

/// Whether a folder takes no writes.
pub(super) fn is_read_only(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied
    )
}

/// The vault's bytes; never more than tell that they are too many.
pub(super) fn read(folder: &Path) -> Result<Vec<u8>, VaultError> {
    let path = folder.join(VAULT);
    let file = match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(VaultError::Missing),
        other => other.map_err(VaultError::io("open", &path))?,
    };
    let mut bytes = Vec::with_capacity(IMAGE_BYTES + 1);
    file.take(IMAGE_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(VaultError::io("read", &path))?;
    Ok(bytes)
}

/// Overwrites what the vault holds where it is, and durably, whatever its state. No vault is no error. In place, because
/// a replaced file's blocks stay; torn by a crash it is damaged, and opens as little.
pub(super) fn overwrite(folder: &Path, device: Option<&[u8; 32]>) -> Result<(), VaultError> {
    scrub(&folder.join(NEW));
    let path = folder.join(VAULT);
    let bytes = match read(folder) {
        Err(VaultError::Missing) => return Ok(()),
        // What cannot be read can perhaps be written.
        other => other.unwrap_or_default(),
    };
    let ends = match Image::decode(&bytes) {
        Ok(mut image) => {
            image.destroy(device);
            image.as_bytes().to_vec()
        }
        Err(_) => filler(device, &bytes).to_vec(),
    };
    loosen(&path);
    let overwritten = OpenOptions::new()
        .write(true)
        .open(&path)
        .and_then(|mut file| file.write_all(&ends).and_then(|()| file.sync_all()));
    // Where it cannot be written it can perhaps be removed: on most disks that is its end.
    overwritten
        .map_err(VaultError::io("overwrite", &path))
        .or_else(|error| remove_file(&path).map_err(|_| error))
}

/// Removes every folder named like a profile's, as far as it can, and what else may hold an old slot: what could not be
/// removed. Of such a folder at least the files are emptied where that can be done.
pub(super) fn remove_profiles(folder: &Path) -> Vec<VaultError> {
    let mut left: Vec<VaultError> = remove_file(&folder.join(NEW)).err().into_iter().collect();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return left,
        Err(error) => {
            left.push(VaultError::io("list", folder)(error));
            return left;
        }
        Ok(entries) => entries,
    };
    loosen(folder);
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(is_name) {
            let path = entry.path();
            loosen(&path);
            if let Err(error) = fs::remove_dir_all(&path) {
                fs::read_dir(&path)
                    .into_iter()
                    .flatten()
                    .flatten()
                    .for_each(|file| empty(&file.path()));
                left.push(VaultError::io("remove", &path)(error));
            }
        }
    }
    left.extend(sync_folder(folder).err());
    left
}

/// Takes from a file what it holds, if it can.
fn empty(path: &Path) {
    loosen(path);
    if let Ok(file) = OpenOptions::new().write(true).open(path) {
        let _ = file.set_len(0).and_then(|()| file.sync_all());
    }
}

/// Makes what this user owns writable for this user, if it can: what is marked as read-only is to be destroyed anyway.
pub(super) fn loosen(path: &Path) {
    #[cfg(unix)]
    if let Ok(metadata) = fs::symlink_metadata(path)
        && !metadata.is_symlink()
    {
        use std::os::unix::fs::PermissionsExt;
        let mut permissions = metadata.permissions();
        permissions.set_mode(permissions.mode() | if metadata.is_dir() { 0o700 } else { 0o600 });
        let _ = fs::set_permissions(path, permissions);
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// Gives both profiles' folders, and all files in them, the times of the vault's file.
pub(super) fn level(folder: &Path, names: [[u8; NAME_BYTES]; 2]) {
    let Ok(written) = fs::metadata(folder.join(VAULT)).and_then(|metadata| metadata.modified())
    else {
        return;
    };
    let times = FileTimes::new().set_accessed(written).set_modified(written);
    for profile in names.map(|name| folder.join(name_text(name))) {
        let files = fs::read_dir(&profile)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path());
        // The folder last: reading it is an access, too.
        for path in files.collect::<Vec<_>>().into_iter().chain([profile]) {
            let _ = File::open(&path).and_then(|file| file.set_times(times));
        }
    }
}

/// The lock if it is free, or nothing: for a wipe, which waits for nobody.
pub(super) fn try_lock(folder: &Path) -> Option<File> {
    let file = if has_vault(folder).ok()? {
        open_lock(folder).ok()?
    } else {
        return None;
    };
    match file.try_lock() {
        Ok(()) => Some(file),
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => None,
    }
}

/// Overwrites a file with zeros if it can; whether it did, and durably.
pub(super) fn scrub(path: &Path) -> bool {
    loosen(path);
    OpenOptions::new()
        .write(true)
        .open(path)
        .is_ok_and(|mut file| zero(&mut file).is_ok())
}

/// Removes a file durably. None is no error.
pub(super) fn remove_file(path: &Path) -> Result<(), VaultError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other
            .map_err(VaultError::io("remove", path))
            .and_then(|()| sync_parent(path)),
    }
}

/// Makes what is created readable by this user only, where the system knows such a thing.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Makes a file's name durable.
pub(super) fn sync_parent(path: &Path) -> Result<(), VaultError> {
    match path.parent() {
        Some(parent) if parent != Path::new("") => sync_folder(parent),
        _ => sync_folder(Path::new(".")),
    }
}

fn sync_folder(path: &Path) -> Result<(), VaultError> {
    // Elsewhere a folder cannot be opened as a file, and a rename is as durable as the system makes it.
    if cfg!(unix) {
        File::open(path)
            .and_then(|folder| folder.sync_all())
            .map_err(VaultError::io("sync", path))
    } else {
        Ok(())
    }
}

fn has_vault(path: &Path) -> Result<bool, VaultError> {
    fs::exists(path.join(VAULT)).map_err(VaultError::io("find the vault in", path))
}

fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    private(&mut options).open(path.join(LOCK))
}

fn make_folder(path: &Path) -> Result<(), VaultError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(VaultError::io("make", path))
}

fn zero(file: &mut File) -> io::Result<()> {
    let length = usize::try_from(file.metadata()?.len())
        .unwrap_or(usize::MAX)
        .min(IMAGE_BYTES);
    file.write_all(&[0; IMAGE_BYTES][..length])?;
    file.sync_all()
}
