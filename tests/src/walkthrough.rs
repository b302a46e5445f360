//! A page with commands, run as its reader would: in one shell, in order, from an empty folder.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::ops::Range;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use tempfile::TempDir;

use crate::{program, wait};

/// Printed after each command, before its exit status.
const MARK: &str = "=== exit status ";

/// A command of a page.
pub struct Step {
    /// Its line in the page, from 1.
    pub line: usize,
    /// The command, a here-document included.
    pub command: String,
    /// The lines of the page that show what it prints, from 0.
    pub shown: Range<usize>,
}

/// The commands of all `console` blocks. A line that begins with `$ ` is a command; the lines after it show its output.
#[must_use]
pub fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut in_console = false;
    let mut document_end: Option<String> = None;
    for (at, line) in page.lines().enumerate() {
        if line.starts_with("```") {
            in_console = line == "```console";
        } else if let (true, Some(command)) = (in_console, line.strip_prefix("$ ")) {
            document_end = command
                .split_once("<<'")
                .and_then(|(_, rest)| rest.split_once('\''))
                .map(|(end, _)| end.to_owned());
            steps.push(Step {
                line: at + 1,
                command: command.to_owned(),
                shown: at + 1..at + 1,
            });
        } else if let (true, Some(step)) = (in_console, steps.last_mut()) {
            if document_end.is_some() {
                step.command = format!("{}\n{line}", step.command);
                document_end.take_if(|end| end == line);
                step.shown = at + 1..at + 1;
            } else {
                step.shown.end = at + 1;
            }
        }
    }
    steps
}

/// A shell whose search path begins with the program under test.
pub struct Shell {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
    folder: TempDir,
}

impl Shell {
    /// Starts it in an empty folder. Standard error goes where standard output goes, as on a terminal.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let (programs, work) = (folder.path().join("bin"), folder.path().join("work"));
        for new in [&programs, &work] {
            std::fs::create_dir(new).expect("a folder can be made");
        }
        std::os::unix::fs::symlink(program::path(), programs.join("vicinity"))
            .expect("a link can be made");
        let search = format!(
            "{}:{}",
            programs.display(),
            std::env::var("PATH").expect("there is a search path")
        );
        let mut command = Command::new("bash");
        command
            .current_dir(&work)
            .env("PATH", search)
            .env("NO_COLOR", "1")
            .env_remove("RUST_LOG")
            .env_remove("BASH_ENV");
        // A group of its own, so that the servers it starts end with it.
        let mut child = command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("bash can be run");
        let mut stdin = child.stdin.take().expect("standard input was piped");
        let stdout = BufReader::new(child.stdout.take().expect("standard output was piped"));
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            stdout
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| send.send(line))
        });
        writeln!(stdin, "exec 2>&1").expect("the shell reads");
        Self {
            child,
            stdin,
            lines,
            folder,
        }
    }

    /// Runs a command and gives what it printed, without empty lines at its end. Of a server in the background, waits for
    /// as many lines as the page shows.
    ///
    /// # Panics
    /// If it fails or prints nothing for as long as [`wait::DEADLINE_SECONDS`].
    #[track_caller]
    pub fn run(&mut self, step: &Step) -> Vec<String> {
        let Step {
            line,
            command,
            shown,
        } = step;
        writeln!(
            self.stdin,
            "{{ {command}\n}} </dev/null\nprintf '\\n{MARK}%s\\n' $?"
        )
        .expect("the shell reads");
        let wanted = if command.ends_with('&') {
            shown.len()
        } else {
            0
        };
        let (mut printed, mut status) = (Vec::new(), None);
        while status.is_none()
            || printed
                .iter()
                .filter(|line: &&String| !line.is_empty())
                .count()
                < wanted
        {
            match self
                .lines
                .recv_timeout(Duration::from_secs(wait::DEADLINE_SECONDS))
            {
                Ok(next) => match next.strip_prefix(MARK) {
                    Some(code) => status = Some(code.to_owned()),
                    None => printed.push(next),
                },
                Err(error) => panic!(
                    "line {line}: {command}: {error}, after {printed:#?}; logs: {}",
                    self.logs()
                ),
            }
        }
        assert_eq!(
            status.as_deref(),
            Some("0"),
            "line {line}: {command}: failed, after {printed:#?}"
        );
        without_end(printed, wanted)
    }

    /// What the servers have logged.
    fn logs(&self) -> String {
        let files = std::fs::read_dir(self.folder.path().join("work"))
            .expect("the folder can be read")
            .flatten()
            .map(|entry| entry.path());
        let logs =
            files.filter(|file| file.extension().is_some_and(|extension| extension == "log"));
        logs.map(|log| std::fs::read_to_string(log).expect("a log is a text"))
            .collect()
    }
}

/// Without the empty line that comes before each mark; of a server its line may come after that.
fn without_end(mut printed: Vec<String>, wanted: usize) -> Vec<String> {
    if wanted > 0 {
        printed.retain(|line| !line.is_empty());
    }
    while printed.last().is_some_and(String::is_empty) {
        printed.pop();
    }
    printed
}

impl Drop for Shell {
    fn drop(&mut self) {
        Command::new("kill")
            .args(["-KILL", "--", &format!("-{}", self.child.id())])
            .stderr(Stdio::null())
            .status()
            .ok();
        self.child.wait().ok();
    }
}

/// A port that nobody listens on, below those that the system gives out by itself.
#[must_use]
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Ten for each process, since tests run as processes of their own.
    let first = u16::try_from(std::process::id() % 1_000).expect("below 1,000") * 10 + 20_000;
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    std::iter::repeat_with(|| first + NEXT.fetch_add(1, Ordering::Relaxed))
        .take(10)
        .find(is_free)
        .expect("a free port among ten")
}

/// A line without what differs each time: ids, keys, codes, times, counts of bytes, and the width of columns.
#[must_use]
pub fn masked(line: &str) -> String {
    let is_row = line.starts_with(' ');
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let (mut masked, mut rest) = (String::new(), line.as_str());
    while !rest.is_empty() {
        let (part, after) =
            rest.split_at(rest.find(|letter| !is_part(letter)).unwrap_or(rest.len()));
        let is_first_cell = is_row && masked.is_empty() && is_number(part);
        masked.push_str(if is_first_cell || differs(&masked, part, after) {
            "…"
        } else {
            part
        });
        let (mark, after) = after.split_at(after.find(is_part).unwrap_or(after.len()));
        masked.push_str(mark);
        rest = after;
    }
    masked
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.chars().all(|letter| letter.is_ascii_digit())
}

fn is_part(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '-' || letter == '_'
}

fn differs(before: &str, part: &str, after: &str) -> bool {
    let next = after
        .trim_start()
        .split(|letter| !is_part(letter))
        .next()
        .unwrap_or_default();
    let is_three_digits = |text: &str| text.len() == 3 && is_number(text);
    let is_hex = part.len() >= 16
        && part
            .chars()
            .all(|letter| letter.is_ascii_hexdigit() || letter == '-');
    let is_day = part.len() == 10 && is_number(&part.replace('-', ""));
    let is_entry = before.ends_with("…/") && part.len() == 11;
    let is_time = is_number(part) && (before.ends_with(':') || after.starts_with(':'));
    let is_counted = is_number(part.trim_start_matches('-')) && (next == "bytes" || next == "s");
    let is_check = is_three_digits(part) && (is_three_digits(next) || before.ends_with("… "));
    is_hex || is_day || is_entry || is_time || is_counted || is_check
}
