//! Sizes of source files, and words that no tracked file may hold.

use std::path::Path;

/// Around 300 is meant; at this one a file is split. At width 100 the same code is half as long again as at 160.
const FILE_MAX_LINES: usize = 770;
const LINE_MAX_CHARACTERS: usize = 200;

// Written in two pieces, so that this file does not hold them itself.
const MACHINE_FOLDERS: [&str; 3] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
];
const UNFINISHED: [&str; 4] = [
    concat!("to", "do!("),
    concat!("unim", "plemented!("),
    concat!("#[ig", "nore]"),
    concat!("#[ig", "nore ="),
];

pub fn problems(file: &Path, text: &str) -> Vec<String> {
    let is_rust = file.extension().is_some_and(|extension| extension == "rs");
    let mut problems = Vec::new();
    let lines = text.lines().count();
    if is_rust && lines > FILE_MAX_LINES {
        problems.push(format!(
            "{}: {lines} lines, more than {FILE_MAX_LINES}: split it",
            file.display()
        ));
    }
    for (number, line) in (1..).zip(text.lines()) {
        let mut complain =
            |what: String| problems.push(format!("{}:{number}: {what}", file.display()));
        for folder in MACHINE_FOLDERS
            .iter()
            .filter(|folder| names_folder(line, folder))
        {
            complain(format!("a path of one machine ({folder})"));
        }
        if !is_rust {
            continue;
        }
        let characters = line.chars().count();
        if characters > LINE_MAX_CHARACTERS {
            complain(format!(
                "{characters} characters, more than {LINE_MAX_CHARACTERS}"
            ));
        }
        for word in UNFINISHED.iter().filter(|word| line.contains(**word)) {
            complain(format!("`{word}`: finish it or leave it out"));
        }
    }
    problems
}

/// Whether a path in the line begins with the folder. One in the middle of a longer path or of an address is another.
fn names_folder(line: &str, folder: &str) -> bool {
    let inside_a_path = |at: usize| {
        line[..at]
            .chars()
            .next_back()
            .is_some_and(|before| before.is_alphanumeric() || "._-~*}".contains(before))
    };
    line.match_indices(folder).any(|(at, _)| !inside_a_path(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(file: &str, text: &str) -> Vec<String> {
        problems(Path::new(file), text)
    }

    #[test]
    fn a_file_of_770_lines_passes_and_one_of_771_does_not() {
        assert!(of("a.rs", &"x\n".repeat(770)).is_empty());
        assert_eq!(
            of("a.rs", &"x\n".repeat(771)),
            ["a.rs: 771 lines, more than 770: split it"]
        );
        assert!(of("a.sql", &"x\n".repeat(771)).is_empty());
    }

    #[test]
    fn a_long_line_is_found_by_characters_not_bytes() {
        assert!(of("a.rs", &"ស".repeat(200)).is_empty());
        assert_eq!(
            of("a.rs", &format!("\n{}", "ស".repeat(201))),
            ["a.rs:2: 201 characters, more than 200"]
        );
        assert!(of("a.md", &"x".repeat(201)).is_empty());
    }

    #[test]
    fn a_path_of_one_machine_is_found_in_any_text() {
        for folder in MACHINE_FOLDERS {
            for line in [
                format!("see {folder}notes"),
                format!("{folder}notes"),
                format!("\"{folder}notes\""),
                format!("file://{folder}notes"),
            ] {
                assert_eq!(of("a.md", &line).len(), 1, "{line}");
            }
        }
    }

    #[test]
    fn a_folder_of_that_name_further_inside_is_no_machine_path() {
        let [first, ..] = MACHINE_FOLDERS;
        assert!(
            of(
                "a.md",
                &format!("target{first}x https://example.org{first}x ../some{first}x")
            )
            .is_empty()
        );
    }

    #[test]
    fn unfinished_code_is_found_in_rust_only() {
        for word in UNFINISHED {
            assert_eq!(of("a.rs", word).len(), 1, "{word}");
            assert!(of("a.md", word).is_empty(), "{word}");
        }
    }
}
