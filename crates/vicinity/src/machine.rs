//! The real time and the real random bytes: the only place of the program that asks the system for them.

use std::sync::Arc;

use jiff::Timestamp;

/// The time.
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Random bytes of the system.
pub fn fill(bytes: &mut [u8]) {
    // Without random bytes there is no safe way to go on.
    getrandom::fill(bytes).expect("the system gives random bytes");
}

/// A device's machine.
pub fn device() -> vicinity_client::device::Machine {
    vicinity_client::device::Machine {
        now: Box::new(now),
        random: Box::new(fill),
        wait: Box::new(|millis| std::thread::sleep(std::time::Duration::from_millis(millis))),
        boot: Box::new(boot),
    }
}

/// Time since the machine started, sleep included; it cannot be set. Nothing where the system does not tell.
pub fn since_boot() -> Option<std::time::Duration> {
    let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
    std::time::Duration::try_from_secs_f64(uptime.split(' ').next()?.parse().ok()?).ok()
}

/// Which run of the machine this is, and how long it has lasted; a run has a random id on Linux. Nothing where the system does not tell.
fn boot() -> Option<vicinity_client::vault::Boot> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let id = vicinity_core::hex::read(&text.trim().replace('-', ""))?;
    Some(vicinity_client::vault::Boot {
        id,
        since: since_boot()?,
    })
}

/// The number of the user this program runs as, where the system has such a thing.
pub fn user() -> Option<u32> {
    #[cfg(unix)]
    return Some(std::os::unix::fs::MetadataExt::uid(
        &std::fs::metadata("/proc/self").ok()?,
    ));
    #[cfg(not(unix))]
    None
}

/// A server's machine.
pub fn server() -> vicinity_server::machine::Machine {
    vicinity_server::machine::Machine {
        now: Arc::new(now),
        running: Arc::new(since_boot),
        random: Arc::new(fill),
    }
}
