//! M4A files as recorders write them, with something planted in every place.

use super::*;

const PLANTED: &[u8] = b"ZZGPS";

fn entry(name: &[u8; 4], coding: &[u8]) -> Vec<u8> {
    let head = [
        &[0, 0, 0, 0, 0, 0, 0, 1],
        [0; 8].as_slice(),
        &[0, 1, 0, 16, 0, 0, 0, 0, 0xac, 0x44, 0, 0],
    ]
    .concat();
    boxed(name, &[&head, coding, &boxed(b"btrt", &[PLANTED])])
}

fn aac() -> Vec<u8> {
    // Lengths of four bytes, as most write them.
    let long = |tag: u8, body: &[u8]| [&[tag, 0x80, 0x80, 0x80, body.len() as u8], body].concat();
    let decoder = [
        &[0x40, 0x15, 0, 0, 0],
        [1u8; 8].as_slice(),
        &long(5, &[0x12, 0x10]),
    ]
    .concat();
    entry(
        b"mp4a",
        &full(
            b"esds",
            0,
            &[&long(
                3,
                &[[0, 9, 0].as_slice(), &long(4, &decoder), &long(6, &[2])].concat(),
            )],
        ),
    )
}

fn amr() -> Vec<u8> {
    entry(b"samr", &boxed(b"damr", &[b"ZZZZ", &[0, 0, 0x81, 0, 1]]))
}

fn track(
    handler: &[u8; 4],
    description: &[u8],
    sizes: &[u32],
    per_chunk: u32,
    offsets: &[u32],
) -> Vec<u8> {
    let numbers = |numbers: &[u32]| {
        numbers
            .iter()
            .flat_map(|number| number.to_be_bytes())
            .collect::<Vec<u8>>()
    };
    let count = sizes.len() as u32;
    let table = boxed(
        b"stbl",
        &[
            &full(b"stsd", 0, &[&numbers(&[1]), description]),
            &full(b"stts", 0, &[&numbers(&[1, count, 1024])]),
            &full(b"stsc", 0, &[&numbers(&[1, 1, per_chunk, 1])]),
            &full(b"stsz", 0, &[&numbers(&[0, count]), &numbers(sizes)]),
            &full(
                b"stco",
                0,
                &[&numbers(&[offsets.len() as u32]), &numbers(offsets)],
            ),
            &boxed(b"sgpd", &[PLANTED]),
        ],
    );
    let media = boxed(
        b"mdia",
        &[
            &full(
                b"mdhd",
                0,
                &[b"ZZZZZZZZ", &numbers(&[44_100, 4096]), b"ZZ\0\0"],
            ),
            &full(b"hdlr", 0, &[&[0; 4], handler, &[0; 12], b"ZZNAME\0"]),
            &boxed(b"minf", &[&boxed(b"smhd", &[&[0; 8]]), &table]),
        ],
    );
    boxed(
        b"trak",
        &[
            &full(b"tkhd", 7, &[b"ZZZZZZZZ", &[0; 72]]),
            &boxed(b"meta", &[PLANTED]),
            &media,
        ],
    )
}

/// A recording of four samples in two chunks, with loose bytes between them.
fn recording(description: &[u8], more: &[Vec<u8>]) -> Vec<u8> {
    let head = boxed(b"ftyp", &[b"M4A \0\0\0\0M4A ZZZZ"]);
    let data = boxed(b"mdat", &[b"ZZaabbbZZLOOSEccccdZZ"]);
    let begin = head.len() as u32 + 8;
    let sound = track(
        b"soun",
        description,
        &[2, 3, 4, 1],
        2,
        &[begin + 2, begin + 14],
    );
    let movie = boxed(
        b"moov",
        &[
            &full(b"mvhd", 0, &[b"ZZZZZZZZ", &[0; 88]]),
            &sound,
            &more.concat(),
            &boxed(b"udta", &[&boxed(b"\xa9xyz", &[PLANTED])]),
        ],
    );
    [head, data, movie, boxed(b"free", &[PLANTED])].concat()
}

