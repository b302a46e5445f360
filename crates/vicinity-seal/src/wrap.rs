//! The key of a batch, wrapped once with `age` to all who may open it.
//!
//! The `age` payload is `id (16) | key (32)`. The id is random and chosen at sealing, and stands inside with the key: it
//! stays when the batch is wrapped again for other responders, and `age` authenticates the two together.
//!
//! Every copy of the key made here is wiped; `age`'s writer keeps one in a buffer that it frees without wiping.

use core::fmt;
use core::iter;
use std::io::{Read, Write};

use age::DecryptError;
use minicbor::{CborLen, Decode, Encode};
use zeroize::Zeroizing;

use crate::cbor::{self, Hex};
use crate::error::{OpenError, SealError};
use crate::keys::Opener;
use crate::keyset::{KeySet, RESPONDERS_MAX};

/// Bytes of the longest encoded wrap.
pub const WRAP_MAX_BYTES: usize = 16 * 1024;

/// Line ends in the longest wrap that is made here, chance ones in its 80 binary bytes included. `age` parses its header
/// again for every line, and a wrap of nothing but lines took 1.4 s here, more on a phone.
const LINES_MAX: usize = 2 * (RESPONDERS_MAX + 1) + 142;

const ID_BYTES: usize = 16;
const KEY_BYTES: usize = 32;

/// A batch's key as the hub stores it.
#[derive(Clone, PartialEq, Eq, Encode, Decode, CborLen)]
#[cbor(array)]
pub struct Wrap {
    /// Which batch: what [`crate::seal::Sealed::wrap`] points at. Stays when the batch is wrapped again.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub id: [u8; 16],
    /// An `age` file.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

/// The bytes are not a wrap: malformed, or longer than [`WRAP_MAX_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no wrapped key")]
pub struct BadWrap;

/// Why a batch was not wrapped again. The old wrap still opens for the keys it was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RewrapError {
    /// The wrap did not open.
    #[error("the wrap did not open: {0}")]
    Open(#[from] OpenError),
    /// Nothing could be wrapped to the new set.
    #[error("the batch's key could not be wrapped: {0}")]
    Wrap(#[from] SealError),
}

impl Wrap {
    /// The bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(self)
    }

    /// The wrap of the bytes. Whether it opens only an [`Opener`] can tell.
    ///
    /// # Errors
    /// Any other bytes, and more than [`WRAP_MAX_BYTES`].
    pub fn decode(bytes: &[u8]) -> Result<Self, BadWrap> {
        if bytes.len() > WRAP_MAX_BYTES {
            Err(BadWrap)
        } else {
            cbor::decode(bytes).ok_or(BadWrap)
        }
    }
}

impl fmt::Debug for Wrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wrap")
            .field("id", &Hex(&self.id))
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// Wraps a batch's key again, to the responders of a newer set: for a responder's device, when responders changed. The id
/// and the key stay, so every statement of the batch stays as it is.
///
/// Lets new responders in. Does not shut old ones out: they may have kept the key, or the wrap that there was.
///
/// # Errors
/// The wrap is not for this opener or is damaged, or the set is empty.
pub fn rewrap(opener: &Opener, wrap: &Wrap, keys: &KeySet) -> Result<Wrap, RewrapError> {
    Ok(BatchKey::unwrap(opener, wrap)?.wrap(keys)?)
}

/// The key of a batch, in plain text.
pub(crate) struct BatchKey {
    pub(crate) id: [u8; ID_BYTES],
    pub(crate) key: Zeroizing<[u8; KEY_BYTES]>,
}

impl BatchKey {
    /// A new one.
    pub(crate) fn draw(random: &mut dyn FnMut(&mut [u8])) -> Self {
        let mut batch = Self {
            id: [0; ID_BYTES],
            key: Zeroizing::new([0; KEY_BYTES]),
        };
        random(&mut batch.id);
        random(&mut batch.key[..]);
        batch
    }

    pub(crate) fn wrap(&self, keys: &KeySet) -> Result<Wrap, SealError> {
        let recipients = keys
            .recipients()
            .map(|key| key.age().ok_or(SealError::Wrapping))
            .collect::<Result<Vec<_>, _>>()?;
        if recipients.is_empty() {
            return Err(SealError::NoRecipients);
        }
        let mut bytes = Vec::new();
        let encryptor = age::Encryptor::with_recipients(
            recipients.iter().map(|key| key as &dyn age::Recipient),
        )
        .map_err(|_| SealError::Wrapping)?;
        let mut writer = encryptor
            .wrap_output(&mut bytes)
            .map_err(|_| SealError::Wrapping)?;
        writer
            .write_all(&self.id)
            .and_then(|()| writer.write_all(&self.key[..]))
            .map_err(|_| SealError::Wrapping)?;
        writer.finish().map_err(|_| SealError::Wrapping)?;
        Ok(Wrap { id: self.id, bytes })
    }

    pub(crate) fn unwrap(opener: &Opener, wrap: &Wrap) -> Result<Self, OpenError> {
        let lines = wrap.bytes.iter().filter(|byte| **byte == b'\n').count();
        if wrap.bytes.len() > WRAP_MAX_BYTES || lines > LINES_MAX {
            return Err(OpenError::Damaged);
        }
        let decryptor =
            age::Decryptor::new_buffered(wrap.bytes.as_slice()).map_err(|_| OpenError::Damaged)?;
        let mut reader = decryptor
            .decrypt(iter::once(opener.identity()))
            .map_err(|error| match error {
                DecryptError::NoMatchingKeys => OpenError::NotForUs,
                _ => OpenError::Damaged,
            })?;
        let mut batch = Self {
            id: [0; ID_BYTES],
            key: Zeroizing::new([0; KEY_BYTES]),
        };
        reader
            .read_exact(&mut batch.id)
            .and_then(|()| reader.read_exact(&mut batch.key[..]))
            .map_err(|_| OpenError::Damaged)?;
        let is_whole = matches!(reader.read(&mut [0]), Ok(0));
        if is_whole && batch.id == wrap.id {
            Ok(batch)
        } else {
            Err(OpenError::Damaged)
        }
    }
}
