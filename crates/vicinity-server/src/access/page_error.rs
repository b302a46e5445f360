//! Why a browser does not get what it asked for: the one error of pages, and of what they ask of the gate. How it is shown is
//! [`crate::pages::answer`]'s.

use vicinity_core::access;
use vicinity_core::value::FieldError;
use vicinity_store::StoreError;

use crate::access::limits::Spent;
use crate::storage::writer::WriterError;

/// Why a browser does not get what it asked for.
#[derive(Debug)]
pub enum PageError {
    /// Nobody is signed in, or not any more. Leads to the sign-in page.
    SignIn,
    /// No such page, or nothing behind it. 404.
    NotFound,
    /// The role may not. 403.
    NotAllowed,
    /// The form lacks its mark, or a field of it cannot be. 400.
    Form,
    /// The form's page is from before its reader signed in again. Leads to that page, where what was typed is in its form.
    Again(String),
    /// The form's page was made for somebody else. 403.
    OtherReader,
    /// What was asked cannot be done, with the id of a text that says why. 422.
    Refused(&'static str),
    /// The same with what the text speaks of; never with what was typed.
    RefusedAbout(&'static str, String),
    /// A field does not fit. 422.
    Field(FieldError),
    /// More was sent than any form holds. 413.
    TooLarge,
    /// Too many tries. The next one is possible after this many seconds. 429.
    SlowDown(u64),
    /// Too many ask at once. 503.
    Busy,
    /// The store failed, and nothing was changed. 500.
    Failed,
}

impl From<WriterError> for PageError {
    fn from(error: WriterError) -> Self {
        match error {
            WriterError::Busy => Self::Busy,
            WriterError::NotKept => Self::Failed,
        }
    }
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "store failed");
        Self::Failed
    }
}

impl From<access::Denied> for PageError {
    fn from(denied: access::Denied) -> Self {
        match denied {
            access::Denied::Unproven => Self::SignIn,
            _ => Self::NotAllowed,
        }
    }
}

impl From<Spent> for PageError {
    fn from(spent: Spent) -> Self {
        Self::SlowDown(spent.seconds)
    }
}
