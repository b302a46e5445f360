//! A device that stays open for a while: between `unlock` and `lock`, or until nobody used it for five minutes.
//!
//! The profile's key is in a file in memory, never on a disk, readable by this user only, and sealed under the device's
//! secret: a wipe ends every session even if the file could not be removed, and the file alone opens nothing.
//!
//! ```text
//! idle end | end        seconds since the machine started: no clock that can be set
//! key, profile, folder  sealed; AAD = both times and the vault's header
//! ```
//!
//! What it is worth: **a device that is seized while it is unlocked is open.** Who runs as the same user, or reads the
//! machine's memory, has the key for as long. Memory may be swapped to a disk by the system.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use vicinity_core::hex;
use zeroize::Zeroizing;

use super::image::{Image, name_of, name_text};
use super::sealed::{self, Contents, SLOT_BYTES};
use super::{DeviceSecret, Opened, Random, VaultError, folder};

/// Without a command for so long, a session ends.
pub const SESSION_IDLE: Duration = Duration::from_secs(5 * 60);
/// After so long a session ends, used or not.
pub const SESSION_MAX: Duration = Duration::from_secs(60 * 60);

/// How often the process that watches a session looks whether it was ended by hand.
const LOOK: Duration = Duration::from_secs(2);
const INFO: &[u8] = b"vicinity-session-v1";
const TIMES_BYTES: usize = 16;
const FILE_BYTES: usize = TIMES_BYTES + SLOT_BYTES;
/// File systems that are nowhere but in memory.
const IN_MEMORY: [&str; 2] = ["tmpfs", "ramfs"];

/// A folder in memory that is this user's alone.
#[derive(Debug, Clone)]
pub struct RamFolder(PathBuf);

impl RamFolder {
    /// The first of these folders that is in memory, by the system's list of mounts (as `/proc/self/mounts`), and a folder
    /// of this user's in it, which is made.
    ///
    /// # Errors
    /// [`VaultError::NoMemoryFolder`] if none does, or if another user's folder is in the way.
    pub fn find(places: &[PathBuf], mounts: &str, user: u32) -> Result<Self, VaultError> {
        let in_memory = |place: &&PathBuf| {
            place
                .canonicalize()
                .is_ok_and(|place| is_in_memory(&place, mounts))
        };
        let place = places
            .iter()
            .find(in_memory)
            .ok_or(VaultError::NoMemoryFolder)?;
        let own = place.join(format!("vicinity-{user}"));
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(&own) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(VaultError::io("make", &own)(error));
            }
            _ => {}
        }
        if is_private(&own, user)? {
            Ok(Self(own))
        } else {
            Err(VaultError::NoMemoryFolder)
        }
    }
}

/// Whether the mount that a path lies on keeps it in memory: the last mount listed on the longest path.
fn is_in_memory(path: &Path, mounts: &str) -> bool {
    let mut found = (0, false);
    for line in mounts.lines() {
        let mut words = line.split(' ').skip(1);
        let (Some(point), Some(kind)) = (words.next(), words.next()) else {
            continue;
        };
        let point = point.replace("\\040", " ");
        if path.starts_with(&point) && point.len() >= found.0 {
            found = (point.len(), IN_MEMORY.contains(&kind));
        }
    }
    found.1
}

/// A folder that is not a link, is this user's, and that no other user may look into.
fn is_private(path: &Path, user: u32) -> Result<bool, VaultError> {
    let metadata = fs::symlink_metadata(path).map_err(VaultError::io("look at", path))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Ok(metadata.is_dir() && metadata.uid() == user && metadata.mode() & 0o077 == 0)
    }
    #[cfg(not(unix))]
    {
        let _ = (metadata, user);
        Ok(false)
    }
}

/// The place of a device's session.
pub struct Session<'a> {
    home: &'a Path,
    secret: &'a dyn DeviceSecret,
    file: PathBuf,
}

