//! The words and signs of a source file, without comments and the text of literals.

/// A token with the line it is in, from 1.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'a> {
    pub line: usize,
    pub token: Token<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token<'a> {
    /// A keyword or name.
    Word(&'a str),
    /// `::`
    Colons,
    Sign(char),
}

pub fn tokens(text: &str) -> Vec<Placed<'_>> {
    let mut tokens = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let (len, token) = next(rest, first);
        let (passed, behind) = rest.split_at_checked(len).unwrap_or((rest, ""));
        tokens.extend(token.map(|token| Placed { line, token }));
        line += passed.bytes().filter(|byte| *byte == b'\n').count();
        rest = behind;
    }
    tokens
}

/// How many bytes the next token, blank, comment or literal takes, and which token it is.
fn next(rest: &str, first: char) -> (usize, Option<Token<'_>>) {
    match first {
        _ if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), None),
        _ if rest.starts_with("/*") => (block_comment(rest), None),
        _ if rest.starts_with("::") => (2, Some(Token::Colons)),
        '"' => (1 + text_end(&rest[1..], '"'), None),
        '\'' => (character(rest), None),
        _ if is_of_word(first) => word(rest),
        _ if first.is_whitespace() => (first.len_utf8(), None),
        sign => (sign.len_utf8(), Some(Token::Sign(sign))),
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// A word, or the literal that it is the beginning of: `r"…"`, `br#"…"#`, `b"…"`; `r#type` is a word.
fn word(rest: &str) -> (usize, Option<Token<'_>>) {
    let len = rest
        .find(|letter| !is_of_word(letter))
        .unwrap_or(rest.len());
    let (word, behind) = rest.split_at(len);
    let hashes = behind.bytes().take_while(|byte| *byte == b'#').count();
    let quoted = behind[hashes..].strip_prefix('"');
    match (word, quoted) {
        ("r" | "br" | "cr", Some(quoted)) => {
            let close = format!("\"{}", "#".repeat(hashes));
            (
                len + hashes
                    + 1
                    + quoted
                        .find(&close)
                        .map_or(quoted.len(), |at| at + close.len()),
                None,
            )
        }
        ("b" | "c", Some(quoted)) if hashes == 0 => (len + 1 + text_end(quoted, '"'), None),
        ("r", None) if hashes == 1 => (len + 1, None),
        _ if word.starts_with(|first: char| first.is_ascii_digit()) => (len, None),
        _ => (len, Some(Token::Word(word))),
    }
}

/// Bytes up to and with the quote that ends a literal, which may hold escaped ones.
fn text_end(inside: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, letter) in inside.char_indices() {
        if letter == quote && !is_escaped {
            return at + 1;
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    inside.len()
}

/// A character, or only the quote of a lifetime.
fn character(rest: &str) -> usize {
    let mut inside = rest[1..].chars();
    match (inside.next(), inside.next()) {
        (Some('\\'), _) => 1 + text_end(&rest[1..], '\''),
        (Some(letter), Some('\'')) => letter.len_utf8() + 2,
        _ => 1,
    }
}

/// Block comments may stand inside each other.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while at < rest.len() {
        let behind = &rest.as_bytes()[at..];
        if behind.starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if behind.starts_with(b"*/") {
            (depth, at) = (depth.saturating_sub(1), at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}
