//! The program as processes: a hub that stays up and is watched, devices that come and go and are paid for.

use crate::bench::proxy::Proxy;
use anyhow::{Context, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{Signal, kill};
use nix::sys::time::TimeValLike;
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A hub is idle when it used less than this of a processor for [`IDLE_FOR`].
const IDLE: Duration = Duration::from_micros(100);
const IDLE_FOR: Duration = Duration::from_millis(100);
/// Nothing that is measured here should keep a hub busy for so long after its last answer.
const IDLE_WITHIN: Duration = Duration::from_secs(60);

/// The built program.
#[derive(Clone)]
pub struct Program(pub PathBuf);

impl Program {
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.0);
        command.stdin(Stdio::null()).env("NO_COLOR", "1");
        command
    }
}

/// What a command of a device cost.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// Processor time of the device.
    pub cpu: Duration,
    /// From its start to its end.
    pub wall: Duration,
}

/// Does something with child processes and says what they cost, if they all ended within.
pub fn costing<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Cost)> {
    let (start, before) = (Instant::now(), children_cpu()?);
    let done = work()?;
    let wall = start.elapsed();
    Ok((
        done,
        Cost {
            cpu: children_cpu()?.saturating_sub(before),
            wall,
        },
    ))
}

/// Processor time of all children that were waited for. A hub is among them only after its end.
fn children_cpu() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
}

/// A hub that runs.
pub struct Hub {
    program: Program,
    data: PathBuf,
    child: Child,
    /// Where it listens.
    pub address: String,
    /// From its start to its ready line.
    pub ready_after: Duration,
}

