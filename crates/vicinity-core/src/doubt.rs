//! Whether a server's clock can be trusted. Pure: the clock, and how long the machine has run, come in.
//!
//! A clock that is wrong must not destroy anything. What can be withdrawn happens by it at once, and is withdrawn once the
//! clock is right. What cannot waits while the clock is in doubt, until it is right again or a person confirms it. There are
//! three witnesses: the machine's running time, which cannot be set; the last time that was believed before a restart;
//! and the clocks of devices that synced, the median of at least three.

use std::collections::BTreeMap;

/// Seconds that a clock may differ from what the machine's running time says.
pub const JUMP_MAX_SECONDS: i64 = 3600;
/// Seconds between the last believed time before a restart and the first after it.
pub const RESTART_MAX_SECONDS: i64 = 7 * 86_400;
/// Seconds that a clock may differ from the middle one of the devices' clocks: those are set by hand, often by the wrong zone.
pub const DEVICES_MAX_SECONDS: i64 = 86_400;
/// Devices that must have synced before their clocks count.
pub const DEVICES_MIN: usize = 3;
/// Devices that are remembered.
const REMEMBERED_MAX: usize = 1024;
/// Seconds of running after which a device's clock is forgotten.
const REMEMBERED_SECONDS: i64 = 30 * 86_400;

/// What a server sees when it looks at its clock, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// What the clock shows, since 1970.
    pub wall: i64,
    /// How long the machine has run, sleep included; nothing where the system does not tell.
    pub running: Option<i64>,
}

/// What speaks against a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Witness {
    /// The machine's running time.
    Running,
    /// The last time that was believed before a restart.
    Restart,
    /// The clocks of devices.
    Devices,
}

impl Witness {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Running, "running"),
        (Self::Restart, "restart"),
        (Self::Devices, "devices"),
    ];

    /// Its code.
    #[must_use]
    pub fn code(self) -> &'static str {
        Self::ALL
            .into_iter()
            .find(|(witness, _)| *witness == self)
            .map_or("", |(_, code)| code)
    }
}

/// A clock in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt {
    /// What speaks against it.
    pub witness: Witness,
    /// Seconds by which the clock is ahead of what the witness says; negative where it is behind.
    pub ahead_seconds: i64,
}

/// What is kept over a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// The time, as far as it was believed.
    pub believed: i64,
    /// By how much the clock was ahead of the devices' when a person confirmed it.
    pub confirmed_ahead: i64,
    /// Whether, and how, the clock was in doubt.
    pub doubt: Option<Doubt>,
}

impl Kept {
    /// As it is kept: `believed ahead`, and `witness seconds` where the clock is in doubt.
    #[must_use]
    pub fn to_text(self) -> String {
        let doubt = self
            .doubt
            .map(|doubt| format!(" {} {}", doubt.witness.code(), doubt.ahead_seconds))
            .unwrap_or_default();
        format!("{} {}{doubt}", self.believed, self.confirmed_ahead)
    }

    /// What a text says.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split(' ').collect();
        let (first, doubt) = match words.as_slice() {
            [believed, ahead] => ((believed, ahead), None),
            [believed, ahead, witness, seconds] => {
                let (witness, _) = Witness::ALL.into_iter().find(|(_, code)| code == witness)?;
                (
                    (believed, ahead),
                    Some(Doubt {
                        witness,
                        ahead_seconds: seconds.parse().ok()?,
                    }),
                )
            }
            _ => return None,
        };
        Some(Self {
            believed: first.0.parse().ok()?,
            confirmed_ahead: first.1.parse().ok()?,
            doubt,
        })
    }

    /// Whether a clock that shows `wall` is in doubt, for who has nothing to go by but what was kept.
    #[must_use]
    pub fn doubt_at(self, wall: i64) -> Option<Doubt> {
        let ahead_seconds = wall.saturating_sub(self.believed);
        match self.doubt {
            Some(doubt) if doubt.witness == Witness::Devices => Some(doubt),
            Some(_) if is_beyond(ahead_seconds, JUMP_MAX_SECONDS) => Some(Doubt {
                witness: Witness::Restart,
                ahead_seconds,
            }),
            _ if is_beyond(ahead_seconds, RESTART_MAX_SECONDS) => Some(Doubt {
                witness: Witness::Restart,
                ahead_seconds,
            }),
            _ => None,
        }
    }
}

/// The last moment that was believed.
#[derive(Debug, Clone, Copy)]
enum Believed {
    /// Never looked.
    Nothing,
    /// The last look was before the restart. With it, how long the machine had run at the first look after the restart.
    Before(Kept, Option<i64>),
    /// The last look was in this run.
    Since(Moment),
}

/// A server's clock, watched from its start on.
#[derive(Debug)]
pub struct ClockWatch {
    believed: Believed,
    confirmed_ahead: i64,
    /// Devices' clocks less the machine's running time, and when in it each device synced.
    devices: BTreeMap<u32, (i64, i64)>,
    /// The two in the middle of them; the same one where their number is odd.
    middle: Option<(i64, i64)>,
}

impl ClockWatch {
    /// A watch that begins with what was kept before a restart.
    #[must_use]
    pub fn new(kept: Option<Kept>) -> Self {
        let believed = kept.map_or(Believed::Nothing, |kept| Believed::Before(kept, None));
        Self {
            believed,
            confirmed_ahead: kept.map_or(0, |kept| kept.confirmed_ahead),
            devices: BTreeMap::new(),
            middle: None,
        }
    }

