//! Phrases that docs/STYLE.md replaces: none may be in documents, in comments of Rust files or in the English page texts.

use std::path::Path;

/// The page that lists the phrases. It is exempt from the check.
pub const STYLE: &str = "docs/STYLE.md";
/// The heading of its table of phrases.
const HEADING: &str = "| Not | Use |";
/// What separates phrases of one row: they have the same replacement.
const SEPARATOR: &str = " · ";

/// A phrase and its replacement.
#[derive(Debug, PartialEq, Eq)]
struct Phrase {
    text: String,
    words: Vec<String>,
    replacement: String,
}

/// The phrases of docs/STYLE.md.
#[derive(Debug)]
pub struct Phrases(Vec<Phrase>);

impl Phrases {
    /// Reads the table under `| Not | Use |`. `None` if the table is missing or empty, or if a row has an empty cell.
    pub fn parse(style: &str) -> Option<Self> {
        let mut rows = style
            .lines()
            .skip_while(|line| *line != HEADING)
            .skip(2)
            .take_while(|line| line.starts_with('|'))
            .peekable();
        rows.peek()?;
        let mut phrases = Vec::new();
        for row in rows {
            let (not, replacement) = row.trim_matches('|').split_once('|')?;
            let replacement = replacement.trim();
            for text in not.trim().split(SEPARATOR) {
                let words: Vec<String> = words(text).map(|(word, _)| word).collect();
                if words.is_empty() || replacement.is_empty() {
                    return None;
                }
                phrases.push(Phrase {
                    text: text.to_owned(),
                    words,
                    replacement: replacement.to_owned(),
                });
            }
        }
        Some(Self(phrases))
    }

    /// Each listed phrase in the prose of a file. Files of other kinds have none.
    pub fn problems(&self, file: &Path, text: &str) -> Vec<String> {
        let Some(kind) = Kind::of(file) else {
            return Vec::new();
        };
        let mut problems = Vec::new();
        for block in kind.blocks(text) {
            for (at, word) in block.iter().enumerate() {
                for phrase in self
                    .0
                    .iter()
                    .filter(|phrase| begins_with(&block[at..], &phrase.words))
                {
                    problems.push(format!(
                        "{}:{}: \"{}\": use {}",
                        file.display(),
                        word.line,
                        phrase.text,
                        phrase.replacement
                    ));
                }
            }
        }
        problems
    }
}

/// Where prose is in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Everything but fenced code and code spans.
    Document,
    /// Comments.
    Rust,
    /// Comments and texts, not their ids.
    PageTexts,
}

/// A word of prose, in lower case and without marks around it.
struct Word {
    line: usize,
    text: String,
    /// A mark such as a comma follows: no phrase continues after it.
    ends_clause: bool,
}

impl Kind {
    /// The changelog and the decisions are history and keep their words.
    fn of(file: &Path) -> Option<Self> {
        let extension = file.extension()?.to_str()?;
        let is_page = file == Path::new("README.md") || file.parent() == Some(Path::new("docs"));
        match extension {
            "md" if is_page && file != Path::new(STYLE) => Some(Self::Document),
            "rs" => Some(Self::Rust),
            "ftl" if file.starts_with("crates/vicinity-pages/lang/en") => Some(Self::PageTexts),
            _ => None,
        }
    }

    /// Consecutive lines with prose: a phrase may begin on one line and end on the next.
    fn blocks(self, text: &str) -> Vec<Vec<Word>> {
        let mut blocks = vec![Vec::new()];
        let mut in_code = false;
        for (line, whole) in (1..).zip(text.lines()) {
            let is_fence = self == Self::Document && whole.trim_start().starts_with("```");
            in_code ^= is_fence;
            let prose = if is_fence || in_code {
                None
            } else {
                self.prose(whole)
            };
            match (prose, blocks.last_mut()) {
                (Some(prose), Some(block)) => {
                    let prose = without_code_spans(prose);
                    block.extend(words(&prose).map(|(text, ends_clause)| Word {
                        line,
                        text,
                        ends_clause,
                    }));
                }
                _ => blocks.push(Vec::new()),
            }
        }
        blocks
    }

    /// The prose of a line; `None` if it has none, which ends a block.
    fn prose(self, line: &str) -> Option<&str> {
        let trimmed = line.trim_start();
        if trimmed.is_empty() {
            return None;
        }
        match self {
            Self::Document => Some(trimmed),
            Self::Rust => comment(line),
            Self::PageTexts if trimmed.starts_with('#') || trimmed.len() < line.len() => {
                Some(trimmed)
            }
            Self::PageTexts => trimmed.split_once(" = ").map(|(_, text)| text),
        }
    }
}

