//! Everything a change must pass, quickest to say no first. Stops at the first step that fails.

use crate::shell::Cargo;
use crate::{deny, testing, tidy, wasm};
use anyhow::{Result, bail};
use std::time::Instant;

type Step = (&'static str, fn() -> Result<()>);

const STEPS: &[Step] = &[
    ("format", || Cargo::new("fmt --all --check").run()),
    ("clippy", || {
        Cargo::new("clippy --workspace --all-targets --quiet -- --deny warnings").run()
    }),
    ("tests", || passed(testing::run_code()?)),
    ("doc tests", || passed(testing::run_docs()?)),
    ("rustdoc", || {
        Cargo::new("doc --workspace --no-deps --quiet")
            .env("RUSTDOCFLAGS", "-D warnings")
            .run()
    }),
    ("wasm32", wasm::check),
    ("dependencies", deny::check),
    ("tidy", tidy::run),
];

pub fn run() -> Result<()> {
    testing::require_c_compiler()?;
    let start = Instant::now();
    for (number, (name, step)) in (1..).zip(STEPS) {
        let step_start = Instant::now();
        eprintln!("[{number}/{}] {name} ...", STEPS.len());
        let outcome = step();
        let seconds = step_start.elapsed().as_secs_f64();
        let word = if outcome.is_ok() { "ok" } else { "FAILED" };
        eprintln!("[{number}/{}] {name}: {word}, {seconds:.1} s", STEPS.len());
        outcome?;
    }
    eprintln!("all checks passed, {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn passed(phase: testing::Phase) -> Result<()> {
    if phase.exit_code == 0 {
        Ok(())
    } else {
        bail!("{} tests failed", phase.tally.failed)
    }
}
