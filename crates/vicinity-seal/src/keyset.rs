//! The public keys that statements are sealed to, as a set that the hub numbers and signs.
//!
//! The set comes to a phone with sync, from a hub that may have been seized. So a phone seals only to a set that
//! [`SignedKeySet::open`] gave it, and keeps the highest version that it ever saw: it passes that as `at_least`. Two
//! sets of one version are not distinguished here; a hub never signs two.

use ed25519_dalek::{SIGNATURE_LENGTH, Signature, Signer, SigningKey, VerifyingKey};
use minicbor::{CborLen, Decode, Encode};

use crate::cbor;
use crate::keys::Recipient;

/// Responders of one set: as many as their wraps fit in [`crate::wrap::WRAP_MAX_BYTES`].
pub const RESPONDERS_MAX: usize = 128;
/// Bytes of the longest encoded set.
pub const KEYSET_MAX_BYTES: usize = 16 * 1024;

/// What separates these signatures from every other use of the hub's key.
const DOMAIN: &[u8] = b"vicinity-keyset-v1";

/// The public keys that statements are sealed to.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, CborLen)]
#[cbor(array)]
pub struct KeySet {
    #[n(0)]
    version: u64,
    #[n(1)]
    responders: Vec<(u32, Recipient)>,
    #[n(2)]
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
    /// A set of responders, each with its device's number at the hub, in any order.
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

    /// Which set of the hub's: rises with every change.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Device numbers at the hub and their keys, sorted by number.
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

    fn is_sorted(&self) -> bool {
        self.responders.len() <= RESPONDERS_MAX
            && self.responders.windows(2).all(|pair| pair[0].0 < pair[1].0)
    }
}

/// A key set as it travels. Its signature is verified by [`SignedKeySet::open`] only.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, CborLen)]
#[cbor(array)]
pub struct SignedKeySet {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    bytes: Vec<u8>,
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    signature: Vec<u8>,
}

/// Why a key set is refused. None of them is worth trying again with the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// The bytes are no signed key set; or the hub signed what is no key set.
    #[error("the bytes are no key set")]
    Malformed,
    /// There is no signature.
    #[error("the key set is not signed")]
    Unsigned,
    /// The signature is not this hub's, or not over this set.
    #[error("the key set's signature is wrong")]
    WrongSignature,
    /// The hub signed it once, and a newer one since.
    #[error("the key set is version {version}, older than {at_least}")]
    Older {
        /// Its version.
        version: u64,
        /// The version that was seen before.
        at_least: u64,
    },
}

/// Signs a set with the hub's key.
#[must_use]
pub fn sign(set: &KeySet, hub_key: &SigningKey) -> SignedKeySet {
    let bytes = cbor::encode(set);
    let signature = hub_key.sign(&signed(&bytes)).to_bytes().to_vec();
    SignedKeySet { bytes, signature }
}

fn signed(bytes: &[u8]) -> Vec<u8> {
    [DOMAIN, bytes].concat()
}

impl SignedKeySet {
    /// The bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(self)
    }

    /// The set of the bytes, not believed yet.
    ///
    /// # Errors
    /// `Malformed` for any other bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, KeySetError> {
        if bytes.len() > KEYSET_MAX_BYTES {
            return Err(KeySetError::Malformed);
        }
        cbor::decode(bytes).ok_or(KeySetError::Malformed)
    }

    /// The set, if this hub signed it and it is of version `at_least` or newer. None of it is read before the
    /// signature is found right.
    ///
    /// # Errors
    /// Any other set; see [`KeySetError`].
    pub fn open(&self, hub_key: &VerifyingKey, at_least: u64) -> Result<KeySet, KeySetError> {
        if self.signature.is_empty() {
            return Err(KeySetError::Unsigned);
        }
        let signature: [u8; SIGNATURE_LENGTH] = self
            .signature
            .as_slice()
            .try_into()
            .map_err(|_| KeySetError::WrongSignature)?;
        hub_key
            .verify_strict(&signed(&self.bytes), &Signature::from_bytes(&signature))
            .map_err(|_| KeySetError::WrongSignature)?;
        let set: KeySet = cbor::decode(&self.bytes)
            .filter(KeySet::is_sorted)
            .ok_or(KeySetError::Malformed)?;
        if set.version < at_least {
            Err(KeySetError::Older {
                version: set.version,
                at_least,
            })
        } else {
            Ok(set)
        }
    }
}
