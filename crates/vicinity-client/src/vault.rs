//! The vault: the database's raw key, wrapped, in the device's folder.
//!
//! Promised, and tested: the folder without the device's secret opens nothing; ten wrong PINs destroy the key, of which the same
//! one twice in a row counts once; a wipe
//! needs no PIN and no time; a duress PIN opens a second profile, and the file does not tell whether there is one.
//!
//! ```text
//! KEK  = HKDF-SHA256(Argon2id(PIN or nothing, salt) || device secret, "vicinity-vault-v1")
//! slot = XChaCha20-Poly1305(KEK, key | profile | folder; AAD = header)      twice, the second one perhaps random filler
//! file = header | flags | slot | slot | state (attempts, and a mark of the last wrong PIN; sealed under the device's secret, over all of the file)
//! ```
//!
//! Not promised:
//! - A thief who puts back an older copy of the folder puts back the attempts too. Against that a keystore must count.
//! - Flash keeps old blocks. What counts when a key is destroyed is the device's secret, so a keystore should hold it.
//! - Two copies of the folder from different days tell that a slot changed, and the profiles' folders have sizes. An
//!   honest-looking profile needs honest-looking contents; that is the caller's part.
//! - A person who has the duress PIN, the device's secret and this source knows that it opened the second profile.

mod attempt;
mod error;
mod folder;
mod image;
mod pin;
mod sealed;
mod secret;
mod session;
mod state;

use std::path::Path;

use zeroize::Zeroizing;

pub use attempt::Attempt;
pub use error::{Remains, VaultError};
pub use pin::Pin;
pub use sealed::Cost;
pub use secret::{DeviceSecret, FileSecret};
pub use session::{RamFolder, SESSION_IDLE, SESSION_MAX, Session};
pub use state::MAX_WRONG_PINS;
pub use vicinity_device::lease::{
    Boot, Contact, DESTROYED_AFTER, DESTROYED_ON_DAY, LOCKED_FROM_DAY, Lease, SET_BACK_MAX,
    WARNED_FROM_DAY,
};

use folder::Folder;
use image::{Image, name_text};
use sealed::{Contents, kek};
use state::State;

/// Fills a slice with random bytes.
pub type Random<'a> = &'a mut dyn FnMut(&mut [u8]);

/// Which profile a PIN opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// The real one.
    Main,
    /// The one that the duress PIN opens.
    Second,
}

/// An open vault.
pub struct Opened {
    /// The raw key of the profile's database; gone from memory when this is dropped.
    pub key: Zeroizing<[u8; 32]>,
    /// Which profile. Nothing that a bystander sees may depend on it.
    pub profile: Profile,
    /// The name of the profile's folder within the device's folder. It exists.
    pub folder: String,
}

impl core::fmt::Debug for Opened {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Opened(..)")
    }
}

impl Opened {
    fn new(contents: &Contents) -> Self {
        Self {
            key: contents.key.clone(),
            profile: contents.profile,
            folder: name_text(contents.folder),
        }
    }
}

/// Whether the vault in `folder` asks for a PIN.
///
/// # Errors
/// There is no vault, it is damaged, or it was destroyed.
pub fn has_pin(folder: &Path) -> Result<bool, VaultError> {
    let image = Image::decode(&folder::read(folder)?)?;
    if image.is_destroyed() {
        Err(VaultError::Destroyed)
    } else {
        Ok(image.has_pin())
    }
}

/// The names of both profiles' folders, in an order that reveals nothing.
///
/// # Errors
/// There is no vault, or it is damaged.
pub fn profile_folders(folder: &Path) -> Result<[String; 2], VaultError> {
    Ok(Image::decode(&folder::read(folder)?)?
        .names()
        .map(name_text))
}

/// Makes a vault with a fresh key, and both profiles' folders. Durable when this returns. The secret must exist.
///
/// # Errors
/// There is a vault already ([`VaultError::AlreadyThere`]), the secret cannot be had, or the folder cannot be written.
pub fn create(
    folder: &Path,
    secret: &dyn DeviceSecret,
    pin: Option<&Pin>,
    cost: Cost,
    random: Random<'_>,
) -> Result<Opened, VaultError> {
    let place = Folder::make(folder)?;
    let device = secret.get()?;
    let mut image = Image::filled(cost, random);
    image.set_has_pin(pin.is_some());
    let main = usize::from(one_byte(random) & 1);
    // Drawn apart from the slot: the order of the names must not tell which slot is whose.
    let own = image.names()[usize::from(one_byte(random) & 1)];
    let contents = Contents {
        key: fresh_key(random),
        profile: Profile::Main,
        folder: own,
    };
    image.put(
        main,
        &*kek(pin, &image.salt(), cost, &device)?,
        &contents,
        random,
    );
    image.seal_state(&device, State::new(main));
    place.replace(&image)?;
    place.ensure_profiles(image.names())?;
    Ok(Opened::new(&contents))
}

