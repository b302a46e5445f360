//! The program: where it is, and one run of it.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The program that the tests run: the one that cargo built with them. `VICINITY_PROGRAM` names another one, to try what
/// was built elsewhere.
pub fn path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        std::env::var_os("VICINITY_PROGRAM").map_or_else(built_with_these_tests, PathBuf::from)
    })
}

/// Cargo puts a package's programs two folders above its tests: target/PROFILE/vicinity, target/PROFILE/deps/end_to_end-HASH.
fn built_with_these_tests() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let program = test
        .ancestors()
        .nth(2)
        .expect("tests lie in target/PROFILE/deps")
        .join("vicinity");
    assert!(
        program.is_file(),
        "{} is not there: run `cargo build`",
        program.display()
    );
    program
}

/// A command of the program, without colours and without anything on standard input.
pub fn command<I: IntoIterator<Item: AsRef<OsStr>>>(arguments: I) -> Command {
    let mut command = Command::new(path());
    command
        .args(arguments)
        .env("NO_COLOR", "1")
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A run that ended.
#[derive(Debug)]
pub struct Run {
    /// Its exit code; `None` if it was killed.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program prints UTF-8");
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

impl Run {
    /// What it printed, if it succeeded.
    #[track_caller]
    pub fn done(self) -> String {
        assert_eq!(
            self.code,
            Some(0),
            "the program failed: {}{}",
            self.stderr,
            self.stdout
        );
        self.stdout
    }

    /// What it complained about, if it failed and did not misunderstand.
    #[track_caller]
    pub fn failed(self) -> String {
        assert_eq!(
            self.code,
            Some(1),
            "not a failure: {}{}",
            self.stderr,
            self.stdout
        );
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self.stderr
    }

    /// The lines of JSON that it printed.
    #[track_caller]
    pub fn json_lines(self) -> Vec<Value> {
        self.done().lines().map(json).collect()
    }
}

/// The JSON of a line.
#[track_caller]
pub fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("no JSON ({error}): {line}"))
}

/// Runs the program to its end.
pub fn run<I: IntoIterator<Item: AsRef<OsStr>>>(arguments: I) -> Run {
    command(arguments)
        .output()
        .expect("the program can be run")
        .into()
}

/// Runs the program to its end with these variables.
pub fn run_where<I: IntoIterator<Item: AsRef<OsStr>>>(
    variables: &[(&str, &str)],
    arguments: I,
) -> Run {
    command(arguments)
        .envs(variables.iter().copied())
        .output()
        .expect("the program can be run")
        .into()
}

/// Runs the program to its end with a text on standard input.
pub fn run_with<I: IntoIterator<Item: AsRef<OsStr>>>(arguments: I, input: &str) -> Run {
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .spawn()
        .expect("the program can be run");
    let mut stdin = child.stdin.take().expect("standard input was piped");
    let input = input.to_owned();
    // In a thread, or a program that prints while it reads would wait for us and we for it.
    let writer = std::thread::spawn(move || {
        // A program that has seen enough may close its end.
        stdin.write_all(input.as_bytes()).ok();
    });
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("writing does not panic");
    output.into()
}
