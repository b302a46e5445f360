//! Tables of documents: a row without a heading above it, as an empty line among rows leaves it, is shown as raw text.

use std::path::Path;

pub fn has_tables_to_check(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "md")
}

/// Rows without a heading. Names only the first row of a block.
pub fn problems(file: &Path, text: &str) -> Vec<String> {
    let mut lines = (1..).zip(text.lines()).peekable();
    let (mut problems, mut in_code, mut in_block) = (Vec::new(), false, false);
    while let Some((number, line)) = lines.next() {
        in_code ^= line.trim_start().starts_with("```");
        let is_row = !in_code && line.starts_with('|');
        if is_row && !in_block && !lines.peek().is_some_and(|(_, below)| is_rule(below)) {
            problems.push(format!(
                "{}:{number}: a row of a table without a heading above it",
                file.display()
            ));
        }
        in_block = is_row;
    }
    problems
}

/// `|---|:--|`, which makes a heading of the row above it.
fn is_rule(line: &str) -> bool {
    line.starts_with('|')
        && line.contains('-')
        && line.chars().all(|letter| "|-: ".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        problems(Path::new("docs/a.md"), text)
    }

    #[test]
    fn a_row_below_an_empty_line_is_found_and_named_once_a_block() {
        let row = "a row of a table without a heading above it";
        assert_eq!(
            of("| A | B |\n|---|---|\n| a | b |\n\n| c | d |\n| e | f |\n"),
            [format!("docs/a.md:5: {row}")]
        );
        assert_eq!(
            of("text\n| a |\n\n| b |\n"),
            [format!("docs/a.md:2: {row}"), format!("docs/a.md:4: {row}")]
        );
    }

    #[test]
    fn whole_tables_and_code_are_left_alone() {
        assert!(of("| A | B |\n|:--|--:|\n| a | b |\n\ntext\n\n| C |\n|---|\n| c |\n").is_empty());
        assert!(of("```text\n| a |\n\n| b |\n```\nx | y\n").is_empty());
    }
}
