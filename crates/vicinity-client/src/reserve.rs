//! One MiB that is kept back on the disk, so that on a full one what is here can still be read and brought to the hub. What is
//! new does not get it.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use vicinity_device::DeviceError;

use crate::error::{ClientError, LockError, OpenError};
use crate::vault::VaultError;

/// Its size.
pub const RESERVE_BYTES: u64 = 1024 * 1024;

const FILE: &str = "reserve";
const STEP_BYTES: usize = 64 * 1024;

/// Fills the reserve in a device's folder as far as there is room. It is random: on a disk that compresses, zeros would keep
/// nothing back. What fails is left for the next time.
pub fn refill(home: &Path, random: &mut dyn FnMut(&mut [u8])) {
    let path = home.join(FILE);
    let mut held = fs::metadata(&path).map_or(0, |file| file.len());
    if held >= RESERVE_BYTES {
        return;
    }
    let Ok(mut file) = OpenOptions::new().create(true).append(true).open(&path) else {
        return;
    };
    let mut bytes = vec![0; STEP_BYTES];
    while held < RESERVE_BYTES {
        random(&mut bytes);
        if file.write_all(&bytes).is_err() {
            break;
        }
        held += STEP_BYTES as u64;
    }
    // Some file systems find the room only now; what they could not place is not in the file.
    file.sync_all().ok();
}

/// Gives the reserve back to the disk. `false` if there was none.
#[must_use]
pub fn free(home: &Path) -> bool {
    fs::remove_file(home.join(FILE)).is_ok()
}

/// Does something that may fail for want of room: once more without the reserve, if it did.
///
/// # Errors
/// The error of `act`.
pub fn with<T, E>(
    home: &Path,
    may_be_full: impl Fn(&E) -> bool,
    mut act: impl FnMut() -> Result<T, E>,
) -> Result<T, E> {
    match act() {
        Err(error) if may_be_full(&error) && free(home) => act(),
        other => other,
    }
}

/// Whether room on the disk may help a command that failed.
#[must_use]
pub fn may_be_full(error: &ClientError) -> bool {
    match error {
        ClientError::Device(device) => device_may_be_full(device),
        ClientError::Lock(LockError::Io(error)) | ClientError::Input(error) => is_full(error),
        _ => false,
    }
}

/// Whether room on the disk may help a device that did not open.
#[must_use]
pub fn open_may_be_full(error: &OpenError) -> bool {
    match error {
        OpenError::Device(device) => device_may_be_full(device),
        OpenError::Vault(vault) => vault_may_be_full(vault),
        OpenError::Lock(LockError::Io(error)) => is_full(error),
        _ => false,
    }
}

/// The same of a vault.
#[must_use]
pub fn vault_may_be_full(error: &VaultError) -> bool {
    matches!(error, VaultError::Io { source, .. } if is_full(source))
}

fn device_may_be_full(error: &DeviceError) -> bool {
    matches!(error, DeviceError::Store(store) if store.may_be_full())
}

fn is_full(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(home: &Path) -> Option<u64> {
        fs::metadata(home.join(FILE)).ok().map(|file| file.len())
    }

    #[test]
    fn the_reserve_is_filled_once_and_again_after_it_was_freed() {
        let home = tempfile::tempdir().unwrap();
        let mut drawn = 0;
        let mut random = |bytes: &mut [u8]| {
            drawn += bytes.len() as u64;
            bytes.fill(7);
        };
        assert!(!free(home.path()));
        refill(home.path(), &mut random);
        refill(home.path(), &mut random);
        assert_eq!(held(home.path()), Some(RESERVE_BYTES));
        assert!(free(home.path()));
        refill(home.path(), &mut random);
        assert_eq!(
            (held(home.path()), drawn),
            (Some(RESERVE_BYTES), 2 * RESERVE_BYTES)
        );
        refill(&home.path().join("nowhere"), &mut |_| {});
    }

    #[test]
    fn what_fails_for_want_of_room_is_done_once_more_without_the_reserve() {
        let home = tempfile::tempdir().unwrap();
        let full = || ClientError::Input(ErrorKind::StorageFull.into());
        refill(home.path(), &mut |_| {});
        let mut tries = 0;
        let done = with(home.path(), may_be_full, || {
            tries += 1;
            if held(home.path()).is_some() {
                Err(full())
            } else {
                Ok(tries)
            }
        });
        assert_eq!(done.ok(), Some(2));
        let mut tries = 0;
        let failed: Result<(), ClientError> = with(home.path(), may_be_full, || {
            tries += 1;
            Err(full())
        });
        assert!(failed.is_err() && tries == 1, "there is none to free");
        refill(home.path(), &mut |_| {});
        assert!(
            with::<(), ClientError>(home.path(), may_be_full, || Err(ClientError::Device(
                DeviceError::NotEnrolled
            )))
            .is_err()
        );
        assert_eq!(held(home.path()), Some(RESERVE_BYTES), "room does not help");
    }
}
