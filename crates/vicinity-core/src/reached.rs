//! People reached by a hub in a month, and months in which nobody reported anything: entered at the hub, and sent
//! up as numbers. They say how many people could have reported; no incident is in them.

use jiff::Timestamp;

use crate::gate;

/// The largest number of people that a month may name.
pub const REACHED_MAX: u32 = 1_000_000;
/// Months that a hub keeps: ten years.
pub const MONTHS_MAX: usize = 120;

/// What a hub says of one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The month, as `2026-11`.
    pub month: String,
    /// People whom the programme reached, each once; `None` if nobody counted.
    pub people: Option<u32>,
    /// Whether somebody confirmed that no incident was reported (a nil report). Without it an empty month may also be a silent hub.
    pub is_nil: bool,
}

impl Reached {
    /// Whether the month is one that has begun, its number is possible, and it says anything.
    #[must_use]
    pub fn is_well_formed(&self, now: Timestamp) -> bool {
        gate::is_past_month(&self.month, now)
            && self.people.is_none_or(|people| people <= REACHED_MAX)
            && (self.people.is_some() || self.is_nil)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_says_a_possible_number_or_nil_and_is_not_to_come() {
        let now = "2026-11-24T09:00:00Z".parse().unwrap();
        let fits = |month: &str, people, is_nil| {
            let month = month.to_owned();
            Reached {
                month,
                people,
                is_nil,
            }
            .is_well_formed(now)
        };
        assert!(fits("2026-11", Some(0), false) && fits("2026-10", None, true));
        assert!(fits("2026-10", Some(REACHED_MAX), true));
        for (month, people, is_nil) in [
            ("2026-10", None, false),
            ("2026-10", Some(REACHED_MAX + 1), false),
            ("2027-02", Some(5), false),
            ("2026-13", Some(5), false),
            ("October", Some(5), false),
        ] {
            assert!(!fits(month, people, is_nil), "{month}");
        }
    }
}
