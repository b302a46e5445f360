//! A track's tables: which bytes are its samples, and how they are played.

use super::boxes::{boxed, children, find, full};
use super::{Bytes, DAMAGED, DESCRIPTION_MAX_BYTES, KIND, MediaError, OTHER};

/// A track of sound.
pub(super) struct Track<'a> {
    /// Steps of a second.
    pub(super) scale: u32,
    /// How its samples are coded, written again.
    pub(super) description: Vec<u8>,
    table: Vec<([u8; 4], &'a [u8])>,
}

/// Its samples, one after the other.
pub(super) struct Samples {
    pub(super) data: Vec<u8>,
    pub(super) sizes: Vec<u32>,
    /// Runs: how many samples last how many steps.
    pub(super) times: Vec<(u32, u32)>,
    pub(super) duration: u32,
}

impl<'a> Track<'a> {
    pub(super) fn read(media: &[([u8; 4], &'a [u8])]) -> Result<Self, MediaError> {
        let mut head = Bytes::new(find(media, b"mdhd")?, KIND);
        let times = if head.array::<4>()?[0] == 0 { 8 } else { 16 };
        head.take(times)?;
        let scale = u32::from_be_bytes(head.array()?);
        let table = children(find(&children(find(media, b"minf")?)?, b"stbl")?)?;
        let description = description(find(&table, b"stsd")?)?;
        Ok(Self {
            scale,
            description,
            table,
        })
    }

    pub(super) fn is_amr(&self) -> bool {
        matches!(self.description.get(4..8), Some(b"samr" | b"sawb"))
    }

    /// The body of a table behind its version and flags.
    fn table(&self, name: &[u8; 4]) -> Result<Bytes<'a>, MediaError> {
        let mut table = Bytes::new(find(&self.table, name)?, KIND);
        table.take(4)?;
        Ok(table)
    }

    fn times(&self) -> Result<Vec<(u32, u32)>, MediaError> {
        let mut table = self.table(b"stts")?;
        let count = table.u32()?;
        let mut runs = Bytes::new(table.take(count.checked_mul(8).ok_or(DAMAGED)?)?, KIND);
        (0..count)
            .map(|_| {
                Ok((
                    u32::from_be_bytes(runs.array()?),
                    u32::from_be_bytes(runs.array()?),
                ))
            })
            .collect()
    }

    fn sizes(&self, file_bytes: usize) -> Result<Vec<u32>, MediaError> {
        let mut table = self.table(b"stsz")?;
        let (all, count) = (u32::from_be_bytes(table.array()?), table.u32()?);
        // Each has at least a byte.
        if count > file_bytes {
            return Err(DAMAGED);
        }
        if all > 0 {
            return Ok(vec![all; count]);
        }
        (0..count)
            .map(|_| table.array().map(u32::from_be_bytes))
            .collect()
    }

    /// Where its chunks begin.
    fn offsets(&self) -> Result<Vec<usize>, MediaError> {
        let is_long = self.table.iter().any(|(name, _)| name == b"co64");
        let mut table = self.table(if is_long { b"co64" } else { b"stco" })?;
        let count = table.u32()?;
        let width = if is_long { 8 } else { 4 };
        let mut offsets = Bytes::new(table.take(count.checked_mul(width).ok_or(DAMAGED)?)?, KIND);
        let offset = |offsets: &mut Bytes<'_>| match is_long {
            true => usize::try_from(u64::from_be_bytes(offsets.array()?)).map_err(|_| DAMAGED),
            false => offsets.u32(),
        };
        (0..count).map(|_| offset(&mut offsets)).collect()
    }

    /// From which chunk on, from 1, a chunk has how many samples.
    fn chunks(&self) -> Result<Vec<(usize, usize)>, MediaError> {
        let mut table = self.table(b"stsc")?;
        let count = table.u32()?;
        let mut runs = Bytes::new(table.take(count.checked_mul(12).ok_or(DAMAGED)?)?, KIND);
        let mut read = || {
            let run = (runs.u32()?, runs.u32()?);
            // Another description in between: none of ours.
            if runs.u32()? == 1 {
                Ok(run)
            } else {
                Err(OTHER)
            }
        };
        (0..count).map(|_| read()).collect()
    }
}

