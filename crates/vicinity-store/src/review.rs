//! The port of the national review: counts that no row has to be read for, a queue, and what changed.

use vicinity_core::ids::ProjectionId;
use vicinity_core::time::Timestamp;

use crate::StoreError;
use crate::advocacy::{HubLogs, Patterns};
use crate::country::{Countries, Publishing};
use crate::forms::Forms;
use crate::national::{NationalStore, QuestionRow};
use crate::reached::NationalReached;
use crate::tables::NationalTables;

type Result<T> = core::result::Result<T, StoreError>;

/// Rows of one page of the queue.
pub const QUEUE_ROWS: usize = 25;
/// What is counted no further: a page says "more than".
pub const COUNTED_MAX: u64 = 10_000;

/// Where the review of a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Review {
    /// Nobody has looked at it.
    New,
    /// It changed after somebody had.
    Changed,
    /// Looked at, and right.
    Verified,
    /// Its hub was asked.
    Queried,
    /// The same incident as another row: it is not counted.
    Duplicate(ProjectionId),
}

impl Review {
    /// Its name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Verified => "verified",
            Self::Queried => "queried",
            Self::Duplicate(_) => "duplicate",
        }
    }
}

/// A row as it is reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewed {
    /// Its id.
    pub projection: ProjectionId,
    /// Its hub.
    pub hub: u32,
    /// What it says.
    pub json: String,
    /// When its first version came.
    pub received_at: Timestamp,
    /// When this version came.
    pub changed_at: Timestamp,
    /// Where the review stands.
    pub review: Review,
    /// Who reviewed it last, and when.
    pub reviewer: Option<(String, Timestamp)>,
}

/// Which rows a queue shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueFilter {
    /// A review's name; empty for those that nobody has looked at as they are now.
    pub review: String,
    /// A hub; `None` for all.
    pub hub: Option<u32>,
    /// An area; empty for all.
    pub area: String,
}

/// What came since a moment; each at most [`COUNTED_MAX`] and one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct News {
    /// Rows that are new.
    pub new: u64,
    /// Rows that changed.
    pub changed: u64,
    /// Rows that were withdrawn.
    pub gone: u64,
    /// Answers.
    pub answered: u64,
    /// Rows that nobody has looked at as they are now, whenever they came.
    pub waiting: u64,
}

/// National's store with a review. Every method is one transaction, durable when it returns.
///
/// Every method fails with [`StoreError`] if the database cannot be read or written.
pub trait ReviewStore:
    NationalStore
    + Patterns
    + HubLogs
    + Publishing
    + Countries
    + Forms
    + NationalReached
    + NationalTables
{
    /// The first and the last month of which there is anything.
    fn months(&mut self) -> Result<Option<(String, String)>>;

    /// A page of the queue from 0, oldest first, and how many rows there are: at most [`COUNTED_MAX`] and one.
    fn queue(&mut self, filter: &QueueFilter, page: u32) -> Result<(Vec<Reviewed>, u64)>;

    /// One row.
    fn reviewed(&mut self, projection: ProjectionId) -> Result<Option<Reviewed>>;

    /// Rows that may be of the same incident: of the same month and area, with much in common; at most five.
    fn alike(&mut self, projection: ProjectionId) -> Result<Vec<Reviewed>>;

    /// Notes a review. No review changes a count: a hub counts its incidents itself. A duplicate's hub is asked `possible_duplicate` about the
    /// other row, once, and learns when the other is gone or the row is a duplicate no more. `false` if there is no such row.
    fn mark(
        &mut self,
        projection: ProjectionId,
        review: Review,
        person: &str,
        now: Timestamp,
    ) -> Result<bool>;

    /// What came since.
    fn news(&mut self, since: Timestamp) -> Result<News>;

    /// Questions about a row.
    fn questions_about(&mut self, projection: ProjectionId) -> Result<Vec<QuestionRow>>;

    /// How many rows each hub has of each month of a stretch.
    fn hub_months(&mut self, from: &str, to: &str) -> Result<Vec<(u32, String, u64)>>;
}
