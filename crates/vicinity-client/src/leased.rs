//! Opening a device under its lease: 30 days without its hub end it.

use std::path::Path;

use vicinity_store::DatabaseKey;
use vicinity_store::device::{DeviceStore, Fact};
use vicinity_store::sqlite::DATABASE_FILE;

use zeroize::Zeroizing;

use crate::ClientError;
use crate::device::{Device, Machine};
use crate::vault::{self, Contact, DeviceSecret, Lease, Opened};

type Result<T> = core::result::Result<T, ClientError>;

/// A device that may be used, and what its lease says.
pub struct Leased {
    /// The device.
    pub device: Device,
    /// Days until it locks for good, from day 21 on.
    pub days_left: Option<u8>,
}

/// Opens a device with what its vault gave, and looks at its lease before anything else is done with it. A device that is
/// not enrolled has none. After 30 days without contact the vault is wiped, with both profiles, as [`vault::wipe`] does.
///
/// # Errors
/// [`ClientError::LeaseOver`] once it is wiped; [`ClientError::ClockAhead`] opens nothing and destroys nothing; the store; or
/// a wipe that failed, which is tried again at the next command.
pub fn open(home: &Path, secret: &dyn DeviceSecret, opened: &Opened, machine: Machine) -> Result<Leased> {
    let mut device = Device::open(&home.join(&opened.folder), &DatabaseKey::new(*opened.key), machine)?;
    match device.lease()? {
        Lease::Valid => Ok(Leased { device, days_left: None }),
        Lease::Warn { days_left } => Ok(Leased { device, days_left: Some(days_left) }),
        Lease::ClockAhead { days } => Err(ClientError::ClockAhead { days }),
        Lease::Locked => {
            // Closed before anything is destroyed: nothing may be written back.
            drop(device);
            vault::wipe(home, secret)?;
            Err(ClientError::LeaseOver)
        }
    }
}

/// Sees to it that both profiles' folders hold a database, as a device that has just begun does. One that nobody has a PIN
/// for is made under a key that is forgotten at once: so a database tells neither that there is a second PIN nor that it
/// was used.
///
/// # Errors
/// The vault or a store.
pub fn fill_profiles(home: &Path, opened: &Opened, machine: impl Fn() -> Machine) -> Result<()> {
    for folder in vault::profile_folders(home)? {
        let own = folder == opened.folder;
        let path = home.join(folder);
        if own || !path.join(DATABASE_FILE).exists() {
            let mut machine = machine();
            let mut key = Zeroizing::new(*opened.key);
            if !own {
                (machine.random)(&mut *key);
            }
            drop(Device::open(&path, &DatabaseKey::new(*key), machine)?);
        }
    }
    vault::level(home)?;
    Ok(())
}

impl Device {
    /// What the time since the last contact allows. Time without contact is written down as it grows.
    fn lease(&mut self) -> Result<Lease> {
        let Some(contact) = self.contact()? else { return Ok(Lease::Valid) };
        let now = (self.machine.now)();
        let (lease, grown) = contact.lease(now);
        // Whoever syncs at this moment writes a newer contact, which must not be overwritten.
        if grown.is_some()
            && let Ok(_lock) = self.lock()
            && let Some(grown) = self.contact()?.and_then(|contact| contact.lease(now).1)
        {
            self.store.set_facts(&[(Fact::Contact, Some(grown.encode()))])?;
        }
        Ok(lease)
    }

    /// The last contact of an enrolled device.
    fn contact(&mut self) -> Result<Option<Contact>> {
        if self.enrolment.is_none() {
            return Ok(None);
        }
        let bytes = self.store.fact(Fact::Contact)?;
        bytes.as_deref().and_then(Contact::decode).map(Some).ok_or(ClientError::Damaged("time of the last contact"))
    }
}
