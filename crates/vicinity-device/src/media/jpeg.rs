//! JPEG: tables, frames and scans, and which way up; no other application data, no comments, nothing behind the end.

use super::{Bytes, MediaError, exif};

const KIND: &str = "JPEG";
const DAMAGED: MediaError = MediaError::Damaged(KIND);
/// The plainest header that says how colours are meant: JFIF 1.1, no density, no thumbnail.
const JFIF: [u8; 18] = [
    0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0,
];
/// Adobe's header without the last byte, which says how colours are meant.
const ADOBE: [u8; 15] = [
    0xff, 0xee, 0, 14, b'A', b'd', b'o', b'b', b'e', 0, 100, 0, 0, 0, 0,
];

pub(super) fn strip(bytes: &[u8]) -> Result<Vec<u8>, MediaError> {
    let mut file = Bytes::new(bytes, KIND);
    let mut out = file.take(2)?.to_vec();
    let (mut frames, mut scans, mut orientation) = (0, 0, None);
    loop {
        let marker = marker(&mut file)?;
        if marker == 0xd9 {
            out.extend([0xff, marker]);
            return if frames == 1 && scans > 0 {
                Ok(upright(out, orientation))
            } else {
                Err(DAMAGED)
            };
        }
        if matches!(marker, 0x00 | 0x01 | 0xd0..=0xd8) {
            return Err(DAMAGED);
        }
        let length = file.u16()?;
        let body = file.take(length.checked_sub(2).ok_or(DAMAGED)?)?;
        match marker {
            // Frames.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                frames += 1;
                keep(&mut out, marker, body);
            }
            // Tables of codes and quantities, restarts, lines.
            0xc4 | 0xcc | 0xdb | 0xdc | 0xdd => keep(&mut out, marker, body),
            0xda => {
                scans += 1;
                keep(&mut out, marker, body);
                scan(&mut file, &mut out)?;
            }
            0xe0 if body.starts_with(b"JFIF\0") && out.len() == 2 => out.extend(JFIF),
            0xee if body.starts_with(b"Adobe") && body.len() == 12 => {
                out.extend(ADOBE);
                out.push(body[11].min(2));
            }
            0xe1 if body.starts_with(exif::PREFIX) => {
                orientation = orientation.or(exif::orientation(body))
            }
            // Everything that cameras write about themselves.
            0xe0..=0xef | 0xfe => {}
            _ => return Err(MediaError::Unsupported("this rare form of JPEG")),
        }
    }
}

/// The picture with the one tag that says which way up it is, where it had one. The plain header stays the first.
fn upright(mut out: Vec<u8>, orientation: Option<u8>) -> Vec<u8> {
    if let Some(orientation) = orientation {
        let at = if out.get(2..).is_some_and(|rest| rest.starts_with(&JFIF)) {
            2 + JFIF.len()
        } else {
            2
        };
        let mut tag = Vec::new();
        keep(
            &mut tag,
            0xe1,
            &[exif::PREFIX.as_slice(), &exif::upright(orientation)].concat(),
        );
        out.splice(at..at, tag);
    }
    out
}

fn marker(file: &mut Bytes<'_>) -> Result<u8, MediaError> {
    if file.u8()? != 0xff {
        return Err(DAMAGED);
    }
    loop {
        match file.u8()? {
            0xff => {}
            marker => return Ok(marker),
        }
    }
}

fn keep(out: &mut Vec<u8>, marker: u8, body: &[u8]) {
    out.extend([0xff, marker]);
    // A body came with a length of two bytes.
    out.extend(((body.len() + 2) as u16).to_be_bytes());
    out.extend(body);
}

/// The coded picture up to the next marker that is not part of it.
fn scan(file: &mut Bytes<'_>, out: &mut Vec<u8>) -> Result<(), MediaError> {
    let mut at = 0;
    loop {
        let found = file
            .rest
            .get(at..)
            .and_then(|rest| rest.iter().position(|byte| *byte == 0xff))
            .ok_or(DAMAGED)?;
        at += found;
        match file.rest.get(at + 1).ok_or(DAMAGED)? {
            0x00 | 0xd0..=0xd7 => at += 2,
            _ => break,
        }
    }
    out.extend(file.take(at)?);
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        keep(&mut out, marker, body);
        out
    }

    fn picture(extra: &[Vec<u8>], behind: &[u8]) -> Vec<u8> {
        let scan = [
            segment(0xda, &[1, 1, 0, 0, 63, 0]),
            vec![1, 2, 0xff, 0, 3, 0xff, 0xd0, 4],
        ]
        .concat();
        let frame = segment(0xc0, &[8, 0, 1, 0, 1, 1, 1, 0x11, 0]);
        [
            &[0xff, 0xd8],
            extra.concat().as_slice(),
            &segment(0xdb, &[0; 65]),
            &frame,
            &segment(0xc4, &[0; 17]),
            &scan,
            &[0xff, 0xd9],
            behind,
        ]
        .concat()
    }

    #[test]
    fn what_a_camera_writes_beside_the_picture_stays_behind() {
        let jfif = segment(0xe0, b"JFIF\0\x01\x02\x01\0\x48\0\x48\x02\x02ZZTHUMBNAIL!");
        let exif = segment(0xe1, b"Exif\0\0ZZGPS");
        let (xmp, icc) = (
            segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0ZZXMP"),
            segment(0xe2, b"ICC_PROFILE\0ZZ"),
        );
        let adobe = segment(0xee, b"Adobe\0dZZZZ\x01");
        let all = picture(
            &[
                jfif,
                exif,
                xmp,
                icc,
                segment(0xed, b"ZZIPTC"),
                adobe,
                segment(0xfe, b"ZZCOMMENT"),
            ],
            b"ZZMOTION\xff\xd8",
        );
        let stripped = strip(&all).unwrap();
        assert!(!stripped.windows(2).any(|two| two == b"ZZ"));
        let adobe = [ADOBE.as_slice(), &[1]].concat();
        assert_eq!(stripped, picture(&[JFIF.to_vec(), adobe], b""));
        assert_eq!(strip(&stripped).unwrap(), stripped);
    }

    #[test]
    fn a_photo_that_lies_on_its_side_keeps_the_tag_that_says_so_and_no_other() {
        let jfif = segment(0xe0, b"JFIF\0\x01\x02\x01\0\x48\0\x48\0\0");
        let camera = segment(
            0xe1,
            &[exif::PREFIX.as_slice(), &exif::tests::of_a_camera(true, 6)].concat(),
        );
        let tag = segment(0xe1, &[exif::PREFIX.as_slice(), &exif::upright(6)].concat());
        for (before, after) in [
            (vec![camera.clone()], vec![tag.clone()]),
            (vec![jfif, camera], vec![JFIF.to_vec(), tag]),
        ] {
            let stripped = strip(&picture(&before, b"")).unwrap();
            assert_eq!(stripped, picture(&after, b""));
            assert_eq!(strip(&stripped).unwrap(), stripped);
        }
    }

    #[test]
    fn a_picture_that_is_cut_anywhere_is_refused() {
        let whole = picture(&[segment(0xe1, b"Exif")], b"");
        for length in 2..whole.len() {
            assert_eq!(strip(&whole[..length]), Err(DAMAGED), "{length}");
        }
        assert_eq!(strip(&[0xff, 0xd8, 0xff, 0xd9]), Err(DAMAGED));
        assert!(matches!(
            strip(&picture(&[segment(0xf7, b"")], b"")),
            Err(MediaError::Unsupported(_))
        ));
    }
}
