//! What goes into a session and what comes out of it.

use vicinity_core::batch::{Cursor, DocumentHeads, Erasure, Group, HeadsPage};
use vicinity_core::ids::IncidentId;

use super::delivery::{Delivery, DeviceState};
use crate::message::{KeyNews, Refused};
use crate::statement::{OldWrap, WrapRow};

/// The statements that a session carries beside changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StatementWork {
    /// Nothing.
    #[default]
    None,
    /// Statements, up to the hub.
    Upload,
    /// Statements, and on a responder's device the keys of others' statements, wrapped again for a newer key set.
    UploadAndRewrap,
}

/// The device's state when a session begins.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// Where the device stands; `None` if it never synced or its place is void.
    pub cursor: Option<Cursor>,
    /// The batch size that worked last.
    pub batch_bytes: u32,
    /// The hash of the alerts that the device has; 0 for none.
    pub alerts: u64,
    /// The mark of the hub's pins that the device knows.
    pub pins: u32,
    /// The statements that it carries.
    pub statements: StatementWork,
}

/// The content of the next request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gather {
    /// Heads of at most that many documents with ids above `after`.
    Heads {
        /// Exclusive lower end.
        after: Option<IncidentId>,
        /// At most that many.
        max_documents: usize,
    },
    /// Changes that the hub lacks of one document, without the first `skip` of them.
    Missing {
        /// The document and the hub's heads of it.
        need: DocumentHeads,
        /// How many were sent already.
        skip: usize,
        /// Bytes of the chunks, about.
        raw_bytes: usize,
    },
    /// Changes in the outbox behind a place.
    Outbox {
        /// Exclusive lower end; 0 is the first.
        after: i64,
        /// Bytes of the chunks, about.
        raw_bytes: usize,
    },
}

/// The content that was gathered.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    /// Changes to push.
    pub groups: Vec<Group>,
    /// Heads.
    pub page: Option<HeadsPage>,
    /// Whether there is more of the same.
    pub more: bool,
    /// The outbox place behind these.
    pub outbox_at: i64,
    /// Erasures that the hub has not heard of: at most [`ERASURES_MAX`](crate::message::ERASURES_MAX), with everything that is gathered;
    /// with the first heads of a rebase, all there are.
    pub erased: Vec<Erasure>,
    /// Documents that this device wants to drop: at most [`LEAVING_MAX`](crate::message::LEAVING_MAX).
    pub leaving: Vec<DocumentHeads>,
    /// The device's chain of key approvals.
    pub keys: KeyNews,
}

/// The key set that statements are sealed to, and how far the device came with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealingKeys {
    /// The version of the key set.
    pub version: u64,
    /// Up to which place the device tried to wrap keys again for this version; 0 if it never did.
    pub tried: u64,
    /// Whether the device can open statements: only then it wraps their keys again.
    pub can_open: bool,
}

/// A sealed batch of statements that waits for the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingBatch {
    /// Its number on the device.
    pub number: i64,
    /// SHA-256 of it.
    pub hash: [u8; 32],
    /// Its bytes.
    pub total: u64,
    /// Whether a piece may have reached the hub.
    pub begun: bool,
}

/// An event: the result of an effect, or the start.
#[derive(Debug)]
pub enum Input {
    /// The session begins.
    Start(Start),
    /// A `Gather` was done.
    Gathered(Gathered),
    /// The hub answered.
    Answered(Vec<u8>),
    /// The hub refused.
    Refused(Refused),
    /// The hub refused, and its proven order is to wipe this device.
    OrderedToWipe,
    /// The link was cut, somewhere.
    Cut,
    /// A `Persist` was done.
    Persisted(DeviceState),
    /// A new incarnation is recorded.
    NewLifeBegun,
    /// A `Seal` was done; `None` on a device without a key set, which seals nothing.
    Sealed(Option<SealingKeys>),
    /// A `FindBatch` was done; `None` if no batch waits.
    Batch(Option<WaitingBatch>),
    /// A `ReadPiece` was done.
    Piece(Vec<u8>),
    /// A `KeepDelivered` was done; that many statements were delivered.
    DeliveredKept(u64),
    /// A `Rewrap` was done.
    Rewrapped {
        /// The keys that this device could open, wrapped again.
        wraps: Vec<WrapRow>,
        /// The place of the last key that it could not open.
        shut: Option<u64>,
    },
}

