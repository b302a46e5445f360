//! What a device knows of its hub.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use vicinity_core::hex;
use vicinity_core::ids::DeviceId;

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
    /// Its role.
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

/// What a device enrols with, kept before its hub hears of it: a hub gives a code to one key only, and a device that lost
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

    /// The keyed hash of a survivor's code: the same on every device of the hub, useless without the key. Case and
    /// spaces do not count, since people type codes as they please.
    #[must_use]
    pub fn hash_code(&self, code: &str) -> Option<String> {
        let plain: String = code.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect();
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.survivor_key).ok()?;
        mac.update(b"vicinity-survivor-code-v1");
        mac.update(plain.as_bytes());
        let hash = mac.finalize().into_bytes();
        Some(hex::write(&hash[..8]))
    }
}
