//! W1 to W6: what is done, on real processes over loopback, and what is counted meanwhile.

use crate::bench::incidents::{self, Shape};
use crate::bench::process::{Cost, Device, Hub, Program, costing, synced};
use crate::bench::proxy::Proxy;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The seed of everything invented.
const SEED: u64 = 7;
/// Incidents that two devices edit in W5.
const EDITED_TWICE: usize = 200;
/// Devices of W6, and the incidents of each.
const CROWD: usize = 50;
const EACH: usize = 20;

/// What one workload came to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Figures {
    /// Bytes from devices to the hub, with HTTP's headers.
    pub up: u64,
    /// Bytes from the hub to devices.
    pub down: u64,
    /// Requests.
    pub requests: u64,
    /// Processor time of the hub until it rested again.
    pub hub_cpu: Duration,
    /// Processor time of the devices' syncs.
    pub device_cpu: Duration,
    /// Processor time of logging, where incidents were logged.
    pub log_cpu: Option<Duration>,
    /// The hub's largest memory so far.
    pub hub_peak: u64,
    /// From the start of the first sync to the end of the last.
    pub wall: Duration,
    /// Changes that came to the hub.
    pub changes: u64,
}

/// A hub behind a proxy, in a folder of its own that goes with it.
pub struct Centre {
    /// The hub; there always but while it restarts.
    hub: Option<Hub>,
    pub proxy: Proxy,
    folder: TempDir,
}

impl Centre {
    pub fn open(program: &Program) -> Result<Self> {
        let folder = tempfile::tempdir().context("no folder for a hub")?;
        let hub = Hub::start(program, &folder.path().join("hub"))?;
        let proxy = Proxy::start(&hub.address)?;
        let centre = Self {
            hub: Some(hub),
            proxy,
            folder,
        };
        // Statements are sealed and carried from the first sync on, as where a hub was set up with care.
        centre.device("office", "responder")?;
        Ok(centre)
    }

    pub fn hub(&self) -> Result<&Hub> {
        self.hub.as_ref().context("the hub is down")
    }

