//! RIFF files: WebP pictures and WAV sounds, chunk by chunk.

use super::{Bytes, MediaError, exif};

/// The chunks of a file, as far as its own length says.
fn chunks<'a>(bytes: &'a [u8], kind: &'static str) -> Result<Vec<([u8; 4], &'a [u8])>, MediaError> {
    let mut file = Bytes::new(bytes, kind);
    file.take(4)?;
    let length = u32::from_le_bytes(file.array()?) as usize;
    let mut body = Bytes::new(file.take(length)?, kind);
    body.take(4)?;
    let mut chunks = Vec::new();
    while !body.rest.is_empty() {
        let name = body.array::<4>()?;
        let length = u32::from_le_bytes(body.array()?) as usize;
        chunks.push((name, body.take(length)?));
        // The last one is often not filled up.
        if length % 2 == 1 && !body.rest.is_empty() {
            body.take(1)?;
        }
    }
    Ok(chunks)
}

fn riff(form: &[u8; 4], chunks: &[([u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = form.to_vec();
    for (name, chunk) in chunks {
        body.extend(name);
        body.extend((chunk.len() as u32).to_le_bytes());
        body.extend(*chunk);
        body.resize(body.len().next_multiple_of(2), 0);
    }
    [
        b"RIFF".as_slice(),
        &(body.len() as u32).to_le_bytes(),
        &body,
    ]
    .concat()
}

/// A picture: its coded form, its transparency, its size, and which way up it is.
pub(super) fn webp(bytes: &[u8]) -> Result<Vec<u8>, MediaError> {
    const ALPHA: u8 = 0x10;
    const EXIF: u8 = 0x08;
    let damaged = MediaError::Damaged("WebP");
    let (mut canvas, mut orientation): (Option<[u8; 10]>, _) = (None, None);
    let mut kept: Vec<([u8; 4], &[u8])> = Vec::new();
    for (name, body) in chunks(bytes, "WebP")? {
        match &name {
            b"VP8X" if canvas.is_none() => {
                let mut header: [u8; 10] = body.try_into().map_err(|_| damaged)?;
                header = [
                    header[0] & ALPHA,
                    0,
                    0,
                    0,
                    header[4],
                    header[5],
                    header[6],
                    header[7],
                    header[8],
                    header[9],
                ];
                canvas = Some(header);
            }
            b"ANIM" | b"ANMF" => return Err(MediaError::Unsupported("a picture that moves")),
            b"ALPH" | b"VP8 " | b"VP8L" if kept.iter().all(|(other, _)| *other != name) => {
                kept.push((name, body))
            }
            b"ALPH" | b"VP8 " | b"VP8L" | b"VP8X" => return Err(damaged),
            b"EXIF" => orientation = orientation.or(exif::orientation(body)),
            _ => {}
        }
    }
    let pictures = kept.iter().filter(|(name, _)| name != b"ALPH").count();
    if pictures != 1 {
        return Err(damaged);
    }
    // Only the long form has room for it; a file without that header has no other to say it either.
    let tag = orientation.filter(|_| canvas.is_some()).map(exif::upright);
    if let Some(tag) = &tag {
        kept.push((*b"EXIF", tag));
    }
    if let Some(canvas) = &mut canvas {
        canvas[0] |= if tag.is_some() { EXIF } else { 0 };
        kept.insert(0, (*b"VP8X", canvas));
    }
    Ok(riff(b"WEBP", &kept))
}

/// The chunks of a sound. A recorder that was cut off left its lengths at nothing, or longer than what it wrote: the samples
/// are then what is there.
fn sound_chunks(bytes: &[u8]) -> Result<Vec<([u8; 4], &[u8])>, MediaError> {
    let mut file = Bytes::new(bytes, "WAV");
    file.take(4)?;
    let length = u32::from_le_bytes(file.array()?) as usize;
    let is_open = length == 0 || length > file.rest.len();
    let (inside, beyond) = if is_open {
        (file.rest, 0)
    } else {
        (&file.rest[..length], file.rest.len() - length)
    };
    let mut body = Bytes::new(inside, "WAV");
    body.take(4)?;
    let mut found = Vec::new();
    while !body.rest.is_empty() {
        let name = body.array::<4>()?;
        let length = u32::from_le_bytes(body.array()?) as usize;
        let rest = &file.rest[file.rest.len() - beyond - body.rest.len()..];
        // A length of 0 counts as not written only if no known chunk follows; otherwise that chunk would be read as sound.
        let is_unwritten = length == 0 && (is_open || body.rest.is_empty()) && !are_chunks(rest);
        if name == *b"data" && (length > body.rest.len() || is_unwritten) {
            found.push((
                name,
                if is_unwritten {
                    rest
                } else {
                    &rest[..length.min(rest.len())]
                },
            ));
            return Ok(found);
        }
        found.push((name, body.take(length)?));
        // The last one is often not filled up.
        if length % 2 == 1 && !body.rest.is_empty() {
            body.take(1)?;
        }
    }
    Ok(found)
}

/// Whether these bytes are chunks from end to end.
fn are_chunks(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some((head, behind)) = rest.split_first_chunk::<8>() {
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        match behind.get(length..) {
            Some(next) => {
                rest = if length % 2 == 1 {
                    next.get(1..).unwrap_or_default()
                } else {
                    next
                }
            }
            None => return false,
        }
    }
    rest.is_empty()
}

/// A sound: what its samples are, and the samples.
pub(super) fn wav(bytes: &[u8]) -> Result<Vec<u8>, MediaError> {
    let damaged = MediaError::Damaged("WAV");
    let (mut format, mut data) = (None, None);
    for (name, body) in sound_chunks(bytes)? {
        let place = match &name {
            b"fmt " => &mut format,
            b"data" => &mut data,
            _ => continue,
        };
        if place.replace(body).is_some() {
            return Err(damaged);
        }
    }
    let (format, data) = (wav_format(format.ok_or(damaged)?)?, data.ok_or(damaged)?);
    // A recording that was cut may end in a part of a step, which some players would play as noise.
    let step = usize::from(u16::from_le_bytes([format[12], format[13]])).max(1);
    let whole = &data[..data.len() - data.len() % step];
    if whole.is_empty() && !data.is_empty() {
        return Err(damaged);
    }
    Ok(riff(b"WAVE", &[(*b"fmt ", &format), (*b"data", whole)]))
}

/// Whole numbers, fractions, or the two codes of telephones; in the long form only those that have a short one.
fn wav_format(body: &[u8]) -> Result<[u8; 16], MediaError> {
    const TAIL: [u8; 14] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
    let mut format = Bytes::new(body, "WAV");
    let mut head = format.array::<16>()?;
    if head[..2] == [0xfe, 0xff] {
        let long = format.array::<24>()?;
        if long[10..] != TAIL {
            return Err(MediaError::Unsupported("sound of this coding in WAV"));
        }
        head[..2].copy_from_slice(&long[8..10]);
    }
    match u16::from_le_bytes([head[0], head[1]]) {
        1 | 3 | 6 | 7 => Ok(head),
        _ => Err(MediaError::Unsupported("sound of this coding in WAV")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PCM: [u8; 16] = [1, 0, 1, 0, 0x80, 0x3e, 0, 0, 0, 0x7d, 0, 0, 2, 0, 16, 0];

    #[test]
    fn a_sound_is_its_samples_and_nothing_else() {
        let plain = riff(b"WAVE", &[(*b"fmt ", &PCM), (*b"data", &[1, 2, 3, 4])]);
        let all = riff(
            b"WAVE",
            &[
                (*b"bext", b"ZZDEVICE"),
                (*b"fmt ", &PCM),
                (*b"LIST", b"INFOZZGPS"),
                (*b"data", &[1, 2, 3, 4]),
                (*b"id3 ", b"ZZ"),
                (*b"JUNK", b"ZZ"),
            ],
        );
        assert_eq!(wav(&[all.as_slice(), b"ZZBEHIND"].concat()).unwrap(), plain);
        assert_eq!(wav(&plain).unwrap(), plain);
        let long = [
            &[0xfe, 0xff],
            &PCM[2..],
            &[
                22, 0, 16, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38,
                0x9b, 0x71,
            ],
        ]
        .concat();
        assert_eq!(
            wav(&riff(
                b"WAVE",
                &[(*b"fmt ", &long), (*b"data", &[1, 2, 3, 4])]
            ))
            .unwrap(),
            plain
        );
    }

    #[test]
    fn a_sound_of_another_coding_or_with_parts_missing_is_refused() {
        let mp3 = [&[0x55, 0], &PCM[2..]].concat();
        assert!(matches!(
            wav(&riff(b"WAVE", &[(*b"fmt ", &mp3), (*b"data", b"")])),
            Err(MediaError::Unsupported(_))
        ));
        for parts in [
            vec![(*b"data", b"12".as_slice())],
            vec![(*b"fmt ", PCM.as_slice())],
            vec![(*b"fmt ", &PCM[..8]), (*b"data", b"12")],
        ] {
            assert_eq!(wav(&riff(b"WAVE", &parts)), Err(MediaError::Damaged("WAV")));
        }
        let whole = riff(b"WAVE", &[(*b"fmt ", &PCM), (*b"data", &[1, 2, 3, 4])]);
        for length in 12..46 {
            assert_eq!(
                wav(&whole[..length]).ok(),
                (length == 44).then(|| riff(b"WAVE", &[(*b"fmt ", &PCM), (*b"data", b"")])),
                "{length}"
            );
        }
    }

    /// The head of a recording with these lengths, and what was recorded.
    fn recorded(whole: u32, data: u32, before: &[u8], samples: &[u8]) -> Vec<u8> {
        let format = [b"fmt ".as_slice(), &16u32.to_le_bytes(), &PCM].concat();
        [
            b"RIFF",
            whole.to_le_bytes().as_slice(),
            b"WAVE",
            &format,
            before,
            b"data",
            &data.to_le_bytes(),
            samples,
        ]
        .concat()
    }

    #[test]
    fn a_recording_that_was_never_closed_or_was_cut_is_kept_as_far_as_it_goes() {
        let samples: Vec<u8> = (1..=20).collect();
        let plain = riff(b"WAVE", &[(*b"fmt ", &PCM), (*b"data", &samples)]);
        let list = [b"LIST".as_slice(), &8u32.to_le_bytes(), b"INFOZZTO"].concat();
        for (whole, data) in [
            (0, 0),
            (36, 0),
            (u32::MAX, u32::MAX),
            (36, u32::MAX),
            (4000, 3964),
            (u32::MAX, 0),
            (0, u32::MAX),
        ] {
            assert_eq!(
                wav(&recorded(whole, data, b"", &samples)).as_ref(),
                Ok(&plain),
                "{whole} {data}"
            );
            assert_eq!(
                wav(&recorded(
                    whole,
                    data,
                    b"",
                    &[&samples[..], b"\x15"].concat()
                ))
                .as_ref(),
                Ok(&plain),
                "half a step, {whole} {data}"
            );
        }
        assert_eq!(
            wav(&recorded(u32::MAX, u32::MAX, &list, &samples)).as_ref(),
            Ok(&plain),
            "as a stream is written"
        );
        assert_eq!(
            wav(&plain[..plain.len() - 1]).unwrap(),
            riff(b"WAVE", &[(*b"fmt ", &PCM), (*b"data", &samples[..18])])
        );
    }

    #[test]
    fn what_stands_behind_an_empty_recording_is_no_sound() {
        let silent = riff(b"WAVE", &[(*b"fmt ", &PCM), (*b"data", b"")]);
        let list = [b"LIST".as_slice(), &8u32.to_le_bytes(), b"INFOZZTO"].concat();
        assert_eq!(
            wav(&recorded(52, 0, b"", &[list.as_slice(), b"ZZ"].concat())).unwrap(),
            silent,
            "closed"
        );
        assert_eq!(
            wav(&recorded(36, 0, b"", &list)).unwrap(),
            silent,
            "chunks behind the end"
        );
        assert_eq!(
            wav(&recorded(0, 0, b"", &list)).unwrap(),
            silent,
            "never closed"
        );
    }

    #[test]
    fn a_picture_keeps_its_size_and_transparency_and_no_profile() {
        let canvas = [0x3c, 1, 2, 3, 9, 0, 0, 8, 0, 0];
        let plain = riff(
            b"WEBP",
            &[
                (*b"VP8X", &[0x10, 0, 0, 0, 9, 0, 0, 8, 0, 0]),
                (*b"ALPH", b"abc"),
                (*b"VP8 ", b"picture"),
            ],
        );
        let all = riff(
            b"WEBP",
            &[
                (*b"VP8X", &canvas),
                (*b"ICCP", b"ZZ"),
                (*b"ALPH", b"abc"),
                (*b"VP8 ", b"picture"),
                (*b"EXIF", b"ZZGPS"),
                (*b"XMP ", b"ZZ"),
                (*b"odd?", b"Z"),
            ],
        );
        assert_eq!(webp(&all).unwrap(), plain);
        assert_eq!(webp(&plain).unwrap(), plain);
        let simple = riff(b"WEBP", &[(*b"VP8L", b"picture")]);
        assert_eq!(webp(&simple).unwrap(), simple);
        assert!(matches!(
            webp(&riff(b"WEBP", &[(*b"ANIM", b"")])),
            Err(MediaError::Unsupported(_))
        ));
        assert!(webp(&riff(b"WEBP", &[(*b"EXIF", b"ZZ")])).is_err());
        assert!(webp(&riff(b"WEBP", &[(*b"VP8 ", b"1"), (*b"VP8 ", b"2")])).is_err());
    }

    #[test]
    fn a_picture_that_lies_on_its_side_keeps_the_tag_that_says_so_and_no_other() {
        let camera = exif::tests::of_a_camera(true, 6);
        let canvas = |flags: u8| [flags, 0, 0, 0, 9, 0, 0, 8, 0, 0];
        for tag in [camera.clone(), [exif::PREFIX.as_slice(), &camera].concat()] {
            let stripped = webp(&riff(
                b"WEBP",
                &[
                    (*b"VP8X", &canvas(0x2c)),
                    (*b"VP8 ", b"picture."),
                    (*b"EXIF", &tag),
                    (*b"XMP ", b"ZZ"),
                ],
            ))
            .unwrap();
            assert_eq!(
                stripped,
                riff(
                    b"WEBP",
                    &[
                        (*b"VP8X", &canvas(8)),
                        (*b"VP8 ", b"picture."),
                        (*b"EXIF", &exif::upright(6))
                    ]
                )
            );
            assert_eq!(webp(&stripped).unwrap(), stripped);
        }
    }
}
