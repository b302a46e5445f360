//! Circles between the files of a crate: a file that imports another which imports it, directly or through others.
//! Such files can only be read together. Modules for tests do not count, and a file may call the modules below it by their bare names.

mod names;
mod tokens;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use self::names::Named;

/// A module's path from the crate's root; empty for the root itself.
type Module = Vec<String>;
/// From each file to those it names, with the first place where it does so.
type Graph = BTreeMap<Module, BTreeMap<Module, Import>>;

/// One place where a file names another.
#[derive(Debug, Clone)]
struct Import {
    line: usize,
    /// As `crate::room::Room`.
    path: String,
}

/// The source files of all crates.
#[derive(Debug, Default)]
pub struct Sources {
    /// By the folder that a crate's sources are in: each file's module with its path and text.
    crates: BTreeMap<PathBuf, BTreeMap<Module, (PathBuf, String)>>,
}

impl Sources {
    /// Takes a file in, if it is a module of a crate.
    pub fn add(&mut self, file: &Path, text: &str) {
        if let Some((folder, module)) = module_of(file) {
            self.crates
                .entry(folder)
                .or_default()
                .entry(module)
                .or_insert_with(|| (file.to_owned(), text.to_owned()));
        }
    }

    /// One line for each group of files that import each other in circles.
    pub fn problems(&self) -> Vec<String> {
        self.crates.values().flat_map(circles_of).collect()
    }
}

/// The folder of the crate's sources, and the file's module in it. Programs beside a crate's own are crates of one file.
fn module_of(file: &Path) -> Option<(PathBuf, Module)> {
    let parts: Vec<&str> = file
        .iter()
        .map(|part| part.to_str())
        .collect::<Option<_>>()?;
    let source = parts.iter().position(|part| *part == "src")?;
    let (folder, inside) = parts.split_at(source + 1);
    let mut module: Module = inside.iter().map(|part| (*part).to_owned()).collect();
    let last = module.pop()?;
    let name = last.strip_suffix(".rs")?;
    let is_root = module.is_empty() && matches!(name, "lib" | "main");
    if module.first().is_some_and(|first| first == "bin") {
        return None;
    }
    if !is_root && name != "mod" {
        module.push(name.to_owned());
    }
    Some((folder.iter().collect(), module))
}

fn circles_of(files: &BTreeMap<Module, (PathBuf, String)>) -> Vec<String> {
    let graph = graph(files);
    let reached: BTreeMap<&Module, BTreeSet<&Module>> = graph
        .keys()
        .map(|from| (from, reachable(&graph, from)))
        .collect();
    let is_mutual =
        |one: &Module, other: &Module| reached[one].contains(other) && reached[other].contains(one);
    let mut told = BTreeSet::new();
    let mut problems = Vec::new();
    for module in graph.keys().filter(|module| is_mutual(module, module)) {
        let together: Vec<&Module> = graph
            .keys()
            .filter(|other| is_mutual(module, other))
            .collect();
        if told.insert(together.clone()) {
            problems.push(problem(files, &graph, &together));
        }
    }
    problems
}

/// Names the files, and the imports of a shortest circle among them.
fn problem(
    files: &BTreeMap<Module, (PathBuf, String)>,
    graph: &Graph,
    together: &[&Module],
) -> String {
    let name = |module: &Module| {
        files
            .get(module)
            .map_or_else(String::new, |(file, _)| file.display().to_string())
    };
    let shortest = together
        .iter()
        .filter_map(|module| circle(graph, module))
        .min_by_key(Vec::len)
        .unwrap_or_default();
    let imports = shortest
        .iter()
        .map(|(from, import)| format!("{}:{} names {}", name(from), import.line, import.path))
        .collect::<Vec<_>>();
    let others = together
        .iter()
        .map(|module| name(module))
        .collect::<Vec<_>>()
        .join(", ");
    format!(
        "{} files import each other in a circle ({others}): {}",
        together.len(),
        imports.join("; ")
    )
}

fn graph(files: &BTreeMap<Module, (PathBuf, String)>) -> Graph {
    let all: BTreeMap<&Module, names::File> = files
        .iter()
        .map(|(module, (_, text))| (module, names::read(text, module)))
        .collect();
    let tests: BTreeSet<&Module> = all.values().flat_map(|file| &file.test_modules).collect();
    let is_test =
        |module: &Module| (0..=module.len()).any(|len| tests.contains(&module[..len].to_vec()));
    let mut graph = Graph::new();
    for (module, file) in all.iter().filter(|(module, _)| !is_test(module)) {
        let imports = graph.entry((*module).clone()).or_default();
        for Named { line, path } in &file.named {
            let target = (0..=path.len())
                .rev()
                .map(|len| path[..len].to_vec())
                .find(|prefix| files.contains_key(prefix));
            let target = target.filter(|target| target != *module && !is_test(target));
            if let Some(target) = target {
                imports.entry(target).or_insert_with(|| Import {
                    line: *line,
                    path: format!("crate::{}", path.join("::")),
                });
            }
        }
    }
    graph
}

