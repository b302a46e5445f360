//! The device's port.

use vicinity_core::batch::{Cursor, DocumentHeads, Erasure, Group, HeadsPage};
use vicinity_core::guard::Refusal;
use vicinity_core::ids::{ChangeHash, IncidentId, ScopeDigest};
use vicinity_core::incident::Incident;
use vicinity_core::time::{SignedDuration, Timestamp};

use crate::StoreError;
use crate::row::IncidentRow;
use crate::statement::DeviceStatements;

type Result<T> = core::result::Result<T, StoreError>;

/// Days that an incident stays on an educator's device after the hub has all of it.
pub const KEPT_DAYS: i64 = 14;

/// An incident that lies unchanged since then, or longer, may leave.
#[must_use]
pub fn kept_since(now: Timestamp) -> Timestamp {
    now.saturating_sub(SignedDuration::from_hours(24 * KEPT_DAYS))
        .unwrap_or(Timestamp::MIN)
}

/// What was written here and is to be kept.
#[derive(Debug, Clone)]
pub struct Written {
    /// The incident.
    pub incident: IncidentId,
    /// New changes, ancestors first.
    pub chunks: Vec<Vec<u8>>,
    /// The incident after them.
    pub view: Incident,
    /// Its sorted heads after them.
    pub heads: Vec<ChangeHash>,
    /// Whether the survivor agrees, now, that it leaves the phone.
    pub granted: bool,
    /// What statements say or show, by entry.
    pub statements: Vec<(String, Vec<u8>)>,
    /// A survivor's code that cannot be hashed yet.
    pub unhashed_code: Option<String>,
    /// The keyed hash of the photo or sound that is its one statement: the same one is kept once of each incident.
    pub attached: Option<[u8; 32]>,
}

/// A line that `log` was given.
#[derive(Debug, Clone)]
pub struct LoggedLine {
    /// The incident, to be kept unless it is here.
    pub written: Written,
    /// What it is known again by.
    pub mark: Mark,
}

/// What a line of `log` is known again by: hashes under a key of the device's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It came with an id: of what it says.
    Input([u8; 32]),
    /// It came without: of all lines up to it.
    Line([u8; 32]),
}

/// Lines that become durable together.
#[derive(Debug, Clone, Copy)]
pub struct LoggedLines<'a> {
    /// In the order in which they came.
    pub lines: &'a [LoggedLine],
    /// The run that they belong to, as the call before said.
    pub run: Option<i64>,
    /// Where these are the last: the keyed hash of all lines. The run is finished then.
    pub end: Option<[u8; 32]>,
}

/// The outcome of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    /// It is an incident now.
    Kept,
    /// It was logged before, as this incident.
    AlreadyHere(IncidentId),
    /// A run that was cut off logged it, and the incident has left this device since or was erased.
    Gone,
    /// An incident of this id is here that says something else, or came from another device.
    OtherContent,
    /// The incident of this id was erased.
    Erased,
    /// The incident of this id was here and has left.
    Left,
}

/// The outcome of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logging {
    /// What is known of each line, in their order.
    pub lines: Vec<Once>,
    /// The run, where one of its lines has no id.
    pub run: Option<i64>,
    /// Whether the same lines were logged here before, to their end: they are incidents twice now.
    pub again: bool,
}

/// Runs of `log` without ids that were cut off and can be continued.
pub const UNFINISHED_RUNS_MAX: i64 = 8;
/// Runs that are remembered, to say that the same was logged before.
pub const RUNS_MAX: i64 = 1000;

/// What the device knows of itself and its hub. Every value is small and replaced whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceSetting {
    /// Where it is in the hub's feed.
    Cursor,
    /// The batch size that worked last.
    BatchBytes,
    /// Its enrolment, as JSON.
    Enrolment,
    /// Its life and the counter of its last request.
    Incarnation,
    /// Seconds by which the hub's clock is ahead.
    Skew,
    /// The secret that opens statements, on a responder's device.
    Opener,
    /// The keys it is enrolling with, as JSON: a link that was cut in the middle is followed again with the same.
    Enrolling,
    /// The hub's chain of key approvals, as far as this device knows it.
    KeyChain,
    /// The root of that chain that this device trusts.
    KeyRoot,
    /// What the enrolment link said of the chain.
    KeyAnchor,
    /// The hub's chain, where it contradicts this device's; empty for none.
    KeyFork,
    /// Approvals and removals that the hub has not confirmed.
    KeyActs,
    /// How many entries the hub has, where it has fewer: 8 bytes, big-endian; empty for none.
    KeysAtHub,
    /// Up to where batches' keys were tried: the key set's version and the place, each as 8 bytes, big-endian.
    TriedWraps,
    /// The secret that opens replies to bundles.
    BundleKey,
    /// Documents of which the hub lacked ancestors when it replied to a bundle.
    BundleNeed,
    /// The alerts that are active, as the hub told them.
    Alerts,
    /// The pins of the hub's keys, present and next.
    Pins,
    /// The last contact with the hub.
    Contact,
    /// The key under which inputs and attachments are hashed, to know them again.
    OnceKey,
    /// The name of the hub's time zone.
    Zone,
    /// When every page of its file was last looked at and found whole: seconds, as 8 bytes, big-endian.
    LookedAt,
}

