//! MP4, M4A, 3GP and QuickTime with one track of sound: a new file of its samples and their tables, with no times, names or places.
//!
//! Nothing of the old file is copied but the samples that the track names and the numbers that say how they are played, so
//! that other tracks, loose bytes between samples, and boxes that are unknown are left out.

mod boxes;
mod tables;

use super::{Bytes, MediaError};
use boxes::{boxed, children, find, full};
use tables::{Samples, Track};

const KIND: &str = "MP4";
const DAMAGED: MediaError = MediaError::Damaged(KIND);
const FILM: MediaError = MediaError::Unsupported("a film");
const OTHER: MediaError = MediaError::Unsupported("an MP4 file of this rare form");
/// Bytes of the longest description of a coding; two do for nearly all.
const DESCRIPTION_MAX_BYTES: usize = 64;

/// Whether a file begins so behind its first length: with its kind, or as QuickTime did before there were kinds.
pub(super) fn begins(name: &[u8]) -> bool {
    [b"ftyp", b"moov", b"mdat", b"wide", b"pnot"]
        .iter()
        .any(|known| name.starts_with(*known))
}

pub(super) fn strip(bytes: &[u8]) -> Result<Vec<u8>, MediaError> {
    let file = children(bytes)?;
    // Old QuickTime files say nothing of their kind.
    let brand = if file.iter().any(|(name, _)| name == b"ftyp") {
        find(&file, b"ftyp")?.get(..4).ok_or(DAMAGED)?
    } else {
        b"qt  "
    };
    if matches!(
        brand,
        b"heic" | b"heix" | b"mif1" | b"msf1" | b"avif" | b"hevc"
    ) {
        return Err(MediaError::Unsupported("a HEIC or AVIF photo"));
    }
    if file.iter().any(|(name, _)| name == b"moof") {
        return Err(OTHER);
    }
    let movie = children(find(&file, b"moov")?)?;
    let track = sound_track(&movie)?;
    let samples = Samples::read(&track, bytes)?;
    let head = boxed(
        b"ftyp",
        &[if track.is_amr() {
            b"3gp4\0\0\0\x003gp4isom".as_slice()
        } else {
            b"M4A \0\0\0\0M4A isommp42"
        }],
    );
    // The samples lie behind the first box and the head of the second.
    let data_at = head.len() + 8;
    let movie = movie_of(
        &track,
        &samples,
        u32::try_from(data_at).map_err(|_| DAMAGED)?,
    );
    Ok([head, boxed(b"mdat", &[&samples.data]), movie].concat())
}

/// The one track of sound. A track of pictures makes it a film; others, of texts and chapters, are left out.
fn sound_track<'a>(movie: &[([u8; 4], &'a [u8])]) -> Result<Track<'a>, MediaError> {
    let mut found = None;
    if movie.iter().any(|(name, _)| name == b"mvex") {
        return Err(OTHER);
    }
    for (_, body) in movie.iter().filter(|(name, _)| name == b"trak") {
        let media = children(find(&children(body)?, b"mdia")?)?;
        match find(&media, b"hdlr")?.get(8..12).ok_or(DAMAGED)? {
            b"vide" => return Err(FILM),
            b"soun" if found.is_some() => return Err(OTHER),
            b"soun" => found = Some(Track::read(&media)?),
            _ => {}
        }
    }
    found.ok_or(OTHER)
}

fn movie_of(track: &Track<'_>, samples: &Samples, data_at: u32) -> Vec<u8> {
    const MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];
    let matrix: Vec<u8> = MATRIX
        .iter()
        .flat_map(|number| number.to_be_bytes())
        .collect();
    let (scale, duration) = (track.scale.to_be_bytes(), samples.duration.to_be_bytes());
    // Made and changed: never.
    let times = [0; 8];
    let head = full(
        b"mvhd",
        0,
        &[
            &times,
            &scale,
            &duration,
            &[0, 1, 0, 0, 1, 0],
            &[0; 10],
            &matrix,
            &[0; 24],
            &[0, 0, 0, 2],
        ],
    );
    let track_head = full(
        b"tkhd",
        7,
        &[
            &times,
            &[0, 0, 0, 1],
            &[0; 4],
            &duration,
            &[0; 8],
            &[0; 4],
            &[1, 0, 0, 0],
            &matrix,
            &[0; 8],
        ],
    );
    let media_head = full(
        b"mdhd",
        0,
        &[&times, &scale, &duration, &[0x55, 0xc4, 0, 0]],
    );
    let handler = full(b"hdlr", 0, &[&[0; 4], b"soun", &[0; 13]]);
    let place = full(b"dref", 0, &[&[0, 0, 0, 1], &full(b"url ", 1, &[])]);
    let sizes: Vec<u8> = samples
        .sizes
        .iter()
        .flat_map(|size| size.to_be_bytes())
        .collect();
    let times: Vec<u8> = samples
        .times
        .iter()
        .flat_map(|(count, step)| [count.to_be_bytes(), step.to_be_bytes()].concat())
        .collect();
    let count = samples.count().to_be_bytes();
    let table = boxed(
        b"stbl",
        &[
            &full(b"stsd", 0, &[&[0, 0, 0, 1], &track.description]),
            &full(
                b"stts",
                0,
                &[&(samples.times.len() as u32).to_be_bytes(), &times],
            ),
            &full(
                b"stsc",
                0,
                &[&[0, 0, 0, 1], &[0, 0, 0, 1], &count, &[0, 0, 0, 1]],
            ),
            &full(b"stsz", 0, &[&[0; 4], &count, &sizes]),
            &full(b"stco", 0, &[&[0, 0, 0, 1], &data_at.to_be_bytes()]),
        ],
    );
    let information = boxed(
        b"minf",
        &[
            &full(b"smhd", 0, &[&[0; 4]]),
            &boxed(b"dinf", &[&place]),
            &table,
        ],
    );
    let media = boxed(b"mdia", &[&media_head, &handler, &information]);
    boxed(b"moov", &[&head, &boxed(b"trak", &[&track_head, &media])])
}

#[cfg(test)]
mod tests;