/// What can be reached from a file in one step or more: the file itself only through a circle.
fn reachable<'a>(graph: &'a Graph, from: &Module) -> BTreeSet<&'a Module> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&Module> = graph[from].keys().collect();
    while let Some(module) = open.pop() {
        if reached.insert(module) {
            open.extend(graph.get(module).into_iter().flat_map(BTreeMap::keys));
        }
    }
    reached
}

/// The imports of a shortest circle through a file, with the file that has each.
fn circle<'a>(graph: &'a Graph, start: &'a Module) -> Option<Vec<(&'a Module, &'a Import)>> {
    let mut before: BTreeMap<&Module, (&Module, &Import)> = BTreeMap::new();
    let mut open = VecDeque::from([start]);
    while let Some(module) = open.pop_front() {
        for (next, import) in graph.get(module).into_iter().flatten() {
            before.entry(next).or_insert_with(|| {
                open.push_back(next);
                (module, import)
            });
        }
        if before.contains_key(start) {
            break;
        }
    }
    let mut imports = vec![*before.get(start)?];
    while let Some((module, _)) = imports.last().filter(|(module, _)| *module != start) {
        imports.push(*before.get(module)?);
    }
    imports.reverse();
    Some(imports)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(files: &[(&str, &str)]) -> Vec<String> {
        let mut sources = Sources::default();
        files
            .iter()
            .for_each(|(file, text)| sources.add(Path::new(&format!("crates/a/src/{file}")), text));
        sources.problems()
    }

    #[test]
    fn two_files_that_import_each_other_are_named_with_their_imports() {
        let files = [
            ("lib.rs", "mod one;\nmod two;"),
            ("one.rs", "\nuse crate::two::Two;"),
            ("two.rs", "use super::one::{self, One};"),
        ];
        let expected = "2 files import each other in a circle (crates/a/src/one.rs, crates/a/src/two.rs): \
                        crates/a/src/one.rs:2 names crate::two::Two; crates/a/src/two.rs:1 names crate::one";
        assert_eq!(problems(&files), [expected]);
    }

    #[test]
    fn a_circle_through_others_is_found_and_the_shortest_is_told() {
        let files = [
            ("one.rs", "use crate::two::A;"),
            ("two.rs", "use crate::three::A;"),
            (
                "three.rs",
                "use crate::one::A; fn f() { crate::four::f(); }",
            ),
            ("four.rs", "use crate::three::A;"),
        ];
        let found = problems(&files);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("4 files") && found[0].matches(" names ").count() == 2,
            "{found:?}"
        );
    }

    #[test]
    fn a_parent_and_its_child_that_name_each_other_are_a_circle() {
        for use_of_child in [
            "use self::child::f;",
            "fn g() { self::child::f() }",
            "pub use crate::parent::child::*;",
        ] {
            let parent = format!("mod child;\n{use_of_child}\npub struct Own;");
            assert_eq!(
                problems(&[
                    ("parent.rs", &parent),
                    ("parent/child.rs", "use super::Own;")
                ])
                .len(),
                1,
                "{use_of_child}"
            );
            assert!(
                problems(&[("parent.rs", &parent), ("parent/child.rs", "pub fn f() {}")])
                    .is_empty(),
                "{use_of_child}"
            );
        }
        assert!(
            problems(&[
                ("parent.rs", "mod child;\npub struct Own;"),
                ("parent/child.rs", "use super::Own;")
            ])
            .is_empty(),
            "to declare is not to name"
        );
    }

    #[test]
    fn the_root_of_a_crate_is_a_file_like_any_other() {
        let files = [
            (
                "lib.rs",
                "mod one;\npub use crate::one::f;\npub struct Own;",
            ),
            ("one.rs", "use crate::Own;"),
        ];
        assert_eq!(problems(&files).len(), 1);
        assert!(
            problems(&[
                ("lib.rs", "mod one;"),
                ("one.rs", "fn f() { crate::told!(); }")
            ])
            .is_empty(),
            "a macro stands in no module"
        );
    }

    #[test]
    fn test_modules_close_no_circle() {
        let inline = "pub struct Two;\n#[cfg(test)]\nmod tests {\n    use super::*;\n    use crate::one::One;\n    const BRACE: char = '}';\n}";
        assert!(problems(&[("one.rs", "use crate::two::Two;"), ("two.rs", inline)]).is_empty());
        let after = format!("{inline}\nuse crate::one::One;");
        assert_eq!(
            problems(&[("one.rs", "use crate::two::Two;"), ("two.rs", &after)]).len(),
            1,
            "what comes after the tests counts"
        );
        let own_file = [
            ("one.rs", "use crate::two::Two;"),
            ("two.rs", "#[cfg(test)]\nmod tests;"),
            ("two/tests.rs", "use super::*;\nmod more;"),
            ("two/tests/more.rs", "use crate::one::One;"),
        ];
        assert!(problems(&own_file).is_empty());
    }

    #[test]
    fn crates_do_not_mix() {
        let mut sources = Sources::default();
        sources.add(Path::new("crates/a/src/one.rs"), "use crate::two::A;");
        sources.add(Path::new("crates/b/src/two.rs"), "use crate::one::A;");
        sources.add(Path::new("crates/a/tests/two.rs"), "use crate::one::A;");
        assert!(sources.problems().is_empty());
    }
}
