//! Checks that the crates a phone's browser runs compile for wasm32-unknown-unknown, and that a device links for it.
//!
//! Two things may be missing on a machine: Rust's standard library for that target, and a C compiler that knows it
//! (zstd is C, and gcc does not know wasm). What is missing is unpacked under target/wasm-toolchain; nothing is installed.
//! The build has a target folder of its own, so that it never invalidates the main build.

use crate::shell::{self, Cargo};
use anyhow::{Context, Result, bail};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const TARGET: &str = "wasm32-unknown-unknown";
const CRATES: [&str; 3] = ["vicinity-core", "vicinity-sync", "vicinity-device"];
const RUSTUP_LIMIT: Duration = Duration::from_secs(30);
/// The program that links: an example of its crate.
const LINKED: &str = "--package vicinity-device --example links";
/// Debian's compiler that has the target, and the source of its standard library.
const DEBIAN_RUST: [&str; 2] = ["rustc-web", "rust-web-src"];
const DEBIAN_CLANG: &str = "clang";

pub fn check() -> Result<()> {
    let toolchain = PathBuf::from("target/wasm-toolchain");
    let rustc = if has_target()? || rustup_adds_target()? {
        None
    } else {
        Some(debian_rustc(&toolchain)?)
    };
    let clang = installed_clang().map_or_else(|| debian_clang(&toolchain), Ok)?;
    let cargo = |arguments: &str| {
        let arguments = format!("{arguments} --quiet --target {TARGET} --target-dir target/wasm");
        let cargo = match &rustc {
            None => Cargo::new(&arguments),
            // A stable cargo builds the standard library too when it takes itself for a nightly one.
            Some(rustc) => Cargo::new(&format!("{arguments} -Zbuild-std=std,panic_abort"))
                .env("RUSTC", rustc)
                .env("RUSTC_BOOTSTRAP", "1"),
        };
        // rustc makes the index of an archive's objects itself, so the machine's own `ar` will do.
        cargo
            .env("CC_wasm32_unknown_unknown", &clang)
            .env("AR_wasm32_unknown_unknown", "ar")
    };
    for name in CRATES {
        cargo(&format!("check --package {name}")).run()?;
        eprintln!("wasm32: {name} compiles");
    }
    let linker = rust_lld()?;
    cargo(&format!("build {LINKED}"))
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
        .run()?;
    eprintln!("wasm32: a device links");
    Ok(())
}

/// The linker that comes with the active toolchain; Debian's compiler has none for this target.
fn rust_lld() -> Result<PathBuf> {
    let output = Command::new("rustc")
        .args(["--print", "target-libdir"])
        .output()
        .context("cannot start rustc")?;
    let libraries =
        String::from_utf8(output.stdout).context("rustc's folder of libraries is no text")?;
    let linker = Path::new(libraries.trim())
        .with_file_name("bin")
        .join("rust-lld");
    if linker.is_file() {
        Ok(linker)
    } else {
        bail!(
            "{} is not there: the active toolchain has to come from rustup",
            linker.display()
        )
    }
}

/// Whether the active toolchain has the target's standard library.
fn has_target() -> Result<bool> {
    let output = Command::new("rustc")
        .args(["--print", "sysroot"])
        .output()
        .context("cannot start rustc")?;
    let sysroot = String::from_utf8(output.stdout).context("rustc's sysroot is no text")?;
    Ok(Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(TARGET)
        .join("lib")
        .is_dir())
}

/// Lets rustup fetch it, where there is a rustup and a way to its server.
fn rustup_adds_target() -> Result<bool> {
    if !shell::is_installed("rustup") {
        return Ok(false);
    }
    eprintln!("wasm32: asks rustup for {TARGET} (about 20 MB, once)");
    let child = Command::new("rustup")
        .args(["target", "add", TARGET])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let added = shell::wait_at_most(child, RUSTUP_LIMIT)?.is_some_and(|status| status.success());
    Ok(added && has_target()?)
}

/// A clang of this machine, by its plain name or with a version behind it.
fn installed_clang() -> Option<PathBuf> {
    let names = std::iter::once("clang".to_owned())
        .chain((11..=30).rev().map(|version| format!("clang-{version}")));
    names
        .into_iter()
        .find_map(|name| shell::find_program(&name))
}

fn debian_rustc(toolchain: &Path) -> Result<PathBuf> {
    unpack(toolchain, &DEBIAN_RUST)?;
    wrap(toolchain, "rustc", Path::new("usr/bin/rustc"))
}

fn debian_clang(toolchain: &Path) -> Result<PathBuf> {
    unpack(toolchain, &[DEBIAN_CLANG])?;
    wrap(toolchain, "clang", Path::new("usr/bin/clang"))
}

fn unpack(toolchain: &Path, packages: &[&str]) -> Result<()> {
    let mut shell = Command::new("bash");
    shell
        .arg("-c")
        .arg(include_str!("wasm.sh"))
        .arg("wasm.sh")
        .arg(toolchain)
        .args(packages);
    let status = shell.status().context("cannot start bash")?;
    if !status.success() {
        bail!(
            "no {} from Debian; on another system install rustup's {TARGET} target and clang",
            packages.join(", ")
        );
    }
    Ok(())
}

/// A command that starts an unpacked program with the libraries unpacked beside it.
fn wrap(toolchain: &Path, name: &str, program: &Path) -> Result<PathBuf> {
    let toolchain = fs::canonicalize(toolchain)?;
    let root = toolchain.join("root");
    let mut folders = fs::read_dir(root.join("usr/lib"))?
        .filter_map(Result::ok)
        .map(|entry| entry.path());
    let libraries = folders
        .find(|path| path.to_string_lossy().ends_with("-linux-gnu"))
        .context("the unpacked packages hold no libraries")?;
    let script = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH='{}' exec '{}' \"$@\"\n",
        libraries.display(),
        root.join(program).display()
    );
    let wrapper = toolchain.join(name);
    fs::write(&wrapper, script)?;
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755))?;
    Ok(wrapper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unpacking_script_is_valid_bash() {
        let status = Command::new("bash")
            .args(["-n", "-c", include_str!("wasm.sh")])
            .status()
            .unwrap();
        assert!(status.success());
    }

    #[test]
    fn a_wrapper_starts_the_program_with_its_arguments() {
        let folder = std::env::temp_dir().join(format!("xtask-wrap-{}", std::process::id()));
        fs::create_dir_all(folder.join("root/usr/lib/any-linux-gnu")).unwrap();
        fs::create_dir_all(folder.join("root/usr/bin")).unwrap();
        std::os::unix::fs::symlink("/bin/echo", folder.join("root/usr/bin/tool")).unwrap();
        let wrapper = wrap(&folder, "tool", Path::new("usr/bin/tool")).unwrap();
        let output = Command::new(wrapper)
            .args(["two words", "$HOME"])
            .output()
            .unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(output.stdout, b"two words $HOME\n");
    }
}
