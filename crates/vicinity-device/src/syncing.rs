//! Sync with the hub: changes first, then statements. Over a link that blocks, or driven by the host step by step.

use vicinity_core::ids::IncidentId;
use vicinity_core::time::Timestamp;
use vicinity_store::device::DeviceStore;
use vicinity_store::hub::Role;
use vicinity_sync::device_session::{Outcome, StatementWork};

use crate::device::Device;
use crate::error::DeviceError;
use crate::exchange::{self, Local, World};
use crate::link::{Link, LinkFailure};
use crate::machine::Machine;
use crate::requests::Identity;

pub use crate::exchange::{Exchange, NextStep};

type Result<T> = core::result::Result<T, DeviceError>;

impl<S: DeviceStore> Device<S> {
    /// Syncs with the hub. A link or hub that fails is an outcome, not an error: what was exchanged until then is durable.
    ///
    /// # Errors
    /// Not enrolled, or the local store.
    pub fn sync(&mut self, link: &mut dyn Link) -> Result<Outcome> {
        let (identity, now, statements) = self.prepare_sync()?;
        let Machine { random, wait, .. } = &mut self.machine;
        let mut draw = || {
            let mut bytes = [0; 8];
            random(&mut bytes);
            u64::from_be_bytes(bytes)
        };
        let mut world = World {
            now,
            random: &mut draw,
            wait: &mut **wait,
        };
        let outcome =
            exchange::sync_with(&mut self.store, link, &identity, &mut world, statements)?;
        self.finish_sync(&identity)?;
        Ok(outcome)
    }

    /// Begins a sync that its host drives: it does what each [`NextStep`] says, until one is [`NextStep::Done`].
    ///
    /// # Errors
    /// Not enrolled, or the local store.
    pub fn begin_sync(&mut self) -> Result<(Exchange, NextStep)> {
        let (_, now, statements) = self.prepare_sync()?;
        let mut exchange = self.with_local(|local| Exchange::new(local, now, statements))?;
        let step = self.go_on(&mut exchange)?;
        Ok((exchange, step))
    }

    /// Continues after a wait.
    ///
    /// # Errors
    /// The local store, or a sync that waits for an answer or is over.
    pub fn go_on(&mut self, exchange: &mut Exchange) -> Result<NextStep> {
        let step = self.with_local(|local| exchange.go_on(local))?;
        self.finish(step)
    }

    /// Continues with the result of a post.
    ///
    /// # Errors
    /// The local store, or a sync that waits for no answer.
    pub fn answered(
        &mut self,
        exchange: &mut Exchange,
        answer: core::result::Result<Vec<u8>, LinkFailure>,
    ) -> Result<NextStep> {
        let step = self.with_local(|local| exchange.answered(local, answer))?;
        self.finish(step)
    }

    /// Incidents that stay on this device because the hub has another one under the same id, ascending.
    ///
    /// # Errors
    /// Storage.
    pub fn apart(&mut self) -> Result<Vec<IncidentId>> {
        Ok(self.store.apart()?)
    }

    fn with_local<T>(&mut self, act: impl FnOnce(&mut Local<'_>) -> Result<T>) -> Result<T> {
        let identity = self.identity()?;
        let machine = &mut self.machine;
        act(&mut Local {
            store: &mut self.store,
            identity: &identity,
            random: &mut || machine.number(),
        })
    }

    fn prepare_sync(&mut self) -> Result<(Identity, Timestamp, StatementWork)> {
        let identity = self.identity()?;
        let is_responder = self
            .enrolment()
            .is_some_and(|enrolment| enrolment.is(Role::Responder));
        // An enrolment that was cut at its end has left some.
        self.hash_waiting_codes()?;
        let now = (self.machine.now)();
        self.store.recheck_grants(now)?;
        Ok((
            identity,
            now,
            if is_responder {
                StatementWork::UploadAndRewrap
            } else {
                StatementWork::Upload
            },
        ))
    }

    fn finish_sync(&mut self, identity: &Identity) -> Result<()> {
        if identity.keeps_little {
            // An incident whose last change or statement just went up counts as delivered from now on.
            self.store.leaving((self.machine.now)(), 0)?;
        }
        Ok(())
    }

    fn finish(&mut self, step: NextStep) -> Result<NextStep> {
        if matches!(step, NextStep::Done(_)) {
            let identity = self.identity()?;
            self.finish_sync(&identity)?;
        }
        Ok(step)
    }
}
