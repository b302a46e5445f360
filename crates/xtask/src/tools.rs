//! Programs that the tests of pages and exports drive: a browser with its driver, pip (which brings axe-core), a reader of
//! PDFs, and a spreadsheet. Installs them where they are missing and the system permits it; otherwise reports how to.

use crate::shell;
use anyhow::{Context, Result, bail};
use std::process::{Command, Stdio};

/// What must be there, and the packages of Debian and Ubuntu that bring it.
const TOOLS: [(&str, &[&str]); 5] = [
    ("chromium", &["chromium"]),
    ("chromedriver", &["chromium-driver"]),
    ("python3", &["python3"]),
    ("pdftotext", &["poppler-utils"]),
    ("soffice", &["libreoffice-calc-nogui"]),
];
/// Khmer, so that pages in it can be looked at.
const FONTS: &str = "fonts-khmeros";

/// Makes sure that the tests find what they drive.
pub fn provide() -> Result<()> {
    let missing: Vec<&str> = TOOLS
        .into_iter()
        .filter(|(tool, _)| !shell::is_installed(tool))
        .flat_map(|(_, packages)| packages)
        .copied()
        .collect();
    let mut packages = missing.clone();
    if !has_pip() {
        packages.push("python3-pip");
    }
    if packages.is_empty() {
        return Ok(());
    }
    if !missing.is_empty() {
        packages.push(FONTS);
    }
    let install = format!(
        "apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    );
    if !shell::is_installed("apt-get") || !is_root() {
        bail!(
            "the tests of pages need programs that are not here.\n  Debian, Ubuntu, as root: {install}"
        );
    }
    println!("installing what the tests of pages drive: {install}");
    apt(&["update"])?;
    apt(&[
        &["install", "-y", "--no-install-recommends"],
        packages.as_slice(),
    ]
    .concat())
}

fn apt(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command
        .arg("-qq")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::null());
    if !command.status().context("apt-get cannot be run")?.success() {
        bail!("apt-get {} failed", arguments.join(" "));
    }
    Ok(())
}

fn has_pip() -> bool {
    succeeds(Command::new("python3").args(["-m", "pip", "--version"]))
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
