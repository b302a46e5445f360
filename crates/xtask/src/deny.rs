//! Licences, sources and banned crates of every dependency, by cargo-deny and `deny.toml`.
//!
//! A machine without cargo-deny builds it once under target/tools; nothing is installed.

use crate::shell::{self, Cargo};
use anyhow::Result;
use std::path::PathBuf;

/// Known holes are not among them: their list comes from the network.
const CHECKS: &str = "check --hide-inclusion-graph bans licenses sources";

pub fn check() -> Result<()> {
    let program = if let Some(found) = shell::find_program("cargo-deny") {
        found
    } else {
        built()?
    };
    let mut command = std::process::Command::new(program);
    let status = command
        .args(["--offline", "--all-features", "--workspace"])
        .args(CHECKS.split(' '))
        .status()?;
    anyhow::ensure!(
        status.success(),
        "a dependency is not allowed; deny.toml says what is"
    );
    Ok(())
}

fn built() -> Result<PathBuf> {
    let program = PathBuf::from("target/tools/bin/cargo-deny");
    if !program.is_file() {
        eprintln!("dependencies: builds cargo-deny, once; some minutes");
        Cargo::new("install --quiet --locked --root target/tools cargo-deny").run()?;
    }
    Ok(program)
}
