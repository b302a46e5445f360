//! The ports for what both servers show of patterns: counts by month, the advocacy log that is drawn beside them, and what a
//! quarter's report asks for.

use vicinity_core::advocacy::Advocacy;
use vicinity_core::ids::AdvocacyId;
use vicinity_core::published::Cell;
use vicinity_core::time::Timestamp;

use crate::StoreError;

type Result<T> = core::result::Result<T, StoreError>;

/// An action as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct LoggedAdvocacy {
    /// What others may learn.
    pub entry: Advocacy,
    /// The hub that sent it; `None` for what was written here.
    pub hub: Option<u32>,
    /// A line for those who work here. It leaves nowhere.
    pub note: String,
    /// Who wrote it here.
    pub person: String,
}

impl core::fmt::Debug for LoggedAdvocacy {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "LoggedAdvocacy of {}", self.entry.day)
    }
}

/// Actions of one page of the log.
pub const LOG_ROWS: usize = 50;

/// Which actions of the log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogFilter {
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// The kind of perpetrator that they aim at; empty for any.
    pub kind: String,
    /// The area that they aim at; empty for any.
    pub area: String,
}

/// A page of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage {
    /// Its actions, the latest first.
    pub lines: Vec<LoggedAdvocacy>,
    /// How many there are on all pages, at most [`COUNTED_MAX`](crate::review::COUNTED_MAX) and one.
    pub total: u64,
    /// Which page it is, from 0: the last one, if one behind that was asked for.
    pub page: u32,
    /// How many pages there are.
    pub pages: u32,
}

/// What a report asks for, as somebody wrote it.
#[derive(Clone, PartialEq, Eq)]
pub struct Asks {
    /// Paragraphs.
    pub text: String,
    /// Who wrote them last.
    pub person: String,
}

impl core::fmt::Debug for Asks {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Asks of {} bytes", self.text.len())
    }
}

/// The log of a server, and what its reports ask for. Every method is one transaction, durable when it returns.
///
/// Every method fails with [`StoreError`] if the database cannot be read or written.
pub trait AdvocacyLog {
    /// Writes an action down; `false` if `max` of its own are there already.
    fn log_advocacy(&mut self, logged: &LoggedAdvocacy, max: usize, now: Timestamp)
    -> Result<bool>;

    /// Notes the outcome of an action of its own; `false` if there is none.
    fn note_outcome(&mut self, id: AdvocacyId, outcome: &str) -> Result<bool>;

    /// Takes an action of its own out of the log; `false` if there is none.
    fn drop_advocacy(&mut self, id: AdvocacyId) -> Result<bool>;

    /// A page of the actions of a range of days, both ends included: at national there may be a thousand of each hub.
    fn advocacy(&mut self, filter: &LogFilter, page: u32) -> Result<LogPage>;

    /// All actions of its own, as others may learn of them: at most [`LOG_MAX`](vicinity_core::advocacy::LOG_MAX).
    fn own_advocacy(&mut self) -> Result<Vec<Advocacy>>;

    /// What the report of a quarter asks for.
    fn asks(&mut self, quarter: &str) -> Result<Option<Asks>>;

    /// Writes what the report of a quarter asks for; nothing is kept of an empty text.
    fn set_asks(&mut self, quarter: &str, asks: &Asks, now: Timestamp) -> Result<()>;
}

/// Counts, and what is drawn beside them.
///
/// Every method fails with [`StoreError`] if the database cannot be read or written.
pub trait Patterns: AdvocacyLog {
    /// Counts of a range of months, both ends included: month, cell, count. At a hub of all its incidents, at national of
    /// those that may be counted; nothing is left out here.
    fn window(&mut self, from: &str, to: &str) -> Result<Vec<(String, Cell, u64)>>;
}

/// What national keeps of hubs' logs.
///
/// Every method fails with [`StoreError`] if the database cannot be read or written.
pub trait HubLogs {
    /// Replaces all of a hub's with these, with the hash that the hub told of its log.
    fn set_hub_log(&mut self, hub: u32, log: &[Advocacy], hash: u64) -> Result<()>;

    /// The hash of the log that a hub sent last, whatever of it was kept; 0 for none.
    fn hub_log_hash(&mut self, hub: u32) -> Result<u64>;

    /// A hub's.
    fn hub_log(&mut self, hub: u32) -> Result<Vec<Advocacy>>;
}
