//! axe-core, which finds what keeps people from using a page: got once, as the package that carries it, and never part of
//! the product.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use super::Browser;

/// The package that carries axe-core 4.12.
const PACKAGE: &str = "axe-playwright-python==0.1.8";

/// The script. `VICINITY_AXE` names a file that is there already.
fn script() -> &'static str {
    static SCRIPT: OnceLock<String> = OnceLock::new();
    SCRIPT.get_or_init(|| {
        let path = std::env::var_os("VICINITY_AXE").map_or_else(fetched, PathBuf::from);
        std::fs::read_to_string(path).expect("axe can be read")
    })
}

fn fetched() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let folder = test
        .ancestors()
        .nth(3)
        .expect("tests lie in target/PROFILE/deps")
        .join("axe");
    let script = folder.join("axe.min.js");
    if !script.exists() {
        fetch(&folder, &script);
    }
    script
}

fn fetch(folder: &Path, script: &Path) {
    // Several tests may come here at once: each works in a folder of its own, and the last rename wins.
    std::fs::create_dir_all(folder).expect("a folder can be made");
    let work = tempfile::tempdir_in(folder).expect("a temporary folder can be made");
    let run = |arguments: &[&str]| {
        let done = Command::new("python3")
            .args(arguments)
            .current_dir(work.path())
            .output()
            .expect("python3 can be run: apt-get install -y python3-pip");
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    };
    run(&[
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--disable-pip-version-check",
        PACKAGE,
    ]);
    let wheel = std::fs::read_dir(work.path())
        .expect("the folder can be read")
        .find_map(|entry| entry.ok()?.file_name().into_string().ok());
    run(&["-m", "zipfile", "-e", &wheel.expect("a package came"), "."]);
    std::fs::rename(work.path().join("axe_playwright_python/axe.min.js"), script)
        .expect("the script is in the package");
}

/// Problems by the rules of WCAG 2.2 up to level AA and of good practice, each with the places where it is.
pub fn problems(browser: &Browser) -> Vec<String> {
    // Through the driver, which no policy of the page's concerns.
    browser.script(script());
    let found = browser.script_later(
        "const done = arguments[arguments.length - 1];
         axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
            .then((result) => done(result.violations), (error) => done([{id: String(error), nodes: []}]));",
    );
    let problem = |violation: &Value| {
        let places: Vec<&str> = violation["nodes"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|node| node["html"].as_str())
            .collect();
        format!(
            "{}: {} {places:#?}",
            violation["id"].as_str().unwrap_or_default(),
            violation["help"].as_str().unwrap_or_default()
        )
    };
    found
        .as_array()
        .expect("axe gives a list")
        .iter()
        .map(problem)
        .collect()
}
