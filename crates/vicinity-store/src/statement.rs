//! The ports for statements: plain and sealed on a device, only sealed at the hub.
//!
//! At the hub the bodies are in the hub's database and everything that opens them, for whom they were sealed to, in a second
//! small one: deleting a key there ends its statement, whatever older copies of the bodies there are.

use vicinity_core::ids::IncidentId;
use vicinity_core::time::Timestamp;

use crate::StoreError;
use crate::peer::Peer;
use crate::row::IncidentRow;

type Result<T> = core::result::Result<T, StoreError>;

/// Bytes of sealed statements that one device may have at a hub.
pub const DEVICE_QUOTA_BYTES: u64 = 2_000_000_000;

/// Seconds after which a blob is forgotten of which nothing more came: as long as the keys of statements are good in backups. A
/// device that brings it after that begins again, and of what was taken apart it hears again what was refused.
pub const BLOB_TERM_SECONDS: i64 = 30 * 24 * 3600;

/// A piece of a blob that a device brings.
#[derive(Clone, Copy)]
pub struct BlobPiece<'a> {
    /// SHA-256 of the whole.
    pub hash: [u8; 32],
    /// Bytes of the whole.
    pub total: u64,
    /// Where the piece belongs.
    pub offset: u64,
    /// The piece.
    pub bytes: &'a [u8],
}

/// How a blob is at the hub.
#[derive(Clone, PartialEq, Eq)]
pub enum BlobState {
    /// That many bytes of it are there.
    Held(u64),
    /// It is there whole, and is to be checked and taken apart.
    Whole(Vec<u8>),
    /// It was taken apart; places of the statements that were not taken.
    Done(Vec<u32>),
    /// The device's share is full: none of it was taken.
    OverQuota,
}

/// A sealed statement for the hub.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedStatement {
    /// The incident.
    pub incident: IncidentId,
    /// The entry that names it.
    pub entry: String,
    /// Its class.
    pub class: String,
    /// Its key, under its batch's.
    pub wrapped_key: [u8; 48],
    /// The encrypted statement.
    pub body: Vec<u8>,
}

/// A batch's key, wrapped to the responders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptWrap {
    /// Which batch.
    pub id: [u8; 16],
    /// The wrapped key.
    pub bytes: Vec<u8>,
}

/// A statement as a responder gets it.
#[derive(Clone, PartialEq, Eq)]
pub struct HeldStatement {
    /// Its class.
    pub class: String,
    /// The batch's key.
    pub wrap: KeptWrap,
    /// Its key, under the batch's.
    pub wrapped_key: [u8; 48],
    /// Bytes of the whole body.
    pub total: u64,
    /// A piece of the body.
    pub piece: Vec<u8>,
}

/// A reading that was noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Whose device.
    pub device: u32,
    /// When, by the hub's clock.
    pub at: Timestamp,
    /// SHA-256 over incident and entry.
    pub entry_hash: [u8; 32],
    /// SHA-256 over the row before and this one.
    pub chain: [u8; 32],
}

/// The hub's port for statements. As in [`crate::hub::HubStore`], every method is one transaction.
///
/// Every method fails with [`StoreError`] if the database cannot be read or written.
pub trait HubStatements {
    /// Keeps the public key that statements are sealed to for a device.
    fn set_recipient(&mut self, device: u32, recipient: &str) -> Result<()>;

    /// The public keys of responders' devices that were not revoked, by the devices' numbers.
    fn recipients(&mut self) -> Result<Vec<(u32, String)>>;

    /// An incident, if the device may see it.
    fn incident_in_scope(
        &mut self,
        peer: &Peer,
        incident: IncidentId,
    ) -> Result<Option<IncidentRow>>;

    /// Keeps a piece that begins where the blob ends so far; another piece changes nothing. `quota_bytes` is checked when
    /// a blob begins, against its whole length.
    fn take_piece(
        &mut self,
        peer: &Peer,
        piece: &BlobPiece<'_>,
        quota_bytes: u64,
        now: Timestamp,
    ) -> Result<BlobState>;

    /// Forgets blobs of which nothing came for [`BLOB_TERM_SECONDS`].
    fn forget_stale_blobs(&mut self, now: Timestamp) -> Result<()>;

    /// Whose device brought a statement that is here.
    fn statement_bringer(&mut self, incident: IncidentId, entry: &str) -> Result<Option<u32>>;

    /// Forgets a blob that was never taken apart: its bytes are not what their name says.
    fn drop_blob(&mut self, peer: &Peer, hash: [u8; 32]) -> Result<()>;

