//! A PIN, and how little of it shows.

use vicinity_core::text;
use zeroize::Zeroizing;

use super::VaultError;

const MIN_PIN_CHARS: usize = 4;
const MAX_PIN_BYTES: usize = 256;

/// What a person types to open the device, as [`text::secret`] folds it. Gone from memory when dropped.
#[derive(PartialEq, Eq)]
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// A PIN.
    ///
    /// # Errors
    /// Fewer than 4 characters, or more than 256 bytes, once folded.
    pub fn new(text: &str) -> Result<Self, VaultError> {
        let pin = text::secret(text);
        if pin.chars().count() < MIN_PIN_CHARS || pin.len() > MAX_PIN_BYTES {
            Err(VaultError::PinLength)
        } else {
            Ok(Self(pin))
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl core::fmt::Debug for Pin {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Pin(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_the_same_from_every_keyboard_and_file() {
        let pin = Pin::new("4711").unwrap();
        for written in ["\u{feff}4711\r\n", "៤៧១១", "٤٧١١", "४७११", "47\u{200b}11\n"]
        {
            assert!(Pin::new(written).unwrap() == pin, "{written:?}");
        }
        assert!(Pin::new("cafe\u{301}").unwrap() == Pin::new("café").unwrap());
        assert!(Pin::new("4712").unwrap() != pin && Pin::new("4711 ").unwrap() != pin);
    }

    #[test]
    fn a_pin_is_long_enough_and_never_shown() {
        assert!(matches!(Pin::new("123"), Err(VaultError::PinLength)));
        assert!(matches!(
            Pin::new(&"1".repeat(257)),
            Err(VaultError::PinLength)
        ));
        assert!(matches!(
            Pin::new("\u{feff}123\r\n"),
            Err(VaultError::PinLength)
        ));
        assert!(Pin::new("নদীর").is_ok());
        assert_eq!(format!("{:?}", Pin::new("4711").unwrap()), "Pin(..)");
    }
}
