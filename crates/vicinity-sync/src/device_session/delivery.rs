//! What an answer brought, and how the device stands after it was written.

use vicinity_core::alert::Alert;
use vicinity_core::batch::{Cursor, Erasure, Group};
use vicinity_core::guard::Refusal;
use vicinity_core::ids::{ChangeHash, IncidentId, ScopeDigest};

/// The content of an answer: everything is written in one transaction, or nothing.
#[derive(Debug, Clone, Default)]
pub struct Delivery {
    /// These the hub has permanently.
    pub acked: Vec<(IncidentId, ChangeHash)>,
    /// These it will never take.
    pub rejected: Vec<(IncidentId, ChangeHash, Refusal)>,
    /// Changes from the hub.
    pub groups: Vec<Group>,
    /// Incidents that left the scope.
    pub removed: Vec<IncidentId>,
    /// Orders to erase. Only those that the hub's key proves may be followed.
    pub erase: Vec<Erasure>,
    /// Erasures that the hub has heard of.
    pub told: Vec<IncidentId>,
    /// The new place; `None` leaves the old one.
    pub cursor: Option<Cursor>,
    /// The batch size that worked.
    pub batch_bytes: u32,
    /// Seconds by which the hub's clock is ahead.
    pub skew_seconds: i64,
    /// Entries of the hub's chain of key approvals: kept only if they extend the device's own.
    pub key_set: Option<Vec<u8>>,
    /// The alerts that are active, instead of those that the device has.
    pub alerts: Option<Vec<Alert>>,
    /// The pins of the hub's keys, where they are others than the device knew.
    pub pins: Option<Vec<u8>>,
    /// The name of the hub's time zone.
    pub zone: Option<String>,
}

/// How the device stands after a delivery was written.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeviceState {
    /// Changes that were new.
    pub received: u64,
    /// The digest over what the hub and the device share.
    pub digest: ScopeDigest,
    /// Whether something is in the outbox that may go, or was rejected: then digests cannot be equal.
    pub differs: bool,
    /// Incidents that were erased.
    pub erased: u64,
    /// Erasures that the hub has not heard of.
    pub untold: u64,
    /// Whether key approvals are to go to the hub with another request.
    pub keys_to_send: bool,
    /// Whether the hub's chain of key approvals contradicts the device's own.
    pub key_set_refused: bool,
}
