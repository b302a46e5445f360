//! Photos and sound without what cameras and recorders write beside them. Pure: bytes in, bytes out.
//!
//! A file is taken apart, and a new one is made of the parts that a picture or a sound cannot do without. Everything else
//! stays behind, known or not: EXIF with places and times, XMP, comments, colour profiles, thumbnails, names of devices and
//! programs, what is after the end. What cannot be taken apart is refused. Nothing is hidden *in* the picture or the sound:
//! who is seen and heard, and what a lens leaves, is in there as before.

mod exif;
mod jpeg;
mod mp4;
mod ogg;
mod png;
mod riff;

/// Bytes of the largest photo or sound, before and after.
pub const ATTACHMENT_MAX_BYTES: usize = vicinity_core::value::ATTACHMENT_MAX_BYTES;

/// A file that is not taken. None of it was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// Above the limit.
    #[error("the file is larger than 20 MB; make it smaller first")]
    TooLarge,
    /// No kind that is known here.
    #[error(
        "a photo has to be JPEG, PNG or WebP, and a recording WAV, Ogg Opus, M4A, 3GP or QuickTime: of other files nobody can say that nothing is left in them"
    )]
    Unknown,
    /// A known kind, with something in it whose metadata cannot be stripped.
    #[error(
        "{0} cannot be taken: nobody can say that nothing is left in it; take the photo or recording in another form"
    )]
    Unsupported(&'static str),
    /// Not what its kind says.
    #[error("the {0} file is damaged; nothing of it was kept")]
    Damaged(&'static str),
}

/// A file as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Stripped {
    /// The class of the statement: `photo` or `audio`.
    pub class: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

impl core::fmt::Debug for Stripped {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Stripped({}, {} bytes)", self.class, self.bytes.len())
    }
}

/// The class of a statement that is a photo.
pub const PHOTO: &str = "photo";
/// The class of a statement that is a sound.
pub const AUDIO: &str = "audio";

/// The file without metadata; what kind it is its content says, not its name.
///
/// # Errors
/// A file that is too large, of no known kind, or that cannot be taken apart.
pub fn strip(bytes: &[u8]) -> Result<Stripped, MediaError> {
    if bytes.len() > ATTACHMENT_MAX_BYTES {
        return Err(MediaError::TooLarge);
    }
    let (class, stripped) = match bytes {
        [0xff, 0xd8, 0xff, ..] => (PHOTO, jpeg::strip(bytes)?),
        [0x89, b'P', b'N', b'G', ..] => (PHOTO, png::strip(bytes)?),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => (PHOTO, riff::webp(bytes)?),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'A',
            b'V',
            b'E',
            ..,
        ] => (AUDIO, riff::wav(bytes)?),
        [b'O', b'g', b'g', b'S', ..] => (AUDIO, ogg::strip(bytes)?),
        [_, _, _, _, kind @ ..] if mp4::begins(kind) => (AUDIO, mp4::strip(bytes)?),
        _ => return Err(MediaError::Unknown),
    };
    if stripped.len() > ATTACHMENT_MAX_BYTES {
        Err(MediaError::TooLarge)
    } else {
        Ok(Stripped {
            class,
            bytes: stripped,
        })
    }
}

/// A reader of numbers and stretches that never reads behind the end.
struct Bytes<'a> {
    rest: &'a [u8],
    kind: &'static str,
}

impl<'a> Bytes<'a> {
    fn new(rest: &'a [u8], kind: &'static str) -> Self {
        Self { rest, kind }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], MediaError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(MediaError::Damaged(self.kind))?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], MediaError> {
        let (taken, rest) = self
            .rest
            .split_first_chunk::<N>()
            .ok_or(MediaError::Damaged(self.kind))?;
        self.rest = rest;
        Ok(*taken)
    }

    fn u8(&mut self) -> Result<u8, MediaError> {
        self.array().map(|[byte]| byte)
    }

    fn u16(&mut self) -> Result<usize, MediaError> {
        self.array().map(u16::from_be_bytes).map(usize::from)
    }

    fn u32(&mut self) -> Result<usize, MediaError> {
        self.array()
            .map(u32::from_be_bytes)
            .map(|number| number as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_or_of_no_known_kind_is_refused() {
        assert_eq!(
            strip(&vec![0xff; ATTACHMENT_MAX_BYTES + 1]),
            Err(MediaError::TooLarge)
        );
        for other in [
            b"".as_slice(),
            b"GIF89a",
            b"%PDF-1.7",
            b"RIFF\0\0\0\0AVI ",
            b"ID3\x04",
            b"fLaC",
            b"\xff\xd8",
        ] {
            assert_eq!(strip(other), Err(MediaError::Unknown));
        }
    }
}