/// The text after `//`, unless that is inside a string, such as an address.
fn comment(line: &str) -> Option<&str> {
    let (at, _) = line.match_indices("//").find(|(at, _)| {
        let before = &line[..*at];
        (before.is_empty() || before.ends_with(' '))
            && before
                .replace("\\\"", "")
                .matches('"')
                .count()
                .is_multiple_of(2)
    })?;
    Some(line[at..].trim_start_matches(['/', '!']))
}

/// Replaces each code span by a mark that matches no phrase.
fn without_code_spans(line: &str) -> String {
    line.split('`')
        .enumerate()
        .map(|(index, part)| if index % 2 == 0 { part } else { "…" })
        .collect()
}

/// The words of a text, each with whether a clause ends after it. A mark alone and a variable are empty words.
fn words(text: &str) -> impl Iterator<Item = (String, bool)> {
    text.split([' ', '[', ']', '(', ')'])
        .filter(|word| !word.is_empty())
        .map(|word| {
            let is_variable = word.starts_with('$');
            let bare = if is_variable {
                ""
            } else {
                word.trim_matches(|letter: char| !letter.is_alphanumeric())
            };
            (
                bare.to_lowercase(),
                word.ends_with(['.', ',', ';', ':', '!', '?']),
            )
        })
}

fn begins_with(block: &[Word], phrase: &[String]) -> bool {
    let is_whole = block.len() >= phrase.len()
        && block
            .iter()
            .zip(phrase)
            .all(|(word, wanted)| word.text == *wanted);
    is_whole
        && block
            .iter()
            .take(phrase.len() - 1)
            .all(|word| !word.ends_clause)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "# Style\n\n| Not | Use |\n|---|---|\n| made anew · made again | rebuilt |\n| whoever | anyone who |\n\nIt is made anew.\n";

    fn of(file: &str, text: &str) -> Vec<String> {
        Phrases::parse(TABLE)
            .expect("a table")
            .problems(Path::new(file), text)
    }

    #[test]
    fn a_phrase_is_named_with_its_place_and_its_replacement() {
        assert_eq!(
            of("docs/A.md", "Fine.\nThe row is made anew."),
            ["docs/A.md:2: \"made anew\": use rebuilt"]
        );
        assert_eq!(
            of(
                "README.md",
                "**Whoever** asks; it is made again, whoever it was."
            ),
            [
                "README.md:1: \"whoever\": use anyone who",
                "README.md:1: \"made again\": use rebuilt",
                "README.md:1: \"whoever\": use anyone who",
            ]
        );
    }

    #[test]
    fn a_phrase_may_be_broken_over_two_lines_but_not_by_a_mark_or_an_empty_line() {
        assert_eq!(
            of("crates/a/src/a.rs", "/// It is made\n/// anew."),
            ["crates/a/src/a.rs:1: \"made anew\": use rebuilt"]
        );
        assert!(of("docs/A.md", "It is made. Anew it goes.").is_empty());
        assert!(of("docs/A.md", "It is made\n\nanew").is_empty());
        assert!(of("docs/A.md", "remade anew, whoevers").is_empty());
    }

    #[test]
    fn code_is_not_prose() {
        assert!(
            of(
                "docs/A.md",
                "`whoever` and `made anew`\n```sh\nwhoever\n```\n"
            )
            .is_empty()
        );
        assert!(
            of(
                "crates/a/src/a.rs",
                "let whoever = \"http://whoever // whoever\";"
            )
            .is_empty()
        );
        assert_eq!(
            of("crates/a/src/a.rs", "let a = \"x\"; // whoever").len(),
            1
        );
        assert_eq!(of("crates/a/src/a.rs", "    //! `x`: whoever").len(), 1);
    }

    #[test]
    fn texts_of_pages_are_read_without_their_ids() {
        let file = "crates/vicinity-pages/lang/en/board.ftl";
        assert!(of(file, "whoever = Name\nname-whoever = { $whoever }").is_empty());
        assert_eq!(
            of(
                file,
                "# whoever\na = Whoever asks\nb = { $n ->\n    [one] whoever\n}"
            )
            .len(),
            3
        );
        assert!(of("crates/vicinity-pages/lang/fr/board.ftl", "a = whoever").is_empty());
    }

    #[test]
    fn history_and_the_list_itself_are_left_alone() {
        for file in [
            "CHANGELOG.md",
            "docs/adr/0001-one.md",
            "docs/STYLE.md",
            "fixtures/README.md",
            "a.toml",
        ] {
            assert!(of(file, "whoever").is_empty(), "{file}");
        }
    }

    #[test]
    fn a_missing_or_incomplete_table_is_refused() {
        for style in [
            "# Style",
            "| Not | Use |\n|---|---|\n",
            "| Not | Use |\n|---|---|\n| whoever |\n",
            "| Not | Use |\n|---|---|\n| whoever | |\n",
        ] {
            assert!(Phrases::parse(style).is_none(), "{style}");
        }
    }
}