/// Opens the vault with a PIN, or without one if it has none. The attempt is counted durably before the PIN is checked,
/// and the work is the same whichever profile opens.
///
/// # Errors
/// [`VaultError::WrongPin`] says how many attempts are left; with the last one both slots and the device's secret are
/// destroyed ([`VaultError::Destroyed`]). A vault with a PIN opened without ([`VaultError::PinNeeded`]) or the other way
/// round ([`VaultError::NoPin`]) counts nothing. Damage is [`VaultError::Damaged`].
pub fn unlock(
    folder: &Path,
    secret: &dyn DeviceSecret,
    pin: Option<&Pin>,
) -> Result<Opened, VaultError> {
    Attempt::begin(folder, secret, pin)?.finish()
}

/// Gives the second profile a fresh key under `duress_pin`, empties its folder and says what it is, so that the caller
/// can fill it. An earlier second profile is lost. `pin` counts as an attempt.
///
/// # Errors
/// As [`unlock`]; the duress PIN is the PIN ([`VaultError::SamePin`]); the vault has no PIN ([`VaultError::NoPin`]); or
/// `pin` itself is the duress PIN ([`VaultError::NotHere`]), for nothing done there may cost the real profile.
pub fn set_duress(
    folder: &Path,
    secret: &dyn DeviceSecret,
    pin: &Pin,
    duress_pin: &Pin,
    random: Random<'_>,
) -> Result<Opened, VaultError> {
    let mut open = Attempt::begin(folder, secret, Some(pin))?.check()?;
    if open.contents.profile == Profile::Second {
        return Err(VaultError::NotHere);
    }
    let kek = open.held.kek(Some(duress_pin))?;
    if open.held.image.open(open.at, &kek).is_some() {
        return Err(VaultError::SamePin);
    }
    let [a, b] = open.held.image.names();
    let folder = if open.contents.folder == a { b } else { a };
    let contents = Contents {
        key: fresh_key(random),
        profile: Profile::Second,
        folder,
    };
    // Emptied first: after a crash in between, the old PIN opens an empty profile and not one its key does not fit. The folder
    // and the database's file stay, as old as the other's.
    open.held.place.empty_profile(folder)?;
    open.held.image.put(1 - open.at, &kek, &contents, random);
    open.held.save()?;
    Ok(Opened::new(&contents))
}

/// Changes the PIN of the profile that `old` opens, or gives a vault without a PIN its first. The keys stay: a person who
/// kept an older copy of the file and the device's secret can still use the old PIN on it.
///
/// # Errors
/// As [`unlock`]; from the real profile also [`VaultError::SamePin`] if `new` is the duress PIN.
pub fn change_pin(
    folder: &Path,
    secret: &dyn DeviceSecret,
    old: Option<&Pin>,
    new: &Pin,
    random: Random<'_>,
) -> Result<(), VaultError> {
    let mut open = Attempt::begin(folder, secret, old)?.check()?;
    let kek = open.held.kek(Some(new))?;
    let taken = open.held.image.open(1 - open.at, &kek).is_some();
    // From the second profile it is not said: it would be a guess at the real PIN that nobody counts. Where both PINs
    // are then the same the second profile opens, for the same reason.
    if taken && open.contents.profile == Profile::Main {
        return Err(VaultError::SamePin);
    }
    open.held.image.put(open.at, &kek, &open.contents, random);
    open.held.image.set_has_pin(true);
    open.held.save()
}

/// Destroys what opens this device: overwrites both slots, destroys the device's secret, then removes the profiles'
/// folders. Every step is tried even where others fail. Needs no PIN, waits for nobody, and does no harm twice.
///
/// # Errors
/// [`VaultError::Remains`] names what is left. If overwriting or the secret's end succeeded nothing opens any more.
pub fn wipe(folder: &Path, secret: &dyn DeviceSecret) -> Result<(), VaultError> {
    // A program in the middle of an attempt may write the old slots back; without the secret they are worth nothing.
    let _lock = folder::try_lock(folder);
    let overwritten = folder::overwrite(folder, secret.get().ok().as_deref());
    let destroyed = secret.destroy();
    // Either half is the end of the key.
    let opens = overwritten.is_err() && destroyed.is_err();
    let remains = |what, opens| {
        move |why| Remains {
            what,
            opens,
            why: Box::new(why),
        }
    };
    let mut left: Vec<Remains> = Vec::new();
    left.extend(overwritten.err().map(remains("the vault", opens)));
    left.extend(destroyed.err().map(remains("the device's secret", opens)));
    left.extend(
        folder::remove_profiles(folder)
            .into_iter()
            .map(remains("a profile's folder", false)),
    );
    if left.is_empty() {
        Ok(())
    } else {
        Err(VaultError::Remains(left))
    }
}

/// Makes both profiles' folders and files as old as the vault's file, which is written at each attempt: so their times do not
/// tell which of them was written last before it. No failure is one: times are a trace, and nothing depends on them.
///
/// # Errors
/// There is no vault, or it is damaged.
pub fn level(folder: &Path) -> Result<(), VaultError> {
    folder::level(folder, Image::decode(&folder::read(folder)?)?.names());
    Ok(())
}

fn fresh_key(random: Random<'_>) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    random(&mut *key);
    key
}

fn one_byte(random: Random<'_>) -> u8 {
    let mut byte = [0];
    random(&mut byte);
    byte[0]
}
