//! A server's clock, and whether it can be trusted: [`vicinity_core::doubt`] with the machine's time, and what is kept over a
//! restart.
//!
//! While the clock is in doubt nothing leaves the server and nothing is deleted by it. Whatever a clock decides that cannot
//! be withdrawn asks [`Clock::read`] first, and takes the time from there.
//!
//! Where a function here fails, storage did.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vicinity_core::doubt::{ClockWatch, Doubt, Kept, Moment};
use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;

use crate::machine::Machine;
use crate::settings::Settings;
pub use crate::storage::clock_record::ClockReading;
use crate::storage::clock_record::{CLOCK, CONFIRMED, kept};

/// By so much the believed time has to grow before it is recorded again.
const STEP_SECONDS: i64 = 3600;

/// A server's clock. Copies of it are one clock.
#[derive(Clone)]
pub struct Clock {
    machine: Machine,
    state: Arc<Mutex<State>>,
}

struct State {
    watch: ClockWatch,
    doubt: Option<Doubt>,
    confirmed: Option<Vec<u8>>,
    kept: Option<Kept>,
}

impl Clock {
    /// The clock of a server that starts.
    pub fn open<S: Settings + ?Sized>(
        store: &mut S,
        machine: &Machine,
    ) -> Result<Self, StoreError> {
        let state = State {
            watch: ClockWatch::new(kept(store)?),
            doubt: None,
            confirmed: store.get(CONFIRMED)?,
            kept: None,
        };
        let clock = Self {
            machine: machine.clone(),
            state: Arc::new(Mutex::new(state)),
        };
        let (_, moment) = clock.moment();
        look(&mut clock.state(), moment);
        Ok(clock)
    }

    /// The time, and whether it can be trusted.
    #[must_use]
    pub fn read(&self) -> ClockReading {
        let (now, moment) = self.moment();
        ClockReading {
            now,
            doubt: look(&mut self.state(), moment),
        }
    }

    /// A device was heard: this server's clock was that many seconds ahead of its.
    pub fn heard(&self, device: u32, ahead_seconds: i64) {
        let (_, moment) = self.moment();
        self.state().watch.heard(device, ahead_seconds, moment);
    }

    /// The same as [`Clock::read`], with what was confirmed at the command line, and what is to be kept over a restart.
    pub fn settle<S: Settings + ?Sized>(&self, store: &mut S) -> Result<ClockReading, StoreError> {
        let confirmed = store.get(CONFIRMED)?;
        let (now, moment) = self.moment();
        let mut state = self.state();
        if confirmed != state.confirmed {
            state.confirmed = confirmed;
            state.watch.confirm(moment);
        }
        let doubt = look(&mut state, moment);
        let kept = state.watch.kept(moment, doubt);
        if state.kept.is_none_or(|before| is_other(before, kept)) {
            store.set(CLOCK, kept.to_text().as_bytes())?;
            state.kept = Some(kept);
        }
        Ok(ClockReading { now, doubt })
    }

    /// A person says at a page that the clock is right.
    pub fn confirm<S: Settings + ?Sized>(&self, store: &mut S) -> Result<(), StoreError> {
        let (_, moment) = self.moment();
        self.state().watch.confirm(moment);
        self.settle(store).map(drop)
    }

