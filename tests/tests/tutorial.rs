//! The pages that tell their reader what to type: each command prints what the page shows.

use std::path::{Path, PathBuf};

use vicinity_tests::program::run;
use vicinity_tests::walkthrough::{Shell, free_port, masked, steps};

/// Addresses that pages use. Each run takes free ports for them.
const ADDRESSES: [&str; 2] = ["127.0.0.1:7310", "127.0.0.1:7311"];

/// A file of the workspace.
fn page(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(name)
}

/// Runs the commands of a page. With `UPDATE_FIXTURES=1` writes what they print into the page, where it differs.
fn follow(name: &str) {
    let path = page(name);
    let page = std::fs::read_to_string(&path).unwrap();
    let ports = ADDRESSES.map(|address| (address, format!("127.0.0.1:{}", free_port())));
    let mut shell = Shell::start();
    let mut lines: Vec<String> = page.lines().map(str::to_owned).collect();
    let mut updates = Vec::new();
    let all = steps(&page);
    assert!(!all.is_empty(), "{name} shows no command");
    for mut step in all {
        for (address, free) in &ports {
            step.command = step.command.replace(address, free);
        }
        let mut printed = shell.run(&step);
        for (address, free) in &ports {
            printed
                .iter_mut()
                .for_each(|line| *line = line.replace(free, address));
        }
        if comparable(&printed) != comparable(&lines[step.shown.clone()]) {
            let shown = &lines[step.shown.clone()];
            assert!(
                std::env::var_os("UPDATE_FIXTURES").is_some(),
                "{name}:{}: {}\nshows {shown:#?}\nprints {printed:#?}",
                step.line,
                step.command
            );
            updates.push((step.shown, printed));
        }
    }
    if !updates.is_empty() {
        for (shown, printed) in updates.into_iter().rev() {
            lines.splice(shown, printed);
        }
        std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    }
}

/// Lines without what differs each time, in an order that does not depend on it.
fn comparable(lines: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = lines.iter().map(|line| masked(line)).collect();
    lines.sort();
    lines
}

#[test]
fn every_command_of_the_walk_through_prints_what_the_page_shows() {
    follow("docs/TUTORIAL.md");
}

#[test]
fn every_command_that_the_readme_shows_with_its_output_prints_it() {
    follow("README.md");
}

#[test]
fn every_help_page_that_the_readme_names_exists() {
    let readme = std::fs::read_to_string(page("README.md")).unwrap();
    let spans = readme
        .lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2));
    let named: Vec<&str> = spans
        .filter_map(|span| span.strip_prefix("vicinity ")?.strip_suffix(" --help"))
        .collect();
    assert!(named.len() > 5, "{named:?}");
    for arguments in named {
        run(arguments.split(' ').chain(["--help"])).done();
    }
}

#[test]
fn ids_times_and_byte_counts_are_masked_and_words_and_counts_are_not() {
    let id = "ef279311-67d0-418b-b559-36e7cfea0887";
    for (line, shown) in [
        (
            "sent 1, acknowledged 1, received 0; 3 requests, 1537 bytes up, 322 bytes down",
            "sent 1, acknowledged 1, received 0; 3 requests, … bytes up, … bytes down",
        ),
        (
            "enrolled as device 1 (educator), check 149 864",
            "enrolled as device 1 (educator), check … …",
        ),
        (
            " 1       educator   2026-11-24 02:07          +0 s               149 864",
            "… educator … …:… +… s … …",
        ),
        (
            "https://127.0.0.1:7311/welcome/d24a9b3a8b2d0de63ac2f1c2a6f14f0e",
            "https://127.0.0.…:…/welcome/…",
        ),
        (
            "  2  no  (this device, 2026-11-24 02:07)",
            "… no (this device, … …:…)",
        ),
        (
            &format!(" {id}/8-_2MLqr1-4  narrative  24           yes"),
            "…/… narrative 24 yes",
        ),
    ] {
        assert_eq!(masked(line), shown);
    }
}
