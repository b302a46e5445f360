//! Sync with the hub over a link: changes first, then statements.

use vicinity_core::ids::IncidentId;
use vicinity_store::device::DeviceStore;
use vicinity_sync::device_session::Outcome;

use crate::device::Device;
use crate::error::DeviceError;
use crate::exchange::{self, World};
use crate::link::Link;
use crate::machine::Machine;
use crate::upload;

pub use crate::upload::StatementCounts;

/// A sync that ran.
#[derive(Debug, Clone)]
pub struct Synced {
    /// How it ended, and figures of changes.
    pub outcome: Outcome,
    /// Figures of statements.
    pub statements: StatementCounts,
}

impl<S: DeviceStore> Device<S> {
    /// Syncs with the hub. A link or hub that fails is an outcome, not an error: what was exchanged until then is durable.
    ///
    /// # Errors
    /// Not enrolled, or the local store.
    pub fn sync(&mut self, link: &mut dyn Link) -> Result<Synced, DeviceError> {
        let identity = self.identity()?;
        // An enrolment that was cut at its end has left some.
        self.hash_waiting_codes()?;
        let now = (self.machine.now)();
        self.store.recheck_grants(now)?;
        let Machine { random, wait, .. } = &mut self.machine;
        let mut draw = || {
            let mut bytes = [0; 8];
            random(&mut bytes);
            u64::from_be_bytes(bytes)
        };
        let mut world = World { now, random: &mut draw, wait: &mut **wait };
        let mut outcome = exchange::sync(&mut self.store, link, &identity, &mut world)?;
        let enrolment = self.enrolment.as_ref().ok_or(DeviceError::NotEnrolled)?;
        let statements = upload::carry(&mut self.store, &mut self.machine, link, enrolment, &identity, &mut outcome)?;
        if identity.keeps_little {
            // What went up with the last request or the last statement is delivered from now on.
            self.store.leaving(now, 0)?;
        }
        Ok(Synced { outcome, statements })
    }

    /// Incidents that stay on this device because the hub has another one under the same id, ascending.
    ///
    /// # Errors
    /// Storage.
    pub fn apart(&mut self) -> Result<Vec<IncidentId>, DeviceError> {
        Ok(self.store.apart()?)
    }
}
