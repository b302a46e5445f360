//! A hub or a national server under test: started on a free port, killed when it goes out of scope.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{http, program, wait};

/// A running server.
pub struct Server {
    child: Child,
    /// Its host and port.
    pub address: String,
    /// The pin of its key; empty without TLS.
    pub pin: String,
    /// How long it took until it was ready.
    pub ready_after: Duration,
    kind: &'static str,
    data: PathBuf,
    extra: Vec<String>,
}

impl Server {
    /// Starts `vicinity KIND` without TLS, so that what passes can be read, on a free port, and waits until it says that it
    /// is ready. Its log goes to a file beside its folder, over all its lives.
    pub fn start(kind: &'static str, data: &Path, extra: &[&str]) -> Self {
        let extra = extra
            .iter()
            .copied()
            .chain(["--plain-http"])
            .map(ToString::to_string)
            .collect();
        Self::start_at(kind, data, "127.0.0.1:0", extra)
    }

    /// The same with these variables.
    pub fn start_where(
        variables: &[(&str, &str)],
        kind: &'static str,
        data: &Path,
        extra: &[&str],
    ) -> Self {
        let extra = extra
            .iter()
            .copied()
            .chain(["--plain-http"])
            .map(ToString::to_string)
            .collect();
        Self::launch(variables, kind, data, "127.0.0.1:0", extra)
    }

    /// The same where it listened before.
    pub fn start_again(
        variables: &[(&str, &str)],
        kind: &'static str,
        data: &Path,
        address: &str,
    ) -> Self {
        Self::launch(
            variables,
            kind,
            data,
            address,
            vec!["--plain-http".to_owned()],
        )
    }

    /// Waits until it has ended by itself, or was killed by somebody else.
    pub fn has_ended(mut self) {
        self.child.wait().expect("a child can be waited for");
    }

    /// The same with TLS, as people start it.
    pub fn start_safe(kind: &'static str, data: &Path, extra: &[&str]) -> Self {
        Self::start_at(
            kind,
            data,
            "127.0.0.1:0",
            extra.iter().map(ToString::to_string).collect(),
        )
    }

    /// The same with TLS where a test wants it to listen.
    pub fn start_listening(kind: &'static str, data: &Path, listen: &str) -> Self {
        Self::start_at(kind, data, listen, Vec::new())
    }

    fn start_at(kind: &'static str, data: &Path, listen: &str, extra: Vec<String>) -> Self {
        Self::launch(&[], kind, data, listen, extra)
    }

    fn launch(
        variables: &[(&str, &str)],
        kind: &'static str,
        data: &Path,
        listen: &str,
        extra: Vec<String>,
    ) -> Self {
        let mut command = program::command([kind, "--data"]);
        command.envs(variables.iter().copied());
        Self::wait_for(command, kind, data, listen, extra)
    }

    /// The same with TLS, where a process may have at most `files` files open.
    pub fn start_with_files(files: u32, kind: &'static str, data: &Path) -> Self {
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("ulimit -n {files} && exec \"$0\" \"$@\"")])
            .arg(program::path())
            .args([kind, "--data"]);
        Self::wait_for(command, kind, data, "127.0.0.1:0", Vec::new())
    }

    fn wait_for(
        mut command: Command,
        kind: &'static str,
        data: &Path,
        listen: &str,
        extra: Vec<String>,
    ) -> Self {
        let log = File::options()
            .create(true)
            .append(true)
            .open(log_path(data))
            .expect("the log can be opened");
        command
            .arg(data)
            .args(["--listen", listen])
            .args(&extra)
            .stderr(log)
            .stdout(Stdio::piped());
        program::path();
        let start = Instant::now();
        let mut child = command.spawn().expect("the program can be run");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("standard output was piped"))
            .read_line(&mut line)
            .expect("the ready line can be read");
        let ready_after = start.elapsed();
        assert!(
            !line.is_empty(),
            "the {kind} did not start: {}",
            std::fs::read_to_string(log_path(data)).unwrap_or_default()
        );
        let ready = program::json(&line);
        let address = ready["listening"]
            .as_str()
            .expect("the ready line says where it listens")
            .to_owned();
        let pin = ready["pin"].as_str().unwrap_or_default().to_owned();
        Self {
            child,
            address,
            pin,
            ready_after,
            kind,
            data: data.to_owned(),
            extra,
        }
    }

    /// Kills it as a power cut would, and starts it again on the same port.
    pub fn kill_and_restart(self) -> Self {
        let again = self.kill();
        again()
    }

    /// Kills it as a power cut would. What it gives starts it again on the same port.
    pub fn kill(mut self) -> impl FnOnce() -> Self {
        self.end();
        let (kind, data, address, extra) = (
            self.kind,
            self.data.clone(),
            self.address.clone(),
            self.extra.clone(),
        );
        move || Self::start_at(kind, &data, &address, extra)
    }

    /// Stops it in order, and starts it again on the same port without TLS, with these arguments.
    pub fn restart_with(mut self, extra: &[&str]) -> Self {
        self.extra = extra
            .iter()
            .copied()
            .chain(["--plain-http"])
            .map(ToString::to_string)
            .collect();
        let again = self.stop();
        again()
    }

    /// Stops it in order and waits for its end. What it gives starts it again on the same port.
    pub fn stop(mut self) -> impl FnOnce() -> Self {
        let told = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .expect("kill can be run");
        assert!(told.success(), "the {} cannot be told to stop", self.kind);
        let code = self.child.wait().expect("a child can be waited for").code();
        assert_eq!(code, Some(0), "the {} did not stop in order", self.kind);
        self.kill()
    }

    /// Everything it has logged in all its lives.
    pub fn log(&self) -> String {
        std::fs::read_to_string(log_path(&self.data)).expect("the log can be read")
    }

    /// One of its figures.
    #[track_caller]
    pub fn figure(&self, name: &str) -> u64 {
        let figures = http::get(&self.address, "/metrics");
        let line = figures
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {figures}"))
            .parse()
            .expect("a figure is a number")
    }

    /// Waits until national has confirmed everything that this hub has for it.
    #[track_caller]
    pub fn told_national(&self) {
        wait::until("national's word on all projections", || {
            (self.figure("vicinity_hub_projections_unsent") == 0).then_some(())
        });
    }

    /// The most memory that it ever took, in KiB.
    pub fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .expect("a running process has a status");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .expect("the status tells the peak");
        line.trim()
            .trim_end_matches(" kB")
            .parse()
            .expect("the peak is a number")
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    fn end(&mut self) {
        // It may have ended by itself: then there is nothing to kill.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn log_path(data: &Path) -> PathBuf {
    data.with_extension("log")
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}
