//! The one entry for tests, checks and generated files: `cargo xtask --help`. Continuous integration calls the same
//! commands and nothing else.

#[cfg(target_os = "linux")]
mod bench;
mod check;
mod deny;
mod shell;
mod testing;
mod tidy;
mod tools;
mod wasm;

use anyhow::Result;
use clap::{Parser, Subcommand};
use shell::Cargo;
use std::process::ExitCode;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Tests, checks and generated files of this workspace",
    arg_required_else_help = true
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run every test of the workspace, doc tests included.
    Test,
    /// Run everything a change must pass: format, lints, tests, docs, wasm32, tidy.
    Check,
    /// Check that the core, sync and device crates compile for wasm32-unknown-unknown, and that a device links.
    Wasm,
    /// Check crate arrows, file sizes, links, and what no tracked file may hold.
    Tidy,
    /// Format, and let clippy repair what it can.
    Fix,
    /// Measure the workloads of docs/BENCH.md on the release program.
    #[cfg(target_os = "linux")]
    Bench(bench::Arguments),
    /// Write the generated pages of docs/ again.
    Docs,
    /// Redraw docs/pictures, with a real browser at real servers.
    Pictures,
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<ExitCode> {
    std::env::set_current_dir(shell::workspace_root()?)?;
    match task {
        Task::Test => return testing::run_all(),
        Task::Check => check::run()?,
        Task::Wasm => wasm::check()?,
        Task::Tidy => tidy::run()?,
        #[cfg(target_os = "linux")]
        Task::Bench(arguments) => bench::run(&arguments)?,
        Task::Fix => {
            Cargo::new("fmt").run()?;
            Cargo::new("clippy --workspace --all-targets --fix --allow-dirty --allow-staged")
                .run()?;
        }
        // These tests go through the pages; told to, they draw some.
        Task::Pictures => {
            tools::provide()?;
            let folder = std::env::current_dir()?.join("docs/pictures");
            Cargo::new("test --package vicinity --test end_to_end pages::reading")
                .env("VICINITY_PICTURES", folder.display().to_string())
                .run()?;
        }
        // This test compares docs/RECORD.md with the code; told to, it writes the page.
        Task::Docs => Cargo::new("test --package vicinity-core --test dictionary")
            .env("UPDATE_DOCS", "1")
            .run()?,
    }
    Ok(ExitCode::SUCCESS)
}