impl DeviceSetting {
    /// Its key.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Cursor => "cursor",
            Self::BatchBytes => "batch_bytes",
            Self::Enrolment => "enrolment",
            Self::Incarnation => "incarnation",
            Self::Skew => "skew",
            Self::Opener => "opener",
            Self::Enrolling => "enrolling",
            Self::KeyChain => "key_chain",
            Self::KeyRoot => "key_root",
            Self::KeyAnchor => "key_anchor",
            Self::KeyFork => "key_fork",
            Self::KeyActs => "key_acts",
            Self::KeysAtHub => "keys_at_hub",
            Self::TriedWraps => "tried_wraps",
            Self::BundleKey => "bundle_key",
            Self::BundleNeed => "bundle_need",
            Self::Alerts => "alerts",
            Self::Pins => "pins",
            Self::Contact => "contact",
            Self::OnceKey => "once_key",
            Self::Zone => "zone",
            Self::LookedAt => "looked_at",
        }
    }
}

/// Part of what waits for the hub.
#[derive(Debug, Clone, Default)]
pub struct OutboxPage {
    /// Changes, by incident.
    pub groups: Vec<Group>,
    /// The place behind them.
    pub at: i64,
    /// Whether there is more.
    pub more: bool,
}

/// What an answer of the hub's brought.
#[derive(Debug, Clone, Default)]
pub struct Delivered<'a> {
    /// These the hub has permanently.
    pub acked: &'a [(IncidentId, ChangeHash)],
    /// These it will never take, except for those that lack consent: the consent may be in a later batch, so they stay in
    /// the outbox.
    pub rejected: &'a [(IncidentId, ChangeHash, Refusal)],
    /// Changes from the hub.
    pub groups: &'a [Group],
    /// Incidents that left the scope.
    pub removed: &'a [IncidentId],
    /// Incidents to erase, with everything of them. The caller has checked the proofs.
    pub erase: &'a [Erasure],
    /// The hub learned that these were erased.
    pub told: &'a [IncidentId],
    /// The new place.
    pub cursor: Option<Cursor>,
    /// Settings to keep with it.
    pub settings: &'a [(DeviceSetting, Vec<u8>)],
}

/// How the device stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeviceStanding {
    /// Changes that were new.
    pub received: u64,
    /// The digest over what it shares with the hub.
    pub digest: ScopeDigest,
    /// Changes that may go and have not gone.
    pub unsent: u64,
    /// Changes the hub refused.
    pub rejected: u64,
    /// Incidents that were here and were erased.
    pub erased: u64,
    /// Erasures of which the hub is still to learn.
    pub untold: u64,
}

/// The device's store. Every method is one transaction, durable when it returns.
///
/// Every method fails with [`StoreError`] if the database cannot be read or written.
pub trait DeviceStore: DeviceStatements {
    /// Keeps what was written here.
    ///
    /// # Errors
    /// Storage, an incident that was erased meanwhile ([`StoreError::Erased`]), or an attachment that the incident has already
    /// ([`StoreError::AlreadyAttached`]); then nothing of all of it was kept.
    fn write(&mut self, written: &[Written]) -> Result<()>;

