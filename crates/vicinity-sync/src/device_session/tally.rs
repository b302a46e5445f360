//! How far the hub came with a request: its work has a bound there.

/// How many changes of one request the hub looked at.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    /// Acknowledged or refused: it is not sent again.
    pub(super) settled: usize,
    /// Not looked at, to be sent again.
    pub(super) not_yet: usize,
}

impl Tally {
    /// Whether to send the rest at once. Where nothing was settled, the rest waits for the next sync.
    pub(super) fn goes_on(self) -> bool {
        self.not_yet > 0 && self.settled > 0
    }
}
