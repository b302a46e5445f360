//! A PIN, and how little of it shows.

use zeroize::Zeroizing;

use super::VaultError;

const MIN_PIN_CHARS: usize = 4;
const MAX_PIN_BYTES: usize = 256;

/// What a person types to open the device: exactly these characters, none folded or trimmed. Gone from memory when dropped.
#[derive(PartialEq, Eq)]
pub struct Pin(Zeroizing<Vec<u8>>);

impl Pin {
    /// A PIN.
    ///
    /// # Errors
    /// Fewer than 4 characters, or more than 256 bytes.
    pub fn new(text: &str) -> Result<Self, VaultError> {
        if text.chars().count() < MIN_PIN_CHARS || text.len() > MAX_PIN_BYTES {
            return Err(VaultError::PinLength);
        }
        Ok(Self(Zeroizing::new(text.as_bytes().to_vec())))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
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
    fn a_pin_is_long_enough_and_never_shown() {
        assert!(matches!(Pin::new("123"), Err(VaultError::PinLength)));
        assert!(matches!(Pin::new(&"1".repeat(257)), Err(VaultError::PinLength)));
        assert!(Pin::new("নদীর").is_ok());
        assert_eq!(format!("{:?}", Pin::new("4711").unwrap()), "Pin(..)");
    }
}
