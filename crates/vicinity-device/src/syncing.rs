//! Sync with the hub over a link: changes first, then statements.

use vicinity_core::ids::IncidentId;
use vicinity_store::device::DeviceStore;
use vicinity_store::hub::Role;
use vicinity_sync::device_session::{Outcome, StatementWork};

use crate::device::Device;
use crate::error::DeviceError;
use crate::exchange::{self, World};
use crate::link::Link;
use crate::machine::Machine;

impl<S: DeviceStore> Device<S> {
    /// Syncs with the hub. A link or hub that fails is an outcome, not an error: what was exchanged until then is durable.
    ///
    /// # Errors
    /// Not enrolled, or the local store.
    pub fn sync(&mut self, link: &mut dyn Link) -> Result<Outcome, DeviceError> {
        let identity = self.identity()?;
        let is_responder = self.enrolment().is_some_and(|enrolment| enrolment.is(Role::Responder));
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
        let statements = if is_responder { StatementWork::UploadAndRewrap } else { StatementWork::Upload };
        let outcome = exchange::sync_with(&mut self.store, link, &identity, &mut world, statements)?;
        if identity.keeps_little {
            // What went up with the last request or the last statement is delivered from now on.
            self.store.leaving(now, 0)?;
        }
        Ok(outcome)
    }

    /// Incidents that stay on this device because the hub has another one under the same id, ascending.
    ///
    /// # Errors
    /// Storage.
    pub fn apart(&mut self) -> Result<Vec<IncidentId>, DeviceError> {
        Ok(self.store.apart()?)
    }
}
