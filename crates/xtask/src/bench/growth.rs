//! How costs grow with what a hub holds, and figures that belong to no single workload.

use crate::bench::incidents::{self, Shape};
use crate::bench::process::{Device, Program};
use crate::bench::report::Line;
use crate::bench::workloads::{
    Centre, Figures, best_wall, nothing_changed, one_edit, progress, size,
};
use anyhow::{Context, Result, ensure};
use std::time::Duration;

/// Incidents of the small hub.
const SMALL: usize = 1000;
/// Incidents that one device logs: more come from further devices.
const OF_ONE_DEVICE: usize = 5000;
/// Documents of one change each, for the rate of taking them in.
const ONE_CHANGE: usize = 4000;

/// A hub of a size, and what it costs there.
struct Sized {
    edited: Figures,
    unchanged: Figures,
    rss: u64,
    ready_after: Duration,
    list: Option<Duration>,
}

/// The growth from 1,000 incidents to `large`.
pub fn growth(program: &Program, large: usize, runs: usize) -> Result<Vec<Line>> {
    ensure!(large > SMALL, "--growth wants more than {SMALL} incidents");
    let (small, large_hub) = (sized(program, SMALL, runs)?, sized(program, large, runs)?);
    let ratio = |of: fn(&Sized) -> f64| of(&large_hub) / of(&small);
    let mut lines = vec![
        Line::at_most(
            "W3 bytes",
            ratio(|hub| (hub.edited.up + hub.edited.down) as f64),
            1.1,
            "times",
        ),
        Line::at_most(
            "W3 hub CPU",
            ratio(|hub| hub.edited.hub_cpu.as_secs_f64()),
            1.1,
            "times",
        ),
        Line::at_most(
            "W4 bytes",
            ratio(|hub| (hub.unchanged.up + hub.unchanged.down) as f64),
            1.1,
            "times",
        ),
        Line::at_most(
            "W4 hub CPU",
            ratio(|hub| hub.unchanged.hub_cpu.as_secs_f64()),
            1.1,
            "times",
        ),
    ];
    for line in &mut lines {
        line.what = format!(
            "{}, ratio of {large} incidents at the hub to {SMALL}",
            line.what
        );
    }
    lines.push(Line::at_most(
        format!("hub with {large} incidents, RSS"),
        megabytes(large_hub.rss),
        100.0,
        "MB",
    ));
    lines.push(Line::at_most(
        format!("hub with {large} incidents, start to ready"),
        large_hub.ready_after.as_secs_f64(),
        0.3,
        "s",
    ));
    if let Some(list) = large_hub.list {
        lines.push(Line::at_most(
            format!("list of {OF_ONE_DEVICE} incidents on a device, whole process"),
            list.as_secs_f64(),
            0.3,
            "s",
        ));
    }
    Ok(lines)
}

/// Fills a hub from as many educators' devices as it takes; one responder's device has it all.
fn sized(program: &Program, incidents: usize, runs: usize) -> Result<Sized> {
    let mut centre = Centre::open(program)?;
    let (mut ids, mut first) = (Vec::new(), None);
    for number in 0..incidents.div_ceil(OF_ONE_DEVICE) {
        progress(&format!(
            "growth: {} of {incidents} incidents logged and pushed",
            ids.len()
        ));
        let educator = centre.device(&format!("educator-{number}"), "educator")?;
        let count = OF_ONE_DEVICE.min(incidents - ids.len());
        ids.extend(centre.log(&educator, count, number as u64)?.0);
        educator.sync()?;
        first = first.or((count == OF_ONE_DEVICE).then_some(educator));
    }
    progress(&format!("growth: a responder pulls {incidents} incidents"));
    let responder = centre.device("responder", "responder")?;
    responder.sync()?;
    let mut best: Option<Sized> = None;
    for run in 0..runs {
        progress(&format!(
            "growth: {incidents} incidents, run {} of {runs}",
            run + 1
        ));
        let edited = one_edit(
            &mut centre,
            &responder,
            ids.get(run).context("too few incidents")?,
        )?;
        let unchanged = nothing_changed(&mut centre, &responder)?;
        let (ready_after, (rss, _)) = (centre.hub()?.ready_after, centre.hub()?.memory()?);
        best = Some(match best {
            None => Sized {
                edited,
                unchanged,
                rss,
                ready_after,
                list: None,
            },
            Some(best) => Sized {
                edited: best.edited.better(edited),
                unchanged: best.unchanged.better(unchanged),
                rss: best.rss.max(rss),
                ready_after: best.ready_after.min(ready_after),
                list: None,
            },
        });
    }
    let list = first
        .map(|device: Device| best_wall(runs, || device.run(&["list", "--json"]).map(drop)))
        .transpose()?;
    progress("");
    Ok(Sized {
        list,
        ..best.context("no run")?
    })
}

/// What needs no growth: a hub at rest, the rates of taking changes in, the size of the program.
pub fn single_figures(program: &Program, push: Option<Figures>, runs: usize) -> Result<Vec<Line>> {
    let idle = Centre::open(program)?.hub()?.memory()?.0;
    let mut lines = vec![
        Line::at_most("idle hub, RSS", megabytes(idle), 25.0, "MB")
            .beside("Jazz 72 MB, PouchDB 84 MB, automerge-repo 90 MB"),
        Line::at_most("release program", megabytes(size(&program.0)?), 25.0, "MB"),
    ];
    if let Some(push) = push {
        lines.push(Line::at_least(
            "changes stored in one CPU second of the hub, W1",
            rate(push),
            15_000.0,
            "/s",
        ));
    }
    let mut best: Option<Figures> = None;
    for run in 0..runs {
        progress(&format!(
            "{ONE_CHANGE} documents of one change, run {} of {runs}",
            run + 1
        ));
        let centre = Centre::open(program)?;
        let educator = centre.device("educator", "educator")?;
        let lines = incidents::lines(Shape {
            incidents: ONE_CHANGE,
            seed: run as u64,
            with_edits: false,
        })?;
        centre.log_lines(&educator, &lines, ONE_CHANGE)?;
        let figures = centre.measured(|| Ok(educator.sync()?.sent))?;
        best = Some(best.map_or(figures, |best| best.better(figures)));
    }
    progress("");
    let best = best.context("no run")?;
    lines.push(
        Line::at_least(
            "documents of one change stored in one CPU second of the hub",
            rate(best),
            4000.0,
            "/s",
        )
        .beside("load, apply, save per change 2,200/s; append alone 210,000/s"),
    );
    Ok(lines)
}

fn rate(figures: Figures) -> f64 {
    figures.changes as f64 / figures.hub_cpu.as_secs_f64()
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