    /// Takes a blob apart: its statements are kept, and its bytes forgotten. The keys are durable before the bodies are: a
    /// statement that is listed can be opened. A statement that is there already stays as it is.
    ///
    /// # Errors
    /// Storage. Keys without a body may have been kept: they open nothing, and the same blob brings them again.
    #[expect(
        clippy::too_many_arguments,
        reason = "one batch with everything that is kept of it in one step"
    )]
    fn keep_batch(
        &mut self,
        peer: &Peer,
        hash: [u8; 32],
        wrap: &KeptWrap,
        key_set: u64,
        statements: &[SealedStatement],
        refused: &[u32],
        now: Timestamp,
    ) -> Result<()>;

    /// Entries of an incident whose statements are here with their keys, and the bytes of their bodies.
    fn sealed_statements(&mut self, incident: IncidentId) -> Result<Vec<(String, u64)>>;

    /// A statement with what opens it, and a piece of its body; `None` if it is not here or its key is gone.
    fn sealed_statement(
        &mut self,
        incident: IncidentId,
        entry: &str,
        offset: u64,
        max_bytes: usize,
    ) -> Result<Option<HeldStatement>>;

    /// Notes that a device was given what opens a statement. Rows are chained, and none is ever changed.
    ///
    /// # Errors
    /// Storage; then nothing may be given.
    fn note_opened(&mut self, peer: &Peer, entry_hash: [u8; 32], now: Timestamp) -> Result<()>;

    /// Every reading that was noted, oldest first.
    fn audit(&mut self) -> Result<Vec<AuditRow>>;

    /// The place of the newest batch's key that is wrapped to a set older than this; 0 for none. Places count up, and none
    /// is given twice.
    fn newest_old_wrap(&mut self, key_set: u64) -> Result<u64>;

    /// Batches' keys that are wrapped to a set older than this, with their places, from behind a place on.
    fn old_wraps(&mut self, key_set: u64, after: u64, max: usize) -> Result<Vec<(u64, KeptWrap)>>;

    /// Replaces a batch's key with one that was wrapped again; `false` if there is no such batch.
    fn rewrap(&mut self, wrap: &KeptWrap, key_set: u64) -> Result<bool>;
}

/// A statement of a device's that is not sealed yet.
#[derive(Clone, PartialEq, Eq)]
pub struct PlainStatement {
    /// The incident.
    pub incident: IncidentId,
    /// The entry that names it.
    pub entry: String,
    /// Its class.
    pub class: String,
    /// What was reported.
    pub body: Vec<u8>,
}

/// How far a device has brought a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// It is here as it was written.
    Plain,
    /// It is sealed and waits for the hub.
    Sealed,
    /// The hub has it.
    Delivered,
}

/// A sealed batch that waits for the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingBlob {
    /// Its number here.
    pub number: i64,
    /// SHA-256 of it.
    pub hash: [u8; 32],
    /// Its bytes.
    pub total: u64,
    /// Whether a piece may have reached the hub.
    pub begun: bool,
}

/// The device's port for statements. As in [`crate::device::DeviceStore`], every method is one transaction.
///
/// Every method fails with [`StoreError`] if the database cannot be read or written.
pub trait DeviceStatements {
    /// Statements that may be sealed: the hub has their incidents with all their changes, and may have them. Shortest
    /// first; at least one where there is one, then up to that many bytes and that many statements. Those named in `not` are left out.
    fn unsealed(
        &mut self,
        max_bytes: usize,
        max_statements: usize,
        not: &[IncidentId],
    ) -> Result<Vec<PlainStatement>>;

    /// Keeps a sealed batch, and which statements are in it, in their order.
    fn keep_blob(
        &mut self,
        hash: [u8; 32],
        blob: &[u8],
        statements: &[(IncidentId, String)],
    ) -> Result<()>;

    /// The smallest sealed batch that waits for the hub.
    fn next_blob(&mut self) -> Result<Option<WaitingBlob>>;

    /// Every sealed batch that waits for the hub, the smallest first.
    fn waiting_blobs(&mut self) -> Result<Vec<WaitingBlob>>;

    /// A piece of it, to be sent: it counts as begun from now on.
    fn blob_piece(&mut self, number: i64, offset: u64, max_bytes: usize) -> Result<Vec<u8>>;

    /// The hub has the batch, except for the statements at these places: those are unsealed again. With `forget` what was reported
    /// is deleted here, and only that it was delivered stays. Says how many were delivered.
    fn blob_delivered(&mut self, number: i64, refused: &[u32], forget: bool) -> Result<u64>;

    /// The hub cannot take the batch: its statements are unsealed again.
    fn unseal_blob(&mut self, number: i64) -> Result<()>;

    /// How far the statements of an incident were brought that were written here, by entry.
    fn carried(&mut self, incident: IncidentId) -> Result<Vec<(String, Carried)>>;

    /// The entry of a photo or sound that an incident has already, by its keyed hash; also of one that was delivered.
    fn attached(&mut self, incident: IncidentId, hash: [u8; 32]) -> Result<Option<String>>;
}
