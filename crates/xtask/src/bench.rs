//! `cargo xtask bench`: the workloads of docs/BENCH.md, on the release program, with real processes over loopback and a
//! proxy between devices and hub that counts what passes.

#[cfg(feature = "pages")]
mod attack;
mod growth;
mod incidents;
#[cfg(feature = "pages")]
mod pages;
mod process;
mod proxy;
mod report;
#[cfg(feature = "pages")]
mod tables;
mod workloads;

use crate::shell::Cargo;
use anyhow::{Context, Result, ensure};
use cargo_metadata::MetadataCommand;
use process::Program;
use report::{WORKLOADS, Workload};
use std::fmt::Write;
use std::path::PathBuf;
use workloads::{Figures, progress};

/// Arguments of `bench`.
#[derive(clap::Args)]
pub struct Arguments {
    /// W1 to W6; all of them if none is named. W1 to W4 are one story and always run together.
    workloads: Vec<String>,
    /// Incidents of W1 to W4; the targets are for 1,000
    #[arg(long, default_value_t = 1000)]
    incidents: usize,
    /// How often each workload runs; the best times are shown, and the worst bytes and memory
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=20))]
    runs: u8,
    /// Also measure how costs grow up to this number of incidents at the hub; takes minutes
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "20000", value_name = "INCIDENTS")]
    growth: Option<usize>,
    /// Also measure how long pages take, with this number of incidents at a hub and fifty times as many rows at national; takes minutes
    #[cfg(feature = "pages")]
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "20000", value_name = "INCIDENTS")]
    pages: Option<usize>,
    /// Also how long another device's sync takes while an enrolled phone keeps the hub busy; takes minutes
    #[cfg(feature = "pages")]
    #[arg(long)]
    attack: bool,
    /// Measure this program instead of building one
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Also write what is printed to docs/BENCH.md
    #[arg(long)]
    write: bool,
}

impl Figures {
    /// The better of two times; the worse of two counts of bytes, requests and memory.
    fn better(self, other: Self) -> Self {
        Self {
            up: self.up.max(other.up),
            down: self.down.max(other.down),
            requests: self.requests.max(other.requests),
            hub_cpu: self.hub_cpu.min(other.hub_cpu),
            device_cpu: self.device_cpu.min(other.device_cpu),
            log_cpu: self.log_cpu.min(other.log_cpu),
            hub_peak: self.hub_peak.max(other.hub_peak),
            wall: self.wall.min(other.wall),
            changes: self.changes,
        }
    }
}

pub fn run(arguments: &Arguments) -> Result<()> {
    for name in &arguments.workloads {
        ensure!(
            WORKLOADS
                .iter()
                .any(|workload| workload.name.eq_ignore_ascii_case(name)),
            "no workload {name}: W1 to W6 are there"
        );
    }
    ensure!(arguments.incidents > 0, "--incidents wants at least one");
    let program = Program(match &arguments.program {
        Some(program) => std::fs::canonicalize(program)
            .with_context(|| format!("no program {}", program.display()))?,
        None => built()?,
    });
    let runs = usize::from(arguments.runs);
    let ran = run_workloads(&program, arguments, runs)?;
    let mut text = report::workloads(&ran);
    if let Some(large) = arguments.growth {
        let push = ran
            .iter()
            .find(|(workload, _)| workload.name == "W1")
            .map(|(_, figures)| *figures);
        let mut lines = growth::single_figures(&program, push, runs)?;
        lines.extend(growth::growth(&program, large, runs)?);
        write!(text, "\n{}", report::single(&lines))?;
    }
    #[cfg(feature = "pages")]
    if let Some(incidents) = arguments.pages {
        write!(
            text,
            "\n{}",
            report::single(&pages::figures(&program, incidents)?)
        )?;
    }
    #[cfg(feature = "pages")]
    if arguments.attack {
        write!(text, "\n{}", report::single(&attack::figures(&program)?))?;
    }
    let page = page(arguments, &text);
    println!("{page}");
    if arguments.write {
        std::fs::write("docs/BENCH.md", page).context("cannot write docs/BENCH.md")?;
    }
    Ok(())
}

/// The release program, built now.
fn built() -> Result<PathBuf> {
    Cargo::new("build --release --package vicinity").run()?;
    let metadata = MetadataCommand::new()
        .no_deps()
        .exec()
        .context("`cargo metadata` failed")?;
    Ok(metadata
        .target_directory
        .into_std_path_buf()
        .join("release/vicinity"))
}

