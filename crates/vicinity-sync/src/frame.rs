//! Messages as compressed CBOR.

use minicbor::{Decode, Encode};

use crate::compress;
use crate::refused::Refused;

/// The compressed frame of a message.
#[must_use]
pub fn encode<T: Encode<()>>(message: &T) -> Vec<u8> {
    let mut plain = Vec::new();
    if minicbor::encode(message, &mut plain).is_err() {
        plain.clear();
    }
    compress::deflate(&plain)
}

/// The message of a compressed frame.
///
/// # Errors
/// Any other bytes.
pub fn decode<T: for<'b> Decode<'b, ()>>(body: &[u8]) -> Result<T, Refused> {
    let plain = compress::inflate(body).map_err(|error| match error {
        compress::InflateError::TooLarge => Refused::TooLarge,
        compress::InflateError::Malformed => Refused::Malformed,
    })?;
    minicbor::decode(&plain).map_err(|_| Refused::Malformed)
}
