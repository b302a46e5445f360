//! How long a device stays open without its hub. Pure.
//!
//! The device has no clock that can be trusted: people set it, and a battery that is empty sets it to 1970 or 2038. So one
//! look at a clock destroys nothing. A look at 30 days or more without contact *locks*; a later one that is worth as much
//! as a day destroys. A clock that is set right opens the device again, with the evidence gone, but only twice between two
//! contacts: a thief who has the phone and its PIN cannot go on setting it back.

use core::time::Duration;

use vicinity_core::time::{SignedDuration, Timestamp};

/// Full days without contact from which the device warns.
pub const WARNED_FROM_DAY: i64 = 21;
/// Full days without contact from which the device opens nothing.
pub const LOCKED_FROM_DAY: i64 = 30;
/// The device must have run for so long between the first look beyond the lease and the one that destroys.
pub const DESTROYED_AFTER: Duration = Duration::from_secs(24 * 3600);
/// On that many different days, by the device's clock, it was opened beyond the lease: the last of these looks destroys.
pub const DESTROYED_ON_DAY: usize = 3;
/// So often between two contacts a clock that is set back opens the device again.
pub const SET_BACK_MAX: u8 = 2;

const DAY_SECONDS: i64 = 24 * 3600;
/// By so much time without contact has to grow before it is worth writing down.
const STEP_SECONDS: i64 = 3600;

/// A machine's present run: its id, and how long it has lasted, sleep included. Nobody can set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boot {
    /// Random, drawn by the system at its start.
    pub id: [u8; 16],
    /// Time since that start.
    pub since: Duration,
}

/// Looks beyond the lease since the clock was last within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Beyond {
    /// Different days of these looks, by the device's clock, from 1970 on. The third is not kept: it destroys.
    days: [Option<i64>; DESTROYED_ON_DAY - 1],
    /// The machine's run at the last look, and its seconds.
    boot: Option<([u8; 16], u64)>,
    /// Seconds that the device has run since the first look, at the least.
    ran: u64,
}

/// The last contact with the hub, by both clocks, and what was seen of the clock since. An encoded one is 76 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact {
    by_device: i64,
    by_hub: i64,
    /// Never falls: a clock that is set back gives no time back. Looks beyond the lease do not count in it.
    spent: i64,
    /// How often a clock that was set back has opened the device again.
    set_back: u8,
    beyond: Beyond,
}

/// The uses that the time without contact allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// Everything.
    Valid,
    /// Everything, and a word about the days.
    Warn {
        /// Days until it locks, the begun one included.
        days_left: u8,
    },
    /// Nothing but contact with the hub.
    Locked {
        /// Full days since the last contact, if the clock is right.
        days: i64,
    },
    /// Nothing but contact with the hub: the clock was set back too often.
    SetBack,
    /// Nothing, permanently: the caller destroys the key.
    Over,
}

impl Contact {
    /// A contact now: `skew_seconds` is by how much the hub's clock is ahead of the device's.
    #[must_use]
    pub fn at(device: Timestamp, skew_seconds: i64) -> Self {
        let by_device = device.as_second();
        Self {
            by_device,
            by_hub: by_device.saturating_add(skew_seconds),
            spent: 0,
            set_back: 0,
            beyond: Beyond::default(),
        }
    }

    /// What the time allows at this moment, and the contact to keep instead of this one where it
    /// changed. The caller keeps it before it opens or destroys anything.
    ///
    /// The device's clock may have been wrong at the contact and be right now, or still be wrong: time is counted from the
    /// contact by either clock, and the lesser one counts that is not negative. Where both are, the clock was set back, and
    /// the time stands still until it has passed the latest that was seen. A clock that is stopped stops the lease: there is
    /// no other time to go by.
    #[must_use]
    pub fn look(self, now: Timestamp, boot: Option<Boot>) -> (Lease, Option<Self>) {
        let passed = self.passed(now);
        let (lease, kept) = if passed >= LOCKED_FROM_DAY * DAY_SECONDS {
            self.look_beyond(passed, now, boot)
        } else {
            self.look_within(passed)
        };
        (lease, (kept != self).then_some(kept))
    }

    /// What a look allows that cannot be recorded, on a disk that takes no writes: what was kept before and the clock decide.
    /// Within the lease it opens, beyond it it is locked, and nothing is destroyed. `None` where the clock was set back after a look
    /// beyond: that opens only once it is counted, or it would open any number of times.
    #[must_use]
    pub fn look_unnoted(self, now: Timestamp) -> Option<Lease> {
        match self.passed(now) {
            passed if passed >= LOCKED_FROM_DAY * DAY_SECONDS => Some(Lease::Locked {
                days: passed / DAY_SECONDS,
            }),
            _ if self.is_locked() => None,
            passed => Some(self.look_within(passed).0),
        }
    }