    /// A device synced. The server's clock was `ahead` seconds ahead of the device's.
    pub fn heard(&mut self, device: u32, ahead_seconds: i64, now: Moment) {
        let Some(running) = now.running else { return };
        self.devices
            .retain(|_, (_, heard)| running.saturating_sub(*heard) <= REMEMBERED_SECONDS);
        if self.devices.len() >= REMEMBERED_MAX && !self.devices.contains_key(&device) {
            return;
        }
        self.devices.insert(
            device,
            (
                now.wall
                    .saturating_sub(ahead_seconds)
                    .saturating_sub(running),
                running,
            ),
        );
        let mut clocks: Vec<i64> = self.devices.values().map(|(clock, _)| *clock).collect();
        clocks.sort_unstable();
        self.middle = (clocks.len() >= DEVICES_MIN)
            .then(|| (clocks[(clocks.len() - 1) / 2], clocks[clocks.len() / 2]));
    }

    /// By how much the clock is ahead of the middle one of the devices' clocks; of two in the middle the nearer one counts.
    fn ahead_of_devices(&self, now: Moment) -> Option<i64> {
        let ((low, high), running) = (self.middle?, now.running?);
        let ahead = |clock: i64| now.wall.saturating_sub(clock.saturating_add(running));
        Some([ahead(low), ahead(high)]).map(|both| {
            if both[0].unsigned_abs() <= both[1].unsigned_abs() {
                both[0]
            } else {
                both[1]
            }
        })
    }

    /// By how much the clock is ahead of the time that is trusted; nothing where there is nothing to compare with.
    fn ahead_of_believed(&self, now: Moment) -> Option<i64> {
        self.expected(now)
            .map(|expected| now.wall.saturating_sub(expected))
    }

    /// What the clock should show.
    fn expected(&self, now: Moment) -> Option<i64> {
        let since = |then: Option<i64>| Some(now.running?.saturating_sub(then?).max(0));
        match self.believed {
            Believed::Nothing => None,
            Believed::Before(kept, first) => {
                Some(kept.believed.saturating_add(since(first).unwrap_or(0)))
            }
            Believed::Since(then) => Some(then.wall.saturating_add(since(then.running)?)),
        }
    }

    fn jump(&self, now: Moment) -> Option<Doubt> {
        let ahead_seconds = self.ahead_of_believed(now)?;
        let (witness, limit) = match self.believed {
            // What was in doubt before the restart is so after it.
            Believed::Before(Kept { doubt: Some(_), .. }, _) => {
                (Witness::Restart, JUMP_MAX_SECONDS)
            }
            Believed::Before(..) => (Witness::Restart, RESTART_MAX_SECONDS),
            Believed::Nothing | Believed::Since(_) => (Witness::Running, JUMP_MAX_SECONDS),
        };
        is_beyond(ahead_seconds, limit).then_some(Doubt {
            witness,
            ahead_seconds,
        })
    }

    /// Whether the clock is in doubt now. It is not any more once it shows again what it should, or what the devices' clocks
    /// show.
    pub fn look(&mut self, now: Moment) -> Option<Doubt> {
        if let Believed::Before(_, first @ None) = &mut self.believed {
            *first = now.running;
        }
        let (jump, ahead) = (self.jump(now), self.ahead_of_devices(now));
        let devices_agree = ahead.is_some_and(|ahead| !is_beyond(ahead, JUMP_MAX_SECONDS));
        if jump.is_some() && !devices_agree {
            return jump;
        }
        // Devices' clocks from before the restart count until the devices sync again.
        if let Believed::Before(
            Kept {
                doubt:
                    Some(
                        doubt @ Doubt {
                            witness: Witness::Devices,
                            ..
                        },
                    ),
                ..
            },
            _,
        ) = self.believed
            && ahead.is_none()
        {
            return Some(doubt);
        }
        if let Some(ahead_seconds) = ahead
            && is_beyond(ahead_seconds, DEVICES_MAX_SECONDS)
            && is_beyond(
                ahead_seconds.saturating_sub(self.confirmed_ahead),
                DEVICES_MAX_SECONDS,
            )
        {
            return Some(Doubt {
                witness: Witness::Devices,
                ahead_seconds,
            });
        }
        // From here on it is compared with this moment. While it runs on, the moment stays: many small jumps are one large one.
        if jump.is_some()
            || !matches!(
                self.believed,
                Believed::Since(Moment {
                    running: Some(_),
                    ..
                })
            )
        {
            self.believed = Believed::Since(now);
        }
        None
    }

    /// A person says that the clock is right.
    pub fn confirm(&mut self, now: Moment) {
        self.believed = Believed::Since(now);
        self.confirmed_ahead = self.ahead_of_devices(now).unwrap_or(0);
    }

    /// What is to be kept over a restart.
    #[must_use]
    pub fn kept(&self, now: Moment, doubt: Option<Doubt>) -> Kept {
        let believed = if doubt.is_some() {
            self.expected(now).unwrap_or(now.wall)
        } else {
            now.wall
        };
        Kept {
            believed,
            confirmed_ahead: self.confirmed_ahead,
            doubt,
        }
    }
}

fn is_beyond(seconds: i64, limit: i64) -> bool {
    seconds.unsigned_abs() > limit.unsigned_abs()
}

#[cfg(test)]
mod tests;
