//! Waiting for what another process does: always for a condition, never for a time.

use std::time::{Duration, Instant};

/// Seconds after which a condition is taken to never come true.
pub const DEADLINE_SECONDS: u64 = 60;

/// Waits until `condition` gives something.
#[track_caller]
pub fn until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(
            start.elapsed() < Duration::from_secs(DEADLINE_SECONDS),
            "waited {DEADLINE_SECONDS} s in vain: {what}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// How long something takes.
pub fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// Now, by the clock of this machine.
#[must_use]
pub fn now() -> jiff::Timestamp {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("it is after 1970");
    jiff::Timestamp::from_second(since.as_secs().cast_signed()).expect("it is before 9999")
}
