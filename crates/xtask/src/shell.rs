//! Starting other programs: cargo above all, always from the workspace's root.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// The folder that holds the workspace's manifest.
pub fn workspace_root() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .context("the manifest of xtask is not two folders below the root")?;
    Ok(root.to_owned())
}

/// One call of the cargo that runs us.
pub struct Cargo(Command);

impl Cargo {
    /// Arguments separated by spaces.
    pub fn new(arguments: &str) -> Self {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments.split(' '));
        Self(command)
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// The same call as a plain command, for those who want its output.
    pub fn into_command(self) -> Command {
        self.0
    }

    /// Runs it with our own output; anything but success is an error.
    pub fn run(mut self) -> Result<()> {
        let status = self
            .0
            .status()
            .with_context(|| format!("cannot start {}", shown(&self.0)))?;
        if !status.success() {
            bail!("{} failed ({status})", shown(&self.0));
        }
        Ok(())
    }
}

fn shown(command: &Command) -> String {
    let arguments: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
    format!("`cargo {}`", arguments.join(" "))
}

/// Whether a program of that name is on the search path.
pub fn is_installed(program: &str) -> bool {
    find_program(program).is_some()
}

/// Where the search path has a program of that name.
pub fn find_program(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// Waits for a child, but kills it when the time is up: `None` then.
pub fn wait_at_most(mut child: Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() >= limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_holds_the_workspace_manifest() {
        let manifest =
            std::fs::read_to_string(workspace_root().unwrap().join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[workspace]"));
    }

    #[test]
    fn a_child_that_takes_too_long_is_killed() {
        let child = Command::new("sleep").arg("60").spawn().unwrap();
        assert!(
            wait_at_most(child, Duration::from_millis(100))
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn a_child_that_ends_in_time_gives_its_status() {
        let child = Command::new("false").spawn().unwrap();
        assert!(
            !wait_at_most(child, Duration::from_secs(60))
                .unwrap()
                .unwrap()
                .success()
        );
    }

    #[test]
    fn a_missing_program_is_not_installed() {
        assert!(!is_installed("no-program-has-this-name"));
    }
}