    pub fn restart(&mut self) -> Result<()> {
        let hub = self.hub.take().context("the hub is down")?;
        self.hub = Some(hub.restart(&self.proxy)?);
        Ok(())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn device(&self, name: &str, role: &str) -> Result<Device> {
        Device::enrol(self.hub()?, &self.proxy, role, self.path(name))
    }

    /// Logs invented incidents on a device; their ids, and what it cost.
    pub fn log(&self, device: &Device, incidents: usize, seed: u64) -> Result<(Vec<String>, Cost)> {
        let shape = Shape {
            incidents,
            seed,
            with_edits: true,
        };
        self.log_lines(device, &incidents::lines(shape)?, incidents)
    }

    pub fn log_lines(
        &self,
        device: &Device,
        lines: &str,
        incidents: usize,
    ) -> Result<(Vec<String>, Cost)> {
        let file = self.path("incidents.jsonl");
        std::fs::write(&file, lines)?;
        let (ids, cost) = costing(|| device.log(&file))?;
        ensure!(
            ids.len() == incidents,
            "{} of {incidents} incidents were logged",
            ids.len()
        );
        Ok((ids, cost))
    }

    /// Lets devices sync and counts. `sync` says how many changes came to the hub.
    pub fn measured(&self, sync: impl FnOnce() -> Result<u64>) -> Result<Figures> {
        let hub = self.hub()?;
        let (cpu, passed) = (hub.settle()?, self.proxy.passed());
        let (
            changes,
            Cost {
                cpu: device_cpu,
                wall,
            },
        ) = costing(sync)?;
        let (hub_cpu, passed) = (hub.settle()? - cpu, self.proxy.passed() - passed);
        let (_, hub_peak) = hub.memory()?;
        Ok(Figures {
            up: passed.up,
            down: passed.down,
            requests: passed.requests,
            hub_cpu,
            device_cpu,
            log_cpu: None,
            hub_peak,
            wall,
            changes,
        })
    }

    pub fn incidents_at_the_hub(&self) -> Result<Vec<String>> {
        Ok(self
            .hub()?
            .printed(&["export", "--json"])?
            .lines()
            .map(str::to_owned)
            .collect())
    }
}

/// W1 to W4 are one story: a device pushes, another pulls, one edit after a restart, nothing after another.
pub fn story(program: &Program, incidents: usize) -> Result<[Figures; 4]> {
    let mut centre = Centre::open(program)?;
    let educator = centre.device("educator", "educator")?;
    let (ids, logging) = centre.log(&educator, incidents, SEED)?;
    let pushed = centre.measured(|| Ok(educator.sync()?.sent))?;
    ensure!(
        centre.incidents_at_the_hub()?.len() == incidents,
        "the hub does not hold what was pushed"
    );

    let responder = centre.device("responder", "responder")?;
    let pulled = centre
        .measured(|| responder.sync().map(|synced| synced.received))
        .context("the first pull")?;
    ensure!(
        pulled.changes == pushed.changes,
        "the responder got {} of {} changes",
        pulled.changes,
        pushed.changes
    );
    let edited = one_edit(
        &mut centre,
        &responder,
        ids.first().context("nothing was logged")?,
    )?;
    let unchanged = nothing_changed(&mut centre, &responder)?;
    Ok([
        Figures {
            log_cpu: Some(logging.cpu),
            ..pushed
        },
        Figures {
            changes: 0,
            ..pulled
        },
        edited,
        unchanged,
    ])
}

/// W3: the hub restarts, a device edits one incident and syncs.
pub fn one_edit(centre: &mut Centre, device: &Device, id: &str) -> Result<Figures> {
    device.edit(id, &json!([{"action": {"code": "safety_plan", "offered_at": "2026-11-20T10:00:00Z", "accepted": "yes", "outcome": "pending"}}]))?;
    centre.restart()?;
    let figures = centre.measured(|| Ok(device.sync()?.sent))?;
    ensure!(
        figures.changes == 1,
        "{} changes were sent instead of one",
        figures.changes
    );
    Ok(figures)
}

/// W4: the hub restarts, a device syncs without anything to say.
pub fn nothing_changed(centre: &mut Centre, device: &Device) -> Result<Figures> {
    centre.restart()?;
    let figures = centre.measured(|| device.sync().map(|synced| synced.sent + synced.received))?;
    ensure!(figures.changes == 0, "something changed after all");
    Ok(figures)
}

/// W5: two devices edit the same incidents while both are offline. Everything is kept, and every conflict is seen by
/// both and by the hub, or this fails.
pub fn conflicts(program: &Program) -> Result<Figures> {
    let centre = Centre::open(program)?;
    let (educator, responder) = (
        centre.device("educator", "educator")?,
        centre.device("responder", "responder")?,
    );
    let lines = incidents::lines(Shape {
        incidents: EDITED_TWICE,
        seed: SEED,
        with_edits: false,
    })?;
    let (ids, _) = centre.log_lines(&educator, &calm(&lines)?, EDITED_TWICE)?;
    educator.sync()?;
    responder.sync()?;
    for (at, id) in ids.iter().enumerate() {
        progress(&format!("W5: {at} of {EDITED_TWICE} edited twice"));
        educator.edit(id, &json!([{"transition": {"to": "responding", "at": "2026-11-20T10:00:00Z"}}, danger("yes")]))?;
        responder.edit(id, &json!([{"action": {"code": "safety_plan", "offered_at": "2026-11-20T11:00:00Z"}}, danger("unknown")]))?;
    }
    progress("");
    let figures = centre
        .measured(|| Ok(educator.sync()?.sent + responder.sync()?.sent + educator.sync()?.sent))?;
    let [own, other, hub] = [
        educator.run(&["conflicts", "--json"])?,
        responder.run(&["conflicts", "--json"])?,
        centre.hub()?.printed(&["conflicts", "--json"])?,
    ];
    for (where_, printed) in [
        ("the educator", own),
        ("the responder", other),
        ("the hub", hub),
    ] {
        all_conflict(&printed).with_context(|| format!("at {where_}"))?;
    }
    all_kept(&centre, &[educator, responder], &ids)?;
    Ok(figures)
}

fn danger(value: &str) -> Value {
    json!({"set": {"field": "danger_now", "value": value}})
}

/// Nobody is in danger at first, so that both edits of that field say something new.
fn calm(lines: &str) -> Result<String> {
    let mut calm = String::new();
    for line in lines.lines() {
        let mut line: Value = serde_json::from_str(line)?;
        line["incident"]["danger_now"] = "no".into();
        calm.push_str(&line.to_string());
        calm.push('\n');
    }
    Ok(calm)
}

fn all_conflict(printed: &str) -> Result<()> {
    let conflicts: Vec<Value> = printed
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    ensure!(
        conflicts.len() == EDITED_TWICE,
        "{} conflicts instead of {EDITED_TWICE}",
        conflicts.len()
    );
    for conflict in conflicts {
        let values: Vec<&str> = conflict["values"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|side| side["value"].as_str())
            .collect();
        ensure!(
            conflict["field"] == "danger_now"
                && values.len() == 2
                && values.contains(&"yes")
                && values.contains(&"unknown"),
            "another conflict: {conflict}"
        );
    }
    Ok(())
}

/// The status of the one and the action of the other stand everywhere, and all three show the same.
fn all_kept(centre: &Centre, devices: &[Device], ids: &[String]) -> Result<()> {
    let at_hub = centre.incidents_at_the_hub()?;
    ensure!(
        at_hub.len() == ids.len(),
        "the hub holds {} incidents instead of {}",
        at_hub.len(),
        ids.len()
    );
    for line in at_hub {
        let at_hub: Value = serde_json::from_str(&line)?;
        let id = at_hub["id"].as_str().context("an incident without an id")?;
        let kept = at_hub["status"] == "responding"
            && at_hub["actions"]
                .as_array()
                .is_some_and(|actions| actions.len() == 1);
        ensure!(kept, "an edit was lost at the hub: {id}");
        for device in devices {
            let shown: Value = serde_json::from_str(&device.run(&["show", id, "--json"])?)?;
            let lasting = |value: &Value, name: &str| value[name].to_string();
            let same = [
                "status",
                "actions",
                "conflicts",
                "danger_now",
                "transitions",
            ]
            .into_iter()
            .all(|name| lasting(&shown, name) == lasting(&at_hub, name));
            ensure!(same, "a device shows another incident than the hub: {id}");
        }
    }
    Ok(())
}

/// W6: fifty devices with twenty incidents each come at once.
pub fn crowd(program: &Program) -> Result<Figures> {
    let centre = Centre::open(program)?;
    let mut devices = Vec::new();
    for number in 0..CROWD {
        progress(&format!("W6: {number} of {CROWD} devices logged"));
        let device = centre.device(&format!("device-{number}"), "educator")?;
        centre.log(&device, EACH, SEED + number as u64)?;
        devices.push(device);
    }
    progress("");
    let figures = centre.measured(|| {
        let syncs: Vec<_> = devices
            .iter()
            .map(Device::begin_sync)
            .collect::<Result<_>>()?;
        let mut sent = 0;
        for sync in syncs {
            let output = sync.wait_with_output()?;
            sent += synced(&String::from_utf8_lossy(&output.stdout))?.sent;
        }
        Ok(sent)
    })?;
    ensure!(
        centre.incidents_at_the_hub()?.len() == CROWD * EACH,
        "the hub does not hold what was pushed"
    );
    Ok(figures)
}

/// One line on stderr that the next one replaces.
pub fn progress(what: &str) {
    if std::io::stderr().is_terminal() {
        eprint!("\r\u{1b}[K{what}");
    }
}

/// Bytes of a file.
pub fn size(file: &Path) -> Result<u64> {
    Ok(std::fs::metadata(file)
        .with_context(|| format!("cannot read {}", file.display()))?
        .len())
}

/// How long a command takes, the better of some runs.
pub fn best_wall(runs: usize, mut work: impl FnMut() -> Result<()>) -> Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..runs {
        let start = Instant::now();
        work()?;
        best = best.min(start.elapsed());
    }
    Ok(best)
}
