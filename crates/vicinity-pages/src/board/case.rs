//! What the page of one incident shows.

use serde_json::Value;
use vicinity_core::clocks::Clock;
use vicinity_core::incident::Incident;
use vicinity_core::time::Timestamp;
use vicinity_core::timeline::Deed;

use super::list::Danger;

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A device of the hub's, by number.
    Device(u32),
    /// Somebody at the board.
    Person(String),
    /// National, through the hub.
    National,
}

/// One change in the timeline.
#[derive(Debug, Clone)]
pub struct TimelineStep {
    /// When the hub received it.
    pub at: Timestamp,
    /// Who wrote it.
    pub who: Who,
    /// What it changed.
    pub deeds: Vec<Deed>,
}

/// A side of a conflict.
#[derive(Debug, Clone)]
pub struct Side {
    /// What it says.
    pub value: Value,
    /// When, by the clock of who said it.
    pub at: Option<Timestamp>,
    /// Who said it.
    pub who: Option<Who>,
}

/// A statement, sealed.
#[derive(Debug, Clone)]
pub struct StatementView {
    /// What opens it is asked for by this name on a responder's device.
    pub name: String,
    /// Its class.
    pub class: String,
    /// Bytes, sealed.
    pub bytes: u64,
    /// When it came.
    pub received_at: Timestamp,
}

/// A link with another incident.
#[derive(Debug, Clone)]
pub struct Link {
    /// Its kind.
    pub kind: String,
    /// The other.
    pub to: String,
    /// Whether the other names this one.
    pub from_there: bool,
}

/// What forms that set a state carry of it: what the page showed, so that nobody decides on what has changed meanwhile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Of the status.
    pub status: String,
    /// Of the triage.
    pub triage: String,
    /// Of the consents.
    pub consents: String,
    /// Of the devices that have it.
    pub devices: String,
}

/// A device that an incident can be assigned to.
pub struct Holder {
    /// Its number.
    pub number: u32,
    /// What people call it.
    pub name: Option<String>,
    /// Whether it has the incident.
    pub has_it: bool,
}

/// One incident's page.
pub struct CaseView {
    /// Its id.
    pub id: String,
    /// Its facts.
    pub incident: Incident,
    /// How urgent it is.
    pub level: String,
    /// Where the response stands.
    pub status: String,
    /// Whether somebody is in danger or held now.
    pub danger: Danger,
    /// Every clock.
    pub clocks: Vec<Clock>,
    /// Conflicts: the field, and its sides, the one that shows first.
    pub conflicts: Vec<(String, Vec<Side>)>,
    /// Registers whose time cannot be right.
    pub impossible: Vec<&'static str>,
    /// Scopes that are granted now.
    pub granted: Vec<String>,
    /// When the hub first heard of it.
    pub first_at: Timestamp,
    /// What is shown of what forms set.
    pub seen: Seen,
    /// Devices that can be assigned.
    pub devices: Vec<Holder>,
    /// Statements.
    pub statements: Vec<StatementView>,
    /// Links.
    pub links: Vec<Link>,
    /// What was done, oldest first.
    pub steps: Vec<TimelineStep>,
}
