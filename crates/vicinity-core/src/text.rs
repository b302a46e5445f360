//! Text that people and machines write differently and mean the same: bytes of files, secrets, letters that are counted, and
//! what is printed.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;
use zeroize::Zeroizing;

/// Bytes that a letter takes at most, on average over a text: a Khmer letter with all its signs takes 15.
pub const LETTER_MAX_BYTES: usize = 16;

/// Why bytes are no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    /// UTF-16, as some editors and shells of Windows write it.
    #[error("this is UTF-16; save it as UTF-8")]
    Utf16,
    /// Something else.
    #[error("this is not UTF-8")]
    NotUtf8,
}

/// The text of a file that a person wrote, without the byte order mark that some editors put before it.
///
/// # Errors
/// UTF-16, which has zeros in every Latin letter and mostly begins with a mark of its own, and anything else that is not UTF-8.
pub fn utf8(bytes: &[u8]) -> Result<&str, NotText> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.contains(&0) {
        return Err(NotText::Utf16);
    }
    let text = core::str::from_utf8(bytes).map_err(|_| NotText::NotUtf8)?;
    Ok(without_mark(text))
}

/// A text without a byte order mark before it.
#[must_use]
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Letters as a person counts them: with their accents, vowel signs and marks.
#[must_use]
pub fn letters(text: &str) -> usize {
    text.graphemes(true).count()
}

/// Whether a text has that many letters at most, and no letter of a hundred marks that would make it huge.
#[must_use]
pub fn fits(text: &str, max_letters: usize) -> bool {
    text.len() <= max_letters
        || (text.len() <= max_letters * LETTER_MAX_BYTES && letters(text) <= max_letters)
}

/// Letters of the longest name that people give to a device, a hub or a country.
pub const NAME_MAX_LETTERS: usize = 40;

/// A name as it is kept: one line of 1 to [`NAME_MAX_LETTERS`] letters, without blanks around it. `None` for any other text.
#[must_use]
pub fn name(text: &str) -> Option<&str> {
    let name = text.trim();
    let is_one_line = !name.is_empty() && printable_in_line(name) == name;
    (is_one_line && fits(name, NAME_MAX_LETTERS)).then_some(name)
}

/// A PIN, passphrase, password or code in the one form in which it is compared, hashed or stretched. What no keyboard or
/// editor can be relied on to write the same way does not count: a byte order mark, zero-width characters, line ends
/// around it, composed or decomposed accents (NFC is taken), the kind of space, and the script of its digits.
#[must_use]
pub fn secret(text: &str) -> Zeroizing<String> {
    let seen = text.chars().filter(|letter| !is_invisible(*letter));
    let mut folded = Zeroizing::new(String::with_capacity(3 * text.len()));
    folded.extend(seen.map(plain_space).map(plain_digit).nfc());
    let trimmed = folded.trim_matches(is_line_end);
    if trimmed.len() == folded.len() {
        folded
    } else {
        Zeroizing::new(trimmed.to_owned())
    }
}

/// A code of digits as it is compared: [`secret`] without any space.
#[must_use]
pub fn secret_digits(text: &str) -> Zeroizing<String> {
    let mut digits = secret(text);
    digits.retain(|letter| !letter.is_whitespace());
    digits
}

/// A text as it is printed on a terminal: what moves the cursor, changes colours or the direction of writing is shown as
/// `\u001b`. Line ends and tabs stay. JSON so printed is the same JSON.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, |letter| {
        is_unsafe(letter) && !matches!(letter, '\n' | '\t')
    })
}

/// A text as it is printed within a line: line ends and tabs are shown, too.
#[must_use]
pub fn printable_in_line(text: &str) -> Cow<'_, str> {
    escaped(text, is_unsafe)
}

fn escaped(text: &str, hides: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&hides) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if hides(letter) {
            // Writing to a text cannot fail.
            let _ = write!(shown, "\\u{:04x}", u32::from(letter));
        } else {
            shown.push(letter);
        }
    }
    Cow::Owned(shown)
}

/// Control characters, line separators, and marks that change the direction of writing. All have four hexadecimal digits.
fn is_unsafe(letter: char) -> bool {
    let turns = matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}');
    letter.is_control() || turns || matches!(letter, '\u{2028}' | '\u{2029}')
}

/// What takes no room and has no shape: soft hyphens, joiners, direction marks, selectors of variants, byte order marks.
pub(crate) fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether a character is a part of a letter: an accent, a vowel sign, a sign that stacks consonants.
#[must_use]
pub fn is_mark(letter: char) -> bool {
    matches!(
        get_general_category(letter),
        GeneralCategory::NonspacingMark
            | GeneralCategory::SpacingMark
            | GeneralCategory::EnclosingMark
    )
}

