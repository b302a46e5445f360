//! Ogg with one Opus stream: pages again, with the comments left out and the stream's random number with them.

use super::{Bytes, MediaError};

const DAMAGED: MediaError = MediaError::Damaged("Ogg");
const OTHER: MediaError = MediaError::Unsupported("an Ogg file that is not one Opus recording");
const SERIAL: u32 = 1;
const CONTINUED: u8 = 1;
const LAST: u8 = 4;
/// Pages that are looked for behind bad ones: each costs a look at 64 kB.
const BAD_PAGES_MAX: u32 = 64;
/// Comments without any: no vendor, no entry.
const NO_COMMENTS: &[u8] = b"OpusTags\0\0\0\0\0\0\0\0";

struct Page<'a> {
    flags: u8,
    granule: [u8; 8],
    serial: [u8; 4],
    segments: &'a [u8],
    body: &'a [u8],
}

impl<'a> Page<'a> {
    fn read(file: &mut Bytes<'a>) -> Result<Self, MediaError> {
        let whole = file.rest;
        if file.take(5)? != b"OggS\0" {
            return Err(DAMAGED);
        }
        let flags = file.u8()?;
        let (granule, serial) = (file.array()?, file.array()?);
        file.take(4)?;
        let sum = u32::from_le_bytes(file.array()?);
        let count = usize::from(file.u8()?);
        let segments = file.take(count)?;
        let body = file.take(segments.iter().map(|length| usize::from(*length)).sum())?;
        let page = &whole[..whole.len() - file.rest.len()];
        let bare = [&page[..22], &[0; 4], &page[26..]].concat();
        if crc(&bare) == sum {
            Ok(Self {
                flags,
                granule,
                serial,
                segments,
                body,
            })
        } else {
            Err(DAMAGED)
        }
    }

    /// Whether the last packet on the page ends on it.
    fn is_closed(&self) -> bool {
        self.segments.last().is_some_and(|length| *length < 255)
    }

    fn write(&self, flags: u8, number: u32, out: &mut Vec<u8>) {
        let begin = out.len();
        out.extend(b"OggS\0");
        out.push(flags);
        out.extend(self.granule);
        out.extend(SERIAL.to_le_bytes());
        out.extend(number.to_le_bytes());
        out.extend([0; 4]);
        out.push(self.segments.len() as u8);
        out.extend(self.segments);
        out.extend(self.body);
        let sum = crc(&out[begin..]).to_le_bytes();
        out[begin + 22..begin + 26].copy_from_slice(&sum);
    }
}

pub(super) fn strip(bytes: &[u8]) -> Result<Vec<u8>, MediaError> {
    let mut file = Bytes::new(bytes, "Ogg");
    let first = Page::read(&mut file)?;
    let head = head(&first)?;
    let mut out = Vec::with_capacity(bytes.len());
    Page {
        segments: &[head.len() as u8],
        body: head,
        granule: [0; 8],
        ..first
    }
    .write(2, 0, &mut out);
    skip_comments(&mut file, first.serial)?;
    Page {
        segments: &[NO_COMMENTS.len() as u8],
        body: NO_COMMENTS,
        granule: [0; 8],
        ..first
    }
    .write(0, 1, &mut out);
    let (heads, mut number, mut bad) = (out.len(), 2, 0);
    // A recorder that was cut off wrote no last page.
    while !file.rest.is_empty() {
        let before = file.rest;
        let Ok(page) = Page::read(&mut file) else {
            // Half a page at the end, or one that was bent: the whole ones are kept. The number that is left out tells players
            // that a packet may have lost its end.
            let next = before
                .get(1..)
                .and_then(|rest| rest.windows(4).position(|four| four == b"OggS"))
                .map(|at| at + 1);
            bad += 1;
            number += 1;
            match next
                .and_then(|at| before.get(at..))
                .filter(|_| bad <= BAD_PAGES_MAX)
            {
                Some(rest) => file.rest = rest,
                None => break,
            }
            continue;
        };
        if page.serial != first.serial || page.flags & 2 != 0 {
            return Err(OTHER);
        }
        page.write(page.flags & (CONTINUED | LAST), number, &mut out);
        number += 1;
        if page.flags & LAST != 0 {
            break;
        }
    }
    if out.len() == heads {
        return Err(DAMAGED);
    }
    // Another stream behind the first would be lost in silence.
    if bad == 0 && file.rest.starts_with(b"OggS") {
        Err(OTHER)
    } else {
        Ok(out)
    }
}

/// The header, as long as its kind needs.
fn head<'a>(page: &Page<'a>) -> Result<&'a [u8], MediaError> {
    let body = page.body;
    if page.flags != 2 || !body.starts_with(b"OpusHead") || page.segments.len() != 1 {
        return Err(OTHER);
    }
    let (channels, family) = (
        usize::from(*body.get(9).ok_or(DAMAGED)?),
        *body.get(18).ok_or(DAMAGED)?,
    );
    body.get(..if family == 0 { 19 } else { 21 + channels })
        .ok_or(DAMAGED)
}

/// The comments fill pages of their own.
fn skip_comments(file: &mut Bytes<'_>, serial: [u8; 4]) -> Result<(), MediaError> {
    let mut is_first = true;
    loop {
        let page = Page::read(file)?;
        if page.serial != serial || (is_first && !page.body.starts_with(b"OpusTags")) {
            return Err(OTHER);
        }
        is_first = false;
        // Only their last page may end a packet, and with it the page.
        let ends = page.segments.iter().filter(|length| **length < 255).count();
        if page.is_closed() && ends == 1 {
            return Ok(());
        }
        if ends > 0 {
            return Err(OTHER);
        }
    }
}

