//! The bytes of a change: automerge's published binary format, header and columns, parsed without allocating by what
//! the bytes claim.
//!
//! A chunk is `magic(4) checksum(4) type(1) length(uleb) data`. Only uncompressed change chunks (type 1) are known
//! here: nothing else is ever accepted from outside.

use sha2::{Digest, Sha256};

use crate::ids::ChangeHash;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHANGE_TYPE: u8 = 1;

/// Bytes of the longest change.
pub const CHANGE_MAX_BYTES: usize = 64 * 1024;
/// Dependencies of one change.
pub const DEPS_MAX: usize = 256;
/// Other actors that one change names.
pub const OTHER_ACTORS_MAX: usize = 256;
/// Bytes of the longest actor.
pub const ACTOR_MAX_BYTES: usize = 32;
/// Columns of one change.
pub const COLUMNS_MAX: usize = 16;
/// Operations of one change.
pub const OPS_MAX: usize = 4096;

/// Where bytes are wrong, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at}")]
pub struct Malformed {
    /// The offset.
    pub at: usize,
    /// What is wrong there.
    pub what: &'static str,
}

/// A change's header, borrowed from its chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// The change's name.
    pub hash: ChangeHash,
    /// What it depends on, ascending.
    pub deps: Vec<ChangeHash>,
    /// Who wrote it.
    pub actor: &'a [u8],
    /// The change's number among those of its actor, from 1.
    pub seq: u64,
    /// The counter of its first operation.
    pub start_op: u64,
    /// Seconds since 1970 by the author's clock.
    pub time: i64,
    /// A commit message; refused from outside.
    pub message: &'a [u8],
    /// Other actors its operations name, ascending.
    pub other_actors: Vec<&'a [u8]>,
    /// Specification and length of each column.
    pub columns: Vec<(u32, usize)>,
    /// The columns' bytes.
    pub column_data: &'a [u8],
    /// What is behind the columns; refused from outside.
    pub extra: &'a [u8],
}

/// A cursor over bytes that never reads past them.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the first byte.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// An error at this place.
    #[must_use]
    pub fn bad(&self, what: &'static str) -> Malformed {
        Malformed { at: self.at, what }
    }

    /// Whether everything was read.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    /// Fewer are left.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let end = self
            .at
            .checked_add(len)
            .filter(|end| *end <= self.bytes.len())
            .ok_or(self.bad("bytes missing"))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    /// Everything that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        let rest = &self.bytes[self.at..];
        self.at = self.bytes.len();
        rest
    }

    /// An array of a fixed length.
    ///
    /// # Errors
    /// Fewer bytes are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// An unsigned number in its shortest LEB128 form.
    ///
    /// # Errors
    /// Too long a form, above 64 bits, or cut off.
    pub fn uleb(&mut self) -> Result<u64, Malformed> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(self.bad("number above 64 bits"));
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 && shift > 0 {
                    Err(self.bad("number in a longer form than needed"))
                } else {
                    Ok(number)
                };
            }
        }
        Err(self.bad("number above 64 bits"))
    }

    /// A signed number in its shortest LEB128 form.
    ///
    /// # Errors
    /// As [`Reader::uleb`].
    pub fn leb(&mut self) -> Result<i64, Malformed> {
        let start = self.at;
        let mut number = 0i64;
        for shift in (0..70).step_by(7) {
            let byte = self.take(1)?[0];
            if shift < 63 {
                number |= i64::from(byte & 0x7f) << shift;
            } else {
                number |= i64::from(byte & 1) << 63;
            }
            if byte & 0x80 == 0 {
                if shift < 63 && byte & 0x40 != 0 {
                    number |= -1i64 << (shift + 7).min(63);
                }
                let mut shortest = Vec::with_capacity(10);
                put_leb(&mut shortest, number);
                return if shortest == self.bytes[start..self.at] {
                    Ok(number)
                } else {
                    Err(self.bad("number in a longer form than needed"))
                };
            }
        }
        Err(self.bad("number above 64 bits"))
    }

    /// A count of things, at most `max`.
    ///
    /// # Errors
    /// A larger count.
    pub fn count(&mut self, max: usize, what: &'static str) -> Result<usize, Malformed> {
        let at = self.at;
        usize::try_from(self.uleb()?)
            .ok()
            .filter(|count| *count <= max)
            .ok_or(Malformed { at, what })
    }
}

