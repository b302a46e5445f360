//! Bands: how a count is shown next to published months.
//!
//! An exact count over several months, less the months that are published, is what the others hold. A band says how many
//! about, and leaves what is left out more than one value. ADR 28 says what bounds remain.

/// Where bands begin. They are fixed: edges that moved with the counts would reveal the counts.
const EDGES: [u64; 9] = [0, 1, 10, 20, 50, 100, 200, 500, 1000];

/// A band of counts: 0, fewer than 10, 10 to 19, 20 to 49, 50 to 99, 100 to 199, 200 to 499, 500 to 999, 1,000 or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Band(usize);

impl Band {
    /// The band that holds a count.
    #[must_use]
    pub fn of(count: u64) -> Self {
        Self(EDGES.iter().rposition(|edge| *edge <= count).unwrap_or(0))
    }

    /// The least count of it. Its band is this one.
    #[must_use]
    pub fn least(self) -> u64 {
        EDGES.get(self.0).copied().unwrap_or(0)
    }

    /// The largest count of it; none of the last one, which has no end.
    #[must_use]
    pub fn most(self) -> Option<u64> {
        EDGES.get(self.0 + 1).map(|next| next - 1)
    }
}

#[cfg(test)]
mod tests;
