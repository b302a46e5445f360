//! One key of 32 bytes, wrapped with `age` to one public key: what a server's database is under while its identity is on a
//! stick.

use core::iter;
use std::io::{Read, Write};

use age::DecryptError;
use zeroize::Zeroizing;

use crate::error::OpenError;
use crate::keys::{Opener, Recipient};

/// Bytes of the longest box that is opened.
const BOX_MAX_BYTES: usize = 1024;

/// `age` did not wrap the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key could not be wrapped")]
pub struct NotWrapped;

/// Wraps a key, as an `age` file.
///
/// # Errors
/// `age` did not.
pub fn close(recipient: &Recipient, key: &[u8; 32]) -> Result<Vec<u8>, NotWrapped> {
    let recipient = recipient.age().ok_or(NotWrapped)?;
    let mut bytes = Vec::new();
    let encryptor = age::Encryptor::with_recipients(iter::once(&recipient as &dyn age::Recipient))
        .map_err(|_| NotWrapped)?;
    let mut writer = encryptor.wrap_output(&mut bytes).map_err(|_| NotWrapped)?;
    writer.write_all(key).map_err(|_| NotWrapped)?;
    writer.finish().map_err(|_| NotWrapped)?;
    Ok(bytes)
}

/// The key in a box.
///
/// # Errors
/// It was wrapped to another, or the box is damaged.
pub fn open(opener: &Opener, bytes: &[u8]) -> Result<Zeroizing<[u8; 32]>, OpenError> {
    if bytes.len() > BOX_MAX_BYTES {
        return Err(OpenError::Damaged);
    }
    let decryptor = age::Decryptor::new_buffered(bytes).map_err(|_| OpenError::Damaged)?;
    let mut reader =
        decryptor
            .decrypt(iter::once(opener.identity()))
            .map_err(|error| match error {
                DecryptError::NoMatchingKeys => OpenError::NotForUs,
                _ => OpenError::Damaged,
            })?;
    let mut key = Zeroizing::new([0; 32]);
    reader
        .read_exact(&mut key[..])
        .map_err(|_| OpenError::Damaged)?;
    if matches!(reader.read(&mut [0]), Ok(0)) {
        Ok(key)
    } else {
        Err(OpenError::Damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_opens_to_its_identity_and_to_no_other() {
        let (stick, other) = (Opener::generate(), Opener::generate());
        let closed = close(&stick.recipient(), &[7; 32]).unwrap();
        assert_eq!(open(&stick, &closed).map(|key| *key), Ok([7; 32]));
        assert_eq!(
            open(&other, &closed).map(|key| *key),
            Err(OpenError::NotForUs)
        );
        let mut damaged = closed.clone();
        *damaged.last_mut().unwrap() ^= 1;
        assert_eq!(
            open(&stick, &damaged).map(|key| *key),
            Err(OpenError::Damaged)
        );
        assert_eq!(
            open(&stick, &closed[..closed.len() - 1]).map(|key| *key),
            Err(OpenError::Damaged)
        );
        assert_eq!(
            open(&stick, &[closed, vec![0; 1024]].concat()).map(|key| *key),
            Err(OpenError::Damaged)
        );
    }
}
