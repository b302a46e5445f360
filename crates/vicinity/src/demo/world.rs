//! The demo's clock, randomness and folder.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};

use crate::machine;

/// Days before today on which the story begins: it takes four, so that its pages are fresh afterwards.
const BEGINS_DAYS_AGO: i64 = 5;
/// The hour of its first morning.
const BEGINS_AT_HOUR: i64 = 8;

/// Clock, randomness and folder of one demo. The folder is removed at the end.
pub struct World {
    clock: Arc<AtomicI64>,
    random: Arc<Mutex<Xorshift>>,
    folder: PathBuf,
}

impl World {
    /// A world from a seed, in a new folder.
    pub fn new(seed: u64) -> Result<Self> {
        let midnight = machine::now().as_second() / 86_400 * 86_400;
        let begin = at(midnight - BEGINS_DAYS_AGO * 86_400 + BEGINS_AT_HOUR * 3600);
        let mut name = [0; 8];
        machine::fill(&mut name);
        let folder =
            std::env::temp_dir().join(format!("vicinity-demo-{:016x}", u64::from_be_bytes(name)));
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self {
            clock: Arc::new(AtomicI64::new(begin.as_second())),
            random: Arc::new(Mutex::new(Xorshift::new(seed))),
            folder,
        })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The story's time.
    pub fn now(&self) -> Timestamp {
        at(self.clock.load(Ordering::Relaxed))
    }

    /// Lets time pass.
    pub fn pass(&self, time: SignedDuration) {
        self.clock.fetch_add(time.as_secs(), Ordering::Relaxed);
    }

    /// Lets the story's time be the machine's from now on, as codes of people who sign in want it.
    pub fn run_on(&self) {
        let clock = Arc::clone(&self.clock);
        std::thread::spawn(move || {
            loop {
                clock.store(machine::now().as_second(), Ordering::Relaxed);
                std::thread::sleep(std::time::Duration::from_millis(500));
            }
        });
    }

    /// A number below `bound`.
    pub fn below(&self, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        fill(&self.random, &mut bytes);
        u64::from_be_bytes(bytes) % bound.max(1)
    }

    /// What a server needs.
    pub fn server(&self) -> vicinity_server::machine::Machine {
        let (clock, random) = (Arc::clone(&self.clock), Arc::clone(&self.random));
        let now = Arc::new(move || at(clock.load(Ordering::Relaxed)));
        // The story leaps over days: no machine runs as long as its clock says.
        vicinity_server::machine::Machine {
            now,
            running: Arc::new(|| None),
            random: Arc::new(move |bytes| fill(&random, bytes)),
        }
    }

    /// What a phone needs. Its clock is as wrong as `skew` says.
    pub fn device(&self, skew: SignedDuration) -> vicinity_client::device::Machine {
        let (clock, random) = (Arc::clone(&self.clock), Arc::clone(&self.random));
        vicinity_client::device::Machine {
            now: Box::new(move || at(clock.load(Ordering::Relaxed) + skew.as_secs())),
            random: Box::new(move |bytes| fill(&random, bytes)),
            // The demo does not wait for a link that is down.
            wait: Box::new(|_| {}),
            boot: Box::new(|| None),
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // It is in the system's folder for temporary files: what cannot be removed is removed by the system.
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn fill(random: &Mutex<Xorshift>, bytes: &mut [u8]) {
    let mut random = random
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    for chunk in bytes.chunks_mut(8) {
        let word = random.next().to_be_bytes();
        chunk.copy_from_slice(&word[..chunk.len()]);
    }
}

/// A pseudo-random generator for the demo: the same seed gives the same numbers. Not for real data.
struct Xorshift(AtomicU64);

impl Xorshift {
    fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1))
    }

    fn next(&mut self) -> u64 {
        let state = self.0.get_mut();
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}
