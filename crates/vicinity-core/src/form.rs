//! Forms that texts of a projection have.

/// Letters and digits in the places of a pattern: `A` a capital, `9` a digit, anything else itself.
pub(crate) fn has_form(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(byte, form)| match form {
            b'A' => byte.is_ascii_uppercase(),
            b'9' => byte.is_ascii_digit(),
            form => byte == form,
        })
}

/// A month of a year in which there were computers to write it down, or stories to be told late.
pub(crate) fn is_month(text: &str) -> bool {
    has_form(text, "9999-99") && ("01"..="12").contains(&&text[5..]) && text >= "1900"
}
