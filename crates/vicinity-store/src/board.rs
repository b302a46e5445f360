//! The port of a hub's board: lists that are quick however many incidents there are, and what one incident's page shows.

use vicinity_core::ids::{ChangeHash, IncidentId, ProjectionId};
use vicinity_core::incident::Incident;
use vicinity_core::published::Cell;
use vicinity_core::time::Timestamp;

use crate::StoreError;
use crate::advocacy::Patterns;
use crate::forms::Forms;
use crate::hub::HubStore;
use crate::national::ProjectionListing;
use crate::reached::HubReached;
use crate::row::IncidentRow;
use crate::tables::HubTables;

type Result<T> = core::result::Result<T, StoreError>;

/// Rows of one page of a board.
pub const PAGE_ROWS: usize = 50;

/// Which incidents a board shows; an empty text leaves a filter out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BoardFilter {
    /// `open` (any that is not closed), `closed`, or one status.
    pub status: String,
    /// A triage level.
    pub level: String,
    /// A kind of perpetrator.
    pub kind: String,
    /// A group of violations.
    pub group: String,
    /// An area, or the beginning of one.
    pub area: String,
    /// A setting.
    pub setting: String,
    /// The name of the clock to look at next.
    pub clock: String,
    /// Only those whose next clock is overdue, have conflicts, or a question that nobody answered.
    pub only: String,
}

/// One page of a board: most urgent first, in the order of [`vicinity_core::board`].
#[derive(Debug, Clone, PartialEq)]
pub struct BoardPage {
    /// Incidents, read as they are now.
    pub rows: Vec<(IncidentId, IncidentRow)>,
    /// How many there are over all pages.
    pub total: u64,
    /// How many open ones there are of each level, red first, whatever the filter.
    pub open: [u64; 3],
    /// How many open ones have an overdue clock that somebody can still do something about, whatever the filter.
    pub overdue: u64,
}

/// A statement as the hub holds it: sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldSealed {
    /// Its entry in the incident.
    pub entry: String,
    /// Its class.
    pub class: String,
    /// Bytes, sealed.
    pub bytes: u64,
    /// When it came.
    pub received_at: Timestamp,
}

/// What an incident's page shows also its facts.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Facts and conflicts.
    pub row: IncidentRow,
    /// When the hub first heard of it.
    pub first_at: Timestamp,
    /// The educators' devices that have it in their scope.
    pub devices: Vec<u32>,
    /// Statements, sealed.
    pub statements: Vec<HeldSealed>,
    /// Incidents that name this one in their links, with the link's kind.
    pub linked_from: Vec<(IncidentId, String)>,
}

/// A change in an incident's log.
#[derive(Clone, PartialEq, Eq)]
pub struct LoggedChange {
    /// Its bytes.
    pub chunk: Vec<u8>,
    /// The device that brought it; 0 is the hub.
    pub device: u32,
    /// Who at the board wrote it.
    pub person: Option<String>,
    /// When the hub took it.
    pub received_at: Timestamp,
}

impl core::fmt::Debug for LoggedChange {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "LoggedChange of device {}", self.device)
    }
}

/// A question of national's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedHere {
    /// Its number at national.
    pub id: u64,
    /// The incident.
    pub incident: IncidentId,
    /// The answer, once somebody gave one.
    pub answer: Option<String>,
    /// The row that may be of the same incident.
    pub other: Option<ProjectionId>,
}

/// Something that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedHere {
    /// The incident.
    pub incident: IncidentId,
    /// The device that brought it.
    pub device: u32,
    /// Why: the code of a refusal.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// How many changes.
    pub changes: u64,
}

/// The store of a hub that has a board. Every method is one transaction, durable when it returns.
///
/// Every method fails with [`StoreError`] if the database cannot be read or written.
pub trait BoardStore: HubStore + Patterns + Forms + HubReached + HubTables {
    /// Runs steps under one commit until `next` says that there are no more. A step that says `false` is undone, and only that.
    ///
    /// # Errors
    /// The commit failed: none of the steps happened.
    fn board_commit(
        &mut self,
        next: &mut dyn FnMut(&mut (dyn BoardStore + 'static)) -> Option<bool>,
    ) -> Result<()>;

    /// Works out again the places that time alone has changed. Gives how many; at most some thousand at once.
    fn refresh_board(&mut self, now: Timestamp) -> Result<u64>;

    /// A page of the board, from 0.
    fn board(&mut self, filter: &BoardFilter, page: u32, now: Timestamp) -> Result<BoardPage>;

    /// What one incident's page shows.
    fn case(&mut self, incident: IncidentId) -> Result<Option<Case>>;

    /// Incidents whose ids lie from one to another, in the order of their ids, at most that many.
    fn between(
        &mut self,
        first: IncidentId,
        last: IncidentId,
        max: usize,
    ) -> Result<Vec<(IncidentId, IncidentRow)>>;

    /// An incident's changes in the order in which the hub took them.
    fn logged(&mut self, incident: IncidentId) -> Result<Vec<LoggedChange>>;

    /// Notes who at the board wrote a change of the hub's own.
    fn note_desk_change(
        &mut self,
        incident: IncidentId,
        change: ChangeHash,
        person: &str,
    ) -> Result<()>;

    /// Incidents with conflicts, most urgent first, at most that many.
    fn conflicted(&mut self, max: usize) -> Result<Vec<(IncidentId, IncidentRow)>>;

    /// National's questions, open ones first.
    fn asked(&mut self) -> Result<Vec<AskedHere>>;

    /// What was refused, newest first, at most that many rows.
    fn refused(&mut self, max: usize) -> Result<Vec<RefusedHere>>;

    /// Changes that wait for earlier ones, by the device that brought them.
    fn waiting_by_device(&mut self) -> Result<Vec<(u32, u64)>>;

    /// Areas that incidents name, by how often, at most that many.
    fn areas(&mut self, max: usize) -> Result<Vec<String>>;

    /// [`Patterns::window`] of incidents that may be counted elsewhere alone: those whose survivors agreed to it.
    fn countable_window(&mut self, from: &str, to: &str) -> Result<Vec<(String, Cell, u64)>>;

    /// The hub's own projections, as national has or will have them, ascending by id, each with the incident that it was made
    /// of. Their hub is 0: this one.
    ///
    /// # Errors
    /// Storage, or what `each` says.
    fn each_own_projection(
        &mut self,
        each: &mut dyn FnMut(ProjectionListing, &Incident) -> Result<()>,
    ) -> Result<()>;

    /// Minutes from report to first response of the incidents of a range of months that had one, ascending.
    fn response_minutes(&mut self, from: &str, to: &str) -> Result<Vec<u32>>;
}
