//! How many attempts were wrong, which PIN the last one was, and what follows. Pure.
//!
//! Two counts, because an opened second profile resets what a bystander sees but must not buy more guesses at the real
//! PIN: a person with the duress PIN could otherwise alternate it with guesses permanently.
//!
//! The last wrong PIN is known by two bytes, so that the same one again, of a script or an impatient person, costs nothing. They
//! come from the key that the PIN makes with the device's secret: to find the PIN from them takes what finding it from a
//! slot takes, a guess at a time. They are so few that many PINs share them, and they are forgotten when a profile opens.

use super::Profile;

/// Wrong PINs after which the key is destroyed.
pub const MAX_WRONG_PINS: u8 = 10;

/// Encoded length.
pub(super) const STATE_BYTES: usize = 4 + MARK_BYTES;
/// Bytes by which the last wrong PIN is known.
pub(super) const MARK_BYTES: usize = 2;

/// The counts, and where the real profile is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    /// Attempts since any profile opened.
    wrong: u8,
    /// Attempts since the real profile opened, those left out that opened the second one.
    wrong_since_main: u8,
    /// The real profile's slot: it is overwritten when its own count is full, with the second profile left alone.
    pub(super) main: usize,
    /// What the last wrong PIN is known by; none after a right one.
    last_wrong: Option<[u8; MARK_BYTES]>,
}

impl State {
    pub(super) fn new(main: usize) -> Self {
        Self {
            wrong: 0,
            wrong_since_main: 0,
            main: main & 1,
            last_wrong: None,
        }
    }

    pub(super) fn encode(self) -> [u8; STATE_BYTES] {
        let [one, two] = self.last_wrong.unwrap_or_default();
        [
            self.wrong,
            self.wrong_since_main,
            u8::from(self.main == 1),
            u8::from(self.last_wrong.is_some()),
            one,
            two,
        ]
    }

    pub(super) fn decode(
        [wrong, wrong_since_main, main, has_last, one, two]: [u8; STATE_BYTES],
    ) -> Self {
        Self {
            wrong,
            wrong_since_main,
            main: usize::from(main & 1),
            last_wrong: (has_last == 1).then_some([one, two]),
        }
    }

    /// All attempts are used.
    pub(super) fn is_over(self) -> bool {
        self.wrong >= MAX_WRONG_PINS
    }

    /// The attempts at the real PIN are used, and only they.
    pub(super) fn is_main_over(self) -> bool {
        self.wrong_since_main >= MAX_WRONG_PINS
    }

    pub(super) fn left(self) -> u8 {
        MAX_WRONG_PINS.saturating_sub(self.wrong)
    }

    /// Before an attempt is checked.
    pub(super) fn count(&mut self) {
        self.wrong = self.wrong.saturating_add(1);
        self.wrong_since_main = self.wrong_since_main.saturating_add(1);
    }

    /// After one was wrong: what it is known by. The same one as the last time is not counted.
    pub(super) fn was_wrong(&mut self, mark: [u8; MARK_BYTES]) {
        if self.last_wrong.replace(mark) == Some(mark) {
            self.wrong = self.wrong.saturating_sub(1);
            self.wrong_since_main = self.wrong_since_main.saturating_sub(1);
        }
    }

    /// After one was right.
    pub(super) fn opened(&mut self, profile: Profile) {
        self.wrong = 0;
        self.last_wrong = None;
        self.wrong_since_main = match profile {
            Profile::Main => 0,
            Profile::Second => self.wrong_since_main.saturating_sub(1),
        };
    }

    /// After the real profile's slot was overwritten.
    pub(super) fn main_erased(&mut self) {
        self.wrong_since_main = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_wrong_pin_counts_once_and_another_one_again() {
        let mut state = State::new(1);
        let wrong = |state: &mut State, mark: u8| {
            state.count();
            state.was_wrong([mark; MARK_BYTES]);
            state.left()
        };
        assert_eq!(
            [
                wrong(&mut state, 1),
                wrong(&mut state, 1),
                wrong(&mut state, 2),
                wrong(&mut state, 2),
                wrong(&mut state, 1)
            ],
            [9, 9, 8, 8, 7]
        );
        assert_eq!(State::decode(state.encode()), state);
        state.count();
        state.opened(Profile::Second);
        assert_eq!(
            (wrong(&mut state, 1), state.wrong_since_main),
            (9, 4),
            "a right one lies between, and guesses at the real PIN count on"
        );
    }
}