    /// Seconds since the contact, by the clock.
    fn passed(self, now: Timestamp) -> i64 {
        let since =
            |then: i64| Some(now.as_second().saturating_sub(then)).filter(|seconds| *seconds >= 0);
        [since(self.by_device), since(self.by_hub)]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(0)
    }

    /// Whether the last look was beyond the lease.
    #[must_use]
    pub fn is_locked(self) -> bool {
        self.beyond != Beyond::default()
    }

    fn look_within(self, passed: i64) -> (Lease, Self) {
        let opened = match self.set_back {
            _ if !self.is_locked() => self,
            SET_BACK_MAX.. => return (Lease::SetBack, self),
            times => Self {
                set_back: times + 1,
                beyond: Beyond::default(),
                ..self
            },
        };
        let spent = passed.max(self.spent);
        let days = spent / DAY_SECONDS;
        let days_left = u8::try_from(LOCKED_FROM_DAY - days).unwrap_or(0);
        let lease = if days >= WARNED_FROM_DAY {
            Lease::Warn { days_left }
        } else {
            Lease::Valid
        };
        (
            lease,
            if spent - self.spent >= STEP_SECONDS {
                Self { spent, ..opened }
            } else {
                opened
            },
        )
    }

    fn look_beyond(self, passed: i64, now: Timestamp, boot: Option<Boot>) -> (Lease, Self) {
        let (is_first, mut beyond) = (!self.is_locked(), self.beyond);
        if let Some(boot) = boot {
            let since = boot.since.as_secs();
            beyond.ran = beyond.ran.saturating_add(match beyond.boot {
                Some((id, then)) if id == boot.id => since.saturating_sub(then),
                // It was started again after the last look: it has run at least since then.
                Some(_) => since,
                None => 0,
            });
            beyond.boot = Some((boot.id, since));
        }
        let day = Some(now.as_second().div_euclid(DAY_SECONDS));
        let is_last_day = match beyond
            .days
            .iter_mut()
            .find(|known| known.is_none() || **known == day)
        {
            Some(place) => {
                *place = day;
                false
            }
            None => true,
        };
        let is_over = !is_first && (is_last_day || beyond.ran >= DESTROYED_AFTER.as_secs());
        let lease = if is_over {
            Lease::Over
        } else {
            Lease::Locked {
                days: passed / DAY_SECONDS,
            }
        };
        (lease, Self { beyond, ..self })
    }

    /// As it is kept.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        let Self {
            by_device,
            by_hub,
            spent,
            set_back,
            beyond,
        } = self;
        let mut bytes: Vec<u8> = [by_device, by_hub, spent]
            .iter()
            .flat_map(|seconds| seconds.to_be_bytes())
            .collect();
        bytes.push(set_back);
        for day in beyond.days {
            bytes.push(u8::from(day.is_some()));
            bytes.extend(day.unwrap_or(0).to_be_bytes());
        }
        let (id, since) = beyond.boot.unwrap_or_default();
        bytes.push(u8::from(beyond.boot.is_some()));
        bytes.extend(id);
        bytes.extend(since.to_be_bytes());
        bytes.extend(beyond.ran.to_be_bytes());
        bytes
    }

    /// The contact of its bytes.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut bytes = bytes;
        let contact = Self {
            by_device: i64::from_be_bytes(take(&mut bytes)?),
            by_hub: i64::from_be_bytes(take(&mut bytes)?),
            spent: i64::from_be_bytes(take(&mut bytes)?),
            set_back: u8::from_be_bytes(take(&mut bytes)?),
            beyond: Beyond {
                days: [take_day(&mut bytes)?, take_day(&mut bytes)?],
                boot: {
                    let is_known = take::<1>(&mut bytes)? != [0];
                    let boot = (take(&mut bytes)?, u64::from_be_bytes(take(&mut bytes)?));
                    is_known.then_some(boot)
                },
                ran: u64::from_be_bytes(take(&mut bytes)?),
            },
        };
        bytes.is_empty().then_some(contact)
    }

    /// How long ago the contact was, by what was seen so far within the lease.
    #[must_use]
    pub fn spent(self) -> SignedDuration {
        SignedDuration::from_secs(self.spent)
    }
}

/// The next bytes.
fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*taken)
}

fn take_day(bytes: &mut &[u8]) -> Option<Option<i64>> {
    let is_known = take::<1>(bytes)? != [0];
    let day = i64::from_be_bytes(take(bytes)?);
    Some(is_known.then_some(day))
}

#[cfg(test)]
mod tests;
