//! Documents name tests as the proof of what they promise: each of them must be there.

use std::collections::BTreeSet;
use std::path::Path;

/// Documents that name tests.
const DOCUMENTS: [&str; 2] = ["docs/THREATS.md", "docs/VERIFICATION.md"];
/// A name in code with at least this many underscores is a sentence, so a test's name.
const UNDERSCORES_MIN: usize = 3;

/// The functions of a source file.
pub fn functions(text: &str) -> impl Iterator<Item = &str> {
    text.split("fn ").skip(1).filter_map(|rest| {
        rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .next()
    })
}

pub fn names_tests(path: &Path) -> bool {
    DOCUMENTS.iter().any(|document| path == Path::new(document))
}

/// Tests that a document names and that are not there.
pub fn problems(path: &Path, text: &str, known: &BTreeSet<String>) -> Vec<String> {
    let is_test = |name: &str| {
        name.chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            && name.matches('_').count() >= UNDERSCORES_MIN
    };
    let named = text.lines().zip(1..).flat_map(|(line, number)| {
        line.split('`')
            .skip(1)
            .step_by(2)
            .map(move |name| (name, number))
    });
    let missing = named.filter(|(name, _)| is_test(name) && !known.contains(*name));
    missing
        .map(|(name, number)| format!("{}:{number}: there is no test {name}", path.display()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_without_its_test_is_named() {
        let known: BTreeSet<String> =
            functions("pub fn it_is_so_today() {}\nfn generic_one_it_is<S>(_: S) {}")
                .map(str::to_owned)
                .collect();
        let page = "| a | `it_is_so_today`, `generic_one_it_is` |\n| b | `it_was_so_once`, `a_code`, `GET /it_is_a_path` |";
        assert_eq!(
            problems(Path::new("docs/THREATS.md"), page, &known),
            ["docs/THREATS.md:2: there is no test it_was_so_once"]
        );
    }
}
