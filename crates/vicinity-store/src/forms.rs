//! Forms that count once, whatever happens in between: a second click, going back, a server that was started again.

use crate::StoreError;

type Result<T> = core::result::Result<T, StoreError>;

/// Forms that are remembered of each person.
pub const FORMS_MAX: i64 = 64;

/// The forms that were taken. A hash is of the whole form with its random mark, and reveals nothing of what was in it.
///
/// Every method fails with [`StoreError`] if the database cannot be read or written.
pub trait Forms {
    /// Where a form led that was taken; `None` if it was not.
    fn form(&mut self, sent: [u8; 32]) -> Result<Option<String>>;

    /// Notes that a form of a person's was taken and where it leads. The oldest of theirs beyond [`FORMS_MAX`] are forgotten.
    fn note_form(&mut self, person: u32, sent: [u8; 32], place: &str) -> Result<()>;

    /// Forgets a form: it was not taken after all.
    fn forget_form(&mut self, sent: [u8; 32]) -> Result<()>;
}
