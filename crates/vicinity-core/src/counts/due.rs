//! When a hub sends its count tables.
//!
//! A table that is sent again after one edit shows, less the table before it, that one incident. So all months that changed go together,
//! at most once a week, and only once what changed is of at least [`SURVIVORS_MIN`] survivors. A survivor who withdrew does not wait for
//! others: what she withdrew goes in the next week. Other changes wait [`WEEKS_MAX`] weeks at most.

use jiff::{SignedDuration, Timestamp};

/// Survivors of whose incidents something must have changed.
pub const SURVIVORS_MIN: usize = 5;
/// Weeks for which fewer changes wait.
pub const WEEKS_MAX: i64 = 4;
/// Seconds of a week.
const WEEK: i64 = 7 * 24 * 3600;
/// A Monday at 02:00 UTC, in seconds since 1970: weeks begin there.
const MONDAY: i64 = 4 * 24 * 3600 + 2 * 3600;

/// The number of the week of a moment. Weeks begin on Mondays at 02:00 UTC.
#[must_use]
pub fn week(now: Timestamp) -> i64 {
    (now.as_second() - MONDAY).div_euclid(WEEK)
}

/// The first moment of the week after this one.
#[must_use]
pub fn next_week(now: Timestamp) -> Timestamp {
    Timestamp::from_second(MONDAY + (week(now) + 1) * WEEK).unwrap_or_else(|_| {
        now.checked_add(SignedDuration::from_secs(WEEK))
            .unwrap_or(now)
    })
}

/// What differs between the tables that national has and the hub's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Difference {
    /// Survivors whose incidents add something else now, or nothing any more.
    pub survivors: usize,
    /// Whether an incident that national counts must not be counted any more: consent withdrawn, or erased.
    pub is_withdrawn: bool,
    /// Whether any table differs.
    pub any: bool,
}

/// Whether the tables are sent in the week that began now. `waits_since`: the week in which a difference was first left waiting.
#[must_use]
pub fn is_due(difference: Difference, waits_since: Option<i64>, now: Timestamp) -> bool {
    let has_waited = waits_since.is_some_and(|since| week(now) - since >= WEEKS_MAX);
    // If tables differ and no incident does, national lost them. It gets what it had.
    difference.any
        && (difference.survivors == 0
            || difference.survivors >= SURVIVORS_MIN
            || difference.is_withdrawn
            || has_waited)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_week_begins_on_monday_at_two() {
        let monday = at("2026-11-30T02:00:00Z");
        assert_eq!(week(at("2026-11-30T01:59:59Z")) + 1, week(monday));
        assert_eq!(week(at("2026-12-07T01:59:59Z")), week(monday));
        assert_eq!(next_week(monday), at("2026-12-07T02:00:00Z"));
        assert_eq!(next_week(at("2026-11-30T01:00:00Z")), monday);
    }

    #[test]
    fn tables_go_for_five_survivors_for_a_withdrawal_or_after_four_weeks() {
        let now = at("2026-11-30T02:00:00Z");
        let differs = |survivors, is_withdrawn| Difference {
            survivors,
            is_withdrawn,
            any: true,
        };
        assert!(is_due(differs(5, false), None, now));
        assert!(!is_due(differs(4, false), None, now));
        assert!(is_due(differs(1, true), None, now));
        assert!(!is_due(differs(4, false), Some(week(now) - 3), now));
        assert!(is_due(differs(1, false), Some(week(now) - 4), now));
        assert!(!is_due(Difference::default(), Some(0), now));
        assert!(is_due(differs(0, false), None, now), "national lost them");
    }
}
