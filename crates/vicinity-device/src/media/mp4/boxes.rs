//! Boxes in boxes: a length, a name, a body.

use super::{Bytes, DAMAGED, KIND, MediaError, OTHER};

/// The boxes of a body, one after the other, without those in them.
pub(super) fn children(body: &[u8]) -> Result<Vec<([u8; 4], &[u8])>, MediaError> {
    let mut rest = Bytes::new(body, KIND);
    let mut found = Vec::new();
    // QuickTime ends some lists with four bytes of nothing.
    while !rest.rest.is_empty() && rest.rest != [0; 4] {
        let length = rest.u32()?;
        let name = rest.array::<4>()?;
        let length = match length {
            // To the end of the file; and a length of eight bytes.
            0 => rest.rest.len(),
            1 => usize::try_from(u64::from_be_bytes(rest.array()?))
                .ok()
                .and_then(|length| length.checked_sub(16))
                .ok_or(DAMAGED)?,
            length => length.checked_sub(8).ok_or(DAMAGED)?,
        };
        found.push((name, rest.take(length)?));
    }
    Ok(found)
}

/// The box of that name, of which there is one.
pub(super) fn find<'a>(
    boxes: &[([u8; 4], &'a [u8])],
    name: &[u8; 4],
) -> Result<&'a [u8], MediaError> {
    let mut named = boxes.iter().filter(|(other, _)| other == name);
    match (named.next(), named.next()) {
        (Some((_, body)), None) => Ok(body),
        (None, _) => Err(DAMAGED),
        (Some(_), Some(_)) => Err(OTHER),
    }
}

/// A box of these parts.
pub(super) fn boxed(name: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    // The whole file is far below four gigabytes.
    [
        &((body.len() + 8) as u32).to_be_bytes(),
        name.as_slice(),
        &body,
    ]
    .concat()
}

/// A box of version 0 with flags.
pub(super) fn full(name: &[u8; 4], flags: u8, parts: &[&[u8]]) -> Vec<u8> {
    boxed(name, &[&[0, 0, 0, flags], &parts.concat()])
}
