//! A hub and national: projection rows and retracts up, questions down. Not a CRDT, no history.
//!
//! Every row has a projection's id and a version, and national keeps the highest version: rows may come twice or out
//! of order. What consent withdraws is a row too: a retract leaves nothing but its id and version.

use minicbor::{Decode, Encode};
use vicinity_core::ids::ProjectionId;
use vicinity_core::reached::Reached;

use crate::advocacy::LogReport;
use crate::alert::{AlertReply, AlertReport};
use crate::tables::TablesPart;

pub use crate::frame::{decode, encode};

/// Where hubs post.
pub const UPLINK_PATH: &str = "/v1/uplink";
/// Rows of one report.
pub const ROWS_MAX: usize = 2000;

/// A hub's report.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Default)]
#[cbor(array)]
pub struct Report {
    /// Rows, oldest first.
    #[n(0)]
    pub rows: Vec<Row>,
    /// Questions that reached their incident: national need not send them again.
    #[n(1)]
    pub questions_received: Vec<u64>,
    /// Answers to questions: codes only.
    #[n(2)]
    pub answers: Vec<AnswerRow>,
    /// [`Pins::mark`](crate::pins::Pins::mark) of the pins of national's that the hub knows.
    #[n(3)]
    pub pins: u32,
    /// The hub's alerts; left out if there are none.
    #[n(4)]
    pub alerts: Option<AlertReport>,
    /// The hub's advocacy log; left out if it is empty.
    #[n(5)]
    pub advocacy: Option<LogReport>,
    /// People reached and months without a report, all of them; left out where national has them.
    #[n(6)]
    pub reached: Option<Vec<ReachedRow>>,
    /// A part of the hub's count tables; left out unless they are due.
    #[n(7)]
    pub tables: Option<TablesPart>,
    /// [`mark_of_all`](vicinity_core::counts::mark_of_all) the tables that national has, as the hub knows it; left out except in the first report
    /// of a hub's process.
    #[n(8)]
    #[cbor(with = "minicbor::bytes")]
    pub tables_mark: Option<[u8; 16]>,
}

/// What a hub says of one month.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ReachedRow {
    /// The month, as `2026-11`.
    #[n(0)]
    pub month: String,
    /// People reached.
    #[n(1)]
    pub people: Option<u32>,
    /// Whether nobody reported anything.
    #[n(2)]
    pub is_nil: bool,
}

impl ReachedRow {
    /// A row of a month.
    #[must_use]
    pub fn of(reached: Reached) -> Self {
        Self {
            month: reached.month,
            people: reached.people,
            is_nil: reached.is_nil,
        }
    }

    /// The month.
    #[must_use]
    pub fn into_reached(self) -> Reached {
        Reached {
            month: self.month,
            people: self.people,
            is_nil: self.is_nil,
        }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Row {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    projection: [u8; 16],
    /// Rises with every change.
    #[n(1)]
    pub version: u64,
    /// The projection as JSON; `None` retracts it.
    #[n(2)]
    pub json: Option<String>,
}

impl Row {
    /// A row.
    #[must_use]
    pub fn new(projection: ProjectionId, version: u64, json: Option<String>) -> Self {
        Self {
            projection: *projection.as_bytes(),
            version,
            json,
        }
    }

    /// Which projection.
    #[must_use]
    pub fn projection(&self) -> ProjectionId {
        ProjectionId::from_bytes(self.projection)
    }
}

/// An answer to a question of national's.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct AnswerRow {
    /// The question.
    #[n(0)]
    pub question: u64,
    /// A code of the list of answers.
    #[n(1)]
    pub answer: String,
}

/// National's reply.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Default)]
#[cbor(array)]
pub struct Reply {
    /// One a row: the version that national holds now, this one or a higher; null if it refused the row, which is then
    /// not sent again.
    #[n(0)]
    pub held: Vec<Option<u64>>,
    /// Questions for the hub.
    #[n(1)]
    pub questions: Vec<Question>,
    /// The pins of national's keys, if the hub knows others.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub pins: Option<Vec<u8>>,
    /// What differs in alerts; left out where nothing does.
    #[n(3)]
    pub alerts: Option<AlertReply>,
    /// Whether national lacks the hub's advocacy log; left out where it does not.
    #[n(4)]
    pub log_wanted: Option<bool>,
    /// Whether national has other tables than the hub's mark says: it was restored, or the hub was. Left out where it has not.
    #[n(5)]
    pub tables_lost: Option<bool>,
    /// Whether the part was refused: it holds what no hub can have counted, by national's clock. Left out where it was taken.
    #[n(6)]
    pub tables_refused: Option<bool>,
}

impl Reply {
    /// Whether national holds a higher version of something than was sent: the hub was restored from a backup.
    #[must_use]
    pub fn is_ahead_of(&self, report: &Report) -> bool {
        report
            .rows
            .iter()
            .zip(&self.held)
            .any(|(row, held)| held.is_some_and(|held| held > row.version))
    }
}

/// A question about one projection.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Question {
    /// National's number for it.
    #[n(0)]
    pub id: u64,
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    projection: [u8; 16],
    /// A code of the list of questions.
    #[n(2)]
    pub code: String,
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    other: Option<[u8; 16]>,
    /// Whether nothing is asked any more: the other row is gone, or is no duplicate. Left out where something is.
    #[n(4)]
    pub is_over: Option<bool>,
}

impl Question {
    /// A question.
    #[must_use]
    pub fn new(id: u64, projection: ProjectionId, code: String) -> Self {
        Self {
            id,
            projection: *projection.as_bytes(),
            code,
            other: None,
            is_over: None,
        }
    }

    /// The same about another row, of any hub, that may be of the same incident. `is_over`: it is gone, or is no duplicate.
    #[must_use]
    pub fn about(self, other: Option<ProjectionId>, is_over: bool) -> Self {
        Self {
            other: other.map(|other| *other.as_bytes()),
            is_over: is_over.then_some(true),
            ..self
        }
    }

    /// Which projection.
    #[must_use]
    pub fn projection(&self) -> ProjectionId {
        ProjectionId::from_bytes(self.projection)
    }

    /// The row that may be of the same incident.
    #[must_use]
    pub fn other(&self) -> Option<ProjectionId> {
        self.other.map(ProjectionId::from_bytes)
    }
}
