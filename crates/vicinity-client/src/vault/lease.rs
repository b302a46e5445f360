//! How long a device stays open without its hub.

use vicinity_core::time::{SignedDuration, Timestamp};

/// Full days without contact from which the device warns.
pub const WARNED_FROM_DAY: i64 = 21;
/// Full days without contact from which the device is locked for good.
pub const LOCKED_FROM_DAY: i64 = 30;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What the time without contact allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// Everything.
    Valid,
    /// Everything, and a word about the days.
    Warn {
        /// Days until it locks, the begun one included.
        days_left: u8,
    },
    /// Nothing: the caller wipes, or asks for the hub.
    Locked,
}

/// The lease of a device that spoke with its hub at `last_contact` and whose clock never showed more than `latest_seen`.
/// The caller keeps both times. A clock set back by up to a day is believed, for people do correct their clocks; one set
/// back further counts as `latest_seen`. A clock that is stopped stops the lease: there is no other time to go by.
#[must_use]
pub fn lease(last_contact: Timestamp, latest_seen: Timestamp, now: Timestamp) -> Lease {
    let latest = latest_seen.max(last_contact);
    let now = if latest.duration_since(now) > DAY { latest } else { now };
    let days = now.duration_since(last_contact).as_hours() / 24;
    if days >= LOCKED_FROM_DAY {
        Lease::Locked
    } else if days >= WARNED_FROM_DAY {
        Lease::Warn { days_left: u8::try_from(LOCKED_FROM_DAY - days).unwrap_or(0) }
    } else {
        Lease::Valid
    }
}
