//! A device in its folder.

use core::ops::{Deref, DerefMut};
use std::fs::File;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use vicinity_core::ids::IncidentId;
use vicinity_core::time::Timestamp;
use vicinity_device::DeviceError;
use vicinity_device::approving::KeyToApprove;
use vicinity_device::bundle::{Exported, Imported};
use vicinity_device::enrolment::Enrolment;
use vicinity_device::statements::StatementLine;
use vicinity_sqlite::{DATABASE_FILE, SqliteDevice};
use vicinity_store::error::Damage;
use vicinity_store::hub::Role;
use vicinity_store::{DatabaseKey, StoreError};
use vicinity_sync::device_session::{End, Outcome};
use vicinity_sync::enrol::EnrolLink;
use zeroize::Zeroizing;

use crate::error::{ClientError, LockError, OpenError};
use crate::link::{HttpLink, Link};
use crate::look;

pub use vicinity_device::Machine;
pub use vicinity_device::device::{Conflict, Side};

/// The file that a program holds while it speaks to the hub.
const LOCK_FILE: &str = "sync.lock";

/// A device in its folder. What needs neither its hub nor a file is [`vicinity_device::Device`]'s, to which this dereferences.
pub struct Device {
    device: vicinity_device::Device<SqliteDevice>,
    folder: PathBuf,
}

impl Deref for Device {
    type Target = vicinity_device::Device<SqliteDevice>;

    fn deref(&self) -> &Self::Target {
        &self.device
    }
}

impl DerefMut for Device {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.device
    }
}

/// A sync that ran.
#[derive(Debug, Clone)]
pub struct SyncReport {
    /// How it went.
    pub outcome: Outcome,
    /// Requests posted.
    pub requests: u64,
    /// Bytes of bodies sent.
    pub bytes_up: u64,
    /// Bytes of bodies received.
    pub bytes_down: u64,
    /// The hub's addresses that brought no answer at the end, each with the reason; empty if one did.
    pub unreachable: String,
    /// Incidents that stay on this device because the hub has another one under the same id.
    pub apart: Vec<IncidentId>,
}

impl SyncReport {
    /// The report as scripts read it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let Outcome {
            sent,
            acked,
            received,
            rejected,
            pending,
            rounds,
            erased,
            ..
        } = self.outcome;
        json!({
            "sent": sent, "acked": acked, "received": received, "rejected": rejected, "pending": pending, "rounds": rounds, "erased": erased,
            "statements": self.outcome.statements.delivered, "rewrapped": self.outcome.statements.rewrapped,
            "other_incident": self.apart.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "requests": self.requests, "bytes_up": self.bytes_up, "bytes_down": self.bytes_down, "up_to_date": self.outcome.end == End::UpToDate,
        })
    }
}

impl Device {
    /// Opens or makes a device in a folder, with the key that its vault gave.
    ///
    /// # Errors
    /// The store cannot be used, or has another key.
    pub fn open(folder: &Path, key: &DatabaseKey, machine: Machine) -> Result<Self, OpenError> {
        let mut device = vicinity_device::Device::new(SqliteDevice::open(folder, key)?, machine)?;
        if device.store().writes() {
            device.forget_ended_alerts()?;
        }
        Ok(Self {
            device,
            folder: folder.to_owned(),
        })
    }

    /// Looks for damage in every page of the database. A large one that was found whole within a day is not looked at again. What can
    /// be read still can, and goes to the hub.
    ///
    /// # Errors
    /// The file cannot be read at all.
    pub fn damaged(&mut self) -> Result<Option<Damage>, StoreError> {
        let bytes =
            std::fs::metadata(self.folder.join(DATABASE_FILE)).map_or(0, |metadata| metadata.len());
        let now = self.now();
        if !look::is_due(bytes, look::whole_at(self.store())?, now) {
            return Ok(None);
        }
        let found = self.store().damaged()?;
        if self.store().writes() {
            // On a full or damaged disk it is checked again the next time.
            look::keep(self.store(), bytes, found.is_none(), now).ok();
        }
        Ok(found)
    }

    /// Enrols at a hub by its link, over HTTP. See [`vicinity_device::Device::enrol`].
    ///
    /// # Errors
    /// A bad link, an unreachable hub, a code it does not take, or another hub than the device's.
    pub fn enrol(&mut self, link: &str) -> Result<Enrolment, ClientError> {
        let link = EnrolLink::parse(link)?;
        let addresses: Vec<String> = link.addresses.iter().map(ToString::to_string).collect();
        let mut way = HttpLink::new(&addresses, link.pin.as_slice());
        Ok(self.device.enrol(&link, &mut way)?)
    }

    /// Syncs with the hub, over HTTP.
    ///
    /// # Errors
    /// Not enrolled, another sync in progress, or the local store.
    pub fn sync(&mut self) -> Result<SyncReport, ClientError> {
        let mut link = self.hub_link()?;
        let outcome = self.sync_over(&mut link)?;
        let unreachable = if outcome.end == End::Cut {
            link.failed()
        } else {
            String::new()
        };
        let apart = self.apart()?;
        Ok(SyncReport {
            outcome,
            requests: link.requests,
            bytes_up: link.bytes_up,
            bytes_down: link.bytes_down,
            unreachable,
            apart,
        })
    }

