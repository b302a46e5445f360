//! What is kept of a server's clock over a restart, for the server itself and for commands that run beside it.
//!
//! Where a function here fails, storage did.

use vicinity_core::doubt::{Doubt, Kept};
use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;

use crate::machine::Machine;
use crate::settings::Settings;

/// The setting that says how the clock stood.
pub(crate) const CLOCK: &str = "clock";
/// The setting by which a command tells a running server that a person confirmed the clock: random, another one each time.
pub(crate) const CONFIRMED: &str = "clock_confirmed";
/// A look at the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockReading {
    /// What it shows.
    pub now: Timestamp,
    /// Why it may be wrong, if it may.
    pub doubt: Option<Doubt>,
}

/// How the clock stood when it was last recorded.
pub(crate) fn kept<S: Settings + ?Sized>(store: &mut S) -> Result<Option<Kept>, StoreError> {
    let text = store
        .get(CLOCK)?
        .and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(text.and_then(|text| Kept::of_text(&text)))
}

/// Whether the clock of a command that runs beside a server, or without one, is in doubt.
pub fn read_beside<S: Settings + ?Sized>(
    store: &mut S,
    machine: &Machine,
) -> Result<ClockReading, StoreError> {
    let now = (machine.now)();
    Ok(ClockReading {
        now,
        doubt: kept(store)?.and_then(|kept| kept.doubt_at(now.as_second())),
    })
}

/// A person says at the command line that the clock is right. A running server hears it within half a minute.
pub fn confirm_beside<S: Settings + ?Sized>(
    store: &mut S,
    machine: &Machine,
) -> Result<(), StoreError> {
    let (believed, confirmed_ahead) = (
        (machine.now)().as_second(),
        kept(store)?.map_or(0, |kept| kept.confirmed_ahead),
    );
    store.set(
        CLOCK,
        Kept {
            believed,
            confirmed_ahead,
            doubt: None,
        }
        .to_text()
        .as_bytes(),
    )?;
    store.set(CONFIRMED, &machine.bytes::<16>())
}

/// Forgets how the clock stood: a person restores a backup, which is of another time.
pub fn forget<S: Settings + ?Sized>(store: &mut S) -> Result<(), StoreError> {
    store.set(CLOCK, b"")
}
