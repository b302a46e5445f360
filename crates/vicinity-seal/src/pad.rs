//! Padding: a body's size says which step of a ladder its statement is on, no more.
//!
//! A padded statement is the statement, zeros, and its length in four bytes, little-endian. A text is compressed before,
//! which the length's highest bit says: each text by itself, so that its size tells of nothing but itself. Steps are 64 bytes up to 1 KiB; then
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
/// The bit of the length that says that what is padded is compressed.
const COMPRESSED: u32 = 1 << 31;
/// Measured on 1,000 texts of about 360 bytes: 3 takes them to 244 kB padded (397 kB uncompressed), 19 to 239 kB.
const LEVEL: i32 = 3;

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
/// is too long. A text is compressed first where that makes it smaller.
pub(crate) fn pad(statement: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if statement.len() > STATEMENT_MAX_BYTES {
        return None;
    }
    let compressed = compress(statement);
    let (held, mark) = compressed.as_ref().map_or((statement, 0), |compressed| {
        (compressed.as_slice(), COMPRESSED)
    });
    let length = u32::try_from(held.len()).ok()? | mark;
    let padded = padded_len(held.len());
    let mut buffer = Zeroizing::new(Vec::with_capacity(padded + TAG_BYTES));
    buffer.extend_from_slice(held);
    buffer.resize(padded - LENGTH_BYTES, 0);
    buffer.extend_from_slice(&length.to_le_bytes());
    Some(buffer)
}

/// Takes the padding off; nothing if it is not what [`pad`] puts there.
pub(crate) fn unpad(mut buffer: Zeroizing<Vec<u8>>) -> Option<Zeroizing<Vec<u8>>> {
    let (rest, length) = buffer.split_last_chunk::<LENGTH_BYTES>()?;
    let marked = u32::from_le_bytes(*length);
    let length = usize::try_from(marked & !COMPRESSED).ok()?;
    let zeros = rest.get(length..)?;
    if length > STATEMENT_MAX_BYTES
        || padded_len(length) != buffer.len()
        || zeros.iter().any(|byte| *byte != 0)
    {
        return None;
    }
    if marked & COMPRESSED != 0 {
        return inflate(&buffer[..length]);
    }
    buffer[length..].zeroize();
    buffer.truncate(length);
    Some(buffer)
}

/// Nothing where it is not smaller. Files are compressed already, and are not tried. What the library's own memory held
/// is not wiped.
fn compress(statement: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if statement.len() > TEXT_MAX_BYTES {
        return None;
    }
    let mut compressed = Zeroizing::new(Vec::with_capacity(statement.len()));
    let bytes = zstd::bulk::Compressor::new(LEVEL)
        .ok()?
        .compress_to_buffer(statement, &mut *compressed)
        .ok()?;
    (bytes < statement.len()).then_some(compressed)
}

/// At most [`TEXT_MAX_BYTES`], whatever the bytes claim.
fn inflate(compressed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut statement = Zeroizing::new(Vec::with_capacity(TEXT_MAX_BYTES));
    zstd::bulk::Decompressor::new()
        .ok()?
        .decompress_to_buffer(compressed, &mut *statement)
        .ok()?;
    Some(statement)
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
            assert!(
                waste < 64
                    || (waste * 4 <= least && least <= TEXT_MAX_BYTES)
                    || waste * 31 <= least,
                "{statement} to {padded}"
            );
        }
        assert_eq!(
            [0, 60, 61, 1020, 1021, 65_532, 65_533].map(padded_len),
            [64, 64, 128, 1024, 1280, 65_536, 67_584]
        );
    }

    #[test]
    fn a_text_takes_less_and_comes_back_and_noise_takes_no_more() {
        let text =
            "She was stopped at the bridge. She was asked for money at the bridge. ".repeat(6);
        let padded = pad(text.as_bytes()).unwrap();
        assert_eq!(
            (padded.len(), unpad(padded).unwrap().as_slice()),
            (128, text.as_bytes())
        );
        let noise: Vec<u8> = (0u32..1000)
            .flat_map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes())
            .collect();
        assert_eq!(pad(&noise).unwrap().len(), padded_len(noise.len()));
        assert_eq!(*unpad(pad(&noise).unwrap()).unwrap(), noise);
    }

    #[test]
    fn what_inflates_above_a_text_is_refused() {
        let bomb = zstd::bulk::compress(&vec![0; TEXT_MAX_BYTES + 1], 3).unwrap();
        let mut buffer = Zeroizing::new(bomb.clone());
        buffer.resize(padded_len(bomb.len()) - LENGTH_BYTES, 0);
        buffer.extend_from_slice(&(bomb.len() as u32 | COMPRESSED).to_le_bytes());
        assert!(unpad(buffer).is_none());
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
