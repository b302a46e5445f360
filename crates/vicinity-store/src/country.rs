//! The ports between a national server and the one above it: months that are published once, and countries side by side.

use vicinity_core::counts::review::Choice;
use vicinity_core::ids::DeviceId;
use vicinity_core::published::{Month, Window};
use vicinity_core::time::Timestamp;

use crate::StoreError;
use crate::hub::{Credentials, PeerRefused};

type Result<T> = core::result::Result<T, StoreError>;

/// A server below, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountryRow {
    /// Its number.
    pub number: u32,
    /// The country, as the invitation named it.
    pub country: String,
    /// When it was last seen.
    pub last_seen: Option<Timestamp>,
    /// The months it has published, ascending.
    pub windows: Vec<Window>,
}

/// A month that a person published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedMonth {
    /// The month, as `2026-11`.
    pub month: String,
    /// What shows of it.
    pub cells: Month,
    /// Who published it.
    pub person: String,
    /// When.
    pub at: Timestamp,
    /// What of the hubs' tables is in it.
    pub choice: Choice,
}

/// Months that are published: each once, by a person, and never changed afterwards.
///
/// Every method fails with [`StoreError`] if the database cannot be read or written.
pub trait Publishing {
    /// Publishes a month. `false` if it was published before: then it stays as it was.
    fn publish(&mut self, of: &PublishedMonth) -> Result<bool>;

    /// Published months of a range of months, both ends included, ascending.
    fn published(&mut self, from: &str, to: &str) -> Result<Vec<PublishedMonth>>;

    /// What the server above has not confirmed, ascending, at most that many.
    fn unsent_windows(&mut self, max: usize) -> Result<Vec<Window>>;

    /// Sends every window again: to another upper server, as it was made.
    fn publish_again(&mut self) -> Result<()>;

    /// Notes what the upper server holds.
    fn windows_sent(&mut self, months: &[String]) -> Result<()>;
}

/// What a server holds of those below it.
///
/// Every method fails with [`StoreError`] if the database cannot be read or written.
pub trait Countries {
    /// Keeps the hash of a one-time code for a country's server.
    fn invite_country(
        &mut self,
        code_hash: [u8; 32],
        country: &str,
        expires: Timestamp,
    ) -> Result<()>;

    /// Enrols a country's server by a one-time code: its number, or `None` if the code is none of those, used by another or expired.
    fn enrol_country(
        &mut self,
        code_hash: [u8; 32],
        device: DeviceId,
        public_key: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<u32>>;

    /// What is needed to check its proof.
    fn country_credentials(&mut self, device: DeviceId) -> Result<Option<Credentials>>;

    /// Revokes a country's server, as a hub is revoked; the months that it published stay. `false` if there is no such country.
    fn revoke_country(&mut self, country: u32, now: Timestamp) -> Result<bool>;

    /// Lets a proven request in and moves its counter.
    fn let_country_in(
        &mut self,
        device: DeviceId,
        incarnation: u64,
        counter: u64,
        now: Timestamp,
    ) -> Result<core::result::Result<u32, PeerRefused>>;

    /// Takes windows. One that is held already stays as it was first.
    ///
    /// # Errors
    /// Storage; then none was kept.
    fn take_windows(&mut self, country: u32, windows: &[Window], now: Timestamp) -> Result<()>;

    /// Every country with its windows of a range of months.
    fn countries(&mut self, from: &str, to: &str) -> Result<Vec<CountryRow>>;
}