/// Appends an unsigned number in its shortest LEB128 form.
pub fn put_uleb(out: &mut Vec<u8>, mut number: u64) {
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

/// Appends a signed number in its shortest LEB128 form.
pub fn put_leb(out: &mut Vec<u8>, mut number: i64) {
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        if (number == 0 && byte & 0x40 == 0) || (number == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

impl<'a> Chunk<'a> {
    /// Parses one whole chunk and checks its checksum.
    ///
    /// # Errors
    /// Anything but exactly one uncompressed change chunk within the limits.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        if bytes.len() > CHANGE_MAX_BYTES {
            return Err(reader.bad("change above 64 KiB"));
        }
        if reader.array::<4>()? != MAGIC {
            return Err(Malformed {
                at: 0,
                what: "no chunk",
            });
        }
        let checksum = reader.array::<4>()?;
        let hash = ChangeHash::of(&bytes[reader.at..]);
        if reader.take(1)?[0] != CHANGE_TYPE {
            return Err(Malformed {
                at: 8,
                what: "not an uncompressed change",
            });
        }
        let length = reader.count(CHANGE_MAX_BYTES, "length above 64 KiB")?;
        if length != bytes.len() - reader.at {
            return Err(reader.bad("length does not fit"));
        }
        if checksum != hash.0[..4] {
            return Err(Malformed {
                at: 4,
                what: "wrong checksum",
            });
        }
        Self::parse_data(hash, &mut reader)
    }

    fn parse_data(hash: ChangeHash, reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let deps = (0..reader.count(DEPS_MAX, "too many dependencies")?)
            .map(|_| reader.array().map(ChangeHash))
            .collect::<Result<Vec<_>, _>>()?;
        let actor_len = reader.count(ACTOR_MAX_BYTES, "actor too long")?;
        let actor = reader.take(actor_len)?;
        let (seq, start_op, time) = (reader.uleb()?, reader.uleb()?, reader.leb()?);
        let message_len = reader.count(CHANGE_MAX_BYTES, "message too long")?;
        let message = reader.take(message_len)?;
        let mut other_actors = Vec::new();
        for _ in 0..reader.count(OTHER_ACTORS_MAX, "too many actors")? {
            let len = reader.count(ACTOR_MAX_BYTES, "actor too long")?;
            other_actors.push(reader.take(len)?);
        }
        let mut columns = Vec::new();
        let mut total = 0usize;
        for _ in 0..reader.count(COLUMNS_MAX, "too many columns")? {
            let spec = u32::try_from(reader.uleb()?)
                .map_err(|_| reader.bad("column specification too large"))?;
            let len = reader.count(CHANGE_MAX_BYTES, "column too long")?;
            total += len;
            columns.push((spec, len));
        }
        let column_data = reader.take(total)?;
        Ok(Self {
            hash,
            deps,
            actor,
            seq,
            start_op,
            time,
            message,
            other_actors,
            columns,
            column_data,
            extra: reader.rest(),
        })
    }

    /// The whole chunk again, byte for byte; the hash is computed and not taken from `self`.
    #[must_use]
    pub fn assemble(&self) -> Vec<u8> {
        let mut data = Vec::with_capacity(self.column_data.len() + 128);
        put_uleb(&mut data, self.deps.len() as u64);
        for dep in &self.deps {
            data.extend_from_slice(&dep.0);
        }
        put_bytes(&mut data, self.actor);
        put_uleb(&mut data, self.seq);
        put_uleb(&mut data, self.start_op);
        put_leb(&mut data, self.time);
        put_bytes(&mut data, self.message);
        put_uleb(&mut data, self.other_actors.len() as u64);
        for actor in &self.other_actors {
            put_bytes(&mut data, actor);
        }
        put_uleb(&mut data, self.columns.len() as u64);
        for (spec, len) in &self.columns {
            put_uleb(&mut data, u64::from(*spec));
            put_uleb(&mut data, *len as u64);
        }
        data.extend_from_slice(self.column_data);
        data.extend_from_slice(self.extra);
        wrap(&data)
    }

    /// The counter of its last operation, from the count of operations in its action column.
    ///
    /// # Errors
    /// An action column that cannot be counted.
    pub fn max_op(&self) -> Result<u64, Malformed> {
        let mut data = Reader::new(self.column_data);
        for (spec, len) in &self.columns {
            let column = data.take(*len)?;
            if *spec == ACTION_SPEC {
                return Ok(self
                    .start_op
                    .saturating_add(count_rle(column)? as u64)
                    .saturating_sub(1));
            }
        }
        Ok(self.start_op.saturating_sub(1))
    }
}

pub(crate) const ACTION_SPEC: u32 = 0x42;

fn count_rle(column: &[u8]) -> Result<usize, Malformed> {
    let mut reader = Reader::new(column);
    let mut ops = 0usize;
    while !reader.is_done() {
        let run = reader.leb()?;
        let count = usize::try_from(run.unsigned_abs())
            .ok()
            .filter(|count| *count <= OPS_MAX)
            .ok_or(reader.bad("too many operations"))?;
        for _ in 0..if run > 0 { 1 } else { count } {
            reader.uleb()?;
        }
        ops += count;
        if ops > OPS_MAX {
            return Err(reader.bad("too many operations"));
        }
    }
    Ok(ops)
}

/// Appends a length and the bytes.
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_uleb(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Wraps a change's data in the envelope of its chunk.
#[must_use]
pub fn wrap(data: &[u8]) -> Vec<u8> {
    let mut tail = Vec::with_capacity(data.len() + 4);
    tail.push(CHANGE_TYPE);
    put_uleb(&mut tail, data.len() as u64);
    tail.extend_from_slice(data);
    let checksum = Sha256::digest(&tail);
    let mut chunk = Vec::with_capacity(tail.len() + 8);
    chunk.extend_from_slice(&MAGIC);
    chunk.extend_from_slice(&checksum[..4]);
    chunk.extend_from_slice(&tail);
    chunk
}