    /// Syncs with the hub over any link.
    ///
    /// # Errors
    /// As [`Device::sync`].
    pub fn sync_over(&mut self, link: &mut dyn Link) -> Result<Outcome, ClientError> {
        let _lock = self.lock()?;
        Ok(self.device.sync(link)?)
    }

    /// Makes a bundle, while no other program speaks to the hub. See [`vicinity_device::Device::export_bundle`].
    ///
    /// # Errors
    /// As there, or another sync in progress.
    pub fn export_bundle(&mut self) -> Result<Exported, ClientError> {
        let _lock = self.lock()?;
        Ok(self.device.export_bundle()?)
    }

    /// Reads a reply, while no other program speaks to the hub. See [`vicinity_device::Device::import_reply`].
    ///
    /// # Errors
    /// As there, or another sync in progress.
    pub fn import_reply(&mut self, file: &[u8]) -> Result<Imported, ClientError> {
        let _lock = self.lock()?;
        Ok(self.device.import_reply(file)?)
    }

    /// Publishes an alert, over HTTP. See [`vicinity_device::Device::publish_alert`].
    ///
    /// # Errors
    /// As there, or another sync in progress.
    pub fn publish_alert(
        &mut self,
        incident: IncidentId,
        area: &str,
        text: &str,
        ends: Timestamp,
    ) -> Result<[u8; 16], ClientError> {
        self.with_hub(|device, link| device.publish_alert(link, incident, area, text, ends))
    }

    /// Withdraws an alert, over HTTP. See [`vicinity_device::Device::withdraw_alert`].
    ///
    /// # Errors
    /// As there, or another sync in progress.
    pub fn withdraw_alert(&mut self, id: [u8; 16]) -> Result<(), ClientError> {
        self.with_hub(|device, link| device.withdraw_alert(link, id))
    }

    /// The statements of an incident; a responder's device asks the hub, over HTTP. See [`vicinity_device::Device::statement_lines`].
    ///
    /// # Errors
    /// As there, or another sync in progress.
    pub fn statement_lines(
        &mut self,
        incident: IncidentId,
    ) -> Result<Vec<StatementLine>, ClientError> {
        if self
            .enrolment()
            .is_some_and(|enrolment| enrolment.is(Role::Responder))
        {
            self.with_hub(|device, link| device.statement_lines(Some(link), incident))
        } else {
            Ok(self.device.statement_lines(None, incident)?)
        }
    }

    /// Opens a statement, over HTTP. See [`vicinity_device::Device::open_statement`].
    ///
    /// # Errors
    /// As there, or another sync in progress.
    pub fn open_statement(
        &mut self,
        incident: IncidentId,
        entry: &str,
    ) -> Result<Zeroizing<Vec<u8>>, ClientError> {
        self.with_hub(|device, link| device.open_statement(link, incident, entry))
    }

    /// Keys that wait for an approval, over HTTP. See [`vicinity_device::Device::keys_to_approve`].
    ///
    /// # Errors
    /// As there, or another sync in progress.
    pub fn keys_to_approve(&mut self) -> Result<Vec<KeyToApprove>, ClientError> {
        self.with_hub(|device, link| device.keys_to_approve(link))
    }

    /// Approves a key, over HTTP. See [`vicinity_device::Device::approve`].
    ///
    /// # Errors
    /// As there, or another sync in progress.
    pub fn approve(&mut self, digits: &str) -> Result<KeyToApprove, ClientError> {
        self.with_hub(|device, link| device.approve(link, digits))
    }

    /// Makes a call that takes a link, while no other program speaks to the hub.
    fn with_hub<T>(
        &mut self,
        act: impl FnOnce(
            &mut vicinity_device::Device<SqliteDevice>,
            &mut dyn Link,
        ) -> Result<T, DeviceError>,
    ) -> Result<T, ClientError> {
        let mut link = self.hub_link()?;
        let _lock = self.lock()?;
        Ok(act(&mut self.device, &mut link)?)
    }

    /// Keeps other programs from speaking to the hub for this device while the file is held.
    pub(crate) fn lock(&self) -> Result<File, LockError> {
        let lock = File::create(self.folder.join(LOCK_FILE)).map_err(LockError::Io)?;
        if lock.try_lock().is_err() {
            Err(LockError::Held)
        } else {
            Ok(lock)
        }
    }

    /// The way to this device's hub.
    fn hub_link(&mut self) -> Result<HttpLink, ClientError> {
        let pins = self.hub_pins()?;
        let addresses = self
            .enrolment()
            .map(|enrolment| enrolment.addresses.as_slice())
            .unwrap_or_default();
        Ok(HttpLink::new(addresses, &pins))
    }
}
