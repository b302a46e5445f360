//! Opening a device under its lease: 30 days without its hub end it.

use std::path::Path;

use vicinity_core::time::Timestamp;
use vicinity_device::DeviceError;
use vicinity_sqlite::DATABASE_FILE;
use vicinity_store::device::{DeviceSetting, DeviceStore};
use vicinity_store::{DatabaseKey, StoreError};
use zeroize::Zeroizing;

use crate::device::{Device, Machine};
use crate::error::{LockError, OpenError};
use crate::vault::{self, Boot, Contact, DeviceSecret, Lease, Opened};

type Result<T> = core::result::Result<T, OpenError>;

/// A device that may be used, and what its lease says.
pub struct Leased {
    /// The device.
    pub device: Device,
    /// Days until it locks, from day 21 on.
    pub days_left: Option<u8>,
}

/// Opens a device with what its vault gave, and looks at its lease before anything else is done with it. A device that is
/// not enrolled has none. From 30 days without contact on it opens nothing, and a later look that is worth a day ([`Lease`])
/// wipes the vault, with both profiles, as [`vault::wipe`] does.
///
/// # Errors
/// [`OpenError::LeaseLocked`] and [`OpenError::ClockSetBack`] open nothing and destroy nothing; [`OpenError::LeaseOver`]
/// once it is wiped; the store; or a wipe that failed, which is tried again at the next command.
pub fn open(
    home: &Path,
    secret: &dyn DeviceSecret,
    opened: &Opened,
    machine: Machine,
) -> Result<Leased> {
    let mut device = Device::open(
        &home.join(&opened.folder),
        &DatabaseKey::new(*opened.key),
        machine,
    )?;
    match device.look()? {
        Lease::Valid => Ok(Leased {
            device,
            days_left: None,
        }),
        Lease::Warn { days_left } => Ok(Leased {
            device,
            days_left: Some(days_left),
        }),
        Lease::Locked { days } => Err(OpenError::LeaseLocked {
            date: device.zone()?.to_datetime(device.now()).date().to_string(),
            days,
        }),
        Lease::SetBack => Err(OpenError::ClockSetBack),
        Lease::Over => {
            // Closed before anything is destroyed: nothing may be written back.
            drop(device);
            vault::wipe(home, secret)?;
            Err(OpenError::LeaseOver)
        }
    }
}

/// Opens a device for contact with its hub and for nothing else, whatever its lease says: an answer of the hub renews it.
/// The caller shows nothing that is on the device. Nothing is destroyed, and it is no look beyond the lease.
///
/// # Errors
/// The store.
pub fn open_for_contact(home: &Path, opened: &Opened, machine: Machine) -> Result<Leased> {
    let mut device = Device::open(
        &home.join(&opened.folder),
        &DatabaseKey::new(*opened.key),
        machine,
    )?;
    let is_locked = device.contact()?.is_some_and(Contact::is_locked);
    let now = device.now();
    let lease = match device.contact()? {
        Some(contact) if !is_locked => contact.look(now, None).0,
        _ => Lease::Valid,
    };
    let days_left = if let Lease::Warn { days_left } = lease {
        Some(days_left)
    } else {
        None
    };
    Ok(Leased { device, days_left })
}

/// Makes a database in each profile's folder that has none, as a new device's. One that nobody has a PIN for gets a key that is
/// forgotten at once: so a database tells neither that there is a second PIN nor that it was used.
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
    /// What the time since the last contact allows now. What was seen is recorded first; where that cannot
    /// be, it is as [`Contact::look_unnoted`] says.
    fn look(&mut self) -> Result<Lease> {
        let Some(contact) = self.contact()? else {
            return Ok(Lease::Valid);
        };
        let (now, boot) = (self.now(), (self.machine().boot)());
        let (lease, changed) = contact.look(now, boot);
        match changed.map_or(Ok(()), |_| self.note(now, boot)) {
            Ok(()) => Ok(lease),
            // Another program syncs at this moment.
            Err(OpenError::Lock(LockError::Held)) => {
                Ok(contact.look_unnoted(now).ok_or(LockError::Held)?)
            }
            // Neither the file that is held meanwhile nor the database can be written.
            Err(
                OpenError::Lock(LockError::Io(_))
                | OpenError::Device(DeviceError::Store(StoreError::ReadOnly)),
            ) => Ok(contact.look_unnoted(now).ok_or(StoreError::ReadOnly)?),
            Err(other) => Err(other),
        }
    }

    /// Records what a look has seen. A program that syncs at this moment writes a newer contact, which must not be overwritten.
    fn note(&mut self, now: Timestamp, boot: Option<Boot>) -> Result<()> {
        let _lock = self.lock()?;
        if let Some(changed) = self
            .contact()?
            .and_then(|contact| contact.look(now, boot).1)
        {
            self.store()
                .set_settings(&[(DeviceSetting::Contact, Some(changed.encode()))])?;
        }
        Ok(())
    }

    /// The last contact of an enrolled device.
    fn contact(&mut self) -> Result<Option<Contact>> {
        if self.enrolment().is_none() {
            return Ok(None);
        }
        let bytes = self.store().setting(DeviceSetting::Contact)?;
        bytes
            .as_deref()
            .and_then(Contact::decode)
            .map(Some)
            .ok_or_else(|| DeviceError::Damaged("time of the last contact").into())
    }
}
