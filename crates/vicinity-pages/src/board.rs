//! The hub's board, for responders: who needs help now, one incident's page, and the state of the hub.

mod areas;
mod case;
mod desk;
mod forms;
mod incident;
mod list;
mod timeline;
mod values;

pub use areas::{AreasView, areas};
pub use case::{CaseView, Holder, Link, Seen, Side, StatementView, TimelineStep, Who};
pub use desk::{
    AlertView, ConflictView, DeviceView, ErasureView, HubView, KeyView, QuestionView, RefusedView,
    alerts, conflicts, hub, invited, questions,
};
pub use forms::{Given, again, erase, followup_days, label_of, withdraw};
pub use incident::incident;
pub use list::{Choices, Danger, Line, List, found, list};