fn crc(bytes: &[u8]) -> u32 {
    let word = |at: usize| {
        (0..8).fold((at as u32) << 24, |word, _| {
            if word >> 31 == 1 {
                word << 1 ^ 0x04c1_1db7
            } else {
                word << 1
            }
        })
    };
    let table: [u32; 256] = core::array::from_fn(word);
    bytes.iter().fold(0, |sum, byte| {
        table[usize::from((sum >> 24) as u8 ^ byte)] ^ sum << 8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0";

    fn page(serial: u32, flags: u8, number: u32, body: &[u8]) -> Vec<u8> {
        let mut segments = vec![255; body.len() / 255];
        segments.push((body.len() % 255) as u8);
        let page = Page {
            flags,
            granule: [number as u8; 8],
            serial: [0; 4],
            segments: &segments,
            body,
        };
        let mut out = Vec::new();
        page.write(flags, number, &mut out);
        out[14..18].copy_from_slice(&serial.to_le_bytes());
        out[22..26].fill(0);
        let sum = crc(&out).to_le_bytes();
        out[22..26].copy_from_slice(&sum);
        out
    }

    fn sound(serial: u32, tags: &[u8], granules: u32) -> Vec<u8> {
        let last = page(serial, LAST, 3 + granules, &[9; 300]);
        [
            page(serial, 2, 0, HEAD),
            page(serial, 0, 0, tags),
            page(serial, 0, 2, &[7; 600]),
            last,
        ]
        .concat()
    }

    #[test]
    fn comments_and_the_streams_number_stay_behind() {
        let tags = [
            b"OpusTags\x07\0\0\0ZZMAKER\x01\0\0\0\x05\0\0\0ZZGPS".as_slice(),
            &[b'Z'; 900],
        ]
        .concat();
        let stripped =
            strip(&[sound(0x5a5a_5a5a, &tags, 0).as_slice(), b"ZZBEHIND"].concat()).unwrap();
        assert!(!stripped.windows(2).any(|two| two == b"ZZ"));
        assert_eq!(strip(&stripped).unwrap(), stripped);
        let mut file = Bytes::new(&stripped, "Ogg");
        let pages: Vec<(u8, Vec<u8>)> = (0..4)
            .map(|_| {
                Page::read(&mut file)
                    .map(|page| (page.flags, page.body.to_vec()))
                    .unwrap()
            })
            .collect();
        assert_eq!(
            pages,
            [
                (2, HEAD.to_vec()),
                (0, NO_COMMENTS.to_vec()),
                (0, vec![7; 600]),
                (LAST, vec![9; 300])
            ]
        );
        assert!(file.rest.is_empty());
    }

    #[test]
    fn what_is_not_one_whole_opus_stream_is_refused() {
        let tags = b"OpusTags\0\0\0\0\0\0\0\0";
        let whole = sound(5, tags, 0);
        assert!(strip(&whole).is_ok());
        let heads = whole.len() - (27 + 3 + 600) - (27 + 2 + 300);
        for at in 0..heads {
            let mut bent = whole.clone();
            bent[at] ^= 1;
            assert!(strip(&bent).is_err(), "{at}");
        }
        assert_eq!(strip(&[whole.clone(), whole.clone()].concat()), Err(OTHER));
        assert_eq!(strip(&page(5, 2, 0, b"\x01vorbis")), Err(OTHER));
        assert_eq!(
            strip(&[page(5, 2, 0, HEAD), page(6, 0, 1, tags)].concat()),
            Err(OTHER)
        );
    }

    /// The pages of a stripped file behind its heads: number, flags, the first byte.
    fn pages(stripped: &[u8]) -> Vec<(u32, u8, u8)> {
        let mut file = Bytes::new(stripped, "Ogg");
        let mut found = Vec::new();
        while !file.rest.is_empty() {
            let number = u32::from_le_bytes(file.rest[18..22].try_into().unwrap());
            let page = Page::read(&mut file).unwrap();
            found.push((number, page.flags, page.body[0]));
        }
        found.split_off(2)
    }

    #[test]
    fn of_half_a_recording_the_whole_pages_are_kept() {
        let tags = b"OpusTags\0\0\0\0\0\0\0\0";
        let whole = sound(5, tags, 0);
        let (last, first) = (27 + 2 + 300, 27 + 3 + 600);
        for cut in 1..last {
            assert_eq!(
                pages(&strip(&whole[..whole.len() - cut]).unwrap()),
                [(2, 0, 7)],
                "{cut}"
            );
        }
        for cut in [last + 1, last + first - 1, last + first] {
            assert_eq!(strip(&whole[..whole.len() - cut]), Err(DAMAGED), "{cut}");
        }
    }

    #[test]
    fn a_page_that_was_bent_is_left_out_and_the_gap_is_told() {
        let whole = sound(5, b"OpusTags\0\0\0\0\0\0\0\0", 0);
        let at = whole.len() - (27 + 2 + 300);
        for bent_at in [at - 630, at - 1, at - 300] {
            let mut bent = whole.clone();
            bent[bent_at] ^= 1;
            assert_eq!(pages(&strip(&bent).unwrap()), [(3, LAST, 9)], "{bent_at}");
        }
        let many = [
            whole[..at].to_vec(),
            b"OggS\0ZZ".repeat(100),
            whole[at..].to_vec(),
        ]
        .concat();
        assert_eq!(
            pages(&strip(&many).unwrap()),
            [(2, 0, 7)],
            "nobody looks for ever"
        );
    }
}
