//! How long a device stays open without its hub. Pure.

use vicinity_core::time::{SignedDuration, Timestamp};

/// Full days without contact from which the device warns.
pub const WARNED_FROM_DAY: i64 = 21;
/// Full days without contact from which the device is locked for good.
pub const LOCKED_FROM_DAY: i64 = 30;
/// Full days that a clock may jump and still be believed. One that jumps further was set wrong: nothing is destroyed for it.
pub const JUMP_MAX_DAYS: i64 = 366;

const DAY_SECONDS: i64 = 24 * 3600;
/// By so much time without contact has to grow before it is worth writing down.
const STEP_SECONDS: i64 = 3600;

/// The last contact with the hub, by both clocks, and how much time without contact was seen since. An encoded one is 24
/// bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact {
    by_device: i64,
    by_hub: i64,
    /// Never falls: a clock that is set back gives no time back.
    spent: i64,
}

/// What the time without contact allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// Everything.
    Valid,
    /// Everything, and a word about the days.
    Warn {
        /// Days until it locks, the begun one included.
        days_left: u8,
    },
    /// Nothing, for good: the caller destroys the key.
    Locked,
    /// Nothing, until the clock is right: it shows a time that is years away from the last one.
    ClockAhead {
        /// Full days since the last contact, if the clock were right.
        days: i64,
    },
}

impl Contact {
    /// A contact now: `skew_seconds` is by how much the hub's clock is ahead of the device's.
    #[must_use]
    pub fn at(device: Timestamp, skew_seconds: i64) -> Self {
        Self { by_device: device.as_second(), by_hub: device.as_second().saturating_add(skew_seconds), spent: 0 }
    }

    /// What the time allows, and the contact to keep instead of this one if the time without contact has grown.
    ///
    /// The device's clock may have been wrong at the contact and be right now, or still be wrong: time is counted from the
    /// contact by either clock, and the lesser one counts that is not negative. Where both are, the clock was set back, and
    /// the time stands still until it has passed the latest that was seen. A clock that is stopped stops the lease: there is
    /// no other time to go by.
    #[must_use]
    pub fn lease(self, now: Timestamp) -> (Lease, Option<Self>) {
        let since = |then: i64| Some(now.as_second().saturating_sub(then)).filter(|seconds| *seconds >= 0);
        let passed = [since(self.by_device), since(self.by_hub)].into_iter().flatten().min().unwrap_or(0);
        if passed.saturating_sub(self.spent) > JUMP_MAX_DAYS * DAY_SECONDS {
            return (Lease::ClockAhead { days: passed / DAY_SECONDS }, None);
        }
        let spent = passed.max(self.spent);
        let days = spent / DAY_SECONDS;
        let lease = if days >= LOCKED_FROM_DAY {
            Lease::Locked
        } else if days >= WARNED_FROM_DAY {
            Lease::Warn { days_left: u8::try_from(LOCKED_FROM_DAY - days).unwrap_or(0) }
        } else {
            Lease::Valid
        };
        (lease, (spent - self.spent >= STEP_SECONDS).then_some(Self { spent, ..self }))
    }

    /// As it is kept.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        [self.by_device, self.by_hub, self.spent].iter().flat_map(|seconds| seconds.to_be_bytes()).collect()
    }

    /// The contact of its bytes.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (numbers, rest) = bytes.as_chunks::<8>();
        let [by_device, by_hub, spent] = *numbers else { return None };
        rest.is_empty().then(|| Self { by_device: i64::from_be_bytes(by_device), by_hub: i64::from_be_bytes(by_hub), spent: i64::from_be_bytes(spent) })
    }

    /// How long ago the contact was, by what was seen so far.
    #[must_use]
    pub fn spent(self) -> SignedDuration {
        SignedDuration::from_secs(self.spent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;
    const DAY: i64 = 24 * HOUR;
    const YEAR: i64 = 365 * DAY;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    /// What is said at these moments, one after the other, each with what was kept of the one before.
    fn told(contact: Contact, moments: &[i64]) -> Vec<Lease> {
        let mut contact = contact;
        let mut told = Vec::new();
        for moment in moments {
            let (lease, kept) = contact.lease(at(*moment));
            contact = Contact::decode(&kept.unwrap_or(contact).encode()).unwrap();
            told.push(lease);
        }
        told
    }

    fn warn(days_left: u8) -> Lease {
        Lease::Warn { days_left }
    }

    #[test]
    fn the_lease_warns_from_day_21_and_locks_from_day_30() {
        let moments = [0, 21 * DAY - 1, 21 * DAY, 30 * DAY - 1, 30 * DAY];
        assert_eq!(told(Contact::at(at(0), 0), &moments), [Lease::Valid, Lease::Valid, warn(9), warn(1), Lease::Locked]);
        assert_eq!(told(Contact::at(at(0), 0), &[300 * DAY]), [Lease::Locked], "a phone that was off for long");
    }

    #[test]
    fn a_clock_that_is_set_back_gives_no_time_back() {
        let contact = Contact::at(at(0), 0);
        assert_eq!(told(contact, &[25 * DAY, DAY, 25 * DAY + HOUR]), [warn(5), warn(5), warn(5)]);
        assert_eq!(told(contact, &[25 * DAY, -20 * YEAR, 29 * DAY]), [warn(5), warn(5), warn(1)], "back by years, before the contact");
        assert_eq!(told(contact, &[-DAY, -4000 * DAY, HOUR]), [Lease::Valid; 3], "it stands still, and then goes on");
    }

    #[test]
    fn a_clock_that_was_wrong_at_the_contact_and_is_set_right_costs_nothing() {
        for skew in [40 * YEAR, -10 * YEAR, 45 * DAY, -45 * DAY] {
            let contact = Contact::at(at(-skew), skew);
            let right = told(contact, &[HOUR, 22 * DAY, 30 * DAY]);
            assert_eq!(right, [Lease::Valid, warn(8), Lease::Locked], "set right, {skew}");
            let wrong = told(contact, &[HOUR - skew, 22 * DAY - skew, 30 * DAY - skew]);
            assert_eq!(wrong, [Lease::Valid, warn(8), Lease::Locked], "left as it was, {skew}");
        }
    }

    #[test]
    fn a_clock_that_jumps_ahead_by_years_destroys_nothing_and_opens_nothing() {
        let contact = Contact::at(at(0), 0);
        assert_eq!(told(contact, &[3 * YEAR, 2 * DAY]), [Lease::ClockAhead { days: 3 * 365 }, Lease::Valid]);
        assert_eq!(told(contact, &[20 * DAY, 20 * DAY + 366 * DAY]), [Lease::Valid, Lease::Locked]);
    }

    #[test]
    fn little_is_written_down_and_only_what_was_written_counts() {
        let contact = Contact::at(at(0), 0);
        assert_eq!(contact.lease(at(HOUR - 1)).1, None);
        assert_eq!(contact.lease(at(HOUR)).1.map(Contact::spent), Some(SignedDuration::from_hours(1)));
        assert_eq!(Contact::decode(&[0; 23]), None);
        assert_eq!(Contact::decode(&[0; 32]), None);
        let end = Contact::at(Timestamp::MAX, i64::MAX);
        assert_eq!(end.lease(Timestamp::MIN).0, Lease::Valid);
    }
}