/// An action for the runtime. Actions are done in their order.
#[derive(Debug)]
pub enum Effect {
    /// Read from the store.
    Gather(Gather),
    /// Post a frame.
    Send {
        /// Where to.
        path: &'static str,
        /// The frame.
        body: Vec<u8>,
    },
    /// Write this, in one transaction.
    Persist(Box<Delivery>),
    /// Take a new random incarnation and forget the cursor, durably.
    BeginNewLife,
    /// Wait that many milliseconds before the next effect.
    Wait(u64),
    /// Seal the statements that may go, in batches, durably.
    Seal,
    /// Find the smallest sealed batch that waits for the hub.
    FindBatch,
    /// Read a piece of a batch, at most [`PIECE_MAX_BYTES`](crate::statement::PIECE_MAX_BYTES) long. The batch counts as begun.
    ReadPiece {
        /// The batch's number on the device.
        number: i64,
        /// Where the piece begins.
        offset: u64,
    },
    /// Note, durably, that the hub has a batch.
    KeepDelivered {
        /// The batch's number on the device.
        number: i64,
        /// Places of the statements that the hub does not take: they are unsealed again.
        refused: Vec<u32>,
    },
    /// Unseal a batch that the hub will never take. Nothing is reported back.
    Unseal {
        /// The batch's number on the device.
        number: i64,
    },
    /// Wrap keys again for the newest key set, those that this device can open.
    Rewrap(Vec<OldWrap>),
    /// Note, durably, up to which place keys were tried for a key set. Nothing is reported back.
    KeepTried {
        /// The version of the key set.
        key_set: u64,
        /// The place.
        place: u64,
    },
    /// The end.
    Done(Outcome),
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Nothing is left to do and both ends hold the same.
    UpToDate,
    /// Nothing is left to do, but something the device holds was refused or waits for consent of the hub.
    Differs,
    /// The digests differ even after a rebase: somebody has to look.
    Alarm,
    /// The link was cut too often.
    Cut,
    /// The hub refused.
    Refused(Refused),
    /// The hub revoked this device and orders it to wipe itself; its proof was checked.
    WipeOrdered,
}

/// Figures of statements in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StatementCounts {
    /// Statements that the hub took.
    pub delivered: u64,
    /// Statements that it did not take: they stay on the device.
    pub refused: u64,
    /// Batches' keys that this device wrapped again.
    pub rewrapped: u64,
}

/// Figures of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// Changes sent, each time they were looked at.
    pub sent: u64,
    /// Changes the hub acknowledged.
    pub acked: u64,
    /// Changes received that were new.
    pub received: u64,
    /// Changes the hub refused permanently.
    pub rejected: u64,
    /// Changes that wait at the hub for ancestors.
    pub pending: u64,
    /// Requests for changes that were answered.
    pub rounds: u64,
    /// Incidents erased by the hub's order.
    pub erased: u64,
    /// Whether a rebase was made.
    pub rebased: bool,
    /// The place of the newest batch's key that this responder's device may wrap again; 0 for none.
    pub old_wraps: u64,
    /// Whether the hub's chain of key approvals contradicts the device's own: nothing is sealed then.
    pub key_set_refused: bool,
    /// Figures of statements.
    pub statements: StatementCounts,
}

impl Default for Outcome {
    fn default() -> Self {
        Self {
            end: End::Differs,
            sent: 0,
            acked: 0,
            received: 0,
            rejected: 0,
            pending: 0,
            rounds: 0,
            erased: 0,
            rebased: false,
            old_wraps: 0,
            key_set_refused: false,
            statements: StatementCounts::default(),
        }
    }
}
