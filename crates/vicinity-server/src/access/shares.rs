//! How much each hub may report: rows, answers and confirmations in an hour. Pure: the time comes in. What is beyond a hub's
//! share is refused as a whole report, so that the hub sends it again later; other hubs notice nothing.

use std::collections::BTreeMap;

use vicinity_core::time::Timestamp;
use vicinity_sync::uplink::Report;

use crate::access::limits::{Bucket, Rate, Spent};

/// The share of one hub. A first report of 5,000 incidents, or all of them again after a restore, passes at once; 15,000 take an hour.
pub const HUB_SHARE: Rate = Rate {
    at_once: 10_000,
    per_hour: 5_000,
};

/// What hubs have left.
#[derive(Debug, Default)]
pub struct HubShares(BTreeMap<u32, Share>);

#[derive(Debug)]
struct Share {
    left: Bucket,
    /// When a report was last refused for it.
    refused_at: Option<Timestamp>,
}

impl HubShares {
    /// Takes a report out of its hub's share, or nothing.
    ///
    /// # Errors
    /// The share does not hold it.
    pub fn take(&mut self, hub: u32, report: &Report, now: Timestamp) -> Result<(), Spent> {
        let weight = report.rows.len() + report.answers.len() + report.questions_received.len();
        let share = self.0.entry(hub).or_insert_with(|| Share {
            left: Bucket::full(HUB_SHARE, now),
            refused_at: None,
        });
        let taken = share.left.take(HUB_SHARE, weight as u64, now);
        if taken.is_err() {
            share.refused_at = Some(now);
        }
        taken
    }

    /// When a report of each hub was last refused, for hubs that had one refused since this server was started.
    #[must_use]
    pub fn refused(&self) -> BTreeMap<u32, Timestamp> {
        self.0
            .iter()
            .filter_map(|(hub, share)| Some((*hub, share.refused_at?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use vicinity_core::ids::ProjectionId;
    use vicinity_sync::uplink::Row;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn report(rows: usize) -> Report {
        Report {
            rows: vec![Row::new(ProjectionId::from_random([1; 16]), 1, None); rows],
            ..Report::default()
        }
    }

    #[test]
    fn a_first_report_of_five_thousand_incidents_passes_at_once_and_again_after_a_restore() {
        let mut shares = HubShares::default();
        for _ in 0..20 {
            assert_eq!(shares.take(1, &report(500), at(0)), Ok(()));
        }
        assert!(shares.refused().is_empty());
    }

    #[test]
    fn thirty_thousand_rows_take_four_hours_and_stop_no_other_hub() {
        let mut shares = HubShares::default();
        let (mut taken, mut now) = (0, 0);
        while taken < 30_000 {
            match shares.take(1, &report(500), at(now)) {
                Ok(()) => taken += 500,
                Err(spent) => {
                    assert!(
                        taken >= 10_000 && spent.seconds <= 360,
                        "{taken}: {spent:?}"
                    );
                    assert_eq!(shares.take(2, &report(1), at(now)), Ok(()));
                    now += spent.seconds.cast_signed();
                }
            }
        }
        assert_eq!(now / 3600, 4);
        assert_eq!(shares.refused().into_keys().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn answers_and_confirmations_count_too_and_an_empty_report_is_free() {
        let mut shares = HubShares::default();
        let received = Report {
            questions_received: vec![1; 10_000],
            ..Report::default()
        };
        assert_eq!(shares.take(1, &received, at(0)), Ok(()));
        assert!(shares.take(1, &report(1), at(0)).is_err());
        assert_eq!(shares.take(1, &Report::default(), at(0)), Ok(()));
    }
}
