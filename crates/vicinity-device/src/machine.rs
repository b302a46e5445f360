//! What a device asks of the machine it runs on.

use vicinity_core::time::Timestamp;

use crate::lease::Boot;

/// The clock and the randomness of a device's host.
pub struct Machine {
    /// The present time, by a clock that may be wrong.
    pub now: Box<dyn Fn() -> Timestamp + Send>,
    /// Fills a slice with random bytes that nobody can predict.
    pub random: Box<dyn FnMut(&mut [u8]) + Send>,
    /// Waits for the given number of milliseconds.
    pub wait: Box<dyn FnMut(u64) + Send>,
    /// The machine's present run, which nobody can set; `None` where the system does not say.
    pub boot: Box<dyn Fn() -> Option<Boot> + Send>,
}

impl Machine {
    /// Random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }

    /// A random number of 64 bits.
    pub fn number(&mut self) -> u64 {
        u64::from_be_bytes(self.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_may_be_moved_to_another_thread() {
        fn is_send<T: Send>() {}
        is_send::<Machine>();
    }
}
