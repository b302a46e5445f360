//! A parcel: bytes for one reader, carried as a file by hands that may not be trusted.
//!
//! Outside it is an `age` file and nothing else: it names neither reader nor sender, and its length is a step of a ladder
//! of powers of two. A changed or shortened parcel does not open. The content itself must prove who wrote it.

use core::iter;
use std::io::{Read, Write};

use age::DecryptError;
use zeroize::Zeroizing;

use crate::keys::{Opener, Recipient};

/// Bytes of the longest content.
pub const PARCEL_MAX_BYTES: usize = (32 << 20) - LENGTH_BYTES;
/// Bytes of the longest parcel: no more of a file is read.
pub const PARCEL_FILE_MAX_BYTES: usize = (32 << 20) + (32 << 20) / 1024 + HEADER_MAX_BYTES;

/// Bytes of the smallest padded content.
const STEP_MIN_BYTES: usize = 64 << 10;
const LENGTH_BYTES: usize = 4;
/// `age` parses its header again for every line of it: a file of nothing but lines would take permanently.
const HEADER_MAX_BYTES: usize = 4096;
const HEADER_LINES_MAX: usize = 64;
/// What the last line of a header begins with.
const HEADER_END: &[u8] = b"\n--- ";

/// Why there is no parcel, or why it does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParcelError {
    /// Longer than [`PARCEL_MAX_BYTES`].
    #[error("the file is larger than any bundle can be")]
    TooLarge,
    /// It was made for somebody else.
    #[error("the file was made for somebody else, or is no bundle")]
    NotForUs,
    /// Cut short or changed.
    #[error("the file is damaged: it was cut short or changed on its way; have it made again")]
    Damaged,
    /// `age` could not make it.
    #[error("the file could not be encrypted")]
    Sealing,
}

/// Packs bytes for one reader. Randomness is the operating system's.
///
/// # Errors
/// Too long, or `age` failed.
pub fn pack(content: &[u8], to: &Recipient) -> Result<Vec<u8>, ParcelError> {
    let length = u32::try_from(content.len()).map_err(|_| ParcelError::TooLarge)?;
    if content.len() > PARCEL_MAX_BYTES {
        return Err(ParcelError::TooLarge);
    }
    let mut padded = Zeroizing::new(vec![0; padded_len(content.len())]);
    padded[..LENGTH_BYTES].copy_from_slice(&length.to_be_bytes());
    padded[LENGTH_BYTES..LENGTH_BYTES + content.len()].copy_from_slice(content);
    let recipient = to.age().ok_or(ParcelError::Sealing)?;
    let encryptor = age::Encryptor::with_recipients(iter::once(&recipient as &dyn age::Recipient))
        .map_err(|_| ParcelError::Sealing)?;
    let mut file = Vec::with_capacity(padded.len() + padded.len() / 1024 + HEADER_MAX_BYTES);
    let mut writer = encryptor
        .wrap_output(&mut file)
        .map_err(|_| ParcelError::Sealing)?;
    writer
        .write_all(&padded)
        .map_err(|_| ParcelError::Sealing)?;
    writer.finish().map_err(|_| ParcelError::Sealing)?;
    Ok(file)
}

/// The content of a parcel.
///
/// # Errors
/// Any other file, and one for somebody else.
pub fn unpack(file: &[u8], opener: &Opener) -> Result<Zeroizing<Vec<u8>>, ParcelError> {
    if file.len() > PARCEL_FILE_MAX_BYTES {
        return Err(ParcelError::TooLarge);
    }
    let head = &file[..file.len().min(HEADER_MAX_BYTES)];
    let end = head
        .windows(HEADER_END.len())
        .position(|window| window == HEADER_END)
        .ok_or(ParcelError::NotForUs)?;
    if head[..end].iter().filter(|byte| **byte == b'\n').count() > HEADER_LINES_MAX {
        return Err(ParcelError::NotForUs);
    }
    let decryptor = age::Decryptor::new_buffered(file).map_err(|_| ParcelError::Damaged)?;
    let reader = decryptor
        .decrypt(iter::once(opener.identity()))
        .map_err(|error| match error {
            DecryptError::NoMatchingKeys => ParcelError::NotForUs,
            _ => ParcelError::Damaged,
        })?;
    let mut padded = Zeroizing::new(Vec::with_capacity(file.len()));
    reader
        .take((32 << 20) + 1)
        .read_to_end(&mut padded)
        .map_err(|_| ParcelError::Damaged)?;
    let (length, rest) = padded
        .split_first_chunk::<LENGTH_BYTES>()
        .ok_or(ParcelError::Damaged)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| ParcelError::Damaged)?;
    if length > rest.len() || padded_len(length) != padded.len() {
        return Err(ParcelError::Damaged);
    }
    Ok(Zeroizing::new(rest[..length].to_vec()))
}

fn padded_len(content: usize) -> usize {
    (content + LENGTH_BYTES)
        .next_power_of_two()
        .max(STEP_MIN_BYTES)
}
