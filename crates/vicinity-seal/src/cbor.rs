//! CBOR, written one way only.

use core::fmt;

use minicbor::{CborLen, Decode, Decoder, Encode};

/// The bytes of a value.
pub(crate) fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to a vector does not fail. If it did, nothing at all is what every reader refuses.
    if minicbor::encode(value, &mut bytes).is_err() {
        bytes.clear();
    }
    bytes
}

/// The value of the bytes, if they are what [`encode`] writes: nothing behind them, no fields left out or added, no
/// numbers longer than need be. Hashes and signatures need exactly one encoding of each value.
pub(crate) fn decode<'b, T: Decode<'b, ()> + CborLen<()>>(bytes: &'b [u8]) -> Option<T> {
    let mut decoder = Decoder::new(bytes);
    let value = decoder.decode().ok()?;
    (decoder.position() == bytes.len() && minicbor::len(&value) == bytes.len()).then_some(value)
}

/// Writes bytes in hexadecimal: for the ids in `Debug`.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Debug for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
