//! The vault's files on disk: one reader and writer at a time, replaced whole, durable when a function returns.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

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
    /// Holds a folder that has a vault, once nobody else does.
    pub(super) fn hold(path: &Path) -> Result<Self, VaultError> {
        // Before the lock, whose file must not appear where there is no vault.
        if has_vault(path)? { Self::lock(path) } else { Err(VaultError::Missing) }
    }

    /// Holds a folder that has no vault yet; makes it if need be.
    pub(super) fn make(path: &Path) -> Result<Self, VaultError> {
        make_folder(path)?;
        let held = Self::lock(path)?;
        if has_vault(path)? { Err(VaultError::AlreadyThere) } else { Ok(held) }
    }

    fn lock(path: &Path) -> Result<Self, VaultError> {
        let at = path.join(LOCK);
        let file = match open_lock(path) {
            // Nothing is written here: there is nothing to wait for.
            Err(error) if is_read_only(&error) => return Ok(Self { path: path.to_owned(), _lock: None }),
            other => other.map_err(VaultError::io("open", &at))?,
        };
        match file.lock() {
            // Some file systems lock nothing; a device on one of them must open all the same.
            Err(error) if error.kind() != ErrorKind::Unsupported => Err(VaultError::io("lock", &at)(error)),
            _ => Ok(Self { path: path.to_owned(), _lock: Some(file) }),
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
        let mut file = private(&mut options).open(&new).map_err(VaultError::io("make", &new))?;
        file.write_all(image.as_bytes()).and_then(|()| file.sync_all()).map_err(VaultError::io("write", &new))?;
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

    /// Sees to it that both profiles' folders exist: copies and backups like to lose empty ones, and one folder alone
    /// would tell which profile it is.
    pub(super) fn ensure_profiles(&self, names: [[u8; NAME_BYTES]; 2]) -> Result<(), VaultError> {
        let mut made = false;
        for profile in names.map(|name| self.path.join(name_text(name))) {
            if !profile.is_dir() {
                make_folder(&profile)?;
                made = true;
            }
        }
        if made { sync_folder(&self.path) } else { Ok(()) }
    }

    /// Empties a profile's folder.
    pub(super) fn empty_profile(&self, name: [u8; NAME_BYTES]) -> Result<(), VaultError> {
        let profile = self.path.join(name_text(name));
        match fs::remove_dir_all(&profile) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(VaultError::io("empty", &profile)(error)),
            _ => make_folder(&profile)?,
        }
        sync_folder(&self.path)
    }
}

/// Whether a folder takes no writes.
pub(super) fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied)
}

/// The vault's bytes; never more than tell that they are too many.
pub(super) fn read(folder: &Path) -> Result<Vec<u8>, VaultError> {
    let path = folder.join(VAULT);
    let file = match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(VaultError::Missing),
        other => other.map_err(VaultError::io("open", &path))?,
    };
    let mut bytes = Vec::with_capacity(IMAGE_BYTES + 1);
    file.take(IMAGE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(VaultError::io("read", &path))?;
    Ok(bytes)
}

/// Overwrites what the vault holds where it lies, and durably, whatever its state. No vault is no error. In place, because
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
    let mut file = OpenOptions::new().write(true).open(&path).map_err(VaultError::io("open", &path))?;
    file.write_all(&ends).and_then(|()| file.sync_all()).map_err(VaultError::io("overwrite", &path))
}

/// Removes every folder named like a profile's, as far as it can, and what else may hold an old slot.
pub(super) fn remove_profiles(folder: &Path) -> Result<(), VaultError> {
    let mut first = remove_file(&folder.join(NEW));
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        other => other.map_err(VaultError::io("list", folder))?,
    };
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(is_name) {
            let path = entry.path();
            first = first.and(fs::remove_dir_all(&path).map_err(VaultError::io("remove", &path)));
        }
    }
    first.and(sync_folder(folder))
}

/// The lock if it is free, or nothing: for a wipe, which waits for nobody.
pub(super) fn try_lock(folder: &Path) -> Option<File> {
    let file = if has_vault(folder).ok()? { open_lock(folder).ok()? } else { return None };
    match file.try_lock() {
        Ok(()) => Some(file),
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => None,
    }
}

/// Overwrites a file with zeros, as far as it can.
pub(super) fn scrub(path: &Path) {
    if let Ok(mut file) = OpenOptions::new().write(true).open(path) {
        let _ = zero(&mut file);
    }
}

/// Removes a file durably. None is no error.
pub(super) fn remove_file(path: &Path) -> Result<(), VaultError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other.map_err(VaultError::io("remove", path)).and_then(|()| sync_parent(path)),
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
    if cfg!(unix) { File::open(path).and_then(|folder| folder.sync_all()).map_err(VaultError::io("sync", path)) } else { Ok(()) }
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
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX).min(IMAGE_BYTES);
    file.write_all(&[0; IMAGE_BYTES][..length])?;
    file.sync_all()
}
