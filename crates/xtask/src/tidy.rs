//! What no compiler checks: crate arrows, circles between files, file sizes, links, tables, phrases, and what no tracked file may hold.

mod arrows;
mod circles;
mod links;
mod phrases;
mod ports;
mod promises;
mod sources;
mod tables;

use anyhow::{Context, Result, bail};
use phrases::Phrases;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn run() -> Result<()> {
    let mut problems = arrows::check()?;
    let files = project_files()?;
    let style = std::fs::read_to_string(phrases::STYLE)
        .with_context(|| format!("cannot read {}", phrases::STYLE))?;
    let phrases = Phrases::parse(&style).with_context(|| {
        format!(
            "{}: no table of phrases, or a row without two cells",
            phrases::STYLE
        )
    })?;
    let mut functions = BTreeSet::new();
    let mut promising = Vec::new();
    let mut rust = circles::Sources::default();
    let mut ports = ports::Ports::default();
    for file in &files {
        let Ok(text) = String::from_utf8(
            std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?,
        ) else {
            continue; // not a text
        };
        if file.extension().is_some_and(|extension| extension == "rs") {
            functions.extend(promises::functions(&text).map(str::to_owned));
            rust.add(file, &text);
            ports.add(file, &text);
        }
        problems.extend(sources::problems(file, &text));
        problems.extend(phrases.problems(file, &text));
        if links::has_links_to_check(file) {
            problems.extend(links::problems(file, &text, |target| target.exists()));
        }
        if tables::has_tables_to_check(file) {
            problems.extend(tables::problems(file, &text));
        }
        if promises::names_tests(file) {
            promising.push((file, text));
        }
    }
    problems.extend(ports.problems());
    problems.extend(
        promising
            .iter()
            .flat_map(|(file, text)| promises::problems(file, text, &functions)),
    );
    problems.extend(rust.problems());
    if problems.is_empty() {
        eprintln!("tidy: {} files are in order", files.len());
        return Ok(());
    }
    for problem in &problems {
        eprintln!("tidy: {problem}");
    }
    bail!("{} thing(s) to tidy up", problems.len())
}

/// Every file that git tracks or would track, that is still there.
fn project_files() -> Result<Vec<PathBuf>> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .output()
        .context("cannot start git")?;
    if !output.status.success() {
        bail!("`git ls-files` failed: tidy reads the list of files from git");
    }
    let names = String::from_utf8(output.stdout).context("a file name that is no text")?;
    let mut files: Vec<PathBuf> = names
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(PathBuf::from)
        .collect();
    files.sort();
    files.dedup();
    files.retain(|file| Path::is_file(file));
    Ok(files)
}
