//! One attempt to open a vault: counted first, checked after.

use std::path::Path;

use zeroize::Zeroizing;

use super::folder::{self, Folder};
use super::image::Image;
use super::sealed::{self, Contents};
use super::state::{MARK_BYTES, State};
use super::{DeviceSecret, Opened, Pin, Profile, VaultError};

/// An attempt that is counted and not yet checked. Dropping it, or dying here, leaves it counted. While it lives the vault
/// is held, and others wait.
pub struct Attempt<'a> {
    held: Held<'a>,
    pin: Option<&'a Pin>,
}

/// A right PIN, durably noted as such.
pub(super) struct Unlocked<'a> {
    pub(super) held: Held<'a>,
    pub(super) at: usize,
    pub(super) contents: Contents,
}

/// A vault in one pair of hands, every byte of it as the last holder left it.
pub(super) struct Held<'a> {
    pub(super) place: Folder,
    pub(super) image: Image,
    path: &'a Path,
    keystore: &'a dyn DeviceSecret,
    device: Zeroizing<[u8; 32]>,
    state: State,
}

impl<'a> Attempt<'a> {
    /// Counts an attempt; durable when this returns. Without a PIN nothing is counted.
    ///
    /// # Errors
    /// As [`super::unlock`], except for the PIN itself, which is not looked at yet.
    pub fn begin(
        folder: &'a Path,
        secret: &'a dyn DeviceSecret,
        pin: Option<&'a Pin>,
    ) -> Result<Self, VaultError> {
        let mut held = Held::take(folder, secret)?;
        match (held.image.has_pin(), pin) {
            (true, None) => return Err(VaultError::PinNeeded),
            (false, Some(_)) => return Err(VaultError::NoPin),
            (false, None) => return Ok(Self { held, pin }),
            (true, Some(_)) => {}
        }
        // The program died between counting and destroying.
        if held.state.is_over() {
            return Err(held.destroy());
        }
        held.erase_main_if_over();
        held.state.count();
        held.save().map_err(|error| match error {
            // An attempt that cannot be counted is refused: otherwise wrong attempts would be free.
            VaultError::Io { source, .. } if folder::is_read_only(&source) => VaultError::Uncounted,
            other => other,
        })?;
        Ok(Self { held, pin })
    }

    /// Checks the PIN.
    ///
    /// # Errors
    /// As [`super::unlock`].
    pub fn finish(self) -> Result<Opened, VaultError> {
        let unlocked = self.check()?;
        Ok(Opened::new(&unlocked.contents))
    }

    pub(super) fn check(self) -> Result<Unlocked<'a>, VaultError> {
        let Self { mut held, pin } = self;
        let kek = held.kek(pin)?;
        // Both, always: how long this takes must not tell which.
        let (first, second) = (held.image.open(0, &kek), held.image.open(1, &kek));
        let (at, contents) = match (first, second) {
            // Both PINs are the same, see `change_pin`.
            (Some(first), Some(second)) => {
                if first.profile == Profile::Second {
                    (0, first)
                } else {
                    (1, second)
                }
            }
            (Some(first), None) => (0, first),
            (None, Some(second)) => (1, second),
            (None, None) => return Err(held.wrong(pin, sealed::mark(&kek))),
        };
        if pin.is_some() {
            held.state.opened(contents.profile);
            held.save()?;
        }
        held.place.ensure_profiles(held.image.names())?;
        held.place.level(held.image.names());
        Ok(Unlocked { held, at, contents })
    }
}

impl<'a> Held<'a> {
    fn take(path: &'a Path, keystore: &'a dyn DeviceSecret) -> Result<Self, VaultError> {
        let place = Folder::hold(path)?;
        let image = Image::decode(&place.read()?)?;
        let device = match keystore.get() {
            Err(VaultError::SecretGone) if image.is_destroyed() => {
                return Err(VaultError::Destroyed);
            }
            other => other?,
        };
        // Before anything is trusted that the file says: the flags, the cost, the counts.
        let state = image
            .open_state(&device)
            .ok_or(VaultError::Damaged("vault"))?;
        let held = Self {
            place,
            image,
            path,
            keystore,
            device,
            state,
        };
        // The program died between overwriting the slots and destroying the secret.
        if held.image.is_destroyed() {
            Err(held.destroy())
        } else {
            Ok(held)
        }
    }

    pub(super) fn kek(&self, pin: Option<&Pin>) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        sealed::kek(pin, &self.image.salt(), self.image.cost(), &self.device)
    }

    pub(super) fn save(&mut self) -> Result<(), VaultError> {
        self.image.seal_state(&self.device, self.state);
        self.place.replace(&self.image)
    }

    fn wrong(mut self, pin: Option<&Pin>, mark: [u8; MARK_BYTES]) -> VaultError {
        if pin.is_none() {
            // The file is whole and no PIN was asked for: it was never written so by this program.
            return VaultError::Damaged("vault");
        }
        self.state.was_wrong(mark);
        if self.state.is_over() {
            return self.destroy();
        }
        let left = self.state.left();
        self.erase_main_if_over();
        match self.save() {
            Ok(()) => VaultError::WrongPin { left },
            Err(error) => error,
        }
    }

    /// The guesses at the real PIN are used up, with openings of the second profile in between: the real key goes, and
    /// nothing is reported.
    fn erase_main_if_over(&mut self) {
        if self.state.is_main_over() {
            self.image.erase(self.state.main, &self.device);
            self.state.main_erased();
        }
    }

    /// Ends the vault. Either half is the end of the key, so only if both fail is it something else than destroyed.
    fn destroy(self) -> VaultError {
        let overwritten = folder::overwrite(self.path, Some(&self.device));
        let destroyed = self.keystore.destroy();
        match (overwritten, destroyed) {
            (Err(error), Err(_)) => error,
            _ => VaultError::Destroyed,
        }
    }
}
