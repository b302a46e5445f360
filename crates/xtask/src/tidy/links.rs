//! Links between the project's pages: what they point to must be there.

use std::path::{Component, Path, PathBuf};

/// README, CHANGELOG, and every page of docs/.
pub fn has_links_to_check(file: &Path) -> bool {
    let is_page = file.extension().is_some_and(|extension| extension == "md");
    is_page
        && (file.starts_with("docs")
            || file == Path::new("README.md")
            || file == Path::new("CHANGELOG.md"))
}

/// `exists` is asked with paths from the workspace's root.
pub fn problems(file: &Path, text: &str, exists: impl Fn(&Path) -> bool) -> Vec<String> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut problems = Vec::new();
    for (number, target) in relative_links(text) {
        match inside(folder, &target) {
            Some(path) if exists(&path) => {}
            Some(_) => problems.push(format!(
                "{}:{number}: the link to {target} leads nowhere",
                file.display()
            )),
            None => problems.push(format!(
                "{}:{number}: the link to {target} leads out of the project",
                file.display()
            )),
        }
    }
    problems
}

/// The path from the root, or nothing if it leads out of it.
fn inside(folder: &Path, target: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for part in folder.join(target).components() {
        match part {
            Component::Normal(name) => path.push(name),
            Component::ParentDir if path.pop() => {}
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(path)
}

/// Line number and target, without its #anchor, of every relative link to another file.
fn relative_links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    let mut in_code = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            let line = without_code_spans(line);
            let targets = inline_targets(&line).chain(definition_target(&line));
            links.extend(targets.filter_map(relative).map(|target| (number, target)));
        }
    }
    links
}

/// `[text](target)` and `![text](target "title")`.
fn inline_targets(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("](").filter_map(|(at, mark)| {
        let rest = &line[at + mark.len()..];
        rest.split_once(')').map(|(target, _)| target)
    })
}

/// `[name]: target`.
fn definition_target(line: &str) -> Option<&str> {
    let (name, target) = line.trim_start().strip_prefix('[')?.split_once("]: ")?;
    if name.contains(']') {
        None
    } else {
        Some(target.trim_start())
    }
}

fn relative(target: &str) -> Option<String> {
    let target = match target.strip_prefix('<') {
        Some(bracketed) => bracketed.split('>').next()?,
        None => target.split_whitespace().next()?,
    };
    let is_address = target
        .split_once(':')
        .is_some_and(|(scheme, _)| scheme.chars().all(|letter| letter.is_ascii_alphabetic()));
    let path = target.split(['#', '?']).next()?;
    if is_address || path.is_empty() {
        None
    } else {
        Some(path.replace("%20", " "))
    }
}

fn without_code_spans(line: &str) -> String {
    let outside = |(index, part): (usize, &str)| {
        if index % 2 == 0 {
            part.to_owned()
        } else {
            "_".repeat(part.len())
        }
    };
    line.split('`').enumerate().map(outside).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const THERE: [&str; 3] = ["README.md", "docs/PROTOCOL.md", "docs/adr/0001-one.md"];

    fn of(file: &str, text: &str) -> Vec<String> {
        problems(Path::new(file), text, |path| {
            THERE.iter().any(|there| Path::new(there) == path)
        })
    }

    #[test]
    fn links_are_read_from_the_page_that_holds_them() {
        assert!(
            of(
                "README.md",
                "[how](docs/PROTOCOL.md#frames) and [why](./docs/adr/0001-one.md \"a title\")"
            )
            .is_empty()
        );
        assert!(
            of(
                "docs/adr/0001-one.md",
                "[up](../PROTOCOL.md) [top](../../README.md)"
            )
            .is_empty()
        );
    }

    #[test]
    fn a_link_to_nothing_is_found_with_its_line() {
        assert_eq!(
            of("README.md", "fine\n[gone](docs/GONE.md)"),
            ["README.md:2: the link to docs/GONE.md leads nowhere"]
        );
        assert_eq!(
            of("docs/PROTOCOL.md", "[wrong folder](docs/PROTOCOL.md)").len(),
            1
        );
        assert_eq!(
            of(
                "README.md",
                "[one]: docs/GONE.md\n![picture](<docs/no picture.png>)"
            )
            .len(),
            2
        );
        assert_eq!(
            of(
                "README.md",
                "[a](docs/PROTOCOL.md), [b](docs/GONE.md), [c](GONE.md)"
            )
            .len(),
            2
        );
    }

    #[test]
    fn a_link_out_of_the_project_is_found() {
        assert_eq!(
            of("README.md", "[out](../other/README.md)"),
            ["README.md:1: the link to ../other/README.md leads out of the project"]
        );
        assert_eq!(of("README.md", "[rooted](/etc/hosts)").len(), 1);
    }

    #[test]
    fn addresses_anchors_and_code_are_left_alone() {
        let text = "[site](https://example.org/x.md) [mail](mailto:a@example.org) [here](#below)\n`[code](gone.md)`\n```\n[code](gone.md)\n```\n";
        assert!(of("README.md", text).is_empty());
    }

    #[test]
    fn only_the_projects_pages_are_read() {
        for page in ["README.md", "CHANGELOG.md", "docs/adr/0001-one.md"] {
            assert!(has_links_to_check(Path::new(page)), "{page}");
        }
        for other in [
            "docs/picture.png",
            "fixtures/README.md",
            "crates/x/README.md",
        ] {
            assert!(!has_links_to_check(Path::new(other)), "{other}");
        }
    }
}