fn run_workloads(
    program: &Program,
    arguments: &Arguments,
    runs: usize,
) -> Result<Vec<(&'static Workload, Figures)>> {
    let wanted = |name: &str| {
        arguments.workloads.is_empty()
            || arguments
                .workloads
                .iter()
                .any(|wanted| wanted.eq_ignore_ascii_case(name))
    };
    let mut ran: Vec<(&'static Workload, Figures)> = Vec::new();
    let [story @ .., conflicts, crowd] = &WORKLOADS;
    for run in 0..runs {
        let mut add = |workload: &'static Workload, figures: Figures| match ran
            .iter_mut()
            .find(|(other, _)| other.name == workload.name)
        {
            Some((_, best)) => *best = best.better(figures),
            None => ran.push((workload, figures)),
        };
        if story.iter().any(|workload| wanted(workload.name)) {
            progress(&format!("W1 to W4, run {} of {runs}", run + 1));
            for (workload, figures) in story
                .iter()
                .zip(workloads::story(program, arguments.incidents)?)
            {
                if wanted(workload.name) {
                    add(workload, figures);
                }
            }
        }
        if wanted(conflicts.name) {
            add(conflicts, workloads::conflicts(program)?);
        }
        if wanted(crowd.name) {
            add(crowd, workloads::crowd(program)?);
        }
    }
    progress("");
    Ok(ran)
}

/// The page: what ran, where, and how it is read.
fn page(arguments: &Arguments, tables: &str) -> String {
    let growth = arguments
        .growth
        .map(|large| format!(" --growth={large}"))
        .unwrap_or_default();
    #[cfg(feature = "pages")]
    let (command, pages) = match arguments.pages {
        Some(incidents) => (
            "cargo run --release -p xtask --features pages -- bench",
            format!(" --pages={incidents}"),
        ),
        None => ("cargo xtask bench", String::new()),
    };
    #[cfg(not(feature = "pages"))]
    let (command, pages) = ("cargo xtask bench", "");
    let names: String = arguments
        .workloads
        .iter()
        .map(|name| format!(" {name}"))
        .collect();
    let incidents = arguments.incidents;
    format!(
        "# Benchmarks\n\n\
         Made by `{command}{names} --incidents {incidents} --runs {runs}{growth}{pages} --write` on {machine}.\n\n\
         The release program runs as real processes over loopback, with fsync on. A proxy between devices and hub counts requests and\n\
         bytes, with HTTP's headers. CPU seconds are the user and system time of the processes, for the hub until it is idle\n\
         again. The workloads use {incidents} invented incidents with 4.5 edits each, always from the same seed. The table shows the best\n\
         times of {runs} runs, and the worst bytes, requests and memory.\n\n\
         The column *Others* has figures of other programs. We measured them over loopback on 2 cores, with incidents of the same shape, without\n\
         TLS, and durable where the program says so (most do not fsync). Bytes, requests and ratios compare with other machines,\n\
         times do not. Pages are requested one after another, each over a new connection. Their time is to the first byte of the\n\
         answer, so it includes the query, the view and the page.\n\n{tables}",
        runs = arguments.runs,
        machine = machine(),
    )
}

/// Processors, memory, kernel and load: no names.
fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let processor = read("/proc/cpuinfo").lines().find_map(|line| {
        line.strip_prefix("model name")?
            .split_once(':')
            .map(|(_, name)| name.trim().to_owned())
    });
    let memory = read("/proc/meminfo")
        .lines()
        .find_map(|line| {
            line.strip_prefix("MemTotal:")?
                .split_whitespace()
                .next()?
                .parse::<u64>()
                .ok()
        })
        .unwrap_or(0);
    let release = read("/proc/sys/kernel/osrelease");
    let kernel = release.trim().split('-').next().unwrap_or_default();
    let load = read("/proc/loadavg");
    let load = load.split_whitespace().next().unwrap_or("?");
    let processor = processor.unwrap_or_else(|| "an unnamed processor".to_owned());
    format!(
        "{cores} cores ({processor}), {} GB of memory, Linux {kernel}, load average {load} at the end",
        memory / 1_000_000
    )
}
