//! How many attempts were wrong, and what follows. Pure.
//!
//! Two counts, because an opened second profile resets what a bystander sees but must not buy more guesses at the real
//! PIN: whoever holds the duress PIN could otherwise alternate it with guesses for ever.

use super::Profile;

/// Wrong PINs after which the key is destroyed.
pub const MAX_WRONG_PINS: u8 = 10;

/// Encoded length.
pub(super) const STATE_BYTES: usize = 3;

/// The counts, and where the real profile is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    /// Attempts since any profile opened.
    wrong: u8,
    /// Attempts since the real profile opened, those left out that opened the second one.
    wrong_since_main: u8,
    /// The real profile's slot: it is overwritten when its own count is full, with the second profile left alone.
    pub(super) main: usize,
}

impl State {
    pub(super) fn new(main: usize) -> Self {
        Self { wrong: 0, wrong_since_main: 0, main: main & 1 }
    }

    pub(super) fn encode(self) -> [u8; STATE_BYTES] {
        [self.wrong, self.wrong_since_main, u8::from(self.main == 1)]
    }

    pub(super) fn decode([wrong, wrong_since_main, main]: [u8; STATE_BYTES]) -> Self {
        Self { wrong, wrong_since_main, main: usize::from(main & 1) }
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

    /// After one was right.
    pub(super) fn opened(&mut self, profile: Profile) {
        self.wrong = 0;
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
