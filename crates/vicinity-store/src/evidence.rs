//! What proves where a hub's changes came from: the signed requests that brought them, kept as they came.

use vicinity_core::ids::{ChangeHash, DeviceId, IncidentId};

/// The proof of a request, for the log: kept beside the changes that it brought.
#[derive(Clone, Copy)]
pub struct SignedRequest<'a> {
    /// Its number in the life of its device.
    pub counter: u64,
    /// The signature.
    pub proof: &'a [u8],
    /// The body that it is over, as it came.
    pub body: &'a [u8],
}

/// What a row of the feed says.
#[derive(Clone, PartialEq, Eq)]
pub enum FeedRowKind {
    /// A change: its bytes, and the request that brought it.
    Change {
        /// The chunk.
        chunk: Vec<u8>,
        /// The envelope's number; `None` if the row names none.
        envelope: Option<u64>,
    },
    /// A document came into a device's scope, or left it: the byte that is for a hash in the chain.
    Scope(u8),
    /// A row of what was erased: only place and chain are left.
    Erased,
}

/// A row of the feed, for anyone who checks it.
#[derive(Clone, PartialEq, Eq)]
pub struct FeedRow {
    /// Its number.
    pub seq: u64,
    /// Its link to all rows before.
    pub chain: [u8; 16],
    /// Whose it is; `None` if the document is not there.
    pub incident: Option<IncidentId>,
    /// The number of the device that sent it; 0 is the hub.
    pub device: u32,
    /// The life of that device.
    pub incarnation: u64,
    /// Whether that device only passed it on.
    pub relayed: bool,
    /// What it says.
    pub kind: FeedRowKind,
}

/// An envelope as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptEnvelope {
    /// The number of the device; 0 is the hub.
    pub device: u32,
    /// The device's id; `None` for the hub and for a device that is not enrolled.
    pub device_id: Option<DeviceId>,
    /// Every key that the device ever enrolled with.
    pub keys: Vec<[u8; 32]>,
    /// The life.
    pub incarnation: u64,
    /// The number.
    pub counter: u64,
    /// The signature.
    pub proof: Vec<u8>,
    /// What was signed, or what is left of it.
    pub content: EnvelopeContent,
}

/// What an envelope still holds.
#[derive(Clone, PartialEq, Eq)]
pub enum EnvelopeContent {
    /// The body as it came.
    Whole(Vec<u8>),
    /// Something in it was erased, or might not be kept: these changes the hub took from it and says so itself.
    Vouched(Vec<ChangeHash>),
}
