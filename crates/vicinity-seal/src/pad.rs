//! Padding: a body's size says which step of a ladder its statement is on, no more.
//!
//! A padded statement is the statement, zeros, and its length in four bytes. Steps are 64 bytes up to 1 KiB; then
//! quarters of a power of two up to 64 KiB, where texts end (at most a quarter more bytes); then thirty-seconds, for
//! photos and audio (at most 3.2 % more), because a slow line pays for every byte.

use zeroize::{Zeroize, Zeroizing};

/// Bytes of the longest statement.
pub const STATEMENT_MAX_BYTES: usize = 20_000_000;

/// Bytes that the cipher adds.
pub(crate) const TAG_BYTES: usize = 16;
/// Bytes of the longest body.
pub(crate) const BODY_MAX_BYTES: usize = padded_len(STATEMENT_MAX_BYTES) + TAG_BYTES;

const LENGTH_BYTES: usize = 4;
const SMALL_MAX_BYTES: usize = 1024;
const SMALL_STEP_BYTES: usize = 64;
const TEXT_MAX_BYTES: usize = 64 * 1024;

/// Bytes that a statement of that many takes when padded.
pub(crate) const fn padded_len(statement: usize) -> usize {
    let least = statement + LENGTH_BYTES;
    let step = if least <= SMALL_MAX_BYTES {
        SMALL_STEP_BYTES
    } else {
        let power = (least - 1).ilog2();
        1 << (power - if least <= TEXT_MAX_BYTES { 2 } else { 5 })
    };
    least.next_multiple_of(step)
}

/// The padded statement, with room for the cipher's tag so that no copy of it is left behind by growing; nothing if it
/// is too long.
pub(crate) fn pad(statement: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if statement.len() > STATEMENT_MAX_BYTES {
        return None;
    }
    let length = u32::try_from(statement.len()).ok()?;
    let padded = padded_len(statement.len());
    let mut buffer = Zeroizing::new(Vec::with_capacity(padded + TAG_BYTES));
    buffer.extend_from_slice(statement);
    buffer.resize(padded - LENGTH_BYTES, 0);
    buffer.extend_from_slice(&length.to_le_bytes());
    Some(buffer)
}

/// Takes the padding off; nothing if it is not what [`pad`] puts there.
pub(crate) fn unpad(mut buffer: Zeroizing<Vec<u8>>) -> Option<Zeroizing<Vec<u8>>> {
    let (rest, length) = buffer.split_last_chunk::<LENGTH_BYTES>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let zeros = rest.get(length..)?;
    if length > STATEMENT_MAX_BYTES || padded_len(length) != buffer.len() || zeros.iter().any(|byte| *byte != 0) {
        return None;
    }
    buffer[length..].zeroize();
    buffer.truncate(length);
    Some(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_rises_and_never_wastes_much() {
        let mut before = 0;
        for statement in (0..200_000).chain((200_000..STATEMENT_MAX_BYTES).step_by(997)) {
            let (least, padded) = (statement + LENGTH_BYTES, padded_len(statement));
            assert!(padded >= least && padded >= before);
            before = padded;
            let waste = padded - least;
            assert!(waste < 64 || (waste * 4 <= least && least <= TEXT_MAX_BYTES) || waste * 31 <= least, "{statement} to {padded}");
        }
        assert_eq!([0, 60, 61, 1020, 1021, 65_532, 65_533].map(padded_len), [64, 64, 128, 1024, 1280, 65_536, 67_584]);
    }

    #[test]
    fn padding_that_is_not_ours_is_refused() {
        let padded = pad(b"a statement").unwrap();
        assert_eq!(*unpad(padded.clone()).unwrap(), b"a statement");
        for at in [20, 60, 61, 63] {
            let mut bent = padded.clone();
            bent[at] ^= 1;
            assert!(unpad(bent).is_none(), "{at}");
        }
        assert!(unpad(Zeroizing::new(vec![0; 3])).is_none());
        assert!(unpad(Zeroizing::new(vec![0; 128])).is_none());
    }
}
