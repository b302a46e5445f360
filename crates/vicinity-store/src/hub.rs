//! The hub's port.

use std::collections::BTreeSet;

use vicinity_core::admit::Verdict;
use vicinity_core::areas::Areas;
use vicinity_core::batch::{Cursor, DocumentHeads, Group, HeadsPage, Pull};
use vicinity_core::guard::Refusal;
use vicinity_core::ids::{ChangeHash, DeviceId, IncidentId, ProjectionId};
use vicinity_core::time::Timestamp;

use crate::StoreError;
use crate::alert::HubAlerts;
use crate::evidence::SignedRequest;
pub use crate::peer::{Peer, Role};
use crate::policy::Brought;
use crate::row::IncidentRow;
use crate::statement::HubStatements;

type Result<T> = core::result::Result<T, StoreError>;

/// Bytes of changes and envelopes that one device may have at a hub: a hundred times what thousands of incidents take.
pub const DEVICE_STORED_BYTES: u64 = 256 << 20;
/// Bytes of refused changes of one device that are kept: enough to see what happened, not enough to fill the disk.
pub const DEVICE_REFUSED_BYTES: u64 = 2 << 20;
/// What a refused change takes also its bytes.
pub const REFUSED_ROW_BYTES: u64 = 128;

/// What stays permanently of something that passes: the tombstone of an incident that a device withdrew, each order to erase it,
/// and each time that an incident leaves a phone or comes back to it. It counts in the share of whose device brought it about.
pub const LASTING_ROW_BYTES: u64 = 512;
/// Lives of one device: it begins a new one when it was restored or copied.
pub const LIVES_MAX: u32 = 1000;

/// Receipts for one erasure of one device's lives that are kept, the newest: two copies of a phone are two lives that go on.
pub const RECEIPTS_MAX: usize = 16;

/// Seconds that an enrolment code is good for, at a hub and at national.
pub const INVITE_SECONDS: i64 = 10 * 60;

/// Why a request of a device, a hub or a country is refused before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerRefused {
    /// It was revoked.
    Revoked,
    /// Its counter is the last one.
    Replayed,
    /// Its counter is below the last one.
    RolledBack,
    /// Its counter is above [`ORDINAL_MAX`](vicinity_core::ids::ORDINAL_MAX).
    TooHigh,
    /// It began [`LIVES_MAX`] lives, and this would be one more.
    TooManyLives,
    /// No such device.
    Unknown,
}

impl PeerRefused {
    /// Why a counter that is not above the last one is not let in.
    #[must_use]
    pub fn not_above(counter: u64, last: u64) -> Self {
        if counter == last {
            Self::Replayed
        } else {
            Self::RolledBack
        }
    }
}

/// What is needed to check a device's proof.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Its public key.
    pub public_key: [u8; 32],
    /// Whether it was revoked.
    pub revoked: bool,
}

impl core::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Credentials")
    }
}

/// A device as the hub lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    /// Its number.
    pub number: u32,
    /// Its id.
    pub device: DeviceId,
    /// Its role.
    pub role: Role,
    /// When it was last seen, by the hub's clock.
    pub last_seen: Option<Timestamp>,
    /// Seconds by which the hub's clock is ahead of its.
    pub skew_seconds: Option<i64>,
    /// Whether it was revoked.
    pub revoked: bool,
    /// The hash of the code that it enrolled with, and its public key: people compare six digits of both.
    pub enrolled_with: ([u8; 32], [u8; 32]),
    /// What people call it.
    pub name: Option<String>,
}

/// Counts, for health and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HubCounts {
    /// Documents.
    pub incidents: u64,
    /// The head of the feed.
    pub feed_seq: u64,
    /// Devices enrolled.
    pub devices: u64,
    /// Changes that wait for ancestors.
    pub waiting: u64,
    /// Changes refused.
    pub quarantined: u64,
    /// Projections national has not confirmed.
    pub projections_unsent: u64,
}

/// A row for national.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectionRow {
    /// Its id there.
    pub projection: ProjectionId,
    /// Its version.
    pub version: u64,
    /// What it says; `None` takes it back.
    pub json: Option<String>,
}

/// What national said to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentProjection {
    /// Which projection.
    pub projection: ProjectionId,
    /// The version that was sent.
    pub version: u64,
    /// The version that national holds; `None` if it refused the row permanently.
    pub held: Option<u64>,
}

/// A place that may hold what was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErasurePlace {
    /// The device's number.
    pub device: u32,
    /// Its role.
    pub role: Role,
    /// When it last confirmed that it erased.
    pub confirmed_at: Option<Timestamp>,
    /// When it was last seen.
    pub last_seen: Option<Timestamp>,
    /// Whether it was revoked since: it gets the order to wipe itself instead, and will confirm nothing.
    pub revoked: bool,
}

/// An incident that was erased, and how far that has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureRow {
    /// The incident.
    pub incident: IncidentId,
    /// When.
    pub erased_at: Timestamp,
    /// Whether national still has to confirm that it took its row back.
    pub national_owes: bool,
    /// The devices that learned, by number.
    pub places: Vec<ErasurePlace>,
}

