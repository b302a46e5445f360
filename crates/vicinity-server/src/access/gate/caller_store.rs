//! What the gate asks of a store: who may ask, and how much of what they bring is taken.

use vicinity_core::access::Actor;
use vicinity_core::batch::Group;
use vicinity_core::ids::DeviceId;
use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;
use vicinity_store::board::BoardStore;
use vicinity_store::hub::{Credentials, HubStore, Peer, PeerRefused};
use vicinity_store::national::NationalStore;
use vicinity_store::review::ReviewStore;
use vicinity_sync::envelope::Envelope;
use vicinity_sync::message::Refused;

use crate::access::budget::{self, Plan};
use crate::net::error::ApiError;
use crate::storage::hub_keys;

/// A store that knows its callers. Each method fails only where storage does.
pub trait CallerStore {
    /// Who asks, once proven.
    type Caller: Copy + Send;

    /// The key that checks a device's proof. `None` for an unknown device.
    fn credentials_of(&mut self, device: DeviceId) -> Result<Option<Credentials>, StoreError>;

    /// The error for a revoked device; at a hub with a signed wipe order.
    fn revoked_answer(&mut self, envelope: &Envelope) -> Result<ApiError, StoreError>;

    /// Moves the device's counter, and gives the caller with its role.
    fn admit(
        &mut self,
        envelope: &Envelope,
        now: Timestamp,
    ) -> Result<Result<(Self::Caller, Actor), PeerRefused>, StoreError>;

    /// How much of these changes is taken at once ([`crate::access::budget`]).
    fn plan(&mut self, caller: &Self::Caller, groups: &[Group]) -> Result<Plan, StoreError>;

    /// Operations since the store was opened. The difference over a step is what the step cost.
    fn ops_done(&self) -> u64;
}

/// A store that takes no changes.
const NOTHING: Plan = Plan {
    incidents: 0,
    ops: 0,
    price: 0,
};

impl CallerStore for dyn BoardStore + '_ {
    type Caller = Peer;

    fn credentials_of(&mut self, device: DeviceId) -> Result<Option<Credentials>, StoreError> {
        self.credentials(device)
    }

    fn revoked_answer(&mut self, envelope: &Envelope) -> Result<ApiError, StoreError> {
        <dyn HubStore as CallerStore>::revoked_answer(self, envelope)
    }

    fn admit(
        &mut self,
        envelope: &Envelope,
        now: Timestamp,
    ) -> Result<Result<(Peer, Actor), PeerRefused>, StoreError> {
        <dyn HubStore as CallerStore>::admit(self, envelope, now)
    }

    fn plan(&mut self, caller: &Peer, groups: &[Group]) -> Result<Plan, StoreError> {
        budget::plan(self, caller, groups)
    }

    fn ops_done(&self) -> u64 {
        self.loaded()
    }
}

impl CallerStore for dyn ReviewStore + '_ {
    /// A hub's or a country's number, by action.
    type Caller = u32;

    fn credentials_of(&mut self, device: DeviceId) -> Result<Option<Credentials>, StoreError> {
        let hub = self.credentials(device)?;
        if hub.is_some() {
            Ok(hub)
        } else {
            self.country_credentials(device)
        }
    }

    fn revoked_answer(&mut self, envelope: &Envelope) -> Result<ApiError, StoreError> {
        <dyn NationalStore as CallerStore>::revoked_answer(self, envelope)
    }

    fn admit(
        &mut self,
        envelope: &Envelope,
        now: Timestamp,
    ) -> Result<Result<(u32, Actor), PeerRefused>, StoreError> {
        if self.credentials(envelope.device())?.is_some() {
            return <dyn NationalStore as CallerStore>::admit(self, envelope, now);
        }
        let let_in = self.let_country_in(
            envelope.device(),
            envelope.incarnation,
            envelope.counter,
            now,
        )?;
        Ok(let_in.map(|country| (country, Actor::Country)))
    }

    fn plan(&mut self, _: &u32, _: &[Group]) -> Result<Plan, StoreError> {
        Ok(NOTHING)
    }

    fn ops_done(&self) -> u64 {
        0
    }
}

impl CallerStore for dyn HubStore + '_ {
    type Caller = Peer;

    fn credentials_of(&mut self, device: DeviceId) -> Result<Option<Credentials>, StoreError> {
        self.credentials(device)
    }

    fn revoked_answer(&mut self, envelope: &Envelope) -> Result<ApiError, StoreError> {
        Ok(ApiError::Revoked(hub_keys::wipe_order(self, envelope)?))
    }

    fn admit(
        &mut self,
        envelope: &Envelope,
        now: Timestamp,
    ) -> Result<Result<(Peer, Actor), PeerRefused>, StoreError> {
        let let_in = self.let_in(
            envelope.device(),
            envelope.incarnation,
            envelope.counter,
            now,
        )?;
        if matches!(let_in, Err(PeerRefused::Replayed | PeerRefused::RolledBack))
            && let Ok((peer, _)) = self.heard(envelope.device(), envelope.incarnation)?
        {
            // The operator should know which phone may have been copied.
            tracing::warn!(
                device = peer.number,
                "a request that was seen, or older than one: replayed, restored or copied"
            );
        }
        Ok(let_in.map(|peer| (peer, peer.role.actor())))
    }

    fn plan(&mut self, caller: &Peer, groups: &[Group]) -> Result<Plan, StoreError> {
        budget::plan(self, caller, groups)
    }

    fn ops_done(&self) -> u64 {
        self.loaded()
    }
}

impl CallerStore for dyn NationalStore + '_ {
    type Caller = u32;

    fn credentials_of(&mut self, device: DeviceId) -> Result<Option<Credentials>, StoreError> {
        self.credentials(device)
    }

    fn revoked_answer(&mut self, _: &Envelope) -> Result<ApiError, StoreError> {
        Ok(Refused::Revoked.into())
    }

    fn admit(
        &mut self,
        envelope: &Envelope,
        now: Timestamp,
    ) -> Result<Result<(u32, Actor), PeerRefused>, StoreError> {
        let let_in = self.let_in(
            envelope.device(),
            envelope.incarnation,
            envelope.counter,
            now,
        )?;
        Ok(let_in.map(|hub| (hub, Actor::Hub)))
    }

    fn plan(&mut self, _: &u32, _: &[Group]) -> Result<Plan, StoreError> {
        Ok(NOTHING)
    }

    fn ops_done(&self) -> u64 {
        0
    }
}
