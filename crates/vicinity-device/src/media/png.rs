//! PNG: the chunks that make the picture, and which way up it is, and no others; the first picture of an animation.

use super::{Bytes, MediaError, exif};

const KIND: &str = "PNG";
const DAMAGED: MediaError = MediaError::Damaged(KIND);
const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// Behind the signature and the header, which has 13 bytes.
const HEADER_END: usize = SIGNATURE.len() + 12 + 13;

pub(super) fn strip(bytes: &[u8]) -> Result<Vec<u8>, MediaError> {
    let mut file = Bytes::new(bytes, KIND);
    let mut out = file.take(8)?.to_vec();
    if out != SIGNATURE {
        return Err(DAMAGED);
    }
    let (mut data, mut orientation) = (0, None);
    loop {
        let length = file.u32()?;
        let kind = file.array::<4>()?;
        let body = file.take(length)?;
        if file.array()? != crc(&kind, body) {
            return Err(DAMAGED);
        }
        // The header is the first chunk, and the only one of its kind.
        let is_first = out.len() == SIGNATURE.len();
        if is_first != (kind == *b"IHDR") || (is_first && length != 13) {
            return Err(DAMAGED);
        }
        match &kind {
            b"IHDR" | b"PLTE" | b"tRNS" => keep(&mut out, kind, body),
            b"IDAT" => {
                data += 1;
                keep(&mut out, kind, body);
            }
            b"IEND" => {
                keep(&mut out, kind, &[]);
                return if data > 0 {
                    Ok(upright(out, orientation))
                } else {
                    Err(DAMAGED)
                };
            }
            b"eXIf" => orientation = orientation.or(exif::orientation(body)),
            // A capital first letter: nobody who does not know it may show the picture.
            [first, ..] if first.is_ascii_uppercase() => {
                return Err(MediaError::Unsupported("this rare form of PNG"));
            }
            _ => {}
        }
    }
}

/// The picture with the one tag that says which way up it is, where it had one: behind the header.
fn upright(mut out: Vec<u8>, orientation: Option<u8>) -> Vec<u8> {
    if let Some(orientation) = orientation {
        let mut tag = Vec::new();
        keep(&mut tag, *b"eXIf", &exif::upright(orientation));
        out.splice(HEADER_END..HEADER_END, tag);
    }
    out
}

fn keep(out: &mut Vec<u8>, kind: [u8; 4], body: &[u8]) {
    out.extend((body.len() as u32).to_be_bytes());
    out.extend(kind);
    out.extend(body);
    out.extend(crc(&kind, body));
}

fn crc(kind: &[u8; 4], body: &[u8]) -> [u8; 4] {
    let table: [u32; 256] = core::array::from_fn(|at| {
        (0..8).fold(at as u32, |word, _| {
            if word & 1 == 1 {
                word >> 1 ^ 0xedb8_8320
            } else {
                word >> 1
            }
        })
    });
    let step = |word: u32, byte: &u8| table[usize::from(word as u8 ^ byte)] ^ word >> 8;
    (!kind.iter().chain(body).fold(!0, step)).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        keep(&mut out, *kind, body);
        out
    }

    fn picture(extra: &[Vec<u8>], behind: &[u8]) -> Vec<u8> {
        let header = chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 3, 0, 0, 0]);
        let rest = [
            chunk(b"PLTE", &[1, 2, 3]),
            chunk(b"tRNS", &[9]),
            chunk(b"IDAT", &[7; 11]),
            chunk(b"IEND", b""),
        ]
        .concat();
        [
            &SIGNATURE,
            header.as_slice(),
            extra.concat().as_slice(),
            &rest,
            behind,
        ]
        .concat()
    }

    #[test]
    fn a_checksum_is_that_of_the_standard() {
        assert_eq!(crc(b"IEND", b""), [0xae, 0x42, 0x60, 0x82]);
    }

    #[test]
    fn texts_times_profiles_and_places_stay_behind() {
        let extra: Vec<Vec<u8>> = [
            b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"tIME", b"iCCP", b"pHYs", b"acTL", b"prVt",
        ]
        .map(|kind| chunk(kind, b"ZZGPS"))
        .into();
        let stripped = strip(&picture(&extra, b"ZZBEHIND")).unwrap();
        assert_eq!(stripped, picture(&[], b""));
        assert_eq!(strip(&stripped).unwrap(), stripped);
    }

    #[test]
    fn a_picture_that_lies_on_its_side_keeps_the_tag_that_says_so_and_no_other() {
        let stripped = strip(&picture(
            &[
                chunk(b"tEXt", b"ZZ"),
                chunk(b"eXIf", &exif::tests::of_a_camera(false, 6)),
            ],
            b"",
        ))
        .unwrap();
        assert_eq!(stripped, picture(&[chunk(b"eXIf", &exif::upright(6))], b""));
        assert_eq!(strip(&stripped).unwrap(), stripped);
    }

    #[test]
    fn a_picture_that_is_cut_or_bent_anywhere_is_refused() {
        let whole = picture(&[chunk(b"tEXt", b"ZZ")], b"");
        for length in 4..whole.len() {
            assert_eq!(strip(&whole[..length]), Err(DAMAGED), "{length}");
        }
        for at in 8..whole.len() {
            let mut bent = whole.clone();
            bent[at] ^= 1;
            assert!(strip(&bent).is_err(), "{at}");
        }
        assert!(matches!(
            strip(&picture(&[chunk(b"XXXX", b"")], b"")),
            Err(MediaError::Unsupported(_))
        ));
        assert_eq!(
            strip(&[SIGNATURE.as_slice(), &chunk(b"IDAT", b"")].concat()),
            Err(DAMAGED)
        );
    }
}
