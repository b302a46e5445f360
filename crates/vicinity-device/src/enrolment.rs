//! What a device knows of its hub.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use vicinity_core::ids::DeviceId;
use vicinity_core::{hex, text};
use vicinity_store::hub::Role;
use zeroize::Zeroizing;

/// An enrolment, as it is kept.
#[derive(Clone, Serialize, Deserialize)]
pub struct Enrolment {
    /// The hub's hosts and ports; each is tried.
    pub addresses: Vec<String>,
    /// The pin of its key; `None` for plain HTTP on loopback.
    pub pin: Option<[u8; 32]>,
    /// The device's id.
    pub device: String,
    /// The secret that proves its requests.
    pub secret: [u8; 32],
    /// Its number at the hub.
    pub number: u32,
    /// The code of its role, as the hub sent it.
    pub role: String,
    /// Six digits that the hub shows for this device, too.
    pub check: String,
    /// The key under which survivor codes are hashed.
    pub survivor_key: Vec<u8>,
    /// The public key of the hub's signatures: only orders that it proves are followed.
    pub hub_key: [u8; 32],
    /// The hub's public key that bundles are encrypted to.
    pub bundle_key: String,
}

impl core::fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Enrolment(device {}, {})", self.number, self.role)
    }
}

/// The keys that a device enrols with, kept before it posts them: a hub gives a code to one key only, and a device that lost
/// the answer has to come again with that key.
#[derive(Serialize, Deserialize)]
pub(crate) struct Enrolling {
    /// The hash of the link's code.
    pub(crate) code: [u8; 32],
    /// The device's id.
    pub(crate) device: String,
    /// The secret that is to prove its requests.
    pub(crate) secret: [u8; 32],
    /// The secret that is to open statements, on a responder's device.
    pub(crate) opener: String,
}

impl Enrolment {
    /// The device's id.
    #[must_use]
    pub fn device(&self) -> Option<DeviceId> {
        self.device.parse().ok()
    }

    /// Whether the device has this role. A role that this version does not know counts as no role.
    #[must_use]
    pub fn is(&self, role: Role) -> bool {
        Role::from_code(&self.role) == Some(role)
    }

    /// The keyed hash of a survivor's code: the same on every device of the hub, useless without the key. Case, spaces and all
    /// that [`text::secret`] folds do not count, since people type codes as they please.
    #[must_use]
    pub fn hash_code(&self, code: &str) -> Option<String> {
        let capitals: Zeroizing<String> = Zeroizing::new(
            text::secret_digits(code)
                .chars()
                .flat_map(char::to_uppercase)
                .collect(),
        );
        // A capital may come out decomposed.
        let plain = text::secret(&capitals);
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.survivor_key).ok()?;
        mac.update(b"vicinity-survivor-code-v1");
        mac.update(plain.as_bytes());
        let hash = mac.finalize().into_bytes();
        Some(hex::write(&hash[..8]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_survivors_code_has_one_hash_from_every_keyboard() {
        let enrolment = Enrolment {
            addresses: Vec::new(),
            pin: None,
            device: String::new(),
            secret: [0; 32],
            number: 1,
            role: "educator".into(),
            check: String::new(),
            survivor_key: vec![7; 32],
            hub_key: [0; 32],
            bundle_key: String::new(),
        };
        let hash = |code: &str| enrolment.hash_code(code).unwrap();
        for written in [
            "sn04211",
            " SN 04211\n",
            "\u{feff}SN04211",
            "SN០៤២១១",
            "SN٠٤٢١١",
            "sn०४२११",
            "SN\u{200b}04211",
        ] {
            assert_eq!(hash(written), hash("SN04211"), "{written:?}");
        }
        assert_eq!(hash("Ame\u{301}lie 7"), hash("amélie7"));
        assert_ne!(hash("SN04212"), hash("SN04211"));
    }
}
