//! Errors of one field: the path and the problem.

use crate::codes;

/// The problem with one value, and its path. It never holds the value itself, which may be the survivor's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct FieldError {
    /// The field's path, as `perpetrators[0].kind`.
    pub path: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What can be wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The value has another type.
    #[error("expected {0}")]
    WrongType(&'static str),
    /// A date or time that does not exist.
    #[error("not a possible date or time; expected {0}")]
    ImpossibleTime(&'static str),
    /// Longer than the limit.
    #[error("longer than {0} bytes")]
    TooLong(usize),
    /// A text that people write has more letters than the limit.
    #[error("longer than {0} letters")]
    TooManyLetters(usize),
    /// Two keys of one object that differ only in spelling.
    #[error("stands twice in one object, in two spellings; put both into one, or take one out")]
    Twice,
    /// An unknown consent scope. If it were stored, it would look like a consent or a withdrawal, and be neither.
    #[error("not a consent scope; one of {}, or referral: and a service, as referral:legal_advice", codes::CONSENT_SCOPES.codes.join(", "))]
    UnknownScope,
    /// More than one change may hold.
    #[error(
        "too large: one line or edit holds at most 64 KiB and 4,096 values; write less, or the rest in more edits"
    )]
    TooMuch,
    /// More than one document may hold.
    #[error("the incident is full and takes no more edits; log another incident and link the two")]
    IncidentFull,
    /// A number outside its range.
    #[error("outside {0}")]
    OutOfRange(&'static str),
    /// A field that must be there is not.
    #[error("is required")]
    Missing,
    /// A key that no field may have.
    #[error("is no name for a field")]
    BadKey,
    /// Set once, never again.
    #[error("was set when the incident was logged and is never overwritten")]
    Immutable,
    /// Only an edit of its own may change it.
    #[error("is changed by {0}")]
    NotThisWay(&'static str),
    /// No entry of that id.
    #[error("no entry has that id")]
    NoSuchEntry,
    /// Lowering the triage needs a reason.
    #[error("a reason is needed to lower the triage")]
    ReasonNeeded,
}

impl FieldError {
    /// A problem at a path.
    #[must_use]
    pub fn new(path: impl Into<String>, problem: Problem) -> Self {
        Self {
            path: path.into(),
            problem,
        }
    }

    /// The same error seen from one level further out.
    #[must_use]
    pub fn within(self, outer: &str) -> Self {
        Self {
            path: format!("{outer}.{}", self.path),
            problem: self.problem,
        }
    }
}
