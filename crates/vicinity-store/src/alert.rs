//! The ports for alerts: lists of what stands, replaced whole or changed by one. Nothing stays of what was withdrawn. What
//! has ended is not told any more, and is deleted some days later: the clock may have been wrong.

use vicinity_core::alert::Alert;
use vicinity_core::time::Timestamp;

use crate::StoreError;

type Result<T> = core::result::Result<T, StoreError>;

/// Seconds that an alert is kept after its end: longer than a wrong clock goes unnoticed.
pub const ENDED_KEPT_SECONDS: i64 = 8 * 86_400;

/// The outcome of an alert that was to be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// It is; perhaps it did before, as it was then.
    Stands,
    /// There are as many as may be: nothing was kept.
    Full,
}

/// The hub's port for alerts. As in [`crate::hub::HubStore`], every method is one transaction.
///
/// Every method fails with [`StoreError`] if the database cannot be read or written.
pub trait HubAlerts {
    /// Keeps an alert of this hub's, unless `max` of them stand.
    fn publish_alert(&mut self, alert: &Alert, max: usize, now: Timestamp) -> Result<Published>;

    /// Deletes an alert of this hub's; `false` if there is none.
    fn withdraw_alert(&mut self, id: [u8; 16]) -> Result<bool>;

    /// Replaces all that came from national with these.
    fn set_near_alerts(&mut self, alerts: &[Alert]) -> Result<()>;

    /// This hub's alerts that are active, and those from national, each by id.
    fn alerts(&mut self, now: Timestamp) -> Result<(Vec<Alert>, Vec<Alert>)>;

    /// Deletes what ended [`ENDED_KEPT_SECONDS`] ago or longer; how many that were. Not for a clock in doubt.
    fn forget_ended_alerts(&mut self, now: Timestamp) -> Result<u64>;
}

/// National's port for alerts. As in [`crate::national::NationalStore`], every method is one transaction.
///
/// Every method fails with [`StoreError`] if the database cannot be read or written.
pub trait NationalAlerts {
    /// Replaces all of a hub's with these.
    fn set_alerts(&mut self, hub: u32, alerts: &[Alert]) -> Result<()>;

    /// A hub's alerts that are active, by id.
    fn alerts_of(&mut self, hub: u32, now: Timestamp) -> Result<Vec<Alert>>;

    /// Deletes what ended [`ENDED_KEPT_SECONDS`] ago or longer, of all hubs; how many that were. Not for a clock in doubt.
    fn forget_ended_alerts(&mut self, now: Timestamp) -> Result<u64>;

    /// Other hubs' alerts that are active, of the areas in which a hub has a projection or an alert of its own: those that end last,
    /// at most that many, by id.
    fn alerts_near(&mut self, hub: u32, now: Timestamp, max: usize) -> Result<Vec<Alert>>;
}