impl Samples {
    /// Collects the samples that a track names from the file.
    pub(super) fn read(track: &Track<'_>, file: &[u8]) -> Result<Self, MediaError> {
        let (sizes, runs, times) = (track.sizes(file.len())?, track.chunks()?, track.times()?);
        let (mut data, mut next) = (Vec::new(), 0usize);
        for (at, offset) in track.offsets()?.into_iter().enumerate() {
            let run = runs
                .iter()
                .rev()
                .find(|(first, _)| *first <= at + 1)
                .ok_or(DAMAGED)?;
            let end = next.checked_add(run.1).ok_or(DAMAGED)?;
            let bytes = sizes
                .get(next..end)
                .ok_or(DAMAGED)?
                .iter()
                .try_fold(0usize, |sum, size| sum.checked_add(*size as usize))
                .ok_or(DAMAGED)?;
            let chunk = offset
                .checked_add(bytes)
                .and_then(|end| file.get(offset..end))
                .ok_or(DAMAGED)?;
            // The same bytes named twice would make a file of any size.
            if data.len() + chunk.len() > file.len() {
                return Err(DAMAGED);
            }
            data.extend(chunk);
            next = end;
        }
        let played = times
            .iter()
            .try_fold(0u32, |sum, (count, _)| sum.checked_add(*count))
            .ok_or(DAMAGED)?;
        let duration = times
            .iter()
            .try_fold(0u32, |sum, (count, step)| {
                sum.checked_add(count.checked_mul(*step)?)
            })
            .ok_or(OTHER)?;
        if next != sizes.len() || next == 0 || played as usize != next {
            return Err(DAMAGED);
        }
        Ok(Self {
            data,
            sizes,
            times,
            duration,
        })
    }

    pub(super) fn count(&self) -> u32 {
        self.sizes.len() as u32
    }
}

/// The description of the coding, of the numbers in it that matter.
fn description(body: &[u8]) -> Result<Vec<u8>, MediaError> {
    let mut table = Bytes::new(body, KIND);
    table.take(4)?;
    if table.u32()? != 1 {
        return Err(OTHER);
    }
    let entries = children(table.rest)?;
    let [(name, entry)] = entries[..] else {
        return Err(OTHER);
    };
    let mut entry = Bytes::new(entry, KIND);
    entry.take(8)?;
    let version = entry.u16()?;
    entry.take(6)?;
    let (channels, bits) = (entry.array::<2>()?, entry.array::<2>()?);
    entry.take(4)?;
    let rate = entry.array::<4>()?;
    // QuickTime's longer heads.
    match version {
        0 => {}
        1 => {
            entry.take(16)?;
        }
        _ => return Err(OTHER),
    }
    let more = children(entry.rest)?;
    let coding = match &name {
        b"mp4a" => match more.iter().find(|(name, _)| name == b"wave") {
            // QuickTime puts it one box deeper.
            Some((_, wave)) if version == 1 => esds(find(&children(wave)?, b"esds")?)?,
            _ => esds(find(&more, b"esds")?)?,
        },
        // Who made the coder is left out; which frames there are, and how many a sample holds, stays.
        b"samr" | b"sawb" => {
            let kind: [u8; 9] = find(&more, b"damr")?.try_into().map_err(|_| DAMAGED)?;
            boxed(b"damr", &[&[0; 5], &kind[5..]])
        }
        _ => return Err(MediaError::Unsupported("sound of this coding in MP4")),
    };
    Ok(boxed(
        &name,
        &[
            &[0, 0, 0, 0, 0, 0, 0, 1],
            &[0; 8],
            &channels,
            &bits,
            &[0; 4],
            &rate,
            &coding,
        ],
    ))
}

/// What a decoder of AAC has to know, written again.
fn esds(body: &[u8]) -> Result<Vec<u8>, MediaError> {
    let mut stream = Bytes::new(body.get(4..).ok_or(DAMAGED)?, KIND);
    let mut stream = descriptor(&mut stream, 3)?;
    stream.take(2)?;
    if stream.u8()? & 0xe0 != 0 {
        return Err(OTHER);
    }
    let mut decoder = descriptor(&mut stream, 4)?;
    let (kind, _, _) = (decoder.u8()?, decoder.u8()?, decoder.take(3)?);
    let rates = decoder.array::<8>()?;
    let specific = descriptor(&mut decoder, 5)?.rest;
    if specific.len() > DESCRIPTION_MAX_BYTES {
        return Err(OTHER);
    }
    let specific = described(5, &[specific]);
    // 0x15: a stream of sound.
    let decoder = described(4, &[&[kind, 0x15, 0, 0, 0], &rates, &specific]);
    Ok(full(
        b"esds",
        0,
        &[&described(
            3,
            &[&[0, 1, 0], &decoder, &described(6, &[&[2]])],
        )],
    ))
}

/// A descriptor: a number that says what it is, a length of seven bits a byte, a body.
fn descriptor<'a>(bytes: &mut Bytes<'a>, tag: u8) -> Result<Bytes<'a>, MediaError> {
    if bytes.u8()? != tag {
        return Err(OTHER);
    }
    let mut length = 0usize;
    for _ in 0..4 {
        let byte = bytes.u8()?;
        length = length << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Ok(Bytes::new(bytes.take(length)?, KIND));
        }
    }
    Err(DAMAGED)
}

fn described(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    // Never above 127: the one part without a fixed length is bounded.
    [&[tag, body.len() as u8], body.as_slice()].concat()
}
