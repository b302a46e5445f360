//! People reached and months without a report. Every method is one transaction, durable when it returns; it fails where the
//! database cannot be read or written.

use vicinity_core::reached::Reached;

use crate::StoreError;

type Result<T> = core::result::Result<T, StoreError>;

/// What a hub says of its months.
///
/// Every method fails with [`StoreError`] if the database cannot be read or written.
pub trait HubReached {
    /// Its months, the last first, at most [`MONTHS_MAX`](vicinity_core::reached::MONTHS_MAX).
    fn reached(&mut self) -> Result<Vec<Reached>>;

    /// Enters a month; replaces what was entered before.
    fn set_reached(&mut self, of: &Reached) -> Result<()>;

    /// All months, if national lacks one as it is now; otherwise none.
    fn unsent_reached(&mut self) -> Result<Vec<Reached>>;

    /// National has these. A month that was changed since is sent again.
    fn reached_sent(&mut self, sent: &[Reached]) -> Result<()>;
}

/// What hubs said of their months.
///
/// Every method fails with [`StoreError`] if the database cannot be read or written.
pub trait NationalReached {
    /// A hub's months, instead of what it said of the same ones before.
    fn take_reached(&mut self, hub: u32, of: &[Reached]) -> Result<()>;

    /// What each hub said of the months from one to another, both included; by hub, then by month.
    fn reached_by_hub(&mut self, from: &str, to: &str) -> Result<Vec<(u32, Reached)>>;
}
