//! The real clock and the real random bytes: the only place that touches them.

use std::sync::Arc;

use jiff::Timestamp;

/// Random bytes of the system.
pub fn fill(bytes: &mut [u8]) {
    // Without random bytes there is no safe way to go on.
    getrandom::fill(bytes).expect("the system gives random bytes");
}

/// A device's machine.
pub fn device() -> vicinity_client::device::Machine {
    vicinity_client::device::Machine {
        now: Box::new(Timestamp::now),
        random: Box::new(fill),
        wait: Box::new(|millis| std::thread::sleep(std::time::Duration::from_millis(millis))),
    }
}

/// A server's machine.
pub fn server() -> vicinity_server::machine::Machine {
    vicinity_server::machine::Machine { now: Arc::new(Timestamp::now), random: Arc::new(fill) }
}
