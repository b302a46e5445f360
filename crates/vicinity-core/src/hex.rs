//! Bytes as hexadecimal digits, two a byte.

/// The bytes in lower-case digits. The text never moves while it grows, so that of a secret there is one copy to wipe.
#[must_use]
pub fn write(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.extend(
            [byte >> 4, byte & 15]
                .into_iter()
                .filter_map(|digit| char::from_digit(digit.into(), 16)),
        );
    }
    text
}

/// The bytes of a text of hexadecimal digits, in lower or upper case, as a vector or as an array of exactly that length.
#[must_use]
pub fn read<T: TryFrom<Vec<u8>>>(text: &str) -> Option<T> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let bytes = pairs
        .iter()
        .map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?))
        .collect::<Option<Vec<u8>>>()?;
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_in_either_case() {
        let all: Vec<u8> = (0..=255).collect();
        let text = write(&all);
        assert!(
            text.starts_with("000102") && text.ends_with("fdfeff"),
            "{text}"
        );
        assert_eq!(
            (read(&text), read(&text.to_uppercase())),
            (Some(all.clone()), Some(all))
        );
        assert_eq!((write(&[]), read::<[u8; 0]>("")), (String::new(), Some([])));
    }

    #[test]
    fn nothing_but_digits_and_the_right_number_of_them_is_read() {
        assert_eq!(read("0aFf"), Some([10, 255]));
        for text in [
            "0aff0", "0aff00", "0a", "", " 0aff", "+aff", "0x0a", "0ag0", "é0a", "0a-f",
        ] {
            assert_eq!(read::<[u8; 2]>(text), None, "{text}");
        }
    }
}
