//! The forms of texts in a projection.

/// Whether a text matches a pattern of the same length: `A` is an ASCII capital, `9` a digit, anything else itself.
pub(crate) fn has_form(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text
            .bytes()
            .zip(pattern.bytes())
            .all(|(byte, form)| match form {
                b'A' => byte.is_ascii_uppercase(),
                b'9' => byte.is_ascii_digit(),
                form => byte == form,
            })
}

/// Whether a text is a month, as `2026-11`, from 1900 on.
pub(crate) fn is_month(text: &str) -> bool {
    has_form(text, "9999-99") && ("01"..="12").contains(&&text[5..]) && text >= "1900"
}