fn is_line_end(letter: char) -> bool {
    matches!(
        letter,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

fn plain_space(letter: char) -> char {
    if get_general_category(letter) == GeneralCategory::SpaceSeparator {
        ' '
    } else {
        letter
    }
}

/// A decimal digit of any script as its ASCII digit; any other character as it is. Unicode writes the ten digits of a script in
/// order and next to each other, so the distance to the first of a run of digits is the value.
pub(crate) fn plain_digit(letter: char) -> char {
    if letter.is_ascii() || !is_digit(letter) {
        return letter;
    }
    let before = (0..u32::from(letter))
        .rev()
        .map_while(char::from_u32)
        .take_while(|letter| is_digit(*letter))
        .count();
    u32::try_from(before % 10)
        .ok()
        .and_then(|value| char::from_digit(value, 10))
        .unwrap_or(letter)
}

fn is_digit(letter: char) -> bool {
    get_general_category(letter) == GeneralCategory::DecimalNumber
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_one_line_of_one_to_forty_letters() {
        assert_eq!(name("  Amina's phone "), Some("Amina's phone"));
        assert_eq!(name("ទូរសព្ទ"), Some("ទូរសព្ទ"));
        assert!(name(&"ñ".repeat(40)).is_some() && name(&"ñ".repeat(41)).is_none());
        for bad in ["", "  ", "a\nb", "a\u{1b}[31m", "a\u{202e}b", "a\tb"] {
            assert_eq!(name(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_secret_is_the_same_however_it_was_written() {
        for (written, meant) in [
            ("\u{feff}4711", "4711"),
            ("4711\n", "4711"),
            ("4711\r\n", "4711"),
            ("\u{feff}4711\r\n\n", "4711"),
            ("4711\u{200b}\n\u{200d}", "4711"),
            ("cafe\u{301}", "caf\u{e9}"),
            ("៤៧១១", "4711"),
            ("٤٧١١", "4711"),
            ("۴۷۱۱", "4711"),
            ("४७११", "4711"),
            ("৪৭১১", "4711"),
            ("၄၇၁၁", "4711"),
            ("４７１１", "4711"),
            ("𝟜𝟟𝟙𝟙", "4711"),
            ("two\u{a0}words", "two words"),
        ] {
            assert_eq!(secret(written).as_str(), meant, "{written:?}");
        }
        for other in [" 4711", "4711 ", "47 11", "47-11", "CAFÉ", "²711", "Ⅳ711"] {
            assert_ne!(secret(other).as_str(), "4711", "{other}");
        }
        assert_eq!(secret_digits(" ០០៥ ៩២៤\u{200b}\n").as_str(), "005924");
    }

    #[test]
    fn every_script_has_its_ten_digits_in_a_row() {
        let mut run = 0;
        let mut scripts = 0;
        for letter in (0..=0x0010_ffff).map(|code| char::from_u32(code).unwrap_or(' ')) {
            if is_digit(letter) {
                assert_eq!(
                    plain_digit(letter),
                    char::from_digit(run % 10, 10).unwrap(),
                    "{letter}"
                );
                run += 1;
            } else {
                assert_eq!(run % 10, 0, "before {letter:?}");
                scripts += run / 10;
                run = 0;
            }
        }
        assert!(scripts > 60, "{scripts}");
    }

    proptest! {
        #[test]
        fn what_was_folded_stays_as_it_is(text in any::<String>(), marks in "[\u{feff}\u{200b}é\u{301}0٤\r\n ]{0,8}") {
            let once = secret(&(marks + &text));
            let twice = secret(&once);
            prop_assert_eq!(twice.as_str(), once.as_str());
        }

        #[test]
        fn what_is_printed_moves_no_cursor_and_is_the_same_json(text in any::<String>(), marks in "[\u{1b}\u{202e}\u{85}\u{7f}\n\u{2028}a]{0,8}") {
            let text = text + &marks;
            prop_assert!(!printable_in_line(&text).contains(is_unsafe));
            let json = serde_json::Value::String(text).to_string();
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&printable(&json)).unwrap().to_string(), json);
        }
    }

    #[test]
    fn escapes_of_a_terminal_and_turns_of_direction_are_shown_and_not_obeyed() {
        assert_eq!(
            printable("\u{1b}[2J\u{202e}abc\u{9b}31m"),
            "\\u001b[2J\\u202eabc\\u009b31m"
        );
        assert_eq!(printable("a\nb\tភាសាខ្មែរ العربية"), "a\nb\tភាសាខ្មែរ العربية");
        assert_eq!(printable_in_line("a\nb\tc\r"), "a\\u000ab\\u0009c\\u000d");
    }

    #[test]
    fn bytes_of_a_file_are_text_with_or_without_a_mark_and_utf_16_is_named() {
        assert_eq!(utf8("\u{feff}{}".as_bytes()), Ok("{}"));
        assert_eq!(utf8("សួស្តី".as_bytes()), Ok("សួស្តី"));
        let utf16 = |text: &str, mark: &[u8], order: fn(u16) -> [u8; 2]| {
            [
                mark,
                &text.encode_utf16().flat_map(order).collect::<Vec<_>>(),
            ]
            .concat()
        };
        for (mark, order) in [
            (&b"\xff\xfe"[..], u16::to_le_bytes as fn(u16) -> [u8; 2]),
            (b"\xfe\xff", u16::to_be_bytes),
            (b"", u16::to_le_bytes),
        ] {
            assert_eq!(utf8(&utf16("{\"a\": 1}", mark, order)), Err(NotText::Utf16));
        }
        assert_eq!(utf8(b"caf\xe9"), Err(NotText::NotUtf8));
    }

    #[test]
    fn letters_are_counted_as_people_count_them_and_280_of_any_script_fit() {
        for letter in ["a", "é", "e\u{301}", "ж", "ខ្ញុំ", "ស្ត្រី", "ع", "नि", "愛", "👩🏽"]
        {
            assert!(fits(&letter.repeat(100), 300), "{letter}");
        }
        for letter in ["a", "é", "e\u{301}", "ж", "ក", "កី", "ع", "愛"] {
            assert!(fits(&letter.repeat(280), 280), "{letter}");
            assert!(!fits(&letter.repeat(281), 280), "{letter}");
        }
        assert!(
            !fits(&format!("a{}", "\u{301}".repeat(5_000)), 280),
            "one letter of many marks"
        );
    }
}
