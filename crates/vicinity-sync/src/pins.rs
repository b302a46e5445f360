//! Which keys a server has: the one it shows now, and the one it will show after the next change. Anyone who knows both follows
//! one change without enrolling again.

use sha2::{Digest, Sha256};

/// SHA-256 of the two public keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pins {
    /// The pin of the key that the server shows.
    pub current: [u8; 32],
    /// The pin of the key that it will show next.
    pub next: [u8; 32],
}

impl Pins {
    /// Both, one behind the other.
    #[must_use]
    pub fn to_bytes(self) -> Vec<u8> {
        [self.current, self.next].concat()
    }

    /// The pins of these bytes; `None` for any others.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (current, next) = bytes.split_first_chunk::<32>()?;
        Some(Self {
            current: *current,
            next: next.try_into().ok()?,
        })
    }

    /// What a client says of the pins that it knows, so that it receives only others: 0 for none.
    #[must_use]
    pub fn mark(pins: Option<Self>) -> u32 {
        let Some(pins) = pins else { return 0 };
        let hash: [u8; 32] = Sha256::digest(pins.to_bytes()).into();
        u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_come_back_from_their_bytes_and_have_a_mark_of_their_own() {
        let pins = Pins {
            current: [1; 32],
            next: [2; 32],
        };
        assert_eq!(Pins::of_bytes(&pins.to_bytes()), Some(pins));
        assert_eq!(Pins::of_bytes(&[1; 63]), None);
        assert_eq!(Pins::of_bytes(&[]), None);
        assert_eq!(Pins::mark(None), 0);
        let turned = Pins {
            current: [2; 32],
            next: [1; 32],
        };
        assert_ne!(Pins::mark(Some(pins)), Pins::mark(Some(turned)));
    }
}
