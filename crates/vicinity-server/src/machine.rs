//! What a server needs of the machine it runs on: the clock and random bytes, brought by the caller.

use std::sync::Arc;
use std::time::Duration;

use vicinity_core::time::Timestamp;
use vicinity_store::hub::Random;

/// Clock, running time and randomness.
#[derive(Clone)]
pub struct Machine {
    /// The clock.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// How long the machine has run, sleep included; nothing where the system does not tell. Nobody can set it.
    pub running: Arc<dyn Fn() -> Option<Duration> + Send + Sync>,
    /// Fills a slice with random bytes.
    pub random: Arc<dyn Fn(&mut [u8]) + Send + Sync>,
}

impl Machine {
    /// Random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }
}

impl Random for Machine {
    fn bytes16(&mut self) -> [u8; 16] {
        self.bytes()
    }
}