impl Hub {
    /// Starts a hub on a folder, on any free port, and waits until it is ready.
    pub fn start(program: &Program, data: &Path) -> Result<Self> {
        let start = Instant::now();
        let log = File::create(data.with_extension("log")).context("no log file for the hub")?;
        let mut command = program.command();
        command
            .args(["hub", "--plain-http", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(log);
        let mut child = command.spawn().context("cannot start the hub")?;
        let mut line = String::new();
        let read = child
            .stdout
            .take()
            .map(|stdout| BufReader::new(stdout).read_line(&mut line));
        let ready_after = start.elapsed();
        let listening = serde_json::from_str::<Value>(&line)
            .ok()
            .and_then(|line| line["listening"].as_str().map(str::to_owned));
        let (Some(Ok(_)), Some(address)) = (read, listening) else {
            child.kill().ok();
            child.wait()?;
            bail!(
                "the hub did not become ready: {}",
                std::fs::read_to_string(data.with_extension("log")).unwrap_or_default()
            );
        };
        let hub = Self {
            program: program.clone(),
            data: data.to_owned(),
            child,
            address,
            ready_after,
        };
        hub.settle()?;
        Ok(hub)
    }

    /// Ends it as its user would, and waits for that.
    pub fn stop(mut self) -> Result<()> {
        kill(self.pid(), Signal::SIGTERM)?;
        let status = self.child.wait()?;
        if status.success() {
            Ok(())
        } else {
            bail!("the hub ended with {status}")
        }
    }

    /// Ends it and starts it again, where the proxy finds it.
    pub fn restart(self, proxy: &Proxy) -> Result<Self> {
        let (program, data) = (self.program.clone(), self.data.clone());
        self.stop()?;
        let hub = Self::start(&program, &data)?;
        proxy.lead_to(&hub.address);
        Ok(hub)
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    /// Processor time of all its threads, those that ended included.
    pub fn cpu(&self) -> Result<Duration> {
        let time = clock_gettime(clock_getcpuclockid(self.pid())?)?;
        Ok(Duration::from(time))
    }

    /// Waits until it has nothing left to do; then its processor time.
    pub fn settle(&self) -> Result<Duration> {
        let start = Instant::now();
        let mut last = self.cpu()?;
        while start.elapsed() < IDLE_WITHIN {
            std::thread::sleep(IDLE_FOR);
            let now = self.cpu()?;
            if now - last < IDLE {
                return Ok(now);
            }
            last = now;
        }
        bail!("the hub does not come to rest")
    }

    /// Bytes of memory now and at the most, from `VmRSS` and `VmHWM`.
    pub fn memory(&self) -> Result<(u64, u64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let field = |name: &str| {
            let value = status
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            value
                .and_then(|value| value.trim().strip_suffix(" kB")?.parse::<u64>().ok())
                .map(|kilobytes| kilobytes * 1024)
        };
        field("VmRSS")
            .zip(field("VmHWM"))
            .context("the kernel does not say how much memory the hub has")
    }

    /// A link for a new device, by way of the proxy.
    pub fn invite(&self, role: &str, proxy: &Proxy) -> Result<String> {
        let mut command = self.program.command();
        command
            .args(["hub", "invite", "--role", role, "--data"])
            .arg(&self.data);
        through(&text(run(&mut command)?)?, proxy.address())
    }

    /// What one of the hub's printing commands prints.
    pub fn printed(&self, arguments: &[&str]) -> Result<String> {
        let mut command = self.program.command();
        command
            .arg("hub")
            .args(arguments)
            .arg("--data")
            .arg(&self.data);
        text(run(&mut command)?)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        // After `stop` there is nothing left to end.
        if matches!(self.child.try_wait(), Ok(None)) {
            self.child.kill().ok();
            self.child.wait().ok();
        }
    }
}

/// The link with another address in it: `vicinity:4:CODE:PIN:KEY:APPROVALS:HOST:PORT`.
fn through(link: &str, address: &str) -> Result<String> {
    let link = link
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("vicinity:"))
        .context("the hub printed no link")?;
    match link.splitn(7, ':').collect::<Vec<_>>()[..] {
        [scheme, version, code, pin, signs, keys, _] => Ok(format!(
            "{scheme}:{version}:{code}:{pin}:{signs}:{keys}:{address}"
        )),
        _ => bail!("a link of another form than vicinity:4:CODE:PIN:KEY:APPROVALS:HOST:PORT"),
    }
}

/// A device's home, and the program that is run on it.
#[derive(Clone)]
pub struct Device {
    program: Program,
    home: PathBuf,
}

/// What `sync --json` says, as far as it is needed here.
#[derive(Debug, Clone, Copy, Default)]
pub struct Synced {
    /// Changes sent.
    pub sent: u64,
    /// Changes received.
    pub received: u64,
}

impl Device {
    /// A new device, enrolled by way of the proxy.
    pub fn enrol(hub: &Hub, proxy: &Proxy, role: &str, home: PathBuf) -> Result<Self> {
        let device = Self {
            program: hub.program.clone(),
            home,
        };
        device.run(&["enrol", &hub.invite(role, proxy)?])?;
        Ok(device)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.program.command();
        command
            .args(["device", "--home"])
            .arg(&self.home)
            .args(arguments);
        command
    }

    /// Runs one of its commands to the end; what it printed.
    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        text(run(&mut self.command(arguments))?)
    }

    /// Logs incidents, with their edits; their ids.
    pub fn log(&self, lines: &Path) -> Result<Vec<String>> {
        let lines = lines.to_str().context("a path that is no text")?;
        Ok(self
            .run(&["log", "--with-edits", lines])?
            .lines()
            .map(str::to_owned)
            .collect())
    }

    /// Applies edits, by way of a file beside the home.
    pub fn edit(&self, id: &str, edits: &Value) -> Result<()> {
        let file = self.home.with_extension("edits.json");
        std::fs::write(&file, edits.to_string())?;
        self.run(&["edit", id, file.to_str().context("a path that is no text")?])?;
        Ok(())
    }

    /// Syncs to the end, or fails.
    pub fn sync(&self) -> Result<Synced> {
        synced(&self.run(&["sync", "--json"])?)
    }

    /// Starts a sync and does not wait for it.
    pub fn begin_sync(&self) -> Result<Child> {
        self.command(&["sync", "--json"])
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start a device")
    }
}

/// What a finished sync printed; anything but "up to date" is an error.
pub fn synced(printed: &str) -> Result<Synced> {
    let report: Value = serde_json::from_str(printed.trim()).context("sync printed no JSON")?;
    if report["up_to_date"] != true {
        bail!("a sync did not come to its end: {report}");
    }
    let number = |name: &str| {
        report[name]
            .as_u64()
            .with_context(|| format!("sync does not say `{name}`"))
    };
    Ok(Synced {
        sent: number("sent")?,
        received: number("received")?,
    })
}

fn run(command: &mut Command) -> Result<Output> {
    let output = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .context("cannot start the program")?;
    if !output.status.success() {
        let arguments: Vec<_> = command
            .get_args()
            .map(|argument| argument.to_string_lossy())
            .collect();
        bail!(
            "`vicinity {}` failed: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(output)
}

fn text(output: Output) -> Result<String> {
    String::from_utf8(output.stdout).context("the program printed something that is no text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_through_another_address() {
        assert_eq!(
            through(
                "vicinity:4:c0de:plain:none:none:127.0.0.1:7311\n",
                "127.0.0.1:9"
            )
            .unwrap(),
            "vicinity:4:c0de:plain:none:none:127.0.0.1:9"
        );
        assert_eq!(
            through("\n  vicinity:4:c0de:3f:5d:ab:h:1,i:2", "127.0.0.1:9").unwrap(),
            "vicinity:4:c0de:3f:5d:ab:127.0.0.1:9"
        );
        assert!(through("vicinity:4:h", "a:1").is_err());
        assert!(through("nothing", "a:1").is_err());
    }

    #[test]
    fn children_are_paid_for() {
        let ((), cost) = costing(|| {
            let mut busy = Command::new("sh");
            busy.args(["-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"]);
            run(&mut busy).map(drop)
        })
        .unwrap();
        assert!(cost.cpu > Duration::ZERO);
        assert!(cost.wall > Duration::ZERO);
    }
}