struct Times {
    idle_end: u64,
    end: u64,
}

impl Times {
    fn from(since_boot: Duration, end: u64) -> Self {
        Self {
            idle_end: (since_boot + SESSION_IDLE).as_secs().min(end),
            end,
        }
    }

    fn encode(&self) -> [u8; TIMES_BYTES] {
        let mut bytes = [0; TIMES_BYTES];
        bytes[..8].copy_from_slice(&self.idle_end.to_be_bytes());
        bytes[8..].copy_from_slice(&self.end.to_be_bytes());
        bytes
    }

    fn decode(bytes: &[u8; TIMES_BYTES]) -> Self {
        let number = |at: usize| {
            bytes[at..at + 8]
                .iter()
                .fold(0, |number, byte| number << 8 | u64::from(*byte))
        };
        Self {
            idle_end: number(0),
            end: number(8),
        }
    }

    fn is_over(&self, since_boot: Duration) -> bool {
        since_boot.as_secs() >= self.idle_end.min(self.end)
    }
}

impl<'a> Session<'a> {
    /// The place of the session of the device in a folder. Nothing is written.
    ///
    /// # Errors
    /// The folder cannot be found.
    pub fn of(
        home: &'a Path,
        secret: &'a dyn DeviceSecret,
        memory: &RamFolder,
    ) -> Result<Self, VaultError> {
        let whole = home.canonicalize().map_err(VaultError::io("find", home))?;
        let name = Sha256::digest(whole.as_os_str().as_encoded_bytes());
        Ok(Self {
            home,
            secret,
            file: memory.0.join(hex::write(&name[..16])),
        })
    }

    /// Keeps the device open; a session that was there ends.
    ///
    /// # Errors
    /// The secret or the folder.
    pub fn begin(
        &self,
        opened: &Opened,
        since_boot: Duration,
        random: Random<'_>,
    ) -> Result<(), VaultError> {
        self.end()?;
        let bytes = self.seal(
            opened,
            &Times::from(since_boot, (since_boot + SESSION_MAX).as_secs()),
            random,
        )?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let mut file = folder::private(&mut options)
            .open(&self.file)
            .map_err(VaultError::io("make", &self.file))?;
        file.write_all(&bytes)
            .map_err(VaultError::io("write", &self.file))
    }