#[test]
fn a_recording_is_its_samples_and_how_they_are_played() {
    for (description, brand) in [(aac(), b"M4A "), (amr(), b"3gp4")] {
        let stripped = strip(&recording(
            &description,
            &[track(b"text", &description, &[5], 1, &[30])],
        ))
        .unwrap();
        assert!(!stripped.windows(2).any(|two| two == b"ZZ"));
        assert_eq!(&stripped[8..12], brand);
        let file = children(&stripped).unwrap();
        assert_eq!(find(&file, b"mdat").unwrap(), b"aabbbccccd");
        let movie = children(find(&file, b"moov").unwrap()).unwrap();
        let track = sound_track(&movie).unwrap();
        let samples = Samples::read(&track, &stripped).unwrap();
        assert_eq!(
            (samples.sizes, samples.times, samples.duration, track.scale),
            (vec![2, 3, 4, 1], vec![(4, 1024)], 4096, 44_100)
        );
        assert_eq!(strip(&stripped).unwrap(), stripped);
    }
}

/// The same coding as QuickTime writes it: a longer head, and the decoder's bytes one box deeper.
fn aac_of_quicktime() -> Vec<u8> {
    let plain = aac();
    let esds = children(&children(&plain).unwrap()[0].1[28..]).unwrap()[0]
        .1
        .to_vec();
    let wave = boxed(
        b"wave",
        &[
            &boxed(b"frma", &[b"mp4a"]),
            &boxed(b"mp4a", &[&[0; 4]]),
            &boxed(b"esds", &[&esds]),
            &[0, 0, 0, 8, 0, 0, 0, 0],
        ],
    );
    let head = [
        &[0, 0, 0, 0, 0, 0, 0, 1, 0, 1],
        b"ZZZZZZ".as_slice(),
        &[0, 1, 0, 16, 0xff, 0xfe, 0, 0, 0xac, 0x44, 0, 0],
        &[9; 16],
    ]
    .concat();
    boxed(b"mp4a", &[&head, &wave, &boxed(b"chan", &[PLANTED])])
}

#[test]
fn sound_in_a_quicktime_file_is_kept_as_m4a() {
    let expected = strip(&recording(&aac(), &[])).unwrap();
    let text = track(b"text", &aac(), &[5], 1, &[30]);
    let mut quicktime = recording(&aac_of_quicktime(), &[text, boxed(b"udta", &[&[0; 4]])]);
    quicktime[8..12].copy_from_slice(b"qt  ");
    assert_eq!(strip(&quicktime).unwrap(), expected);
    // As before there were kinds: the place where it would be kept is filled with nothing.
    quicktime[4..8].copy_from_slice(b"wide");
    assert_eq!(crate::media::strip(&quicktime).unwrap().bytes, expected);
    let film = recording(
        &aac_of_quicktime(),
        &[track(b"vide", &aac(), &[1], 1, &[30])],
    );
    assert_eq!(
        strip(&film),
        Err(FILM),
        "said as what it is, and not as damaged"
    );
}

#[test]
fn what_a_decoder_has_to_know_stays() {
    let stripped = strip(&recording(&aac(), &[])).unwrap();
    assert!(
        stripped.windows(4).any(|four| four == [5, 2, 0x12, 0x10]),
        "the decoder's own bytes"
    );
    let stripped = strip(&recording(&amr(), &[])).unwrap();
    assert!(
        stripped
            .windows(9)
            .any(|nine| nine == [0, 0, 0, 0, 0, 0, 0x81, 0, 1]),
        "which frames there are"
    );
}

#[test]
fn films_photos_and_pieces_are_refused() {
    let film = recording(&aac(), &[track(b"vide", &aac(), &[1], 1, &[30])]);
    assert_eq!(strip(&film), Err(FILM));
    assert_eq!(
        strip(&recording(
            &aac(),
            &[track(b"soun", &aac(), &[1], 1, &[30])]
        )),
        Err(OTHER)
    );
    assert!(matches!(
        strip(&boxed(b"ftyp", &[b"heic\0\0\0\0"])),
        Err(MediaError::Unsupported(_))
    ));
    assert!(matches!(
        strip(&recording(&entry(b"alac", b""), &[])),
        Err(MediaError::Unsupported(_))
    ));
    assert_eq!(
        strip(&[recording(&aac(), &[]), boxed(b"moof", &[])].concat()),
        Err(OTHER)
    );
}

#[test]
fn a_recording_that_is_cut_or_bent_anywhere_makes_no_panic_and_no_large_file() {
    let whole = recording(&aac(), &[]);
    for length in 8..whole.len() {
        assert!(
            strip(&whole[..length]).is_err() || length >= whole.len() - 13,
            "{length}"
        );
    }
    for at in 0..whole.len() {
        for bit in [1, 0x40, 0x80, 0xff] {
            let mut bent = whole.clone();
            bent[at] ^= bit;
            let stripped = strip(&bent).unwrap_or_default();
            assert!(stripped.len() <= whole.len() + 700, "{at}");
        }
    }
}