    fn moment(&self) -> (Timestamp, Moment) {
        let now = (self.machine.now)();
        let running = (self.machine.running)()
            .map(|running| i64::try_from(running.as_secs()).unwrap_or(i64::MAX));
        (
            now,
            Moment {
                wall: now.as_second(),
                running,
            },
        )
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The watch stays valid after a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_other(before: Kept, now: Kept) -> bool {
    let witness = |kept: Kept| kept.doubt.map(|doubt| doubt.witness);
    before.confirmed_ahead != now.confirmed_ahead
        || witness(before) != witness(now)
        || before.believed.abs_diff(now.believed) >= STEP_SECONDS.unsigned_abs()
}

/// Looks, and says in the log when the clock comes into doubt or out of it.
fn look(state: &mut State, moment: Moment) -> Option<Doubt> {
    let doubt = state.watch.look(moment);
    match (state.doubt, doubt) {
        (None, Some(doubt)) => tracing::warn!(
            witness = doubt.witness.code(),
            ahead_seconds = doubt.ahead_seconds,
            "the clock may be wrong: nothing is sent to other servers and nothing is deleted until it is right, or until a person confirms it on a page or with the command `clock --confirm`"
        ),
        (Some(_), None) => tracing::info!("the clock is believed again"),
        _ => {}
    }
    state.doubt = doubt;
    doubt
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
    use std::time::Duration;

    use vicinity_core::doubt::Witness;

    use super::*;
    use crate::storage::clock_record::{confirm_beside, forget, read_beside};

    const DAY: i64 = 86_400;

    #[derive(Default)]
    struct Memory(BTreeMap<String, Vec<u8>>, u32);

    impl Settings for Memory {
        fn get(&mut self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
            Ok(self.0.get(name).cloned())
        }

        fn set(&mut self, name: &str, value: &[u8]) -> Result<(), StoreError> {
            self.1 += 1;
            self.0.insert(name.to_owned(), value.to_vec());
            Ok(())
        }
    }

    /// A machine whose clock and running time tests set.
    struct Hands {
        wall: Arc<AtomicI64>,
        running: Arc<AtomicI64>,
        machine: Machine,
    }

    impl Hands {
        fn new() -> Self {
            let (wall, running, drawn) = (
                Arc::new(AtomicI64::new(1_800_000_000)),
                Arc::new(AtomicI64::new(50)),
                AtomicU8::new(0),
            );
            let (shown, ran) = (Arc::clone(&wall), Arc::clone(&running));
            let machine = Machine {
                now: Arc::new(move || {
                    Timestamp::from_second(shown.load(Ordering::Relaxed)).unwrap()
                }),
                running: Arc::new(move || {
                    Some(Duration::from_secs(
                        ran.load(Ordering::Relaxed).unsigned_abs(),
                    ))
                }),
                random: Arc::new(move |bytes| bytes.fill(drawn.fetch_add(1, Ordering::Relaxed))),
            };
            Self {
                wall,
                running,
                machine,
            }
        }

        fn passes(&self, seconds: i64) {
            self.running.fetch_add(seconds, Ordering::Relaxed);
            self.jumps(seconds);
        }

        fn jumps(&self, seconds: i64) {
            self.wall.fetch_add(seconds, Ordering::Relaxed);
        }
    }

    fn witness(reading: ClockReading) -> Option<Witness> {
        reading.doubt.map(|doubt| doubt.witness)
    }

    #[test]
    fn a_jump_is_in_doubt_over_a_restart_too_and_ends_when_the_clock_is_right() {
        let (hands, mut settings) = (Hands::new(), Memory::default());
        let clock = Clock::open(&mut settings, &hands.machine).unwrap();
        assert_eq!(witness(clock.settle(&mut settings).unwrap()), None);
        hands.jumps(100 * DAY);
        assert_eq!(
            (
                witness(clock.read()),
                witness(clock.settle(&mut settings).unwrap())
            ),
            (Some(Witness::Running), Some(Witness::Running))
        );
        let again = Clock::open(&mut settings, &hands.machine).unwrap();
        assert_eq!(witness(again.read()), Some(Witness::Restart));
        assert_eq!(
            witness(read_beside(&mut settings, &hands.machine).unwrap()),
            Some(Witness::Restart),
            "a command sees it as well"
        );
        hands.jumps(-100 * DAY);
        assert_eq!(
            (
                witness(again.settle(&mut settings).unwrap()),
                witness(clock.settle(&mut settings).unwrap())
            ),
            (None, None)
        );
        assert_eq!(
            witness(read_beside(&mut settings, &hands.machine).unwrap()),
            None
        );
    }

    #[test]
    fn what_a_command_confirms_a_running_server_hears_and_one_that_starts_later_too() {
        let (hands, mut settings) = (Hands::new(), Memory::default());
        let clock = Clock::open(&mut settings, &hands.machine).unwrap();
        clock.settle(&mut settings).unwrap();
        hands.jumps(100 * DAY);
        assert!(clock.settle(&mut settings).unwrap().doubt.is_some());
        confirm_beside(&mut settings, &hands.machine).unwrap();
        assert_eq!(
            witness(read_beside(&mut settings, &hands.machine).unwrap()),
            None
        );
        assert_eq!(witness(clock.settle(&mut settings).unwrap()), None);
        assert_eq!(
            witness(Clock::open(&mut settings, &hands.machine).unwrap().read()),
            None
        );
        hands.jumps(-50 * DAY);
        assert_eq!(
            witness(clock.read()),
            Some(Witness::Running),
            "an old confirmation confirms nothing new"
        );
        clock.confirm(&mut settings).unwrap();
        assert_eq!(witness(clock.read()), None);
    }

    #[test]
    fn a_backup_that_is_a_month_old_puts_no_clock_in_doubt() {
        let (hands, mut settings) = (Hands::new(), Memory::default());
        Clock::open(&mut settings, &hands.machine)
            .unwrap()
            .settle(&mut settings)
            .unwrap();
        hands.passes(30 * DAY);
        assert!(
            Clock::open(&mut settings, &hands.machine)
                .unwrap()
                .read()
                .doubt
                .is_some(),
            "a server that was off for as long"
        );
        forget(&mut settings).unwrap();
        assert_eq!(
            witness(Clock::open(&mut settings, &hands.machine).unwrap().read()),
            None
        );
    }

    #[test]
    fn little_is_written_down_while_nothing_happens() {
        let (hands, mut settings) = (Hands::new(), Memory::default());
        let clock = Clock::open(&mut settings, &hands.machine).unwrap();
        for _ in 0..540 {
            clock.settle(&mut settings).unwrap();
            hands.passes(20);
        }
        assert_eq!(settings.1, 3, "once an hour");
    }

    #[test]
    fn three_devices_put_a_clock_in_doubt_that_was_wrong_from_the_start() {
        let (hands, mut settings) = (Hands::new(), Memory::default());
        let clock = Clock::open(&mut settings, &hands.machine).unwrap();
        (1..=2).for_each(|device| clock.heard(device, 100 * DAY));
        assert_eq!(witness(clock.read()), None);
        clock.heard(3, 100 * DAY);
        assert_eq!(witness(clock.read()), Some(Witness::Devices));
        hands.jumps(-100 * DAY);
        assert_eq!(
            witness(clock.read()),
            None,
            "set right, and the devices say so"
        );
    }
}
