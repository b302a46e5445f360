//! The device's secret: what a copied folder lacks.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{VaultError, folder};

/// 32 bytes that do not leave the device: a platform's keystore implements it.
pub trait DeviceSecret {
    /// The secret.
    ///
    /// # Errors
    /// [`VaultError::SecretGone`] if there is none, [`VaultError::Keystore`] if it cannot be had now.
    fn get(&self) -> Result<Zeroizing<[u8; 32]>, VaultError>;

    /// Destroys the secret permanently: [`DeviceSecret::get`] never gives it again. One that is gone already is no error.
    ///
    /// # Errors
    /// It may still be there.
    fn destroy(&self) -> Result<(), VaultError>;
}

/// A secret in a file, for machines without a keystore.
///
/// What it is worth: it protects a *folder* that is copied, backed up or synced without the file, and no more. A person who has
/// the disk, or runs as the same user, has the file, and then only the PIN and its cost stand between them and the data;
/// the attempts are not counted for a person who brings another program. Destroying overwrites the file, and flash or a
/// copying file system may keep the old block. Full-disk encryption, or the file on a stick, is worth more.
#[derive(Debug, Clone)]
pub struct FileSecret {
    path: PathBuf,
}

impl FileSecret {
    /// A secret at a path of the caller's choice, which should lie outside the device's folder. Nothing is written.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// A secret beside the device's folder: `…/phone.secret` for `…/phone`. Nothing is written.
    ///
    /// # Errors
    /// The folder is the root of a file system, so that nothing is beside it.
    pub fn beside(folder: &Path) -> Result<Self, VaultError> {
        let no_place =
            || VaultError::io("find a place beside", folder)(ErrorKind::InvalidInput.into());
        let whole = std::path::absolute(folder).map_err(VaultError::io("find", folder))?;
        let mut name = whole.file_name().ok_or_else(no_place)?.to_owned();
        name.push(".secret");
        Ok(Self {
            path: whole.with_file_name(name),
        })
    }

    /// Writes the secret, which must be random, readable by this user only. Durable when this returns.
    ///
    /// # Errors
    /// There is a file already ([`VaultError::AlreadyThere`]), or it cannot be written.
    pub fn make(&self, random: &[u8; 32]) -> Result<(), VaultError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let mut file = match folder::private(&mut options).open(&self.path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Err(VaultError::AlreadyThere);
            }
            other => other.map_err(VaultError::io("make", &self.path))?,
        };
        file.write_all(random)
            .and_then(|()| file.sync_all())
            .map_err(VaultError::io("write", &self.path))?;
        folder::sync_parent(&self.path)
    }
}

impl DeviceSecret for FileSecret {
    fn get(&self) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(VaultError::SecretGone);
            }
            other => other.map_err(VaultError::io("open", &self.path))?,
        };
        let mut bytes = Zeroizing::new([0; 33]);
        let mut filled = 0;
        while filled < bytes.len() {
            match file
                .read(&mut bytes[filled..])
                .map_err(VaultError::io("read", &self.path))?
            {
                0 => break,
                read => filled += read,
            }
        }
        let mut secret = Zeroizing::new([0; 32]);
        // A secret of zeros was being destroyed when the device was cut off.
        if filled != secret.len() || bytes[..32] == [0; 32] {
            return Err(VaultError::Damaged("device's secret"));
        }
        secret.copy_from_slice(&bytes[..32]);
        Ok(secret)
    }

    fn destroy(&self) -> Result<(), VaultError> {
        // Either is enough: overwriting may fail on a full disk, removing in a folder that is read-only.
        let overwritten = folder::scrub(&self.path);
        folder::remove_file(&self.path)
            .or_else(|error| if overwritten { Ok(()) } else { Err(error) })
    }
}