/// Random bytes that a step may need: the hub's caller draws them.
pub trait Random {
    /// Fills a new array.
    fn bytes16(&mut self) -> [u8; 16];
}

/// The hub's store. Every method is one transaction, durable when it returns; inside [`HubStore::group_commit`] they
/// become durable together.
///
/// Every method fails with [`StoreError`] if the database cannot be read or written.
pub trait HubStore: HubStatements + HubAlerts {
    /// Runs several steps under one commit: nothing is durable before it returns `Ok`, and nothing is kept at all if
    /// `steps` says `false`. Not to be nested.
    ///
    /// # Errors
    /// The commit failed, or was not wanted: none of the steps happened.
    fn group_commit(
        &mut self,
        steps: &mut dyn FnMut(&mut (dyn HubStore + 'static)) -> bool,
    ) -> Result<()>;

    /// Keeps the hash of a one-time code.
    fn invite(&mut self, code_hash: [u8; 32], role: Role, expires: Timestamp) -> Result<()>;

    /// Gives the device that uses an open code a name.
    fn name_invited(&mut self, code_hash: [u8; 32], name: &str) -> Result<()>;

    /// Changes what people call a device; an empty name takes it away. `false` if there is no such device.
    fn name_device(&mut self, device: u32, name: &str) -> Result<bool>;

    /// Cuts the terms of open codes to [`INVITE_SECONDS`] from now: longer ones were made by a clock that was ahead. Using a
    /// code does the same first. How many were cut.
    fn cut_invites(&mut self, now: Timestamp) -> Result<u64>;

    /// Enrols a device by a one-time code: `None` if the code is unknown, used by another or expired. The same device
    /// with the same code gets the same answer again.
    fn enrol(
        &mut self,
        code_hash: [u8; 32],
        device: DeviceId,
        public_key: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<Peer>>;

    /// What is needed to check a device's proof.
    fn credentials(&mut self, device: DeviceId) -> Result<Option<Credentials>>;

    /// Revokes a device: from now on none of it is accepted, and it cannot enrol again. `false` if there is no such
    /// device.
    fn revoke(&mut self, device: u32, now: Timestamp) -> Result<bool>;

    /// Lets a proven request in and moves its counter.
    fn let_in(
        &mut self,
        device: DeviceId,
        incarnation: u64,
        counter: u64,
        now: Timestamp,
    ) -> Result<core::result::Result<Peer, PeerRefused>>;

    /// Who a device is in one of its lives, and the last counter that was let in of it: 0 for none. Lets nothing in and changes
    /// nothing; for what may come late, such as a bundle.
    fn heard(
        &mut self,
        device: DeviceId,
        incarnation: u64,
    ) -> Result<core::result::Result<(Peer, u64), PeerRefused>>;

    /// Notes how far the hub's clock is ahead of a device's, for what [`HubStore::accept`] takes next; `None` for what comes by a
    /// file, whose clock nobody sees.
    fn note_skew(&mut self, peer: &Peer, skew_seconds: Option<i64>, now: Timestamp) -> Result<()>;

    /// Sets the hub's time zone, by its name. What it changes is worked out by [`HubStore::recheck_consents`] and where the board is
    /// refreshed.
    fn set_zone(&mut self, zone: &str) -> Result<()>;

    /// Takes changes: guard, log, rows, projections, feed, and the signed request that brought them. One verdict a change, in
    /// order. Groups of one incident are one: its document is loaded at most once, and not at all where nothing is new.
    ///
    /// # Errors
    /// Storage; then nothing of all groups was kept.
    fn accept(
        &mut self,
        peer: &Peer,
        request: Option<SignedRequest<'_>>,
        groups: &[Group],
        now: Timestamp,
        random: &mut dyn Random,
    ) -> Result<Vec<Verdict>>;

    /// What it will cost to take these changes of one incident, in operations ([`weight`](crate::policy::weight)); loads nothing.
    fn weigh(&mut self, peer: &Peer, incident: IncidentId, changes: &[Brought<'_>]) -> Result<u64>;

    /// What was done since the store was opened, in operations: of documents that [`HubStore::accept`] loaded, and of what
    /// [`HubStore::pull`] looked at and gave.
    fn loaded(&self) -> u64;

    /// Bytes of changes and envelopes that this device brought and that are here, and of what stays permanently of what passed
    /// ([`LASTING_ROW_BYTES`] each): to be held against [`DEVICE_STORED_BYTES`].
    fn stored_bytes(&mut self, device: u32) -> Result<u64>;

    /// Whether a cursor is of this feed. One that this hub gave out and that is not, marks the hub as restored; any other
    /// changes nothing.
    fn stands(&mut self, cursor: &Cursor) -> Result<bool>;

    /// What a device lacks: by the feed behind its cursor, or by comparing heads in a range of ids. `None` if the
    /// cursor is not of this feed.
    fn pull(
        &mut self,
        peer: &Peer,
        cursor: Option<Cursor>,
        page: Option<&HeadsPage>,
        pushed: &[IncidentId],
        raw_bytes: usize,
    ) -> Result<Option<Pull>>;

    /// An educator's device wants to drop these incidents, of which it knows these heads. Each that is in its scope
    /// with exactly these heads leaves it, as if it had been withdrawn; but once anything new is stored of it, by whomever,
    /// it comes into the scope again. Any other stays as it is.
    fn let_go(&mut self, peer: &Peer, documents: &[DocumentHeads], now: Timestamp) -> Result<()>;

    /// Assigns an incident to a device, or takes it back. `false` if either is unknown.
    fn assign(
        &mut self,
        incident: IncidentId,
        device: u32,
        assigned: bool,
        now: Timestamp,
    ) -> Result<bool>;

    /// Erases an incident: its changes and who sent them, its row, what waits or was refused, its scope, its questions and
    /// its projection. A tombstone stays, of its id and the time; the feed keeps its numbers and its chain. Every device that
    /// may hold it is ordered to erase it, and its projection is withdrawn. Later changes to it are refused. `false` if
    /// the hub held none of it; it is refused from now on anyway. Once durable, no page of the engine's files holds
    /// it, as soon as no other process reads an older state.
    fn erase(&mut self, incident: IncidentId, now: Timestamp) -> Result<bool>;

    /// A device says that it erased these. The caller has checked that this hub ordered it: what the hub does not know of,
    /// it learns here, after a restore, and erases too.
    fn confirm_erased(
        &mut self,
        peer: &Peer,
        incidents: &[IncidentId],
        now: Timestamp,
    ) -> Result<()>;

    /// What a device is to erase and, in this life of it, has not confirmed: at most that many. After a restore the hub no
    /// longer knows who may hold what, and every device learns of every erasure.
    fn erase_orders(&mut self, peer: &Peer, max: usize) -> Result<Vec<IncidentId>>;

    /// Everything that was erased, by time, and who has confirmed it.
    fn erasures(&mut self) -> Result<Vec<ErasureRow>>;

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

    /// The number of the device that wrote a change; 0 is the hub itself. `None` if it is unknown: the change came back
    /// by somebody else's phone after a restore.
    fn author(&mut self, incident: IncidentId, change: ChangeHash) -> Result<Option<u32>>;

    /// The chunks of one incident's changes, ancestors first.
    fn chunks(&mut self, incident: IncidentId) -> Result<Vec<Vec<u8>>>;

    /// The devices.
    fn devices(&mut self) -> Result<Vec<DeviceRow>>;

    /// What was refused: how many, by reason.
    fn quarantine(&mut self) -> Result<Vec<(Refusal, u64)>>;

    /// Counts.
    fn counts(&mut self) -> Result<HubCounts>;

    /// A value kept under a name: settings of the hub.
    fn setting(&mut self, key: &str) -> Result<Option<Vec<u8>>>;

    /// Keeps a value under a name.
    fn set_setting(&mut self, key: &str, value: &[u8]) -> Result<()>;

    /// The areas that this hub's rows may name.
    fn told_areas(&mut self) -> Result<Areas>;

    /// Lists them, and makes every row again that national has or will have. Gives the numbers of documents whose rows cannot be
    /// read: theirs are withdrawn.
    fn list_areas(
        &mut self,
        listed: &BTreeSet<String>,
        now: Timestamp,
        random: &mut dyn Random,
    ) -> Result<Vec<u64>>;

    /// Makes projections again whose consent ended by its date. Gives the numbers of documents whose rows cannot be read: theirs
    /// are withdrawn, and each learns once.
    fn recheck_consents(&mut self, now: Timestamp, random: &mut dyn Random) -> Result<Vec<u64>>;

    /// Rows that national has not confirmed.
    fn unsent_projections(&mut self, max: usize) -> Result<Vec<ProjectionRow>>;

    /// Notes what national said. Where it holds a higher version than was sent, this hub wrote that before it was restored
    /// from a backup: the row goes again, above it.
    fn projections_sent(&mut self, rows: &[SentProjection]) -> Result<()>;

    /// The incident behind a projection.
    fn projected(&mut self, projection: ProjectionId) -> Result<Option<IncidentId>>;

    /// Keeps a question of national's; `false` if it was there. `other`: the row that may be of the same incident.
    fn ask(
        &mut self,
        question: u64,
        incident: IncidentId,
        other: Option<ProjectionId>,
    ) -> Result<bool>;

    /// National asks this no more: an incident that is counted elsewhere for it is counted here again.
    fn end_question(&mut self, question: u64) -> Result<()>;

    /// Answers that national has not confirmed.
    fn unreported_answers(&mut self) -> Result<Vec<(u64, String)>>;

    /// National has these answers.
    fn answers_reported(&mut self, questions: &[u64]) -> Result<()>;
}