    /// Keeps incidents that are logged, each once. A run without ids that was cut off is continued: a line of it that is known
    /// was logged, and so were all before it. The hashes go with their incident.
    ///
    /// # Errors
    /// Storage; then nothing of all of it was kept.
    fn log(&mut self, lines: &LoggedLines<'_>) -> Result<Logging>;

    /// Incidents of this device that stay here because the hub has another one under the same id, ascending. Nothing of them is
    /// sent any more.
    fn apart(&mut self) -> Result<Vec<IncidentId>>;

    /// One incident.
    fn incident(&mut self, incident: IncidentId) -> Result<Option<IncidentRow>>;

    /// Every incident, ascending by id.
    ///
    /// # Errors
    /// Storage, or what `each` says.
    fn each_incident(
        &mut self,
        each: &mut dyn FnMut(IncidentId, IncidentRow) -> Result<()>,
    ) -> Result<()>;

    /// The chunks of one incident's changes, ancestors first.
    fn chunks(&mut self, incident: IncidentId) -> Result<Vec<Vec<u8>>>;

    /// Texts of an incident's statements that this device holds, by entry; photos and sounds are not among them.
    fn statements(&mut self, incident: IncidentId) -> Result<Vec<(String, String)>>;

    /// Survivor codes that were typed before there was a key to hash them with.
    fn unhashed_codes(&mut self) -> Result<Vec<(IncidentId, String)>>;

    /// A change's author: `Some(true)` if it was written on this device, else the number its hub gave the writer.
    fn author(&mut self, incident: IncidentId, change: ChangeHash) -> Result<Option<(bool, u32)>>;

    /// A setting of the device.
    fn setting(&mut self, setting: DeviceSetting) -> Result<Option<Vec<u8>>>;

    /// Writes settings; `None` removes one.
    fn set_settings(&mut self, settings: &[(DeviceSetting, Option<Vec<u8>>)]) -> Result<()>;

    /// Heads of documents shared with the hub, with ids above `after`.
    fn heads(&mut self, after: Option<IncidentId>, max_documents: usize) -> Result<HeadsPage>;

    /// Changes of one document that a hub with these heads lacks, without the first `skip`, and whether there are more.
    /// Nothing, if the document may not leave.
    fn missing(
        &mut self,
        need: &DocumentHeads,
        skip: usize,
        raw_bytes: usize,
    ) -> Result<(Vec<Group>, bool)>;

    /// What waits in the outbox behind a place and may go.
    fn outbox(&mut self, after: i64, raw_bytes: usize) -> Result<OutboxPage>;

    /// Erasures of which the hub is still to learn, at most that many; `again` begins again with all there ever were, for a
    /// hub that may have been restored from before.
    fn erasures(&mut self, again: bool, max: usize) -> Result<Vec<Erasure>>;

    /// Lets what is held back leave where `hub_response` is granted now, by a grant that has an end: the clock may have been
    /// ahead when the incident was written. Nothing is held back by it.
    fn recheck_grants(&mut self, now: Timestamp) -> Result<()>;

    /// Incidents that the hub has wholly, with their heads, and of which nothing was written, brought or taken for
    /// [`KEPT_DAYS`]: at most that many, ascending by id. A statement or change that the hub does not have keeps an incident
    /// here. The days begin when this is asked for the first time after the last change; a clock set back begins them again.
    fn leaving(&mut self, now: Timestamp, max: usize) -> Result<Vec<DocumentHeads>>;

    /// Whether an incident was here and is not any more, without having been erased.
    fn has_left(&mut self, incident: IncidentId) -> Result<bool>;

    /// Writes what an answer brought, the new cursor with it. Erasures come last except for one thing: of what was erased, no
    /// change is taken any more.
    ///
    /// # Errors
    /// Storage; then none of it was kept.
    fn deliver(&mut self, delivered: &Delivered<'_>) -> Result<DeviceStanding>;

    /// How the device stands.
    fn standing(&mut self) -> Result<DeviceStanding>;
}

/// A cursor as it is kept.
#[must_use]
pub fn cursor_bytes(cursor: &Cursor) -> [u8; 48] {
    let mut bytes = [0; 48];
    bytes[..16].copy_from_slice(&cursor.epoch);
    bytes[16..24].copy_from_slice(&cursor.seq.to_be_bytes());
    bytes[24..40].copy_from_slice(&cursor.chain);
    bytes[40..].copy_from_slice(&cursor.mac);
    bytes
}

/// The cursor of its bytes.
#[must_use]
pub fn cursor_of(bytes: &[u8]) -> Option<Cursor> {
    let bytes: &[u8; 48] = bytes.try_into().ok()?;
    let (epoch, rest) = bytes.split_first_chunk::<16>()?;
    let (seq, rest) = rest.split_first_chunk::<8>()?;
    let (chain, mac) = rest.split_first_chunk::<16>()?;
    Some(Cursor {
        epoch: *epoch,
        seq: u64::from_be_bytes(*seq),
        chain: *chain,
        mac: mac.try_into().ok()?,
    })
}
