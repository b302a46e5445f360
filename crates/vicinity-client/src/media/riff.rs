//! RIFF files: WebP pictures and WAV sounds, chunk by chunk.

use super::{Bytes, MediaError};

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
    [b"RIFF".as_slice(), &(body.len() as u32).to_le_bytes(), &body].concat()
}

/// A picture: its coded form, its transparency and its size.
pub(super) fn webp(bytes: &[u8]) -> Result<Vec<u8>, MediaError> {
    const ALPHA: u8 = 0x10;
    let damaged = MediaError::Damaged("WebP");
    let mut canvas: Option<[u8; 10]> = None;
    let mut kept: Vec<([u8; 4], &[u8])> = Vec::new();
    for (name, body) in chunks(bytes, "WebP")? {
        match &name {
            b"VP8X" if canvas.is_none() => {
                let mut header: [u8; 10] = body.try_into().map_err(|_| damaged)?;
                header = [header[0] & ALPHA, 0, 0, 0, header[4], header[5], header[6], header[7], header[8], header[9]];
                canvas = Some(header);
            }
            b"ANIM" | b"ANMF" => return Err(MediaError::Unsupported("a picture that moves")),
            b"ALPH" | b"VP8 " | b"VP8L" if kept.iter().all(|(other, _)| *other != name) => kept.push((name, body)),
            b"ALPH" | b"VP8 " | b"VP8L" | b"VP8X" => return Err(damaged),
            _ => {}
        }
    }
    let pictures = kept.iter().filter(|(name, _)| name != b"ALPH").count();
    if pictures != 1 {
        return Err(damaged);
    }
    if let Some(canvas) = &canvas {
        kept.insert(0, (*b"VP8X", canvas));
    }
    Ok(riff(b"WEBP", &kept))
}

/// A sound: what its samples are, and the samples.
pub(super) fn wav(bytes: &[u8]) -> Result<Vec<u8>, MediaError> {
    let damaged = MediaError::Damaged("WAV");
    let (mut format, mut data) = (None, None);
    for (name, body) in chunks(bytes, "WAV")? {
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
    Ok(riff(b"WAVE", &[(*b"fmt ", &format), (*b"data", data)]))
}

/// Whole numbers, fractions, or the two codes of telephones; in the long form only those that have a short one.
fn wav_format(body: &[u8]) -> Result<Vec<u8>, MediaError> {
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
        1 | 3 | 6 | 7 => Ok(head.to_vec()),
        _ => Err(MediaError::Unsupported("sound of this coding in WAV")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PCM: [u8; 16] = [1, 0, 1, 0, 0x80, 0x3e, 0, 0, 0, 0x7d, 0, 0, 2, 0, 16, 0];

    #[test]
    fn a_sound_is_its_samples_and_nothing_else() {
        let plain = riff(b"WAVE", &[(*b"fmt ", &PCM), (*b"data", &[1, 2, 3])]);
        let all =
            riff(b"WAVE", &[(*b"bext", b"ZZDEVICE"), (*b"fmt ", &PCM), (*b"LIST", b"INFOZZGPS"), (*b"data", &[1, 2, 3]), (*b"id3 ", b"ZZ"), (*b"JUNK", b"ZZ")]);
        assert_eq!(wav(&[all.as_slice(), b"ZZBEHIND"].concat()).unwrap(), plain);
        assert_eq!(wav(&plain).unwrap(), plain);
        let long = [&[0xfe, 0xff], &PCM[2..], &[22, 0, 16, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]].concat();
        assert_eq!(wav(&riff(b"WAVE", &[(*b"fmt ", &long), (*b"data", &[1, 2, 3])])).unwrap(), plain);
    }

    #[test]
    fn a_sound_of_another_coding_or_with_parts_missing_is_refused() {
        let mp3 = [&[0x55, 0], &PCM[2..]].concat();
        assert!(matches!(wav(&riff(b"WAVE", &[(*b"fmt ", &mp3), (*b"data", b"")])), Err(MediaError::Unsupported(_))));
        for parts in [vec![(*b"data", b"12".as_slice())], vec![(*b"fmt ", PCM.as_slice())], vec![(*b"fmt ", &PCM[..8]), (*b"data", b"12")]] {
            assert_eq!(wav(&riff(b"WAVE", &parts)), Err(MediaError::Damaged("WAV")));
        }
        let whole = riff(b"WAVE", &[(*b"fmt ", &PCM), (*b"data", &[1, 2, 3])]);
        for length in 12..whole.len() {
            assert_eq!(wav(&whole[..length]), Err(MediaError::Damaged("WAV")), "{length}");
        }
    }

    #[test]
    fn a_picture_keeps_its_size_and_transparency_and_no_profile() {
        let canvas = [0x3c, 1, 2, 3, 9, 0, 0, 8, 0, 0];
        let plain = riff(b"WEBP", &[(*b"VP8X", &[0x10, 0, 0, 0, 9, 0, 0, 8, 0, 0]), (*b"ALPH", b"abc"), (*b"VP8 ", b"picture")]);
        let all = riff(
            b"WEBP",
            &[(*b"VP8X", &canvas), (*b"ICCP", b"ZZ"), (*b"ALPH", b"abc"), (*b"VP8 ", b"picture"), (*b"EXIF", b"ZZGPS"), (*b"XMP ", b"ZZ"), (*b"odd?", b"Z")],
        );
        assert_eq!(webp(&all).unwrap(), plain);
        assert_eq!(webp(&plain).unwrap(), plain);
        let simple = riff(b"WEBP", &[(*b"VP8L", b"picture")]);
        assert_eq!(webp(&simple).unwrap(), simple);
        assert!(matches!(webp(&riff(b"WEBP", &[(*b"ANIM", b"")])), Err(MediaError::Unsupported(_))));
        assert!(webp(&riff(b"WEBP", &[(*b"EXIF", b"ZZ")])).is_err());
        assert!(webp(&riff(b"WEBP", &[(*b"VP8 ", b"1"), (*b"VP8 ", b"2")])).is_err());
    }
}
