//! Identifiers of incidents, devices, projections and changes.

use core::fmt;
use core::str::FromStr;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::hex;

/// Bytes of an actor. Eight random bytes are enough for the few actors one document ever sees, and half of what the
/// usual sixteen cost on the wire.
pub const ACTOR_BYTES: usize = 8;

/// An actor: random, fresh for each process and document, never stored, never derived from a device.
pub type Actor = [u8; ACTOR_BYTES];

/// The highest number that is compared by which is higher: a request's counter, a version. Stores keep them in signed columns,
/// where what is above it would be below everything else.
pub const ORDINAL_MAX: u64 = i64::MAX as u64;

/// Bytes of a chunk's magic number and checksum: 4 each.
pub const CHUNK_PREFIX_BYTES: usize = 8;

/// The SHA-256 that identifies a change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChangeHash(pub [u8; 32]);

impl ChangeHash {
    /// The hash of a chunk's type, length and data: the same as automerge computes.
    #[must_use]
    pub fn of(type_length_data: &[u8]) -> Self {
        Self(Sha256::digest(type_length_data).into())
    }

    /// The hash of a whole chunk, whose first [`CHUNK_PREFIX_BYTES`] bytes are not part of it. Nothing else of the chunk is checked.
    ///
    /// `None` if no byte is left behind these: such bytes have no hash.
    #[must_use]
    pub fn of_chunk(chunk: &[u8]) -> Option<Self> {
        chunk
            .get(CHUNK_PREFIX_BYTES..)
            .filter(|hashed| !hashed.is_empty())
            .map(Self::of)
    }
}

impl fmt::Debug for ChangeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::write(&self.0[..4]))
    }
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// An identifier from 16 random bytes, as a version 4 UUID.
            #[must_use]
            pub fn from_random(bytes: [u8; 16]) -> Self {
                Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
            }

            /// An identifier that was made elsewhere.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The 16 bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                Uuid::parse_str(text).map(Self).map_err(|_| BadId)
            }
        }
    };
}

uuid_id!(
    /// An incident. The id is random, so it reveals nothing.
    IncidentId
);
uuid_id!(
    /// A device, as its hub enrolled it.
    DeviceId
);
uuid_id!(
    /// A projection at national: random, and never the incident's.
    ProjectionId
);
uuid_id!(
    /// An action of the advocacy log.
    AdvocacyId
);

/// A text that is no identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier: expected a UUID such as 0b8e6c1e-5d0a-4a53-9a0e-7d7a0c1f2b11")]
pub struct BadId;

/// The digest both ends compare when a sync is over: the sum, modulo 2^128, of one term a document. A sum can be kept
/// up to date one document at a time, so comparing never reads all documents.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ScopeDigest(pub u128);

impl ScopeDigest {
    /// The term of one document: its id and its sorted heads.
    #[must_use]
    pub fn term(incident: IncidentId, sorted_heads: &[ChangeHash]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(incident.as_bytes());
        for head in sorted_heads {
            hasher.update(head.0);
        }
        let hash: [u8; 32] = hasher.finalize().into();
        let mut half = [0; 16];
        half.copy_from_slice(&hash[..16]);
        Self(u128::from_be_bytes(half))
    }

    /// The digest after a document's term changed from `old` to `new`. Either may be the zero of a document that is
    /// not in scope.
    #[must_use]
    pub fn replace(self, old: Self, new: Self) -> Self {
        Self(self.0.wrapping_sub(old.0).wrapping_add(new.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_that_ends_with_its_checksum_has_no_hash() {
        for len in 0..=CHUNK_PREFIX_BYTES {
            assert_eq!(ChangeHash::of_chunk(&vec![1; len]), None, "{len}");
        }
        assert_eq!(
            ChangeHash::of_chunk(&[1; CHUNK_PREFIX_BYTES + 1]),
            Some(ChangeHash::of(&[1]))
        );
    }
}
