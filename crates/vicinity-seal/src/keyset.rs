//! The public keys that statements are sealed to. Each device derives the set from the [approvals](crate::approvals).

use crate::keys::Recipient;

/// Responders of one set: as many as their wraps fit in [`crate::wrap::WRAP_MAX_BYTES`].
pub const RESPONDERS_MAX: usize = 128;

/// The public keys that statements are sealed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySet {
    version: u64,
    responders: Vec<(u32, Recipient)>,
    recovery: Option<Recipient>,
}

/// Keys that make no set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKeySet {
    /// More than [`RESPONDERS_MAX`].
    #[error("more than {RESPONDERS_MAX} responders")]
    TooMany,
    /// A device has two keys.
    #[error("a device has two keys")]
    SameDevice,
}

impl KeySet {
    /// A set of responders, each with the number of its approval, in any order.
    ///
    /// # Errors
    /// Too many, or one device twice.
    pub fn new(
        version: u64,
        mut responders: Vec<(u32, Recipient)>,
        recovery: Option<Recipient>,
    ) -> Result<Self, BadKeySet> {
        responders.sort_unstable();
        if responders.len() > RESPONDERS_MAX {
            return Err(BadKeySet::TooMany);
        }
        if responders.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(BadKeySet::SameDevice);
        }
        Ok(Self {
            version,
            responders,
            recovery,
        })
    }

    /// Rises with every change.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The numbers of approvals and the keys, sorted by number.
    #[must_use]
    pub fn responders(&self) -> &[(u32, Recipient)] {
        &self.responders
    }

    /// The offline recovery key.
    #[must_use]
    pub fn recovery(&self) -> Option<&Recipient> {
        self.recovery.as_ref()
    }

    pub(crate) fn recipients(&self) -> impl Iterator<Item = &Recipient> {
        self.responders
            .iter()
            .map(|(_, key)| key)
            .chain(&self.recovery)
    }
}
