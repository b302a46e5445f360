//! The check of a table that came from a hub: national trusts no hub.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Count, MonthTable, PAIRS, two_of};
use crate::gate;
use crate::projection::UNKNOWN;
use crate::published::cells::{self, ALL, PARTITIONS};

/// The largest count that is accepted.
const COUNT_MAX: u64 = 1_000_000_000;

impl MonthTable {
    /// Whether every name can be counted, every count is possible, and the whole is consistent: no cell is larger than its area, and
    /// the codes of a partition add up to their area. `now` is national's own clock: a month in the future is refused.
    #[must_use]
    pub fn is_well_formed(&self, now: Timestamp) -> bool {
        (self.month == UNKNOWN || gate::is_past_month(&self.month, now))
            && self.cells.iter().all(|((area, dimension, code), count)| {
                gate::is_admin1(area) && is_counted_by(dimension, code) && is_possible(*count)
            })
            && self.adds_up()
            && self.survivors <= self.incidents().all
            && (self.survivors > 0 || self.cells.is_empty())
    }

    fn adds_up(&self) -> bool {
        let mut sums: BTreeMap<(&str, &str), Count> = BTreeMap::new();
        for ((area, dimension, _), count) in &self.cells {
            let Some(whole) = self
                .cells
                .get(&(area.clone(), ALL.to_owned(), String::new()))
            else {
                return false;
            };
            if count.all > whole.all || count.seen > whole.seen {
                return false;
            }
            if PARTITIONS.contains(&dimension.as_str()) {
                let sum = sums.entry((area, dimension)).or_default();
                sum.all += count.all;
                sum.seen += count.seen;
            }
        }
        self.cells
            .iter()
            .filter(|((_, dimension, _), _)| dimension == ALL)
            .all(|((area, ..), whole)| {
                PARTITIONS
                    .iter()
                    .all(|dimension| sums.get(&(area.as_str(), *dimension)) == Some(whole))
            })
    }
}

fn is_possible(count: Count) -> bool {
    (1..=COUNT_MAX).contains(&count.all) && count.seen <= count.all
}

fn is_counted_by(dimension: &str, code: &str) -> bool {
    match (two_of(dimension), two_of(code)) {
        (Some((one, other)), Some((code, with))) => {
            PAIRS.contains(&(one, other))
                && gate::is_counted_by(one, code)
                && gate::is_counted_by(other, with)
        }
        _ => cells::is_known(dimension) && gate::is_counted_by(dimension, code),
    }
}
