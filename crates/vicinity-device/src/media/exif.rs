//! Which way up a photo is: the one thing of EXIF that a picture cannot do without.

/// The tag that says which way up.
const ORIENTATION: u16 = 0x0112;
/// The type of a number of two bytes.
const SHORT: u16 = 3;
/// Entries of the longest folder of tags that is read.
const ENTRIES_MAX: usize = 1024;
/// The bytes before EXIF in JPEG and, by some writers, in WebP.
pub(super) const PREFIX: &[u8; 6] = b"Exif\0\0";

/// Which way up a photo is, 2 to 8, if EXIF says so. Upright is nothing that has to be reported.
pub(super) fn orientation(exif: &[u8]) -> Option<u8> {
    let tiff = exif.strip_prefix(PREFIX).unwrap_or(exif);
    let is_little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes: [u8; 2] = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if is_little {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        })
    };
    let bytes: [u8; 4] = tiff.get(4..8)?.try_into().ok()?;
    let folder = usize::try_from(if is_little {
        u32::from_le_bytes(bytes)
    } else {
        u32::from_be_bytes(bytes)
    })
    .ok()?;
    let count = usize::from(short(folder)?).min(ENTRIES_MAX);
    // An entry: tag, type, how many, and where so little fits, the value itself.
    let entries = (0..count).map_while(|at| folder.checked_add(2 + 12 * at));
    let entry = entries
        .into_iter()
        .find(|entry| short(*entry) == Some(ORIENTATION))?;
    let value = short(entry.checked_add(8)?)?;
    (short(entry + 2)? == SHORT && (2..=8).contains(&value)).then_some(value as u8)
}

/// EXIF that says which way up a photo is, and nothing else.
pub(super) fn upright(orientation: u8) -> [u8; 26] {
    let mut exif = *b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    exif[19] = orientation;
    exif
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// EXIF as a camera writes it: make, which way up, and a place.
    pub(in super::super) fn of_a_camera(is_little: bool, orientation: u16) -> Vec<u8> {
        let short = |number: u16| {
            if is_little {
                number.to_le_bytes()
            } else {
                number.to_be_bytes()
            }
        };
        let long = |number: u32| {
            if is_little {
                number.to_le_bytes()
            } else {
                number.to_be_bytes()
            }
        };
        let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
            [&short(tag)[..], &short(kind), &long(count), &value].concat()
        };
        let value = [short(orientation), [0; 2]].concat();
        let entries = [
            entry(0x010f, 2, 4, *b"ZZMK"),
            entry(ORIENTATION, SHORT, 1, value.try_into().unwrap()),
            entry(0x8825, 4, 1, long(50)),
        ]
        .concat();
        let head = if is_little { b"II*\0" } else { b"MM\0*" };
        [
            head.as_slice(),
            &long(8),
            &short(3),
            &entries,
            &long(0),
            b"ZZGPS",
        ]
        .concat()
    }

    #[test]
    fn which_way_up_is_read_and_written_alone() {
        for value in 2..=8 {
            for is_little in [true, false] {
                let camera = of_a_camera(is_little, value);
                assert_eq!(orientation(&camera), Some(value as u8));
                assert_eq!(
                    orientation(&[PREFIX.as_slice(), &camera].concat()),
                    Some(value as u8)
                );
            }
            assert_eq!(orientation(&upright(value as u8)), Some(value as u8));
        }
        for value in [0, 1, 9, 0x0600] {
            assert_eq!(orientation(&of_a_camera(true, value)), None, "{value}");
        }
    }

    #[test]
    fn exif_that_is_cut_or_bent_anywhere_makes_no_panic() {
        let whole = of_a_camera(false, 6);
        for length in 0..whole.len() {
            orientation(&whole[..length]);
        }
        for at in 0..whole.len() {
            for bit in [1, 0x80, 0xff] {
                let mut bent = whole.clone();
                bent[at] ^= bit;
                assert!(orientation(&bent).is_none_or(|value| (2..=8).contains(&value)));
            }
        }
    }
}
