//! Data of one incident's page.

use serde_json::Value;
use vicinity_core::clocks::Clock;
use vicinity_core::incident::Incident;
use vicinity_core::time::Timestamp;
use vicinity_core::timeline::Deed;

use super::list::Danger;

/// Author of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A device of the hub, by number, and what people call it.
    Device(u32, Option<String>),
    /// A person at the board, by handle.
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

/// One side of a conflict.
#[derive(Debug, Clone)]
pub struct Side {
    /// The value.
    pub value: Value,
    /// When it was written, by the author's clock.
    pub at: Option<Timestamp>,
    /// Who wrote it.
    pub who: Option<Who>,
}

/// A sealed statement.
#[derive(Debug, Clone)]
pub struct StatementView {
    /// The name under which a responder's device asks for the key.
    pub name: String,
    /// Class of the statement, a code.
    pub class: String,
    /// Size of the sealed file in bytes.
    pub bytes: u64,
    /// When the hub received it.
    pub received_at: Timestamp,
}

/// A link between this incident and another.
#[derive(Debug, Clone)]
pub struct Link {
    /// Kind of the link, a code.
    pub kind: String,
    /// Id of the other incident.
    pub to: String,
    /// Whether the link is stored in the other incident.
    pub from_there: bool,
}

/// The state that the page showed. Forms send it back, so that the server can reject a decision on outdated state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// State of the status.
    pub status: String,
    /// State of the triage.
    pub triage: String,
    /// State of the consents.
    pub consents: String,
    /// State of the devices that have the incident.
    pub devices: String,
}

/// A device that an incident can be assigned to.
pub struct Holder {
    /// Number of the device.
    pub number: u32,
    /// Name that people gave it.
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
    /// Triage level, a code.
    pub level: String,
    /// Status of the response, a code.
    pub status: String,
    /// Whether a person is in danger or held now.
    pub danger: Danger,
    /// All clocks.
    pub clocks: Vec<Clock>,
    /// Conflicts: the field and its sides; the side that is shown comes first.
    pub conflicts: Vec<(String, Vec<Side>)>,
    /// Registers with an impossible time.
    pub impossible: Vec<&'static str>,
    /// Scopes that are granted now.
    pub granted: Vec<String>,
    /// When the hub first received it.
    pub first_at: Timestamp,
    /// The state that the page shows, for its forms.
    pub seen: Seen,
    /// Devices that the incident can be assigned to.
    pub devices: Vec<Holder>,
    /// Statements.
    pub statements: Vec<StatementView>,
    /// Links.
    pub links: Vec<Link>,
    /// Timeline, oldest first.
    pub steps: Vec<TimelineStep>,
}
