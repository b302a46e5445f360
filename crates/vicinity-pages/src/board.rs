//! The hub's board, for responders: who needs help now, one incident's page, and what the hub is told of itself.

mod desk;
mod forms;
mod incident;
mod list;
mod timeline;

pub use desk::{AlertView, ConflictView, DeviceView, ErasureView, HubView, QuestionView, RefusedView, alerts, conflicts, hub, invited, questions};
pub use forms::followup_days;
pub use incident::{CaseView, Link, Side, StatementView, Step, Who, erase, incident};
pub use list::{Choices, Danger, Line, List, found, list};