    /// What is open, if the session is not over; five minutes begin again. One that is over, or is of another vault, is ended.
    ///
    /// # Errors
    /// The vault was destroyed, the secret is gone, or a file failed.
    pub fn resume(
        &self,
        since_boot: Duration,
        random: Random<'_>,
    ) -> Result<Option<Opened>, VaultError> {
        let mut file = match OpenOptions::new().read(true).write(true).open(&self.file) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.map_err(VaultError::io("open", &self.file))?,
        };
        let mut bytes = [0; FILE_BYTES];
        let Some(opened) = file
            .read_exact(&mut bytes)
            .ok()
            .and_then(|()| self.open(&bytes, since_boot).transpose())
            .transpose()?
        else {
            self.end()?;
            return Ok(None);
        };
        let (times, _) = bytes
            .split_first_chunk::<TIMES_BYTES>()
            .unwrap_or((&[0; TIMES_BYTES], &[]));
        let renewed = self.seal(
            &opened,
            &Times::from(since_boot, Times::decode(times).end),
            random,
        )?;
        // Where it is: a program that ended the session meanwhile removed this file, and it does not come back.
        write_at_start(&mut file, &renewed).map_err(VaultError::io("write", &self.file))?;
        Ok(Some(opened))
    }

    /// Ends the session: the file is overwritten and removed. `false` if there was none.
    ///
    /// # Errors
    /// It may still be there.
    pub fn end(&self) -> Result<bool, VaultError> {
        match OpenOptions::new().write(true).open(&self.file) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            other => {
                let mut file = other.map_err(VaultError::io("open", &self.file))?;
                file.write_all(&[0; FILE_BYTES])
                    .map_err(VaultError::io("overwrite", &self.file))?;
            }
        }
        fs::remove_file(&self.file)
            .map(|()| true)
            .map_err(VaultError::io("remove", &self.file))
    }

    /// Waits until the session is over and ends it, so that its end does not hang on a next command. Returns also when
    /// another program has ended it. Needs no key, and reads none.
    ///
    /// # Errors
    /// The file cannot be read or removed.
    pub fn watch(
        &self,
        since_boot: &mut dyn FnMut() -> Duration,
        wait: &mut dyn FnMut(Duration),
    ) -> Result<(), VaultError> {
        loop {
            let mut times = [0; TIMES_BYTES];
            match File::open(&self.file) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
                other => other
                    .and_then(|mut file| file.read_exact(&mut times))
                    .map_err(VaultError::io("read", &self.file))?,
            }
            if Times::decode(&times).is_over(since_boot()) {
                return self.end().map(drop);
            }
            wait(LOOK);
        }
    }

    fn header(&self, times: &Times) -> Result<Vec<u8>, VaultError> {
        let image = Image::decode(&folder::read(self.home)?)?;
        if image.is_destroyed() {
            return Err(VaultError::Destroyed);
        }
        Ok([INFO, &times.encode(), image.header()].concat())
    }

    fn seal(
        &self,
        opened: &Opened,
        times: &Times,
        random: Random<'_>,
    ) -> Result<[u8; FILE_BYTES], VaultError> {
        let folder = name_of(&opened.folder).ok_or(VaultError::Damaged("session"))?;
        let contents = Contents {
            key: opened.key.clone(),
            profile: opened.profile,
            folder,
        };
        let mut nonce = [0; 24];
        random(&mut nonce);
        let mut bytes = [0; FILE_BYTES];
        let (head, slot) = bytes.split_at_mut(TIMES_BYTES);
        head.copy_from_slice(&times.encode());
        slot.copy_from_slice(&sealed::seal_slot(
            &*self.key()?,
            &self.header(times)?,
            &contents,
            nonce,
        ));
        Ok(bytes)
    }

    fn open(
        &self,
        bytes: &[u8; FILE_BYTES],
        since_boot: Duration,
    ) -> Result<Option<Opened>, VaultError> {
        let Some((times, rest)) = bytes.split_first_chunk::<TIMES_BYTES>() else {
            return Ok(None);
        };
        let Some((slot, _)) = rest.split_first_chunk::<SLOT_BYTES>() else {
            return Ok(None);
        };
        let times = Times::decode(times);
        if times.is_over(since_boot) {
            return Ok(None);
        }
        let contents = sealed::open_slot(&*self.key()?, &self.header(&times)?, slot);
        Ok(contents.map(|contents| Opened {
            key: contents.key,
            profile: contents.profile,
            folder: name_text(contents.folder),
        }))
    }

    fn key(&self) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        Ok(sealed::derive(&*self.secret.get()?, &[INFO]))
    }
}

fn write_at_start(file: &mut File, bytes: &[u8]) -> std::io::Result<()> {
    std::io::Seek::rewind(file)?;
    file.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_in_memory_if_the_nearest_mount_is() {
        let mounts = "/dev/sda1 / ext4 rw 0 0\ntmpfs /run tmpfs rw 0 0\n/dev/sdb /run/media ext4 rw 0 0\ntmpfs /a\\040b tmpfs rw 0 0\nx /over tmpfs rw 0 0\ny /over ext4 rw 0 0\n";
        for (path, expected) in [
            ("/run/user/1000", true),
            ("/run/media/stick", false),
            ("/home", false),
            ("/a b/c", true),
            ("/runner", false),
            ("/over/x", false),
        ] {
            assert_eq!(is_in_memory(Path::new(path), mounts), expected, "{path}");
        }
        assert!(!is_in_memory(Path::new("/run"), ""));
    }
}
