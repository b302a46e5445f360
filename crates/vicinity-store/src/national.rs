//! National's port.

use std::collections::BTreeSet;

use vicinity_core::ids::{DeviceId, ProjectionId};
use vicinity_core::time::Timestamp;

use crate::StoreError;
use crate::alert::NationalAlerts;
use crate::hub::{Credentials, PeerRefused, Role};

type Result<T> = core::result::Result<T, StoreError>;

/// A row as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProjection {
    /// Its id.
    pub projection: ProjectionId,
    /// Its version.
    pub version: u64,
    /// What it says; `None` takes it back.
    pub body: Option<ProjectionBody>,
}

/// What a projection says, and by what similar ones are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectionBody {
    /// As JSON.
    pub json: String,
    /// Its month.
    pub month: String,
    /// Dimension and code.
    pub facets: Vec<(&'static str, String)>,
}

/// A row as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectionListing {
    /// Its id.
    pub projection: ProjectionId,
    /// The number of the hub it came from.
    pub hub: u32,
    /// Its version.
    pub version: u64,
    /// What it says.
    pub json: String,
}

/// A question and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionRow {
    /// Its number.
    pub id: u64,
    /// What it is about.
    pub projection: ProjectionId,
    /// Its code.
    pub code: String,
    /// The hub's answer.
    pub answer: Option<String>,
    /// The row that may be of the same incident.
    pub other: Option<ProjectionId>,
    /// Whether nothing is asked any more: the other row is gone, or is no duplicate.
    pub is_over: bool,
}

/// A hub as national lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubRow {
    /// Its number.
    pub number: u32,
    /// When it was last seen.
    pub last_seen: Option<Timestamp>,
    /// How many projections it has here.
    pub projections: u64,
    /// What people call it.
    pub name: Option<String>,
}

/// National's store. Every method is one transaction, durable when it returns.
///
/// Every method fails with [`StoreError`] if the database cannot be read or written.
pub trait NationalStore: NationalAlerts {
    /// Keeps the hash of a one-time code.
    fn invite(&mut self, code_hash: [u8; 32], role: Role, expires: Timestamp) -> Result<()>;

    /// Gives the hub that uses an open code a name.
    fn name_invited(&mut self, code_hash: [u8; 32], name: &str) -> Result<()>;

    /// Changes what people call a hub; an empty name takes it away. `false` if there is no such hub.
    fn name_hub(&mut self, hub: u32, name: &str) -> Result<bool>;

    /// Cuts the terms of open codes, those of countries included, as [`HubStore::cut_invites`](crate::hub::HubStore::cut_invites)
    /// does.
    fn cut_invites(&mut self, now: Timestamp) -> Result<u64>;

    /// Enrols a hub by a one-time code: its number, or `None` if the code is unknown, used by another or expired.
    fn enrol(
        &mut self,
        code_hash: [u8; 32],
        hub: DeviceId,
        public_key: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<u32>>;

    /// What is needed to check a hub's proof.
    fn credentials(&mut self, hub: DeviceId) -> Result<Option<Credentials>>;

    /// Revokes a hub: from now on none of it is accepted. A new one-time code lets it in again, with another key than it had. What it reported before
    /// stays. `false` if there is no such hub.
    fn revoke(&mut self, hub: u32, now: Timestamp) -> Result<bool>;

    /// Lets a proven report in and moves its counter.
    fn let_in(
        &mut self,
        hub: DeviceId,
        incarnation: u64,
        counter: u64,
        now: Timestamp,
    ) -> Result<core::result::Result<u32, PeerRefused>>;

    /// Takes rows: the highest version of each stays, and of two with the same version a retract, or else
    /// the later. Says which version is
    /// held now; `None` for a row of another hub.
    ///
    /// # Errors
    /// Storage; then nothing of all rows was kept.
    fn upsert(
        &mut self,
        hub: u32,
        rows: &[NewProjection],
        now: Timestamp,
    ) -> Result<Vec<Option<u64>>>;

    /// The areas that a hub's rows name, at most that many: `unknown` among them, where one does.
    fn areas_of(&mut self, hub: u32, max: usize) -> Result<BTreeSet<String>>;

    /// Asks about a projection: the question's number, or `None` if there is no such projection.
    fn ask(&mut self, projection: ProjectionId, code: &str, now: Timestamp) -> Result<Option<u64>>;

    /// Notes what a hub received and answered, and gives what it has not received.
    fn questions_of(
        &mut self,
        hub: u32,
        received: &[u64],
        answers: &[(u64, String)],
        now: Timestamp,
    ) -> Result<Vec<QuestionRow>>;

    /// All questions.
    fn questions(&mut self) -> Result<Vec<QuestionRow>>;

    /// Every projection, ascending by id, of months `from` to `to`.
    ///
    /// # Errors
    /// Storage, or what `each` says.
    fn each_projection(
        &mut self,
        from: Option<&str>,
        to: Option<&str>,
        each: &mut dyn FnMut(ProjectionListing) -> Result<()>,
    ) -> Result<()>;

    /// The hubs.
    fn hubs(&mut self) -> Result<Vec<HubRow>>;

    /// A value kept under a name.
    fn setting(&mut self, key: &str) -> Result<Option<Vec<u8>>>;

    /// Keeps a value under a name.
    fn set_setting(&mut self, key: &str, value: &[u8]) -> Result<()>;
}
