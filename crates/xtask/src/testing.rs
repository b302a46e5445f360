//! Runs the tests, passes their output on line by line, and counts.

use crate::shell::{self, Cargo};
use crate::tools;
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::num::NonZero;
use std::process::{ExitCode, Stdio};
use std::time::Instant;

/// How many tests did what.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

/// What a run of tests came to.
#[derive(Debug)]
pub struct Phase {
    pub exit_code: u8,
    pub tally: Tally,
}

/// Every test, doc tests included, then one line with the numbers. The exit code is that of the first run that failed.
pub fn run_all() -> Result<ExitCode> {
    require_c_compiler()?;
    tools::provide()?;
    let start = Instant::now();
    let phases = [run_code()?, run_docs()?];
    let mut sum = Tally::default();
    for phase in &phases {
        sum.add(phase.tally);
    }
    let exit_code = phases
        .iter()
        .map(|phase| phase.exit_code)
        .find(|code| *code != 0)
        .unwrap_or(0);
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "\ntests {} in {seconds:.0} s",
        if exit_code == 0 { "passed" } else { "FAILED" }
    );
    println!(
        "{} passed, {} failed, {} skipped",
        sum.passed, sum.failed, sum.skipped
    );
    Ok(ExitCode::from(exit_code))
}

/// Every test but the doc tests.
pub fn run_code() -> Result<Phase> {
    if shell::is_installed("cargo-nextest") {
        run_phase(
            Cargo::new(&format!(
                "nextest run --workspace --no-fail-fast --test-threads {}",
                tests_at_once()
            )),
            Output::Stderr,
        )
    } else {
        run_phase(
            Cargo::new("test --workspace --lib --bins --tests --no-fail-fast"),
            Output::Stdout,
        )
    }
}

/// Twice as many as there are cores: end-to-end tests wait for processes and disks more than they compute.
fn tests_at_once() -> usize {
    2 * std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// The doc tests, which nextest does not run.
pub fn run_docs() -> Result<Phase> {
    run_phase(
        Cargo::new("test --workspace --doc --no-fail-fast"),
        Output::Stdout,
    )
}

/// `SQLite` and zstd are C: without a compiler the build fails late and with many words.
pub fn require_c_compiler() -> Result<()> {
    if std::env::var_os("CC").is_some() || shell::is_installed("cc") {
        return Ok(());
    }
    bail!(
        "no C compiler: `cc` is not on the search path.\n  Debian, Ubuntu: apt-get install -y gcc libc6-dev"
    )
}

/// Where a test runner writes the lines that count.
#[derive(Clone, Copy)]
enum Output {
    Stdout,
    Stderr,
}

fn run_phase(cargo: Cargo, output: Output) -> Result<Phase> {
    let mut command = cargo.into_command();
    if std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    match output {
        Output::Stdout => command.stdout(Stdio::piped()),
        Output::Stderr => command.stderr(Stdio::piped()),
    };
    let mut child = command.spawn().context("cannot start cargo")?;
    let tally = match output {
        Output::Stdout => pass_on(
            child.stdout.take().context("no output")?,
            &mut std::io::stdout(),
        )?,
        Output::Stderr => pass_on(
            child.stderr.take().context("no output")?,
            &mut std::io::stderr(),
        )?,
    };
    let status = child.wait()?;
    Ok(Phase {
        exit_code: status
            .code()
            .map_or(1, |code| u8::try_from(code).unwrap_or(1)),
        tally,
    })
}

fn pass_on(from: impl Read, to: &mut impl Write) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? != 0 {
        to.write_all(&line)?;
        to.flush()?;
        if let Some(counts) = parse_closing_line(&without_colour(&String::from_utf8_lossy(&line))) {
            tally.add(counts);
        }
        line.clear();
    }
    Ok(tally)
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// The counts of the line that closes a run, of cargo's own test harness or of nextest.
fn parse_closing_line(line: &str) -> Option<Tally> {
    // What nextest shows of a test that failed is indented, the harness's own closing line too: it counts once.
    let counts = match line.strip_prefix("test result: ") {
        Some(counts) => counts,
        None => {
            line.trim()
                .strip_prefix("Summary ")?
                .split_once(" run: ")?
                .1
        }
    };
    let mut tally = Tally::default();
    for part in counts.split([',', ';', '.']) {
        let mut words = part.split_whitespace();
        let (Some(number), Some(what)) = (
            words.next().and_then(|word| word.parse::<u64>().ok()),
            words.next(),
        ) else {
            continue;
        };
        match what {
            "passed" => tally.passed += number,
            "failed" | "timed" => tally.failed += number,
            "ignored" | "skipped" => tally.skipped += number,
            _ => {}
        }
    }
    Some(tally)
}

/// The text without terminal colours.
fn without_colour(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut parts = text.split("\u{1b}[");
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_of_a_test_that_failed_is_not_counted_again() {
        let line =
            "    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 9 filtered out\n";
        assert!(parse_closing_line(line).is_none());
    }

    #[test]
    fn cargos_closing_line_is_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.01s\n";
        assert_eq!(
            parse_closing_line(line),
            Some(Tally {
                passed: 12,
                failed: 3,
                skipped: 1
            })
        );
    }

    #[test]
    fn nextests_closing_line_is_counted() {
        let line = "     Summary [   0.312s] 25 tests run: 22 passed (1 slow), 2 failed, 1 timed out, 7 skipped\n";
        assert_eq!(
            parse_closing_line(line),
            Some(Tally {
                passed: 22,
                failed: 3,
                skipped: 7
            })
        );
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in [
            "test clocks::an_unknown_time_is_urgent ... ok",
            "running 12 tests",
            "Summary",
            "",
            "9 passed, 1 failed",
        ] {
            assert_eq!(parse_closing_line(line), None, "{line}");
        }
    }

    #[test]
    fn colours_are_taken_out_before_counting() {
        let line = without_colour(
            "test result: \u{1b}[32mok\u{1b}(B\u{1b}[m. 2 passed; 0 failed; 0 ignored",
        );
        assert_eq!(parse_closing_line(&line).map(|tally| tally.passed), Some(2));
        let line = without_colour(
            "\u{1b}[32;1m     Summary\u{1b}[0m [   0.1s] \u{1b}[1m2\u{1b}[0m tests run: \u{1b}[1m2\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m",
        );
        assert_eq!(
            parse_closing_line(&line),
            Some(Tally {
                passed: 2,
                failed: 0,
                skipped: 0
            })
        );
    }

    #[test]
    fn output_is_passed_on_unchanged() {
        let text = "running 1 test\ntest result: ok. 1 passed; 0 failed; 0 ignored\ntest result: ok. 4 passed; 0 failed; 0 ignored\nlast";
        let mut out = Vec::new();
        let tally = pass_on(text.as_bytes(), &mut out).unwrap();
        assert_eq!((out.as_slice(), tally.passed), (text.as_bytes(), 5));
    }
}
