//! Stops a server of this machine at once, even where the file that names it is gone.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::serving::PID_FILE;

/// How often, and how far apart, it is looked whether they are gone: two seconds in all.
const LOOKS: u32 = 100;
const BETWEEN: Duration = Duration::from_millis(20);

/// Kills the server of a folder, and every other process of this program that has the hub's database open: each has the key
/// in its memory. Found by the number in the file `pid`, while a process holds that file, and by what processes have open.
pub fn stop(data: &Path) -> Result<()> {
    for look in 0..LOOKS {
        let running = running(data);
        if running.is_empty() && !is_held(data) {
            return Ok(());
        }
        // Once more, now and then: one may have begun meanwhile.
        if look % 10 == 0 {
            running.iter().for_each(|number| kill(*number));
        }
        std::thread::sleep(BETWEEN);
    }
    bail!("it did not end");
}

fn is_held(data: &Path) -> bool {
    File::open(data.join(PID_FILE)).is_ok_and(|file| file.try_lock().is_err())
}

fn running(data: &Path) -> Vec<u32> {
    let mut numbers = users_of(&data.join("hub.db"));
    // Not held: nobody serves the folder, and the number may be another process's by now.
    if is_held(data)
        && let Some(number) = fs::read_to_string(data.join(PID_FILE))
            .ok()
            .and_then(|text| text.trim().parse().ok())
        && !numbers.contains(&number)
    {
        numbers.push(number);
    }
    numbers
}

/// Processes of this program that have a file open, where the system lists what processes have open.
fn users_of(file: &Path) -> Vec<u32> {
    let (Ok(file), Ok(program)) = (fs::canonicalize(file), std::env::current_exe()) else {
        return Vec::new();
    };
    let is_ours = |process: &Path| {
        fs::read_link(process.join("exe")).is_ok_and(|exe| exe.file_name() == program.file_name())
    };
    let has_it = |process: &Path| {
        let open = fs::read_dir(process.join("fd"))
            .into_iter()
            .flatten()
            .flatten();
        open.filter_map(|entry| fs::read_link(entry.path()).ok())
            .any(|path| path == file)
    };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbered = processes
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())));
    numbered
        .filter(|(number, path)| *number != std::process::id() && is_ours(path) && has_it(path))
        .map(|(number, _)| number)
        .collect()
}

/// Says nothing: whether it helped is checked.
fn kill(number: u32) {
    let number = number.to_string();
    // Where there is no program of that name, the shell has one.
    if !Command::new("kill")
        .args(["-KILL", &number])
        .status()
        .is_ok_and(|status| status.success())
    {
        Command::new("sh")
            .args(["-c", "kill -KILL \"$0\"", &number])
            .status()
            .ok();
    }
}
